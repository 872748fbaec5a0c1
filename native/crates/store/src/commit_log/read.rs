//! Reading records by position. Positions come from clients (message ids), so each is checked
//! against the log's bounds and the record against its own stored position.
//!
//! Four ways: `resident_run` never waits and copies nothing, `take_cold` never waits and copies
//! what was read ahead (event loops), `read_cold` waits and leaves the page cache alone (reading
//! threads), `read_run` and `read_record` wait (everybody else). Only the first hands out mapped
//! bytes, and it is for system calls to take.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use turbopump_wire::PhysicalOffset;
use turbopump_wire::record::RecordView;

use super::CommitLog;
use super::append::BLANK_BYTES;
use super::cold_blocks::{BLOCK_BYTES, ColdRun};
use super::segment::Segment;
use crate::error::ReadError;
use crate::log_slice::LogSlice;

const SIZE_FIELD_BYTES: usize = 4;

impl CommitLog {
    /// The record that begins at `at`; `size_hint` from a queue entry saves a look.
    pub(crate) fn read_record(
        &self,
        at: PhysicalOffset,
        size_hint: Option<u32>,
    ) -> Result<LogSlice, ReadError> {
        let size = match size_hint {
            Some(size) => size,
            None => self.size_at(at)?,
        };
        let record = self.read_run(at, size)?;
        let parsed = RecordView::parse(&record);
        let is_whole = parsed.is_ok_and(|view| {
            u64::try_from(view.physical_offset) == Ok(at.get())
                && view.bytes().len() == record.len()
        });
        if is_whole { Ok(record) } else { Err(ReadError::NotARecord { at }) }
    }

    /// `len` bytes from `at`, which must be readable and within one segment; waits for them.
    pub(crate) fn read_run(&self, at: PhysicalOffset, len: u32) -> Result<LogSlice, ReadError> {
        let (segment, from) = self.locate(at, len)?;
        let mut bytes = vec![0; len as usize];
        segment.read(&mut bytes, from)?;
        Ok(LogSlice::copied(bytes))
    }

    /// The same, `None` when it would have to wait.
    pub(crate) fn resident_run(
        &self,
        at: PhysicalOffset,
        len: u32,
    ) -> Result<Option<LogSlice>, ReadError> {
        let (segment, from) = self.locate(at, len)?;
        if self.is_in_memory(&segment, from, len as usize)? {
            return Ok(segment.slice(from, len as usize)?);
        }
        Ok(None)
    }

    /// The same of what was read ahead, appended to `run`; false when it is not there.
    pub(crate) fn take_cold(
        &self,
        at: PhysicalOffset,
        len: u32,
        run: &mut ColdRun,
    ) -> Result<bool, ReadError> {
        // A larger one would take a loop's time for its copy alone.
        if u64::from(len) > BLOCK_BYTES {
            return Ok(false);
        }
        let (segment, from) = self.locate(at, len)?;
        Ok(self.read_blocks(&segment, from, len as usize, run, false)?)
    }

    /// The same for a reading thread: appended to `run`, past the page cache unless it is there
    /// already.
    pub(crate) fn read_cold(
        &self,
        at: PhysicalOffset,
        len: u32,
        run: &mut ColdRun,
    ) -> Result<(), ReadError> {
        let (segment, from) = self.locate(at, len)?;
        let len = len as usize;
        // Unmapped files only say so by being read, and a direct read is right in any case.
        let is_cached = !Self::is_at_hand(&segment, from, run)
            && segment.is_resident(0, 0)?.is_some()
            && self.is_in_memory(&segment, from, len)?;
        if is_cached {
            let old = run.bytes.len();
            run.bytes.resize(old + len, 0);
            segment.read(run.bytes.get_mut(old..).unwrap_or_default(), from)?;
            return Ok(());
        }
        self.read_blocks(&segment, from, len, run, true)?;
        Ok(())
    }

    /// The segment of a readable run, and where in it the run begins.
    fn locate(&self, at: PhysicalOffset, len: u32) -> Result<(Arc<Segment>, u64), ReadError> {
        let min = self.positions.min.load(Ordering::Acquire);
        let readable = self.positions.readable.load(Ordering::Acquire);
        if at.get() < min {
            return Err(ReadError::Deleted { at, min: PhysicalOffset::new(min) });
        }
        if at.get() >= readable || at.get().saturating_add(u64::from(len)) > readable {
            return Err(ReadError::Beyond { at, end: PhysicalOffset::new(readable) });
        }
        let Some(segment) = self.segments.find(at.get()) else {
            // Retention was faster than this reader.
            let min = PhysicalOffset::new(self.positions.min.load(Ordering::Acquire));
            return Err(ReadError::Deleted { at, min });
        };
        let from = at.get() - segment.base;
        if !segment.has(from, len as usize) {
            return Err(ReadError::NotARecord { at });
        }
        Ok((segment, from))
    }

    fn size_at(&self, at: PhysicalOffset) -> Result<u32, ReadError> {
        let field = self.read_run(at, SIZE_FIELD_BYTES as u32)?;
        let bytes: [u8; SIZE_FIELD_BYTES] =
            field.as_ref().try_into().map_err(|_| ReadError::NotARecord { at })?;
        let size = u32::from_be_bytes(bytes);
        if u64::from(size) + BLANK_BYTES > self.segments.segment_bytes() {
            return Err(ReadError::NotARecord { at });
        }
        Ok(size)
    }
}
