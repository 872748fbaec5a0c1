//! Turns without sockets: what comes in, what goes out, and what every bound does.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use turbopump_wire::frame::Frame;

use crate::counters::Counters;
use crate::turn::{Readiness, Turn};
use crate::{ConnId, Ctx, Service, TransportConfig};

/// Both ends of a connection.
#[derive(Clone, Default)]
struct Pipe(Rc<RefCell<PipeState>>);

#[derive(Default)]
struct PipeState {
    input: VecDeque<u8>,
    ended: bool,
    /// Most bytes one read gives; 0 means no bound.
    read_max: usize,
    reads: usize,
    output: Vec<u8>,
    /// Bytes the peer takes before the socket says "would block".
    room: usize,
    writes: usize,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut pipe = self.0.borrow_mut();
        pipe.reads += 1;
        if pipe.input.is_empty() {
            return if pipe.ended { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        let bound = if pipe.read_max == 0 { into.len() } else { pipe.read_max.min(into.len()) };
        let count = bound.min(pipe.input.len());
        for (to, from) in into.iter_mut().zip(pipe.input.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pipe = self.0.borrow_mut();
        pipe.writes += 1;
        let count = bytes.len().min(pipe.room);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        pipe.room -= count;
        pipe.output.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct Seen {
    closed: Vec<ConnId>,
    frames: Vec<ConnId>,
    /// Of each turn.
    reads_on: Vec<bool>,
}

/// Answers every frame with itself, as many times as its first body byte says.
struct Echo {
    seen: Arc<Mutex<Seen>>,
}

impl Service for Echo {
    type Mail = (ConnId, Vec<u8>);

    fn on_open(&mut self, _: &mut Ctx<'_>, _: ConnId, _: SocketAddr, _: usize) {}

    fn on_frame(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, frame: Frame<'_>) {
        self.seen.lock().unwrap().frames.push(conn);
        let times = frame.body.first().copied().unwrap_or(1);
        for _ in 0..times {
            ctx.out(conn).unwrap().bytes().extend_from_slice(frame.whole);
        }
    }

    fn on_mail(&mut self, ctx: &mut Ctx<'_>, (conn, bytes): Self::Mail) {
        if let Some(out) = ctx.out(conn) {
            out.push_shared(Box::new(bytes));
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    fn on_deadline(&mut self, _: &mut Ctx<'_>, _: Instant) {}

    fn on_turn_end(&mut self, ctx: &mut Ctx<'_>) {
        self.seen.lock().unwrap().reads_on.push(ctx.reads_on());
    }

    fn on_close(&mut self, ctx: &mut Ctx<'_>, conn: ConnId) {
        assert!(ctx.peer(conn).is_some());
        assert!(ctx.out(conn).is_none());
        self.seen.lock().unwrap().closed.push(conn);
    }
}

struct Bench {
    turn: Turn<Pipe, Echo>,
    counters: Arc<Counters>,
    seen: Arc<Mutex<Seen>>,
    now: Instant,
}

impl Bench {
    fn new(limits: TransportConfig) -> Self {
        let (counters, seen) = (Arc::new(Counters::default()), Arc::default());
        let now = Instant::now();
        let echo = Echo { seen: Arc::clone(&seen) };
        Self { turn: Turn::new(0, limits, Arc::clone(&counters), echo, now), counters, seen, now }
    }

    fn open(&mut self) -> (ConnId, Pipe) {
        let pipe = Pipe::default();
        pipe.0.borrow_mut().room = usize::MAX;
        let peer = ([127, 0, 0, 1], 1).into();
        (self.turn.open(pipe.clone(), (peer, 0), None, |_, _| Ok(())).unwrap(), pipe)
    }

    /// One turn in which these connections became readable and writable.
    fn turn(&mut self, ready: &[ConnId]) {
        self.turn.begin(self.now);
        for &conn in ready {
            self.turn
                .note(conn, Readiness { readable: true, writable: true, ..Readiness::default() });
        }
        self.turn.read_ready();
        self.turn.deadlines();
        self.turn.end();
    }

    /// Turns without news, as long as the loop would not sleep.
    fn settle(&mut self) -> usize {
        let mut turns = 0;
        while self.turn.next_deadline() <= self.now {
            self.turn(&[]);
            turns += 1;
            assert!(turns < 100_000, "the loop never sleeps");
        }
        turns
    }

    fn closed(&self) -> Vec<ConnId> {
        self.seen.lock().unwrap().closed.clone()
    }
}

fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = ((4 + 2 + body.len()) as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(&[0, 0, 0, 2]);
    frame.extend_from_slice(b"{}");
    frame.extend_from_slice(body);
    frame
}

fn send(pipe: &Pipe, bytes: &[u8]) {
    pipe.0.borrow_mut().input.extend(bytes);
}

fn output(pipe: &Pipe) -> Vec<u8> {
    pipe.0.borrow().output.clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_cut_anywhere_come_back_whole_and_in_order(
        sizes in prop::collection::vec(
            prop_oneof![0_usize..40, 16_000..17_000_usize, 60_000..300_000_usize], 1..8),
        pieces in prop::collection::vec(1_usize..90_000, 1..20),
    ) {
        let mut bench = Bench::new(TransportConfig::default());
        let (conn, pipe) = bench.open();
        let mut sent = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            let mut body = vec![index as u8; *size];
            if let Some(times) = body.first_mut() { *times = 1; }
            sent.extend(frame(&body));
        }
        let mut rest = sent.as_slice();
        let mut sizes = pieces.iter().cycle();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            send(&pipe, now);
            bench.turn(&[conn]);
            bench.settle();
            rest = later;
        }
        prop_assert_eq!(output(&pipe), sent);
        prop_assert!(bench.closed().is_empty());
    }
}

#[test]
fn frames_arriving_byte_by_byte_are_answered() {
    let mut bench = Bench::new(TransportConfig::default());
    let (conn, pipe) = bench.open();
    let sent = [frame(b"\x01one"), frame(b""), frame(b"\x02two")].concat();
    for byte in &sent {
        send(&pipe, &[*byte]);
        bench.turn(&[conn]);
    }
    let expected = [frame(b"\x01one"), frame(b""), frame(b"\x02two"), frame(b"\x02two")].concat();
    assert_eq!(output(&pipe), expected);
}

#[test]
fn many_frames_take_one_read_and_one_write() {
    let mut bench = Bench::new(TransportConfig::default());
    let (conn, pipe) = bench.open();
    let sent: Vec<u8> = (0..64).flat_map(|_| frame(&[1; 900])).collect();
    send(&pipe, &sent);
    bench.turn(&[conn]);
    assert_eq!(output(&pipe), sent);
    assert_eq!((pipe.0.borrow().reads, pipe.0.borrow().writes), (1, 1));
}

#[test]
fn a_slow_reader_is_not_read_until_it_drains() {
    let limits = TransportConfig { out_cap_bytes: 10_000, ..TransportConfig::default() };
    let mut bench = Bench::new(limits);
    let (conn, pipe) = bench.open();
    pipe.0.borrow_mut().room = 0;
    let request = frame(&[1; 1_000]);
    send(&pipe, &request.repeat(500));
    bench.turn(&[conn]);
    bench.settle();
    // The frame that crossed the cap was the last one taken, although many more are buffered.
    let answered = bench.seen.lock().unwrap().frames.len();
    assert_eq!(answered, 10_000 / request.len() + 1);
    bench.turn(&[conn]);
    bench.settle();
    assert_eq!(bench.seen.lock().unwrap().frames.len(), answered);
    let mut rounds = 0;
    while output(&pipe).len() < request.len() * 500 {
        pipe.0.borrow_mut().room = 3_000;
        bench.turn(&[conn]);
        bench.settle();
        rounds += 1;
        assert!(rounds < 1_000);
    }
    assert_eq!(output(&pipe), request.repeat(500));
    assert!(bench.closed().is_empty());
}

#[test]
fn a_peer_that_never_reads_is_closed_at_the_limit() {
    let limits = TransportConfig {
        out_cap_bytes: 1_000,
        out_limit_bytes: 5_000,
        ..TransportConfig::default()
    };
    let mut bench = Bench::new(limits);
    let (conn, pipe) = bench.open();
    pipe.0.borrow_mut().room = 0;
    for _ in 0..4 {
        bench.turn.mail((conn, vec![0; 1_250]));
        bench.turn(&[]);
    }
    assert!(bench.closed().is_empty());
    bench.turn.mail((conn, vec![0; 1]));
    bench.turn(&[]);
    assert_eq!(bench.closed(), [conn]);
    assert_eq!(bench.counters.read().closed_slow, 1);
}

#[test]
fn what_is_no_frame_closes_only_its_connection() {
    for bad in
        [&b"GET / HTTP/1.1\r\n"[..], &[0x16, 3, 1, 0], &[0, 0, 0, 3], &[0, 0, 4, 0, 9, 0, 0, 0]]
    {
        let mut bench = Bench::new(TransportConfig::default());
        let ((bad_conn, bad_pipe), (good_conn, good_pipe)) = (bench.open(), bench.open());
        send(&bad_pipe, &frame(b"\x01before"));
        send(&bad_pipe, bad);
        send(&good_pipe, &frame(b"\x01good"));
        bench.turn(&[bad_conn, good_conn]);
        assert_eq!(bench.closed(), [bad_conn]);
        assert_eq!(output(&bad_pipe), frame(b"\x01before"));
        assert_eq!(output(&good_pipe), frame(b"\x01good"));
        assert_eq!(bench.counters.read().closed_bad_frame, 1);
    }
}

#[test]
fn the_largest_frame_passes_and_one_byte_more_does_not() {
    let limits = TransportConfig { max_frame_bytes: 100_000, ..TransportConfig::default() };
    let mut bench = Bench::new(limits);
    let ((fits, fits_pipe), (over, over_pipe)) = (bench.open(), bench.open());
    let largest = frame(&vec![1; 100_000 - 10]);
    send(&fits_pipe, &largest);
    send(&over_pipe, &frame(&vec![1; 100_001 - 10])[..8]);
    bench.turn(&[fits, over]);
    bench.settle();
    assert_eq!(output(&fits_pipe), largest);
    assert_eq!(bench.closed(), [over]);
}

#[test]
fn a_busy_connection_does_not_keep_another_waiting() {
    let budgets = 64 << 10;
    let limits = TransportConfig {
        read_budget_bytes: budgets,
        turn_budget_bytes: budgets + 1,
        ..TransportConfig::default()
    };
    let mut bench = Bench::new(limits);
    let ((busy, busy_pipe), (calm, calm_pipe)) = (bench.open(), bench.open());
    let flood = frame(&[1; 1_000]).repeat(1_000);
    send(&busy_pipe, &flood);
    send(&calm_pipe, &frame(b"\x01calm"));
    bench.turn(&[busy, calm]);
    assert_eq!(output(&calm_pipe), frame(b"\x01calm"));
    assert!(output(&busy_pipe).len() <= 128 << 10);
    assert!(bench.settle() > 5);
    assert_eq!(output(&busy_pipe), flood);
}

#[test]
fn a_turn_ends_at_its_budget_and_the_next_one_begins_with_the_rest() {
    let limits = TransportConfig { turn_budget_bytes: 2_000, ..TransportConfig::default() };
    let mut bench = Bench::new(limits);
    let opened: Vec<_> = (0..5).map(|_| bench.open()).collect();
    let conns: Vec<ConnId> = opened.iter().map(|(conn, _)| *conn).collect();
    for (_, pipe) in &opened {
        send(pipe, &frame(&[1; 1_000]));
    }
    bench.turn(&conns);
    assert_eq!(bench.seen.lock().unwrap().frames, conns[..2], "the budget holds two");
    send(&opened[0].1, &frame(&[1; 1_000]));
    bench.turn(&conns[..1]);
    bench.settle();
    let in_turn = [conns.as_slice(), &conns[..1]].concat();
    assert_eq!(bench.seen.lock().unwrap().frames, in_turn, "who waited goes first");
    assert_eq!(bench.seen.lock().unwrap().reads_on, [true, true, false]);
}

#[test]
fn a_reply_by_mail_need_not_wait_for_the_reading() {
    let mut bench = Bench::new(TransportConfig::default());
    let (conn, pipe) = bench.open();
    bench.turn.begin(bench.now);
    bench.turn.mail((conn, b"reply".to_vec()));
    bench.turn.write_out();
    assert_eq!(output(&pipe), b"reply");
}

#[test]
fn partial_frames_stop_at_the_memory_bound() {
    let limits = TransportConfig { max_buffered_bytes: 1 << 20, ..TransportConfig::default() };
    let mut bench = Bench::new(limits);
    let large = frame(&vec![1; 10 << 20]);
    let mut pipes = Vec::new();
    for _ in 0..10 {
        let (conn, pipe) = bench.open();
        send(&pipe, &large[..300_000]);
        bench.turn(&[conn]);
        bench.settle();
        pipes.push((conn, pipe));
    }
    let closed = bench.closed().len();
    assert!((5..=9).contains(&closed), "{closed} closed");
    assert_eq!(bench.counters.read().closed_memory, closed as u64);
    // Their memory is free again: as many fit as before.
    for (conn, pipe) in &pipes {
        pipe.0.borrow_mut().ended = true;
        let ended = Readiness { read_closed: true, ..Readiness::default() };
        bench.turn.begin(bench.now);
        bench.turn.note(*conn, ended);
        bench.turn.read_ready();
        bench.turn.end();
    }
    assert_eq!(bench.closed().len(), 10);
    let (conn, pipe) = bench.open();
    send(&pipe, &large[..300_000]);
    bench.turn(&[conn]);
    bench.settle();
    assert_eq!(bench.closed().len(), 10);
}

#[test]
fn one_frame_alone_stops_at_the_memory_bound_too() {
    let limits = TransportConfig { max_buffered_bytes: 1 << 20, ..TransportConfig::default() };
    let mut bench = Bench::new(limits);
    let (conn, pipe) = bench.open();
    let large = frame(&vec![1; 10 << 20]);
    for piece in large.chunks(100_000).take(12) {
        send(&pipe, piece);
        bench.turn(&[conn]);
        bench.settle();
    }
    assert_eq!(bench.closed(), [conn]);
    assert_eq!(bench.counters.read().closed_memory, 1);
}

#[test]
fn silence_closes_and_traffic_does_not() {
    let limits = TransportConfig { idle_ms: 1_000, ..TransportConfig::default() };
    let mut bench = Bench::new(limits);
    let ((silent, _), (heard, pipe)) = (bench.open(), bench.open());
    for _ in 0..10 {
        bench.now += Duration::from_millis(250);
        send(&pipe, &frame(b"\x01"));
        bench.turn(&[heard]);
    }
    assert_eq!(bench.closed(), [silent]);
    assert_eq!(bench.counters.read().closed_idle, 1);
}

#[test]
fn a_peer_that_ends_gets_its_answers_and_a_late_reply_reaches_nobody() {
    let mut bench = Bench::new(TransportConfig::default());
    let (first, pipe) = bench.open();
    send(&pipe, &frame(b"\x01last"));
    pipe.0.borrow_mut().ended = true;
    bench.turn.begin(bench.now);
    let both = Readiness { readable: true, read_closed: true, ..Readiness::default() };
    bench.turn.note(first, both);
    bench.turn.read_ready();
    bench.turn.end();
    assert_eq!(output(&pipe), frame(b"\x01last"));
    assert_eq!(bench.closed(), [first]);
    let (second, pipe) = bench.open();
    assert_eq!(second.slot(), first.slot());
    assert_ne!(second, first);
    bench.turn.mail((first, b"for the first".to_vec()));
    bench.turn.mail((second, b"for the second".to_vec()));
    bench.turn(&[]);
    assert_eq!(output(&pipe), b"for the second");
}
