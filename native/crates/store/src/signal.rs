//! How threads of the store wait: a flag that is raised and taken, with a time limit. No polling.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Raised by anyone, taken by one waiting thread. Raising twice before it is taken counts once.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    raised: bool,
    stopped: bool,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    Raised,
    TimedOut,
    Stopped,
}

impl Signal {
    pub(crate) fn raise(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.raised = true;
        self.changed.notify_one();
    }

    /// Ends this and every later wait.
    pub(crate) fn stop(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopped = true;
        self.changed.notify_all();
    }

    /// Waits until raised or stopped, at most `limit` when given.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> Wake {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |state: &mut State| !state.raised && !state.stopped;
        let mut state = match limit {
            None => self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.changed
                    .wait_timeout_while(state, limit, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        if state.stopped {
            Wake::Stopped
        } else if std::mem::take(&mut state.raised) {
            Wake::Raised
        } else {
            Wake::TimedOut
        }
    }

    /// Waits `limit` whatever is raised meanwhile; true when stopped.
    pub(crate) fn pause(&self, limit: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.changed
            .wait_timeout_while(state, limit, |state| !state.stopped)
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .stopped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raised_before_the_wait_is_not_lost_and_counts_once() {
        let signal = Signal::default();
        signal.raise();
        signal.raise();
        assert_eq!(signal.wait(None), Wake::Raised);
        assert_eq!(signal.wait(Some(Duration::from_millis(1))), Wake::TimedOut);
    }

    #[test]
    fn stop_wins_and_stays() {
        let signal = Signal::default();
        signal.raise();
        signal.stop();
        assert_eq!(signal.wait(None), Wake::Stopped);
        assert_eq!(signal.wait(None), Wake::Stopped);
        assert!(signal.pause(Duration::from_secs(60)));
    }
}
