//! What wakes the delivery thread.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::sync::lock;

#[derive(Debug, Default)]
struct State {
    rung: bool,
    stopped: bool,
}

/// Rung when an empty level got a message, when policy or progress changed, and to stop.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    state: Mutex<State>,
    heard: Condvar,
}

impl Bell {
    pub(crate) fn ring(&self) {
        lock(&self.state).rung = true;
        self.heard.notify_one();
    }

    #[cfg(test)]
    pub(crate) fn is_rung(&self) -> bool {
        lock(&self.state).rung
    }

    /// Ends the thread after what it is doing.
    pub(crate) fn stop(&self) {
        lock(&self.state).stopped = true;
        self.heard.notify_one();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        lock(&self.state).stopped
    }

    /// Sleeps until the bell rings or the time is over; for ever without a time.
    pub(crate) fn wait(&self, time: Option<Duration>) {
        let mut state = lock(&self.state);
        if !state.rung && !state.stopped {
            let silent = |state: &mut State| !state.rung && !state.stopped;
            state = if let Some(time) = time {
                let waited = self.heard.wait_timeout_while(state, time, silent);
                waited.unwrap_or_else(PoisonError::into_inner).0
            } else {
                let waited = self.heard.wait_while(state, silent);
                waited.unwrap_or_else(PoisonError::into_inner)
            };
        }
        state.rung = false;
    }
}
