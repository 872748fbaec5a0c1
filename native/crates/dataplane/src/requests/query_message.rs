//! `QUERY_MESSAGE` 12: ext `topic`, `key`, `maxNum`, `beginTimestamp`, `endTimestamp` (ms),
//! `_UNIQUE_KEY_QUERY`; answer body = records oldest first, ext `indexLastUpdateTimestamp`,
//! `indexLastUpdatePhyoffset` (Java `QueryMessageProcessor.queryMessage`).
//!
//! The index knows 32 bit hashes, so each record is held against the topic and key asked for: a
//! message of another key is never answered.

use turbopump_store::LogSlice;
use turbopump_wire::RecordView;
use turbopump_wire::codes::response_code::{QUERY_NOT_FOUND, SUCCESS};
use turbopump_wire::header::Response;
use turbopump_wire::properties::{self, name};

use super::{pull::read_refusal, reply};
use crate::event_loop::{LoopCore, Outlets, Request, Stop};

/// Java's `defaultQueryMaxNum`, and the most that one query may ask of the loop.
const MESSAGES_MAX: usize = 32;
/// Bytes of one answer's body; below the largest frame that clients accept.
const ANSWER_BYTES_MAX: usize = 12 * 1024 * 1024;

impl LoopCore {
    pub(crate) fn query_message(
        &mut self,
        request: &Request<'_>,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let (topic, key) = (request.text("topic")?, request.text("key")?);
        let most = if request.header.ext.bool("_UNIQUE_KEY_QUERY") == Some(true) {
            MESSAGES_MAX
        } else {
            request.number::<i32>("maxNum")?.clamp(1, MESSAGES_MAX as i32) as usize
        };
        let (begin, end) = (request.number("beginTimestamp")?, request.number("endTimestamp")?);
        let found = self.shared.store.query_index(topic, key, most, begin, end);
        let found = found.map_err(|error| read_refusal(&error))?;
        let mut offsets = found.offsets;
        offsets.sort_unstable();
        let mut records: Vec<LogSlice> = Vec::new();
        let mut bytes = 0;
        for at in offsets {
            // Retention may have taken the record since the index named it.
            let Ok(record) = self.shared.store.read_record(at, None) else { continue };
            if bytes + record.len() <= ANSWER_BYTES_MAX && is_of_key(&record, topic, key) {
                bytes += record.len();
                records.push(record);
            }
        }
        if records.is_empty() {
            let remark = "can not find message, maybe time range not correct";
            return Err(Stop::refuse(QUERY_NOT_FOUND, remark));
        }
        let to = request.to;
        if let (false, Some(out)) = (to.oneway, outlets.bytes(to.connection)) {
            let written = Response::begin(out, to.encoding, SUCCESS, to.opaque)
                .ext("indexLastUpdateTimestamp", found.last_update_ms)
                .ext("indexLastUpdatePhyoffset", found.last_update_physical.get())
                .finish(bytes);
            reply::complete(written);
            for record in records {
                outlets.push_shared(to.connection, Box::new(record));
            }
        }
        Ok(())
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
