//! Reading records by position. Positions come from clients (message ids), so each is checked
//! against the log's bounds and the record against its own stored position.

use std::sync::atomic::Ordering;

use turbopump_wire::PhysicalOffset;
use turbopump_wire::record::RecordView;

use super::CommitLog;
use super::append::BLANK_BYTES;
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

    /// `len` bytes from `at`, which must be readable and within one segment.
    pub(crate) fn read_run(&self, at: PhysicalOffset, len: u32) -> Result<LogSlice, ReadError> {
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
        let slice = segment.slice(at.get() - segment.base, len as usize)?;
        slice.ok_or(ReadError::NotARecord { at })
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
