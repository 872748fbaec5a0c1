//! The queue journal: entries of many queues in one file, until each queue has enough of them to
//! be written to its own.
//!
//! A checkpoint of 50,000 queues finds four new entries in each. To their files that is as many
//! opened files, and blocks of 4 KiB for the device to write at random; here it is one append.
//! There are two files, so that the queues' own can be written a part at a time: the older one is
//! sealed and shrinks to nothing while the newer one grows. Bytes: docs/formats/queuejournal.md.
//!
//! Invariants: the checkpoint says how many bytes of each file count, and those are on disk before
//! it does; older and newer together are the entries between what the queue files have and the
//! checkpoint's position, and no queue file that it names is ahead of it; a file is written over
//! only after a checkpoint that says it does not count. After an error, and from the beginning of a
//! flush of all queues until such a checkpoint, nothing is added.
//! Refuses: being the truth. A damaged journal is as good as no checkpoint.

mod file;
mod left_behind;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use left_behind::{LeftBehind, Run};

pub(super) use self::file::JournalFile;
use crate::checkpoint::JournalBytes;
use crate::commit_log::FlushedPoint;
use crate::disk::Disk;
use crate::error::FileError;

/// A file with more entries than this, or older ones, is sealed and its queues are written: 24
/// bytes of memory each, and 0.2 microseconds of the next opening.
const ENTRIES_MAX: usize = 1 << 20;
const AGE_MAX: Duration = Duration::from_secs(60);
/// So many times more the newer file takes while the older one's queues are still being written:
/// 50,000 files that have to be made first take half a minute.
const MEANWHILE: usize = 4;

/// The journal of a running store.
pub(crate) struct QueueJournal {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    /// Takes additions.
    newer: JournalFile,
    /// Sealed, or empty.
    older: JournalFile,
    /// Which of the two files `newer` is, 0 or 1.
    newer_nth: usize,
    is_usable: bool,
    entries_max: usize,
    /// Where the log ended at the last addition.
    added_to: Option<FlushedPoint>,
    /// The same for the older file; not known of an earlier process's.
    sealed_at: Option<FlushedPoint>,
}

/// What becomes of new entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// They are added.
    Add,
    /// The newer file is sealed first, and the queues with entries in it are to be written.
    SealAndAdd,
    /// There is no room: all queues are to be written.
    Full,
}

impl QueueJournal {
    /// The journal of the store at `root`, of which the checkpoint says what counts. It goes on
    /// unless something counts and `fits` is false: then nothing is added until it is emptied.
    pub(crate) fn of(
        root: &Path,
        disk: &Arc<dyn Disk>,
        counting: JournalBytes,
        fits: bool,
        now: Duration,
    ) -> Self {
        let [first, second] = counting.bytes;
        let mut newer = JournalFile::new(path_of(root, 0), first, now);
        let mut older = JournalFile::new(path_of(root, 1), second, now);
        if counting.newer == 1 {
            std::mem::swap(&mut newer, &mut older);
        }
        Self {
            root: root.to_owned(),
            disk: Arc::clone(disk),
            newer,
            older,
            newer_nth: counting.newer,
            is_usable: fits || counting.is_nothing(),
            entries_max: ENTRIES_MAX,
            added_to: None,
            sealed_at: None,
        }
    }

    /// What a checkpoint is to say.
    pub(crate) fn counting(&self) -> JournalBytes {
        self.counting_with(self.older.bytes)
    }

    const fn counting_with(&self, older_bytes: u32) -> JournalBytes {
        let newer_bytes = self.newer.bytes;
        let bytes = match self.newer_nth {
            0 => [newer_bytes, older_bytes],
            _ => [older_bytes, newer_bytes],
        };
        JournalBytes { bytes, newer: self.newer_nth }
    }

    /// Whether the next addition seals a file because of its age, or the older file's queues are
    /// still to be written.
    pub(crate) fn has_work(&self, now: Duration) -> bool {
        self.is_draining() || self.is_old(now)
    }

    /// Whether the older file's queues are still to be written.
    pub(crate) fn is_draining(&self) -> bool {
        self.older.bytes > 0
    }

    /// Whether queues wait longer for their files than the newer file should grow.
    pub(crate) fn is_crowded(&self) -> bool {
        self.is_draining() && self.newer.entries >= self.entries_max
    }

    pub(super) fn turn(&self, now: Duration) -> Turn {
        let entries = self.newer.entries;
        let is_full = self.is_draining() && entries >= self.entries_max * MEANWHILE;
        if !self.is_usable || is_full {
            return Turn::Full;
        }
        let seals = !self.is_draining() && (entries >= self.entries_max || self.is_old(now));
        if seals { Turn::SealAndAdd } else { Turn::Add }
    }

    /// Nothing is added any more until `empty`.
    pub(crate) fn retire(&mut self) {
        self.is_usable = false;
    }

    /// Makes the newer file the older one. Not while there is one.
    pub(super) fn seal(&mut self) {
        debug_assert!(!self.is_draining(), "its queues are not in their files");
        std::mem::swap(&mut self.newer, &mut self.older);
        self.newer_nth = 1 - self.newer_nth;
        self.sealed_at = self.added_to.take();
    }

    /// Begins an addition to the file it answers; what that takes counts once `finish` has
    /// succeeded.
    pub(super) fn begin(&mut self, now: Duration) -> Result<&mut JournalFile, FileError> {
        self.is_usable = false;
        self.newer.begin(&self.root, &self.disk, now)?;
        Ok(&mut self.newer)
    }

    /// Puts what was added, everything up to `point`, on disk.
    pub(super) fn finish(&mut self, point: FlushedPoint) -> Result<(), FileError> {
        self.newer.finish()?;
        self.added_to = Some(point);
        self.is_usable = true;
        Ok(())
    }

    /// What the checkpoint that forgets the older file says, and up to where the log's entries are
    /// in the queues' files then, if that is known.
    pub(crate) fn without_older(&self) -> (JournalBytes, Option<FlushedPoint>) {
        (self.counting_with(0), self.sealed_at)
    }

    /// Forgets the older file's entries, after a checkpoint that says they do not count.
    pub(crate) fn drop_older(&mut self) -> Result<(), FileError> {
        self.older.empty(&self.disk)
    }

    /// Forgets all entries, after a checkpoint that says none count.
    pub(crate) fn empty(&mut self) -> Result<(), FileError> {
        self.newer.empty(&self.disk)?;
        self.older.empty(&self.disk)?;
        self.is_usable = true;
        self.added_to = None;
        Ok(())
    }

    /// Seals each file when it has so many entries.
    #[cfg(test)]
    pub(crate) fn set_entries_max(&mut self, entries: usize) {
        self.entries_max = entries;
    }

    fn is_old(&self, now: Duration) -> bool {
        self.newer.bytes > 0 && now.saturating_sub(self.newer.began) >= AGE_MAX
    }
}

fn path_of(root: &Path, nth: usize) -> PathBuf {
    root.join(format!("queuejournal.{nth}"))
}
