//! `lock` and `abort`: who runs here, and whether the last one stopped cleanly.
//!
//! Names, content and meaning are Java's (`DefaultMessageStore.start`, `createTempFile`), so that
//! a Java broker and ours keep out of each other's running store and each sees the other's crash.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, OpenMode};
use crate::error::{FileError, OpenError};

/// Holds the store folder's lock until dropped.
pub(crate) struct LockFile {
    _file: Arc<dyn DiskFile>,
}

impl LockFile {
    pub(crate) fn take(root: &Path, disk: &Arc<dyn Disk>) -> Result<Self, OpenError> {
        let path = root.join("lock");
        let opened = disk.open(&path, OpenMode::CreateIfMissing);
        let file = opened.map_err(FileError::on("cannot open", &path))?;
        if !file.try_lock().map_err(FileError::on("cannot lock", &path))? {
            return Err(OpenError::InUse(root.to_owned()));
        }
        file.write_at(b"lock", 0).map_err(FileError::on("cannot write", &path))?;
        Ok(Self { _file: file })
    }
}

/// Exists while a store runs; found at the next start, it says that nobody stopped it.
pub(crate) struct AbortFile {
    root: PathBuf,
    disk: Arc<dyn Disk>,
}

impl AbortFile {
    pub(crate) fn new(root: &Path, disk: &Arc<dyn Disk>) -> Self {
        Self { root: root.to_owned(), disk: Arc::clone(disk) }
    }

    pub(crate) fn exists(&self) -> Result<bool, FileError> {
        let path = self.path();
        Ok(self.disk.stat(&path).map_err(FileError::on("cannot look at", &path))?.is_some())
    }

    /// Writes the process id, the content before it into `abort.bak` as Java does. The name is
    /// durable when it returns: a start without it would trust a log whose tail a power cut tore.
    /// The content is for people and is not waited for.
    pub(crate) fn create(&self) -> Result<(), FileError> {
        let path = self.path();
        let created = (|| {
            let file = self.disk.open(&path, OpenMode::CreateIfMissing)?;
            let mut before = vec![0; 32];
            let read = file.read_at(&mut before, 0)?;
            before.truncate(read);
            self.replace("abort.bak", &before)?;
            self.replace("abort", std::process::id().to_string().as_bytes())?;
            self.disk.sync_dir(&self.root)
        })();
        created.map_err(FileError::on("cannot write", &path))
    }

    /// The last step of a clean stop.
    pub(crate) fn remove(&self) -> Result<(), FileError> {
        let path = self.path();
        let removed = self.disk.remove_file(&path).and_then(|()| self.disk.sync_dir(&self.root));
        removed.map_err(FileError::on("cannot remove", &path))
    }

    fn path(&self) -> PathBuf {
        self.root.join("abort")
    }

    fn replace(&self, name: &str, content: &[u8]) -> std::io::Result<()> {
        let file = self.disk.open(&self.root.join(name), OpenMode::CreateIfMissing)?;
        file.set_size(0)?;
        if content.is_empty() { Ok(()) } else { file.write_at(content, 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::{MemoryDisk, Unsynced};

    #[test]
    fn abort_holds_the_pid_and_bak_what_was_before() {
        let memory = MemoryDisk::new();
        let disk: Arc<dyn Disk> = Arc::new(memory.clone());
        let root = Path::new("/store");
        let abort = AbortFile::new(root, &disk);
        assert!(!abort.exists().expect("stat"));
        let content = |name: &str| {
            let file = disk.open(&root.join(name), OpenMode::Existing).expect("open");
            let mut bytes = vec![0; file.size().expect("size") as usize];
            file.read_at(&mut bytes, 0).expect("read");
            String::from_utf8(bytes).expect("text")
        };
        abort.create().expect("create");
        let pid = std::process::id().to_string();
        assert_eq!((content("abort"), content("abort.bak")), (pid.clone(), String::new()));
        abort.create().expect("after a crash");
        assert_eq!(content("abort.bak"), pid);
        let after = memory.after_power_cut(1);
        assert!(after.stat(&root.join("abort")).expect("stat").is_some(), "durable at once");
        abort.remove().expect("remove");
        assert!(!abort.exists().expect("stat"));
        let after = memory.after_power_cut_with(Unsynced::Dropped);
        assert_eq!(after.stat(&root.join("abort")).expect("stat"), None, "a clean stop stays one");
    }

    #[test]
    fn the_lock_is_exclusive() {
        let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
        let first = LockFile::take(Path::new("/store"), &disk).expect("free");
        let second = LockFile::take(Path::new("/store"), &disk);
        assert!(matches!(second, Err(OpenError::InUse(_))));
        drop(first);
        LockFile::take(Path::new("/store"), &disk).expect("free again");
    }
}
