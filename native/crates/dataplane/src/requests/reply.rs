//! Writing answers, in the encoding of their request.

use std::net::SocketAddr;

use turbopump_store::{LogSlice, Placed};
use turbopump_wire::codes::response_code::SUCCESS;
use turbopump_wire::header::{EncodeError, ExtValue, Response};
use turbopump_wire::message_id::OffsetMessageId;

use crate::event_loop::{Answer, AnswerKind, Outlets, ReplyTo};
use crate::policy::PolicySnapshot;
use crate::reading::Found;

/// Answers that a request is not carried out.
pub(crate) fn refuse(
    out: &mut Vec<u8>,
    to: ReplyTo,
    code: i32,
    remark: &str,
    field: Option<(&str, i32)>,
) {
    let writer = Response::begin(out, to.encoding, code, to.opaque).remark(remark);
    let writer = match field {
        Some((name, value)) => writer.ext(name, value),
        None => writer,
    };
    complete(writer.finish(0));
}

/// Answers success with one field.
pub(crate) fn field(outlets: &mut dyn Outlets, to: ReplyTo, name: &str, value: impl ExtValue) {
    if let (false, Some(out)) = (to.oneway, outlets.bytes(to.connection)) {
        complete(Response::begin(out, to.encoding, SUCCESS, to.opaque).ext(name, value).finish(0));
    }
}

/// The same as a reading thread answers it.
pub(crate) fn found_field(to: ReplyTo, name: &str, value: impl ExtValue) -> Found {
    let mut head = Vec::new();
    let begun = Response::begin(&mut head, to.encoding, SUCCESS, to.opaque);
    complete(begun.ext(name, value).finish(0));
    Found { head, body: LogSlice::default() }
}

/// Answers success.
pub(crate) fn success(outlets: &mut dyn Outlets, to: ReplyTo) {
    if let (false, Some(out)) = (to.oneway, outlets.bytes(to.connection)) {
        complete(Response::begin(out, to.encoding, SUCCESS, to.opaque).finish(0));
    }
}

/// Answers a request whose records are stored; `code` says how safe a sent message is. A message
/// that was sent back is answered with success once it is stored and slaves had their time: its
/// consumer would send it again on any other code, once more for each time it comes back.
pub(crate) fn answer(
    out: &mut Vec<u8>,
    answer: &Answer,
    code: i32,
    placed: &[Placed],
    text: &[u8],
    policy: &PolicySnapshot,
    store_host: SocketAddr,
) {
    let to = answer.to;
    let AnswerKind::Sent { queue_id, transaction_id } = &answer.kind else {
        complete(Response::begin(out, to.encoding, SUCCESS, to.opaque).finish(0));
        return;
    };
    let begun = Response::begin(out, to.encoding, code, to.opaque);
    let broker = policy.broker();
    let transaction_id = text.get(transaction_id.clone()).unwrap_or_default();
    let first = placed.first().copied().unwrap_or_default();
    let ids = OffsetIds { placed, store_host };
    let writer = begun
        .ext("MSG_REGION", broker.region_id.as_str())
        .ext("TRACE_ON", broker.trace_on)
        .ext("msgId", ids)
        .ext("queueId", *queue_id)
        .ext("queueOffset", first.queue_offset.get());
    let id = std::str::from_utf8(transaction_id).ok().filter(|id| !id.is_empty());
    complete(writer.ext_opt("transactionId", id).finish(0));
}

/// A header of ours is far below the 24 bits of its length, so a refused one is a defect of this
/// crate; the writer has taken the bytes back, and the client's time-out covers the rest.
pub(crate) fn complete(written: Result<(), EncodeError>) {
    debug_assert!(written.is_ok(), "{written:?}");
}

/// Offset message ids of one send, joined by commas for a batch.
struct OffsetIds<'a> {
    placed: &'a [Placed],
    store_host: SocketAddr,
}

impl ExtValue for OffsetIds<'_> {
    fn with_text<R>(self, write: impl FnOnce(&str) -> R) -> R {
        let store_host = self.store_host;
        let id = |placed: &Placed| OffsetMessageId { store_host, offset: placed.physical }.text();
        match self.placed {
            [one] => write(id(one).as_str()),
            many => {
                let mut ids = String::new();
                for placed in many {
                    let comma = if ids.is_empty() { "" } else { "," };
                    ids.push_str(comma);
                    ids.push_str(id(placed).as_str());
                }
                write(&ids)
            }
        }
    }
}
