//! Following the log's retention: the first offset of a queue moves up, files wholly below go.
//!
//! Order: `min` moves before a file is removed, so that a reader who meets a missing file finds
//! the reason. A queue's last file always stays, expired or not: its name and content are where
//! the numbering continues after a restart.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::error::QueueError;
use super::files::Span;
use super::lock;
use super::queue::{Phase, Queue};

impl Queue {
    /// Moves `min_offset` over entries that the log no longer has and removes files below it.
    /// A queue whose first entry is known to be alive costs one comparison.
    pub(super) fn expire(&self) -> Result<(), QueueError> {
        if self.min_physical.load(Ordering::Acquire) > self.files.shared.log_min().get() {
            return Ok(());
        }
        if !self.is_open() {
            // Opening looks into files; for a queue with one file nothing can be removed, and
            // its first use will find its `min`.
            let span = self.files.span()?;
            if span.end - span.first <= self.files.shared.file_units {
                return Ok(());
            }
            self.ensure_open()?;
        }
        let next = {
            let state = lock(&self.state);
            if state.phase == Phase::Deleted {
                return Ok(());
            }
            state.tail.next()
        };
        let low = self.min.load(Ordering::Acquire);
        self.find_min(low, next, |at| self.entry_at(at))?;
        self.remove_expired_files()
    }

    fn remove_expired_files(&self) -> Result<(), QueueError> {
        let min = self.min.load(Ordering::Acquire);
        let units = self.files.shared.file_units;
        loop {
            let first = {
                let mut state = lock(&self.state);
                let Span { first, end } = state.span;
                if end - first <= units || first + units > min {
                    return Ok(());
                }
                state.span.first += units;
                first
            };
            self.files.remove(first)?;
            // One by one: a power cut must not bring back the oldest without the one after.
            self.files.sync_dir(&self.files.dir())?;
        }
    }

    /// Removes the queue's files, oldest first: what a crash leaves is an expired queue, whose
    /// numbers are not given out twice.
    pub(super) fn remove_all(self: &Arc<Self>) -> Result<(), QueueError> {
        let dir = self.files.dir();
        let disk = self.files.shared.descriptors.disk();
        self.files.shared.descriptors.forget_queue(self.files.key);
        let mut names = disk.list(&dir).map_err(|error| QueueError::io("list", &dir, error))?;
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let count = names.len();
        for (nth, entry) in names.into_iter().enumerate() {
            let path = dir.join(&entry.name);
            disk.remove_file(&path).map_err(|error| QueueError::io("remove", path, error))?;
            if nth + 1 < count {
                self.files.sync_dir(&dir)?;
            }
        }
        match disk.remove_dir(&dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(QueueError::io("remove the folder", dir, error))
            }
            _ => Ok(()),
        }
    }
}
