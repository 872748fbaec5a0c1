//! The log's files in order.
//!
//! Invariant: names are consecutive multiples of the segment size; the list never has a hole.
//! Files are added at the end (made ahead of need) and taken away at the front (retention) only.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::segment::Segment;
use crate::disk::{CrashPoint, Disk, OpenMode};
use crate::error::FileError;

/// Name of the file that begins at `base`: 20 digits, as Java's `UtilAll.offset2FileName`.
pub(crate) fn file_name(base: u64) -> String {
    format!("{base:020}")
}

/// The position a file name stands for, `None` for any other file.
pub(crate) fn parse_name(name: &str) -> Option<u64> {
    (name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| name.parse().ok())
        .flatten()
}

pub(crate) struct Segments {
    dir: PathBuf,
    segment_bytes: u64,
    disk: Arc<dyn Disk>,
    list: RwLock<Vec<Arc<Segment>>>,
    /// Held while a file is made, so that the appender and the preparing thread never make the
    /// same one.
    making: Mutex<()>,
}

impl Segments {
    pub(crate) fn new(dir: PathBuf, segment_bytes: u64, disk: Arc<dyn Disk>) -> Self {
        Self { dir, segment_bytes, disk, list: RwLock::default(), making: Mutex::new(()) }
    }

    pub(crate) const fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    /// First position of the log, `None` without a file.
    pub(crate) fn first_base(&self) -> Option<u64> {
        self.read().first().map(|segment| segment.base)
    }

    /// The segment that holds `position`.
    pub(crate) fn find(&self, position: u64) -> Option<Arc<Segment>> {
        let list = self.read();
        let first = list.first()?.base;
        let index = position.checked_sub(first)? / self.segment_bytes;
        list.get(usize::try_from(index).ok()?).cloned()
    }

    /// Segments that overlap `from..to`, in order.
    pub(crate) fn covering(&self, from: u64, to: u64) -> Vec<Arc<Segment>> {
        let list = self.read();
        let inside = |segment: &&Arc<Segment>| segment.base < to && segment.end() > from;
        list.iter().filter(inside).cloned().collect()
    }

    /// Adds a file that exists with its full size, after the last one.
    pub(crate) fn adopt(&self, base: u64) -> Arc<Segment> {
        let path = self.dir.join(file_name(base));
        self.push(Segment::new(base, self.segment_bytes, path, Arc::clone(&self.disk)))
    }

    /// The segment at `base`, made when it does not exist yet. Its name and size are durable when
    /// this returns: a synced record in a file whose name a power cut takes would be lost.
    pub(crate) fn get_or_make(&self, base: u64) -> Result<Arc<Segment>, FileError> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(segment) = self.find(base) {
            return Ok(segment);
        }
        self.make(base)
    }

    /// Whether the disk has room for `count` more files.
    pub(crate) fn has_room_for(&self, count: u64) -> Result<bool, FileError> {
        let space = self.disk.space(&self.dir);
        let space = space.map_err(FileError::on("cannot look at", &self.dir))?;
        Ok(space.available / self.segment_bytes >= count)
    }

    /// Takes every file away and goes on with one at `base`: a log without a record is moved to
    /// where its master's begins. A crash in between leaves an empty folder or the new file.
    pub(crate) fn start_over_at(&self, base: u64) -> Result<Arc<Segment>, FileError> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = {
            let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *list)
        };
        // Newest first: what a crash leaves never has a hole.
        for segment in gone.iter().rev() {
            let removed = self.disk.remove_file(&segment.path);
            removed.map_err(FileError::on("cannot remove", &segment.path))?;
        }
        self.disk.sync_dir(&self.dir).map_err(FileError::on("cannot sync", &self.dir))?;
        self.make(base)
    }

    fn make(&self, base: u64) -> Result<Arc<Segment>, FileError> {
        let path = self.dir.join(file_name(base));
        if self.read().last().is_some_and(|last| last.end() != base) {
            // Only whoever looked before the log was moved asks for this.
            let source = std::io::Error::other("the log has moved meanwhile");
            return Err(FileError::on("will not create", &path)(source));
        }
        let file = self.disk.open(&path, OpenMode::CreateIfMissing);
        let file = file.map_err(FileError::on("cannot create", &path))?;
        let made = (|| {
            // A left-over of a failed earlier try may hold anything.
            if file.size()? > 0 {
                file.set_size(0)?;
            }
            file.allocate(self.segment_bytes)?;
            self.disk.reached(CrashPoint::AfterSegmentCreate);
            file.sync_data()?;
            self.disk.sync_dir(&self.dir)
        })();
        made.map_err(FileError::on("cannot allocate", &path))?;
        Ok(self.adopt(base))
    }

    /// Takes the first segment away unless it holds `keep_from` or later positions.
    pub(crate) fn pop_first(&self, keep_from: u64) -> Option<Arc<Segment>> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        if list.first()?.end() > keep_from {
            return None;
        }
        Some(list.remove(0))
    }

    fn push(&self, segment: Segment) -> Arc<Segment> {
        let segment = Arc::new(segment);
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        debug_assert!(list.last().is_none_or(|last| last.end() == segment.base), "a hole");
        list.push(Arc::clone(&segment));
        segment
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Segment>>> {
        self.list.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::MemoryDisk;

    #[test]
    fn names_are_twenty_digits() {
        assert_eq!(file_name(1 << 30), "00000000001073741824");
        assert_eq!(parse_name("00000000001073741824"), Some(1 << 30));
        for other in
            ["", "1", "0000000000107374182x", "000000000010737418240", "+0000000001073741824"]
        {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }

    #[test]
    fn finds_by_position_and_never_hands_out_what_is_gone() {
        let disk = Arc::new(MemoryDisk::new());
        let segments = Segments::new("/log".into(), 1_000, disk);
        for base in [2_000, 3_000, 4_000] {
            segments.get_or_make(base).expect("make");
        }
        let base = |position| segments.find(position).map(|segment| segment.base);
        assert_eq!(base(1_999), None);
        assert_eq!(base(2_000), Some(2_000));
        assert_eq!(base(3_999), Some(3_000));
        assert_eq!(base(5_000), None);
        assert_eq!(segments.covering(2_999, 3_001).len(), 2);
        assert!(segments.pop_first(2_500).is_none(), "still holds kept positions");
        assert_eq!(segments.pop_first(3_000).map(|segment| segment.base), Some(2_000));
        assert_eq!(base(2_000), None);
        assert_eq!(segments.first_base(), Some(3_000));
    }
}
