//! How the log's growth reaches the sending thread: at most one wake until it was heard, and none
//! while no slave is connected.

use std::sync::atomic::{AtomicBool, Ordering};

use mio::Waker;

pub(crate) struct Growth {
    waker: Waker,
    wanted: AtomicBool,
    told: AtomicBool,
    stopped: AtomicBool,
}

impl Growth {
    pub(super) fn new(waker: Waker) -> Self {
        let flag = || AtomicBool::new(false);
        Self { waker, wanted: flag(), told: flag(), stopped: flag() }
    }

    /// The log has grown. The position was stored before this is called, and the thread declares
    /// its interest before it looks at the position, so one of the two sees the other.
    pub(crate) fn grown(&self) {
        if self.wanted.load(Ordering::SeqCst) && !self.told.swap(true, Ordering::SeqCst) {
            self.wake();
        }
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.wake();
    }

    fn wake(&self) {
        // An event counter that cannot be written to has a wake pending.
        drop(self.waker.wake());
    }

    /// What comes after this wakes again.
    pub(super) fn heard(&self) {
        self.told.store(false, Ordering::SeqCst);
    }

    pub(super) fn listen(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::SeqCst);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}
