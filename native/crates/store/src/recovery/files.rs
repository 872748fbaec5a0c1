//! The log's files as a crash left them: names, lengths, order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::commit_log::segments::{file_name, parse_name};
use crate::disk::Disk;
use crate::error::{FileError, OpenError};

/// Whole segments in order without a hole, and perhaps a last file that never got its size.
pub(super) struct LogFiles {
    pub(super) dir: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) segment_bytes: u64,
    /// First positions.
    pub(super) bases: Vec<u64>,
    /// First position and length of a last file that is too short.
    pub(super) short_last: Option<(u64, u64)>,
}

impl LogFiles {
    /// Lists the folder; opens no file. Names that are no segment's are not ours to judge.
    pub(super) fn list(
        dir: &Path,
        segment_bytes: u64,
        disk: &Arc<dyn Disk>,
    ) -> Result<Self, OpenError> {
        let entries = disk.list(dir).map_err(FileError::on("cannot list", dir))?;
        let mut found: Vec<(u64, u64)> = entries
            .iter()
            .filter(|entry| !entry.is_dir)
            .filter_map(|entry| Some((parse_name(&entry.name)?, entry.bytes)))
            .collect();
        found.sort_unstable();
        let mut files = Self {
            dir: dir.to_owned(),
            disk: Arc::clone(disk),
            segment_bytes,
            bases: Vec::with_capacity(found.len()),
            short_last: None,
        };
        let last = found.len().saturating_sub(1);
        for (index, (base, bytes)) in found.into_iter().enumerate() {
            if let Some(expected) = files.end()
                && base != expected
            {
                let (missing, next) = (files.path(expected), files.path(base));
                return Err(OpenError::SegmentMissing { missing, next });
            }
            if bytes == segment_bytes && base.is_multiple_of(segment_bytes) {
                files.bases.push(base);
            } else if index == last && (bytes == 0 || (index > 0 && bytes < segment_bytes)) {
                files.short_last = Some((base, bytes));
            } else {
                return Err(files.wrong_size(base, bytes));
            }
        }
        Ok(files)
    }

    pub(super) fn wrong_size(&self, base: u64, found_bytes: u64) -> OpenError {
        let wanted_bytes = self.segment_bytes;
        OpenError::SegmentSize { path: self.path(base), found_bytes, wanted_bytes }
    }

    pub(super) fn path(&self, base: u64) -> PathBuf {
        self.dir.join(file_name(base))
    }

    /// End of the last whole segment, `None` without one.
    pub(super) fn end(&self) -> Option<u64> {
        self.bases.last().map(|base| base + self.segment_bytes)
    }

    /// First position of the segment that holds `position`.
    pub(super) fn base_of(&self, position: u64) -> Option<u64> {
        let base = position - position % self.segment_bytes;
        self.bases.binary_search(&base).ok().map(|_| base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::OpenMode;
    use crate::disk::memory::MemoryDisk;

    fn listed(files: &[(&str, u64)]) -> Result<LogFiles, OpenError> {
        let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
        for (name, bytes) in files {
            let path = Path::new("/log").join(name);
            let file = disk.open(&path, OpenMode::CreateIfMissing).expect("open");
            file.set_size(*bytes).expect("size");
        }
        LogFiles::list(Path::new("/log"), 1_000, &disk)
    }

    #[test]
    fn whole_files_in_order_and_strangers_ignored() {
        let files = listed(&[
            ("00000000000000002000", 1_000),
            ("00000000000000001000", 1_000),
            ("readme.txt", 5),
        ]);
        let files = files.expect("fine");
        assert_eq!(files.bases, [1_000, 2_000]);
        assert_eq!((files.base_of(1_999), files.base_of(3_000)), (Some(1_000), None));
    }

    #[test]
    fn a_short_last_file_is_noted_and_every_other_wrong_size_refused() {
        let files = listed(&[("00000000000000000000", 1_000), ("00000000000000001000", 12)]);
        assert_eq!(files.expect("noted").short_last, Some((1_000, 12)));
        let first = listed(&[("00000000000000000000", 12), ("00000000000000001000", 1_000)]);
        let message = first.err().expect("refused").to_string();
        assert!(message.contains("00000000000000000000 is 12 bytes long"), "{message}");
        assert!(listed(&[("00000000000000000000", 4_000)]).is_err(), "other configured size");
        assert!(listed(&[("00000000000000000000", 400)]).is_err(), "the only file: other size");
    }

    #[test]
    fn a_hole_is_refused_by_name() {
        let files = listed(&[("00000000000000000000", 1_000), ("00000000000000002000", 1_000)]);
        let message = files.err().expect("refused").to_string();
        assert!(message.contains("00000000000000001000 is missing"), "{message}");
    }
}
