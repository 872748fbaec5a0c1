//! One enum per operation; each says whose fault it is by its variant.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use turbopump_wire::{PhysicalOffset, QueueId};

use crate::consume_queue::QueueError;
use crate::index::IndexError;
use crate::verify::VerifyError;

/// An operation on a named file failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{action} {}: {source}", path.display())]
pub struct FileError {
    /// What was tried, as in "cannot read".
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// The operating system's answer.
    pub source: Arc<io::Error>,
}

impl FileError {
    /// For `map_err`: wraps an I/O error with what was tried on which path.
    pub fn on(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { action, path: path.to_owned(), source: Arc::new(source) }
    }
}

/// Why a store does not open. Nothing of it was changed unless `File`.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The options contradict themselves or the format.
    #[error("{0}")]
    Options(String),
    /// Another broker, Java or ours, has the folder open.
    #[error("{} is in use by another broker (its lock file is held)", .0.display())]
    InUse(PathBuf),
    /// A segment that is not the last one has another size than configured.
    #[error(
        "{} is {found_bytes} bytes long but mappedFileSizeCommitLog is {wanted_bytes}: set it to \
         the size the store was written with, or move the file away", path.display()
    )]
    SegmentSize {
        /// The file.
        path: PathBuf,
        /// Its length.
        found_bytes: u64,
        /// The configured length.
        wanted_bytes: u64,
    },
    /// The names of the segments are not consecutive.
    #[error(
        "{} is missing: the commit log has a hole before {}",
        missing.display(),
        next.display()
    )]
    SegmentMissing {
        /// The file that should be there.
        missing: PathBuf,
        /// The file after it.
        next: PathBuf,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A consume queue cannot be opened or rebuilt.
    #[error("consume queue: {0}")]
    Queue(#[from] QueueError),
    /// The index cannot be opened or rebuilt.
    #[error("index: {0}")]
    Index(#[from] IndexError),
    /// The repair that was asked for cannot be carried out.
    #[error("repair: {0}")]
    Repair(#[from] VerifyError),
    /// A thread cannot be started.
    #[error("cannot start thread {name}: {source}")]
    Thread {
        /// Name of the thread.
        name: &'static str,
        /// The operating system's answer.
        source: io::Error,
    },
}

/// Why a batch was not appended. No record of it was published.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Sender's fault: a record and its blank record do not fit into one segment.
    #[error("record {index} of {bytes} bytes exceeds the segment size")]
    RecordTooLarge {
        /// Position in the batch.
        index: usize,
        /// Size of the record.
        bytes: usize,
    },
    /// Caller's fault: what was encoded is too short to be a record.
    #[error("record {index} is not an encoded record")]
    NotARecord {
        /// Position in the batch.
        index: usize,
    },
    /// The store takes no writes until it is reopened. Retry elsewhere.
    #[error("store stopped taking writes: {0}")]
    Poisoned(Arc<str>),
    /// Used disk space is above the warning level. Retry elsewhere, or here after retention.
    #[error("disk full")]
    DiskFull,
    /// The next segment cannot be made; nothing was written and a later try may succeed.
    #[error(transparent)]
    NoSegment(FileError),
    /// A log or queue position would pass the largest allowed one.
    #[error("positions exhausted")]
    PositionsExhausted,
    /// The store is closed.
    #[error("store is closed")]
    Closed,
}

/// Why a master's bytes were not appended. No byte of them is in the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RawAppendError {
    /// They belong somewhere else.
    #[error("bytes for position {at} do not follow the log's end {end}")]
    NotTheEnd {
        /// Where they belong.
        at: PhysicalOffset,
        /// Where the log ends.
        end: PhysicalOffset,
    },
    /// They are no record, or one of another position.
    #[error("the bytes at position {at} are not a record of that position")]
    NotARecord {
        /// Where they belong.
        at: PhysicalOffset,
    },
    /// They close a segment at another place, or cross its end.
    #[error(
        "the log's segments end elsewhere: mappedFileSizeCommitLog is {segment_bytes} here and \
         another value where position {at} was written"
    )]
    SegmentSizeDiffers {
        /// Position of the record or filler.
        at: PhysicalOffset,
        /// Size here.
        segment_bytes: u64,
    },
    /// Queues or index did not take the record.
    #[error("the record at position {at} cannot be dispatched: {reason}")]
    Derived {
        /// Position of the record.
        at: PhysicalOffset,
        /// What they say.
        reason: String,
    },
    /// The segment cannot be made.
    #[error(transparent)]
    NoSegment(FileError),
    /// Used disk space is above the warning level.
    #[error("disk full")]
    DiskFull,
    /// The store takes no writes until it is reopened.
    #[error("store stopped taking writes: {0}")]
    Poisoned(Arc<str>),
    /// The store is closed.
    #[error("store is closed")]
    Closed,
}

/// Why the log is not known to be on disk. All appends since the last sync are in doubt.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SyncError {
    /// This or an earlier write or sync failed; the store takes no writes until it is reopened.
    #[error("store stopped taking writes: {0}")]
    Poisoned(Arc<str>),
}

/// Why a read has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Before the first byte that retention left.
    #[error("position {at} was deleted, the log begins at {min}")]
    Deleted {
        /// Asked position.
        at: PhysicalOffset,
        /// First position of the log.
        min: PhysicalOffset,
    },
    /// At or beyond the readable end, or a run that passes it.
    #[error("position {at} is not readable yet, the log ends at {end}")]
    Beyond {
        /// Asked position.
        at: PhysicalOffset,
        /// Readable end.
        end: PhysicalOffset,
    },
    /// The bytes at the position are no record, or a run crosses a segment.
    #[error("no record at position {at}")]
    NotARecord {
        /// Asked position.
        at: PhysicalOffset,
    },
    /// The topic has no such queue.
    #[error("queue {id} of topic {topic} does not exist")]
    NoQueue {
        /// Topic asked for.
        topic: String,
        /// Queue asked for.
        id: QueueId,
    },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A consume queue cannot be read.
    #[error("consume queue: {0}")]
    Queue(#[from] QueueError),
    /// The index cannot be read.
    #[error("index: {0}")]
    Index(#[from] IndexError),
}

/// Why a store did not close cleanly; the next open recovers.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The store was poisoned; `abort` stays.
    #[error("store stopped taking writes: {0}")]
    Poisoned(Arc<str>),
    /// `abort` cannot be removed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Queues, index or checkpoint cannot be flushed.
    #[error(transparent)]
    Derived(#[from] DerivedError),
}

/// Why queues and checkpoint could not be written this time; what is on disk stays valid.
#[derive(Debug, thiserror::Error)]
pub enum DerivedError {
    /// A consume queue.
    #[error("consume queue: {0}")]
    Queue(#[from] QueueError),
    /// The index.
    #[error("index: {0}")]
    Index(#[from] IndexError),
    /// The checkpoint or a segment.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Why a topic's queues are not gone.
#[derive(Debug, thiserror::Error)]
pub enum DeleteTopicError {
    /// A file of the topic cannot be removed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The queues are gone, but the checkpoint that keeps recovery from bringing them back is not
    /// written.
    #[error(transparent)]
    Checkpoint(#[from] DerivedError),
    /// The log cannot be made durable up to the deletion.
    #[error(transparent)]
    Sync(#[from] SyncError),
}
