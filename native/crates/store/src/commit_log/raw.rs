//! A slave's side of the log: records that a master placed, appended as they are.
//!
//! They come looked at (`checked`). Order under the log lock: position → queues and index → write
//! or gather → `written`. Entries come before bytes, so that a queue that fails leaves no record
//! behind without its entry; offered again they are found to be there already, and nothing derived
//! goes to disk before the log does.
//! Refuses: bytes at any other position than the log's end, and every append after a failed write.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use turbopump_wire::PhysicalOffset;

use super::append::Piece;
use super::checked::RawRun;
use super::{CommitLog, POSITION_MAX, Tail};
use crate::consume_queue::Queue;
use crate::dispatch::Dispatch;
use crate::error::{RawAppendError, ReadError};
use crate::log_slice::LogSlice;
use crate::options::FlushMode;
use crate::status::Progress;

/// Queues that `touched` may end with twice: records of a handful of queues alternate.
const TOUCHED_LOOKED_AT: usize = 16;

impl CommitLog {
    /// Appends what was found whole in `run`. `touched` gets its queues, some more than once.
    pub(crate) fn append_raw(
        &self,
        run: &RawRun,
        touched: &mut Vec<Arc<Queue>>,
        dispatch: &Dispatch,
    ) -> Result<(), RawAppendError> {
        let (at, whole) = (run.at(), run.whole());
        let mut tail = self.lock_tail();
        if tail.closed {
            return Err(RawAppendError::Closed);
        }
        if let Some(reason) = self.poison.get() {
            return Err(RawAppendError::Poisoned(reason));
        }
        if self.disk_full.load(Ordering::Relaxed) {
            return Err(RawAppendError::DiskFull);
        }
        if at.get() != tail.assigned {
            return Err(RawAppendError::NotTheEnd { at, end: PhysicalOffset::new(tail.assigned) });
        }
        if whole.is_empty() {
            return Ok(());
        }
        derive(run, touched, dispatch)?;
        let end = run.end().get();
        if let Err(error) = self.put_raw(&mut tail, whole) {
            let reason = self.poison.set(&error.to_string());
            drop(tail);
            self.tell(Progress::Poisoned(Arc::clone(&reason)));
            return Err(RawAppendError::Poisoned(reason));
        }
        tail.assigned = end;
        tail.last_store_ms = tail.last_store_ms.max(run.store_ms());
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
        Ok(())
    }

    /// Puts whole records where they belong, piece by piece of the segments they lie in.
    fn put_raw(&self, tail: &mut Tail, bytes: &[u8]) -> Result<(), crate::error::FileError> {
        let mut from = 0;
        while from < bytes.len() {
            let position = tail.assigned + from as u64;
            if position == tail.segment.end() {
                tail.segment = self.segments.get_or_make(position)?;
            }
            let segment = Arc::clone(&tail.segment);
            let at = position - segment.base;
            let upto = bytes.len().min(from + (segment.bytes - at) as usize);
            let part = bytes.get(from..upto).unwrap_or_default();
            segment.reserve(at + part.len() as u64);
            match self.mode {
                FlushMode::Async => segment.write_at(part, at)?,
                FlushMode::Sync => {
                    tail.group.add(&Piece { segment, at, bytes: from..upto, blank: None }, part);
                }
            }
            from = upto;
        }
        Ok(())
    }

    /// Lets a log without a record begin at `base`, where its master's does.
    pub(crate) fn start_empty_at(&self, base: PhysicalOffset) -> Result<(), RawAppendError> {
        let _syncer = self.syncer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tail = self.lock_tail();
        let end = PhysicalOffset::new(tail.assigned);
        if end == base {
            return Ok(());
        }
        if tail.closed {
            return Err(RawAppendError::Closed);
        }
        if self.segments.first_base() != Some(end.get()) {
            return Err(RawAppendError::NotTheEnd { at: base, end });
        }
        let segment_bytes = self.segments.segment_bytes();
        if !base.get().is_multiple_of(segment_bytes) || base.get() > POSITION_MAX {
            return Err(RawAppendError::SegmentSizeDiffers { at: base, segment_bytes });
        }
        let segment = self.segments.start_over_at(base.get()).map_err(RawAppendError::NoSegment)?;
        tail.segment = segment;
        tail.assigned = base.get();
        let point = super::FlushedPoint { end: base.get(), store_ms: tail.last_store_ms };
        *self.flushed_point.lock().unwrap_or_else(PoisonError::into_inner) = point;
        for position in [&self.positions.min, &self.positions.flushed, &self.positions.written] {
            position.store(base.get(), Ordering::SeqCst);
        }
        self.positions.readable.store(base.get(), Ordering::SeqCst);
        self.released.store(base.get(), Ordering::Relaxed);
        self.cold.clear();
        self.prepare_at.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Bytes of the file from `at`, at most `max` and within one segment; empty at the end of what
    /// is written. Not held back for readers: a slave must have them before readers may.
    pub(crate) fn read_written(
        &self,
        at: PhysicalOffset,
        max: usize,
    ) -> Result<LogSlice, ReadError> {
        let min = PhysicalOffset::new(self.positions.min.load(Ordering::Acquire));
        let end = PhysicalOffset::new(self.positions.written.load(Ordering::Acquire));
        if at < min {
            return Err(ReadError::Deleted { at, min });
        }
        if at > end {
            return Err(ReadError::Beyond { at, end });
        }
        if at == end {
            return Ok(LogSlice::default());
        }
        let Some(segment) = self.segments.find(at.get()) else {
            let min = PhysicalOffset::new(self.positions.min.load(Ordering::Acquire));
            return Err(ReadError::Deleted { at, min });
        };
        let upto = end.get().min(segment.end());
        let len = usize::try_from(upto - at.get()).unwrap_or(usize::MAX).min(max);
        let from = at.get() - segment.base;
        if self.is_in_memory(&segment, from, len)?
            && let Some(slice) = segment.slice(from, len)?
        {
            return Ok(slice);
        }
        let mut bytes = vec![0; len];
        segment.read(&mut bytes, from)?;
        Ok(LogSlice::copied(bytes))
    }
}

/// Queue entries and keys of what was looked at.
fn derive(
    run: &RawRun,
    touched: &mut Vec<Arc<Queue>>,
    dispatch: &Dispatch,
) -> Result<(), RawAppendError> {
    for (digest, key_hashes) in run.digests() {
        let queue = dispatch.take(&digest, key_hashes).map_err(|error| {
            RawAppendError::Derived { at: digest.physical, reason: error.to_string() }
        })?;
        let Some(queue) = queue else { continue };
        let mut last = touched.iter().rev().take(TOUCHED_LOOKED_AT);
        if !last.any(|known| Arc::ptr_eq(known, &queue)) {
            touched.push(queue);
        }
    }
    Ok(())
}
