//! Finding the log's end after any kind of stop, and taking away what lies behind it.
//!
//! Where to begin: our checkpoint's position; else Java's rule, the newest segment whose first
//! record is no younger than the checkpoint's times; else the first segment. From there each
//! record is verified (length, magic, CRC, stored position). The end is the first place where none
//! stands; behind it everything reads as zeros before anyone may append.
//!
//! Under it everything is synced first, except where that can be left to the flushing thread: under
//! `ASYNC_FLUSH`, from our own checkpoint on, when nothing had to be cut. The dead process's dirty
//! pages, up to hundreds of megabytes behind a busy device, then delay no send: the records count
//! as written, and as flushed only what the checkpoint covers, which bounds what is derived from
//! them as in a running store. A cut is synced before the first append in any case: stale bytes
//! that a power cut brought back behind new records could line up with them.
//! Invariants: after recovery the log is a contiguous run of real records; a record that was once
//! cut never comes back; work depends on what was written since the last checkpoint, not on the
//! size of the store. Refuses: files it cannot place (wrong size, hole), by name.
//!
//! Mirrors Java's `CommitLog.recoverNormally` and `recoverAbnormally`, except that Java moves only
//! its positions when it cuts, so that stale bytes come back after the next crash.

mod files;
mod walk;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use turbopump_wire::record::RecordView;

use crate::checkpoint::{Checkpoint, Extension};
use crate::commit_log::FlushedPoint;
use crate::disk::{CrashPoint, Disk, DiskFile, OpenMode};
use crate::error::{FileError, OpenError};
use crate::options::{FlushMode, StoreOptions};
use files::LogFiles;
use walk::{Walked, first_store_ms, walk};

/// `RecoveryReport::cut_bytes` counts bytes up to this far behind the end: enough for the largest
/// frame, so that a torn batch is seen, without reading the rest of a gigabyte of zeros.
pub const CUT_COUNT_BYTES_MAX: u64 = 32 << 20;

/// So many zeros are looked at before the rest is taken for dirty: little enough not to delay the
/// first send. What `SYNC_FLUSH` writes ahead under load is more, and is then zeroed again.
const ZERO_LOOK_BYTES_MAX: u64 = 128 << 20;

/// One read of what stands behind the end.
const LOOK_BYTES: u64 = 1 << 20;

/// Java takes three seconds off its checkpoint times (`StoreCheckpoint.getMinTimestamp`).
const JAVA_SLACK_MS: i64 = 3_000;

/// The log as it stands on disk now.
pub(crate) struct Recovered {
    /// First positions of the segments that stay.
    pub(crate) bases: Vec<u64>,
    pub(crate) end: u64,
    /// What is known to be on disk: the end, or the checkpoint's position.
    pub(crate) flushed: FlushedPoint,
    pub(crate) last_store_ms: i64,
    /// Records from here on were verified; queues and index may lack their entries.
    pub(crate) verified_from: u64,
    /// False when queue files may name what the log does not have: each must be looked at.
    pub(crate) queues_trusted: bool,
    pub(crate) scanned_bytes: u64,
    pub(crate) cut_bytes: u64,
    /// Files behind the end; for the trash.
    pub(crate) removed: Vec<PathBuf>,
    files: LogFiles,
}

/// Where to begin reading and how far to believe what stands there.
struct Start {
    at: u64,
    limit: Option<u64>,
    queues_trusted: bool,
    /// Store time of the last record before `at`, when our own checkpoint says that all of it is
    /// on disk.
    flushed_ms: Option<i64>,
}

/// Finds the end, makes everything behind it zero and, unless the flushing thread can do it,
/// everything before it durable.
pub(crate) fn recover(
    options: &StoreOptions,
    disk: &Arc<dyn Disk>,
    checkpoint: Option<&Checkpoint>,
    aborted: bool,
) -> Result<Recovered, OpenError> {
    let files = LogFiles::list(&options.commit_log_dir, options.segment_bytes, disk)?;
    let start = find_start(&files, checkpoint, aborted)?;
    let walked = match files.bases.first() {
        Some(_) => walk(&files, start.at, start.limit, true, |_| Ok(()))?,
        None => Walked { end: start.at, ..Walked::default() },
    };
    if let Some((base, bytes)) = files.short_last
        && base < walked.end
    {
        return Err(files.wrong_size(base, bytes));
    }
    // A clean stop of ours left zeros behind its end; everyone else may have left anything.
    let reached_clean_end = start.limit == Some(walked.end);
    let last_store_ms = walked
        .store_ms
        .max(checkpoint.map_or(0, |checkpoint| checkpoint.java.physic_msg_timestamp));
    let mut recovered = Recovered {
        bases: files.bases.iter().copied().filter(|base| *base <= walked.end).collect(),
        end: walked.end,
        flushed: FlushedPoint { end: walked.end, store_ms: last_store_ms },
        last_store_ms,
        verified_from: start.at,
        queues_trusted: start.queues_trusted && (reached_clean_end || start.limit.is_none()),
        scanned_bytes: walked.end - start.at,
        cut_bytes: 0,
        removed: Vec::new(),
        files,
    };
    if reached_clean_end {
        let bases = &recovered.files.bases;
        recovered.bases.clone_from(bases);
        return Ok(recovered);
    }
    disk.reached(CrashPoint::BeforeTailCut);
    let may_defer = options.flush_mode == FlushMode::Async;
    recovered.cut(&start, may_defer)?;
    Ok(recovered)
}

fn find_start(
    files: &LogFiles,
    checkpoint: Option<&Checkpoint>,
    aborted: bool,
) -> Result<Start, OpenError> {
    let ours = checkpoint.and_then(|checkpoint| checkpoint.ours);
    let (Some(first), Some(end)) = (files.bases.first().copied(), files.end()) else {
        return Ok(start_of_nothing(files, ours));
    };
    if let Some(ours) = ours
        && ours.dispatched <= end
    {
        let limit = (ours.clean && !aborted).then_some(ours.dispatched.max(first));
        let flushed_ms = (ours.dispatched >= first)
            .then(|| checkpoint.map_or(0, |checkpoint| checkpoint.java.physic_msg_timestamp));
        let at = ours.dispatched.max(first);
        return Ok(Start { at, limit, queues_trusted: true, flushed_ms });
    }
    let java = checkpoint.map(|checkpoint| checkpoint.java).unwrap_or_default();
    let times = [java.physic_msg_timestamp, java.logics_msg_timestamp, java.index_msg_timestamp];
    let oldest_ms = times.iter().min().copied().unwrap_or(0);
    let newest_ms = oldest_ms.saturating_sub(JAVA_SLACK_MS);
    let mut at = first;
    for base in files.bases.iter().rev().copied() {
        if first_store_ms(files, base)?.is_some_and(|stored| stored > 0 && stored <= newest_ms) {
            at = base;
            break;
        }
    }
    Ok(Start { at, limit: None, queues_trusted: false, flushed_ms: None })
}

/// All segments are gone (expired by hand, or a new store). Positions that were used once are not
/// used again: queue entries of old records must not name new ones.
fn start_of_nothing(files: &LogFiles, ours: Option<Extension>) -> Start {
    let used = ours.map_or(0, |ours| ours.dispatched).next_multiple_of(files.segment_bytes);
    let at = used.max(files.short_last.map_or(0, |(base, _)| base));
    let queues_trusted = ours.is_some() || at == 0;
    Start { at, limit: None, queues_trusted, flushed_ms: None }
}

impl Recovered {
    /// Crash order: the rest of the last file reads as zeros, all that was read is synced, then
    /// (by the caller) later files leave the log. Dying in between leaves the same end to the next
    /// recovery.
    ///
    /// One byte that is not zero and the whole rest of the segment is zeroed: after a mere kill one
    /// torn batch is all there is, after a power cut any page may have got out, and a file system
    /// zeroes a range in constant time.
    fn cut(&mut self, start: &Start, may_defer: bool) -> Result<(), OpenError> {
        let behind = self.files.bases.iter().copied().filter(|base| *base > self.end);
        let short = self.files.short_last.map(|(base, _)| base).into_iter();
        // Last one first: dying in between must not leave a hole.
        let removed = behind.chain(short).map(|base| self.files.path(base)).rev();
        self.removed = removed.collect();
        let mut is_zero = true;
        if let Some(base) = self.files.base_of(self.end) {
            is_zero = self.zero_rest(base)?;
        }
        match start.flushed_ms {
            Some(store_ms) if may_defer && is_zero => {
                self.flushed = FlushedPoint { end: start.at, store_ms };
            }
            _ => self.sync_from(start.at)?,
        }
        // A segment that the dead process made and never got to name durably is in use now.
        let dir = &self.files.dir;
        self.files.disk.sync_dir(dir).map_err(FileError::on("cannot sync", dir))?;
        Ok(())
    }

    /// Makes durable what `flushed` left to the flushing thread; for whoever puts derived files
    /// on disk before that thread runs.
    pub(crate) fn sync_rest(&mut self) -> Result<(), OpenError> {
        if self.flushed.end < self.end {
            self.sync_from(self.flushed.end)?;
            self.flushed = FlushedPoint { end: self.end, store_ms: self.last_store_ms };
        }
        Ok(())
    }

    fn sync_from(&self, from: u64) -> Result<(), OpenError> {
        for base in self.bases.iter().copied() {
            if base + self.files.segment_bytes > from {
                let path = self.files.path(base);
                let synced = self.files.disk.open(&path, OpenMode::Existing);
                let synced = synced.and_then(|file| file.sync_data());
                synced.map_err(FileError::on("cannot sync", &path))?;
            }
        }
        Ok(())
    }

    /// True when the rest of the segment is known to have been zero already. Counts into
    /// `cut_bytes` what was not, in what was looked at: that which the file system does not know to
    /// be unwritten.
    fn zero_rest(&mut self, base: u64) -> Result<bool, FileError> {
        let path = self.files.path(base);
        let (at, end) = (self.end - base, self.files.segment_bytes);
        let rest = at..end;
        let zeroed = (|| {
            let file = self.files.disk.open(&path, OpenMode::Existing)?;
            let behind = look_behind(&*file, at, end)?;
            let is_clean = behind.is_all && behind.written_bytes == 0;
            if is_clean {
                // A recovery that was killed before its sync may have zeroed this: a change of
                // blocks that no byte shows, and until it is committed new records go to the old
                // blocks, with the old records behind them. Under SYNC_FLUSH the sync of the
                // segments commits it. Where that is deferred this does, leaving dirty pages alone.
                if rest.start < end {
                    file.write_at_synced(&[0], rest.start)?;
                }
            } else {
                file.zero_range(rest.start, rest.end - rest.start)?;
            }
            Ok((behind.written_bytes, is_clean))
        })();
        let (counted, was_zero) = zeroed.map_err(FileError::on("cannot cut the tail of", &path))?;
        self.cut_bytes = counted;
        Ok(was_zero)
    }

    /// Hands out the records from `from` (a segment's start, or `verified_from`) to the end, in
    /// order. Damage in the part that recovery had no reason to verify costs the rest of its
    /// segment, not the start of the broker.
    pub(crate) fn replay(
        &self,
        from: u64,
        mut visit: impl FnMut(&RecordView<'_>) -> Result<(), OpenError>,
    ) -> Result<u64, OpenError> {
        let (mut from, mut records) = (from, 0);
        loop {
            // The CRC of what matters was checked when the end was found.
            let walked = walk(&self.files, from, Some(self.end), false, &mut visit)?;
            records += walked.records;
            if walked.end >= self.end {
                return Ok(records);
            }
            let next = walked.end - walked.end % self.files.segment_bytes;
            let next = next + self.files.segment_bytes;
            from = if walked.end < self.verified_from && next > self.verified_from {
                self.verified_from
            } else {
                next
            };
        }
    }

    /// First position of the log.
    pub(crate) fn first(&self) -> u64 {
        self.bases.first().copied().unwrap_or(self.end)
    }

    /// Where to replay from when a derived file lacks everything from `position` (a record's
    /// start) on.
    pub(crate) fn replay_start(&self, position: u64) -> u64 {
        position.clamp(self.first(), self.verified_from)
    }
}

/// What stands behind the end.
#[derive(Debug, Default)]
struct Behind {
    looked_bytes: u64,
    /// Of those looked at, the ones that are not zero.
    written_bytes: u64,
    /// Everything that may be written was looked at.
    is_all: bool,
}

/// Looks at `at..end` of `file`.
///
/// Ranges are asked for before anything is read: reading ahead puts pages of zeros into the cache,
/// cached pages count as data, and each read would find the next one's range written.
fn look_behind(file: &dyn DiskFile, at: u64, end: u64) -> io::Result<Behind> {
    let (mut ranges, mut found, mut from) = (Vec::new(), 0, at);
    while found < ZERO_LOOK_BYTES_MAX
        && let Some(data) = file.next_data(from)?.filter(|data| data.start < end)
    {
        let data = data.start..data.end.min(end);
        from = data.end;
        found += data.end - data.start;
        ranges.push(data);
    }
    let mut behind = Behind { is_all: found < ZERO_LOOK_BYTES_MAX, ..Behind::default() };
    let mut chunk = Vec::new();
    for mut data in ranges {
        while data.start < data.end {
            let is_torn = behind.written_bytes > 0;
            let limit = if is_torn { CUT_COUNT_BYTES_MAX } else { ZERO_LOOK_BYTES_MAX };
            if behind.looked_bytes >= limit {
                return Ok(Behind { is_all: false, ..behind });
            }
            chunk.resize((data.end - data.start).min(LOOK_BYTES) as usize, 0);
            let read = file.read_at(&mut chunk, data.start)?;
            if read == 0 {
                return Ok(behind);
            }
            behind.written_bytes += count_written(chunk.get(..read).unwrap_or_default());
            behind.looked_bytes += read as u64;
            data.start += read as u64;
        }
    }
    Ok(behind)
}

/// Bytes that are not zero. Runs of zeros, which a tail mostly is, are passed at once.
fn count_written(bytes: &[u8]) -> u64 {
    const ZEROS: [u8; 256] = [0; 256];
    let runs = bytes.chunks(ZEROS.len()).filter(|run| !ZEROS.starts_with(run));
    runs.flatten().filter(|byte| **byte != 0).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    #[test]
    fn looking_behind_the_end_does_not_read_what_reading_ahead_has_touched() {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("segment");
        let file = RealDisk.open(&path, OpenMode::CreateIfMissing).expect("open");
        let end = 96 << 20;
        file.allocate(end).expect("allocate");
        file.write_at(&[1; 4096], 0).expect("write");
        // As the walk does, whose last chunk reaches behind the end.
        file.read_at(&mut vec![0; 1 << 20], 0).expect("read");
        let behind = look_behind(&*file, 4096, end).expect("look");
        assert_eq!(behind.written_bytes, 0);
        assert!(behind.is_all);
        assert!(behind.looked_bytes <= 32 << 20, "{behind:?}");

        file.write_at(&[1; 100], 80 << 20).expect("write");
        let behind = look_behind(&*file, 4096, end).expect("look");
        assert_eq!(behind.written_bytes, 100, "{behind:?}");
    }
}
