//! What a `SYNC_MASTER` answers, and when; the slave is a socket that the test holds.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use turbopump_store::FlushMode;

use crate::event_loop::Mail;
use crate::testing::{Call, GROUP, Reply, Rig, TOPIC};
use crate::{ReplicationOptions, ReplicationRole};

struct Slave(TcpStream);

impl Slave {
    fn acknowledge(&mut self, rig: &Rig) {
        self.report(rig.plane.shared.store.written().get());
    }

    fn report(&mut self, end: u64) {
        self.0.write_all(&end.to_be_bytes()).unwrap();
    }

    /// Reads what was pushed up to the log's end, as a slave would before it acknowledges.
    fn take(&mut self, rig: &Rig) {
        let end = rig.plane.shared.store.written().get();
        loop {
            let mut head = [0; 12];
            self.0.read_exact(&mut head).unwrap();
            let at = u64::from_be_bytes(head[..8].try_into().unwrap());
            let len = u32::from_be_bytes(head[8..].try_into().unwrap());
            let mut body = vec![0; len as usize];
            self.0.read_exact(&mut body).unwrap();
            if at + u64::from(len) == end {
                return;
            }
        }
    }
}

struct World {
    rig: Rig,
    port: u16,
}

impl World {
    fn new(mode: FlushMode, change: impl FnOnce(&mut ReplicationOptions)) -> Self {
        let mut options = ReplicationOptions {
            role: ReplicationRole::SyncMaster,
            ha_listen_port: Some(0),
            slave_timeout: Duration::from_millis(300),
            ..ReplicationOptions::default()
        };
        change(&mut options);
        let rig = Rig::replicating(mode, options);
        let hooks = rig.plane.replication_hooks();
        let started = rig.plane.shared.replication.start(Ipv4Addr::LOCALHOST.into(), hooks);
        Self { rig, port: started.unwrap().unwrap() }
    }

    /// A slave that has everything.
    fn slave(&mut self) -> Slave {
        let mut slave = Slave(TcpStream::connect(("127.0.0.1", self.port)).unwrap());
        slave.0.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        slave.report(self.rig.plane.shared.store.written().get());
        self.until("the slave is seen", |rig| rig.plane.shared.replication.is_possible());
        slave
    }

    fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Rig) -> bool) {
        let limit = Instant::now() + Duration::from_secs(10);
        while !holds(&mut self.rig) {
            assert!(Instant::now() < limit, "{what}: not within 10 s");
            std::thread::yield_now();
        }
    }

    fn send(&mut self, opaque: i32, properties: &str) -> Vec<Reply> {
        self.rig.hand(1, &Call::send(opaque, TOPIC, properties, b"x"));
        self.rig.turn_end();
        self.rig.replies(1)
    }

    /// The answers that come as the replication goes on, as its hooks would tell the loop.
    fn answers(&mut self, count: usize) -> Vec<Reply> {
        let mut replies = Vec::new();
        self.until("answered", |rig| {
            rig.service.core.now = Instant::now();
            rig.mail(Mail::Progress);
            replies.extend(rig.replies(1));
            replies.len() >= count
        });
        replies
    }
}

#[test]
fn without_a_slave_the_message_is_stored_and_the_answer_says_so() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let mut world = World::new(mode, |_| {});
        let reply = world.send(1, "").remove(0);
        assert_eq!((reply.code, reply.number("queueOffset")), (11, 0));
        let reader = world.rig.call(&Call::pull(2, GROUP, TOPIC, 0));
        assert_eq!(reader.code, 0, "readers follow the master");
    }
}

#[test]
fn it_is_answered_when_a_slave_has_it_and_readers_wait_too() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let mut world = World::new(mode, |_| {});
        let mut slave = world.slave();
        world.rig.open(2, false);
        world.rig.hand(2, &Call::pull(9, GROUP, TOPIC, 0));
        assert!(world.send(1, "").is_empty(), "nobody has it yet");
        slave.take(&world.rig);
        world.rig.mail(Mail::Progress);
        assert!(world.rig.replies(1).is_empty() && world.rig.replies(2).is_empty());
        slave.acknowledge(&world.rig);
        assert_eq!(world.answers(1).remove(0).code, 0);
        let pulled = world.rig.replies(2).remove(0);
        assert_eq!((pulled.code, pulled.number("nextBeginOffset")), (0, 1));
        assert!(world.rig.service.core.unreplicated.is_empty());
    }
}

#[test]
fn a_silent_slave_is_waited_for_until_its_time_is_up() {
    let mut world = World::new(FlushMode::Async, |_| {});
    let _slave = world.slave();
    world.rig.open(2, false);
    world.rig.hand(2, &Call::pull(9, GROUP, TOPIC, 0));
    let began = Instant::now();
    assert!(world.send(1, "").is_empty());
    let deadline = world.rig.service.deadline().unwrap();
    assert!(deadline > began && deadline <= Instant::now() + Duration::from_millis(300));
    world.rig.time(began);
    assert!(world.rig.replies(1).is_empty());
    world.rig.time(deadline);
    let reply = world.rig.replies(1).remove(0);
    assert_eq!((reply.code, reply.number("queueOffset")), (12, 0));
    let mut pulled = Vec::new();
    world.until("readers go on", |rig| {
        rig.mail(Mail::Progress);
        pulled.extend(rig.replies(2));
        !pulled.is_empty()
    });
    assert_eq!(pulled[0].code, 0);
}

#[test]
fn a_slave_that_goes_lets_nobody_be_told_ok() {
    let mut world = World::new(FlushMode::Async, |_| {});
    let slave = world.slave();
    assert!(world.send(1, "").is_empty());
    drop(slave);
    world.until("gone", |rig| !rig.plane.shared.replication.is_possible());
    assert_eq!(world.answers(1).remove(0).code, 12);
    assert_eq!(world.send(2, "").remove(0).code, 11);
}

#[test]
fn a_broker_that_stops_tells_waiting_senders_what_became_of_it() {
    let mut world = World::new(FlushMode::Async, |options| {
        options.slave_timeout = Duration::from_secs(60);
    });
    let _silent = world.slave();
    assert!(world.send(1, "").is_empty());
    let stops = Instant::now();
    world.rig.service.core.wait_no_longer(stops);
    let soon = stops + Duration::from_millis(600);
    let deadline = world.rig.service.deadline().unwrap();
    assert!(deadline > stops && deadline <= soon, "before the transport writes no more");
    assert!(world.send(2, "").is_empty(), "what was read before goes the same way");
    world.rig.time(soon);
    let replies = world.rig.replies(1);
    assert_eq!(replies.iter().map(|reply| reply.code).collect::<Vec<_>>(), [12, 12]);
    assert!(world.rig.service.core.unreplicated.is_empty(), "the loop may end");
}

#[test]
fn a_message_that_does_not_wait_is_answered_at_once() {
    let mut world = World::new(FlushMode::Async, |_| {});
    let mut slave = world.slave();
    world.rig.hand(1, &Call::send(1, TOPIC, "WAIT\u{1}false\u{2}", b"x"));
    world.rig.hand(1, &Call::send(2, TOPIC, "WAIT\u{1}true\u{2}", b"x"));
    world.rig.turn_end();
    let at_once = world.rig.replies(1);
    assert_eq!(at_once.len(), 1);
    assert_eq!((at_once[0].opaque, at_once[0].code), (1, 0));
    slave.take(&world.rig);
    slave.acknowledge(&world.rig);
    let then = world.answers(1).remove(0);
    assert_eq!((then.opaque, then.code, then.number("queueOffset")), (2, 0, 1));
}

#[test]
fn sends_are_refused_while_too_few_could_have_them() {
    let mut world = World::new(FlushMode::Async, |options| options.min_in_sync_replicas = 2);
    let before = world.rig.plane.shared.store.written();
    let reply = world.send(1, "").remove(0);
    assert_eq!((reply.code, reply.remark.as_str()), (1, "in-sync replicas not enough"));
    assert_eq!(world.rig.plane.shared.store.written(), before, "nothing is stored");
    let mut slave = world.slave();
    assert!(world.send(2, "").is_empty());
    slave.take(&world.rig);
    slave.acknowledge(&world.rig);
    assert_eq!(world.answers(1).remove(0).code, 0);
}

#[test]
fn a_master_told_to_make_do_asks_for_the_copies_there_are() {
    let mut world = World::new(FlushMode::Async, |options| options.auto_in_sync_replicas = true);
    assert_eq!(world.send(1, "").remove(0).code, 0, "its own copy is the minimum");
    let mut slave = world.slave();
    world.until("one is there", |rig| !rig.plane.shared.replication.needs_nobody());
    assert!(world.send(2, "").is_empty(), "now two can be had");
    slave.take(&world.rig);
    slave.acknowledge(&world.rig);
    assert_eq!(world.answers(1).remove(0).code, 0);
    drop(slave);
    world.until("gone", |rig| rig.plane.shared.replication.needs_nobody());
    assert_eq!(world.send(3, "").remove(0).code, 0);
    let strict = |options: &mut ReplicationOptions| {
        options.auto_in_sync_replicas = true;
        options.in_sync_replicas = 3;
        options.min_in_sync_replicas = 2;
    };
    let mut world = World::new(FlushMode::Async, strict);
    assert_eq!(world.send(1, "").remove(0).code, 1, "never fewer than the minimum");
    let mut slave = world.slave();
    assert!(world.send(2, "").is_empty());
    slave.take(&world.rig);
    slave.acknowledge(&world.rig);
    assert_eq!(world.answers(1).remove(0).code, 0, "two of the three asked for");
}

#[test]
fn every_slave_in_sync_must_have_it_when_told_so() {
    let all = |options: &mut ReplicationOptions| options.all_ack_in_sync_state_set = true;
    let mut world = World::new(FlushMode::Async, all);
    let (mut one, mut other) = (world.slave(), world.slave());
    let slaves = |rig: &Rig| rig.plane.replication_status().slaves;
    world.until("two are seen", |rig| slaves(rig).len() == 2);
    assert_eq!(world.send(1, "WAIT\u{1}false\u{2}").len(), 1, "for both to acknowledge");
    for slave in [&mut one, &mut other] {
        slave.take(&world.rig);
        slave.acknowledge(&world.rig);
    }
    world.until("two in sync", |rig| slaves(rig).iter().filter(|one| one.in_sync).count() == 2);
    assert!(world.send(2, "").is_empty());
    let end = world.rig.plane.shared.store.written().get();
    one.take(&world.rig);
    one.acknowledge(&world.rig);
    let acked = |rig: &Rig| slaves(rig).iter().any(|slave| slave.ack_offset == end);
    world.until("one has it", |rig| acked(rig));
    world.rig.mail(Mail::Progress);
    assert!(world.rig.replies(1).is_empty(), "the other has not");
    other.take(&world.rig);
    other.acknowledge(&world.rig);
    assert_eq!(world.answers(1).remove(0).code, 0);
}
