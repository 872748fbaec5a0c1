//! One loop's held pulls, found by queue, by connection and by deadline.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Instant;

use rustc_hash::FxHashMap;
use slab::Slab;
use turbopump_store::Queue;
use turbopump_transport::ConnId;
use turbopump_wire::QueueOffset;

use super::{HELD_PULLS_MAX, clear_waiter, set_waiter};
use crate::requests::TagFilter;

/// A pull that waits. The frame is kept whole and runs once more when the wait ends, so that
/// permissions and subscriptions that changed meanwhile are honoured as Java honours them.
pub(crate) struct HeldPull {
    pub(crate) connection: ConnId,
    /// The whole frame, length bytes included.
    pub(crate) frame: Vec<u8>,
    pub(crate) queue: Arc<Queue>,
    /// First message not yet looked at for this pull.
    pub(crate) next: QueueOffset,
    pub(crate) filter: TagFilter,
    pub(crate) deadline: Instant,
}

struct Slot {
    pull: HeldPull,
    /// Tells a reused slot from the one that a stale deadline names.
    number: u64,
}

/// The table.
pub(crate) struct HoldTable {
    waiter: usize,
    slots: Slab<Slot>,
    /// Keyed by the queue's address, which the holds themselves keep from being reused.
    by_queue: FxHashMap<usize, Vec<usize>>,
    by_connection: FxHashMap<ConnId, Vec<usize>>,
    /// May name holds that have left; they are skipped, and swept when they outnumber the rest.
    deadlines: BinaryHeap<Reverse<(Instant, usize, u64)>>,
    numbers: u64,
}

impl HoldTable {
    /// `waiter` is the bit of this loop in `Queue::waiters`.
    pub(crate) fn new(waiter: usize) -> Self {
        Self {
            waiter,
            slots: Slab::new(),
            by_queue: FxHashMap::default(),
            by_connection: FxHashMap::default(),
            deadlines: BinaryHeap::new(),
            numbers: 0,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.slots.len() >= HELD_PULLS_MAX
    }

    /// Keeps the pull and announces this loop to the queue. The caller looks at the queue once
    /// more afterwards, see the module's protocol. Returns the hold's key.
    pub(crate) fn hold(&mut self, pull: HeldPull) -> usize {
        self.numbers += 1;
        let (deadline, number) = (pull.deadline, self.numbers);
        let (queue, connection) = (pull.queue.clone(), pull.connection);
        let key = self.slots.insert(Slot { pull, number });
        self.by_queue.entry(address(&queue)).or_default().push(key);
        self.by_connection.entry(connection).or_default().push(key);
        self.deadlines.push(Reverse((deadline, key, number)));
        set_waiter(&queue.waiters, self.waiter);
        key
    }

    /// The hold of that key, to look at its queue again.
    pub(crate) fn get_mut(&mut self, key: usize) -> Option<&mut HeldPull> {
        self.slots.get_mut(key).map(|slot| &mut slot.pull)
    }

    /// Keys of all holds of the queue.
    pub(crate) fn of_queue(&self, queue: &Arc<Queue>) -> Vec<usize> {
        self.by_queue.get(&address(queue)).cloned().unwrap_or_default()
    }

    /// Takes one hold out.
    pub(crate) fn release(&mut self, key: usize) -> Option<HeldPull> {
        let slot = self.slots.try_remove(key)?;
        let queue = &slot.pull.queue;
        if unlink(&mut self.by_queue, &address(queue), key) {
            clear_waiter(&queue.waiters, self.waiter);
        }
        unlink(&mut self.by_connection, &slot.pull.connection, key);
        self.sweep_deadlines();
        Some(slot.pull)
    }

    /// Takes out the holds of a closed connection.
    pub(crate) fn release_connection(&mut self, connection: ConnId) -> usize {
        let keys = self.by_connection.get(&connection).cloned().unwrap_or_default();
        for key in &keys {
            self.release(*key);
        }
        keys.len()
    }

    /// Takes out the holds of a topic.
    pub(crate) fn release_topic(&mut self, topic: &str) -> Vec<HeldPull> {
        let held = self.slots.iter().filter(|(_, slot)| *slot.pull.queue.topic() == *topic);
        let keys: Vec<usize> = held.map(|(key, _)| key).collect();
        keys.into_iter().filter_map(|key| self.release(key)).collect()
    }

    /// Takes out one hold whose time is up.
    pub(crate) fn release_expired(&mut self, now: Instant) -> Option<HeldPull> {
        while let Some(Reverse((deadline, key, number))) = self.deadlines.peek().copied() {
            if !self.is_live(key, number) {
                self.deadlines.pop();
                continue;
            }
            if deadline > now {
                return None;
            }
            self.deadlines.pop();
            return self.release(key);
        }
        None
    }

    /// When the next hold's time is up; may be early by holds that have left.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.peek().map(|Reverse((deadline, ..))| *deadline)
    }

    fn is_live(&self, key: usize, number: u64) -> bool {
        self.slots.get(key).is_some_and(|slot| slot.number == number)
    }

    /// A busy consumer's pulls leave long before their deadline: without this their entries
    /// would stay for the whole suspend time.
    fn sweep_deadlines(&mut self) {
        if self.deadlines.len() <= 2 * self.slots.len() + 256 {
            return;
        }
        let deadlines = std::mem::take(&mut self.deadlines);
        let live = |entry: &Reverse<(Instant, usize, u64)>| self.is_live(entry.0.1, entry.0.2);
        self.deadlines = deadlines.into_iter().filter(live).collect();
    }
}

fn address(queue: &Arc<Queue>) -> usize {
    Arc::as_ptr(queue) as usize
}

/// Removes the key from its list; true when the list is gone with it.
fn unlink<K: std::hash::Hash + Eq>(
    lists: &mut FxHashMap<K, Vec<usize>>,
    of: &K,
    key: usize,
) -> bool {
    let Some(keys) = lists.get_mut(of) else { return false };
    keys.retain(|other| *other != key);
    let empty = keys.is_empty();
    if empty {
        lists.remove(of);
    }
    empty
}
