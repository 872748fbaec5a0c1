//! One connection to the HA port: a stranger until it has shown what is asked of it and its first
//! number makes sense.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use mio::Registry;
use mio::net::TcpStream;
use turbopump_store::{LogSlice, Store};
use turbopump_wire::PhysicalOffset;

use super::PeerFacts;
use super::doubt::{Doubt, Origin};
use super::greeting::{Fault, Greeting, Step};
use super::out_frame::OutFrame;
use crate::frame::ReportReader;
use crate::options::ReplicationOptions;
use crate::quorum::Standing;
use crate::rate::{Pace, Rate};
use crate::secure::{Channel, GREETING_LIMIT, Security};

/// Frames that go out with one system call.
const FRAMES_MAX: usize = 32;

/// Bytes for one peer before the next one has its turn.
const TURN_BYTES_MAX: usize = 4 << 20;

/// Reports read at once: a slave sends 8 bytes for each frame, no more.
const READ_BYTES: usize = 8 << 10;

/// A slave that is behind has the log read from the disk; the memory that takes is given back at
/// least so much at a time, and so far behind what is being sent.
const READ_STEP_BYTES: u64 = 16 << 20;

/// Reads of one turn; whoever has more to say lets the others go first.
const READS_MAX: usize = 8;

/// The connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// By itself.
    Over,
    /// Sent away.
    Refused(Fault),
}

impl From<Fault> for Gone {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Has said nothing yet.
    Stranger,
    /// Has said where it is.
    Slave,
    /// Wants what this log does not have: is told where the log is, and no more.
    Refused,
}

pub(super) struct Peer {
    channel: Channel,
    address: SocketAddr,
    facts: Arc<PeerFacts>,
    phase: Phase,
    /// Until it has shown what is asked of it.
    greeting: Option<Greeting>,
    origin: Origin,
    /// It may have left this connection for another one.
    doubt: Option<Doubt>,
    reports: ReportReader,
    /// Next position to put into a frame.
    next: u64,
    /// What it said first: it counts for its distance, not as an acknowledgement.
    claimed: u64,
    /// First position that was sent to it.
    start: u64,
    /// Up to here nothing is in memory for this peer alone.
    released: u64,
    acked: u64,
    /// Words of the greeting, before any frame.
    words: Vec<u8>,
    out: VecDeque<OutFrame>,
    can_write: bool,
    can_read: bool,
    born: Instant,
    last_read: Instant,
    last_write: Instant,
    /// Since when it has had something to acknowledge and did not.
    owes_since: Option<Instant>,
    rate: Rate,
    pace: Pace,
}

impl Peer {
    pub(super) fn new(
        stream: TcpStream,
        address: SocketAddr,
        facts: Arc<PeerFacts>,
        options: &ReplicationOptions,
        now: Instant,
    ) -> Self {
        Self {
            channel: Channel::new(stream),
            address,
            facts,
            phase: Phase::Stranger,
            greeting: Some(Greeting::new()),
            origin: Origin::Address(address.ip()),
            doubt: None,
            reports: ReportReader::default(),
            next: 0,
            claimed: 0,
            start: 0,
            released: 0,
            acked: 0,
            words: Vec::new(),
            out: VecDeque::new(),
            can_write: true,
            can_read: false,
            born: now,
            last_read: now,
            last_write: now,
            owes_since: None,
            rate: Rate::new(now),
            pace: Pace::new(options.max_bytes_per_second, now),
        }
    }

    pub(super) const fn facts(&self) -> &Arc<PeerFacts> {
        &self.facts
    }

    pub(super) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.channel.deregister(registry)
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) const fn origin(&self) -> Origin {
        self.origin
    }

    /// Another connection of the same origin has begun to follow a log that ends here.
    pub(super) fn doubt(&mut self, end: u64, now: Instant) {
        self.doubt = Some(Doubt::new(end, now));
    }

    pub(super) fn is_slave(&self) -> bool {
        self.phase == Phase::Slave
    }

    /// 2 for one that has acknowledged what was sent to it or has shown who it is, 1 for one that
    /// has said where it is.
    pub(super) fn trust(&self) -> u8 {
        match self.phase {
            _ if matches!(self.origin, Origin::Broker(_)) => 2,
            Phase::Slave if self.acked > 0 => 2,
            Phase::Slave => 1,
            Phase::Stranger | Phase::Refused => 0,
        }
    }

    /// Until when it must have said something.
    fn patience_ends(&self, security: &Security, options: &ReplicationOptions) -> Instant {
        let limit = options.housekeeping_interval;
        // A plain slave says its first number when its first heartbeat is due.
        if self.greeting.is_some() && !security.allows_plain(self.address.ip()) {
            return self.born + limit.min(GREETING_LIMIT);
        }
        self.last_read + limit
    }

    pub(super) fn is_silent(
        &self,
        security: &Security,
        options: &ReplicationOptions,
        now: Instant,
    ) -> bool {
        now > self.patience_ends(security, options)
    }

    /// What its silence comes to.
    pub(super) fn silence(&self) -> Gone {
        if self.greeting.is_some() { Fault::Mute.into() } else { Gone::Over }
    }

    pub(super) fn standing(
        &self,
        written: u64,
        options: &ReplicationOptions,
        now: Instant,
    ) -> Standing {
        let has = self.acked.max(self.claimed);
        let is_there = self.doubt.as_ref().is_none_or(Doubt::is_there);
        let in_sync = is_there && written.saturating_sub(has) <= options.max_gap_bytes;
        self.facts.in_sync.store(in_sync && self.answers(options, now), Ordering::Relaxed);
        Standing {
            acked: if self.doubt.is_some() { 0 } else { self.acked },
            in_sync,
            answering: self.answers(options, now),
        }
    }

    fn answers(&self, options: &ReplicationOptions, now: Instant) -> bool {
        let owes = |since| now.saturating_duration_since(since) >= options.slave_timeout;
        !self.owes_since.is_some_and(owes)
    }

    /// When this peer wants to be looked at although nothing happens.
    pub(super) fn deadline(
        &self,
        security: &Security,
        options: &ReplicationOptions,
        now: Instant,
    ) -> Instant {
        let silent = self.patience_ends(security, options);
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
        self.pace.opens_at().map_or(next, |opens| next.min(opens))
    }

    pub(super) fn ready(&mut self, readable: bool) {
        self.can_write = true;
        self.can_read |= readable;
    }

    /// Takes in what it says, a turn's worth; true when there is more.
    pub(super) fn read(
        &mut self,
        store: &Store,
        security: &Security,
        now: Instant,
    ) -> Result<bool, Gone> {
        let mut bytes = [0; READ_BYTES];
        for _ in 0..READS_MAX {
            if !self.can_read {
                return Ok(false);
            }
            match self.read_some(&mut bytes, security) {
                Ok(0) => return Err(Gone::Over),
                Ok(count) => {
                    self.last_read = now;
                    self.take(bytes.get(..count).unwrap_or_default(), store, security, now)?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.can_read = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return Err(Fault::Tls.into());
                }
                Err(_) => return Err(Gone::Over),
            }
        }
        Ok(self.can_read)
    }

    fn read_some(&mut self, bytes: &mut [u8], security: &Security) -> io::Result<usize> {
        if let Some(greeting) = &mut self.greeting
            && !greeting.begin(&mut self.channel, security)?
        {
            return Ok(0);
        }
        self.channel.read(bytes)
    }

    fn take(
        &mut self,
        mut bytes: &[u8],
        store: &Store,
        security: &Security,
        now: Instant,
    ) -> Result<(), Gone> {
        while let Some(greeting) = &mut self.greeting {
            let is_tls = self.channel.is_tls();
            let allows_plain = security.allows_plain(self.address.ip());
            match greeting.take(&mut bytes, security, is_tls, allows_plain)? {
                Step::More => return Ok(()),
                Step::Say(words) => self.words.extend_from_slice(&words),
                Step::Proved(id, words) => {
                    self.words.extend_from_slice(&words);
                    self.origin = Origin::Broker(id);
                    self.facts.broker_id.get_or_init(|| id);
                    self.greeting = None;
                }
                Step::Reports(first) => {
                    self.greeting = None;
                    self.report(first, store, now)?;
                }
            }
        }
        let mut reports = std::mem::take(&mut self.reports);
        let fed = reports.feed(bytes, |report| self.report(report, store, now));
        self.reports = reports;
        fed
    }

    fn report(&mut self, report: i64, store: &Store, now: Instant) -> Result<(), Gone> {
        let report = u64::try_from(report).map_err(|_| Fault::Number)?;
        if let Some(doubt) = &mut self.doubt {
            doubt.hears(now);
        }
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
        self.released = self.next;
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
            return Err(Fault::NotSent.into());
        }
        if report > self.acked.max(self.start) {
            self.acked = report;
            self.doubt.take_if(|doubt| doubt.is_refuted_by(report));
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
        self.flush()?;
        let mut budget = TURN_BYTES_MAX;
        loop {
            self.fill(store, options, now)?;
            if self.out.is_empty() && self.words.is_empty() {
                return if self.phase == Phase::Refused { Err(Gone::Over) } else { Ok(false) };
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

    /// What TLS holds from before.
    fn flush(&mut self) -> Result<(), Gone> {
        if !self.can_write {
            return Ok(());
        }
        match self.channel.flush() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.can_write = false,
            Err(_) => return Err(Gone::Over),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Puts what the log has, or a heartbeat that is due, into frames.
    fn fill(
        &mut self,
        store: &Store,
        options: &ReplicationOptions,
        now: Instant,
    ) -> Result<(), Gone> {
        while self.phase == Phase::Slave && self.out.len() < FRAMES_MAX {
            let Some(most) = self.pace.allows(options.frame_bytes(), now) else { break };
            let at = PhysicalOffset::new(self.next);
            // Deleted under a slave that is too slow, or unreadable: the next connection is told.
            let body = store.read_written(at, most).map_err(|_| Gone::Over)?;
            if body.is_empty() {
                break;
            }
            let len = body.len() as u64;
            self.pace.spend(len);
            self.out.push_back(OutFrame::new(self.next, body));
            self.next += len;
            self.owes_since.get_or_insert(now);
        }
        if self.next >= self.released + 2 * READ_STEP_BYTES {
            let until = self.next - READ_STEP_BYTES;
            let (from, to) = (PhysicalOffset::new(self.released), PhysicalOffset::new(until));
            // Without it memory is fuller, nothing else.
            drop(store.release_read(from, to));
            self.released = until;
        }
        let idle = now.saturating_duration_since(self.last_write);
        if self.out.is_empty() && self.is_slave() && idle >= options.heartbeat_interval {
            self.out.push_back(OutFrame::new(self.next, LogSlice::default()));
        }
        Ok(())
    }

    /// One system call; `None` when the socket takes nothing now.
    fn write(&mut self, now: Instant) -> Result<Option<usize>, Gone> {
        let mut slices = Vec::with_capacity(1 + 2 * self.out.len());
        if !self.words.is_empty() {
            slices.push(IoSlice::new(&self.words));
        }
        slices.extend(self.out.iter().flat_map(OutFrame::slices));
        let written = loop {
            match self.channel.write(&slices) {
                Ok(0) => return Err(Gone::Over),
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.can_write = false;
                    return Ok(None);
                }
                Err(_) => return Err(Gone::Over),
            }
        };
        drop(slices);
        self.last_write = now;
        let words = written.min(self.words.len());
        self.words.drain(..words);
        let mut left = written - words;
        while let Some(frame) = self.out.front_mut() {
            left -= frame.advance(left);
            if frame.left() > 0 {
                break;
            }
            self.out.pop_front();
        }
        Ok(Some(written))
    }
}
