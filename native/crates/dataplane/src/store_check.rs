//! A check of the store while it serves: one at a time, at a bounded rate, ended by `close`.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use turbopump_store::{FileError, VerifyError, VerifyReport};

use crate::DataPlane;

/// Stands for "no check runs".
const IDLE: u64 = u64::MAX;

const SHORTEST_WAIT: Duration = Duration::from_millis(20);

/// Where the running check is.
pub(crate) struct StoreCheck {
    position: AtomicU64,
    is_closing: Mutex<bool>,
    closing: Condvar,
}

impl Default for StoreCheck {
    fn default() -> Self {
        Self {
            position: AtomicU64::new(IDLE),
            is_closing: Mutex::default(),
            closing: Condvar::new(),
        }
    }
}

impl StoreCheck {
    /// Ends the running check and refuses others.
    pub(crate) fn stop(&self) {
        *self.is_closing.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.closing.notify_all();
    }

    /// Waits; at once an error when the data plane closes.
    fn wait(&self, longest: Duration) -> Result<(), VerifyError> {
        let mut is_closing = self.is_closing.lock().unwrap_or_else(PoisonError::into_inner);
        if !longest.is_zero() {
            let waited = self.closing.wait_timeout_while(is_closing, longest, |closing| !*closing);
            (is_closing, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if *is_closing { Err(VerifyError::Stopped) } else { Ok(()) }
    }
}

impl DataPlane {
    /// Checks log, queues, index and checkpoint on the calling thread, which takes as long as
    /// reading all of the log at `bytes_per_second` does.
    ///
    /// # Errors
    /// When a file cannot be read, another check runs, or the data plane closes.
    pub fn verify_store(
        &self,
        known_topics: &HashSet<String>,
        bytes_per_second: u64,
    ) -> Result<VerifyReport, VerifyError> {
        let check = &self.shared.store_check;
        let first = self.shared.store.min_offset().get();
        let began =
            check.position.compare_exchange(IDLE, first, Ordering::Relaxed, Ordering::Relaxed);
        if began.is_err() {
            return Err(VerifyError::Stopped);
        }
        let start = Instant::now();
        let pace = |position: u64| {
            check.position.store(position, Ordering::Relaxed);
            let read = position.saturating_sub(first);
            let due = Duration::from_millis(read.saturating_mul(1_000) / bytes_per_second.max(1));
            // Short waits would cost more than they slow down.
            let ahead = due.saturating_sub(start.elapsed());
            check.wait(if ahead < SHORTEST_WAIT { Duration::ZERO } else { ahead })
        };
        let report = self.shared.store.verify(Some(known_topics), &pace);
        check.position.store(IDLE, Ordering::Relaxed);
        report
    }

    /// Log position that the running check has reached.
    #[must_use]
    pub fn verify_position(&self) -> Option<u64> {
        let position = self.shared.store_check.position.load(Ordering::Relaxed);
        (position != IDLE).then_some(position)
    }

    /// Has the next opening of the store rebuild what is damaged of queues and index.
    ///
    /// # Errors
    /// When the marker cannot be written.
    pub fn ask_for_repair(&self, known_topics: &HashSet<String>) -> Result<(), FileError> {
        self.shared.store.ask_for_repair(known_topics)
    }
}
