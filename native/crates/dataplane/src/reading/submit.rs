//! From a loop to the reading threads.

use super::Found;
use crate::event_loop::{LoopCore, ReplyTo, Stop};
use crate::shared::Shared;

use turbopump_wire::codes::response_code::SYSTEM_BUSY;

impl LoopCore {
    /// Has a reading thread answer. At a bound the client is told what RocketMQ tells it when too
    /// many requests wait for a thread.
    pub(crate) fn read_cold(
        &self,
        to: ReplyTo,
        work: impl FnOnce(&Shared, &mut Vec<u64>) -> Result<Found, Stop> + Send + 'static,
    ) -> Result<(), Stop> {
        if self.shared.reading.submit(to, Box::new(work)) {
            return Ok(());
        }
        let remark = "[OVERLOAD]system busy, start flow control for a while";
        Err(Stop::refuse(SYSTEM_BUSY, remark))
    }
}
