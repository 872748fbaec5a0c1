//! How other threads reach a loop.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::Waker;

use crate::arrival::Arrival;

/// The loop is awake and will look at its queue before it sleeps if it is told to.
const RUNNING: u8 = 0;
/// The loop sleeps, or is about to: a wake-up is needed.
const SLEEPING: u8 = 1;
/// Something was posted since the loop looked last.
const NOTIFIED: u8 = 2;

/// Posts mail to the loops of one transport. Cheap to clone; any thread may post.
///
/// A loop is woken only when it sleeps, and once until it looks: posting to a busy loop costs a
/// lock and no system call. The queue has no bound of its own: what is posted answers requests,
/// and those are bounded where they are accepted.
pub struct Mailbox<M> {
    boxes: Arc<[Letterbox<M>]>,
}

/// What lies in a letterbox.
pub(crate) enum Parcel<M> {
    Mail(M),
    Arrival(Arrival),
    Stop,
}

/// One loop's queue.
pub(crate) struct Letterbox<M> {
    queue: Mutex<Queue<M>>,
    state: AtomicU8,
    waker: Waker,
}

struct Queue<M> {
    parcels: VecDeque<Parcel<M>>,
    closed: bool,
}

impl<M> Mailbox<M> {
    pub(crate) fn new(wakers: impl IntoIterator<Item = Waker>) -> Self {
        Self { boxes: wakers.into_iter().map(Letterbox::new).collect() }
    }

    /// Gives `mail` to a loop; back as the error when that loop has ended or never existed.
    pub fn post(&self, loop_index: usize, mail: M) -> Result<(), M> {
        match self.send(loop_index, Parcel::Mail(mail)) {
            Err(Parcel::Mail(mail)) => Err(mail),
            _ => Ok(()),
        }
    }

    /// How many loops there are.
    #[must_use]
    pub fn loops(&self) -> usize {
        self.boxes.len()
    }

    pub(crate) fn send(&self, loop_index: usize, parcel: Parcel<M>) -> Result<(), Parcel<M>> {
        match self.boxes.get(loop_index) {
            Some(letterbox) => letterbox.push(parcel),
            None => Err(parcel),
        }
    }

    pub(crate) fn letterbox(&self, loop_index: usize) -> Option<&Letterbox<M>> {
        self.boxes.get(loop_index)
    }
}

impl<M> Letterbox<M> {
    fn new(waker: Waker) -> Self {
        let queue = Queue { parcels: VecDeque::new(), closed: false };
        Self { queue: Mutex::new(queue), state: AtomicU8::new(RUNNING), waker }
    }

    fn push(&self, parcel: Parcel<M>) -> Result<(), Parcel<M>> {
        {
            let mut queue = self.lock();
            if queue.closed {
                return Err(parcel);
            }
            queue.parcels.push_back(parcel);
        }
        // After the push: the loop that sees NOTIFIED must find the parcel.
        if self.state.swap(NOTIFIED, Ordering::AcqRel) == SLEEPING {
            self.wake();
        }
        Ok(())
    }

    fn wake(&self) {
        // An eventfd refuses only when its counter is full, and then the loop is awake anyway.
        if let Err(error) = self.waker.wake() {
            debug_assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        }
    }

    /// Whether something may have been posted since the last [`take`](Self::take).
    pub(crate) fn is_notified(&self) -> bool {
        self.state.load(Ordering::Acquire) == NOTIFIED
    }

    /// Announces sleep; `false` when there is something to look at first.
    pub(crate) fn may_sleep(&self) -> bool {
        self.state.compare_exchange(RUNNING, SLEEPING, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Everything posted so far, into an empty `into`.
    pub(crate) fn take(&self, into: &mut VecDeque<Parcel<M>>) {
        if self.state.swap(RUNNING, Ordering::AcqRel) == NOTIFIED {
            std::mem::swap(&mut self.lock().parcels, into);
        }
    }

    /// No more mail: what is still inside is dropped, later posts are refused.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.parcels.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Queue<M>> {
        // A push or a swap cannot leave the queue half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Self { boxes: Arc::clone(&self.boxes) }
    }
}

impl<M> fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("loops", &self.boxes.len()).finish()
    }
}
