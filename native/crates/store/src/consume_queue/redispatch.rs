//! Recovery's side of a queue: records of the log are offered again, in log order, up to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use turbopump_wire::QueueOffset;

use super::error::QueueError;
use super::lock;
use super::queue::Queue;
use super::tail::Tail;
use super::unit::QueueEntry;

/// What an offered entry changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redispatched {
    /// The queue had it.
    Same,
    /// It is the queue's new end.
    Appended,
    /// The queue had something else there: it was cut and now ends with this entry. What followed
    /// comes again, because recovery goes on to the end of the log.
    Replaced,
    /// Below the queue's first entry; nothing was done.
    BelowMin,
}

impl Queue {
    /// Takes the entry of a record found in the log. Not while records are appended.
    pub fn redispatch(
        self: &Arc<Self>,
        at: QueueOffset,
        entry: QueueEntry,
        store_ms: i64,
    ) -> Result<Redispatched, QueueError> {
        let next = self.next_offset();
        if at > next && !self.start_at(at.get()) {
            let topic = self.topic().to_owned();
            return Err(QueueError::Gap { topic, id: self.id(), next, got: at });
        }
        if at >= next {
            self.publish(entry, store_ms);
            return Ok(Redispatched::Appended);
        }
        if at < self.min_offset() {
            return Ok(Redispatched::BelowMin);
        }
        if self.entry_at(at.get())? == Some(entry) {
            let mut state = lock(&self.state);
            if at.get() < state.tail.flushed() {
                // Found is not durable: the next flush syncs it before anybody relies on it.
                let first = state.resync_from.unwrap_or(u64::MAX).min(at.get());
                state.resync_from = Some(first);
                self.mark_dirty(&mut state);
            }
            return Ok(Redispatched::Same);
        }
        lock(&self.files.shared.maintenance).truncate(self, at.get())?;
        self.publish(entry, store_ms);
        Ok(Redispatched::Replaced)
    }

    /// Lets a queue that never had an entry begin at `at`: the log's earlier records are gone.
    /// False when it has, or had, entries.
    pub(super) fn start_at(&self, at: u64) -> bool {
        let mut state = lock(&self.state);
        if state.tail.next() > 0 || state.span.end > state.span.first {
            return false;
        }
        state.tail = Tail::starting_at(at);
        state.blanks = at - self.files.file_start(at);
        self.next.store(at, Ordering::Release);
        self.min.store(at, Ordering::Release);
        self.min_physical.store(0, Ordering::Release);
        true
    }
}
