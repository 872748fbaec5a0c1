//! The files of one queue: `<root>/<topic>/<queue id>/<first byte as 20 digits>`.
//!
//! Invariants: files follow each other without a gap; every byte behind the content reads as
//! zero; a file shorter than `file_bytes` (a stop between two steps of a cut) reads as if its
//! rest were zeros and is extended before it is written.

use std::path::PathBuf;
use std::sync::Arc;

use turbopump_wire::QueueId;

use super::error::QueueError;
use super::table::Shared;
use super::unit::{QueueEntry, UNIT_BYTES};
use crate::disk::{DiskFile, OpenMode};

/// Bytes read at once; a multiple of a unit.
const READ_CHUNK_UNITS: u64 = 4096;

/// Where a queue's files are; positions are entry numbers.
#[derive(Clone)]
pub(super) struct QueueFiles {
    pub(super) shared: Arc<Shared>,
    pub(super) topic: Arc<str>,
    pub(super) id: QueueId,
    /// The queue's key among the open descriptors.
    pub(super) key: u64,
}

/// The entry numbers that a queue's files have room for; empty when there is no file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: u64,
    pub(super) end: u64,
}

impl QueueFiles {
    pub(super) fn dir(&self) -> PathBuf {
        // Both parts are checked: the topic by `TopicName`, the id is a number.
        self.shared.root.join(&*self.topic).join(self.id.get().to_string())
    }

    /// First entry of the file that holds `unit`.
    pub(super) fn file_start(&self, unit: u64) -> u64 {
        unit - unit % self.shared.file_units
    }

    pub(super) fn path(&self, start: u64) -> PathBuf {
        self.dir().join(format!("{:020}", start * UNIT_BYTES))
    }

    /// The files in the folder, checked to follow each other.
    pub(super) fn span(&self) -> Result<Span, QueueError> {
        let dir = self.dir();
        let disk = self.shared.descriptors.disk();
        let entries = disk.list(&dir).map_err(|error| QueueError::io("list", &dir, error))?;
        let file_bytes = self.shared.file_units * UNIT_BYTES;
        let mut starts = Vec::with_capacity(entries.len());
        for entry in entries {
            if entry.is_dir || entry.name.len() != 20 {
                continue;
            }
            let Ok(start) = entry.name.parse::<u64>() else { continue };
            if start % file_bytes != 0 || entry.bytes > file_bytes {
                return Err(QueueError::WrongFile { path: dir.join(entry.name), file_bytes });
            }
            starts.push(start / UNIT_BYTES);
        }
        starts.sort_unstable();
        let (Some(first), Some(last)) = (starts.first(), starts.last()) else {
            return Ok(Span::default());
        };
        for (nth, start) in (0_u64..).zip(&starts) {
            let expected = first + nth * self.shared.file_units;
            if *start != expected {
                return Err(QueueError::MissingFile { path: self.path(expected) });
            }
        }
        Ok(Span { first: *first, end: last + self.shared.file_units })
    }

    /// As `scan` of at most a chunk within one file, but only what is in memory: false when some of
    /// it is not, or when the file is not open, and then nothing was called.
    pub(super) fn scan_now(
        &self,
        from: u64,
        to: u64,
        mut each: impl FnMut(u64, Option<QueueEntry>) -> bool,
    ) -> Result<bool, QueueError> {
        let start = self.file_start(from);
        let end = to.min(start + self.shared.file_units).min(from + READ_CHUNK_UNITS);
        let Some(file) = self.shared.descriptors.held((self.key, start)) else { return Ok(false) };
        let mut buffer = vec![0; ((end - from) * UNIT_BYTES) as usize];
        let read = file.read_at_nowait(&mut buffer, (from - start) * UNIT_BYTES);
        let read = read.map_err(|error| QueueError::io("read", self.path(start), error))?;
        if read != Some(buffer.len()) {
            return Ok(false);
        }
        for (nth, unit) in (0_u64..).zip(buffer.chunks_exact(UNIT_BYTES as usize)) {
            if !each(from + nth, QueueEntry::decode(unit)) {
                break;
            }
        }
        Ok(true)
    }

    /// Reads up to `into.len()` bytes of units from `unit` on, within one file. Bytes that the
    /// file does not have read as zeros.
    fn read_bytes(&self, unit: u64, into: &mut [u8]) -> Result<(), QueueError> {
        let start = self.file_start(unit);
        let key = (self.key, start);
        let read = self
            .shared
            .descriptors
            .get(key, OpenMode::Existing, || self.path(start))
            .and_then(|file| file.read_at(into, (unit - start) * UNIT_BYTES))
            .map_err(|error| QueueError::io("read", self.path(start), error))?;
        if let Some(rest) = into.get_mut(read..) {
            rest.fill(0);
        }
        Ok(())
    }

    /// The unit at `unit`, `None` where the file has zeros.
    pub(super) fn read_one(&self, unit: u64) -> Result<Option<QueueEntry>, QueueError> {
        let mut bytes = [0; UNIT_BYTES as usize];
        self.read_bytes(unit, &mut bytes)?;
        Ok(QueueEntry::decode(&bytes))
    }

    /// Calls `each` with the units of `[from, to)` in order until it returns false.
    pub(super) fn scan(
        &self,
        from: u64,
        to: u64,
        mut each: impl FnMut(u64, Option<QueueEntry>) -> bool,
    ) -> Result<(), QueueError> {
        let mut at = from;
        let mut buffer = Vec::new();
        while at < to {
            let file_end = self.file_start(at) + self.shared.file_units;
            let count = (to.min(file_end) - at).min(READ_CHUNK_UNITS);
            buffer.resize((count * UNIT_BYTES) as usize, 0);
            self.read_bytes(at, &mut buffer)?;
            for (nth, unit) in (0_u64..).zip(buffer.chunks_exact(UNIT_BYTES as usize)) {
                if !each(at + nth, QueueEntry::decode(unit)) {
                    return Ok(());
                }
            }
            at += count;
        }
        Ok(())
    }

    /// First entry in `[low, high)` for which `below` is false, `high` when there is none; `below`
    /// must be true for a prefix. One small read a step.
    pub(super) fn partition_point(
        &self,
        mut low: u64,
        mut high: u64,
        mut below: impl FnMut(Option<QueueEntry>) -> bool,
    ) -> Result<u64, QueueError> {
        while low < high {
            let middle = low + (high - low) / 2;
            if below(self.read_one(middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// End of the content: one past the last unit that is not zeros. Content of the last file is a
    /// prefix of it, so its end is found by halving; files that are wholly empty are passed over.
    pub(super) fn find_end(&self, span: Span) -> Result<u64, QueueError> {
        let mut file_end = span.end;
        while file_end > span.first {
            let start = file_end - self.shared.file_units;
            // Doubling steps first: most queues have little in their last file, and halving from
            // the middle would read a dozen pages of holes of each.
            let (mut low, mut step) = (start, 1);
            while low + step <= file_end && self.read_one(low + step - 1)?.is_some() {
                low += step;
                step *= 2;
            }
            let high = file_end.min(low + step);
            let end = self.partition_point(low, high, |unit| unit.is_some())?;
            if end > start {
                return Ok(end);
            }
            file_end = start;
        }
        Ok(span.first)
    }

    /// The file that holds `start`, with its full length; made when missing.
    pub(super) fn for_writing(&self, start: u64) -> Result<Arc<dyn DiskFile>, QueueError> {
        let file_bytes = self.shared.file_units * UNIT_BYTES;
        self.shared
            .descriptors
            .get((self.key, start), OpenMode::CreateIfMissing, || self.path(start))
            .and_then(|file| {
                // Extended with a hole: a queue costs the pages it has, not 6 MB.
                if file.size()? < file_bytes {
                    file.set_size(file_bytes)?;
                }
                Ok(file)
            })
            .map_err(|error| QueueError::io("open", self.path(start), error))
    }

    /// Makes everything at and behind `keep` read as zeros, durably: later files go, newest first
    /// so that no gap can arise, then the file that holds `keep` is cut and extended again. The
    /// first file always stays: its name is where the queue's numbering continues.
    pub(super) fn cut(&self, span: Span, keep: u64) -> Result<Span, QueueError> {
        let mut end = span.end;
        let dir = self.dir();
        while end > span.first + self.shared.file_units && end - self.shared.file_units >= keep {
            let start = end - self.shared.file_units;
            self.remove(start)?;
            // One by one: a power cut must not bring back the newest without the one before.
            self.sync_dir(&dir)?;
            end = start;
        }
        if keep < end {
            let start = self.file_start(keep);
            let file = self.for_writing(start)?;
            file.set_size((keep - start) * UNIT_BYTES)
                .and_then(|()| file.set_size(self.shared.file_units * UNIT_BYTES))
                .and_then(|()| file.sync_data())
                .map_err(|error| QueueError::io("cut", self.path(start), error))?;
        }
        Ok(Span { first: span.first, end })
    }

    pub(super) fn remove(&self, start: u64) -> Result<(), QueueError> {
        let path = self.path(start);
        self.shared
            .descriptors
            .remove((self.key, start), &path)
            .map_err(|error| QueueError::io("remove", path, error))
    }

    pub(super) fn sync_dir(&self, dir: &std::path::Path) -> Result<(), QueueError> {
        let disk = self.shared.descriptors.disk();
        disk.sync_dir(dir).map_err(|error| QueueError::io("sync the folder", dir, error))
    }
}
