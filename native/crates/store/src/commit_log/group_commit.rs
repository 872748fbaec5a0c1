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
use crate::disk::{CrashPoint, DIRECT_ALIGNMENT};
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
    /// Takes all records of a batch. A group's first ones are not copied: the batch gets the
    /// group's empty buffer for them.
    pub(super) fn add_batch(&mut self, piece: &Piece, records: &mut Vec<u8>) {
        if self.bytes.is_empty() {
            std::mem::swap(&mut self.bytes, records);
            self.note(piece, 0);
        } else {
            self.add(piece, records);
        }
    }

    pub(super) fn add(&mut self, piece: &Piece, records: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(records);
        self.note(piece, start);
    }

    /// The piece's records lie at `start`, at the end.
    fn note(&mut self, piece: &Piece, start: usize) {
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

    /// Lets the last write end with its block. What lies behind the tail is zero anyway, and zeros
    /// ahead may not be in the page cache: a part of a block would have to be read for each group.
    fn fill_last_block(&mut self) {
        let Some(last) = self.writes.last_mut() else { return };
        let end = last.at + last.bytes.len() as u64;
        let filled = end.next_multiple_of(DIRECT_ALIGNMENT as u64).min(last.segment.bytes);
        self.bytes.resize(self.bytes.len() + (filled - end) as usize, 0);
        last.bytes.end = self.bytes.len();
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
        syncer.spare.fill_last_block();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::MemoryDisk;

    /// Adds `records` at `at` of a segment of 10,000 bytes and fills the block; what is written.
    fn filled(at: u64, records: &[u8]) -> Vec<u8> {
        let disk = Arc::new(MemoryDisk::new());
        let segment = Arc::new(Segment::new(0, 10_000, "/s".into(), disk));
        let bytes = 0..records.len();
        let mut group = Group::default();
        group.add(&Piece { segment, at, bytes, blank: None }, records);
        group.fill_last_block();
        let [write] = group.writes.as_slice() else { panic!("{group:?}") };
        assert_eq!((write.at, write.bytes.end), (at, group.bytes.len()));
        group.bytes.get(write.bytes.clone()).expect("the write's bytes").to_vec()
    }

    #[test]
    fn a_group_ends_with_its_block_or_its_segment() {
        let written = filled(96, &[7; 5_000]);
        assert_eq!(96 + written.len(), 2 * DIRECT_ALIGNMENT);
        assert!(written.iter().take(5_000).all(|byte| *byte == 7));
        assert!(written.iter().skip(5_000).all(|byte| *byte == 0));
        assert_eq!(filled(4_000, &[7; 96]).len(), 96, "nothing to fill");
        assert_eq!(filled(9_000, &[7; 10]).len(), 1_000, "the segment ends here");
        Group::default().fill_last_block();
    }
}
