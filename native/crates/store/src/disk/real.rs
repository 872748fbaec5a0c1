//! The machine's file systems through rustix and std.

use std::fs::{File, OpenOptions};
use std::io;
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use rustix::fs::{
    Advice, FallocateFlags, FlockOperation, Mode, OFlags, SeekFrom, fadvise, fallocate, fcntl_lock,
    flock, seek, statvfs, syncfs,
};
use rustix::io::{Errno, ReadWriteFlags, preadv2, pwritev2};
use rustix::system::{sysinfo, uname};

use super::{DIRECT_ALIGNMENT, Disk, DiskFile, Entry, MappedFile, OpenMode, Space};

/// Zeros written at once where a file system cannot zero a range by itself.
const ZERO_CHUNK_BYTES: usize = 1 << 20;

/// The real disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(mode == OpenMode::CreateIfMissing)
            .truncate(false)
            .open(path)?;
        Ok(Arc::new(RealFile {
            file,
            direct: OnceLock::new(),
            dsync_refused: AtomicBool::new(false),
            nowait_refused: AtomicBool::new(false),
        }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let read = match std::fs::read_dir(dir) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut entries = Vec::new();
        for item in read {
            let item = item?;
            // RocketMQ's names are ASCII; what is not UTF-8 is none of the store's files.
            let Ok(name) = item.file_name().into_string() else { continue };
            match item.metadata() {
                Ok(metadata) => entries.push(entry(name, &metadata)),
                // Removed between the listing and the stat: as if it had never been listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Entry>> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(Some(entry(name, &metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn syncs_file_systems(&self) -> bool {
        // Before 5.8 the kernel forgets to tell syncfs of failed writes.
        let name = uname();
        let mut numbers = name.release().to_str().unwrap_or_default().split(['.', '-']);
        let mut next = || numbers.next().and_then(|text| text.parse().ok()).unwrap_or(0);
        (next(), next()) >= (5, 8)
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let stat = statvfs(path)?;
        // Root's reserve counts as used for us and is left out of the total, like Java's
        // (total - free) / (total - free + usable).
        let used = stat.f_blocks.saturating_sub(stat.f_bfree);
        Ok(Space {
            total: used.saturating_add(stat.f_bavail).saturating_mul(stat.f_frsize),
            available: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    fn memory_bytes(&self) -> u64 {
        let info = sysinfo();
        info.totalram.saturating_mul(u64::from(info.mem_unit))
    }
}

fn entry(name: String, metadata: &std::fs::Metadata) -> Entry {
    let modified_ms = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_millis() as i64);
    let bytes = if metadata.is_dir() { 0 } else { metadata.len() };
    Entry { name, is_dir: metadata.is_dir(), bytes, modified_ms }
}

struct RealFile {
    file: File,
    /// Set after the first refusal of `RWF_DSYNC`, so that it is asked for once a file.
    dsync_refused: AtomicBool,
    /// The same for `RWF_NOWAIT`.
    nowait_refused: AtomicBool,
    /// The file opened once more, past the page cache; `None` where that is refused.
    direct: OnceLock<Option<File>>,
}

impl RealFile {
    /// `None` also for bytes that are not aligned. Opened by descriptor and not by name: the file
    /// may have been renamed to the trash, and another one may have its name.
    fn direct(&self, bytes: &[u8], at: u64) -> Option<&File> {
        if !is_aligned(bytes, at) {
            return None;
        }
        let open = || {
            let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            let flags = OFlags::RDWR | OFlags::DIRECT | OFlags::CLOEXEC;
            rustix::fs::open(path, flags, Mode::empty()).ok().map(File::from)
        };
        self.direct.get_or_init(open).as_ref()
    }

    fn read_direct(&self, into: &mut [u8], at: u64) -> Option<io::Result<usize>> {
        let direct = self.direct(into, at)?;
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match direct.read_at(rest, at + filled as u64) {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    // The file ends here: what follows is not aligned any more.
                    if !read.is_multiple_of(DIRECT_ALIGNMENT) {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The file system takes the flag and refuses the read.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(filled))
    }
}

fn is_aligned(bytes: &[u8], at: u64) -> bool {
    let is_aligned = |number: usize| number.is_multiple_of(DIRECT_ALIGNMENT);
    is_aligned(bytes.len()) && is_aligned(bytes.as_ptr().addr()) && is_aligned(at as usize)
}

impl DiskFile for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn read_at_nowait(&self, into: &mut [u8], at: u64) -> io::Result<Option<usize>> {
        if self.nowait_refused.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let wanted = into.len();
        let mut piece = [io::IoSliceMut::new(into)];
        match preadv2(&self.file, &mut piece, at, ReadWriteFlags::NOWAIT) {
            Ok(read) if read == wanted => Ok(Some(read)),
            // The end of the file, or of what is in memory: the waiting read knows.
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                self.nowait_refused.store(true, Ordering::Relaxed);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn read_past_cache(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        if let Some(read) = self.read_direct(into, at) {
            return read;
        }
        let read = self.read_at(into, at)?;
        self.release_cache(at, into.len() as u64)?;
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, at)
    }

    fn write_past_cache(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        match self.direct(bytes, at).map(|direct| direct.write_all_at(bytes, at)) {
            // The file system takes the flag and refuses the write.
            Some(Err(error)) if error.kind() == io::ErrorKind::InvalidInput => {}
            Some(written) => return written,
            None => {}
        }
        self.write_at(bytes, at)
    }

    fn write_at_synced(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        if self.dsync_refused.load(Ordering::Relaxed) {
            self.file.write_all_at(bytes, at)?;
            return self.file.sync_data();
        }
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let piece = [io::IoSlice::new(rest)];
            match pwritev2(&self.file, &piece, at + done as u64, ReadWriteFlags::DSYNC) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => done += written,
                Err(Errno::INTR) => {}
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                    self.dsync_refused.store(true, Ordering::Relaxed);
                    self.file.write_all_at(rest, at + done as u64)?;
                    return self.file.sync_data();
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn sync_file_system(&self) -> io::Result<()> {
        Ok(syncfs(&self.file)?)
    }

    fn release_cache(&self, at: u64, len: u64) -> io::Result<()> {
        let len = NonZeroU64::new(len);
        // To the system a length of 0 means the whole file.
        len.map_or(Ok(()), |len| Ok(fadvise(&self.file, at, Some(len), Advice::DontNeed)?))
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        match fallocate(&self.file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => Ok(()),
            // Without reserved blocks a full disk shows at the write instead of here.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                if self.size()? < bytes {
                    self.file.set_len(bytes)?;
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn zero_range(&self, at: u64, len: u64) -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        let flags = FallocateFlags::ZERO_RANGE | FallocateFlags::KEEP_SIZE;
        match fallocate(&self.file, flags, at, len) {
            Ok(()) => return Ok(()),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
        // Written zeros are data, which a synced write of another block leaves where it is.
        let zeros = vec![0_u8; ZERO_CHUNK_BYTES];
        let mut done = 0;
        while done < len {
            let piece = (len - done).min(ZERO_CHUNK_BYTES as u64);
            let bytes = zeros.get(..piece as usize).unwrap_or(&zeros);
            self.write_at_synced(bytes, at + done)?;
            done += piece;
        }
        Ok(())
    }

    fn next_data(&self, at: u64) -> io::Result<Option<Range<u64>>> {
        // The descriptor's own position is used by nothing else here.
        match seek(&self.file, SeekFrom::Data(at)) {
            Ok(start) => Ok(Some(start..seek(&self.file, SeekFrom::Hole(start))?)),
            Err(Errno::NXIO) => Ok(None),
            Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => {
                let size = self.size()?;
                Ok((at < size).then_some(at..size))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn map(&self, bytes: u64) -> io::Result<Option<MappedFile>> {
        MappedFile::map(&self.file, bytes as usize).map(Some)
    }

    fn try_lock(&self) -> io::Result<bool> {
        // Two kinds on purpose: the record lock is what Java's FileChannel.tryLock takes and sees,
        // but never conflicts within one process; flock does.
        for refused in [
            flock(&self.file, FlockOperation::NonBlockingLockExclusive),
            fcntl_lock(&self.file, FlockOperation::NonBlockingLockExclusive),
        ] {
            match refused {
                Ok(()) => {}
                Err(Errno::AGAIN | Errno::ACCESS) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_reads_maps_and_zeroes() {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("file");
        let file = RealDisk.open(&path, OpenMode::CreateIfMissing).expect("open");
        file.allocate(65_536).expect("allocate");
        assert_eq!(file.size().expect("size"), 65_536);
        file.write_at(b"abcdef", 10).expect("write");
        file.write_at_synced(b"XY", 12).expect("synced write");
        let mapped = file.map(65_536).expect("map").expect("real disks map");
        assert_eq!(mapped.get(10, 6), Some(&b"abXYef"[..]));
        assert_eq!(mapped.get(65_530, 7), None, "beyond the mapping");
        file.zero_range(11, 65_525).expect("zero");
        assert_eq!(mapped.get(10, 3), Some(&b"a\0\0"[..]));
        assert_eq!(file.size().expect("size"), 65_536);
        let mut short = [0; 8];
        assert_eq!(file.read_at(&mut short, 65_533).expect("read"), 3);
    }

    #[test]
    fn what_is_written_past_the_cache_is_read_through_it() {
        #[repr(align(4096))]
        struct Aligned([u8; 2 * DIRECT_ALIGNMENT]);
        static ZEROS: Aligned = Aligned([0; 2 * DIRECT_ALIGNMENT]);
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("file");
        let file = RealDisk.open(&path, OpenMode::CreateIfMissing).expect("open");
        file.allocate(65_536).expect("allocate");
        file.write_at(&vec![7; 65_536], 0).expect("write");
        let mapped = file.map(65_536).expect("map").expect("real disks map");
        assert_eq!(mapped.get(8_191, 2), Some(&[7, 7][..]));
        file.write_past_cache(&ZEROS.0, 8_192).expect("aligned");
        file.write_past_cache(b"abc", 10).expect("not aligned");
        assert_eq!(mapped.get(8_191, 2), Some(&[7, 0][..]));
        assert_eq!(mapped.get(16_383, 2), Some(&[0, 7][..]));
        assert_eq!(mapped.get(9, 5), Some(&b"\x07abc\x07"[..]));
    }

    #[test]
    fn a_second_open_cannot_take_the_lock() {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("lock");
        let first = RealDisk.open(&path, OpenMode::CreateIfMissing).expect("open");
        let second = RealDisk.open(&path, OpenMode::CreateIfMissing).expect("open");
        assert!(first.try_lock().expect("lock"));
        assert!(!second.try_lock().expect("lock"));
        drop(first);
        assert!(second.try_lock().expect("lock after the holder closed"));
    }
}
