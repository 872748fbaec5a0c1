//! What counts as an acknowledgement, and who is let in.

use std::io::Write;

use super::*;

fn sync_master(disk: &MemoryDisk) -> (Arc<Store>, Replication, u16) {
    let store = store_on(disk, FlushMode::Async);
    let options = ReplicationOptions {
        slave_timeout: Duration::from_millis(300),
        max_gap_bytes: 4000,
        ..options(Role::SyncMaster)
    };
    let (replication, port) = master(&store, options);
    (store, replication, port)
}

#[test]
fn a_java_slave_is_pushed_frames_and_its_reports_count() {
    let disk = MemoryDisk::new();
    let (store, master, port) = sync_master(&disk);
    let end = append(&store, [200, 200]);
    let mut java = Fake::connect(port);
    java.report(0);
    let (at, body) = java.frame();
    assert_eq!((at, &body[..]), (0, &log_bytes(&store)[..]));
    until("in sync", || master.is_possible());
    assert_eq!(master.replicated().get(), 0, "its beginning is no acknowledgement");
    java.report(end as i64);
    until("counts", || master.replicated().get() == end);
    let more = append(&store, [10]);
    assert_eq!(java.frame().0, end, "pushed without being asked");
    assert_eq!(master.replicated().get(), end);
    java.report(more as i64);
    until("counts", || master.replicated().get() == more);
}

#[test]
fn saying_again_where_one_began_is_no_acknowledgement() {
    let disk = MemoryDisk::new();
    let (store, master, port) = sync_master(&disk);
    let end = append(&store, [200]);
    let mut java = Fake::connect(port);
    let twice = [end.to_be_bytes(), end.to_be_bytes()].concat();
    java.0.write_all(&twice).expect("writes");
    until("is seen", || master.is_possible());
    let more = append(&store, [10]);
    assert_eq!(java.frame().0, end);
    assert_eq!(master.replicated().get(), 0);
    java.report(more as i64);
    until("counts", || master.replicated().get() == more);
}

#[test]
fn numbers_that_cannot_be_close_the_connection_and_move_nothing() {
    let disk = MemoryDisk::new();
    let (store, master, port) = sync_master(&disk);
    let end = append(&store, [100, 100]) as i64;
    for lies in [&[-1][..], &[i64::MIN], &[end + 1], &[i64::MAX], &[0, end + 1], &[0, -5]] {
        let mut fake = Fake::connect(port);
        for lie in lies {
            fake.report(*lie);
        }
        fake.assert_closed();
    }
    until("nobody counts", || !master.is_possible());
    assert_eq!(master.replicated().get(), 0);
}

#[test]
fn a_position_behind_the_end_is_told_where_the_log_is() {
    let disk = MemoryDisk::new();
    let (store, _master, port) = sync_master(&disk);
    let end = append(&store, [100]);
    let mut fake = Fake::connect(port);
    fake.report(end as i64 + 500);
    assert_eq!(fake.frame(), (end, Vec::new()));
    fake.assert_closed();
}

#[test]
fn a_thousand_strangers_neither_count_nor_keep_the_slave_out() {
    let disk = MemoryDisk::new();
    let (store, master, port) = sync_master(&disk);
    let end = append(&store, [100]);
    let copy_disk = MemoryDisk::new();
    let copy = store_on(&copy_disk, FlushMode::Async);
    let mut strangers: Vec<Fake> = (0..500).map(|_| Fake::connect(port)).collect();
    let slave = slave(&copy, port);
    until("the slave is served", || master.replicated().get() == end);
    for number in 0..500 {
        let mut stranger = Fake::connect(port);
        // A stranger's connection may be ended before it has said its number.
        drop(stranger.0.write_all(&[number as u8; 7]));
        strangers.push(stranger);
    }
    let end = append(&store, [100]);
    until("the slave is still served", || master.replicated().get() == end);
    assert_eq!(master.status().slaves.len(), 1);
    drop(slave);
    until("nobody is left", || !master.is_possible());
}

#[test]
fn readers_wait_for_a_slave_that_answers_and_for_no_other() {
    let disk = MemoryDisk::new();
    let (store, master, port) = sync_master(&disk);
    let alone = append(&store, [100]);
    assert_eq!(store.readable().get(), alone, "without a slave readers follow the master");
    let mut java = Fake::connect(port);
    java.report(0);
    java.frame();
    java.report(alone as i64);
    until("in sync", || master.replicated().get() == alone);
    let waiting = append(&store, [100]);
    java.frame();
    assert_eq!(store.readable().get(), alone, "not replicated yet");
    java.report(waiting as i64);
    until("replicated", || store.readable().get() == waiting);
    let silent = append(&store, [100]);
    assert_eq!(store.readable().get(), waiting);
    until("silent for the timeout", || store.readable().get() == silent);
    assert!(master.is_possible(), "senders still wait for it");
    assert_eq!(master.replicated().get(), waiting);
}

#[test]
fn a_slave_too_far_behind_is_not_waited_for() {
    let disk = MemoryDisk::new();
    let (store, master, port) = sync_master(&disk);
    append(&store, [5000]);
    let mut java = Fake::connect(port);
    java.report(0);
    until("is a slave", || master.status().slaves.len() == 1);
    assert!(!master.is_possible());
    let mut got = 0;
    while got < store.written().get() {
        got += java.frame().1.len() as u64;
    }
    java.report(got as i64);
    until("has caught up", || master.is_possible());
}

#[test]
fn heartbeats_go_both_ways_and_silence_ends() {
    let disk = MemoryDisk::new();
    let store = store_on(&disk, FlushMode::Async);
    let quick = ReplicationOptions {
        heartbeat_interval: Duration::from_millis(20),
        housekeeping_interval: Duration::from_millis(400),
        ..options(Role::AsyncMaster)
    };
    let (master, port) = master(&store, quick.clone());
    let end = append(&store, [50]);
    let mut java = Fake::connect(port);
    java.report(end as i64);
    for _ in 0..3 {
        assert_eq!(java.frame(), (end, Vec::new()));
    }
    java.assert_closed();
    until("silent", || master.status().slaves.is_empty());
    let copy_disk = MemoryDisk::new();
    let copy = store_on(&copy_disk, FlushMode::Async);
    let slave = slave_with(&copy, port, ReplicationOptions { role: Role::Slave, ..quick });
    until("follows", || copy.written().get() == end);
    let first = Instant::now();
    until("stays", || first.elapsed() > Duration::from_secs(1));
    assert!(slave.status().master.is_some_and(|link| link.connected && link.refusal.is_none()));
}

#[test]
fn a_slave_told_to_wait_for_its_disk_acknowledges_what_is_flushed() {
    let (from, to) = (MemoryDisk::new(), MemoryDisk::new());
    let (store, master, port) = sync_master(&from);
    let copy = store_on(&to, FlushMode::Async);
    let options = ReplicationOptions { ack_after_flush: true, ..options(Role::Slave) };
    let _slave = slave_with(&copy, port, options);
    for _ in 0..10 {
        let end = append(&store, [300]);
        until("acknowledged", || master.replicated().get() == end);
        assert!(copy.flushed().get() >= end);
    }
}

#[test]
fn a_master_that_stops_leaves_nobody_waiting() {
    let disk = MemoryDisk::new();
    let (store, master, port) = sync_master(&disk);
    let mut java = Fake::connect(port);
    append(&store, [100]);
    java.report(0);
    java.frame();
    java.report(store.written().get() as i64);
    until("in sync", || master.is_possible() && master.replicated() == store.written());
    let end = append(&store, [100]);
    assert!(store.readable().get() < end);
    master.stop();
    assert!(!master.is_possible());
    assert_eq!(store.readable().get(), end);
}
