//! One full-size file of the log.
//!
//! Invariant of zeroing ahead: bytes below `reserved` belong to the appender, the zeroing thread
//! writes only inside its declared `claim`, and `reserved <= claim.start` whenever both touch the
//! file. So a zero never lands on a record, without holding a lock during either write.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use crate::disk::{DIRECT_ALIGNMENT, Disk, DiskFile, MappedFile, OpenMode, read_exact_at};
use crate::error::FileError;
use crate::log_slice::LogSlice;

pub(crate) struct Segment {
    pub(crate) base: u64,
    pub(crate) bytes: u64,
    pub(crate) path: PathBuf,
    disk: Arc<dyn Disk>,
    /// Opened at first use: a store of a thousand segments opens the few it touches.
    file: OnceLock<Arc<dyn DiskFile>>,
    mapping: OnceLock<Option<Arc<MappedFile>>>,
    zeroing_over: AtomicBool,
    zeroing: Mutex<Zeroing>,
    claim_released: Condvar,
}

#[derive(Debug, Default)]
struct Zeroing {
    reserved: u64,
    zeroed: u64,
    claim: Option<Range<u64>>,
}

impl Segment {
    /// A file that exists with its full size.
    pub(crate) fn new(base: u64, bytes: u64, path: PathBuf, disk: Arc<dyn Disk>) -> Self {
        Self {
            base,
            bytes,
            path,
            disk,
            file: OnceLock::new(),
            mapping: OnceLock::new(),
            zeroing_over: AtomicBool::new(false),
            zeroing: Mutex::default(),
            claim_released: Condvar::new(),
        }
    }

    pub(crate) const fn end(&self) -> u64 {
        self.base + self.bytes
    }

    pub(crate) fn file(&self) -> Result<&Arc<dyn DiskFile>, FileError> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let opened = self.disk.open(&self.path, OpenMode::Existing);
        let opened = opened.map_err(FileError::on("cannot open", &self.path))?;
        Ok(self.file.get_or_init(|| opened))
    }

    pub(crate) fn write_at(&self, bytes: &[u8], at: u64) -> Result<(), FileError> {
        self.file()?.write_at(bytes, at).map_err(FileError::on("cannot write", &self.path))
    }

    /// The same past the page cache; see `DiskFile::write_past_cache`.
    pub(crate) fn write_past_cache(&self, bytes: &[u8], at: u64) -> Result<(), FileError> {
        let written = self.file()?.write_past_cache(bytes, at);
        written.map_err(FileError::on("cannot write", &self.path))
    }

    pub(crate) fn write_at_synced(&self, bytes: &[u8], at: u64) -> Result<(), FileError> {
        let written = self.file()?.write_at_synced(bytes, at);
        written.map_err(FileError::on("cannot write and sync", &self.path))
    }

    pub(crate) fn sync_data(&self) -> Result<(), FileError> {
        self.file()?.sync_data().map_err(FileError::on("cannot sync", &self.path))
    }

    /// Declares that the appender owns everything below `end` (relative). Waits for at most one
    /// chunk of zeros when the zeroing thread was overtaken.
    pub(crate) fn reserve(&self, end: u64) {
        if self.zeroing_over.load(Ordering::Acquire) {
            return;
        }
        let mut zeroing = self.zeroing.lock().unwrap_or_else(PoisonError::into_inner);
        zeroing.reserved = zeroing.reserved.max(end);
        let claimed = |zeroing: &mut Zeroing| {
            zeroing.claim.as_ref().is_some_and(|claim| claim.start < zeroing.reserved)
        };
        drop(
            self.claim_released
                .wait_while(zeroing, claimed)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Claims the next range of at most `chunk` bytes to zero, `lead` or more ahead of the
    /// appender and below `until` (relative); `None` when there is none now.
    pub(crate) fn claim_zeroing(&self, chunk: u64, lead: u64, until: u64) -> Option<Range<u64>> {
        let mut zeroing = self.zeroing.lock().unwrap_or_else(PoisonError::into_inner);
        // A segment without a record yet is zeroed from its start: nobody is near.
        let nearest = if zeroing.reserved == 0 {
            0
        } else {
            (zeroing.reserved + lead).next_multiple_of(DIRECT_ALIGNMENT as u64)
        };
        let start = zeroing.zeroed.max(nearest);
        if start >= self.bytes {
            self.zeroing_over.store(true, Ordering::Release);
            return None;
        }
        let end = (start + chunk).min(until.min(self.bytes));
        if start >= end {
            return None;
        }
        zeroing.claim = Some(start..end);
        zeroing.claim.clone()
    }

    /// Lets the page cache forget `len` bytes from `at` (relative) that are on disk.
    pub(crate) fn release_cache(&self, at: u64, len: u64) -> Result<(), FileError> {
        let file = self.file()?;
        let mapping = self.mapping.get().and_then(Option::as_ref);
        let unmapped = mapping.map_or(Ok(()), |map| map.unmap_pages(at as usize, len as usize));
        let released = unmapped.and_then(|()| file.release_cache(at, len));
        released.map_err(FileError::on("cannot give back the cache of", &self.path))
    }

    /// Gives a claim back; `written` when its zeros are in the file.
    pub(crate) fn release_claim(&self, written: bool) {
        let mut zeroing = self.zeroing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claim) = zeroing.claim.take()
            && written
        {
            zeroing.zeroed = claim.end;
        }
        self.claim_released.notify_all();
    }

    /// Whether the bytes lie within this file.
    pub(crate) fn has(&self, at: u64, len: usize) -> bool {
        at.checked_add(len as u64).is_some_and(|end| end <= self.bytes)
    }

    /// Whether `len` bytes from `at` (relative) are in memory; `None` where nothing is mapped, so
    /// that only reading can tell.
    pub(crate) fn is_resident(&self, at: u64, len: usize) -> Result<Option<bool>, FileError> {
        let Some(mapping) = self.mapping(self.file()?) else { return Ok(None) };
        let resident = mapping.is_resident(at as usize, len);
        resident.map(Some).map_err(FileError::on("cannot ask about the pages of", &self.path))
    }

    /// `len` bytes from `at` (relative), which the caller knows to be below the readable end and,
    /// where the file is mapped, in memory. `None` when they are not in memory or not in the file.
    pub(crate) fn slice(&self, at: u64, len: usize) -> Result<Option<LogSlice>, FileError> {
        if !self.has(at, len) {
            return Ok(None);
        }
        let file = self.file()?;
        if let Some(mapping) = self.mapping(file) {
            return Ok(LogSlice::mapped(mapping, at as usize, len));
        }
        let mut bytes = vec![0; len];
        let read = file.read_at_nowait(&mut bytes, at);
        let read = read.map_err(FileError::on("cannot read", &self.path))?;
        Ok((read == Some(len)).then(|| LogSlice::copied(bytes)))
    }

    /// Reads exactly the bytes of `into` from `at` (relative) and waits for them.
    pub(crate) fn read(&self, into: &mut [u8], at: u64) -> Result<(), FileError> {
        let read = read_exact_at(&**self.file()?, into, at);
        read.map_err(FileError::on("cannot read", &self.path))
    }

    /// The same past the page cache; see `DiskFile::read_past_cache`.
    pub(crate) fn read_past_cache(&self, into: &mut [u8], at: u64) -> Result<usize, FileError> {
        let read = self.file()?.read_past_cache(into, at);
        read.map_err(FileError::on("cannot read", &self.path))
    }

    /// Mapped at the first read, so that opening a store maps nothing. Where mapping is refused
    /// (address space limit) reads copy.
    fn mapping(&self, file: &Arc<dyn DiskFile>) -> Option<Arc<MappedFile>> {
        self.mapping.get_or_init(|| file.map(self.bytes).ok().flatten().map(Arc::new)).clone()
    }

    /// True while a slice of the mapping is in somebody's hands. A segment that is in no list gets
    /// no new ones.
    pub(crate) fn is_mapping_held(&self) -> bool {
        let mapping = self.mapping.get().and_then(Option::as_ref);
        mapping.is_some_and(|mapping| Arc::strong_count(mapping) > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::MemoryDisk;
    use std::path::Path;

    fn segment(bytes: u64) -> Segment {
        let disk = MemoryDisk::new();
        let path = Path::new("/s");
        let file = disk.open(path, OpenMode::CreateIfMissing).expect("open");
        file.allocate(bytes).expect("allocate");
        Segment::new(0, bytes, path.to_owned(), Arc::new(disk.clone()))
    }

    #[test]
    fn claims_stay_ahead_of_the_appender() {
        let segment = segment(100_000);
        assert_eq!(segment.claim_zeroing(8_192, 5_000, 100_000), Some(0..8_192), "fresh");
        segment.release_claim(true);
        segment.reserve(30_000);
        let whole_blocks = Some(36_864..45_056);
        assert_eq!(segment.claim_zeroing(8_192, 5_000, 100_000), whole_blocks);
        segment.release_claim(false);
        assert_eq!(segment.claim_zeroing(8_192, 5_000, 40_960), Some(36_864..40_960), "again");
        segment.release_claim(true);
        assert_eq!(segment.claim_zeroing(8_192, 5_000, 40_960), None, "window is zeroed");
        segment.reserve(99_000);
        assert_eq!(segment.claim_zeroing(8_192, 5_000, 100_000), None, "nothing left");
        segment.reserve(100_000);
    }

    #[test]
    fn an_appender_that_overtakes_waits_for_the_claim() {
        let segment = Arc::new(segment(1_000));
        assert_eq!(segment.claim_zeroing(500, 0, 1_000), Some(0..500));
        let (done, wait_done) = std::sync::mpsc::channel();
        let appender = {
            let segment = Arc::clone(&segment);
            std::thread::spawn(move || {
                segment.reserve(10);
                done.send(()).expect("test is alive");
            })
        };
        let early = wait_done.recv_timeout(std::time::Duration::from_millis(30));
        assert!(early.is_err(), "the appender went into a claimed range");
        segment.release_claim(true);
        wait_done.recv().expect("goes on once the claim is back");
        appender.join().expect("appender");
    }
}
