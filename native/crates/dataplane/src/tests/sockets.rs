use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use turbopump_store::{FlushMode, StoreOptions};

use crate::testing::{Call, GROUP, Reply, TOPIC, delta, records};
use crate::{ConsumerOffset, DataPlane, DataPlaneOptions, ListenPorts, ReplicationOptions};

fn options(dir: &tempfile::TempDir, flush_mode: FlushMode) -> DataPlaneOptions {
    DataPlaneOptions {
        store: StoreOptions {
            segment_bytes: 1 << 20,
            queue_file_bytes: 20 * 1024,
            index_slots: 512,
            index_entries: 2048,
            flush_mode,
            ..StoreOptions::at(dir.path().join("store"))
        },
        bind_address: "127.0.0.1".into(),
        listen_port: 0,
        fast_listen_port: Some(0),
        store_host: "127.0.0.1".into(),
        event_loops: 2,
        max_frame_bytes: 1 << 24,
        max_message_bytes: 1 << 16,
        max_connections: 16,
        idle_connection_ms: 120_000,
        upward_queue_capacity: 64,
        replication: ReplicationOptions::default(),
    }
}

fn start(
    dir: &tempfile::TempDir,
    flush_mode: FlushMode,
) -> (DataPlane, ListenPorts, mpsc::Receiver<()>) {
    let (plane, _) = DataPlane::open(options(dir, flush_mode)).unwrap();
    plane.publish(delta());
    let (ring, rings) = mpsc::channel();
    let ports = plane.listen(Box::new(move || ring.send(()).unwrap_or(()))).unwrap();
    (plane, ports, rings)
}

struct Client {
    socket: TcpStream,
    unread: Vec<u8>,
    replies: Vec<Reply>,
}

impl Client {
    fn connect(port: u16) -> Self {
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { socket, unread: Vec::new(), replies: Vec::new() }
    }

    fn tell(&mut self, call: &Call) {
        self.socket.write_all(&call.bytes()).unwrap();
    }

    fn hear(&mut self) -> Reply {
        let mut buffer = vec![0; 65_536];
        while self.replies.is_empty() {
            let count = self.socket.read(&mut buffer).unwrap();
            assert!(count > 0, "closed");
            self.unread.extend_from_slice(&buffer[..count]);
            self.replies = Reply::take_all(&mut self.unread);
        }
        self.replies.remove(0)
    }

    fn call(&mut self, call: &Call) -> Reply {
        self.tell(call);
        self.hear()
    }
}

#[test]
fn held_pulls_of_every_loop_are_woken_by_a_send() {
    for flush_mode in [FlushMode::Async, FlushMode::Sync] {
        let dir = tempfile::tempdir().unwrap();
        let (plane, ports, _rings) = start(&dir, flush_mode);
        let mut pullers: Vec<_> = (0..4).map(|_| Client::connect(ports.listen_port)).collect();
        for (opaque, puller) in pullers.iter_mut().enumerate() {
            puller.tell(&Call::pull(opaque as i32, GROUP, TOPIC, 0));
        }
        let give_up = Instant::now() + Duration::from_secs(10);
        while plane.counters().held_pulls < 4 {
            assert!(Instant::now() < give_up);
            std::thread::yield_now();
        }
        let mut sender = Client::connect(ports.fast_listen_port.unwrap());
        assert_eq!(sender.call(&Call::send(1, TOPIC, "", b"news")).code, 0);
        for (opaque, puller) in pullers.iter_mut().enumerate() {
            let pulled = puller.hear();
            assert_eq!((pulled.code, pulled.opaque), (0, opaque as i32));
            assert_eq!(records(&pulled.body)[0].body, b"news");
        }
        assert_eq!(plane.counters().held_pulls, 0);
        plane.close().unwrap();
    }
}

#[test]
fn many_in_flight_under_sync_flush_are_all_answered_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (plane, ports, _rings) = start(&dir, FlushMode::Sync);
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(ports.listen_port)).collect();
    for client in &mut clients {
        for opaque in 0..100 {
            client.tell(&Call::send(opaque, TOPIC, "", b"x"));
        }
    }
    for client in &mut clients {
        for opaque in 0..100 {
            let sent = client.hear();
            assert_eq!((sent.code, sent.opaque), (0, opaque));
        }
    }
    plane.close().unwrap();
    let (plane, report) = DataPlane::open(options(&dir, FlushMode::Sync)).unwrap();
    assert!(report.clean_shutdown);
    assert_eq!(plane.queue_bounds(TOPIC).unwrap()[0].max.get(), 400);
    plane.close().unwrap();
}

#[test]
fn what_is_not_hot_goes_up_and_its_answer_comes_down() {
    let dir = tempfile::tempdir().unwrap();
    let (plane, ports, rings) = start(&dir, FlushMode::Async);
    let mut client = Client::connect(ports.listen_port);
    client.tell(&Call::new(34, 5).body(b"beat"));
    let (mut opened, mut frames) = (Vec::new(), Vec::new());
    while frames.is_empty() {
        rings.recv_timeout(Duration::from_secs(10)).unwrap();
        let batch = plane.take_batch();
        opened.extend(batch.opened);
        frames.extend(batch.frames);
    }
    let (connection, frame) = frames.remove(0);
    assert_eq!(frame, Call::new(34, 5).body(b"beat").bytes()[4..]);
    assert_eq!(opened[0].connection, connection);
    let mut answer = Vec::new();
    turbopump_wire::header::Response::begin(
        &mut answer,
        turbopump_wire::header::HeaderEncoding::Json,
        0,
        5,
    )
    .finish(0)
    .unwrap();
    plane.send([(connection, answer)]);
    assert_eq!(client.hear().opaque, 5);
    plane.close_connection(connection);
    let mut closed = Vec::new();
    while closed.is_empty() {
        rings.recv_timeout(Duration::from_secs(10)).unwrap();
        closed.extend(plane.take_batch().closed);
    }
    assert_eq!(closed, [connection]);
    assert_eq!(plane.counters().connections, 0);
    plane.close().unwrap();
    plane.close().unwrap();
}

#[test]
fn a_delayed_message_is_delivered_by_the_running_thread() {
    let dir = tempfile::tempdir().unwrap();
    let (plane, ports, _rings) = start(&dir, FlushMode::Async);
    let broker = crate::BrokerPolicy { delay_levels_ms: vec![20], ..Default::default() };
    plane.publish(crate::PolicyDelta { broker: Some(broker), ..Default::default() });
    let mut client = Client::connect(ports.listen_port);
    client.tell(&Call::pull(1, GROUP, TOPIC, 0));
    client.tell(&Call::send(2, TOPIC, "DELAY\u{1}1\u{2}", b"soon"));
    let sent_at = Instant::now();
    assert_eq!(client.hear().opaque, 2);
    let pulled = client.hear();
    assert_eq!((pulled.opaque, records(&pulled.body)[0].body), (1, &b"soon"[..]));
    assert!(sent_at.elapsed() >= Duration::from_millis(19), "not early");
    plane.close().unwrap();
}

#[test]
fn offsets_are_set_and_read_over_the_handle() {
    let dir = tempfile::tempdir().unwrap();
    let (plane, _) = DataPlane::open(options(&dir, FlushMode::Async)).unwrap();
    let offset = ConsumerOffset {
        group: GROUP.into(),
        topic: TOPIC.into(),
        queue: turbopump_wire::QueueId::new(0),
        offset: turbopump_wire::QueueOffset::new(7),
    };
    plane.set_consumer_offsets(std::slice::from_ref(&offset));
    let (version, offsets) = plane.consumer_offsets();
    assert_eq!(offsets, [offset]);
    plane.erase_group_offsets(GROUP);
    assert_ne!(plane.consumer_offsets().0, version);
    drop(plane);
    assert!(DataPlane::open(options(&dir, FlushMode::Async)).unwrap().1.clean_shutdown);
}
