//! A topic's queues as the store gave them, kept beside its policy.
//!
//! Every message needs its queue. With thousands of topics each step of finding it in the store's
//! table waits for memory; here it is one step from the topic, which is at hand.
//!
//! Invariant: what is kept is what the store's table has, or says itself that it was deleted.
//! Rejected: a table of each loop's own, which would have to follow every change of policy.

use std::sync::{Arc, OnceLock};

use turbopump_store::Queue;
use turbopump_wire::QueueId;

/// Queues of a topic that are kept, 16 bytes each; those beyond are looked up.
const KEPT_MAX: u32 = 1024;

/// Queues by number, each found on its first use; an unused topic costs no memory.
#[derive(Default)]
pub(crate) struct TopicQueues {
    by_id: OnceLock<Box<[OnceLock<Arc<Queue>>]>>,
    room: u32,
}

impl TopicQueues {
    /// Room for so many queues, as far as they are kept.
    pub(super) fn of(queues: u32) -> Self {
        Self { by_id: OnceLock::new(), room: queues.min(KEPT_MAX) }
    }

    /// The queue, when it was kept and still is the topic's.
    pub(crate) fn get(&self, id: QueueId) -> Option<&Arc<Queue>> {
        self.by_id.get()?.get(id.get() as usize)?.get().filter(|queue| !queue.is_deleted())
    }

    /// Keeps the store's queue unless one was kept before: a topic that is deleted in the store and
    /// used again under the same policy has its queues looked up there each time.
    pub(crate) fn keep(&self, queue: &Arc<Queue>) {
        let empty = || (0..self.room).map(|_| OnceLock::new()).collect();
        if let Some(place) = self.by_id.get_or_init(empty).get(queue.id().get() as usize) {
            place.get_or_init(|| Arc::clone(queue));
        }
    }
}

impl std::fmt::Debug for TopicQueues {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kept = self.by_id.get().into_iter().flatten().filter(|place| place.get().is_some());
        write!(out, "{} of {} queues", kept.count(), self.room)
    }
}
