//! `GET_MIN_OFFSET` 31: ext `topic`, `queueId`; answer `offset`, 0 for a queue without messages
//! (Java `AdminBrokerProcessor.getMinOffset`).

use super::reply;
use crate::event_loop::{LoopCore, Outlets, Request, Stop};

impl LoopCore {
    pub(crate) fn min_offset(
        &mut self,
        request: &Request<'_>,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let queue = self.queue_asked_for(request)?;
        let offset = queue.map_or(0, |queue| queue.min_offset().get());
        reply::field(outlets, request.to, "offset", offset);
        Ok(())
    }
}
