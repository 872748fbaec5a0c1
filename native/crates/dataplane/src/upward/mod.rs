//! The one way up to TypeScript: a bounded queue that is emptied a batch at a time.
//!
//! Invariants: of one connection the batch order is opened, its frames, closed. At most one wake
//! is under way: whoever makes the queue non-empty rings, and nobody rings again until the batch
//! was taken. Frames are bounded in number and bytes and refused beyond; opened, closed and poison
//! are never dropped, and an opened and closed connection that never sent anything up is forgotten,
//! so that connection churn cannot grow the queue while JavaScript is busy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashSet;
use turbopump_transport::ConnId;

use crate::park::NameKind;
use crate::sync::lock;

/// Bytes of frames that may wait for TypeScript, whatever their number.
pub const UPWARD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Failed reads that one batch tells; a bad sector that is asked for again and again is no news.
const READ_FAILURES_MAX: usize = 16;

/// A connection was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The connection.
    pub connection: ConnId,
    /// Its far end.
    pub remote: SocketAddr,
    /// Whether it came in over the port without pull.
    pub fast_port: bool,
}

/// A name that policy does not know; requests that need it are parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Topic or group.
    pub kind: NameKind,
    /// The name.
    pub name: String,
    /// The topic whose settings the client proposes to copy.
    pub default_topic: Option<String>,
    /// The queue count the client proposes.
    pub default_topic_queue_nums: Option<i32>,
    /// Retry and dead-letter topics that the broker itself needs.
    pub internal: bool,
    /// Unit flags of the new topic.
    pub topic_sys_flag: i32,
    /// The connection whose request asked first.
    pub connection: Option<ConnId>,
    /// Its far end.
    pub remote: Option<SocketAddr>,
}

/// What happened since the last batch.
#[derive(Debug, Default)]
pub struct UpBatch {
    /// Accepted connections.
    pub opened: Vec<Opened>,
    /// Whole frames after their 4 length bytes.
    pub frames: Vec<(ConnId, Vec<u8>)>,
    /// Ended connections.
    pub closed: Vec<ConnId>,
    /// Unknown names.
    pub wanted: Vec<Wanted>,
    /// Why the store stopped taking writes; set in one batch only.
    pub poisoned: Option<Arc<str>>,
    /// Reads that failed, at most 16 of a batch: for the log.
    pub read_failures: Vec<String>,
}

impl UpBatch {
    fn is_empty(&self) -> bool {
        self.opened.is_empty()
            && self.frames.is_empty()
            && self.closed.is_empty()
            && self.wanted.is_empty()
            && self.poisoned.is_none()
            && self.read_failures.is_empty()
    }
}

/// Wakes the taker; must not call back into the queue.
pub type Ring = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct State {
    batch: UpBatch,
    frame_bytes: usize,
    /// Connections of `batch.opened` that have sent nothing up yet.
    silent: FxHashSet<ConnId>,
    rung: bool,
    poison_told: bool,
    ring: Option<Arc<Ring>>,
}

/// The queue.
pub(crate) struct UpwardQueue {
    state: Mutex<State>,
    capacity: usize,
}

impl UpwardQueue {
    /// `capacity` frames may wait.
    #[must_use]
    pub(crate) fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), capacity: capacity.max(1) }
    }

    /// Sets who is woken; whatever waits already rings at once.
    pub(crate) fn connect(&self, ring: Ring) {
        self.change(|state| state.ring = Some(Arc::new(ring)));
    }

    /// Stops waking anybody; what waits can still be taken.
    pub(crate) fn disconnect(&self) {
        lock(&self.state).ring = None;
    }

    /// Frames that wait.
    #[must_use]
    pub(crate) fn depth(&self) -> usize {
        lock(&self.state).batch.frames.len()
    }

    /// Everything that waits; the next event rings again.
    #[must_use]
    pub(crate) fn take(&self) -> UpBatch {
        let mut state = lock(&self.state);
        state.rung = false;
        state.frame_bytes = 0;
        state.silent.clear();
        std::mem::take(&mut state.batch)
    }

    /// A file could not be read; its request is answered with an error.
    pub(crate) fn read_failed(&self, reason: &str) {
        self.change(|state| {
            let failures = &mut state.batch.read_failures;
            let is_news = !failures.iter().any(|known| known == reason);
            if is_news && failures.len() < READ_FAILURES_MAX {
                failures.push(reason.to_owned());
            }
        });
    }

    pub(crate) fn opened(&self, opened: Opened) {
        self.change(|state| {
            state.silent.insert(opened.connection);
            state.batch.opened.push(opened);
        });
    }

    /// `frame` is the whole frame, length bytes included. False when the queue is full.
    pub(crate) fn offer_frame(&self, connection: ConnId, frame: &[u8]) -> bool {
        self.change(|state| {
            let full = state.batch.frames.len() >= self.capacity
                || state.frame_bytes.saturating_add(frame.len()) > UPWARD_BYTES_MAX;
            if !full {
                let body = frame.get(4..).unwrap_or_default().to_vec();
                state.frame_bytes += frame.len();
                state.silent.remove(&connection);
                state.batch.frames.push((connection, body));
            }
            !full
        })
    }

    pub(crate) fn closed(&self, connection: ConnId) {
        self.change(|state| {
            let named = state.batch.wanted.iter().any(|w| w.connection == Some(connection));
            if state.silent.remove(&connection) && !named {
                state.batch.opened.retain(|opened| opened.connection != connection);
            } else {
                state.batch.closed.push(connection);
            }
        });
    }

    /// The caller has made sure that the name goes up once only.
    pub(crate) fn wanted(&self, wanted: Wanted) {
        self.change(|state| state.batch.wanted.push(wanted));
    }

    pub(crate) fn poisoned(&self, reason: &Arc<str>) {
        self.change(|state| {
            if !state.poison_told {
                state.poison_told = true;
                state.batch.poisoned = Some(reason.clone());
            }
        });
    }

    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = lock(&self.state);
        let result = change(&mut state);
        let ring = match &state.ring {
            Some(ring) if !state.rung && !state.batch.is_empty() => Some(ring.clone()),
            _ => None,
        };
        state.rung |= ring.is_some();
        // The bell may run arbitrary code of the embedder, so it rings outside the lock.
        drop(state);
        if let Some(ring) = ring {
            ring();
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::testing::conn;

    fn opened(connection: ConnId) -> Opened {
        Opened { connection, remote: "127.0.0.1:9".parse().unwrap(), fast_port: false }
    }

    fn counting(queue: &UpwardQueue) -> Arc<AtomicUsize> {
        let rings = Arc::new(AtomicUsize::new(0));
        let seen = rings.clone();
        queue.connect(Box::new(move || {
            seen.fetch_add(1, Ordering::Relaxed);
        }));
        rings
    }

    #[test]
    fn one_ring_per_batch() {
        let queue = UpwardQueue::new(8);
        let rings = counting(&queue);
        for _ in 0..3 {
            assert!(queue.offer_frame(conn(1), b"\0\0\0\x03abc"));
        }
        assert_eq!(rings.load(Ordering::Relaxed), 1);
        let batch = queue.take();
        assert_eq!(batch.frames.len(), 3);
        assert_eq!(batch.frames[0].1, b"abc");
        queue.closed(conn(1));
        assert_eq!(rings.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_waited_before_anybody_listened_rings_when_somebody_does() {
        let queue = UpwardQueue::new(8);
        queue.opened(opened(conn(1)));
        let rings = counting(&queue);
        assert_eq!(rings.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_full_queue_refuses_frames_but_never_closes_and_poison() {
        let queue = UpwardQueue::new(2);
        assert!(queue.offer_frame(conn(1), b"\0\0\0\0"));
        assert!(queue.offer_frame(conn(1), b"\0\0\0\0"));
        assert!(!queue.offer_frame(conn(1), b"\0\0\0\0"));
        queue.closed(conn(1));
        queue.poisoned(&"disk".into());
        queue.poisoned(&"again".into());
        let batch = queue.take();
        assert_eq!((batch.frames.len(), batch.closed.len()), (2, 1));
        assert_eq!(batch.poisoned.as_deref(), Some("disk"));
        assert!(queue.offer_frame(conn(2), b"\0\0\0\0"), "taking makes room");
        assert!(queue.take().poisoned.is_none(), "poison is told once");
    }

    #[test]
    fn bytes_are_bounded_too() {
        let queue = UpwardQueue::new(1000);
        let frame = vec![0; UPWARD_BYTES_MAX / 2];
        assert!(queue.offer_frame(conn(1), &frame));
        assert!(queue.offer_frame(conn(1), &frame));
        assert!(!queue.offer_frame(conn(1), &frame));
    }

    #[test]
    fn a_connection_that_said_nothing_leaves_no_trace_and_one_that_did_does() {
        let queue = UpwardQueue::new(8);
        queue.opened(opened(conn(1)));
        queue.closed(conn(1));
        queue.opened(opened(conn(2)));
        assert!(queue.offer_frame(conn(2), b"\0\0\0\0"));
        queue.closed(conn(2));
        let batch = queue.take();
        assert_eq!(batch.opened.len(), 1);
        assert_eq!(batch.closed, [conn(2)]);
        queue.opened(opened(conn(3)));
        let _ = queue.take();
        queue.closed(conn(3));
        assert_eq!(queue.take().closed, [conn(3)], "TypeScript knows it, so it hears of its end");
    }
}
