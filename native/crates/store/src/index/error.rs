//! What can go wrong with the index.

use std::io;
use std::path::PathBuf;

/// Why the index could not be opened, read or written. Damage of a file is no error: the file is
/// dropped and the report says from where its records must be dispatched again.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
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
    /// The configured size makes no file.
    #[error(
        "an index file needs at least 1 slot and 2 entries, at most 2^31-1 of each; got \
             maxHashSlotNum {slots} and maxIndexNum {entries}"
    )]
    Size {
        /// Configured slots.
        slots: u32,
        /// Configured entries.
        entries: u32,
    },
}

impl IndexError {
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { doing, path: path.into(), source }
    }
}
