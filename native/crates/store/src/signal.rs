//! How threads of the store wait: a flag that is raised and taken, with a time limit; for the one
//! whose waking others wait for, a short look before it sleeps.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    /// Threads that sleep until the state changes: without one, nobody has to be woken, and the
    /// condition variable would make a system call to find that out.
    sleeping: u32,
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
        let mut state = self.state();
        state.raised = true;
        let sleeping = state.sleeping;
        // Not under the lock: the woken thread would wake up only to sleep again.
        drop(state);
        if sleeping > 0 {
            self.changed.notify_one();
        }
    }

    /// Ends this and every later wait.
    pub(crate) fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }

    /// Like [`Signal::wait`] without a limit, but looks again and again for `look` before it
    /// sleeps. In between it yields: a thread that has work to do goes first.
    pub(crate) fn look_and_wait(&self, look: Duration) -> Wake {
        let until = Instant::now() + look;
        while Instant::now() < until {
            if let Some(wake) = self.state().take() {
                return wake;
            }
            std::thread::yield_now();
        }
        self.wait(None)
    }

    /// Waits until raised or stopped, at most `limit` when given.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> Wake {
        let mut state = self.state();
        state.sleeping += 1;
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
        state.sleeping -= 1;
        state.take().unwrap_or(Wake::TimedOut)
    }

    /// Waits `limit` whatever is raised meanwhile; true when stopped.
    pub(crate) fn pause(&self, limit: Duration) -> bool {
        let state = self.state();
        // Raised meanwhile, it would only wake up in vain; `stop` wakes all.
        self.changed
            .wait_timeout_while(state, limit, |state| !state.stopped)
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .stopped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Option<Wake> {
        if self.stopped {
            return Some(Wake::Stopped);
        }
        std::mem::take(&mut self.raised).then_some(Wake::Raised)
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
        assert_eq!(signal.look_and_wait(Duration::ZERO), Wake::Stopped);
    }

    #[test]
    fn who_looks_before_sleeping_misses_nothing_before_during_or_after() {
        let signal = std::sync::Arc::new(Signal::default());
        signal.raise();
        assert_eq!(signal.look_and_wait(Duration::from_secs(60)), Wake::Raised);
        for look in [Duration::ZERO, Duration::from_secs(60)] {
            let waiting = std::sync::Arc::clone(&signal);
            let waiter = std::thread::spawn(move || waiting.look_and_wait(look));
            signal.raise();
            assert_eq!(waiter.join().expect("waiter"), Wake::Raised);
        }
    }
}
