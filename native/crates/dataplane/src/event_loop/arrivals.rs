//! Waking pulls that wait for a queue.

use std::sync::Arc;

use turbopump_store::{Queue, QueueEntry};
use turbopump_transport::ConnId;

use super::{LoopCore, Mail, Outlets};
use crate::hold::{HeldPull, SCHEDULE_WAITER, waiting};
use crate::policy::PolicySnapshot;

/// Queue entries looked at in one step of a held pull's search for a wanted tag.
const SEARCH_STEP: usize = 256;

impl LoopCore {
    /// Records of these queues have become readable: pulls held here run now, other loops and
    /// the delivery of delayed messages are told at the end of the turn.
    pub(crate) fn arrived(
        &mut self,
        queues: &[Arc<Queue>],
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        for queue in queues {
            let mut waiters = waiting(&queue.waiters);
            while waiters != 0 {
                let waiter = waiters.trailing_zeros() as usize;
                waiters &= waiters - 1;
                if waiter == self.index {
                    self.wake(queue, policy, outlets);
                } else if waiter == SCHEDULE_WAITER {
                    self.shared.schedule.ring();
                } else if let Some(queues) = self.arrivals.get_mut(waiter) {
                    queues.push(queue.clone());
                }
            }
        }
    }

    /// Holds a pull that found nothing. Its queue is looked at once more *after* the hold is
    /// announced: what arrived in between told nobody.
    pub(crate) fn keep(
        &mut self,
        pull: HeldPull,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        let key = self.holds.hold(pull);
        self.shared.held_changed(1);
        self.look_again(key, policy, outlets);
    }

    /// Looks at the queue for every pull that this loop holds of it.
    pub(crate) fn wake(
        &mut self,
        queue: &Arc<Queue>,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        for key in self.holds.of_queue(queue) {
            self.look_again(key, policy, outlets);
        }
    }

    /// Runs the held pull when its queue has something for it, and keeps it otherwise.
    pub(crate) fn look_again(
        &mut self,
        key: usize,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        let entries = &mut self.scratch.entries;
        let found = self.holds.get_mut(key).is_some_and(|pull| has_message(pull, entries));
        if found && let Some(pull) = self.release_hold(key) {
            self.run_again(pull.connection, &pull.frame, policy, outlets);
        }
    }

    pub(crate) fn release_hold(&mut self, key: usize) -> Option<HeldPull> {
        let pull = self.holds.release(key)?;
        self.shared.held_changed(-1);
        Some(pull)
    }

    /// The connection is gone: so is everything that it waited for.
    pub(crate) fn forget(&mut self, connection: ConnId) {
        let released = self.holds.release_connection(connection);
        self.shared.held_changed(-(released as i64));
        self.shared.reading.forget(connection);
        self.lot.forget(connection);
        self.connections.remove(&connection);
    }

    /// One mail per loop that waits for something this turn has written.
    pub(crate) fn post_arrivals(&mut self) {
        for (loop_index, queues) in self.arrivals.iter_mut().enumerate() {
            if !queues.is_empty() {
                self.shared.post(loop_index, Mail::Arrived(std::mem::take(queues)));
            }
        }
    }
}

/// Moves `pull.next` over entries it does not want; true at the first one it does, and when the
/// queue cannot be read here and now, so that the pull runs: as one that reads from disk, or to
/// tell its client why it cannot.
fn has_message(pull: &mut HeldPull, entries: &mut Vec<QueueEntry>) -> bool {
    while pull.next < pull.queue.max_offset() {
        if pull.filter.takes_all() {
            return true;
        }
        entries.clear();
        let read = pull.queue.read_now(pull.next, SEARCH_STEP, entries);
        if !matches!(read, Ok(true)) || entries.is_empty() {
            return true;
        }
        if entries.iter().any(|entry| pull.filter.takes(entry.tags_code)) {
            return true;
        }
        pull.next = pull.next.advance(entries.len() as u64);
    }
    false
}
