//! One connection to the HA port: a stranger until its first number makes sense.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::Registry;
use mio::net::TcpStream;
use turbopump_store::{LogSlice, Store};
use turbopump_wire::PhysicalOffset;

use super::PeerFacts;
use crate::frame::{FrameHeader, HEADER_BYTES, ReportReader};
use crate::options::ReplicationOptions;
use crate::quorum::Standing;
use crate::rate::Rate;

/// Frames that go out with one system call.
const FRAMES_MAX: usize = 32;

/// Bytes for one peer before the next one has its turn.
const TURN_BYTES_MAX: usize = 4 << 20;

/// Reports read in one turn: a slave sends 8 bytes for each frame, no more.
const READ_BYTES: usize = 8 << 10;

/// The connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Has said nothing yet.
    Stranger,
    /// Has said where it is.
    Slave,
    /// Wants what this log does not have: is told where the log is, and no more.
    Refused,
}

struct OutFrame {
    header: [u8; HEADER_BYTES],
    body: LogSlice,
    /// Of header and body together.
    sent: usize,
}

impl OutFrame {
    fn new(offset: u64, body: LogSlice) -> Self {
        let header = FrameHeader { offset, len: body.len() as u32 }.encode();
        Self { header, body, sent: 0 }
    }

    fn left(&self) -> usize {
        HEADER_BYTES + self.body.len() - self.sent
    }

    fn body_left(&self) -> u64 {
        (self.body.len() - self.sent.saturating_sub(HEADER_BYTES)) as u64
    }

    fn slices(&self) -> impl Iterator<Item = IoSlice<'_>> {
        let header = self.header.get(self.sent..).unwrap_or_default();
        let body = self.body.get(self.sent.saturating_sub(HEADER_BYTES)..).unwrap_or_default();
        [header, body].into_iter().filter(|part| !part.is_empty()).map(IoSlice::new)
    }
}

pub(super) struct Peer {
    stream: TcpStream,
    address: SocketAddr,
    facts: Arc<PeerFacts>,
    phase: Phase,
    reports: ReportReader,
    /// Next position to put into a frame.
    next: u64,
    /// What it said first: it counts for its distance, not as an acknowledgement.
    claimed: u64,
    /// First position that was sent to it.
    start: u64,
    acked: u64,
    out: VecDeque<OutFrame>,
    can_write: bool,
    last_read: Instant,
    last_write: Instant,
    /// Since when it has had something to acknowledge and did not.
    owes_since: Option<Instant>,
    rate: Rate,
}

impl Peer {
    pub(super) fn new(
        stream: TcpStream,
        address: SocketAddr,
        facts: Arc<PeerFacts>,
        now: Instant,
    ) -> Self {
        Self {
            stream,
            address,
            facts,
            phase: Phase::Stranger,
            reports: ReportReader::default(),
            next: 0,
            claimed: 0,
            start: 0,
            acked: 0,
            out: VecDeque::new(),
            can_write: true,
            last_read: now,
            last_write: now,
            owes_since: None,
            rate: Rate::new(now),
        }
    }

    pub(super) const fn facts(&self) -> &Arc<PeerFacts> {
        &self.facts
    }

    pub(super) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        registry.deregister(&mut self.stream)
    }

    pub(super) fn is_slave(&self) -> bool {
        self.phase == Phase::Slave
    }

    /// 2 for one that has acknowledged what was sent to it, 1 for one that has said where it is.
    pub(super) fn trust(&self) -> u8 {
        match self.phase {
            Phase::Slave if self.acked > 0 => 2,
            Phase::Slave => 1,
            Phase::Stranger | Phase::Refused => 0,
        }
    }

    pub(super) fn is_silent(&self, now: Instant, limit: Duration) -> bool {
        now.saturating_duration_since(self.last_read) > limit
    }

    pub(super) fn standing(
        &self,
        written: u64,
        options: &ReplicationOptions,
        now: Instant,
    ) -> Standing {
        let has = self.acked.max(self.claimed);
        let in_sync = written.saturating_sub(has) <= options.max_gap_bytes;
        self.facts.in_sync.store(in_sync && self.answers(options, now), Ordering::Relaxed);
        Standing {
            ip: self.address.ip(),
            acked: self.acked,
            in_sync,
            answering: self.answers(options, now),
        }
    }

    fn answers(&self, options: &ReplicationOptions, now: Instant) -> bool {
        let owes = |since| now.saturating_duration_since(since) >= options.slave_timeout;
        !self.owes_since.is_some_and(owes)
    }

    /// When this peer wants to be looked at although nothing happens.
    pub(super) fn deadline(&self, options: &ReplicationOptions, now: Instant) -> Instant {
        let silent = self.last_read + options.housekeeping_interval;
        let heartbeat = self.last_write + options.heartbeat_interval;
        let mut next =
            if self.is_slave() && self.out.is_empty() { silent.min(heartbeat) } else { silent };
        if let Some(since) = self.owes_since {
            let timeout = since + options.slave_timeout;
            // One that is past has been taken into account.
            if timeout > now {
                next = next.min(timeout);
            }
        }
        next
    }

    pub(super) fn writable(&mut self) {
        self.can_write = true;
    }

    /// Takes in its reports.
    pub(super) fn read(&mut self, store: &Store, now: Instant) -> Result<(), Gone> {
        let mut bytes = [0; READ_BYTES];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(Gone),
                Ok(count) => {
                    self.last_read = now;
                    let mut reports = std::mem::take(&mut self.reports);
                    let got = bytes.get(..count).unwrap_or_default();
                    let fed = reports.feed(got, |report| self.report(report, store, now));
                    self.reports = reports;
                    fed?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Gone),
            }
        }
    }

    fn report(&mut self, report: i64, store: &Store, now: Instant) -> Result<(), Gone> {
        let report = u64::try_from(report).map_err(|_| Gone)?;
        match self.phase {
            Phase::Stranger => self.begin(report, store),
            Phase::Slave => return self.acknowledge(report, now),
            Phase::Refused => {}
        }
        Ok(())
    }

    fn begin(&mut self, report: u64, store: &Store) {
        let (min, end) = (store.min_offset().get(), store.written().get());
        let at = if report == 0 { min } else { report };
        let inside = (min..=end).contains(&at);
        self.phase = if inside { Phase::Slave } else { Phase::Refused };
        self.next = at.clamp(min, end);
        self.start = self.next;
        self.claimed = if inside { report } else { 0 };
        self.facts.acked.store(self.claimed, Ordering::Relaxed);
        self.facts.is_slave.store(inside, Ordering::Relaxed);
        if !inside {
            // A slave compares the position with its own end and says so in its log.
            self.out.push_back(OutFrame::new(self.next, LogSlice::default()));
        }
    }

    /// A number counts when it lies in what was sent here; a slave that repeats itself, as both
    /// Java's and ours do for a heartbeat, says nothing new.
    fn acknowledge(&mut self, report: u64, now: Instant) -> Result<(), Gone> {
        let sent = self.next - self.out.iter().map(OutFrame::body_left).sum::<u64>();
        if report > sent {
            return Err(Gone);
        }
        if report > self.acked.max(self.start) {
            self.acked = report;
            self.facts.acked.store(report, Ordering::Relaxed);
            self.owes_since = (report < self.next).then_some(now);
        }
        Ok(())
    }

    /// Sends frames until the socket or the log is full; true when there is more for both.
    pub(super) fn send(
        &mut self,
        store: &Store,
        options: &ReplicationOptions,
        now: Instant,
    ) -> Result<bool, Gone> {
        if self.phase == Phase::Stranger {
            return Ok(false);
        }
        let mut budget = TURN_BYTES_MAX;
        loop {
            self.fill(store, options, now)?;
            if self.out.is_empty() {
                return if self.phase == Phase::Refused { Err(Gone) } else { Ok(false) };
            }
            if !self.can_write {
                return Ok(false);
            }
            let Some(count) = self.write(now)? else { return Ok(false) };
            let rate = self.rate.add(count as u64, now);
            self.facts.bytes_per_second.store(rate, Ordering::Relaxed);
            budget = budget.saturating_sub(count);
            if budget == 0 {
                return Ok(true);
            }
        }
    }

    /// Puts what the log has, or a heartbeat that is due, into frames.
    fn fill(
        &mut self,
        store: &Store,
        options: &ReplicationOptions,
        now: Instant,
    ) -> Result<(), Gone> {
        while self.phase == Phase::Slave && self.out.len() < FRAMES_MAX {
            let at = PhysicalOffset::new(self.next);
            // Deleted under a slave that is too slow, or unreadable: the next connection is told.
            let body = store.read_written(at, options.frame_bytes()).map_err(|_| Gone)?;
            if body.is_empty() {
                break;
            }
            let len = body.len() as u64;
            self.out.push_back(OutFrame::new(self.next, body));
            self.next += len;
            self.owes_since.get_or_insert(now);
        }
        let idle = now.saturating_duration_since(self.last_write);
        if self.out.is_empty() && self.is_slave() && idle >= options.heartbeat_interval {
            self.out.push_back(OutFrame::new(self.next, LogSlice::default()));
        }
        Ok(())
    }

    /// One system call; `None` when the socket takes nothing now.
    fn write(&mut self, now: Instant) -> Result<Option<usize>, Gone> {
        let slices: Vec<IoSlice<'_>> = self.out.iter().flat_map(OutFrame::slices).collect();
        let written = loop {
            match self.stream.write_vectored(&slices) {
                Ok(0) => return Err(Gone),
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.can_write = false;
                    return Ok(None);
                }
                Err(_) => return Err(Gone),
            }
        };
        drop(slices);
        self.last_write = now;
        let mut left = written;
        while let Some(frame) = self.out.front_mut() {
            let done = left.min(frame.left());
            frame.sent += done;
            left -= done;
            if frame.left() > 0 {
                break;
            }
            self.out.pop_front();
        }
        Ok(Some(written))
    }
}
