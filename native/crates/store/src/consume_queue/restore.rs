//! Recovery's other side of a queue: entries that the journal has, before those of the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use turbopump_wire::{PhysicalOffset, QueueOffset};

use super::error::QueueError;
use super::journal::Run;
use super::lock;
use super::queue::Queue;
use super::tail::Tail;
use super::unit::QueueEntry;

impl Queue {
    /// Makes the queue end with the run's entries, in memory. What the file has at and behind
    /// their place is from a flush that no checkpoint followed: the same entries, and some that
    /// the log brings again; they are written once more, because nobody knows what of it is on
    /// disk. Entries of records beyond `end` are left out. Not while records are appended.
    pub(super) fn restore(
        self: &Arc<Self>,
        run: &Run<'_>,
        end: PhysicalOffset,
    ) -> Result<(), QueueError> {
        let first = run.first.get();
        let next = self.next_offset();
        // Files that expired since are gone, and entries in them.
        let expired = self.min_offset().get().saturating_sub(first) as usize;
        let within = |entry: &&QueueEntry| entry.end() <= end;
        let mut entries = run.entries.iter().take_while(within).skip(expired).peekable();
        if entries.peek().is_none() {
            return Ok(());
        }
        if first > next.get() && !self.start_at(first) {
            let (topic, id) = (self.topic().to_owned(), self.id());
            return Err(QueueError::Gap { topic, id, next, got: QueueOffset::new(first) });
        }
        let shared = &self.files.shared;
        let mut maintenance = lock(&shared.maintenance);
        let mut state = lock(&self.state);
        let (before, window) = (state.tail.unflushed_len(), state.tail.window_len());
        let from = first + expired as u64;
        if from < state.tail.base() {
            state.tail = Tail::starting_at(from);
        } else {
            state.tail.truncate(from);
        }
        maintenance.forget_windowed(window - state.tail.window_len());
        for entry in entries {
            state.tail.push(*entry);
        }
        let next = state.tail.next();
        state.tail.mark_journaled(next);
        let after = state.tail.unflushed_len();
        shared.unflushed.fetch_add(after, Ordering::Relaxed);
        shared.unflushed.fetch_sub(before, Ordering::Relaxed);
        self.next.store(state.tail.next(), Ordering::Release);
        self.mark_dirty(&mut state);
        Ok(())
    }
}
