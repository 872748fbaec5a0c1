//! Making the log durable.
//!
//! `SYNC_FLUSH`: batches gather in memory; whoever syncs (a loop that is alone, or the sync thread)
//! takes everything gathered and writes it with one synced write per segment. While that write is
//! under way the next group gathers: load decides the group size, no timer does.
//! `ASYNC_FLUSH`: bytes are in the page cache already; the flushing thread syncs the files.
//! Both: `flushed` moves only after the device said so, syncers never interleave, and the first
//! failure poisons. Crash order: bytes → device → `flushed` → listener.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use turbopump_wire::PhysicalOffset;
use turbopump_wire::record::BlankRecord;

use super::append::Piece;
use super::segment::Segment;
use super::{CommitLog, FlushedPoint, Syncer};
use crate::disk::CrashPoint;
use crate::error::{FileError, SyncError};
use crate::options::FlushMode;
use crate::signal::Wake;
use crate::status::Progress;

/// The next group is usually a turn of the clients away: that long the syncing thread looks for it
/// before it sleeps. Waking a thread on a halted processor costs about half of a synced write, and
/// every sender of the group pays it (64 in flight, 1 KiB, two processors: 1.2 × the throughput).
const LOOK: Duration = Duration::from_micros(150);

/// What waits for one synced write.
#[derive(Default)]
pub(crate) struct Group {
    pub(super) bytes: Vec<u8>,
    writes: Vec<GroupWrite>,
}

struct GroupWrite {
    segment: Arc<Segment>,
    at: u64,
    bytes: Range<usize>,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Group of {} bytes in {} writes", self.bytes.len(), self.writes.len())
    }
}

impl Group {
    pub(super) fn add(&mut self, piece: &Piece, records: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(records);
        if let Some(left) = piece.blank {
            self.bytes.extend_from_slice(&BlankRecord { size: left }.encode());
        }
        let end = self.bytes.len();
        match self.writes.last_mut() {
            Some(last)
                if Arc::ptr_eq(&last.segment, &piece.segment)
                    && last.at + last.bytes.len() as u64 == piece.at =>
            {
                last.bytes.end = end;
            }
            _ => self.writes.push(GroupWrite {
                segment: Arc::clone(&piece.segment),
                at: piece.at,
                bytes: start..end,
            }),
        }
    }

    fn clear(&mut self) {
        // One giant group must not pin its size for ever.
        const KEPT_BYTES: usize = 8 << 20;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.writes.clear();
    }
}

impl CommitLog {
    /// Makes everything appended so far durable; the end of it. Whoever finds another syncer at
    /// work waits for it and then takes what gathered meanwhile.
    pub(crate) fn sync_group(&self) -> Result<PhysicalOffset, SyncError> {
        let mut syncer = self.syncer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = self.poison.get() {
            return Err(SyncError::Poisoned(reason));
        }
        let outcome = match self.mode {
            FlushMode::Sync => self.sync_gathered(&mut syncer),
            FlushMode::Async => self.sync_written(),
        };
        match outcome {
            Ok(end) => Ok(PhysicalOffset::new(end)),
            Err(error) => {
                let reason = self.poison.set(&error.to_string());
                drop(syncer);
                self.tell(Progress::Poisoned(Arc::clone(&reason)));
                Err(SyncError::Poisoned(reason))
            }
        }
    }

    fn sync_gathered(&self, syncer: &mut Syncer) -> Result<u64, FileError> {
        let point = {
            let mut tail = self.lock_tail();
            if tail.group.writes.is_empty() {
                return Ok(self.positions.flushed.load(Ordering::Acquire));
            }
            std::mem::swap(&mut tail.group, &mut syncer.spare);
            FlushedPoint { end: tail.assigned, store_ms: tail.last_store_ms }
        };
        self.disk.reached(CrashPoint::BeforeLogSync);
        for (index, write) in syncer.spare.writes.iter().enumerate() {
            if index > 0 {
                self.disk.reached(CrashPoint::BetweenSegments);
            }
            let bytes = syncer.spare.bytes.get(write.bytes.clone()).unwrap_or_default();
            write.segment.write_at_synced(bytes, write.at)?;
        }
        self.disk.reached(CrashPoint::AfterLogSync);
        syncer.spare.clear();
        self.positions.written.store(point.end, Ordering::Release);
        self.move_flushed(point);
        self.show(point.end);
        self.tell_tail();
        Ok(point.end)
    }

    fn sync_written(&self) -> Result<u64, FileError> {
        let since_us = self.dirty_since_us.load(Ordering::Acquire);
        // Cleared before the end is taken: a batch that lands in between is synced by this round
        // and merely starts another one.
        let was_dirty = self.dirty.swap(false, Ordering::AcqRel);
        self.urgent.store(false, Ordering::Release);
        let point = {
            let tail = self.lock_tail();
            FlushedPoint { end: tail.assigned, store_ms: tail.last_store_ms }
        };
        let from = self.positions.flushed.load(Ordering::Acquire);
        if point.end == from {
            return Ok(from);
        }
        self.disk.reached(CrashPoint::BeforeLogSync);
        // Oldest first: `flushed` is a prefix.
        for segment in self.segments.covering(from, point.end) {
            segment.sync_data()?;
        }
        self.disk.reached(CrashPoint::AfterLogSync);
        self.move_flushed(point);
        if was_dirty {
            let now_us = self.clock.monotonic().as_micros() as u64;
            self.window_max_us.fetch_max(now_us.saturating_sub(since_us), Ordering::Relaxed);
        }
        Ok(point.end)
    }

    fn move_flushed(&self, point: FlushedPoint) {
        *self.flushed_point.lock().unwrap_or_else(PoisonError::into_inner) = point;
        self.positions.flushed.store(point.end, Ordering::SeqCst);
    }

    /// Body of the syncing thread (SYNC) or flushing thread (ASYNC); returns when stopped.
    /// `flushed` is called after each sync.
    pub(crate) fn run_flushing(&self, flushed: impl Fn()) {
        loop {
            let wake = match self.mode {
                FlushMode::Sync => self.flush_wanted.look_and_wait(LOOK),
                FlushMode::Async => self.flush_wanted.wait(None),
            };
            match wake {
                Wake::Stopped => return,
                Wake::Raised | Wake::TimedOut => {}
            }
            if self.mode == FlushMode::Async && self.wait_out_interval() == Wake::Stopped {
                return;
            }
            // Told even when a loop's own sync was faster and nothing was left to do: the one who
            // asked waits for this answer. A failure was told by `sync_group`.
            if let Ok(end) = self.sync_group() {
                self.tell(Progress::Flushed(end));
                flushed();
            }
        }
    }

    /// The first half of the interval is spent waiting for more bytes, the second half is left to
    /// the device, so that the whole stays within the promised window.
    fn wait_out_interval(&self) -> Wake {
        let since = Duration::from_micros(self.dirty_since_us.load(Ordering::Acquire));
        let deadline = since + self.flush_interval / 2;
        let left = deadline.saturating_sub(self.clock.monotonic());
        if left.is_zero() || self.urgent.load(Ordering::Acquire) {
            return Wake::TimedOut;
        }
        self.flush_wanted.wait(Some(left))
    }
}
