//! Requests that need a topic or group which policy does not know yet.
//!
//! Invariants: a name goes up to TypeScript once, however many requests and loops want it, until
//! it is resolved or its wait ran out. Parked frames keep their order per name, and a later
//! frame for a name that has parked ones parks behind them. Frames are bounded in number and
//! bytes; one that does not fit, and one that waits too long, is answered `SYSTEM_BUSY`.
//! Refuses: to decide. Whether a topic may be created is TypeScript's question (TBW102 rules).

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustc_hash::{FxHashMap, FxHashSet};
use turbopump_transport::ConnId;

use crate::sync::lock;

/// Frames that one loop may hold parked.
pub(crate) const PARKED_FRAMES_MAX: usize = 4096;
/// Bytes of parked frames per loop.
pub(crate) const PARKED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A client's send gives up after 3 s by default; an answer later than that helps nobody.
pub(crate) const PARKED_WAIT: Duration = Duration::from_millis(2500);

/// What a wanted name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// A topic.
    Topic,
    /// A consumer group.
    Group,
}

/// Names on their way up, shared by all loops.
#[derive(Default)]
pub(crate) struct WantedNames(Mutex<FxHashSet<(NameKind, Box<str>)>>);

impl WantedNames {
    /// True when nobody has asked for the name yet: the caller sends it up.
    pub(crate) fn ask(&self, kind: NameKind, name: &str) -> bool {
        lock(&self.0).insert((kind, name.into()))
    }

    /// The name is resolved, or nobody waits for it any longer; the next request asks again.
    pub(crate) fn settle(&self, kind: NameKind, name: &str) {
        lock(&self.0).remove(&(kind, name.into()));
    }
}

/// A request that waits for a name.
#[derive(Debug)]
pub(crate) struct ParkedFrame {
    pub(crate) connection: ConnId,
    /// The whole frame, length bytes included.
    pub(crate) frame: Vec<u8>,
}

#[derive(Debug)]
struct Lot {
    frames: VecDeque<ParkedFrame>,
    deadline: Instant,
}

/// One loop's parked requests.
#[derive(Default)]
pub(crate) struct ParkingLot {
    lots: FxHashMap<(NameKind, Box<str>), Lot>,
    frames: usize,
    bytes: usize,
}

impl ParkingLot {
    pub(crate) fn is_empty(&self) -> bool {
        self.frames == 0
    }

    /// Whether requests wait for the name here.
    pub(crate) fn waits_for(&self, kind: NameKind, name: &str) -> bool {
        !self.is_empty() && self.lots.contains_key(&(kind, name.into()))
    }

    /// False when there is no room: the caller answers `SYSTEM_BUSY`.
    pub(crate) fn park(
        &mut self,
        (kind, name): (NameKind, &str),
        connection: ConnId,
        frame: &[u8],
        now: Instant,
    ) -> bool {
        let bytes = self.bytes.saturating_add(frame.len());
        if self.frames >= PARKED_FRAMES_MAX || bytes > PARKED_BYTES_MAX {
            return false;
        }
        self.frames += 1;
        self.bytes = bytes;
        let lot = self
            .lots
            .entry((kind, name.into()))
            .or_insert_with(|| Lot { frames: VecDeque::new(), deadline: now + PARKED_WAIT });
        lot.frames.push_back(ParkedFrame { connection, frame: frame.to_vec() });
        true
    }

    /// Everything that waits for the name, oldest first.
    pub(crate) fn take(&mut self, kind: NameKind, name: &str) -> VecDeque<ParkedFrame> {
        let lot = self.lots.remove(&(kind, name.into()));
        self.count_out(lot)
    }

    /// A name whose wait ran out, with what waited for it.
    pub(crate) fn take_expired(
        &mut self,
        now: Instant,
    ) -> Option<(NameKind, Box<str>, VecDeque<ParkedFrame>)> {
        let mut lots = self.lots.iter();
        let key = lots.find(|(_, lot)| lot.deadline <= now).map(|(key, _)| key.clone())?;
        let lot = self.lots.remove(&key);
        Some((key.0, key.1, self.count_out(lot)))
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        // A handful of names at most: each is in the lot for one round trip to TypeScript.
        self.lots.values().map(|lot| lot.deadline).min()
    }

    /// Drops what a closed connection had parked.
    pub(crate) fn forget(&mut self, connection: ConnId) {
        if self.is_empty() {
            return;
        }
        for lot in self.lots.values_mut() {
            lot.frames.retain(|parked| {
                let stays = parked.connection != connection;
                if !stays {
                    self.frames -= 1;
                    self.bytes -= parked.frame.len();
                }
                stays
            });
        }
    }

    /// Everything, when the loop ends.
    pub(crate) fn take_all(&mut self) -> Vec<VecDeque<ParkedFrame>> {
        (self.frames, self.bytes) = (0, 0);
        self.lots.drain().map(|(_, lot)| lot.frames).collect()
    }

    fn count_out(&mut self, lot: Option<Lot>) -> VecDeque<ParkedFrame> {
        let frames = lot.map(|lot| lot.frames).unwrap_or_default();
        self.frames -= frames.len();
        self.bytes -= frames.iter().map(|parked| parked.frame.len()).sum::<usize>();
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::conn;

    const TOPIC: NameKind = NameKind::Topic;

    #[test]
    fn a_name_goes_up_once_until_it_is_settled() {
        let names = WantedNames::default();
        assert!(names.ask(TOPIC, "a"));
        assert!(!names.ask(TOPIC, "a"));
        assert!(names.ask(NameKind::Group, "a"), "a group is another name");
        names.settle(TOPIC, "a");
        assert!(names.ask(TOPIC, "a"));
    }

    #[test]
    fn frames_come_back_in_order_and_leave_nothing_behind() {
        let mut lot = ParkingLot::default();
        let now = Instant::now();
        for frame in [b"1", b"2"] {
            assert!(lot.park((TOPIC, "a"), conn(1), frame, now));
        }
        assert!(lot.waits_for(TOPIC, "a"));
        let frames = lot.take(TOPIC, "a");
        assert_eq!(frames.iter().map(|f| f.frame[0]).collect::<Vec<_>>(), b"12");
        assert!(lot.is_empty() && !lot.waits_for(TOPIC, "a") && lot.next_deadline().is_none());
    }

    #[test]
    fn number_and_bytes_are_bounded() {
        let mut lot = ParkingLot::default();
        let now = Instant::now();
        assert!(lot.park((TOPIC, "a"), conn(1), &vec![0; PARKED_BYTES_MAX - 1], now));
        assert!(!lot.park((TOPIC, "a"), conn(1), b"12", now));
        lot.take(TOPIC, "a");
        for _ in 0..PARKED_FRAMES_MAX {
            assert!(lot.park((TOPIC, "a"), conn(1), b"", now));
        }
        assert!(!lot.park((TOPIC, "a"), conn(1), b"", now));
    }

    #[test]
    fn a_wait_runs_out_once() {
        let mut lot = ParkingLot::default();
        let now = Instant::now();
        lot.park((TOPIC, "a"), conn(1), b"x", now);
        assert!(lot.take_expired(now).is_none());
        let deadline = lot.next_deadline().unwrap();
        let (_, name, frames) = lot.take_expired(deadline).unwrap();
        assert_eq!((&*name, frames.len()), ("a", 1));
        assert!(lot.take_expired(deadline).is_none() && lot.is_empty());
    }

    #[test]
    fn a_closed_connection_takes_its_frames_along() {
        let mut lot = ParkingLot::default();
        let now = Instant::now();
        lot.park((TOPIC, "a"), conn(1), b"x", now);
        lot.park((TOPIC, "a"), conn(2), b"y", now);
        lot.forget(conn(1));
        assert_eq!(lot.take(TOPIC, "a").len(), 1);
        assert!(lot.is_empty());
    }
}
