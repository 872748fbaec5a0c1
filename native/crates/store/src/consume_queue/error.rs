//! What can go wrong with a queue.

use std::io;
use std::path::PathBuf;

use turbopump_wire::{QueueId, QueueOffset};

/// Why a queue could not be opened, read, written or deleted. `Io` on a write poisons the store;
/// every other kind is damage of one queue's folder and stays until an operator looks at it.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The disk refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The step, as a verb.
        doing: &'static str,
        /// File or folder.
        path: PathBuf,
        /// The disk's word.
        source: io::Error,
    },
    /// A record wants a place behind the queue's end: entries in between are missing.
    #[error("queue {topic}/{} ends at {next}, cannot take the entry of offset {got}", id.get())]
    Gap {
        /// Topic.
        topic: String,
        /// Queue.
        id: QueueId,
        /// The queue's end.
        next: QueueOffset,
        /// Where the record belongs.
        got: QueueOffset,
    },
    /// The files of a queue do not follow each other.
    #[error("queue file {} is missing between its neighbours", path.display())]
    MissingFile {
        /// The file that should be there.
        path: PathBuf,
    },
    /// A file's name or length does not fit the configured file size (in bytes).
    #[error("{} is no queue file of {file_bytes} bytes; is mappedFileSizeConsumeQueue the \
             value this store was written with?", path.display())]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// Configured length.
        file_bytes: u64,
    },
    /// An entry that was written reads as nothing: the file was changed from outside.
    #[error("queue {topic}/{} has no entry at offset {at}", id.get())]
    Hole {
        /// Topic.
        topic: String,
        /// Queue.
        id: QueueId,
        /// Its place.
        at: QueueOffset,
    },
    /// `file_bytes` is not a positive multiple of 20.
    #[error("a queue file cannot have {0} bytes: not a positive multiple of 20")]
    FileBytes(u64),
}

impl QueueError {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { doing, path: path.into(), source }
    }
}
