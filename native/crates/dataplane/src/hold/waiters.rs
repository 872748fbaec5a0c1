//! The bit protocol of `Queue::waiters`.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// The bit of the thread that delivers delayed messages; event loops use the bits below it.
pub(crate) const SCHEDULE_WAITER: usize = 63;

/// Announces a waiter. The caller looks at the queue again after this.
pub(crate) fn set_waiter(waiters: &AtomicU64, waiter: usize) {
    waiters.fetch_or(1 << waiter, Ordering::SeqCst);
    fence(Ordering::SeqCst);
}

pub(crate) fn clear_waiter(waiters: &AtomicU64, waiter: usize) {
    waiters.fetch_and(!(1 << waiter), Ordering::SeqCst);
}

/// Who waits. The caller has moved the readable end before this.
pub(crate) fn waiting(waiters: &AtomicU64) -> u64 {
    fence(Ordering::SeqCst);
    waiters.load(Ordering::SeqCst)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two threads race a hold against an arrival: whichever order they take, somebody must
    /// have seen the message. Without the fences or with the order swapped this fails sooner
    /// or later.
    #[test]
    fn no_wake_up_is_lost() {
        for _ in 0..2_000 {
            let end = AtomicU64::new(0);
            let waiters = AtomicU64::new(0);
            let (writer_saw, holder_saw) = std::thread::scope(|scope| {
                let writer = scope.spawn(|| {
                    end.store(1, Ordering::Release);
                    waiting(&waiters) != 0
                });
                set_waiter(&waiters, 3);
                let holder_saw = end.load(Ordering::Acquire) == 1;
                (writer.join().unwrap(), holder_saw)
            });
            assert!(writer_saw || holder_saw);
        }
    }

    #[test]
    fn bits_are_per_waiter() {
        let waiters = AtomicU64::new(0);
        set_waiter(&waiters, 0);
        set_waiter(&waiters, SCHEDULE_WAITER);
        clear_waiter(&waiters, 0);
        assert_eq!(waiting(&waiters), 1 << SCHEDULE_WAITER);
    }
}
