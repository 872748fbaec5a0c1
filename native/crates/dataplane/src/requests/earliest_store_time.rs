//! `GET_EARLIEST_MSG_STORETIME` 32: ext `topic`, `queueId`; answer `timestamp` (ms), -1 for a queue
//! without messages (Java `AdminBrokerProcessor.getEarliestMsgStoretime`).

use super::{pull::read_refusal, reply};
use crate::event_loop::{LoopCore, Outlets, Request, Stop};

impl LoopCore {
    pub(crate) fn earliest_store_time(
        &mut self,
        request: &Request<'_>,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let timestamp = match self.queue_asked_for(request)? {
            Some(queue) => {
                let found = self.shared.store.earliest_store_time(queue.topic(), queue.id());
                found.map_err(|error| read_refusal(&error))?.unwrap_or(-1)
            }
            None => -1,
        };
        reply::field(outlets, request.to, "timestamp", timestamp);
        Ok(())
    }
}
