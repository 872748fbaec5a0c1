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
        let to = request.to;
        let Some(queue) = self.queue_asked_for(request)? else {
            reply::field(outlets, to, "offset", 0_u64);
            return Ok(());
        };
        // Some twenty records all over the log are looked at.
        self.read_cold(to, move |shared, _| {
            let found =
                shared.store.search_offset(queue.topic(), queue.id(), timestamp_ms, boundary);
            let offset = found.map_err(|error| read_refusal(shared, &error))?;
            Ok(reply::found_field(to, "offset", offset.get()))
        })
    }
}
