//! The only door to files: a small object-safe trait that the real disk and the tests' memory
//! disk implement.
//!
//! Invariants: `write_at` writes all bytes or fails; a position is always given, no file has a
//! cursor; `sync_data` covers every write that returned before it was called; a name is durable
//! only after `sync_dir` of its folder.
//! Refuses: meaning of bytes, retries, and any decision after an error (callers poison).

pub mod mapped_file;
#[cfg(any(test, feature = "memory-disk"))]
pub mod memory;
mod real;

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub use mapped_file::MappedFile;
pub use real::RealDisk;

/// Alignment of direct reads and writes; the block size of every device in use or a multiple.
pub const DIRECT_ALIGNMENT: usize = 4096;

/// How a file is opened. Always for reading and writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Fails with `NotFound` when the file is missing.
    Existing,
    /// Makes an empty file when it is missing, keeps the content otherwise.
    CreateIfMissing,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// File name without its folder.
    pub name: String,
    /// True for a folder.
    pub is_dir: bool,
    /// Length in bytes, 0 for a folder.
    pub bytes: u64,
    /// Last modification, wall clock milliseconds.
    pub modified_ms: i64,
}

/// Space of the file system that holds a path, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes of all blocks.
    pub total: u64,
    /// Bytes an ordinary user may still take.
    pub available: u64,
}

impl Space {
    /// Used part of what ordinary users may use, 0.0 to 1.0, as Java's
    /// `UtilAll.getDiskPartitionSpaceUsedPercent` (without its rounding).
    #[must_use]
    pub fn used_ratio(&self) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        // Ratios need no more than the 53 bits of a double.
        #[allow(clippy::cast_precision_loss)]
        let ratio = 1.0 - (self.available.min(self.total) as f64) / (self.total as f64);
        ratio
    }
}

/// A gap between two durable steps at which a test may stop the world. Production does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrashPoint {
    /// Offsets are assigned, nothing of the batch is in the file.
    BeforeLogWrite,
    /// A full segment got its blank record, the next segment has nothing yet.
    BetweenSegments,
    /// ASYNC: the batch is in the page cache, nobody was told.
    AfterLogWrite,
    /// The log is written, its sync has not begun.
    BeforeLogSync,
    /// The log is on disk, `flushed` has not moved.
    AfterLogSync,
    /// The next segment exists with its full size, its name is not durable.
    AfterSegmentCreate,
    /// Queues are flushed, the index is not.
    AfterQueueFlush,
    /// Queues and index are flushed, the checkpoint is old.
    BeforeCheckpoint,
    /// The checkpoint is written, not synced.
    BeforeCheckpointSync,
    /// An expired segment is in the trash, queues do not know.
    AfterSegmentToTrash,
    /// Recovery found the end, stale bytes behind it are still there.
    BeforeTailCut,
    /// Everything of a clean stop is done except removing `abort`.
    BeforeAbortRemove,
}

/// A file system.
pub trait Disk: Send + Sync {
    /// Opens `path` for reading and writing.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes a folder and its parents; one that exists is fine.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Renames a file or folder, replacing a file at `to`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;

    /// Names in a folder in no order; empty when the folder is missing.
    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>>;

    /// What `path` is, `None` when it is missing.
    fn stat(&self, path: &Path) -> io::Result<Option<Entry>>;

    /// Makes names created, renamed or removed in `dir` durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Whether `DiskFile::sync_file_system` hears of every failed write.
    fn syncs_file_systems(&self) -> bool;

    /// Space of the file system of `path`.
    fn space(&self, path: &Path) -> io::Result<Space>;

    /// The machine's memory, of which the page cache may take a part; 0 without a page cache.
    fn memory_bytes(&self) -> u64 {
        0
    }

    /// Called in each gap between durable steps; only tests act on it.
    fn reached(&self, _point: CrashPoint) {}
}

/// An open file. Cheap to share; all calls take a position.
pub trait DiskFile: Send + Sync {
    /// Length in bytes.
    fn size(&self) -> io::Result<u64>;

    /// Reads up to `into.len()` bytes, fewer only at the end of the file.
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize>;

    /// As `read_at`, but only what is in memory: `None` when some of it is not, or when the file
    /// system cannot tell.
    fn read_at_nowait(&self, into: &mut [u8], at: u64) -> io::Result<Option<usize>>;

    /// As `read_at`, but the page cache does not grow by it. `at`, the length and the address of
    /// `into` should be multiples of [`DIRECT_ALIGNMENT`]; otherwise, and where the file system
    /// refuses, it reads through the page cache and gives the pages back.
    fn read_past_cache(&self, into: &mut [u8], at: u64) -> io::Result<usize>;

    /// Writes all of `bytes`, into the page cache.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// As `write_at`, but the page cache does not grow by it; aligned as for `read_past_cache`,
    /// otherwise it may. Not on disk for sure before a sync either.
    fn write_past_cache(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write_at(bytes, at)
    }

    /// Writes all of `bytes` and returns when they are on disk (`RWF_DSYNC`).
    fn write_at_synced(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// `fdatasync`.
    fn sync_data(&self) -> io::Result<()>;

    /// `syncfs`: everything written to the file system of this file, names included. Fails when any
    /// write-back on it has failed since this file was opened.
    fn sync_file_system(&self) -> io::Result<()>;

    /// Lets the page cache forget clean pages of `len` bytes from `at`; what is read again comes
    /// from the device.
    fn release_cache(&self, at: u64, len: u64) -> io::Result<()>;

    /// Cuts or extends (with a hole) to `bytes`.
    fn set_size(&self, bytes: u64) -> io::Result<()>;

    /// Extends to `bytes` with blocks reserved, reading as zeros. Never shrinks.
    fn allocate(&self, bytes: u64) -> io::Result<()>;

    /// Makes `len` bytes from `at` read as zeros without changing the size. A power cut may undo
    /// it, also after a new process has read the zeros, until this file was synced in any way: a
    /// write of the block of `at` by `write_at_synced` is enough.
    fn zero_range(&self, at: u64, len: u64) -> io::Result<()>;

    /// The first range at or after `at` that may hold anything but zeros, `None` behind the last
    /// one. Unwritten blocks hold none; a file system that cannot tell says the rest of the file.
    fn next_data(&self, at: u64) -> io::Result<Option<Range<u64>>> {
        let size = self.size()?;
        Ok((at < size).then_some(at..size))
    }

    /// Maps the first `bytes` read-only, `None` where the disk has nothing to map (memory disk).
    fn map(&self, bytes: u64) -> io::Result<Option<MappedFile>>;

    /// Takes the exclusive lock that Java's `FileChannel.tryLock` on byte 0 would conflict with;
    /// false when another process, or another open of this process, holds it. Held until the
    /// file is dropped.
    fn try_lock(&self) -> io::Result<bool>;
}

/// Reads exactly `into.len()` bytes; a short file is `UnexpectedEof`.
pub fn read_exact_at(file: &dyn DiskFile, into: &mut [u8], at: u64) -> io::Result<()> {
    let wanted = into.len();
    if file.read_at(into, at)? == wanted {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("no {wanted} bytes at {at}")))
}
