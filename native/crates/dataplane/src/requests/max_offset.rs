//! `GET_MAX_OFFSET` 30: ext `topic`, `queueId`; answer `offset`, the number of the next message
//! that a reader may see (Java `AdminBrokerProcessor.getMaxOffset`).

use std::sync::Arc;

use turbopump_store::{Queue, QueueError};
use turbopump_wire::QueueId;
use turbopump_wire::codes::response_code::SYSTEM_ERROR;

use super::reply;
use crate::event_loop::{LoopCore, Outlets, Request, Stop};

impl LoopCore {
    pub(crate) fn max_offset(
        &mut self,
        request: &Request<'_>,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let queue = self.queue_asked_for(request)?;
        let offset = queue.map_or(0, |queue| queue.max_offset().get());
        reply::field(outlets, request.to, "offset", offset);
        Ok(())
    }

    /// The queue that `topic` and `queueId` name. A question about one that has no message makes
    /// none: a read-only request must not bring a deleted topic back.
    pub(super) fn queue_asked_for(
        &self,
        request: &Request<'_>,
    ) -> Result<Option<Arc<Queue>>, Stop> {
        let topic = request.text("topic")?;
        let id = u32::try_from(request.number::<i32>("queueId")?).ok();
        let Some(id) = id.map(QueueId::new) else { return Ok(None) };
        self.shared.store.queue(topic, id).map_err(|error| queue_refusal(&error))
    }
}

pub(super) fn queue_refusal(error: &QueueError) -> Stop {
    Stop::refuse(SYSTEM_ERROR, format!("store error: {error}"))
}
