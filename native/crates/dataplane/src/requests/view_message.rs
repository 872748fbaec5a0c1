//! `VIEW_MESSAGE_BY_ID` 33: ext `offset` (position in the log); answer body = the record as stored
//! (Java `QueryMessageProcessor.viewMessageById`).

use turbopump_wire::PhysicalOffset;
use turbopump_wire::codes::response_code::{SUCCESS, SYSTEM_ERROR};
use turbopump_wire::header::Response;

use super::reply;
use crate::event_loop::{LoopCore, Outlets, Request, Stop};

impl LoopCore {
    pub(crate) fn view_message(
        &mut self,
        request: &Request<'_>,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let offset: i64 = request.number("offset")?;
        let not_found = |why: &str| {
            let remark = format!("can not find message by the offset, {offset} ({why})");
            Stop::refuse(SYSTEM_ERROR, remark)
        };
        let at = u64::try_from(offset).map_err(|_| not_found("it is negative"))?;
        let read = self.shared.store.read_record(PhysicalOffset::new(at), None);
        let record = read.map_err(|error| not_found(&error.to_string()))?;
        let to = request.to;
        if let (false, Some(out)) = (to.oneway, outlets.bytes(to.connection)) {
            reply::complete(
                Response::begin(out, to.encoding, SUCCESS, to.opaque).finish(record.len()),
            );
            outlets.push_shared(to.connection, Box::new(record));
        }
        Ok(())
    }
}
