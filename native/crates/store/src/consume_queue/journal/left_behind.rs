//! Reading what a dead process left in its journal: the bytes that count, checked before any is
//! used.

use std::path::Path;
use std::sync::Arc;

use turbopump_wire::{QueueId, QueueOffset};

use super::file::MAGIC;
use super::path_of;
use crate::checkpoint::JournalBytes;
use crate::consume_queue::unit::{QueueEntry, UNIT_BYTES};
use crate::disk::{Disk, OpenMode, read_exact_at};
use crate::error::FileError;

/// Neighbouring entries of one queue.
pub(crate) struct Run<'a> {
    /// Topic.
    pub(in crate::consume_queue) topic: &'a str,
    /// Queue.
    pub(in crate::consume_queue) id: QueueId,
    /// Number of the first entry.
    pub(in crate::consume_queue) first: QueueOffset,
    /// The entries.
    pub(in crate::consume_queue) entries: Vec<QueueEntry>,
}

/// The content of both files, the older one's first.
#[derive(Default)]
pub(crate) struct LeftBehind {
    files: [Vec<u8>; 2],
    counting: JournalBytes,
}

impl LeftBehind {
    /// Reads what counts; `None` when it is damaged.
    pub(crate) fn read(
        root: &Path,
        disk: &Arc<dyn Disk>,
        counting: JournalBytes,
    ) -> Result<Option<Self>, FileError> {
        let mut files = [Vec::new(), Vec::new()];
        for (content, nth) in files.iter_mut().zip([counting.older(), counting.newer]) {
            let bytes = counting.bytes.get(nth).copied().unwrap_or_default();
            let Some(found) = read_file(&path_of(root, nth), disk, bytes)? else { return Ok(None) };
            *content = found;
        }
        let left = Self { files, counting };
        Ok(left.visit(|_| Ok::<(), ()>(())).is_some().then_some(left))
    }

    /// What counted.
    pub(crate) const fn counting(&self) -> JournalBytes {
        self.counting
    }

    /// Hands out the runs in the order they were added in; `None` when they are damaged.
    pub(crate) fn visit<E>(
        &self,
        mut each: impl FnMut(&Run<'_>) -> Result<(), E>,
    ) -> Option<Result<(), E>> {
        for content in &self.files {
            let mut rest = content.as_slice();
            while !rest.is_empty() {
                let mut payload = next_chunk(&mut rest)?;
                while !payload.is_empty() {
                    if let Err(error) = each(&next_run(&mut payload)?) {
                        return Some(Err(error));
                    }
                }
            }
        }
        Some(Ok(()))
    }
}

/// The first `bytes` of a file; `None` when it has fewer.
fn read_file(path: &Path, disk: &Arc<dyn Disk>, bytes: u32) -> Result<Option<Vec<u8>>, FileError> {
    if bytes == 0 {
        return Ok(Some(Vec::new()));
    }
    let found = disk.stat(path).map_err(FileError::on("cannot look at", path))?;
    if found.is_none_or(|found| found.bytes < u64::from(bytes)) {
        return Ok(None);
    }
    let opened = disk.open(path, OpenMode::Existing);
    let file = opened.map_err(FileError::on("cannot open", path))?;
    let mut content = vec![0; bytes as usize];
    let read = read_exact_at(&*file, &mut content, 0);
    read.map_err(FileError::on("cannot read", path))?;
    Ok(Some(content))
}

fn next_chunk<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let [magic, len, crc] = [u32_of(rest)?, u32_of(rest)?, u32_of(rest)?];
    let payload = split(rest, len as usize)?;
    (magic == MAGIC && crc32fast::hash(payload) == crc).then_some(payload)
}

fn next_run<'a>(payload: &mut &'a [u8]) -> Option<Run<'a>> {
    let topic_bytes = *split(payload, 1)?.first()?;
    let topic = std::str::from_utf8(split(payload, usize::from(topic_bytes))?).ok()?;
    let id = QueueId::new(u32_of(payload)?);
    let first = split(payload, 8)?.first_chunk::<8>()?;
    let first = QueueOffset::new(u64::from_be_bytes(*first));
    let count = u32_of(payload)? as usize;
    // Positions in the queue's files, in bytes, are numbers of Java's.
    let end = first.get().checked_add(count as u64)?.checked_mul(UNIT_BYTES)?;
    i64::try_from(end).ok()?;
    let units = split(payload, count.checked_mul(UNIT_BYTES as usize)?)?;
    let units = units.chunks_exact(UNIT_BYTES as usize);
    let entries = units.map(QueueEntry::decode).collect::<Option<Vec<_>>>()?;
    Some(Run { topic, id, first, entries })
}

fn u32_of(bytes: &mut &[u8]) -> Option<u32> {
    split(bytes, 4)?.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))
}

fn split<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}
