//! Files as byte vectors, nothing else: no faults, no durability, no times. The store's own
//! `MemoryDisk` keeps every version of every page, which a fuzz target has no use for.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turbopump_store::disk::{Disk, DiskFile, Entry, MappedFile, OpenMode, Space};

/// Clones share the files.
#[derive(Clone, Default)]
pub struct PlainDisk {
    folder: Arc<Mutex<Folder>>,
}

/// A dozen names: searched one by one, as bytes, since comparing paths part by part would cost more
/// than recovery does.
#[derive(Default)]
struct Folder {
    files: Vec<(PathBuf, Arc<PlainFile>)>,
    dirs: Vec<PathBuf>,
}

#[derive(Default)]
struct PlainFile {
    bytes: Mutex<Vec<u8>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is(name: &Path, path: &Path) -> bool {
    name.as_os_str() == path.as_os_str()
}

fn is_inside(path: &Path, dir: &Path) -> bool {
    let rest = path.as_os_str().as_encoded_bytes();
    let rest = rest.strip_prefix(dir.as_os_str().as_encoded_bytes());
    let name = rest.and_then(|rest| rest.strip_prefix(b"/"));
    name.is_some_and(|name| !name.contains(&b'/'))
}

fn entry(path: &Path, is_dir: bool, bytes: usize) -> Entry {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Entry { name, is_dir, bytes: bytes as u64, modified_ms: 0 }
}

impl PlainDisk {
    /// Makes a file of `file_bytes` that begins with `bytes`, and its folders.
    pub fn put(&self, path: &str, bytes: &[u8], file_bytes: usize) {
        let path = Path::new(path);
        let mut content = bytes.to_vec();
        content.resize(file_bytes, 0);
        let mut folder = lock(&self.folder);
        folder.add_dirs(path.parent());
        let file = Arc::new(PlainFile { bytes: Mutex::new(content) });
        folder.files.push((path.to_owned(), file));
    }

    /// The same for a file that is there.
    pub fn replace(&self, path: &str, bytes: &[u8], file_bytes: usize) {
        lock(&self.folder).files.retain(|(name, _)| !is(name, Path::new(path)));
        self.put(path, bytes, file_bytes);
    }

    /// A disk with the files of one folder, which it shares.
    #[must_use]
    pub fn only(&self, dir: &str) -> Self {
        let mut folder = Folder::default();
        for (path, file) in &lock(&self.folder).files {
            if is_inside(path, Path::new(dir)) {
                folder.add_dirs(path.parent());
                folder.files.push((path.clone(), Arc::clone(file)));
            }
        }
        Self { folder: Arc::new(Mutex::new(folder)) }
    }
}

impl Folder {
    fn add_dirs(&mut self, deepest: Option<&Path>) {
        for dir in deepest.into_iter().flat_map(Path::ancestors) {
            if self.dirs.iter().any(|known| is(known, dir)) {
                return;
            }
            self.dirs.push(dir.to_owned());
        }
    }

    fn find(&self, path: &Path) -> Option<&Arc<PlainFile>> {
        self.files.iter().find(|(name, _)| is(name, path)).map(|(_, file)| file)
    }
}

impl Disk for PlainDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut folder = lock(&self.folder);
        if let Some(file) = folder.find(path) {
            return Ok(Arc::clone(file) as Arc<dyn DiskFile>);
        }
        if mode == OpenMode::Existing {
            return Err(io::ErrorKind::NotFound.into());
        }
        let file = Arc::<PlainFile>::default();
        folder.files.push((path.to_owned(), Arc::clone(&file)));
        Ok(file)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        lock(&self.folder).add_dirs(Some(path));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut folder = lock(&self.folder);
        folder.files.retain(|(name, _)| !is(name, to));
        let file = folder.files.iter_mut().find(|(name, _)| is(name, from));
        let Some((name, _)) = file else { return Err(io::ErrorKind::NotFound.into()) };
        *name = to.to_owned();
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut folder = lock(&self.folder);
        let before = folder.files.len();
        folder.files.retain(|(name, _)| !is(name, path));
        if folder.files.len() < before { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        lock(&self.folder).dirs.retain(|dir| !is(dir, path));
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let folder = lock(&self.folder);
        let inside = |path: &Path| is_inside(path, dir);
        let files = folder.files.iter().filter(|(path, _)| inside(path));
        let files = files.map(|(path, file)| entry(path, false, lock(&file.bytes).len()));
        let dirs = folder.dirs.iter().filter(|path| inside(path));
        Ok(files.chain(dirs.map(|path| entry(path, true, 0))).collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Entry>> {
        let folder = lock(&self.folder);
        if let Some(file) = folder.find(path) {
            return Ok(Some(entry(path, false, lock(&file.bytes).len())));
        }
        let is_dir = folder.dirs.iter().any(|dir| is(dir, path));
        Ok(is_dir.then(|| entry(path, true, 0)))
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    fn syncs_file_systems(&self) -> bool {
        true
    }

    fn space(&self, _path: &Path) -> io::Result<Space> {
        Ok(Space { total: 1 << 40, available: 1 << 39 })
    }
}

impl DiskFile for PlainFile {
    fn size(&self) -> io::Result<u64> {
        Ok(lock(&self.bytes).len() as u64)
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let bytes = lock(&self.bytes);
        let rest = bytes.get(at as usize..).unwrap_or_default();
        let read = rest.len().min(into.len());
        into[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn read_at_nowait(&self, into: &mut [u8], at: u64) -> io::Result<Option<usize>> {
        self.read_at(into, at).map(Some)
    }

    fn read_past_cache(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.read_at(into, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut content = lock(&self.bytes);
        let end = at as usize + bytes.len();
        if content.len() < end {
            content.resize(end, 0);
        }
        content[at as usize..end].copy_from_slice(bytes);
        Ok(())
    }

    fn write_at_synced(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write_at(bytes, at)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn sync_file_system(&self) -> io::Result<()> {
        Ok(())
    }

    fn release_cache(&self, _at: u64, _len: u64) -> io::Result<()> {
        Ok(())
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        lock(&self.bytes).resize(bytes as usize, 0);
        Ok(())
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        let mut content = lock(&self.bytes);
        let bytes = content.len().max(bytes as usize);
        content.resize(bytes, 0);
        Ok(())
    }

    fn zero_range(&self, at: u64, len: u64) -> io::Result<()> {
        let mut content = lock(&self.bytes);
        let end = ((at + len) as usize).min(content.len());
        if let Some(range) = content.get_mut(at as usize..end) {
            range.fill(0);
        }
        Ok(())
    }

    fn map(&self, _bytes: u64) -> io::Result<Option<MappedFile>> {
        Ok(None)
    }

    fn try_lock(&self) -> io::Result<bool> {
        Ok(true)
    }
}
