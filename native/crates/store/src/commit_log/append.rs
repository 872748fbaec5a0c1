//! Giving a batch its positions and writing it: the one critical section of the write path.
//!
//! Order under the log lock: plan (positions, segments; may fail without a trace) → patch → write
//! (ASYNC) or gather (SYNC) → queue entries, index → `written`/`readable`. A failed write
//! publishes nothing and poisons: part of the batch may be in the file, only recovery can tell.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use turbopump_wire::record::{BlankRecord, patch_offsets};
use turbopump_wire::{PhysicalOffset, QueueOffset};

use super::segment::Segment;
use super::{CommitLog, POSITION_MAX, Tail};
use crate::batch::{AppendBatch, Placed};
use crate::disk::CrashPoint;
use crate::dispatch::Dispatch;
use crate::error::{AppendError, FileError, SyncError};
use crate::options::FlushMode;
use crate::status::Progress;

/// A blank record closes a segment, so every record leaves room for one (Java's
/// `END_FILE_MIN_BLANK_LENGTH`).
pub(crate) const BLANK_BYTES: u64 = turbopump_wire::record::BLANK_BYTES as u64;

/// ASYNC: this many written, unsynced bytes start a sync before the interval is over, so that a
/// burst does not pile up more than one device-second of dirty pages.
const UNSYNCED_BYTES_MAX: u64 = 64 << 20;

/// SYNC: above this many gathered bytes an appender syncs before it adds more.
const GATHERED_BYTES_MAX: usize = 32 << 20;

/// Records of one batch that go into one segment, and the blank record that closes it.
pub(super) struct Piece {
    pub(super) segment: Arc<Segment>,
    /// Relative to the segment.
    pub(super) at: u64,
    /// Of the batch's bytes, then of the group's.
    pub(super) bytes: Range<usize>,
    /// Bytes left in the segment after the records, when it is closed.
    pub(super) blank: Option<u32>,
}

impl CommitLog {
    /// Appends the whole batch or nothing; see the module's head.
    pub(crate) fn append(
        &self,
        batch: &mut AppendBatch,
        dispatch: &Dispatch,
    ) -> Result<PhysicalOffset, AppendError> {
        self.check_sizes(batch)?;
        let mut tail = self.lock_tail();
        if tail.group.bytes.len() > GATHERED_BYTES_MAX {
            drop(tail);
            let Err(SyncError::Poisoned(reason)) = self.sync_group() else {
                return self.append(batch, dispatch);
            };
            return Err(AppendError::Poisoned(reason));
        }
        if tail.closed {
            return Err(AppendError::Closed);
        }
        if let Some(reason) = self.poison.get() {
            return Err(AppendError::Poisoned(reason));
        }
        if self.disk_full.load(Ordering::Relaxed) {
            return Err(AppendError::DiskFull);
        }
        let end = self.plan(&mut tail, batch)?;
        patch(batch)?;
        self.disk.reached(CrashPoint::BeforeLogWrite);
        let written = match self.mode {
            FlushMode::Async => self.write(&tail.plan, batch),
            FlushMode::Sync => {
                tail.gather(batch);
                Ok(())
            }
        };
        if let Err(error) = written {
            let reason = self.poison.set(&error.to_string());
            drop(tail);
            self.tell(Progress::Poisoned(Arc::clone(&reason)));
            return Err(AppendError::Poisoned(reason));
        }
        tail.advance(batch, end);
        dispatch.publish(batch);
        if self.mode == FlushMode::Async {
            self.positions.written.store(end, Ordering::SeqCst);
            self.show(end);
            self.note_unsynced(end);
        }
        self.prepare_when_due(end);
        drop(tail);
        if self.mode == FlushMode::Async {
            self.tell_tail();
        }
        Ok(PhysicalOffset::new(end))
    }

    fn check_sizes(&self, batch: &AppendBatch) -> Result<(), AppendError> {
        let limit = self.segments.segment_bytes();
        let too_large = |(index, range): (usize, &Range<usize>)| {
            let bytes = range.len();
            (bytes as u64 + BLANK_BYTES > limit)
                .then_some(AppendError::RecordTooLarge { index, bytes })
        };
        let mut ranges = batch.records.iter().map(|record| &record.range).enumerate();
        ranges.find_map(too_large).map_or(Ok(()), Err)
    }

    /// Fills `tail.plan` and each record's `placed`. Changes nothing else, so an error leaves the
    /// log as it was (a segment made meanwhile is simply ahead of need).
    fn plan(&self, tail: &mut Tail, batch: &mut AppendBatch) -> Result<u64, AppendError> {
        tail.plan.clear();
        for slot in &mut batch.queues {
            slot.next = slot.queue.next_offset();
        }
        let store_ms = self.clock.wall_ms().max(tail.last_store_ms);
        let mut segment = Arc::clone(&tail.segment);
        let mut at = tail.assigned - segment.base;
        let mut piece = Piece { segment: Arc::clone(&segment), at, bytes: 0..0, blank: None };
        for record in &mut batch.records {
            let size = record.range.len() as u64;
            let left = segment.bytes - at;
            if size + BLANK_BYTES > left {
                piece.blank = Some(left as u32);
                let next = self.segments.get_or_make(segment.end());
                segment = next.map_err(AppendError::NoSegment)?;
                at = 0;
                let start = record.range.start;
                let fresh =
                    Piece { segment: Arc::clone(&segment), at, bytes: start..start, blank: None };
                tail.plan.push(std::mem::replace(&mut piece, fresh));
            }
            let queue_offset = match batch.queues.get_mut(record.queue_slot) {
                Some(slot) if record.kind.is_queued() => {
                    let next = slot.next;
                    slot.next = next.advance(1);
                    next
                }
                _ => QueueOffset::ZERO,
            };
            record.placed = Placed {
                physical: PhysicalOffset::new(segment.base + at),
                queue_offset,
                size: size as u32,
                store_ms,
            };
            piece.bytes.end = record.range.end;
            at += size;
        }
        tail.plan.push(piece);
        let end = segment.base + at;
        if end > POSITION_MAX {
            return Err(AppendError::PositionsExhausted);
        }
        Ok(end)
    }

    fn write(&self, plan: &[Piece], batch: &AppendBatch) -> Result<(), FileError> {
        for piece in plan {
            let bytes = batch.bytes.get(piece.bytes.clone()).unwrap_or_default();
            let end = piece.at + bytes.len() as u64;
            piece.segment.reserve(end + piece.blank.map_or(0, |_| BLANK_BYTES));
            if !bytes.is_empty() {
                piece.segment.write_at(bytes, piece.at)?;
            }
            if let Some(left) = piece.blank {
                piece.segment.write_at(&BlankRecord { size: left }.encode(), end)?;
                self.disk.reached(CrashPoint::BetweenSegments);
            }
        }
        self.disk.reached(CrashPoint::AfterLogWrite);
        Ok(())
    }

    /// Wakes the flushing thread at the first unsynced byte and when too many have piled up, not
    /// at each batch.
    pub(super) fn note_unsynced(&self, end: u64) {
        if !self.dirty.swap(true, Ordering::AcqRel) {
            let now_us = self.clock.monotonic().as_micros() as u64;
            self.dirty_since_us.store(now_us, Ordering::Release);
            self.flush_wanted.raise();
        }
        let unsynced = end - self.positions.flushed.load(Ordering::Relaxed);
        if unsynced > UNSYNCED_BYTES_MAX && !self.urgent.swap(true, Ordering::AcqRel) {
            self.flush_wanted.raise();
        }
    }
}

impl Tail {
    fn advance(&mut self, batch: &AppendBatch, end: u64) {
        self.assigned = end;
        if let Some(piece) = self.plan.last() {
            self.segment = Arc::clone(&piece.segment);
        }
        if let Some(record) = batch.records.last() {
            self.last_store_ms = record.placed.store_ms;
        }
        // Pieces hold their segments; retention counts holders.
        self.plan.clear();
    }

    /// Moves the planned pieces into the group. Two pieces that touch become one write.
    fn gather(&mut self, batch: &mut AppendBatch) {
        for piece in self.plan.drain(..) {
            let end = piece.at + piece.bytes.len() as u64;
            piece.segment.reserve(end + piece.blank.map_or(0, |_| BLANK_BYTES));
            if piece.bytes == (0..batch.bytes.len()) {
                self.group.add_batch(&piece, &mut batch.bytes);
            } else {
                self.group.add(&piece, batch.bytes.get(piece.bytes.clone()).unwrap_or_default());
            }
            self.segment = piece.segment;
        }
    }
}

fn patch(batch: &mut AppendBatch) -> Result<(), AppendError> {
    for (index, record) in batch.records.iter().enumerate() {
        let placed = record.placed;
        let bytes = batch.bytes.get_mut(record.range.clone()).unwrap_or_default();
        patch_offsets(bytes, placed.queue_offset, placed.physical, placed.store_ms)
            .map_err(|_| AppendError::NotARecord { index })?;
    }
    Ok(())
}
