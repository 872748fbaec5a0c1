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
        let to = request.to;
        let Some(queue) = self.queue_asked_for(request)? else {
            reply::field(outlets, to, "timestamp", -1_i64);
            return Ok(());
        };
        self.read_cold(to, move |shared, _| {
            let found = shared.store.earliest_store_time(queue.topic(), queue.id());
            let timestamp = found.map_err(|error| read_refusal(shared, &error))?.unwrap_or(-1);
            Ok(reply::found_field(to, "timestamp", timestamp))
        })
    }
}
