//! Walking over the log record by record with plain reads: no mapping (a bad sector is an error
//! here, not a signal), one buffer, each byte read once.

use turbopump_wire::PhysicalOffset;
use turbopump_wire::record::{RecordVersion, RecordView, Scan, scan};

use super::files::LogFiles;
use crate::disk::{DiskFile, OpenMode};
use crate::error::{FileError, OpenError};
use std::sync::Arc;

/// Read at once; grows for a larger record up to the segment size.
const WINDOW_BYTES: usize = 1 << 20;

const PREFIX_BYTES: u64 = 8;

/// Where a walk ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Walked {
    /// End of the last whole record, or start of the segment after a closed one.
    pub(super) end: u64,
    /// Largest store time seen, 0 without a record.
    pub(super) store_ms: i64,
    pub(super) records: u64,
}

/// Hands every record from `from` on to `visit`, up to `limit` or the first place where no
/// valid record stands. `from` is a record boundary.
pub(super) fn walk(
    files: &LogFiles,
    from: u64,
    limit: Option<u64>,
    check_crc: bool,
    mut visit: impl FnMut(&RecordView<'_>) -> Result<(), OpenError>,
) -> Result<Walked, OpenError> {
    let mut walked = Walked { end: from, ..Walked::default() };
    while limit.is_none_or(|limit| walked.end < limit)
        && let Some(base) = files.base_of(walked.end)
    {
        let mut window = Window::open(files, base)?;
        let segment_end = base + files.segment_bytes;
        let closed = loop {
            if limit.is_some_and(|limit| walked.end >= limit) {
                return Ok(walked);
            }
            let left = segment_end - walked.end;
            let bytes = window.record(walked.end - base, left)?;
            match scan(bytes, PhysicalOffset::new(walked.end), check_crc) {
                Ok(Scan::Record(record)) => {
                    let size = record.bytes().len() as u64;
                    // The writer always leaves room for a blank record; what does not was not
                    // written by it.
                    if size + PREFIX_BYTES > left {
                        break false;
                    }
                    visit(&record)?;
                    walked.end += size;
                    walked.store_ms = walked.store_ms.max(record.store_timestamp);
                    walked.records += 1;
                }
                Ok(Scan::Blank(blank)) => break u64::from(blank.size) == left,
                Ok(Scan::End) | Err(_) => break false,
            }
        };
        if !closed {
            break;
        }
        walked.end = segment_end;
    }
    Ok(walked)
}

/// Store time of the first record of the segment at `base`, `None` when none stands there.
pub(super) fn first_store_ms(files: &LogFiles, base: u64) -> Result<Option<i64>, OpenError> {
    let mut window = Window::open(files, base)?;
    let bytes = window.record(0, files.segment_bytes)?;
    let record = scan(bytes, PhysicalOffset::new(base), true);
    Ok(match record {
        Ok(Scan::Record(record)) => Some(record.store_timestamp),
        _ => None,
    })
}

struct Window {
    file: Arc<dyn DiskFile>,
    path: std::path::PathBuf,
    bytes: Vec<u8>,
    /// Position in the file of `bytes[0]`.
    start: u64,
    segment_bytes: u64,
}

impl Window {
    fn open(files: &LogFiles, base: u64) -> Result<Self, FileError> {
        let path = files.path(base);
        let opened = files.disk.open(&path, OpenMode::Existing);
        let file = opened.map_err(FileError::on("cannot open", &path))?;
        Ok(Self { file, path, bytes: Vec::new(), start: 0, segment_bytes: files.segment_bytes })
    }

    /// The bytes of the record at `at` if a record begins there, else at least its first 8 bytes;
    /// never more than `left`.
    fn record(&mut self, at: u64, left: u64) -> Result<&[u8], FileError> {
        let prefix = self.get(at, PREFIX_BYTES.min(left))?;
        let mut size = PREFIX_BYTES.min(left);
        if let Some((total, magic)) = prefix.split_first_chunk::<4>()
            && let Some(magic) = magic.first_chunk::<4>()
            // Only behind a record's magic may a length make the buffer grow.
            && RecordVersion::from_magic(i32::from_be_bytes(*magic)).is_some()
        {
            size = size.max(u64::from(u32::from_be_bytes(*total))).min(left);
        }
        self.get(at, size)
    }

    fn get(&mut self, at: u64, len: u64) -> Result<&[u8], FileError> {
        let inside = at >= self.start && at + len <= self.start + self.bytes.len() as u64;
        if !inside {
            let window = (WINDOW_BYTES as u64).min(self.segment_bytes - at).max(len);
            // The allocation stays: a fresh one is faulted in page by page for every window.
            self.bytes.resize(window as usize, 0);
            let read = self.file.read_at(&mut self.bytes, at);
            let read = read.map_err(FileError::on("cannot read", &self.path))?;
            self.bytes.truncate(read);
            self.start = at;
        }
        let from = (at - self.start) as usize;
        Ok(self.bytes.get(from..from + len as usize).unwrap_or_default())
    }
}
