//! The transport over real sockets: mail, idle connections, stopping.

// All of this file is tests: a failed unwrap is a failed test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use turbopump_transport::{
    ConnId, Ctx, Frame, Service, StartError, Transport, TransportConfig, TransportHandle,
};

enum Told {
    Open(ConnId, usize),
    Mail(u64),
    Close(ConnId),
}

#[derive(Debug)]
enum Mail {
    Panic,
    Count(u64),
    Reply(ConnId, usize),
}

/// Echoes frames; tells the test what else happened.
struct Echo {
    told: Sender<Told>,
}

impl Service for Echo {
    type Mail = Mail;

    fn on_open(&mut self, _: &mut Ctx<'_>, conn: ConnId, _: SocketAddr, listener: usize) {
        self.told.send(Told::Open(conn, listener)).unwrap();
    }

    fn on_frame(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, frame: Frame<'_>) {
        ctx.out(conn).unwrap().bytes().extend_from_slice(frame.whole);
        if frame.body == b"close" {
            ctx.close(conn);
        }
    }

    fn on_mail(&mut self, ctx: &mut Ctx<'_>, mail: Mail) {
        match mail {
            Mail::Panic => panic!("as told"),
            Mail::Count(number) => self.told.send(Told::Mail(number)).unwrap(),
            Mail::Reply(conn, size) => {
                assert_eq!(conn.loop_index(), ctx.loop_index());
                ctx.out(conn).unwrap().push_shared(Box::new(vec![42; size]));
            }
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    fn on_deadline(&mut self, _: &mut Ctx<'_>, _: Instant) {}

    fn on_turn_end(&mut self, _: &mut Ctx<'_>) {}

    fn on_close(&mut self, _: &mut Ctx<'_>, conn: ConnId) {
        // The last closes come after a test stopped listening.
        drop(self.told.send(Told::Close(conn)));
    }
}

fn start(config: &TransportConfig) -> (TransportHandle<Mail>, Receiver<Told>) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = TransportConfig { listeners: vec![any, any], ..config.clone() };
    let (told, hear) = channel();
    let handle = Transport::start(&config, |_, _| Echo { told: told.clone() }).unwrap();
    (handle, hear)
}

fn connect(handle: &TransportHandle<Mail>, listener: usize) -> TcpStream {
    let stream = TcpStream::connect(handle.addresses()[listener]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn opened(hear: &Receiver<Told>) -> (ConnId, usize) {
    loop {
        if let Told::Open(conn, listener) = hear.recv_timeout(Duration::from_secs(10)).unwrap() {
            return (conn, listener);
        }
    }
}

fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = ((4 + body.len()) as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(&[1, 0, 0, 0]);
    frame.extend_from_slice(body);
    frame
}

fn echo(stream: &mut TcpStream, body: &[u8]) {
    let sent = frame(body);
    stream.write_all(&sent).unwrap();
    let mut got = vec![0; sent.len()];
    stream.read_exact(&mut got).unwrap();
    assert_eq!(got, sent);
}

fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn loops_share_connections_and_each_knows_its_listener() {
    let (handle, hear) = start(&TransportConfig { loops: 2, ..TransportConfig::default() });
    let mut streams = Vec::new();
    let mut loops = [0, 0];
    for index in 0..10 {
        let mut stream = connect(&handle, index % 2);
        let (conn, listener) = opened(&hear);
        assert_eq!(listener, index % 2);
        loops[conn.loop_index()] += 1;
        echo(&mut stream, &vec![1; 200_000]);
        streams.push(stream);
    }
    assert_eq!(loops, [5, 5]);
    assert_eq!(handle.connections(), 10);
}

#[test]
fn mail_from_many_threads_arrives_once_in_order_and_wakes() {
    const SENDERS: u64 = 4;
    const EACH: u64 = 25_000;
    let (handle, hear) = start(&TransportConfig::default());
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let mailbox = handle.mailbox();
            std::thread::spawn(move || {
                for number in 0..EACH {
                    assert!(mailbox.post(0, Mail::Count(sender * EACH + number)).is_ok());
                    if number % 64 == 0 {
                        std::thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let mut next: Vec<u64> = (0..SENDERS).map(|sender| sender * EACH).collect();
    for _ in 0..SENDERS * EACH {
        let Told::Mail(number) = hear.recv_timeout(Duration::from_secs(10)).unwrap() else {
            panic!("nobody connected")
        };
        let expected = &mut next[(number / EACH) as usize];
        assert_eq!(number, *expected);
        *expected += 1;
    }
    for sender in senders {
        sender.join().unwrap();
    }
    // One at a time: each must wake a sleeping loop.
    for number in 0..200 {
        assert!(handle.mailbox().post(0, Mail::Count(number)).is_ok());
        let told = hear.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(matches!(told, Told::Mail(got) if got == number));
    }
    assert!(handle.mailbox().post(1, Mail::Count(0)).is_err());
}

#[test]
fn idle_connections_close_by_themselves() {
    let (handle, hear) = start(&TransportConfig { idle_ms: 100, ..TransportConfig::default() });
    let mut stream = connect(&handle, 0);
    let (conn, _) = opened(&hear);
    let start = Instant::now();
    assert!(is_closed(&mut stream));
    assert!(start.elapsed() > Duration::from_millis(80));
    let told = hear.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(told, Told::Close(closed) if closed == conn));
    assert_eq!(handle.counts().closed_idle, 1);
}

#[test]
fn one_connection_too_many_is_closed_at_once_and_a_place_comes_back() {
    let config = TransportConfig { max_connections: 2, ..TransportConfig::default() };
    let (handle, hear) = start(&config);
    let mut first = connect(&handle, 0);
    let mut second = connect(&handle, 0);
    echo(&mut first, b"1");
    echo(&mut second, b"2");
    assert!(is_closed(&mut connect(&handle, 0)));
    first.write_all(&frame(b"close")).unwrap();
    let mut last = Vec::new();
    first.read_to_end(&mut last).unwrap();
    assert_eq!(last, frame(b"close"));
    while !matches!(hear.recv_timeout(Duration::from_secs(10)).unwrap(), Told::Close(_)) {}
    echo(&mut connect(&handle, 1), b"3");
    echo(&mut second, b"2 again");
}

#[test]
fn stopping_writes_what_peers_take_and_ends_with_open_connections() {
    const REPLY_BYTES: usize = 20 << 20;
    let (mut handle, hear) = start(&TransportConfig { loops: 2, ..TransportConfig::default() });
    let mut reader = connect(&handle, 0);
    let (conn, _) = opened(&hear);
    let _idle = connect(&handle, 0);
    opened(&hear);
    assert!(handle.mailbox().post(conn.loop_index(), Mail::Reply(conn, REPLY_BYTES)).is_ok());
    let peer = std::thread::spawn(move || {
        let mut got = Vec::new();
        reader.read_to_end(&mut got).unwrap();
        got.len()
    });
    handle.shutdown().unwrap();
    assert_eq!(peer.join().unwrap(), REPLY_BYTES);
    assert_eq!(handle.connections(), 0);
    assert!(handle.mailbox().post(0, Mail::Count(0)).is_err());
    assert!(TcpStream::connect(handle.addresses()[0]).is_err());
    handle.shutdown().unwrap();
}

#[test]
fn stopping_does_not_wait_for_a_peer_that_does_not_read() {
    let (mut handle, hear) =
        start(&TransportConfig { drain_ms: 200, ..TransportConfig::default() });
    let _stuck = connect(&handle, 0);
    let (conn, _) = opened(&hear);
    assert!(handle.mailbox().post(0, Mail::Reply(conn, 60 << 20)).is_ok());
    let start = Instant::now();
    handle.shutdown().unwrap();
    assert!(start.elapsed() >= Duration::from_millis(150));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_service_that_panics_ends_its_loop_only_and_is_reported() {
    let (mut handle, hear) = start(&TransportConfig { loops: 2, ..TransportConfig::default() });
    let mut first = connect(&handle, 0);
    opened(&hear);
    let mut second = connect(&handle, 0);
    let (conn, _) = opened(&hear);
    assert!(handle.is_healthy());
    assert_eq!(conn.loop_index(), 1);
    assert!(handle.mailbox().post(1, Mail::Panic).is_ok());
    assert!(is_closed(&mut second));
    echo(&mut first, b"the other loop");
    let failed = handle.shutdown().unwrap_err().to_string();
    assert_eq!(failed, "event loop 1 panicked: as told");
    assert!(!handle.is_healthy());
}

#[test]
fn an_address_in_use_is_named() {
    let (handle, _hear) = start(&TransportConfig::default());
    let address = handle.addresses()[0];
    let config = TransportConfig { listeners: vec![address], ..TransportConfig::default() };
    let failed = Transport::start(&config, |_, _| Echo { told: channel().0 }).unwrap_err();
    assert!(matches!(failed, StartError::Listen { address: named, .. } if named == address));
}
