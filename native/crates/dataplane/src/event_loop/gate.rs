//! When an answer may go out.

use std::time::Instant;

use turbopump_replication::Replication;
use turbopump_store::{FlushMode, Store};
use turbopump_wire::PhysicalOffset;

use super::{Group, Replicated};

/// Whether records that end at `end` are as safe on this machine as promised. Under `ASYNC_FLUSH`
/// written is enough.
pub(crate) fn is_safe(store: &Store, end: PhysicalOffset) -> bool {
    match store.flush_mode() {
        FlushMode::Async => true,
        FlushMode::Sync => end <= store.flushed(),
    }
}

/// Begins a group's wait for slaves; false when it does not wait, because nobody asks for them or
/// because there are not enough.
pub(crate) fn waits_for_slaves(replication: &Replication, group: &mut Group, now: Instant) -> bool {
    if !replication.is_synchronous() || replication.needs_nobody() {
        return false;
    }
    if !replication.is_possible() {
        group.replicated = Replicated::NotAvailable;
        return false;
    }
    group.deadline = Some(now + replication.slave_timeout());
    true
}

/// What has become of a group's wait; `None` while it goes on. An acknowledgement counts however
/// late it is looked at.
pub(crate) fn replicated(
    replication: &Replication,
    group: &Group,
    now: Instant,
) -> Option<Replicated> {
    if group.end <= replication.replicated() || replication.needs_nobody() {
        return Some(Replicated::Done);
    }
    let is_late = group.deadline.is_none_or(|deadline| deadline <= now);
    is_late.then_some(Replicated::TimedOut)
}
