//! `SEARCH_OFFSET_BY_TIMESTAMP` 29: ext `topic`, `queueId`, `timestamp` (ms), `boundaryType`
//! (`lower` or `upper`, lower when missing); answer `offset` (Java
//! `AdminBrokerProcessor.searchOffsetByTimestamp`).

use turbopump_store::Boundary;

use super::{pull::read_refusal, reply};
use crate::event_loop::{LoopCore, Outlets, Request, Stop};

impl LoopCore {
    pub(crate) fn search_offset(
        &mut self,
        request: &Request<'_>,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let timestamp_ms = request.number("timestamp")?;
        let boundary = match request.header.ext.get("boundaryType") {
            Some(kind) if kind.eq_ignore_ascii_case("upper") => Boundary::Upper,
            _ => Boundary::Lower,
        };
        let offset = match self.queue_asked_for(request)? {
            Some(queue) => {
                let (topic, id) = (queue.topic(), queue.id());
                let found = self.shared.store.search_offset(topic, id, timestamp_ms, boundary);
                found.map_err(|error| read_refusal(&error))?.get()
            }
            None => 0,
        };
        reply::field(outlets, request.to, "offset", offset);
        Ok(())
    }
}
