//! Reading a file front to back with plain reads: a bad sector is an error, never a signal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, OpenMode};
use crate::error::FileError;

/// Read at once.
pub(super) const WINDOW_BYTES: u64 = 1 << 20;

pub(super) struct Window {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    bytes: Vec<u8>,
    start: u64,
    size: u64,
}

impl Window {
    /// `None` when there is no such file.
    pub(super) fn open(disk: &Arc<dyn Disk>, path: &Path) -> Result<Option<Self>, FileError> {
        let file = match disk.open(path, OpenMode::Existing) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::on("cannot open", path)(error)),
        };
        let size = file.size().map_err(FileError::on("cannot look at", path))?;
        Ok(Some(Self { file, path: path.to_owned(), bytes: Vec::new(), start: 0, size }))
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Up to `len` bytes from `at`, fewer only at the file's end.
    pub(super) fn get(&mut self, at: u64, len: u64) -> Result<&[u8], FileError> {
        let len = len.min(self.size.saturating_sub(at));
        let inside = at >= self.start && at + len <= self.start + self.bytes.len() as u64;
        if !inside {
            let wanted = WINDOW_BYTES.max(len).min(self.size.saturating_sub(at));
            self.bytes.resize(wanted as usize, 0);
            let read = self.file.read_at(&mut self.bytes, at);
            let read = read.map_err(FileError::on("cannot read", &self.path))?;
            self.bytes.truncate(read);
            self.start = at;
        }
        let from = (at - self.start) as usize;
        let to = self.bytes.len().min(from + len as usize);
        Ok(self.bytes.get(from..to).unwrap_or_default())
    }

    /// First byte in `[from, to)` that is not zero.
    pub(super) fn first_set(&mut self, from: u64, to: u64) -> Result<Option<u64>, FileError> {
        let mut at = from;
        while at < to {
            let bytes = self.get(at, WINDOW_BYTES.min(to - at))?;
            if bytes.is_empty() {
                break;
            }
            if let Some(nth) = bytes.iter().position(|byte| *byte != 0) {
                return Ok(Some(at + nth as u64));
            }
            at += bytes.len() as u64;
        }
        Ok(None)
    }
}
