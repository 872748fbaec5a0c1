//! The open queue files: a bounded set, the longest unused go first.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::lock;
use crate::disk::{Disk, DiskFile, OpenMode};

/// A queue's key within its table, and the file's first byte in the queue.
type FileKey = (u64, u64);

struct Held {
    file: Arc<dyn DiskFile>,
    used: u64,
}

#[derive(Default)]
struct Open {
    files: FxHashMap<FileKey, Held>,
    clock: u64,
}

/// At most `capacity` descriptors; one that is in use while evicted closes when its user is done.
pub(super) struct Descriptors {
    disk: Arc<dyn Disk>,
    capacity: usize,
    open: Mutex<Open>,
}

impl Descriptors {
    pub(super) fn new(disk: Arc<dyn Disk>, capacity: usize) -> Self {
        Self { disk, capacity: capacity.max(1), open: Mutex::new(Open::default()) }
    }

    /// The file, opened when it was not.
    pub(super) fn get(
        &self,
        key: FileKey,
        mode: OpenMode,
        path: impl FnOnce() -> PathBuf,
    ) -> io::Result<Arc<dyn DiskFile>> {
        if let Some(file) = self.held(key) {
            return Ok(file);
        }
        // Not under the lock: opening may wait for the disk, and two opens of one file are fine.
        let file = self.disk.open(&path(), mode)?;
        self.keep(key, &file);
        Ok(file)
    }

    /// The file when it is open.
    pub(super) fn held(&self, key: FileKey) -> Option<Arc<dyn DiskFile>> {
        let mut open = lock(&self.open);
        open.clock += 1;
        let now = open.clock;
        let held = open.files.get_mut(&key)?;
        held.used = now;
        Some(Arc::clone(&held.file))
    }

    fn keep(&self, key: FileKey, file: &Arc<dyn DiskFile>) {
        let mut open = lock(&self.open);
        open.clock += 1;
        let used = open.clock;
        open.files.insert(key, Held { file: Arc::clone(file), used });
        if open.files.len() > self.capacity {
            // An eighth at once, so that the search for the oldest is paid once in many opens.
            let mut ages: Vec<u64> = open.files.values().map(|held| held.used).collect();
            let surplus = open.files.len() - self.capacity;
            let cut = (surplus + self.capacity / 8).min(ages.len() - 1);
            let (_, limit, _) = ages.select_nth_unstable(cut);
            let limit = *limit;
            open.files.retain(|_, held| held.used >= limit);
        }
    }

    /// Closes one file, before it is removed or replaced.
    pub(super) fn forget(&self, key: FileKey) {
        lock(&self.open).files.remove(&key);
    }

    /// Closes every file of a queue.
    pub(super) fn forget_queue(&self, queue: u64) {
        lock(&self.open).files.retain(|(owner, _), _| *owner != queue);
    }

    /// Open descriptors.
    pub(super) fn len(&self) -> usize {
        lock(&self.open).files.len()
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    pub(super) fn remove(&self, key: FileKey, path: &Path) -> io::Result<()> {
        self.forget(key);
        match self.disk.remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}
