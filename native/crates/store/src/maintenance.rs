//! Work beside the append path: derived files to disk, checkpoint, retention.
//!
//! Crash order of a checkpoint: log synced (its `flushed` is the bound of everything here) →
//! queues, or their journal → the checkpoint's index time → index → checkpoint → what the journal
//! has of written queues is forgotten.
//! Of an expiry: checkpoint covers it or recovery starts at the new first segment anyway →
//! segment out of the list → file into the trash → queues, index.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use turbopump_wire::PhysicalOffset;

use crate::checkpoint::{Checkpoint, Extension, JournalBytes, Rebuilds};
use crate::consume_queue::Filed;
use crate::core::StoreCore;
use crate::disk::CrashPoint;
use crate::error::{DeleteTopicError, DerivedError, FileError};
use crate::retention::{SEGMENTS_PER_CHECK, by_age, judge};
use crate::signal::Wake;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A checkpoint is a handful of syncs that others' syncs queue behind, so an idle look at the clock
/// is no reason for one: it is due this long after the last one, or when this much of the log would
/// have to be read again after a crash (a fraction of a second), and never takes more than a
/// quarter of the maintenance thread's time, which many thousand queues would else fill.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);
const CHECKPOINT_LAG_BYTES: u64 = 64 << 20;
/// However long checkpoints take, no more than this is left to be read again (some 0.3 seconds).
const CHECKPOINT_LAG_BYTES_MAX: u64 = 256 << 20;
const CHECKPOINT_SHARE: u32 = 4;

/// Java's `cleanResourceInterval`.
const RETENTION_EVERY: Duration = Duration::from_secs(10);

/// Entries that exist only in memory because their files cannot be written; above it the store
/// stops taking writes. 40 bytes each.
const UNFLUSHED_ENTRIES_MAX: usize = 4 << 20;

/// Where a checkpoint leaves entries of queues, and whether it is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// In the journal, where that is cheaper.
    Journal,
    /// In the queues' files.
    Files,
    /// There, and nothing follows.
    CleanStop,
}

impl StoreCore {
    /// Body of the maintenance thread; returns when stopped.
    pub(crate) fn run_maintenance(&self) {
        let mut next_retention = self.clock.monotonic();
        let (mut checkpoint_began, mut checkpoint_took) = (next_retention, Duration::ZERO);
        loop {
            if self.maintenance_wanted.wait(Some(LOOK_EVERY)) == Wake::Stopped {
                return;
            }
            let began = self.clock.monotonic();
            if self.is_checkpoint_due(began.saturating_sub(checkpoint_began), checkpoint_took) {
                let written = self.write_checkpoint(Reach::Journal);
                self.note_derived(written.as_ref().err());
                checkpoint_began = began;
                checkpoint_took = self.clock.monotonic().saturating_sub(began);
            }
            self.release_cold();
            let now = self.clock.monotonic();
            if now >= next_retention {
                next_retention = now + RETENTION_EVERY;
                let done = self.retain();
                self.note_failure("retention", done.err().map(|error| error.to_string()));
                self.trash.wanted.raise();
            }
        }
    }

    /// The first one of a run is due at once: until then the file says what the dead process said,
    /// and a Java broker that came next would judge our index by it.
    pub(crate) fn is_checkpoint_due(&self, since: Duration, took: Duration) -> bool {
        if self.checkpointed.load(Ordering::Acquire) == u64::MAX {
            return true;
        }
        let lag_bytes = self.checkpoint_lag_bytes();
        let (drains, is_crowded) = {
            let file = self.checkpoint_file.lock().unwrap_or_else(PoisonError::into_inner);
            (file.journal.is_draining(), file.journal.is_crowded())
        };
        lag_bytes >= CHECKPOINT_LAG_BYTES_MAX
            || is_crowded
            || since >= took * CHECKPOINT_SHARE
                && (drains || since >= CHECKPOINT_EVERY || lag_bytes >= CHECKPOINT_LAG_BYTES)
    }

    /// Called by the flushing thread: between two looks at the clock a fast load writes several
    /// times what is to be covered by a checkpoint, and much more than a step of the cache's
    /// window. No earlier checkpoint, because each one writes the whole slot table of the index
    /// again (20 MB).
    pub(crate) fn keep_up(&self) {
        if self.checkpoint_lag_bytes() >= 2 * CHECKPOINT_LAG_BYTES {
            self.maintenance_wanted.raise();
        }
        self.release_cold();
    }

    fn release_cold(&self) {
        match self.log.release_cold() {
            Ok(false) => {}
            Ok(true) => self.note_failure("cache", None),
            Err(error) => self.note_failure("cache", Some(error.to_string())),
        }
    }

    fn checkpoint_lag_bytes(&self) -> u64 {
        self.log.flushed_point().end.saturating_sub(self.checkpointed())
    }

    fn note_derived(&self, error: Option<&DerivedError>) {
        self.note_failure("checkpoint", error.map(ToString::to_string));
        let unflushed =
            self.dispatch.queues.unflushed_entries() + self.dispatch.index.unflushed_entries();
        if let Some(error) = error
            && unflushed > UNFLUSHED_ENTRIES_MAX
        {
            self.log.fail(&format!("queues or index cannot be written: {error}"));
        }
    }

    /// Puts queues, index and checkpoint on disk up to the log's synced end. `clean` marks the
    /// last one of a run.
    pub(crate) fn checkpoint(&self, clean: bool) -> Result<(), DerivedError> {
        self.write_checkpoint(if clean { Reach::CleanStop } else { Reach::Files })
    }

    pub(crate) fn write_checkpoint(&self, reach: Reach) -> Result<(), DerivedError> {
        let mut file = self.checkpoint_file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = &mut *file;
        let point = self.log.flushed_point();
        let is_new = point.end != self.checkpointed.load(Ordering::Acquire);
        let is_in_place = match reach {
            Reach::Journal => !file.journal.has_work(self.clock.monotonic()),
            Reach::Files => file.journal.counting().is_nothing(),
            Reach::CleanStop => false,
        };
        if !is_new && is_in_place {
            return Ok(());
        }
        let upto = PhysicalOffset::new(point.end);
        let queues = &self.dispatch.queues;
        let filed = match reach {
            Reach::Journal => queues.file(point, &mut file.journal, &*self.clock)?,
            Reach::Files | Reach::CleanStop => queues.flush_all(point, &mut file.journal)?,
        };
        self.disk.reached(CrashPoint::AfterQueueFlush);
        // After a crash Java's `IndexService.load` destroys an index file that is newer than this
        // time, and takes no other part of its checkpoint from it.
        // Never back: the log may be flushed less far than the dead process had it.
        file.java.index_msg_timestamp = file.java.index_msg_timestamp.max(point.store_ms);
        file.file.write(&Checkpoint { java: file.java, ours: file.ours })?;
        self.dispatch.index.flush(upto)?;
        self.disk.reached(CrashPoint::BeforeCheckpoint);
        file.java.physic_msg_timestamp = point.store_ms;
        let (journal, in_files) = match filed {
            Filed::All => (JournalBytes::default(), None),
            Filed::Older => file.journal.without_older(),
            Filed::Journaled => (file.journal.counting(), None),
        };
        let in_files = if journal.is_nothing() { Some(point) } else { in_files };
        if let Some(point) = in_files {
            // Java knows of queue files only: after a crash it begins where they end.
            file.java.logics_msg_timestamp = point.store_ms;
        }
        let clean = reach == Reach::CleanStop;
        // Asked after the flush: an entry that came since makes it false, never the other way.
        let keyless = self.options.index_enabled && self.dispatch.index.indexed_to().is_none();
        let rebuilds = Rebuilds::Nothing;
        let ours = Some(Extension { dispatched: point.end, journal, clean, keyless, rebuilds });
        file.file.write(&Checkpoint { java: file.java, ours })?;
        file.ours = ours;
        self.checkpointed.store(point.end, Ordering::Release);
        if let Some(point) = in_files {
            self.queues_filed.store(point.end, Ordering::Release);
        }
        match filed {
            Filed::All => file.journal.empty()?,
            Filed::Older => file.journal.drop_older()?,
            Filed::Journaled => {}
        }
        Ok(())
    }

    /// Queues first: a crash in between builds them again, a checkpoint that claims them is true.
    pub(crate) fn delete_topic(&self, topic: &str) -> Result<(), DeleteTopicError> {
        self.dispatch.queues.delete_topic(topic)?;
        self.log.sync_group()?;
        self.checkpoint(false)?;
        Ok(())
    }

    /// One retention check: refuses or allows writes, takes expired segments away.
    pub(crate) fn retain(&self) -> Result<(), DerivedError> {
        let (log_used, queues_used) = self.disk_used()?;
        let verdict = judge(&self.options.retention, &*self.clock, log_used, queues_used);
        self.log.disk_full.store(verdict.refuse_writes, Ordering::Relaxed);
        let Some(until_ms) = verdict.expire_until_ms else { return Ok(()) };
        self.expire(until_ms).map(drop)
    }

    /// Removes every segment older than `fileReservedTime`, whatever the hour, and what queues and
    /// index say of it. Returns how many segments went.
    pub(crate) fn expire_now(&self) -> Result<usize, DerivedError> {
        let until_ms = by_age(&self.options.retention, &*self.clock);
        let mut total = 0;
        loop {
            let taken = self.expire(until_ms)?;
            total += taken;
            if taken < SEGMENTS_PER_CHECK {
                self.trash.wanted.raise();
                return Ok(total);
            }
        }
    }

    /// Removes what queues and index still say of segments that are gone, after an expiry that
    /// failed half-way.
    pub(crate) fn expire_derived(&self) -> Result<(), DerivedError> {
        let _one_at_a_time = self.expiring.lock().unwrap_or_else(PoisonError::into_inner);
        let min = PhysicalOffset::new(self.log.positions.min.load(Ordering::Acquire));
        self.dispatch.queues.set_min_physical(min)?;
        self.dispatch.index.delete_before(min)?;
        Ok(())
    }

    /// Used ratios of the file systems of log and queues.
    pub(crate) fn disk_used(&self) -> Result<(f64, f64), FileError> {
        let used = |path: &std::path::Path| {
            let space = self.disk.space(path).map_err(FileError::on("cannot look at", path))?;
            Ok::<f64, FileError>(space.used_ratio())
        };
        Ok((used(&self.options.commit_log_dir)?, used(&self.options.root_dir)?))
    }

    /// At most [`SEGMENTS_PER_CHECK`] segments whose last change is at or before the time.
    fn expire(&self, until_ms: i64) -> Result<usize, DerivedError> {
        let _one_at_a_time = self.expiring.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = 0;
        while taken < SEGMENTS_PER_CHECK && self.first_is_expired(until_ms)? {
            let Some((segment, min)) = self.log.pop_expired() else { break };
            let path = segment.path.clone();
            self.trash.take(&path, Some(segment))?;
            self.disk.reached(CrashPoint::AfterSegmentToTrash);
            let min = PhysicalOffset::new(min);
            self.dispatch.queues.set_min_physical(min)?;
            self.dispatch.index.delete_before(min)?;
            taken += 1;
        }
        Ok(taken)
    }

    fn first_is_expired(&self, until_ms: i64) -> Result<bool, FileError> {
        let Some(path) = self.log.expirable_path() else { return Ok(false) };
        let stat = self.disk.stat(&path).map_err(FileError::on("cannot look at", &path))?;
        Ok(stat.is_some_and(|entry| entry.modified_ms <= until_ms))
    }
}
