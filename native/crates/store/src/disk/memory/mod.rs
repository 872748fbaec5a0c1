//! A disk in memory that fails, dies and loses unsynced bytes on request.
//!
//! Two images of everything: the cache (what a killed process leaves) and what is durable (what a
//! power cut leaves, plus any unsynced 4 KiB pages and names that happened to get out). After
//! [`MemoryDisk::kill_after`] or an armed crash point every call fails, as for a process that no
//! longer exists; [`MemoryDisk::after_kill`] and [`MemoryDisk::after_power_cut`] are the disks
//! that the next process finds.

mod content;
mod names;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{CrashPoint, Disk, DiskFile, Entry, MappedFile, OpenMode, Space};
use content::{Coin, Content};
use names::Names;

/// Which kind of call an injected fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultOn {
    /// `write_at`; half of the bytes get into the cache.
    Write,
    /// `sync_data` and `write_at_synced`; nothing becomes durable.
    Sync,
    /// `allocate`, `set_size` and opening a file that does not exist.
    Create,
    /// `read_at`.
    Read,
}

#[derive(Clone, Debug)]
struct Fault {
    on: FaultOn,
    path_contains: String,
    skip: u64,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Content>,
    now: Names,
    durable: Names,
    loses_folders: bool,
    faults: Vec<Fault>,
    dead: bool,
    changes: u64,
    kill_after: Option<u64>,
    armed: Option<(CrashPoint, u64)>,
    reached: Vec<CrashPoint>,
    space: Option<Space>,
    opened: Vec<PathBuf>,
    cold: Option<String>,
}

/// What a power cut leaves of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    /// Nothing.
    Dropped,
    /// What was written first, up to a change chosen by the seed, in the order it was written.
    Prefix(u64),
    /// Any page in any of its versions, any name and any size, by the seed.
    Subset(u64),
}

/// See the module's head. Clones share the disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    state: Arc<Mutex<State>>,
}

fn off() -> io::Error {
    io::Error::other("the machine is off")
}

impl State {
    fn alive(&self) -> io::Result<()> {
        if self.dead { Err(off()) } else { Ok(()) }
    }

    /// Counts a change; true when this very change is the one that dies half done.
    fn change(&mut self) -> io::Result<bool> {
        self.alive()?;
        self.changes += 1;
        if self.kill_after.is_some_and(|limit| self.changes > limit) {
            self.dead = true;
            return Ok(true);
        }
        Ok(false)
    }

    fn fault(&mut self, on: FaultOn, path: &Path) -> io::Result<()> {
        let text = path.to_string_lossy();
        for fault in &mut self.faults {
            if fault.on == on && text.contains(&fault.path_contains) {
                if fault.skip == 0 {
                    return Err(io::Error::other("injected fault"));
                }
                fault.skip -= 1;
            }
        }
        Ok(())
    }

    fn step(&mut self) -> io::Result<()> {
        if self.change()? { Err(off()) } else { Ok(()) }
    }
}

impl State {
    fn folders_changed(&mut self) {
        if !self.loses_folders {
            self.durable.dirs.clone_from(&self.now.dirs);
        }
    }
}

impl MemoryDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty disk where also the folders' own names are lost until the folder that holds them
    /// was synced, and all that is in them. On the others a folder is durable when it is made.
    #[must_use]
    pub fn losing_folders() -> Self {
        let root = || Names { dirs: [PathBuf::from("/")].into(), ..Names::default() };
        let state = State { now: root(), durable: root(), loses_folders: true, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next call of the kind on a path that contains `path_contains`, after `skip` that
    /// succeed, fails; and every one after it.
    pub fn inject(&self, on: FaultOn, path_contains: &str, skip: u64) {
        self.lock().faults.push(Fault { on, path_contains: path_contains.to_owned(), skip });
    }

    /// Removes all injected faults.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    /// The machine dies in the middle of the change after the next `changes` ones.
    pub fn kill_after(&self, changes: u64) {
        let mut state = self.lock();
        state.kill_after = Some(state.changes + changes);
    }

    /// The machine dies when `point` is reached the `nth` time from now (0: the next).
    pub fn kill_at(&self, point: CrashPoint, nth: u64) {
        self.lock().armed = Some((point, nth));
    }

    /// Changes (writes, syncs, names) so far.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// True once killed.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// Crash points passed so far, in order.
    #[must_use]
    pub fn points(&self) -> Vec<CrashPoint> {
        self.lock().reached.clone()
    }

    /// Paths opened so far, in order.
    #[must_use]
    pub fn opened(&self) -> Vec<PathBuf> {
        self.lock().opened.clone()
    }

    /// Files whose path contains the text are on the device only: reading them waits.
    pub fn set_cold(&self, path_contains: Option<&str>) {
        self.lock().cold = path_contains.map(str::to_owned);
    }

    /// What `space` answers from now on; 1 TiB with half of it free before.
    pub fn set_space(&self, space: Space) {
        self.lock().space = Some(space);
    }

    /// Sets a file's modification time.
    pub fn set_modified(&self, path: &Path, modified_ms: i64) {
        let mut state = self.lock();
        if let Some(file) = state.now.files.get(path).copied()
            && let Some(content) = state.files.get_mut(file)
        {
            content.modified_ms = modified_ms;
        }
    }

    /// The disk a new process finds when the old one was killed: all that was written.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        let state = self.lock();
        let files = state.files.iter().cloned().map(|mut file| {
            file.locked = false;
            file
        });
        let next = State {
            files: files.collect(),
            now: state.now.clone(),
            durable: state.durable.clone(),
            loses_folders: state.loses_folders,
            ..State::default()
        };
        Self { state: Arc::new(Mutex::new(next)) }
    }

    /// The disk after a power cut: what was synced, and by `seed` some of what was not.
    #[must_use]
    pub fn after_power_cut(&self, seed: u64) -> Self {
        self.after_power_cut_with(Unsynced::Subset(seed))
    }

    /// The disk after a power cut: what was synced, and what is said of the rest.
    #[must_use]
    pub fn after_power_cut_with(&self, unsynced: Unsynced) -> Self {
        let state = self.lock();
        let (Unsynced::Prefix(seed) | Unsynced::Subset(seed)) = unsynced else {
            let files = state.files.iter().map(|file| (file.durable.clone(), file.modified_ms));
            return Self::of(&state, files, state.durable.clone());
        };
        let mut coin = Coin(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        if matches!(unsynced, Unsynced::Prefix(_)) {
            let change = coin.below(state.changes as usize + 2) as u64;
            let names = if coin.flip() { &state.now } else { &state.durable };
            let files = state.files.iter().map(|file| (file.prefix(change), file.modified_ms));
            return Self::of(&state, files, names.clone());
        }
        let names = state.now.torn(&state.durable, &mut coin);
        let files = state.files.iter().map(|file| (file.torn(&mut coin), file.modified_ms));
        Self::of(&state, files, names)
    }

    /// A machine that has just been switched on.
    fn of(state: &State, images: impl Iterator<Item = (Vec<u8>, i64)>, names: Names) -> Self {
        let names = names.reachable([&state.now, &state.durable]);
        let images = images.map(|(image, modified_ms)| Content::switched_on(image, modified_ms));
        let next = State {
            files: images.collect(),
            now: names.clone(),
            durable: names,
            loses_folders: state.loses_folders,
            ..State::default()
        };
        Self { state: Arc::new(Mutex::new(next)) }
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock();
        state.alive()?;
        state.opened.push(path.to_owned());
        let index = match state.now.files.get(path).copied() {
            Some(index) => index,
            None if mode == OpenMode::Existing => return Err(io::ErrorKind::NotFound.into()),
            None => {
                state.fault(FaultOn::Create, path)?;
                state.step()?;
                let index = state.files.len();
                state.files.push(Content::default());
                state.now.files.insert(path.to_owned(), index);
                index
            }
        };
        let disk = self.clone();
        Ok(Arc::new(MemoryFile {
            disk,
            index,
            path: path.to_owned(),
            holds_lock: Mutex::new(false),
        }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.alive()?;
        state.now.dirs.extend(path.ancestors().map(Path::to_owned));
        state.folders_changed();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        if let Some(index) = state.now.files.remove(from) {
            state.now.files.insert(to.to_owned(), index);
            return Ok(());
        }
        if !state.now.dirs.contains(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let moved = |path: &Path| path.strip_prefix(from).ok().map(|rest| to.join(rest));
        let dirs = std::mem::take(&mut state.now.dirs);
        state.now.dirs = dirs.into_iter().map(|dir| moved(&dir).unwrap_or(dir)).collect();
        state.folders_changed();
        let names = std::mem::take(&mut state.now.files);
        state.now.files =
            names.into_iter().map(|(path, file)| (moved(&path).unwrap_or(path), file)).collect();
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        state.now.files.remove(path).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        if state.now.files.keys().any(|name| name.starts_with(path)) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        state.now.dirs.remove(path);
        state.folders_changed();
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let state = self.lock();
        state.alive()?;
        let files = state.now.files.iter().filter(|(path, _)| path.parent() == Some(dir));
        let files =
            files.filter_map(|(path, index)| Some(describe(path, state.files.get(*index)?)));
        let dirs = state
            .now
            .dirs
            .iter()
            .filter(|path| path.parent() == Some(dir))
            .map(|path| Entry { name: name_of(path), is_dir: true, bytes: 0, modified_ms: 0 });
        Ok(files.chain(dirs).collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Entry>> {
        let state = self.lock();
        state.alive()?;
        if let Some(content) = state.now.files.get(path).and_then(|index| state.files.get(*index)) {
            return Ok(Some(describe(path, content)));
        }
        let dir = Entry { name: name_of(path), is_dir: true, bytes: 0, modified_ms: 0 };
        Ok(state.now.dirs.contains(path).then_some(dir))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        let State { now, durable, .. } = &mut *state;
        now.sync_dir(dir, durable);
        Ok(())
    }

    fn syncs_file_systems(&self) -> bool {
        true
    }

    fn space(&self, _path: &Path) -> io::Result<Space> {
        let state = self.lock();
        state.alive()?;
        Ok(state.space.unwrap_or(Space { total: 1 << 40, available: 1 << 39 }))
    }

    fn reached(&self, point: CrashPoint) {
        let mut state = self.lock();
        state.reached.push(point);
        match &mut state.armed {
            Some((armed, 0)) if *armed == point => state.dead = true,
            Some((armed, nth)) if *armed == point => *nth -= 1,
            _ => {}
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn describe(path: &Path, content: &Content) -> Entry {
    Entry {
        name: name_of(path),
        is_dir: false,
        bytes: content.cache.len() as u64,
        modified_ms: content.modified_ms,
    }
}

struct MemoryFile {
    disk: MemoryDisk,
    index: usize,
    path: PathBuf,
    holds_lock: Mutex<bool>,
}

impl MemoryFile {
    /// Counts the change; when it is the last one, half of `bytes` still gets into the cache.
    fn write(&self, state: &mut State, bytes: &[u8], at: u64, faulty: bool) -> io::Result<()> {
        let dying = state.change()?;
        let change = state.changes;
        let content = state.files.get_mut(self.index).ok_or_else(off)?;
        if dying || faulty {
            let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
            content.write(change, at, half);
            return Err(if dying { off() } else { io::Error::other("injected fault") });
        }
        content.write(change, at, bytes);
        Ok(())
    }

    fn content<T>(&self, on: impl FnOnce(&mut Content) -> T) -> io::Result<T> {
        let mut state = self.disk.lock();
        state.step()?;
        state.files.get_mut(self.index).map(on).ok_or_else(off)
    }
}

impl DiskFile for MemoryFile {
    fn size(&self) -> io::Result<u64> {
        let state = self.disk.lock();
        state.alive()?;
        state.files.get(self.index).map(|content| content.cache.len() as u64).ok_or_else(off)
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let mut state = self.disk.lock();
        state.alive()?;
        state.fault(FaultOn::Read, &self.path)?;
        let content = state.files.get(self.index).ok_or_else(off)?;
        let rest = content.cache.get(at as usize..).unwrap_or_default();
        let read = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..read), rest.get(..read)) {
            to.copy_from_slice(from);
        }
        Ok(read)
    }

    fn read_at_nowait(&self, into: &mut [u8], at: u64) -> io::Result<Option<usize>> {
        let cold = self.disk.lock().cold.clone();
        let is_cold = cold.is_some_and(|cold| self.path.to_string_lossy().contains(&cold));
        if is_cold { Ok(None) } else { self.read_at(into, at).map(Some) }
    }

    fn read_past_cache(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.read_at(into, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let faulty = state.fault(FaultOn::Write, &self.path).is_err();
        self.write(&mut state, bytes, at, faulty)
    }

    fn write_at_synced(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let faulty = state.fault(FaultOn::Sync, &self.path).is_err();
        self.write(&mut state, bytes, at, faulty)?;
        // RWF_DSYNC promises these pages and the file's map, not earlier unsynced pages elsewhere.
        let content = state.files.get_mut(self.index).ok_or_else(off)?;
        content.sync_range(at, bytes.len() as u64);
        Ok(())
    }

    fn release_cache(&self, _at: u64, _len: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.lock().fault(FaultOn::Sync, &self.path)?;
        self.content(Content::sync)
    }

    fn sync_file_system(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.fault(FaultOn::Sync, &self.path)?;
        state.step()?;
        state.files.iter_mut().for_each(Content::sync);
        state.durable = state.now.clone();
        Ok(())
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.disk.lock().fault(FaultOn::Create, &self.path)?;
        self.content(|content| content.resize(bytes))
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.disk.lock().fault(FaultOn::Create, &self.path)?;
        self.content(|content| {
            if (content.cache.len() as u64) < bytes {
                content.resize(bytes);
            }
        })
    }

    fn zero_range(&self, at: u64, len: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.step()?;
        let change = state.changes;
        let content = state.files.get_mut(self.index).ok_or_else(off)?;
        content.zero(change, at, len);
        Ok(())
    }

    fn map(&self, _bytes: u64) -> io::Result<Option<MappedFile>> {
        Ok(None)
    }

    fn try_lock(&self) -> io::Result<bool> {
        let mut state = self.disk.lock();
        state.alive()?;
        let content = state.files.get_mut(self.index).ok_or_else(off)?;
        if content.locked {
            return Ok(false);
        }
        content.locked = true;
        *self.holds_lock.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Ok(true)
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        if *self.holds_lock.lock().unwrap_or_else(PoisonError::into_inner)
            && let Some(content) = self.disk.lock().files.get_mut(self.index)
        {
            content.locked = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_power_cut_keeps_what_was_synced_and_a_kill_keeps_what_was_written() {
        let disk = MemoryDisk::new();
        let path = Path::new("/d/f");
        let file = disk.open(path, OpenMode::CreateIfMissing).expect("open");
        file.write_at(&[1; 8192], 0).expect("write");
        file.sync_data().expect("sync");
        disk.sync_dir(Path::new("/d")).expect("sync dir");
        file.write_at(&[2; 8192], 0).expect("write");
        let read = |disk: &MemoryDisk| {
            let file = disk.open(path, OpenMode::Existing).expect("open");
            let mut bytes = vec![0; 8192];
            assert_eq!(file.read_at(&mut bytes, 0).expect("read"), 8192);
            (bytes[0], bytes[4096])
        };
        assert_eq!(read(&disk.after_kill()), (2, 2));
        let outcomes: BTreeSet<_> = (0..64).map(|seed| read(&disk.after_power_cut(seed))).collect();
        assert_eq!(outcomes.len(), 4, "each page by itself is old or new");
    }

    #[test]
    fn zeroed_blocks_are_durable_after_any_sync_of_their_file_and_not_before() {
        let path = Path::new("/d/f");
        let outcomes = |sync: &dyn Fn(&dyn DiskFile)| {
            let disk = MemoryDisk::new();
            let file = disk.open(path, OpenMode::CreateIfMissing).expect("open");
            file.write_at(&[1; 4 * 4096], 0).expect("write");
            file.sync_file_system().expect("sync");
            file.zero_range(2048, 4 * 4096).expect("zero");
            drop(file);
            // Another process has only the names; the journal is the machine's.
            let next = disk.after_kill();
            let file = next.open(path, OpenMode::Existing).expect("open");
            file.write_at(&[2; 4096], 2 * 4096).expect("write");
            sync(&*file);
            let read = |seed| {
                let left = next.after_power_cut(seed);
                let file = left.open(path, OpenMode::Existing).expect("open");
                let mut bytes = [9; 4 * 4096];
                assert_eq!(file.read_at(&mut bytes, 0).expect("read"), bytes.len());
                [2048, 4096, 2 * 4096, 3 * 4096].map(|at| bytes[at])
            };
            (0..200).map(read).collect::<BTreeSet<_>>()
        };
        let none = outcomes(&|_| {});
        assert!(none.contains(&[0, 1, 2, 1]), "new bytes, and the old ones still behind them");
        let elsewhere = outcomes(&|file| file.write_at_synced(&[0], 2048).expect("write"));
        assert_eq!(elsewhere, BTreeSet::from([[0, 0, 0, 0], [0, 0, 2, 0]]));
        let all = outcomes(&|file| file.sync_data().expect("sync"));
        assert_eq!(all, BTreeSet::from([[0, 0, 2, 0]]));
    }

    #[test]
    fn a_folder_that_was_lost_takes_along_what_is_in_it() {
        let disk = MemoryDisk::losing_folders();
        disk.create_dir_all(Path::new("/d/e")).expect("folders");
        disk.open(Path::new("/d/e/f"), OpenMode::CreateIfMissing).expect("open");
        let is_left = |disk: &MemoryDisk| disk.stat(Path::new("/d/e/f")).expect("stat").is_some();
        let cut = |disk: &MemoryDisk| disk.after_power_cut_with(Unsynced::Dropped);
        for folder in ["/d/e", "/d", "/"] {
            assert!(is_left(&disk.after_kill()) && !is_left(&cut(&disk)), "{folder}");
            disk.sync_dir(Path::new(folder)).expect("sync");
        }
        assert!(is_left(&cut(&disk)));
    }

    #[test]
    fn a_killed_disk_refuses_everything_and_tears_the_last_write() {
        let disk = MemoryDisk::new();
        let path = Path::new("/f");
        let file = disk.open(path, OpenMode::CreateIfMissing).expect("open");
        disk.kill_after(1);
        file.write_at(b"aaaa", 0).expect("the write before");
        assert!(file.write_at(b"bbbb", 0).is_err());
        assert!(file.sync_data().is_err());
        assert!(disk.list(Path::new("/")).is_err());
        let next = disk.after_kill();
        let file = next.open(path, OpenMode::Existing).expect("open");
        let mut bytes = [0; 4];
        assert_eq!(file.read_at(&mut bytes, 0).expect("read"), 4);
        assert_eq!(&bytes, b"bbaa");
    }
}
