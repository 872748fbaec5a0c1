//! Finding the log's end after any kind of stop, and taking away what lies behind it.
//!
//! Where to begin: our checkpoint's position; else Java's rule, the newest segment whose first
//! record is no younger than the checkpoint's times; else the first segment. From there each
//! record is verified (length, magic, CRC, stored position). The end is the first place where none
//! stands; under it everything is synced, behind it everything reads as zeros, before anyone
//! may append.
//! Invariants: after recovery the log is a contiguous run of real records; a record that was once
//! cut never comes back; work depends on what was written since the last checkpoint, not on the
//! size of the store. Refuses: files it cannot place (wrong size, hole), by name.
//!
//! Mirrors Java's `CommitLog.recoverNormally` and `recoverAbnormally`, except that Java moves only
//! its positions when it cuts, so that stale bytes come back after the next crash.

mod files;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

use turbopump_wire::record::RecordView;

use crate::checkpoint::{Checkpoint, Extension};
use crate::disk::{CrashPoint, Disk, OpenMode};
use crate::error::{FileError, OpenError};
use crate::options::StoreOptions;
use files::LogFiles;
use walk::{Walked, first_store_ms, walk};

/// `RecoveryReport::cut_bytes` counts bytes up to this far behind the end: enough for the largest
/// frame, so that a torn batch is seen, without reading the rest of a gigabyte of zeros.
pub const CUT_COUNT_BYTES_MAX: u64 = 32 << 20;

/// Java takes three seconds off its checkpoint times (`StoreCheckpoint.getMinTimestamp`).
const JAVA_SLACK_MS: i64 = 3_000;

/// The log as it stands on disk now.
pub(crate) struct Recovered {
    /// First positions of the segments that stay.
    pub(crate) bases: Vec<u64>,
    pub(crate) end: u64,
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
}

/// Finds the end and makes everything before it durable and everything behind it zero.
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
    let mut recovered = Recovered {
        bases: files.bases.iter().copied().filter(|base| *base <= walked.end).collect(),
        end: walked.end,
        last_store_ms: walked
            .store_ms
            .max(checkpoint.map_or(0, |checkpoint| checkpoint.java.physic_msg_timestamp)),
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
    recovered.cut(start.at)?;
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
        return Ok(Start { at: ours.dispatched.max(first), limit, queues_trusted: true });
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
    Ok(Start { at, limit: None, queues_trusted: false })
}

/// All segments are gone (expired by hand, or a new store). Positions that were used once are not
/// used again: queue entries of old records must not name new ones.
fn start_of_nothing(files: &LogFiles, ours: Option<Extension>) -> Start {
    let used = ours.map_or(0, |ours| ours.dispatched).next_multiple_of(files.segment_bytes);
    let at = used.max(files.short_last.map_or(0, |(base, _)| base));
    Start { at, limit: None, queues_trusted: ours.is_some() || at == 0 }
}

impl Recovered {
    /// Crash order: the rest of the last file reads as zeros, all that was read is synced, then
    /// (by the caller) later files leave the log. Dying in between leaves the same end to the next
    /// recovery.
    ///
    /// The whole rest of the segment is zeroed, whatever stopped the last run. After a mere kill
    /// one torn batch would be all there is, after a power cut any page of the segment may have
    /// got out; telling the two apart would save nothing, as a file system zeroes a range in
    /// constant time.
    fn cut(&mut self, from: u64) -> Result<(), OpenError> {
        let behind = self.files.bases.iter().copied().filter(|base| *base > self.end);
        let short = self.files.short_last.map(|(base, _)| base).into_iter();
        // Last one first: dying in between must not leave a hole.
        let removed = behind.chain(short).map(|base| self.files.path(base)).rev();
        self.removed = removed.collect();
        if let Some(base) = self.files.base_of(self.end) {
            self.cut_bytes = self.zero_rest(base)?;
        }
        for base in self.bases.iter().copied() {
            if base + self.files.segment_bytes > from {
                let path = self.files.path(base);
                let synced = self.files.disk.open(&path, OpenMode::Existing);
                let synced = synced.and_then(|file| file.sync_data());
                synced.map_err(FileError::on("cannot sync", &path))?;
            }
        }
        // A segment that the dead process made and never got to name durably is in use now.
        let dir = &self.files.dir;
        self.files.disk.sync_dir(dir).map_err(FileError::on("cannot sync", dir))?;
        Ok(())
    }

    /// Says how many bytes were not zero in what was looked at.
    fn zero_rest(&self, base: u64) -> Result<u64, FileError> {
        let path = self.files.path(base);
        let at = self.end - base;
        let rest = self.files.segment_bytes - at;
        let zeroed = (|| {
            let file = self.files.disk.open(&path, OpenMode::Existing)?;
            let looked = rest.min(CUT_COUNT_BYTES_MAX);
            let mut chunk = vec![0; (1 << 20).min(looked as usize).max(1)];
            let (mut counted, mut done) = (0, 0);
            while done < looked {
                let read = file.read_at(&mut chunk, at + done)?;
                let bytes = chunk.get(..read.min((looked - done) as usize)).unwrap_or_default();
                if bytes.is_empty() {
                    break;
                }
                counted += count_written(bytes);
                done += bytes.len() as u64;
            }
            file.zero_range(at, rest)?;
            Ok(counted)
        })();
        zeroed.map_err(FileError::on("cannot cut the tail of", &path))
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

/// Bytes that are not zero. Runs of zeros, which a tail mostly is, are passed at once.
fn count_written(bytes: &[u8]) -> u64 {
    const ZEROS: [u8; 256] = [0; 256];
    let runs = bytes.chunks(ZEROS.len()).filter(|run| !ZEROS.starts_with(run));
    runs.flatten().filter(|byte| **byte != 0).count() as u64
}
