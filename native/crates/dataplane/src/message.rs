//! From a message to a record in a batch: the one door into the log for sends, messages sent back
//! and delayed messages that are due.

use std::net::SocketAddr;
use std::sync::Arc;

use turbopump_store::{AppendBatch, Queue, QueueError, RecordKind, RecordMeta, Store, TagsCode};
use turbopump_wire::QueueId;
use turbopump_wire::java_hash::index_key_hash;
use turbopump_wire::name::TopicName;
use turbopump_wire::properties;
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
    hash_keys(key_hashes, message.topic, message.properties);
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

/// Hashes of `UNIQ_KEY` first, then of each word of `KEYS`, as the index wants them.
fn hash_keys(hashes: &mut Vec<i32>, topic: &str, text: &[u8]) {
    hashes.clear();
    if let Some(id) = properties::get_str(text, "UNIQ_KEY") {
        hashes.push(index_key_hash(topic, id));
    }
    if let Some(keys) = properties::get_str(text, "KEYS") {
        let words = keys.split(' ').filter(|key| !key.is_empty());
        hashes.extend(words.map(|key| index_key_hash(topic, key)));
    }
}
