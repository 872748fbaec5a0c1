//! Facts about an open store: what recovery did, where the log stands, what syncing reports.

use std::sync::Arc;

use turbopump_wire::PhysicalOffset;

/// What opening found, cut and rebuilt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// True when the last run (Java or ours) removed its `abort` file.
    pub clean_shutdown: bool,
    /// True when our part of the checkpoint was valid, so that only the log's end was read.
    pub from_checkpoint: bool,
    /// First position of the log.
    pub min: PhysicalOffset,
    /// End of the last whole record.
    pub end: PhysicalOffset,
    /// Bytes of log that were read and verified.
    pub scanned_bytes: u64,
    /// Bytes that were not zero behind the end in what was looked at before it was zeroed: a torn
    /// or stale record. Counted up to [`crate::recovery::CUT_COUNT_BYTES_MAX`].
    pub cut_bytes: u64,
    /// Later segments that were taken away.
    pub removed_segments: u64,
    /// Records handed to queues and index again.
    pub dispatched_records: u64,
    /// Wall time of the whole open.
    pub elapsed_ms: u64,
}

/// Where the log stands. `min <= flushed <= written`, and `readable` is `flushed` under
/// `SYNC_FLUSH`, `written` under `ASYNC_FLUSH`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogStatus {
    /// First position of the log.
    pub min: PhysicalOffset,
    /// End of what is in the file.
    pub written: PhysicalOffset,
    /// End of what is on disk.
    pub flushed: PhysicalOffset,
    /// End of what readers see.
    pub readable: PhysicalOffset,
    /// End of what queues, index and checkpoint on disk cover.
    pub checkpointed: PhysicalOffset,
    /// Store time of the first record, `None` for an empty log.
    pub earliest_store_ms: Option<i64>,
    /// Used part of the commit log's file system, 0.0 to 1.0.
    pub disk_used_ratio: f64,
    /// Used part of the consume queues' file system, 0.0 to 1.0.
    pub queue_disk_used_ratio: f64,
    /// True while appends are refused for lack of space.
    pub disk_full: bool,
    /// Longest time that written bytes have waited for their sync since open, milliseconds.
    pub flush_window_max_ms: u64,
    /// Why the store takes no writes.
    pub poisoned: Option<Arc<str>>,
    /// Last failure of background work that does not lose acknowledged records (flushing derived
    /// files, retention, preparing a segment); cleared by the next success.
    pub background_failure: Option<Arc<str>>,
}

/// What a sync thread has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Everything below is on disk; may repeat a position.
    Flushed(PhysicalOffset),
    /// The store takes no writes any more; whatever is not below `flushed` is in doubt.
    Poisoned(Arc<str>),
}
