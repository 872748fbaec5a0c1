//! Bytes of the log: of the mapping without a copy where they are in memory, else read.

use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::disk::MappedFile;

/// A record, or a run of records, of one segment. Cheap to clone; keeps the segment's mapping
/// alive, so that retention never takes the bytes away under a reader.
///
/// A mapped slice is for a system call to take (a socket's `writev`): should its page be gone and
/// its sector be bad, the call fails, where a look from here would be SIGBUS. What the process
/// looks at itself is read, not mapped.
#[derive(Clone, Debug)]
pub struct LogSlice {
    bytes: Bytes,
}

#[derive(Clone, Debug)]
enum Bytes {
    Mapped { file: Arc<MappedFile>, range: Range<usize> },
    Copied(Arc<Vec<u8>>),
}

impl LogSlice {
    /// `None` when the range is outside of the mapping.
    pub(crate) fn mapped(file: Arc<MappedFile>, at: usize, len: usize) -> Option<Self> {
        file.get(at, len)?;
        Some(Self { bytes: Bytes::Mapped { file, range: at..at + len } })
    }

    /// Bytes that were read.
    #[must_use]
    pub fn copied(bytes: Vec<u8>) -> Self {
        Self { bytes: Bytes::Copied(Arc::new(bytes)) }
    }
}

impl Default for LogSlice {
    /// No bytes.
    fn default() -> Self {
        Self::copied(Vec::new())
    }
}

impl Deref for LogSlice {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.bytes {
            // The range was checked when the slice was made; a mapping never shrinks.
            Bytes::Mapped { file, range } => file.get(range.start, range.len()).unwrap_or_default(),
            Bytes::Copied(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for LogSlice {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
