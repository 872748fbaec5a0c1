//! Masters and slaves in one process, over loopback, on memory disks.

mod acknowledge;
mod distinct;
mod pair;
mod secure;
mod stream;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use turbopump_store::clock::ManualClock;
use turbopump_store::disk::memory::MemoryDisk;
use turbopump_store::{
    AppendBatch, FlushMode, RecordKind, RecordMeta, Store, StoreOptions, TagsCode,
};
use turbopump_wire::record::{RecordFields, RecordVersion, encode_record};
use turbopump_wire::{PhysicalOffset, QueueId, TopicName};

use crate::frame::HEADER_BYTES;
use crate::{Hooks, Replication, ReplicationOptions, Role};

pub(crate) const SEGMENT_BYTES: u64 = 16 << 10;

pub(crate) fn store_on(disk: &MemoryDisk, mode: FlushMode) -> Arc<Store> {
    sized_store_on(disk, mode, SEGMENT_BYTES)
}

pub(crate) fn sized_store_on(disk: &MemoryDisk, mode: FlushMode, bytes: u64) -> Arc<Store> {
    let options = StoreOptions {
        segment_bytes: bytes,
        queue_file_bytes: 400,
        index_slots: 64,
        index_entries: 64,
        flush_mode: mode,
        flush_interval_ms: 10,
        ..StoreOptions::at("/store")
    };
    let clock = Arc::new(ManualClock::new(1_700_000_000_000));
    Store::open(options, Arc::new(disk.clone()), clock).expect("opens").0
}

/// Appends messages with these body sizes; the log's end.
pub(crate) fn append(store: &Store, bodies: impl IntoIterator<Item = usize>) -> u64 {
    let topic = TopicName::parse("T").expect("topic");
    let mut end = store.written();
    for (number, bytes) in bodies.into_iter().enumerate() {
        let queue_id = QueueId::new(number as u32 % 3);
        let queue = store.queue_or_create(&topic, queue_id).expect("queue");
        let host = SocketAddr::from((Ipv4Addr::LOCALHOST, 10_911));
        let body: Vec<u8> = (0..bytes).map(|index| (index * 7 + number) as u8).collect();
        let fields = RecordFields {
            version: RecordVersion::V1,
            topic: "T",
            queue_id,
            flag: number as i32,
            sys_flag: 0,
            born_timestamp: 1,
            born_host: host,
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: &body,
            properties: &[b"KEYS\x01k\x02"],
        };
        let meta =
            RecordMeta { tags: TagsCode::Fixed(0), kind: RecordKind::Normal, key_hashes: &[1] };
        let mut batch = AppendBatch::new();
        batch.push(&queue, meta, |out| {
            encode_record(out, &fields).expect("encodes");
        });
        end = store.append(&mut batch).expect("appends");
    }
    if store.flush_mode() == FlushMode::Sync {
        end = store.sync_now().expect("syncs");
    }
    end.get()
}

/// All bytes of the log from its start to its end.
pub(crate) fn log_bytes(store: &Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = store.min_offset();
    while at < store.written() {
        let run = store.read_written(at, 1 << 20).expect("reads");
        bytes.extend_from_slice(&run);
        at = PhysicalOffset::new(at.get() + run.len() as u64);
    }
    bytes
}

pub(crate) fn assert_equal(master: &Store, slave: &Store) {
    assert_eq!(master.written(), slave.written());
    assert_eq!(master.min_offset(), slave.min_offset());
    assert!(log_bytes(master) == log_bytes(slave), "the logs differ");
    for id in 0..3 {
        let ends = [master, slave].map(|store| {
            let queue = store.queue("T", QueueId::new(id)).expect("queue opens");
            queue.map(|queue| queue.max_offset())
        });
        assert_eq!(ends[0], ends[1], "queue {id}");
    }
}

/// A peer in RocketMQ's plain protocol, held by the test.
pub(crate) struct Fake(pub(crate) TcpStream);

impl Fake {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connects");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("sets");
        Self(stream)
    }

    pub(crate) fn report(&mut self, report: i64) {
        self.0.write_all(&report.to_be_bytes()).expect("writes");
    }

    /// Next frame: its position and bytes.
    pub(crate) fn frame(&mut self) -> (u64, Vec<u8>) {
        let mut head = [0; HEADER_BYTES];
        self.0.read_exact(&mut head).expect("a frame");
        let header = crate::frame::FrameHeader::parse(head).expect("a header");
        let mut body = vec![0; header.len as usize];
        self.0.read_exact(&mut body).expect("its body");
        (header.offset, body)
    }

    /// The master closes, whatever it sent before.
    pub(crate) fn assert_closed(&mut self) {
        let mut bytes = [0; 4096];
        while self.0.read(&mut bytes).unwrap_or(0) > 0 {}
    }
}

/// Waits for what other threads do.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < limit, "{what}: not within 10 s");
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) fn options(role: Role) -> ReplicationOptions {
    ReplicationOptions {
        role,
        ha_listen_port: (role != Role::Slave).then_some(0),
        transfer_batch_bytes: 700,
        ..ReplicationOptions::default()
    }
}

/// A master that listens, and its port.
pub(crate) fn master(store: &Arc<Store>, options: ReplicationOptions) -> (Replication, u16) {
    let replication = replication(store, options);
    let port = replication.start(Ipv4Addr::LOCALHOST.into(), no_hooks());
    (replication, port.expect("listens").expect("has a port"))
}

/// A slave of the master at the port.
pub(crate) fn slave(store: &Arc<Store>, port: u16) -> Replication {
    slave_with(store, port, options(Role::Slave))
}

pub(crate) fn slave_with(
    store: &Arc<Store>,
    port: u16,
    options: ReplicationOptions,
) -> Replication {
    let replication = replication(store, options);
    replication.start(Ipv4Addr::LOCALHOST.into(), no_hooks()).expect("starts");
    follow(&replication, port);
    replication
}

pub(crate) fn follow(replication: &Replication, port: u16) {
    replication.set_master_address(Some(format!("127.0.0.1:{port}")));
}

pub(crate) fn no_hooks() -> Hooks {
    Hooks { progress: Box::new(|| {}), arrived: Box::new(|_| {}) }
}

pub(crate) fn replication(store: &Arc<Store>, options: ReplicationOptions) -> Replication {
    Replication::new(options, Arc::clone(store), Arc::new(ManualClock::new(5)))
}
