//! A data plane without threads of its own: tests call the turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use turbopump_store::clock::ManualClock;
use turbopump_store::disk::memory::MemoryDisk;
use turbopump_store::{FlushMode, StoreOptions};
use turbopump_transport::{ConnId, SharedBytes};
use turbopump_wire::frame;

use super::{Call, Reply, conn};
use crate::event_loop::{LoopService, Mail, Outlets};
use crate::policy::{BrokerPolicy, GroupPolicy, PolicyDelta, TopicPolicy};
use crate::{DataPlane, DataPlaneOptions, ReplicationOptions};

pub(crate) const TOPIC: &str = "T";
pub(crate) const GROUP: &str = "G";

/// What each connection was sent.
#[derive(Default)]
pub(crate) struct Wires {
    out: HashMap<ConnId, Vec<u8>>,
    pub(crate) closed: Vec<ConnId>,
    pub(crate) reads_on: bool,
}

impl Outlets for Wires {
    fn bytes(&mut self, connection: ConnId) -> Option<&mut Vec<u8>> {
        self.out.get_mut(&connection)
    }

    fn push_shared(&mut self, connection: ConnId, bytes: SharedBytes) {
        if let Some(out) = self.out.get_mut(&connection) {
            out.extend_from_slice((*bytes).as_ref());
        }
    }

    fn close(&mut self, connection: ConnId) {
        self.closed.push(connection);
    }

    fn reads_on(&self) -> bool {
        self.reads_on
    }
}

pub(crate) struct Rig {
    pub(crate) plane: DataPlane,
    pub(crate) service: LoopService,
    pub(crate) wires: Wires,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) disk: MemoryDisk,
}

pub(crate) fn topic(name: &str, queues: u32) -> TopicPolicy {
    TopicPolicy {
        name: name.into(),
        perm: 6,
        read_queues: queues,
        write_queues: queues,
        ..TopicPolicy::default()
    }
}

/// The usual world: broker, topic `T` of one queue, group `G`.
pub(crate) fn delta() -> PolicyDelta {
    PolicyDelta {
        broker: Some(BrokerPolicy::default()),
        topics: vec![topic(TOPIC, 1)],
        groups: vec![GroupPolicy {
            name: GROUP.into(),
            consume_enable: true,
            consume_broadcast_enable: true,
            retry_queues: 1,
            retry_max_times: 16,
            which_broker_when_consume_slowly: 1,
            ..GroupPolicy::default()
        }],
        ..PolicyDelta::default()
    }
}

impl Rig {
    pub(crate) fn new(flush_mode: FlushMode) -> Self {
        Self::replicating(flush_mode, ReplicationOptions::default())
    }

    pub(crate) fn replicating(flush_mode: FlushMode, replication: ReplicationOptions) -> Self {
        let clock = Arc::new(ManualClock::new(1_700_000_000_000));
        Self::build(MemoryDisk::new(), clock, flush_mode, replication)
    }

    /// A data plane over a disk that may hold what an earlier one left.
    pub(crate) fn over(disk: MemoryDisk, clock: Arc<ManualClock>, flush_mode: FlushMode) -> Self {
        Self::build(disk, clock, flush_mode, ReplicationOptions::default())
    }

    fn build(
        disk: MemoryDisk,
        clock: Arc<ManualClock>,
        flush_mode: FlushMode,
        replication: ReplicationOptions,
    ) -> Self {
        let options = DataPlaneOptions {
            store: StoreOptions {
                segment_bytes: 1 << 20,
                queue_file_bytes: 20 * 1024,
                index_slots: 512,
                index_entries: 2048,
                flush_mode,
                ..StoreOptions::at("/store")
            },
            bind_address: "127.0.0.1".into(),
            listen_port: 10_911,
            fast_listen_port: None,
            store_host: "127.0.0.1".into(),
            event_loops: 2,
            max_frame_bytes: 1 << 24,
            max_message_bytes: 1 << 16,
            max_connections: 16,
            idle_connection_ms: 120_000,
            upward_queue_capacity: 4,
            replication,
        };
        let opened = DataPlane::open_on(options, Arc::new(disk.clone()), clock.clone());
        let (plane, _) = opened.unwrap();
        plane.publish(delta());
        let service = LoopService::new(0, 2, plane.shared.clone());
        let mut rig = Self { plane, service, wires: Wires::default(), clock, disk };
        rig.open(1, false);
        rig
    }

    pub(crate) fn open(&mut self, number: u64, fast_port: bool) {
        self.wires.out.insert(conn(number), Vec::new());
        self.service.opened(conn(number), "127.0.0.9:5000".parse().unwrap(), fast_port);
    }

    pub(crate) fn close(&mut self, number: u64) {
        self.wires.out.remove(&conn(number));
        self.service.closed(conn(number));
    }

    /// Hands over a request without ending the turn.
    pub(crate) fn hand(&mut self, number: u64, call: &Call) {
        self.service.core.now = Instant::now();
        let bytes = call.bytes();
        let frame = frame::cut(&bytes, 1 << 24).unwrap().unwrap();
        self.service.frame(&mut self.wires, conn(number), frame);
    }

    /// Ends the turn, and does what it left to reading threads.
    pub(crate) fn turn_end(&mut self) {
        self.service.turn_end(&mut self.wires);
        while let Some(answer) = self.plane.shared.reading.next_answer(&self.plane.shared) {
            self.service.mail(&mut self.wires, Mail::Read(answer));
        }
    }

    pub(crate) fn mail(&mut self, mail: Mail) {
        self.service.mail(&mut self.wires, mail);
        self.turn_end();
    }

    pub(crate) fn time(&mut self, now: Instant) {
        self.service.core.now = now;
        self.service.time_is_up(&mut self.wires, now);
        self.turn_end();
    }

    /// Bytes sent to a connection, as they are.
    pub(crate) fn sent(&mut self, number: u64) -> Vec<u8> {
        std::mem::take(self.wires.out.get_mut(&conn(number)).unwrap())
    }

    pub(crate) fn replies(&mut self, number: u64) -> Vec<Reply> {
        Reply::take_all(self.wires.out.get_mut(&conn(number)).unwrap())
    }

    /// One request on connection 1, its turn, and its only answer.
    pub(crate) fn call(&mut self, call: &Call) -> Reply {
        self.hand(1, call);
        self.turn_end();
        let mut replies = self.replies(1);
        assert_eq!(replies.len(), 1, "{replies:?}");
        replies.remove(0)
    }

    pub(crate) fn clock_ms(&self) -> i64 {
        turbopump_store::Clock::wall_ms(&*self.clock)
    }

    pub(crate) fn held(&self) -> u64 {
        self.plane.counters().held_pulls
    }
}
