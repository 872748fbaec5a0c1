//! Consume queues: for each queue of each topic, where its messages lie in the log.
//!
//! A queue is a run of 20-byte units in Java's layout (docs/formats/consumequeue.md). Entries are
//! appended to a tail in memory under the log lock and written to the files later, in runs; what
//! is in memory only is rebuilt from the log after a crash.
//!
//! Invariants: entry `n` of a queue names the record whose queue offset is `n`, densely; no file
//! names a record beyond the log position that `flush` was given; an idle queue costs no
//! descriptor, no mapping, no thread and no heap beyond its own few hundred bytes; files are looked
//! at when a queue is first used; paths are built from validated names and numbers only.
//! Refuses: gaps (an error that names the queue), going on after an I/O error (callers poison),
//! `consumequeue_ext` and batch queues.

mod descriptors;
mod error;
mod files;
mod filing;
mod flush;
mod journal;
mod queue;
mod redispatch;
mod restore;
mod retention;
mod table;
mod tail;
mod unit;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use error::QueueError;
pub(crate) use filing::Filed;
pub(crate) use journal::{LeftBehind, QueueJournal};
pub use queue::Queue;
pub use redispatch::Redispatched;
pub use table::{IgnoredNames, QueueTable};
pub use unit::{QueueEntry, UNIT_BYTES};

/// Locks without minding a panic of an earlier holder: no section here leaves its data between
/// two states when a step fails, and nothing in them panics on purpose.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
