//! When an answer may go out.

use turbopump_store::{FlushMode, Store};
use turbopump_wire::PhysicalOffset;

/// Whether records that end at `end` are as safe as promised. Under `ASYNC_FLUSH` written is
/// enough.
/// One more condition (replicated, for `SYNC_MASTER`) belongs here and nowhere else.
pub(crate) fn is_safe(store: &Store, end: PhysicalOffset) -> bool {
    match store.flush_mode() {
        FlushMode::Async => true,
        FlushMode::Sync => end <= store.flushed(),
    }
}
