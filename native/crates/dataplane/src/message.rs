//! From a message to a record in a batch: the one door into the log for sends, messages sent back
//! and delayed messages that are due.

use std::net::SocketAddr;
use std::sync::Arc;

use turbopump_store::{AppendBatch, Queue, QueueError, RecordKind, RecordMeta, Store, TagsCode};
use turbopump_wire::QueueId;
use turbopump_wire::java_hash::index_key_hash;
use turbopump_wire::name::TopicName;
use turbopump_wire::properties::{self, name};
use turbopump_wire::record::{
    BLANK_BYTES, EncodeRecordError, RecordFields, RecordVersion, encode_record, record_bytes,
};

use crate::policy::TopicQueues;

/// A message with everything decided but its positions.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    /// Where it is stored; `SCHEDULE_TOPIC_XXXX` when it is delayed.
    pub(crate) topic: &'a str,
    pub(crate) queue_id: QueueId,
    pub(crate) tags: TagsCode,
    pub(crate) flag: i32,
    pub(crate) sys_flag: i32,
    pub(crate) born_ms: i64,
    pub(crate) born_host: SocketAddr,
    pub(crate) store_host: SocketAddr,
    pub(crate) reconsume_times: i32,
    pub(crate) body: &'a [u8],
    /// The record's property text.
    pub(crate) properties: &'a [u8],
    /// What the property text has of them.
    pub(crate) keys: Keys<'a>,
}

/// What a message is found by; empty when it has none. A sender has seen each property once
/// already, so the text is not searched again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keys<'a> {
    /// `UNIQ_KEY`.
    pub(crate) unique_id: &'a str,
    /// `KEYS`, words with spaces between.
    pub(crate) words: &'a str,
}

impl<'a> Keys<'a> {
    /// Those of a property text.
    pub(crate) fn of(text: &'a [u8]) -> Self {
        let found = properties::get_all(text, [name::UNIQ_KEY, name::KEYS]);
        let [unique_id, words] =
            found.map(|value| value.and_then(|value| str::from_utf8(value).ok()).unwrap_or(""));
        Self { unique_id, words }
    }

    /// Hash of the unique id first, then of each word, as the index wants them.
    fn hash_into(self, hashes: &mut Vec<i32>, topic: &str) {
        hashes.clear();
        let words = std::iter::once(self.unique_id).chain(self.words.split(' '));
        let words = words.filter(|word| !word.is_empty());
        hashes.extend(words.map(|word| index_key_hash(topic, word)));
    }
}

/// Why a message cannot become a record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PutError {
    #[error(transparent)]
    Record(#[from] EncodeRecordError),
    #[error("record of {0} bytes does not fit a log file")]
    TooLarge(usize),
    #[error("{0}")]
    Topic(String),
    #[error("{0}")]
    Queue(String),
}

/// Encodes the message into the batch; returns its index there. `kept`: the queues of the
/// message's topic.
pub(crate) fn put(
    store: &Store,
    kept: Option<&TopicQueues>,
    batch: &mut AppendBatch,
    record_bytes_max: usize,
    key_hashes: &mut Vec<i32>,
    message: &Message<'_>,
) -> Result<usize, PutError> {
    let fields = RecordFields {
        version: RecordVersion::for_topic(message.topic, true),
        topic: message.topic,
        queue_id: message.queue_id,
        flag: message.flag,
        sys_flag: message.sys_flag,
        born_timestamp: message.born_ms,
        born_host: message.born_host,
        store_host: message.store_host,
        reconsume_times: message.reconsume_times,
        prepared_transaction_offset: 0,
        body: message.body,
        properties: &[message.properties],
    };
    let bytes = record_bytes(&fields)?;
    if bytes + BLANK_BYTES > record_bytes_max {
        return Err(PutError::TooLarge(bytes));
    }
    let found;
    let queue = if let Some(queue) = kept.and_then(|kept| kept.get(message.queue_id)) {
        queue
    } else {
        found = queue_of(store, message.topic, message.queue_id)?;
        if let Some(kept) = kept {
            kept.keep(&found);
        }
        &found
    };
    message.keys.hash_into(key_hashes, message.topic);
    let meta = RecordMeta {
        tags: message.tags,
        kind: RecordKind::of_sys_flag(message.sys_flag),
        key_hashes,
    };
    Ok(batch.push(queue, meta, |out| {
        // Sizes were checked above, the only reasons for which encoding refuses.
        let encoded = encode_record(out, &fields);
        debug_assert!(encoded.is_ok());
    }))
}

/// The store's queue, made on first use. The name is checked whatever its way here was.
pub(crate) fn queue_of(store: &Store, topic: &str, id: QueueId) -> Result<Arc<Queue>, PutError> {
    let queue_error = |error: QueueError| PutError::Queue(error.to_string());
    if let Some(queue) = store.queue(topic, id).map_err(queue_error)? {
        return Ok(queue);
    }
    let name = TopicName::parse(topic).map_err(|error| PutError::Topic(error.to_string()))?;
    store.queue_or_create(&name, id).map_err(queue_error)
}
