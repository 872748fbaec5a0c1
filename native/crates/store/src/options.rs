//! What is fixed for the life of an open store.

use std::path::PathBuf;

/// When an append is durable. RocketMQ's `flushDiskType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushMode {
    /// In the page cache before the reply, on disk within the flush interval.
    Async,
    /// On disk before the reply.
    Sync,
}

/// When expired segments go. Defaults are RocketMQ's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionOptions {
    /// Local hours (0 to 23) in which expired files are deleted, `deleteWhen`.
    pub delete_when_hours: Vec<u8>,
    /// Age in hours at which a segment is expired, `fileReservedTime`.
    pub reserved_hours: u64,
    /// Used disk space in percent above which expired files go at any hour,
    /// `diskMaxUsedSpaceRatio`.
    pub disk_max_used_percent: u8,
}

impl Default for RetentionOptions {
    fn default() -> Self {
        Self { delete_when_hours: vec![4], reserved_hours: 72, disk_max_used_percent: 75 }
    }
}

/// Everything `Store::open` needs to know. Sizes in bytes, times in milliseconds.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `storePathRootDir`: checkpoint, abort, lock, consume queues and index live here.
    pub root_dir: PathBuf,
    /// `storePathCommitLog`.
    pub commit_log_dir: PathBuf,
    /// `mappedFileSizeCommitLog`. Must equal the size of the files that exist.
    pub segment_bytes: u64,
    /// `mappedFileSizeConsumeQueue`, rounded up to whole entries as Java does.
    pub queue_file_bytes: u64,
    /// `messageIndexEnable`.
    pub index_enabled: bool,
    /// `maxHashSlotNum`.
    pub index_slots: u32,
    /// `maxIndexNum`.
    pub index_entries: u32,
    /// `flushDiskType`.
    pub flush_mode: FlushMode,
    /// ASYNC: bytes are on disk this long after they were written. A sync starts at half of it.
    pub flush_interval_ms: u64,
    /// Length of each delay level, level 1 first, `messageDelayLevel`: the tags code of a record in
    /// `SCHEDULE_TOPIC_XXXX` is its due time.
    pub delay_levels_ms: Vec<i64>,
    /// When files go.
    pub retention: RetentionOptions,
}

impl StoreOptions {
    /// RocketMQ's defaults for a store in `root_dir`.
    #[must_use]
    pub fn at(root_dir: impl Into<PathBuf>) -> Self {
        let root_dir = root_dir.into();
        Self {
            commit_log_dir: root_dir.join("commitlog"),
            root_dir,
            segment_bytes: 1 << 30,
            queue_file_bytes: 6_000_000,
            index_enabled: true,
            index_slots: 5_000_000,
            index_entries: 20_000_000,
            flush_mode: FlushMode::Async,
            flush_interval_ms: 500,
            delay_levels_ms: default_delay_levels_ms(),
            retention: RetentionOptions::default(),
        }
    }
}

/// `1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h`.
#[must_use]
pub fn default_delay_levels_ms() -> Vec<i64> {
    let seconds =
        [1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1_200, 1_800, 3_600, 7_200];
    seconds.iter().map(|seconds| seconds * 1_000).collect()
}
