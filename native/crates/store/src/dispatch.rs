//! From the log to what is derived from it: consume queues and index.
//!
//! Two ways, one meaning: `publish` for a batch whose records were just written (under the log
//! lock, nothing is parsed again), `digest` and `take` for records that recovery reads back or a
//! master sends. Both follow
//! Java's `CommitLog.checkMessageAndReturnSize`, `CommitLogDispatcherBuildConsumeQueue` and
//! `IndexService.buildIndex`; a test holds them against each other.

use std::sync::Arc;

use turbopump_wire::java_hash::{index_key_hash, tags_code};
use turbopump_wire::properties::{get_all, get_str, name};
use turbopump_wire::record::RecordView;
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset, TopicName};

use crate::batch::{AppendBatch, RecordKind};
use crate::consume_queue::{Queue, QueueEntry, QueueTable};
use crate::error::OpenError;
use crate::index::Index;

/// Delayed messages wait under this topic; their tags code is the due time.
pub(crate) const SCHEDULE_TOPIC: &str = "SCHEDULE_TOPIC_XXXX";

pub(crate) struct Dispatch {
    pub(crate) queues: QueueTable,
    pub(crate) index: Index,
    delay_levels_ms: Vec<i64>,
}

/// What is derived from a record, keys aside.
pub(crate) struct Digest<'a> {
    pub(crate) topic: &'a str,
    pub(crate) queue_id: i32,
    pub(crate) queue_offset: i64,
    pub(crate) physical: PhysicalOffset,
    pub(crate) size: u32,
    pub(crate) tags_code: i64,
    pub(crate) store_ms: i64,
    pub(crate) kind: RecordKind,
}

impl Dispatch {
    pub(crate) fn new(queues: QueueTable, index: Index, delay_levels_ms: Vec<i64>) -> Self {
        Self { queues, index, delay_levels_ms }
    }

    /// Entries and keys of a batch that has its positions. Under the log lock.
    pub(crate) fn publish(&self, batch: &AppendBatch) {
        self.index.expect(&batch.key_hashes);
        for record in &batch.records {
            let placed = record.placed;
            if record.kind.is_queued()
                && let Some(slot) = batch.queues.get(record.queue_slot)
            {
                let entry = QueueEntry {
                    physical: placed.physical,
                    size: placed.size,
                    tags_code: record.tags.resolve(placed.store_ms),
                };
                slot.queue.publish(entry, placed.store_ms);
            }
            if record.kind.is_indexed() {
                let hashes = batch.key_hashes.get(record.keys.clone()).unwrap_or_default();
                self.index.put_record(placed.physical, placed.store_ms, hashes);
            }
        }
    }

    /// One record of the log, again, to its queue, the index or both; what is there already stays.
    pub(crate) fn replay(
        &self,
        record: &RecordView<'_>,
        to_queue: bool,
        to_index: bool,
    ) -> Result<(), OpenError> {
        let mut key_hashes = Vec::new();
        let digest = self.digest(record, &mut key_hashes);
        if digest.kind.is_queued() && to_queue {
            self.take_entry(&digest)?;
        }
        if digest.kind.is_indexed() && to_index {
            self.index.put_record(digest.physical, digest.store_ms, &key_hashes);
        }
        Ok(())
    }

    /// What is to be known of a record; the hashes of its keys go to the end of `key_hashes`.
    pub(crate) fn digest<'a>(
        &self,
        record: &RecordView<'a>,
        key_hashes: &mut Vec<i32>,
    ) -> Digest<'a> {
        let kind = RecordKind::of_sys_flag(record.sys_flag);
        let [unique, keys, tags] =
            get_all(record.properties, [name::UNIQ_KEY, name::KEYS, name::TAGS]);
        if kind.is_indexed() {
            key_hashes.extend(hashes_of(record.topic, unique, keys));
        }
        Digest {
            topic: record.topic,
            queue_id: record.queue_id,
            queue_offset: record.queue_offset,
            physical: PhysicalOffset::new(record.physical_offset.max(0) as u64),
            size: record.bytes().len() as u32,
            tags_code: due_ms(record, &self.delay_levels_ms)
                .unwrap_or_else(|| text(tags).map_or(0, tags_code)),
            store_ms: record.store_timestamp,
            kind,
        }
    }

    /// The entry and the keys of a record that is, or is about to be, in the log; what is there
    /// already stays. The queue that has it, if one does.
    pub(crate) fn take(
        &self,
        digest: &Digest<'_>,
        key_hashes: &[i32],
    ) -> Result<Option<Arc<Queue>>, OpenError> {
        let queue = if digest.kind.is_queued() { self.take_entry(digest)? } else { None };
        if digest.kind.is_indexed() {
            self.index.put_record(digest.physical, digest.store_ms, key_hashes);
        }
        Ok(queue)
    }

    fn take_entry(&self, digest: &Digest<'_>) -> Result<Option<Arc<Queue>>, OpenError> {
        // Java has no rule against a name or number that ours refuses; such a record stays
        // readable by position, but no path is ever made from it.
        let (Ok(id), Ok(number)) =
            (u32::try_from(digest.queue_id), u64::try_from(digest.queue_offset))
        else {
            return Ok(None);
        };
        let id = QueueId::new(id);
        let queue = if let Some(queue) = self.queues.get(digest.topic, id)? {
            queue
        } else {
            let Ok(topic) = TopicName::parse(digest.topic) else { return Ok(None) };
            self.queues.get_or_create(&topic, id)?
        };
        let Digest { physical, size, tags_code, .. } = *digest;
        let entry = QueueEntry { physical, size, tags_code };
        queue.redispatch(QueueOffset::new(number), entry, digest.store_ms)?;
        Ok(Some(queue))
    }
}

/// Due time for a delayed message, else the hash of its tag.
pub(crate) fn tags_code_of(record: &RecordView<'_>, delay_levels_ms: &[i64]) -> i64 {
    due_ms(record, delay_levels_ms)
        .unwrap_or_else(|| get_str(record.properties, name::TAGS).map_or(0, tags_code))
}

fn due_ms(record: &RecordView<'_>, delay_levels_ms: &[i64]) -> Option<i64> {
    if record.topic != SCHEDULE_TOPIC {
        return None;
    }
    let level: usize = get_str(record.properties, name::DELAY_TIME_LEVEL)?.parse().ok()?;
    // A level above the highest counts as the highest.
    let delay_ms = delay_levels_ms.get(level.checked_sub(1)?).or(delay_levels_ms.last())?;
    Some(record.store_timestamp.saturating_add(*delay_ms))
}

fn text(value: Option<&[u8]>) -> Option<&str> {
    value.and_then(|value| std::str::from_utf8(value).ok())
}

/// Unique key first, then each key; as the data plane gives them in `RecordMeta::key_hashes`.
pub(crate) fn key_hashes<'a>(record: &RecordView<'a>) -> impl Iterator<Item = i32> + 'a {
    let [unique, keys] = get_all(record.properties, [name::UNIQ_KEY, name::KEYS]);
    hashes_of(record.topic, unique, keys)
}

fn hashes_of<'a>(
    topic: &'a str,
    unique: Option<&'a [u8]>,
    keys: Option<&'a [u8]>,
) -> impl Iterator<Item = i32> + 'a {
    let words = text(keys).unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    text(unique).into_iter().chain(words).map(|word| index_key_hash(topic, word))
}
