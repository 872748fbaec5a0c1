//! What all loops, the delivery of delayed messages and the embedder share.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use turbopump_replication::Replication;
use turbopump_store::{Clock, Progress, Queue, Store};
use turbopump_transport::Mailbox;
use turbopump_wire::PhysicalOffset;

use crate::counters::{PullCounters, Totals};
use crate::event_loop::Mail;
use crate::hold::waiting;
use crate::offsets::ConsumerOffsets;
use crate::park::WantedNames;
use crate::policy::PolicySnapshot;
use crate::reading::ReadingPool;
use crate::resets::Resets;
use crate::schedule::{self, Bell};
use crate::store_check::StoreCheck;
use crate::unique_id::UniqueIds;
use crate::upward::UpwardQueue;

/// Sizes that a message must keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageLimits {
    /// `maxMessageSize`, of the body.
    pub(crate) body_bytes: usize,
    /// Of the whole record, so that it fits into one segment with the blank record behind it.
    pub(crate) record_bytes: usize,
}

/// The shared state.
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) replication: Replication,
    pub(crate) store_check: StoreCheck,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) policy: Arc<ArcSwap<PolicySnapshot>>,
    pub(crate) offsets: ConsumerOffsets,
    pub(crate) resets: Resets,
    /// One per loop.
    pub(crate) pulls: Box<[PullCounters]>,
    pub(crate) totals: Totals,
    pub(crate) upward: UpwardQueue,
    pub(crate) wanted: WantedNames,
    pub(crate) reading: ReadingPool,
    pub(crate) schedule: Bell,
    pub(crate) delay_progress: schedule::Progress,
    pub(crate) unique_ids: UniqueIds,
    pub(crate) limits: MessageLimits,
    /// Written into records as store host and into offset message ids.
    pub(crate) store_ip: IpAddr,
    /// Known once the listener is bound, which is before any client can know it.
    pub(crate) store_port: AtomicU16,
    /// Bytes behind the log's end beyond which a reader is told to go to a slave: 40 % of the
    /// machine's memory, Java's `accessMessageInMemoryMaxRatio`.
    pub(crate) in_memory_bytes: u64,
    /// Appends of all loops that wait for their sync.
    pub(crate) unsafe_groups: AtomicUsize,
    /// Bit per loop that wants to hear of the next flushed position.
    pub(crate) loops_in_wait: AtomicU64,
    /// Set when the transport runs.
    pub(crate) mailbox: OnceLock<Mailbox<Mail>>,
}

impl Shared {
    pub(crate) fn store_host(&self) -> SocketAddr {
        SocketAddr::new(self.store_ip, self.store_port.load(Ordering::Relaxed))
    }

    /// Gives mail to a loop. Mail to a loop that has ended has nobody to act on it.
    pub(crate) fn post(&self, loop_index: usize, mail: Mail) {
        if let Some(mailbox) = self.mailbox.get() {
            drop(mailbox.post(loop_index, mail));
        }
    }

    /// What no failure that the broker's mode promises to survive takes away again.
    pub(crate) fn settled(&self) -> PhysicalOffset {
        self.store.flushed().min(self.store.readable())
    }

    /// Tells the loops that hold pulls of these queues about records that end at `end`.
    pub(crate) fn wake_pulls(
        &self,
        end: PhysicalOffset,
        queues: &mut dyn Iterator<Item = Arc<Queue>>,
    ) {
        if end > self.store.readable() {
            // Who holds pulls then is looked at when readers may see them, and any loop can do it.
            let queues: Vec<_> = queues.collect();
            if !queues.is_empty() {
                self.post(0, Mail::Stored(end, queues));
            }
            return;
        }
        let mut by_loop: Vec<Vec<Arc<Queue>>> = vec![Vec::new(); self.pulls.len()];
        for queue in queues {
            let mut waiters = waiting(&queue.waiters);
            while waiters != 0 {
                let waiter = waiters.trailing_zeros() as usize;
                waiters &= waiters - 1;
                if let Some(queues) = by_loop.get_mut(waiter) {
                    queues.push(queue.clone());
                }
            }
        }
        for (loop_index, queues) in by_loop.into_iter().enumerate() {
            if !queues.is_empty() {
                self.post(loop_index, Mail::Arrived(queues));
            }
        }
    }

    /// Gives mail to every loop.
    pub(crate) fn post_all(&self, mail: impl Fn() -> Mail) {
        for loop_index in 0..self.pulls.len() {
            self.post(loop_index, mail());
        }
    }

    pub(crate) fn held_changed(&self, by: i64) {
        self.totals.held_pulls.fetch_add(by as u64, Ordering::Relaxed);
    }

    /// The store's progress listener: tells those who wait and nobody else.
    pub(crate) fn progressed(&self, progress: &Progress) {
        if let Progress::Poisoned(reason) = progress {
            self.upward.poisoned(reason);
        }
        self.tell_waiting();
    }

    /// Has the loops look at what waits for the disk or for slaves.
    pub(crate) fn tell_waiting(&self) {
        let mut waiting = self.loops_in_wait.load(Ordering::SeqCst);
        while waiting != 0 {
            self.post(waiting.trailing_zeros() as usize, Mail::Progress);
            waiting &= waiting - 1;
        }
    }
}
