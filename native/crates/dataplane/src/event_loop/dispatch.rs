//! From a frame to its handler: which codes end here and which go up.

use turbopump_transport::ConnId;
use turbopump_wire::codes::{request_code, response_code};
use turbopump_wire::frame::{self, Frame};
use turbopump_wire::header::RequestHeader;

use super::parking::busy;
use super::{LoopCore, Outlets, ReplyTo, Request, Stop};
use crate::policy::PolicySnapshot;

impl LoopCore {
    /// Handles one frame. `first_pass` is false for a held pull that runs once more.
    pub(crate) fn run(
        &mut self,
        connection: ConnId,
        frame: Frame<'_>,
        first_pass: bool,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        let Some(known) = self.connections.get(&connection).copied() else { return };
        let Ok(header) = RequestHeader::decode(frame.encoding, frame.header) else {
            // A header that does not decode leaves no opaque to answer to (Java closes as well).
            outlets.close(connection);
            return;
        };
        let to = ReplyTo {
            connection,
            encoding: frame.encoding,
            opaque: header.opaque,
            oneway: header.is_oneway(),
        };
        if header.is_response() || !is_hot(header.code) {
            self.hand_up(to, header.is_response(), &frame, outlets);
            return;
        }
        let request = Request {
            to,
            header,
            body: frame.body,
            whole: frame.whole,
            peer: known.peer,
            fast_port: known.fast_port,
            first_pass,
        };
        match self.handle(&request, policy, outlets) {
            Ok(()) => {}
            Err(Stop::Wait(want)) => self.park(&request, *want, outlets),
            Err(stop) => Self::refuse(outlets, to, &stop),
        }
        if self.batch.bytes() >= super::turn::BATCH_BYTES_MAX {
            self.commit(policy, outlets);
        }
    }

    /// A held pull's wait has ended.
    pub(crate) fn run_again(
        &mut self,
        connection: ConnId,
        frame: &[u8],
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        if let Ok(Some(frame)) = frame::cut(frame, frame.len()) {
            self.run(connection, frame, false, policy, outlets);
        }
    }

    fn handle(
        &mut self,
        request: &Request<'_>,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        match request.header.code {
            request_code::SEND_MESSAGE
            | request_code::SEND_MESSAGE_V2
            | request_code::SEND_BATCH_MESSAGE => self.send(request, policy),
            request_code::CONSUMER_SEND_MSG_BACK => self.send_back(request, policy, outlets),
            request_code::PULL_MESSAGE | request_code::LITE_PULL_MESSAGE => {
                self.pull(request, policy, outlets)
            }
            request_code::QUERY_CONSUMER_OFFSET => self.query_consumer_offset(request, outlets),
            request_code::UPDATE_CONSUMER_OFFSET => {
                self.update_consumer_offset(request, policy, outlets)
            }
            request_code::GET_MIN_OFFSET => self.min_offset(request, outlets),
            request_code::GET_MAX_OFFSET => self.max_offset(request, outlets),
            request_code::SEARCH_OFFSET_BY_TIMESTAMP => self.search_offset(request, outlets),
            request_code::GET_EARLIEST_MSG_STORETIME => self.earliest_store_time(request, outlets),
            request_code::VIEW_MESSAGE_BY_ID => self.view_message(request),
            request_code::QUERY_MESSAGE => self.query_message(request),
            code => Err(not_supported(code)),
        }
    }

    fn hand_up(
        &mut self,
        to: ReplyTo,
        is_response: bool,
        frame: &Frame<'_>,
        outlets: &mut dyn Outlets,
    ) {
        let taken = self.shared.upward.offer_frame(to.connection, frame.whole);
        if !taken && !is_response {
            let stop = busy("[OVERLOAD]system busy, start flow control for a while");
            Self::refuse(outlets, to, &stop);
        }
    }
}

/// Whether the request ends in the data plane.
fn is_hot(code: i32) -> bool {
    matches!(
        code,
        request_code::SEND_MESSAGE
            | request_code::SEND_MESSAGE_V2
            | request_code::SEND_BATCH_MESSAGE
            | request_code::CONSUMER_SEND_MSG_BACK
            | request_code::PULL_MESSAGE
            | request_code::LITE_PULL_MESSAGE
            | request_code::QUERY_CONSUMER_OFFSET
            | request_code::UPDATE_CONSUMER_OFFSET
            | request_code::GET_MIN_OFFSET
            | request_code::GET_MAX_OFFSET
            | request_code::SEARCH_OFFSET_BY_TIMESTAMP
            | request_code::GET_EARLIEST_MSG_STORETIME
            | request_code::VIEW_MESSAGE_BY_ID
            | request_code::QUERY_MESSAGE
    )
}

pub(crate) fn not_supported(code: i32) -> Stop {
    let remark = format!(" request type {code} not supported");
    Stop::refuse(response_code::REQUEST_CODE_NOT_SUPPORTED, remark)
}

/// Whom an error about the frame is told.
pub(crate) fn reply_to(connection: ConnId, frame: &Frame<'_>) -> Option<ReplyTo> {
    let header = RequestHeader::decode(frame.encoding, frame.header).ok()?;
    Some(ReplyTo {
        connection,
        encoding: frame.encoding,
        opaque: header.opaque,
        oneway: header.is_oneway(),
    })
}
