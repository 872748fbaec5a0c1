//! A checkpoint's part of the work where thousands of queues have a few new entries each: the
//! journal takes them at once, the queues' files a part at a time.
//!
//! Crash order: entries → journal, synced → the same entries → queue files, synced → checkpoint. So
//! no file is ever ahead of the journal, whatever the checkpoint found on disk says of both.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use turbopump_wire::PhysicalOffset;

use super::error::QueueError;
use super::flush::{Maintenance, RUN_ENTRIES, Unsynced, at_once, resync};
use super::journal::{JournalFile, QueueJournal, Turn};
use super::lock;
use super::queue::Queue;
use super::table::Shared;
use crate::clock::Clock;
use crate::commit_log::FlushedPoint;
use crate::error::DerivedError;

/// Queues with fewer new entries than this on average, half a block, go to the journal first.
const JOURNAL_ENTRIES_EACH: usize = 100;
/// Time for files in one checkpoint, the sync at its end not counted. Others wait for the
/// checkpoint, and what the log takes meanwhile is read again after a crash.
const SLICE: Duration = Duration::from_millis(200);
/// The same when they are so slow that the journal grows over its measure.
const SLICE_CROWDED: Duration = Duration::from_secs(1);

/// What the queues' files have when entries up to a log position are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filed {
    /// All of them.
    All,
    /// At least those of the journal's older file.
    Older,
    /// What they had: the rest is in the journal.
    Journaled,
}

impl Maintenance {
    /// Adds to the journal every entry that it and the files lack and whose record ends at or
    /// before the point, and writes a slice of what its older file has. `None` when that does not
    /// pay, or there is no room: all files' turn.
    pub(super) fn file(
        &mut self,
        shared: &Shared,
        point: FlushedPoint,
        journal: &mut QueueJournal,
        clock: &dyn Clock,
    ) -> Result<Option<Filed>, DerivedError> {
        let dirty = lock(&shared.dirty).len() + self.draining.len();
        let unflushed = shared.unflushed.load(Ordering::Relaxed);
        let is_few = dirty <= shared.journal_above.load(Ordering::Relaxed);
        let pays = unflushed < dirty.saturating_mul(JOURNAL_ENTRIES_EACH);
        let now = clock.monotonic();
        match journal.turn(now) {
            // What a journal has of many queues goes to the files in slices all the same.
            _ if is_few || !pays && journal.counting().is_nothing() => return Ok(None),
            Turn::Full => return Ok(None),
            Turn::SealAndAdd => journal.seal(),
            Turn::Add => {}
        }
        if journal.is_draining() && self.draining.is_empty() {
            self.draining = std::mem::take(&mut *lock(&shared.dirty));
        }
        let upto = PhysicalOffset::new(point.end);
        let mut found = Vec::new();
        self.add_all(shared, upto, journal.begin(now)?, &mut found)?;
        journal.finish(point)?;
        sync_found(shared, &found)?;
        if !journal.is_draining() {
            return Ok(Some(Filed::Journaled));
        }
        let slice = if journal.is_crowded() { SLICE_CROWDED } else { SLICE };
        self.write_slice(shared, upto, &|| clock.monotonic() < now + slice)?;
        Ok(Some(if self.draining.is_empty() { Filed::Older } else { Filed::Journaled }))
    }

    /// Those whose files have entries that may not be on disk go to `found`.
    fn add_all(
        &mut self,
        shared: &Shared,
        upto: PhysicalOffset,
        journal: &mut JournalFile,
        found: &mut Vec<Arc<Queue>>,
    ) -> Result<(), DerivedError> {
        // Still dirty afterwards: their files lack the entries.
        let mut dirty = std::mem::take(&mut *lock(&shared.dirty));
        let draining = std::mem::take(&mut self.draining);
        let mut both = draining.iter().chain(&dirty);
        let added = both.try_for_each(|queue| self.add_queue(queue, upto, journal, found));
        self.draining = draining;
        lock(&shared.dirty).append(&mut dirty);
        added
    }

    fn add_queue(
        &mut self,
        queue: &Arc<Queue>,
        upto: PhysicalOffset,
        journal: &mut JournalFile,
        found: &mut Vec<Arc<Queue>>,
    ) -> Result<(), DerivedError> {
        loop {
            self.entries.clear();
            let mut state = lock(&queue.state);
            if state.resync_from.is_some() {
                found.push(Arc::clone(queue));
            }
            let from = state.tail.journaled();
            state.tail.unflushed_from(from, upto, RUN_ENTRIES, &mut self.entries);
            // Should the addition fail, the journal takes nothing more before the files have all.
            state.tail.mark_journaled(from + self.entries.len() as u64);
            drop(state);
            if !self.entries.is_empty() {
                journal.add(queue.topic(), queue.id(), from, &self.entries)?;
            }
            if self.entries.len() < RUN_ENTRIES {
                return Ok(());
            }
        }
    }

    /// Writes queues of the older file, as many as there is time for and some in any case.
    fn write_slice(
        &mut self,
        shared: &Shared,
        upto: PhysicalOffset,
        has_time: &dyn Fn() -> bool,
    ) -> Result<(), QueueError> {
        let draining = std::mem::take(&mut self.draining);
        let mut left = draining.as_slice();
        let group_queues = at_once(shared, left.len());
        let mut outcome = Ok(());
        while !left.is_empty() {
            let (group, _) = left.split_at(left.len().min(group_queues));
            match self.flush_group(shared, group, upto, has_time) {
                Ok(written) => left = left.get(written..).unwrap_or_default(),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
            if !has_time() {
                break;
            }
        }
        self.draining = left.to_vec();
        self.evict_windows();
        outcome
    }
}

/// Syncs what recovery found again in the files of these queues.
fn sync_found(shared: &Shared, queues: &[Arc<Queue>]) -> Result<(), QueueError> {
    for group in queues.chunks(at_once(shared, queues.len())) {
        let mut unsynced = Unsynced::of(group.len());
        for queue in group {
            let (first, flushed) = {
                let state = lock(&queue.state);
                (state.resync_from, state.tail.flushed())
            };
            resync(queue, first.unwrap_or(flushed), flushed, &mut unsynced)?;
        }
        unsynced.sync(shared)?;
        for queue in group {
            let mut state = lock(&queue.state);
            state.names_durable = true;
            state.resync_from = None;
        }
    }
    Ok(())
}
