//! The commit log: all records of all topics, one after the other, in full-size files.
//!
//! Invariants: `min <= flushed <= written <= assigned`; `readable` is `flushed` under `SYNC_FLUSH`
//! and `written` under `ASYNC_FLUSH`, but follows no further than `readable_limit`; none of them
//! moves back while the log is open. All changes of
//! the end happen under the log lock (`tail`); one syncer at a time (`syncer`), which takes the
//! log lock only to take over what was gathered. Lock order: syncer, tail, the list of segments.
//! Refuses: any write after a failed one (poison), and meaning: what a record is for is decided
//! by `dispatch`.
//! Mirrors Java's `CommitLog`, `MappedFileQueue` and `FlushManager`.

mod append;
mod cache_window;
mod checked;
pub(crate) mod cold_blocks;
mod group_commit;
mod prepare;
mod raw;
mod read;
mod residency;
pub(crate) mod segment;
pub(crate) mod segments;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use crate::clock::Clock;
use crate::disk::Disk;
use crate::options::FlushMode;
use crate::poison::Poison;
use crate::signal::Signal;
use crate::status::Progress;

pub use checked::RawRun;
use cold_blocks::ColdBlocks;
pub use cold_blocks::ColdRun;
use group_commit::Group;
use residency::Residency;
use segment::Segment;
use segments::Segments;

/// Tells the data plane that waiting sends can be answered.
pub(crate) type ProgressListener = Box<dyn Fn(Progress) + Send + Sync>;

/// Tells replication that the file has grown.
pub(crate) type TailListener = Box<dyn Fn() + Send + Sync>;

/// Largest position that crosses to JavaScript unharmed.
const POSITION_MAX: u64 = (1 << 53) - 1;

/// Where the log stands, readable without a lock. `written` is stored with release order after
/// the bytes and entries below it, so whoever sees a position sees what lies below.
#[derive(Debug)]
pub(crate) struct Positions {
    pub(crate) min: AtomicU64,
    pub(crate) written: AtomicU64,
    pub(crate) flushed: AtomicU64,
    /// Shared with the consume queues, which hide entries at or beyond it.
    pub(crate) readable: Arc<AtomicU64>,
    /// What replication has safe; `u64::MAX` while readers need not wait for it.
    pub(crate) readable_limit: AtomicU64,
}

/// State under the log lock.
pub(crate) struct Tail {
    /// End of the last record with a position; under `SYNC_FLUSH` ahead of `written` by the group.
    pub(crate) assigned: u64,
    pub(crate) segment: Arc<Segment>,
    /// Store times never decrease, whatever the wall clock does.
    pub(crate) last_store_ms: i64,
    pub(crate) group: Group,
    plan: Vec<append::Piece>,
    closed: bool,
}

/// State of whoever syncs.
#[derive(Debug, Default)]
pub(crate) struct Syncer {
    spare: Group,
}

/// A durable position with the store time of the last record before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FlushedPoint {
    pub(crate) end: u64,
    pub(crate) store_ms: i64,
}

pub(crate) struct CommitLog {
    pub(crate) segments: Segments,
    pub(crate) positions: Positions,
    pub(crate) poison: Poison,
    pub(crate) mode: FlushMode,
    pub(crate) disk_full: AtomicBool,
    pub(crate) flush_wanted: Signal,
    pub(crate) prepare_wanted: Signal,
    tail: Mutex<Tail>,
    syncer: Mutex<Syncer>,
    flushed_point: Mutex<FlushedPoint>,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    listener: RwLock<Option<ProgressListener>>,
    tail_listener: OnceLock<TailListener>,
    flush_interval: Duration,
    dirty: AtomicBool,
    urgent: AtomicBool,
    dirty_since_us: AtomicU64,
    window_max_us: AtomicU64,
    /// The log's end when it was opened.
    opened_at: u64,
    /// Position at which the appender wakes the preparing thread.
    prepare_at: AtomicU64,
    /// Up to here the log's pages were given back to the page cache.
    released: AtomicU64,
    /// What of the log stays in memory behind its tail.
    window_bytes: AtomicU64,
    /// What of its zeros may be in memory ahead of it.
    pub(crate) warm_bytes: AtomicU64,
    residency: Residency,
    pub(crate) cold: ColdBlocks,
}

/// What recovery found out, from which a log goes on.
pub(crate) struct LogStart {
    pub(crate) segments: Segments,
    /// Holds `end` as its first free byte.
    pub(crate) segment: Arc<Segment>,
    pub(crate) end: u64,
    /// Known to be on disk; below `end` only under `ASYNC_FLUSH`.
    pub(crate) flushed: FlushedPoint,
    pub(crate) last_store_ms: i64,
    pub(crate) readable: Arc<AtomicU64>,
}

impl CommitLog {
    /// A log that ends at `start.end`, durable up to `start.flushed`; the rest is the first thing
    /// that the flushing thread does.
    pub(crate) fn new(
        start: LogStart,
        mode: FlushMode,
        flush_interval_ms: u64,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let LogStart { segments, segment, end, flushed, last_store_ms, readable } = start;
        segment.reserve(end - segment.base);
        readable.store(end, Ordering::Release);
        let warm_bytes = disk.memory_bytes() / prepare::WARM_SHARE;
        let log = Self {
            positions: Positions {
                min: AtomicU64::new(segments.first_base().unwrap_or(end)),
                written: AtomicU64::new(end),
                flushed: AtomicU64::new(flushed.end),
                readable,
                readable_limit: AtomicU64::new(u64::MAX),
            },
            segments,
            poison: Poison::default(),
            mode,
            disk_full: AtomicBool::new(false),
            flush_wanted: Signal::default(),
            prepare_wanted: Signal::default(),
            tail: Mutex::new(Tail {
                assigned: end,
                segment,
                last_store_ms,
                group: Group::default(),
                plan: Vec::new(),
                closed: false,
            }),
            syncer: Mutex::default(),
            flushed_point: Mutex::new(flushed),
            disk,
            clock,
            listener: RwLock::default(),
            tail_listener: OnceLock::new(),
            flush_interval: Duration::from_millis(flush_interval_ms),
            dirty: AtomicBool::new(false),
            urgent: AtomicBool::new(false),
            dirty_since_us: AtomicU64::new(0),
            window_max_us: AtomicU64::new(0),
            opened_at: end,
            prepare_at: AtomicU64::new(0),
            released: AtomicU64::new(end),
            window_bytes: AtomicU64::new(cache_window::WINDOW_BYTES),
            warm_bytes: AtomicU64::new(warm_bytes),
            residency: Residency::new(end),
            cold: ColdBlocks::default(),
        };
        if flushed.end < end {
            log.urgent.store(true, Ordering::Release);
            log.note_unsynced(end);
        }
        log
    }

    /// Refuses appends from now on; what was appended before can still be synced.
    pub(crate) fn close_for_appends(&self) {
        self.lock_tail().closed = true;
    }

    pub(crate) fn set_listener(&self, listener: ProgressListener) {
        *self.listener.write().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    /// Stops all writes for a reason found elsewhere, and tells the listener.
    pub(crate) fn fail(&self, reason: &str) {
        let reason = self.poison.set(reason);
        self.tell(Progress::Poisoned(reason));
    }

    /// File of the first segment if nobody appends to it.
    pub(crate) fn expirable_path(&self) -> Option<PathBuf> {
        let first = self.segments.find(self.segments.first_base()?)?;
        (first.end() <= self.positions.flushed.load(Ordering::Acquire)).then(|| first.path.clone())
    }

    /// Takes the first segment out of the log unless somebody appends to it; also the new first
    /// position.
    pub(crate) fn pop_expired(&self) -> Option<(Arc<Segment>, u64)> {
        let segment = self.segments.pop_first(self.positions.flushed.load(Ordering::Acquire))?;
        let min = segment.end();
        self.positions.min.store(min, Ordering::Release);
        Some((segment, min))
    }

    /// The durable end with its store time.
    pub(crate) fn flushed_point(&self) -> FlushedPoint {
        *self.flushed_point.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Longest time written bytes waited for their sync, milliseconds rounded up.
    pub(crate) fn flush_window_max_ms(&self) -> u64 {
        self.window_max_us.load(Ordering::Relaxed).div_ceil(1_000)
    }

    /// The first listener stays.
    pub(crate) fn set_tail_listener(&self, listener: TailListener) {
        drop(self.tail_listener.set(listener));
    }

    fn tell_tail(&self) {
        if let Some(listener) = self.tail_listener.get() {
            listener();
        }
    }

    /// Lets readers see what is safe here and below `limit`.
    pub(crate) fn limit_readable(&self, limit: u64) {
        // Stored before the end is read; `show`'s callers store the end before it reads the limit.
        // Whoever is second sees both.
        self.positions.readable_limit.store(limit, Ordering::SeqCst);
        let end = match self.mode {
            FlushMode::Async => &self.positions.written,
            FlushMode::Sync => &self.positions.flushed,
        };
        self.show(end.load(Ordering::SeqCst));
    }

    /// Moves the readable end to `end` or to the limit. Never back.
    fn show(&self, end: u64) {
        let limit = self.positions.readable_limit.load(Ordering::SeqCst);
        self.positions.readable.fetch_max(end.min(limit), Ordering::AcqRel);
    }

    fn prepare_when_due(&self, end: u64) {
        if end >= self.prepare_at.load(Ordering::Relaxed) {
            self.prepare_at.store(u64::MAX, Ordering::Relaxed);
            self.prepare_wanted.raise();
        }
    }

    fn lock_tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, progress: Progress) {
        let listener = self.listener.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = listener.as_ref() {
            listener(progress);
        }
    }
}
