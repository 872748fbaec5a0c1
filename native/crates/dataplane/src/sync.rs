//! Locks whose holders cannot leave half a change behind.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Every section under these locks is a few map operations that either happen or do not, so a
/// holder that panicked has not broken what the lock protects and the next one may go on.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
