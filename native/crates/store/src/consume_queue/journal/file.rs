//! One of the journal's two files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use turbopump_wire::QueueId;

use crate::consume_queue::unit::{QueueEntry, UNIT_BYTES};
use crate::disk::{Disk, DiskFile, OpenMode};
use crate::error::FileError;

/// "TPQJ".
pub(super) const MAGIC: u32 = 0x5450_514A;
const HEAD_BYTES: usize = 12;
/// Payload after which a chunk is written.
pub(super) const CHUNK_BYTES: usize = 1 << 20;

pub(in crate::consume_queue) struct JournalFile {
    path: PathBuf,
    file: Option<Arc<dyn DiskFile>>,
    /// That count.
    pub(super) bytes: u32,
    pub(super) entries: usize,
    /// When the first of them was added.
    pub(super) began: Duration,
    chunk: Vec<u8>,
}

impl JournalFile {
    /// The file at `path`, of which the checkpoint says that `bytes` count.
    pub(super) const fn new(path: PathBuf, bytes: u32, began: Duration) -> Self {
        // More than they can be: a file is sealed somewhat earlier than it need be.
        let entries = bytes as usize / UNIT_BYTES as usize;
        Self { path, file: None, bytes, entries, began, chunk: Vec::new() }
    }

    /// Begins an addition; what `add` takes counts once `finish` has succeeded.
    pub(super) fn begin(
        &mut self,
        root: &Path,
        disk: &Arc<dyn Disk>,
        now: Duration,
    ) -> Result<(), FileError> {
        if self.bytes == 0 {
            self.began = now;
        }
        self.chunk.clear();
        self.chunk.resize(HEAD_BYTES, 0);
        if self.file.is_none() {
            self.open(disk)?;
            disk.sync_dir(root).map_err(FileError::on("cannot sync", root))?;
        }
        Ok(())
    }

    /// Adds entries of one queue, the first one's number being `first`.
    pub(in crate::consume_queue) fn add(
        &mut self,
        topic: &str,
        id: QueueId,
        first: u64,
        entries: &[QueueEntry],
    ) -> Result<(), FileError> {
        // Topics are at most 255 bytes long.
        self.chunk.push(topic.len() as u8);
        self.chunk.extend_from_slice(topic.as_bytes());
        self.chunk.extend_from_slice(&id.get().to_be_bytes());
        self.chunk.extend_from_slice(&first.to_be_bytes());
        self.chunk.extend_from_slice(&(entries.len() as u32).to_be_bytes());
        for entry in entries {
            entry.encode(&mut self.chunk);
        }
        self.entries += entries.len();
        if self.chunk.len() < CHUNK_BYTES {
            return Ok(());
        }
        self.write_chunk()
    }

    /// Puts what was added on disk.
    pub(super) fn finish(&mut self) -> Result<(), FileError> {
        if self.chunk.len() > HEAD_BYTES {
            self.write_chunk()?;
        }
        self.chunk = Vec::new();
        self.on_file("cannot sync", |file| file.sync_data())
    }

    /// Forgets the entries, after a checkpoint that says none count.
    pub(super) fn empty(&mut self, disk: &Arc<dyn Disk>) -> Result<(), FileError> {
        if self.bytes > 0 {
            // An earlier process may have left a file that this one has not touched.
            if self.file.is_none() {
                self.open(disk)?;
            }
            self.on_file("cannot empty", |file| file.set_size(0))?;
        }
        (self.bytes, self.entries) = (0, 0);
        Ok(())
    }

    fn open(&mut self, disk: &Arc<dyn Disk>) -> Result<(), FileError> {
        let opened = disk.open(&self.path, OpenMode::CreateIfMissing);
        self.file = Some(opened.map_err(FileError::on("cannot open", &self.path))?);
        Ok(())
    }

    fn write_chunk(&mut self) -> Result<(), FileError> {
        let mut chunk = std::mem::take(&mut self.chunk);
        let payload = chunk.get(HEAD_BYTES..).unwrap_or_default();
        let (len, crc) = (payload.len() as u32, crc32fast::hash(payload));
        for (place, value) in chunk.chunks_exact_mut(4).zip([MAGIC, len, crc]) {
            place.copy_from_slice(&value.to_be_bytes());
        }
        // Far beyond what it is sealed at; the checkpoint has no room for more.
        let Some(end) = self.bytes.checked_add(chunk.len() as u32) else {
            let too_large = io::Error::from(io::ErrorKind::FileTooLarge);
            return Err(FileError::on("cannot write", &self.path)(too_large));
        };
        self.on_file("cannot write", |file| file.write_at(&chunk, u64::from(self.bytes)))?;
        self.bytes = end;
        chunk.truncate(HEAD_BYTES);
        self.chunk = chunk;
        Ok(())
    }

    fn on_file(
        &self,
        doing: &'static str,
        act: impl FnOnce(&dyn DiskFile) -> io::Result<()>,
    ) -> Result<(), FileError> {
        // Opened by whoever begins; without a file nothing was done, and that is no success.
        let file = self.file.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into());
        file.and_then(|file| act(&**file)).map_err(FileError::on(doing, &self.path))
    }
}
