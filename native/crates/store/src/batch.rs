//! A loop's batch of encoded records, waiting for positions.
//!
//! Invariant: record `i` lies in `bytes[ranges[i]]`, records are back to back in order, and each
//! names one of the batch's distinct queues. Encoding happens here, outside of the log lock.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use turbopump_wire::{PhysicalOffset, QueueOffset};

use crate::consume_queue::Queue;

/// What a consume queue entry says about the record's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagsCode {
    /// Hash of the tag, or a due time that is known.
    Fixed(i64),
    /// Due this long after the store time (RocketMQ's delay levels).
    DueAfter {
        /// Milliseconds.
        ms: i64,
    },
}

impl TagsCode {
    /// The value that goes into the entry of a record stored at `store_ms`.
    #[must_use]
    pub const fn resolve(self, store_ms: i64) -> i64 {
        match self {
            Self::Fixed(code) => code,
            Self::DueAfter { ms } => store_ms.saturating_add(ms),
        }
    }
}

/// Transaction type of a record, `MessageSysFlag` bits 2 and 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// Not transactional: queue entry and index.
    Normal,
    /// Half message: queue offset 0, index only.
    Prepared,
    /// Committed: queue entry and index.
    Commit,
    /// Rolled back: queue offset 0, neither queue entry nor index.
    Rollback,
}

impl RecordKind {
    /// From a record's `sysFlag`.
    #[must_use]
    pub const fn of_sys_flag(sys_flag: i32) -> Self {
        match sys_flag & 0xC {
            0x4 => Self::Prepared,
            0x8 => Self::Commit,
            0xC => Self::Rollback,
            _ => Self::Normal,
        }
    }

    /// True when the record gets an entry, and so a number, in its consume queue.
    #[must_use]
    pub const fn is_queued(self) -> bool {
        matches!(self, Self::Normal | Self::Commit)
    }

    /// True when the record's keys go into the index.
    #[must_use]
    pub const fn is_indexed(self) -> bool {
        !matches!(self, Self::Rollback)
    }
}

/// What the store must know of a record that it does not read from the encoded bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordMeta<'a> {
    /// For the queue entry.
    pub tags: TagsCode,
    /// Decides about entry and index.
    pub kind: RecordKind,
    /// `index_key_hash` of `UNIQ_KEY` first, then of each key.
    pub key_hashes: &'a [i32],
}

/// Where a record went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// Position of its first byte.
    pub physical: PhysicalOffset,
    /// Its number in the queue, 0 when it has none.
    pub queue_offset: QueueOffset,
    /// Bytes of the record.
    pub size: u32,
    /// Store time, milliseconds.
    pub store_ms: i64,
}

pub(crate) struct PendingRecord {
    pub(crate) range: Range<usize>,
    pub(crate) queue_slot: usize,
    pub(crate) tags: TagsCode,
    pub(crate) kind: RecordKind,
    pub(crate) keys: Range<usize>,
    pub(crate) placed: Placed,
}

pub(crate) struct BatchQueue {
    pub(crate) queue: Arc<Queue>,
    /// Next number in the queue; valid only under the log lock during an append.
    pub(crate) next: QueueOffset,
}

/// Reusable batch of records. Owned by one loop; give it to [`crate::Store::append`], read
/// [`AppendBatch::placed`], then [`AppendBatch::clear`].
#[derive(Default)]
pub struct AppendBatch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: Vec<PendingRecord>,
    pub(crate) key_hashes: Vec<i32>,
    pub(crate) queues: Vec<BatchQueue>,
    queue_slots: FxHashMap<usize, usize>,
}

impl AppendBatch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record for `queue`; `encode` appends exactly one record, as
    /// `turbopump_wire::record::encode_record` does, with positions and store time left open.
    /// Returns its index in the batch.
    pub fn push(
        &mut self,
        queue: &Arc<Queue>,
        meta: RecordMeta<'_>,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> usize {
        let queue_slot = self.queue_slot(queue);
        let start = self.bytes.len();
        encode(&mut self.bytes);
        let first_key = self.key_hashes.len();
        if meta.kind.is_indexed() {
            self.key_hashes.extend_from_slice(meta.key_hashes);
        }
        self.records.push(PendingRecord {
            range: start..self.bytes.len(),
            queue_slot,
            tags: meta.tags,
            kind: meta.kind,
            keys: first_key..self.key_hashes.len(),
            placed: Placed::default(),
        });
        self.records.len() - 1
    }

    fn queue_slot(&mut self, queue: &Arc<Queue>) -> usize {
        // The last queue again is the common case and costs no hashing.
        if let Some(last) = self.queues.last()
            && Arc::ptr_eq(&last.queue, queue)
        {
            return self.queues.len() - 1;
        }
        let queues = &mut self.queues;
        *self.queue_slots.entry(Arc::as_ptr(queue).addr()).or_insert_with(|| {
            queues.push(BatchQueue { queue: Arc::clone(queue), next: QueueOffset::ZERO });
            queues.len() - 1
        })
    }

    /// Where record `index` went; all zero before a successful append, or for no such record.
    #[must_use]
    pub fn placed(&self, index: usize) -> Placed {
        self.records.get(index).map_or_else(Placed::default, |record| record.placed)
    }

    /// The queue of record `index`.
    #[must_use]
    pub fn queue_of(&self, index: usize) -> Option<&Arc<Queue>> {
        let record = self.records.get(index)?;
        self.queues.get(record.queue_slot).map(|slot| &slot.queue)
    }

    /// The distinct queues of the batch, in order of first use.
    pub fn queues(&self) -> impl Iterator<Item = &Arc<Queue>> {
        self.queues.iter().map(|slot| &slot.queue)
    }

    /// Takes the distinct queues out of an appended batch, which is to be cleared next.
    pub fn take_queues(&mut self) -> impl Iterator<Item = Arc<Queue>> {
        self.queues.drain(..).map(|slot| slot.queue)
    }

    /// Empties the batch, keeping its memory up to a bound: one giant turn must not pin its size
    /// for the life of the loop.
    pub fn clear(&mut self) {
        const KEPT_BYTES: usize = 4 << 20;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.records.clear();
        self.key_hashes.clear();
        self.queues.clear();
        self.queue_slots.clear();
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// True without records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes of all records.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }
}
