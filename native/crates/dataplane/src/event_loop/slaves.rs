//! `SYNC_MASTER`: answers that wait for slaves, and readers that wait with them. Waiting is a place
//! in a list and a deadline of the loop; no thread waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use turbopump_store::{AppendError, FlushMode, Queue};
use turbopump_wire::PhysicalOffset;

use super::turn::append_refusal;
use super::{Group, LoopCore, Outlets, gate};
use crate::policy::PolicySnapshot;

/// A stopping loop waits for slaves no longer than this, well within the time in which the
/// transport still writes: a sender that gets no answer cannot tell what became of its message.
const LAST_WAIT: Duration = Duration::from_millis(500);

impl LoopCore {
    pub(super) fn await_slaves(&mut self, mut group: Group) {
        if let Some(end) = self.last_wait_ends {
            group.deadline = group.deadline.map(|deadline| deadline.min(end));
        }
        if self.shared.store.flush_mode() == FlushMode::Sync {
            self.shared.unsafe_groups.fetch_add(1, Ordering::SeqCst);
        }
        self.unreplicated.push_back(group);
        self.sync_wanted = true;
    }

    /// Answers every group that slaves have acknowledged or had their time for. A group that is
    /// not on this machine's disk yet waits for that first, whatever its slaves did.
    pub(super) fn release_replicated(
        &mut self,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        while let Some(mut group) = self.unreplicated.pop_front() {
            // Read before `flushed`, which may have passed the group before the poison.
            let poisoned = self.shared.store.poisoned();
            if gate::is_safe(&self.shared.store, group.end) {
                let outcome = gate::replicated(&self.shared.replication, &group, self.now);
                let Some(outcome) = outcome else {
                    self.unreplicated.push_front(group);
                    return;
                };
                self.leave_sync();
                group.replicated = outcome;
                self.settle(&group, policy, outlets);
            } else if let Some(reason) = poisoned {
                self.leave_sync();
                let stop = append_refusal(&AppendError::Poisoned(reason));
                self.refuse_group(&group, outlets, &stop);
            } else {
                self.unreplicated.push_front(group);
                return;
            }
        }
    }

    /// The loop stops: what slaves do not acknowledge soon is answered as not replicated (12).
    pub(crate) fn wait_no_longer(&mut self, now: Instant) {
        let end = now + LAST_WAIT;
        self.last_wait_ends = Some(end);
        for group in &mut self.unreplicated {
            group.deadline = group.deadline.map(|deadline| deadline.min(end));
        }
    }

    fn leave_sync(&self) {
        if self.shared.store.flush_mode() == FlushMode::Sync {
            self.shared.unsafe_groups.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// When the oldest wait ends. One that is over waits for the disk, which tells by itself.
    pub(super) fn replication_deadline(&self) -> Option<Instant> {
        let deadline = self.unreplicated.front()?.deadline?;
        (deadline > self.now).then_some(deadline)
    }

    /// Tells readers of the queues about records that end at `end`, as soon as they may see them.
    pub(super) fn show(
        &mut self,
        end: PhysicalOffset,
        queues: &[Arc<Queue>],
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        if queues.is_empty() {
            return;
        }
        if end <= self.shared.store.readable() {
            self.arrived(queues, policy, outlets);
        } else {
            self.show_later(end, queues.to_vec(), policy, outlets);
        }
    }

    /// The same for records that are not readable yet.
    pub(crate) fn show_later(
        &mut self,
        end: PhysicalOffset,
        queues: Vec<Arc<Queue>>,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        self.unread.push_back((end, queues));
        // Announced before the look: what becomes readable after it tells this loop.
        self.shared.loops_in_wait.fetch_or(1 << self.index, Ordering::SeqCst);
        self.release_unread(policy, outlets);
    }

    pub(super) fn release_unread(&mut self, policy: &PolicySnapshot, outlets: &mut dyn Outlets) {
        let readable = self.shared.store.readable();
        while self.unread.front().is_some_and(|(end, _)| *end <= readable)
            && let Some((_, queues)) = self.unread.pop_front()
        {
            self.arrived(&queues, policy, outlets);
        }
    }
}
