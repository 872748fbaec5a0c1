//! From the log to what is derived from it: consume queues and index.
//!
//! Two ways, one meaning: `publish` for a batch whose records were just written (under the log
//! lock, nothing is parsed again), `replay` for records that recovery reads back. Both follow
//! Java's `CommitLog.checkMessageAndReturnSize`, `CommitLogDispatcherBuildConsumeQueue` and
//! `IndexService.buildIndex`; a test holds them against each other.

use std::sync::Arc;

use turbopump_wire::java_hash::{index_key_hash, tags_code};
use turbopump_wire::properties::{get_str, name};
use turbopump_wire::record::RecordView;
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset, TopicName};

use crate::batch::{AppendBatch, RecordKind};
use crate::consume_queue::{Queue, QueueEntry, QueueTable};
use crate::error::OpenError;
use crate::index::Index;
use crate::verify::RepairPlan;

/// Delayed messages wait under this topic; their tags code is the due time.
pub(crate) const SCHEDULE_TOPIC: &str = "SCHEDULE_TOPIC_XXXX";

pub(crate) struct Dispatch {
    pub(crate) queues: QueueTable,
    pub(crate) index: Index,
    delay_levels_ms: Vec<i64>,
}

impl Dispatch {
    pub(crate) fn new(queues: QueueTable, index: Index, delay_levels_ms: Vec<i64>) -> Self {
        Self { queues, index, delay_levels_ms }
    }

    /// Entries and keys of a batch that has its positions. Under the log lock.
    pub(crate) fn publish(&self, batch: &AppendBatch) {
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

    /// One record of the log, again; what is there already stays.
    /// The queue that has it, if one does.
    pub(crate) fn replay(&self, record: &RecordView<'_>) -> Result<Option<Arc<Queue>>, OpenError> {
        let kind = RecordKind::of_sys_flag(record.sys_flag);
        let physical = PhysicalOffset::new(record.physical_offset.max(0) as u64);
        let mut queue = None;
        if kind.is_queued() {
            queue = self.replay_entry(record, physical)?;
        }
        if kind.is_indexed() {
            let hashes: Vec<i32> = key_hashes(record).collect();
            self.index.put_record(physical, record.store_timestamp, &hashes);
        }
        Ok(queue)
    }

    /// One record of the log, for what the repair took away only.
    pub(crate) fn rebuild(
        &self,
        record: &RecordView<'_>,
        plan: &RepairPlan,
    ) -> Result<(), OpenError> {
        let kind = RecordKind::of_sys_flag(record.sys_flag);
        let physical = PhysicalOffset::new(record.physical_offset.max(0) as u64);
        if kind.is_queued() && plan.wants_entry(record) {
            drop(self.replay_entry(record, physical)?);
        }
        if kind.is_indexed() && plan.index {
            let hashes: Vec<i32> = key_hashes(record).collect();
            self.index.put_record(physical, record.store_timestamp, &hashes);
        }
        Ok(())
    }

    fn replay_entry(
        &self,
        record: &RecordView<'_>,
        at: PhysicalOffset,
    ) -> Result<Option<Arc<Queue>>, OpenError> {
        // Java has no rule against a name or number that ours refuses; such a record stays
        // readable by position, but no path is ever made from it.
        let (Ok(topic), Ok(id), Ok(number)) = (
            TopicName::parse(record.topic),
            u32::try_from(record.queue_id),
            u64::try_from(record.queue_offset),
        ) else {
            return Ok(None);
        };
        let entry = QueueEntry {
            physical: at,
            size: record.bytes().len() as u32,
            tags_code: tags_code_of(record, &self.delay_levels_ms),
        };
        let queue = self.queues.get_or_create(&topic, QueueId::new(id))?;
        queue.redispatch(QueueOffset::new(number), entry, record.store_timestamp)?;
        Ok(Some(queue))
    }
}

/// Due time for a delayed message, else the hash of its tag.
pub(crate) fn tags_code_of(record: &RecordView<'_>, delay_levels_ms: &[i64]) -> i64 {
    let property = |wanted| get_str(record.properties, wanted);
    if record.topic == SCHEDULE_TOPIC
        && let Some(level) = property(name::DELAY_TIME_LEVEL)
        && let Ok(level) = level.parse::<usize>()
        && level > 0
        // A level above the highest counts as the highest.
        && let Some(delay_ms) = delay_levels_ms.get(level - 1).or(delay_levels_ms.last())
    {
        return record.store_timestamp.saturating_add(*delay_ms);
    }
    property(name::TAGS).map_or(0, tags_code)
}

/// Unique key first, then each key; as the data plane gives them in `RecordMeta::key_hashes`.
pub(crate) fn key_hashes<'a>(record: &'a RecordView<'_>) -> impl Iterator<Item = i32> + 'a {
    let unique = get_str(record.properties, name::UNIQ_KEY);
    let keys = get_str(record.properties, name::KEYS).unwrap_or_default();
    let words = keys.split(' ').filter(|word| !word.is_empty());
    unique.into_iter().chain(words).map(|word| index_key_hash(record.topic, word))
}
