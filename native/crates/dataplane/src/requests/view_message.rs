//! `VIEW_MESSAGE_BY_ID` 33: ext `offset` (position in the log); answer body = the record as stored
//! (Java `QueryMessageProcessor.viewMessageById`). Answered by a reading thread.

use turbopump_store::ReadError;
use turbopump_wire::PhysicalOffset;
use turbopump_wire::codes::response_code::{SUCCESS, SYSTEM_ERROR};
use turbopump_wire::header::Response;

use super::reply;
use crate::event_loop::{LoopCore, ReplyTo, Request, Stop};
use crate::reading::{Found, note_failure};
use crate::shared::Shared;

impl LoopCore {
    pub(crate) fn view_message(&mut self, request: &Request<'_>) -> Result<(), Stop> {
        let offset: i64 = request.number("offset")?;
        let at = u64::try_from(offset).map_err(|_| not_found(offset, "it is negative"))?;
        let to = request.to;
        self.read_cold(to, move |shared, _| view(shared, to, PhysicalOffset::new(at)))
    }
}

fn view(shared: &Shared, to: ReplyTo, at: PhysicalOffset) -> Result<Found, Stop> {
    let read = shared.store.read_record(at, None);
    let body = read.map_err(|error: ReadError| {
        note_failure(shared, &error);
        not_found(at.get() as i64, &error.to_string())
    })?;
    let mut head = Vec::new();
    let begun = Response::begin(&mut head, to.encoding, SUCCESS, to.opaque);
    reply::complete(begun.finish(body.len()));
    Ok(Found { head, body })
}

fn not_found(offset: i64, why: &str) -> Stop {
    let remark = format!("can not find message by the offset, {offset} ({why})");
    Stop::refuse(SYSTEM_ERROR, remark)
}
