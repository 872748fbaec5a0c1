//! Keeps requests in flight over several connections, from one thread.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use turbopump_wire::frame::{Frame, cut};
use turbopump_wire::header::peek;

use crate::error::LoadError;
use crate::line::Line;
use crate::readiness::Readiness;

/// Larger than any answer: a pull of 64 MiB is cut as one frame.
const MAX_FRAME_BYTES: usize = 128 << 20;
/// Pulls bring so much and more in one answer.
const READ_BYTES: usize = 256 << 10;
/// How long the last answers may take after the last request.
const DRAIN: Duration = Duration::from_secs(10);
/// A connection whose oldest request is this old is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The driver looks around at least so often.
const TURN_MAX: Duration = Duration::from_millis(20);

/// What is asked, and what the answers mean.
pub(crate) trait Workload {
    /// Appends the next request for connection number `line`, and answers the workload's own
    /// number of it; `None` when there is nothing to ask there now. `now` is the turn's time.
    fn issue(
        &mut self,
        line: usize,
        opaque: i32,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Result<Option<u64>, LoadError>;

    /// Called before the issued requests are written.
    fn before_write(&mut self) -> Result<(), LoadError> {
        Ok(())
    }

    /// The answer to request `number`, which was due at `since`.
    fn answered(
        &mut self,
        number: u64,
        since: Instant,
        now: Instant,
        frame: &Frame<'_>,
    ) -> Result<(), LoadError>;

    /// The connection ended before the answer came: nobody knows what became of the request.
    fn lost(&mut self, number: u64);

    /// Whether no request will be issued any more.
    fn is_done(&self, now: Instant) -> bool;
}

/// When requests are issued.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// So many in flight on each connection: the server sets the pace.
    Closed { in_flight: usize },
    /// So many a second whatever the server does.
    Open { per_second: f64 },
}

pub(crate) struct Driver {
    lines: Vec<Line>,
    readiness: Readiness,
    scratch: Box<[u8]>,
    flights: Vec<Option<Flight>>,
    free: Vec<u32>,
    pace: Pace,
    reconnect: bool,
    started: Instant,
    /// Requests issued by an open loop.
    paced: u64,
}

struct Flight {
    line: usize,
    number: u64,
    since: Instant,
}

pub(crate) fn resolve(server: &str) -> Result<SocketAddr, LoadError> {
    let mut addresses = server.to_socket_addrs().map_err(LoadError::io(server))?;
    addresses.next().ok_or_else(|| LoadError::Usage(format!("{server} has no address")))
}

/// Linux lets every sleep last 50 µs longer than asked, which an open loop would count as latency
/// of the server.
fn wake_on_time() {
    if let Err(error) = std::fs::write("/proc/self/timerslack_ns", "1") {
        eprintln!("turbopump-loadgen: sleeps may last 50 µs longer: {error}");
    }
}

impl Driver {
    pub(crate) fn connect(
        server: SocketAddr,
        connections: usize,
        pace: Pace,
        reconnect: bool,
    ) -> Result<Self, LoadError> {
        if matches!(pace, Pace::Open { .. }) {
            wake_on_time();
        }
        let started = Instant::now();
        let readiness = Readiness::new()?;
        let mut lines: Vec<Line> = (0..connections.max(1)).map(|_| Line::new(server)).collect();
        for (index, line) in lines.iter_mut().enumerate() {
            let connected = line.connect(started, &readiness, index);
            if !reconnect {
                connected.map_err(LoadError::io(server.to_string()))?;
            }
        }
        Ok(Self {
            lines,
            readiness,
            scratch: vec![0; READ_BYTES].into_boxed_slice(),
            flights: Vec::new(),
            free: Vec::new(),
            pace,
            reconnect,
            started,
            paced: 0,
        })
    }

    /// Runs until the workload is done and everything is answered or given up.
    pub(crate) fn run(&mut self, work: &mut impl Workload) -> Result<(), LoadError> {
        let mut drain_until = None;
        let mut check_at = self.started + ANSWER_TIMEOUT;
        loop {
            let now = Instant::now();
            if work.is_done(now) {
                let until = *drain_until.get_or_insert(now + DRAIN);
                if now >= until {
                    self.lines.iter_mut().for_each(Line::drop_stream);
                    self.give_up(work, |_| true);
                }
                if self.free.len() == self.flights.len() {
                    return Ok(());
                }
            } else {
                self.restore(now);
                self.issue(work, now)?;
            }
            if now >= check_at {
                check_at = now + ANSWER_TIMEOUT / 10;
                self.drop_silent(work, now)?;
            }
            work.before_write()?;
            self.write(work)?;
            let ready = self.readiness.wait(self.timeout(now))?;
            self.read(work, &ready)?;
        }
    }

    fn restore(&mut self, now: Instant) {
        for (index, line) in self.lines.iter_mut().enumerate() {
            if line.stream.is_none() && now >= line.retry_at {
                // The next round tries again.
                drop(line.connect(now, &self.readiness, index));
            }
        }
    }

    fn issue(&mut self, work: &mut impl Workload, now: Instant) -> Result<(), LoadError> {
        match self.pace {
            Pace::Closed { in_flight } => {
                for index in 0..self.lines.len() {
                    while self.lines.get(index).is_some_and(|line| line.live < in_flight) {
                        if !self.issue_one(work, index, now, now)? {
                            break;
                        }
                    }
                }
            }
            Pace::Open { per_second } => {
                while self.due(per_second) <= now {
                    let since = self.due(per_second);
                    let first = self.paced as usize % self.lines.len().max(1);
                    self.paced += 1;
                    // While one connection is down, the others carry its share.
                    for step in 0..self.lines.len() {
                        let index = (first + step) % self.lines.len();
                        if self.issue_one(work, index, since, now)? {
                            break;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn due(&self, per_second: f64) -> Instant {
        self.started + Duration::from_secs_f64(self.paced as f64 / per_second)
    }

    fn issue_one(
        &mut self,
        work: &mut impl Workload,
        index: usize,
        since: Instant,
        now: Instant,
    ) -> Result<bool, LoadError> {
        let Some(line) = self.lines.get_mut(index) else { return Ok(false) };
        if line.stream.is_none() {
            return Ok(false);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.flights.push(None);
            (self.flights.len() - 1) as u32
        });
        let Some(number) = work.issue(index, slot as i32, now, &mut line.output)? else {
            self.free.push(slot);
            return Ok(false);
        };
        line.live += 1;
        if let Some(flight) = self.flights.get_mut(slot as usize) {
            *flight = Some(Flight { line: index, number, since });
        }
        Ok(true)
    }

    fn write(&mut self, work: &mut impl Workload) -> Result<(), LoadError> {
        for index in 0..self.lines.len() {
            let Some(line) = self.lines.get_mut(index) else { continue };
            let written = line.write(&self.readiness, index);
            if written.is_err() {
                self.lose(work, index)?;
            }
        }
        Ok(())
    }

    fn timeout(&self, now: Instant) -> Duration {
        match self.pace {
            Pace::Closed { .. } => TURN_MAX,
            Pace::Open { per_second } => {
                TURN_MAX.min(self.due(per_second).saturating_duration_since(now))
            }
        }
    }

    fn read(&mut self, work: &mut impl Workload, ready: &[usize]) -> Result<(), LoadError> {
        for &index in ready {
            let mut scratch = std::mem::take(&mut self.scratch);
            let read = self.read_line(work, index, &mut scratch);
            self.scratch = scratch;
            if !read? {
                self.lose(work, index)?;
            }
        }
        Ok(())
    }

    /// Whether the connection goes on.
    fn read_line(
        &mut self,
        work: &mut impl Workload,
        index: usize,
        scratch: &mut [u8],
    ) -> Result<bool, LoadError> {
        let Some(line) = self.lines.get_mut(index) else { return Ok(true) };
        let Ok(count) = line.read(scratch) else { return Ok(false) };
        let fresh = scratch.get(..count).unwrap_or_default();
        if line.input.is_empty() {
            let consumed = self.take_answers(work, index, fresh)?;
            if let Some(line) = self.lines.get_mut(index) {
                line.input.extend_from_slice(fresh.get(consumed..).unwrap_or_default());
            }
            return Ok(true);
        }
        line.input.extend_from_slice(fresh);
        let input = std::mem::take(&mut line.input);
        let consumed = self.take_answers(work, index, &input)?;
        if let Some(line) = self.lines.get_mut(index) {
            line.input = input;
            line.input.drain(..consumed);
        }
        Ok(true)
    }

    fn take_answers(
        &mut self,
        work: &mut impl Workload,
        index: usize,
        input: &[u8],
    ) -> Result<usize, LoadError> {
        let now = Instant::now();
        let mut consumed = 0;
        loop {
            let rest = input.get(consumed..).unwrap_or_default();
            let frame = cut(rest, MAX_FRAME_BYTES)
                .map_err(|error| LoadError::Protocol(error.to_string()))?;
            let Some(frame) = frame else { return Ok(consumed) };
            consumed += frame.whole.len();
            let peeked = peek(frame.encoding, frame.header)
                .map_err(|error| LoadError::Protocol(error.to_string()))?;
            if !peeked.is_response() {
                continue;
            }
            let slot = peeked.opaque as usize;
            let flight = self.flights.get_mut(slot).and_then(Option::take);
            let Some(flight) = flight.filter(|flight| flight.line == index) else {
                return Err(LoadError::Protocol(format!("nobody asked for answer {slot}")));
            };
            self.free.push(slot as u32);
            if let Some(line) = self.lines.get_mut(index) {
                line.live = line.live.saturating_sub(1);
            }
            work.answered(flight.number, flight.since, now, &frame)?;
        }
    }

    fn drop_silent(&mut self, work: &mut impl Workload, now: Instant) -> Result<(), LoadError> {
        for index in 0..self.lines.len() {
            let silent = self.flights.iter().flatten().any(|flight| {
                flight.line == index && now.duration_since(flight.since) > ANSWER_TIMEOUT
            });
            if silent {
                self.lose(work, index)?;
            }
        }
        Ok(())
    }

    fn lose(&mut self, work: &mut impl Workload, index: usize) -> Result<(), LoadError> {
        if let Some(line) = self.lines.get_mut(index) {
            line.drop_stream();
        }
        self.give_up(work, |flight| flight.line == index);
        if self.reconnect { Ok(()) } else { Err(LoadError::ConnectionLost) }
    }

    fn give_up(&mut self, work: &mut impl Workload, which: impl Fn(&Flight) -> bool) {
        for (slot, place) in self.flights.iter_mut().enumerate() {
            if let Some(flight) = place.take_if(|flight| which(flight)) {
                work.lost(flight.number);
                self.free.push(slot as u32);
            }
        }
    }
}
