//! Where segments go to die: a folder beside the log, emptied slowly.
//!
//! Why not unlink at once: on a file system with `discard`, unlinking 1 GiB holds up everybody's
//! syncs for a third of a second. Why a folder: the log's own holds whole segments only, so a
//! crash in the middle of a deletion leaves nothing that recovery must guess about.
//! Invariant: a file is shortened only when nobody has it mapped.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::commit_log::segment::Segment;
use crate::disk::{Disk, OpenMode};
use crate::error::FileError;
use crate::signal::{Signal, Wake};

/// Shortened by this much at a time: durable writes next to it stay under 5 ms at p999.
const STEP_BYTES: u64 = 16 << 20;

const PAUSE: Duration = Duration::from_millis(50);

struct Item {
    path: PathBuf,
    /// `None` when nobody of this process ever had it open.
    segment: Option<Arc<Segment>>,
}

impl Item {
    fn is_held(&self) -> bool {
        self.segment
            .as_ref()
            .is_some_and(|segment| Arc::strong_count(segment) > 1 || segment.is_mapping_held())
    }
}

pub(crate) struct Trash {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    items: Mutex<Vec<Item>>,
    pub(crate) wanted: Signal,
}

impl Trash {
    /// The folder beside `log_dir`, with what earlier runs left in it.
    pub(crate) fn open(log_dir: &Path, disk: &Arc<dyn Disk>) -> Result<Self, FileError> {
        let name = log_dir.file_name().unwrap_or_default().to_string_lossy();
        let dir = log_dir.with_file_name(format!("{name}.trash"));
        let left = disk.list(&dir).map_err(FileError::on("cannot list", &dir))?;
        let left = left.into_iter().filter(|entry| !entry.is_dir);
        let items = left.map(|entry| Item { path: dir.join(entry.name), segment: None }).collect();
        let trash = Self {
            dir,
            disk: Arc::clone(disk),
            items: Mutex::new(items),
            wanted: Signal::default(),
        };
        trash.wanted.raise();
        Ok(trash)
    }

    /// Moves a file of the log here. `segment` is its open form, out of every list.
    pub(crate) fn take(&self, path: &Path, segment: Option<Arc<Segment>>) -> Result<(), FileError> {
        let to = self.dir.join(path.file_name().unwrap_or_default());
        let moved = (|| {
            self.disk.create_dir_all(&self.dir)?;
            self.disk.rename(path, &to)?;
            // Only the log must not have it again: the trash is welcome to forget it.
            path.parent().map_or(Ok(()), |from_dir| self.disk.sync_dir(from_dir))
        })();
        moved.map_err(FileError::on("cannot move to the trash", path))?;
        self.lock().push(Item { path: to, segment });
        self.wanted.raise();
        Ok(())
    }

    /// Body of the thread; returns when stopped. `failed` hears of each failure and, with `None`,
    /// of the next success.
    pub(crate) fn run(&self, failed: impl Fn(Option<String>)) {
        while self.wanted.wait(None) != Wake::Stopped {
            let emptied = self.empty(|| self.wanted.pause(PAUSE));
            failed(emptied.err().map(|error| error.to_string()));
        }
    }

    /// Removes all files that nobody holds, step by step; `pause` ends it by returning true.
    pub(crate) fn empty(&self, pause: impl Fn() -> bool) -> Result<(), FileError> {
        while let Some(path) = self.next_free() {
            if self.shorten(&path)? {
                self.lock().retain(|item| item.path != path);
            }
            if pause() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn next_free(&self) -> Option<PathBuf> {
        self.lock().iter().find(|item| !item.is_held()).map(|item| item.path.clone())
    }

    /// One step; true when the file is gone.
    fn shorten(&self, path: &Path) -> Result<bool, FileError> {
        let stepped = (|| {
            let file = self.disk.open(path, OpenMode::Existing)?;
            let bytes = file.size()?;
            if bytes > STEP_BYTES {
                file.set_size(bytes - STEP_BYTES)?;
                return Ok(false);
            }
            drop(file);
            self.disk.remove_file(path)?;
            Ok(true)
        })();
        stepped.map_err(FileError::on("cannot remove", path))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
