//! The delivery thread.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use turbopump_store::{AppendBatch, FlushMode, Queue, QueueEntry, ReadError};
use turbopump_wire::{QueueId, QueueOffset, RecordView};

use super::{deliver, due};
use crate::hold::{SCHEDULE_WAITER, clear_waiter, set_waiter};
use crate::message;
use crate::policy::{BrokerRole, PolicySnapshot, SCHEDULE_TOPIC};
use crate::shared::Shared;

/// Messages of one level that are delivered before the next level has its turn.
const TURN_MESSAGES: usize = 256;
/// Bytes of one append of delivered messages.
const TURN_BYTES_MAX: usize = 1 << 20;
/// After a read or write that failed for now.
const RETRY_MS: i64 = 1000;
/// The wall clock may be set while the thread sleeps, so it looks at it now and then.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// The running thread.
pub(crate) struct Delivery {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

impl Delivery {
    pub(crate) fn start(shared: &Arc<Shared>) -> io::Result<Self> {
        let mut worker = Worker::new(shared.clone());
        let builder = std::thread::Builder::new().name("tp-schedule".into());
        let thread = builder.spawn(move || worker.run())?;
        Ok(Self { shared: shared.clone(), thread })
    }

    /// Ends the thread; false when it had panicked.
    pub(crate) fn stop(self) -> bool {
        self.shared.schedule.stop();
        self.thread.join().is_ok()
    }
}

/// What a level wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// More is due already.
    Now,
    /// The head is due at this time, milliseconds.
    At(i64),
    /// Nothing waits; an arrival rings.
    Arrival,
}

pub(crate) struct Worker {
    shared: Arc<Shared>,
    batch: AppendBatch,
    key_hashes: Vec<i32>,
    text: Vec<u8>,
    entries: Vec<QueueEntry>,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            batch: AppendBatch::new(),
            key_hashes: Vec::new(),
            text: Vec::new(),
            entries: Vec::new(),
        }
    }

    fn run(&mut self) {
        while !self.shared.schedule.is_stopped() {
            let next = self.round();
            let sleep = match next {
                Next::Now => continue,
                Next::Arrival => None,
                Next::At(at) => {
                    let ms = at.saturating_sub(self.shared.clock.wall_ms()).max(0);
                    Some(Duration::from_millis(ms as u64).min(SLEEP_MAX))
                }
            };
            self.shared.schedule.wait(sleep);
        }
    }

    /// Gives every level one turn; says when the next round is wanted.
    pub(crate) fn round(&mut self) -> Next {
        let policy = self.shared.policy.load_full();
        if policy.broker().role == BrokerRole::Slave {
            return Next::Arrival;
        }
        let mut next = Next::Arrival;
        for (level, delay_ms) in (1..).zip(&policy.broker().delay_levels_ms) {
            next = sooner(next, self.turn(level, *delay_ms, &policy));
        }
        next
    }

    fn turn(&mut self, level: u32, delay_ms: u64, policy: &PolicySnapshot) -> Next {
        let retry = Next::At(self.shared.clock.wall_ms() + RETRY_MS);
        let id = QueueId::new(level - 1);
        let Ok(queue) = message::queue_of(&self.shared.store, SCHEDULE_TOPIC, id) else {
            return retry;
        };
        let from = self.start(level, &queue);
        if from >= queue.max_offset() {
            // Announce, then look again: see `hold`'s protocol.
            set_waiter(&queue.waiters, SCHEDULE_WAITER);
            if from >= queue.max_offset() {
                return Next::Arrival;
            }
        }
        clear_waiter(&queue.waiters, SCHEDULE_WAITER);
        self.entries.clear();
        if queue.read(from, TURN_MESSAGES, &mut self.entries).is_err() {
            return retry;
        }
        let (taken, next) = self.gather(delay_ms);
        let to = from.advance(taken);
        if taken > 0 && !self.commit(level, to, policy) {
            return retry;
        }
        next
    }

    /// Where the level goes on; a progress outside of the queue is moved into it.
    fn start(&self, level: u32, queue: &Queue) -> QueueOffset {
        let from = self.shared.delay_progress.next(level);
        let inside = from.max(queue.min_offset()).min(queue.max_offset());
        if inside != from {
            self.shared.delay_progress.set(level, inside);
        }
        inside
    }

    /// Encodes what is due; returns how many entries are done with and what comes next.
    fn gather(&mut self, delay_ms: u64) -> (u64, Next) {
        let now_ms = self.shared.clock.wall_ms();
        let entries = std::mem::take(&mut self.entries);
        let mut taken = 0;
        let mut next = Next::Now;
        for entry in &entries {
            let due_ms = due::due_ms(entry.tags_code, delay_ms, now_ms);
            if due_ms > now_ms {
                next = Next::At(due_ms);
                break;
            }
            if self.batch.bytes() >= TURN_BYTES_MAX {
                break;
            }
            if !entry.is_blank() && !self.encode(entry) {
                next = Next::At(now_ms + RETRY_MS);
                break;
            }
            taken += 1;
        }
        self.entries = entries;
        (taken, next)
    }

    /// False when the record cannot be read for now. One that is gone, is none, or does not say
    /// where it belongs never will be: it counts as done with, or it would block its level.
    fn encode(&mut self, entry: &QueueEntry) -> bool {
        let record = match self.shared.store.read_record(entry.physical, Some(entry.size)) {
            Ok(record) => record,
            Err(ReadError::Deleted { .. } | ReadError::NotARecord { .. }) => return true,
            Err(_) => return false,
        };
        let Ok(view) = RecordView::parse(&record) else { return true };
        let Some(message) = deliver::message(&view, &mut self.text, &self.shared) else {
            return true;
        };
        let limit = self.shared.limits.record_bytes;
        let put = message::put(
            &self.shared.store,
            None,
            &mut self.batch,
            limit,
            &mut self.key_hashes,
            &message,
        );
        !matches!(put, Err(message::PutError::Queue(_)))
    }

    /// Appends what was gathered and tells who waits for it. False when nothing was stored.
    fn commit(&mut self, level: u32, to: QueueOffset, policy: &PolicySnapshot) -> bool {
        let store = &self.shared.store;
        let end = if self.batch.is_empty() {
            self.shared.settled()
        } else {
            let Ok(end) = store.append(&mut self.batch) else {
                self.batch.clear();
                return false;
            };
            end
        };
        // Delivered messages are covered by the flush mode like any other, and progress is told
        // only when they are replicated too.
        let synced = store.flush_mode() == FlushMode::Async || store.sync_now().is_ok();
        if synced {
            self.shared.delay_progress.delivered(level, to, end, self.shared.settled());
            self.count(policy);
            self.shared.wake_pulls(end, &mut self.batch.queues().cloned());
        }
        self.batch.clear();
        synced
    }

    fn count(&self, policy: &PolicySnapshot) {
        for index in 0..self.batch.len() {
            let topic = self.batch.queue_of(index).and_then(|queue| policy.topic(queue.topic()));
            if let Some(topic) = topic {
                topic.counters.put(1, self.batch.placed(index).size.into());
            }
        }
    }
}

fn sooner(a: Next, b: Next) -> Next {
    match (a, b) {
        (Next::Now, _) | (_, Next::Now) => Next::Now,
        (Next::At(a), Next::At(b)) => Next::At(a.min(b)),
        (Next::At(at), Next::Arrival) | (Next::Arrival, Next::At(at)) => Next::At(at),
        (Next::Arrival, Next::Arrival) => Next::Arrival,
    }
}
