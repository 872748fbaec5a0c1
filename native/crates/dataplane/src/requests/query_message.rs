//! `QUERY_MESSAGE` 12: ext `topic`, `key`, `maxNum`, `beginTimestamp`, `endTimestamp` (ms),
//! `_UNIQUE_KEY_QUERY`; answer body = records oldest first, ext `indexLastUpdateTimestamp`,
//! `indexLastUpdatePhyoffset` (Java `QueryMessageProcessor.queryMessage`).
//!
//! The index knows 32 bit hashes, so each record is held against the topic and key asked for: a
//! message of another key is never answered. Index and records may lie anywhere, so a reading
//! thread answers.

use turbopump_store::{LogSlice, ReadError};
use turbopump_wire::RecordView;
use turbopump_wire::codes::response_code::{QUERY_NOT_FOUND, SUCCESS};
use turbopump_wire::header::Response;
use turbopump_wire::properties::{self, name};

use super::{pull::read_refusal, reply};
use crate::event_loop::{LoopCore, ReplyTo, Request, Stop};
use crate::reading::Found;
use crate::shared::Shared;

/// Java's `defaultQueryMaxNum`, and the most that one query may ask of a thread.
const MESSAGES_MAX: usize = 32;
/// Bytes of one answer's body; below the largest frame that clients accept.
const ANSWER_BYTES_MAX: usize = 12 * 1024 * 1024;

impl LoopCore {
    pub(crate) fn query_message(&mut self, request: &Request<'_>) -> Result<(), Stop> {
        let (topic, key) = (request.text("topic")?, request.text("key")?);
        let most = if request.header.ext.bool("_UNIQUE_KEY_QUERY") == Some(true) {
            MESSAGES_MAX
        } else {
            request.number::<i32>("maxNum")?.clamp(1, MESSAGES_MAX as i32) as usize
        };
        let (begin, end) = (request.number("beginTimestamp")?, request.number("endTimestamp")?);
        let (topic, key, to) = (topic.to_owned(), key.to_owned(), request.to);
        self.read_cold(to, move |shared, _| {
            let query = Query { topic: &topic, key: &key, most, begin, end };
            query.answer(shared, to)
        })
    }
}

struct Query<'a> {
    topic: &'a str,
    key: &'a str,
    most: usize,
    begin: i64,
    end: i64,
}

impl Query<'_> {
    fn answer(&self, shared: &Shared, to: ReplyTo) -> Result<Found, Stop> {
        let Self { topic, key, most, begin, end } = *self;
        let found = shared.store.query_index(topic, key, most, begin, end);
        let found = found.map_err(|error| read_refusal(shared, &error))?;
        let mut offsets = found.offsets;
        offsets.sort_unstable();
        let mut body = Vec::new();
        for at in offsets {
            let record = match shared.store.read_record(at, None) {
                Ok(record) => record,
                // Retention may have taken the record since the index named it.
                Err(
                    ReadError::Deleted { .. }
                    | ReadError::Beyond { .. }
                    | ReadError::NotARecord { .. },
                ) => continue,
                Err(error) => return Err(read_refusal(shared, &error)),
            };
            if body.len() + record.len() <= ANSWER_BYTES_MAX && is_of_key(&record, topic, key) {
                body.extend_from_slice(&record);
            }
        }
        if body.is_empty() {
            let remark = "can not find message, maybe time range not correct";
            return Err(Stop::refuse(QUERY_NOT_FOUND, remark));
        }
        let mut head = Vec::new();
        let written = Response::begin(&mut head, to.encoding, SUCCESS, to.opaque)
            .ext("indexLastUpdateTimestamp", found.last_update_ms)
            .ext("indexLastUpdatePhyoffset", found.last_update_physical.get())
            .finish(body.len());
        reply::complete(written);
        Ok(Found { head, body: LogSlice::copied(body) })
    }
}

fn is_of_key(record: &[u8], topic: &str, key: &str) -> bool {
    let Ok(record) = RecordView::parse(record) else { return false };
    let has_key = || {
        let keys = properties::get_str(record.properties, name::KEYS).unwrap_or_default();
        keys.split(' ').any(|word| word == key)
            || properties::get_str(record.properties, name::UNIQ_KEY) == Some(key)
    };
    record.topic == topic && has_key()
}
