//! Which connections are slaves of their own.

use super::*;

fn master_of(needed: u32) -> (MemoryDisk, Arc<Store>, Replication, u16) {
    let disk = MemoryDisk::new();
    let store = store_on(&disk, FlushMode::Async);
    let options = ReplicationOptions { in_sync_replicas: needed + 1, ..options(Role::SyncMaster) };
    let (replication, port) = master(&store, options);
    append(&store, [100]);
    (disk, store, replication, port)
}

/// Has everything.
fn follower(store: &Store, port: u16) -> Fake {
    let mut fake = Fake::connect(port);
    fake.report(store.written().get() as i64);
    fake
}

fn take(fake: &mut Fake, end: u64) {
    loop {
        let (at, body) = fake.frame();
        if at + body.len() as u64 == end {
            return;
        }
    }
}

#[test]
fn two_slaves_on_one_host_are_two() {
    let (_disk, store, master, port) = master_of(2);
    let mut one = follower(&store, port);
    until("one", || master.status().slaves.len() == 1);
    let mut other = follower(&store, port);
    until("two", || master.status().slaves.len() == 2);
    let end = append(&store, [50]);
    take(&mut one, end);
    one.report(end as i64);
    take(&mut other, end);
    assert_eq!(master.replicated().get(), 0, "one of two");
    other.report(end as i64);
    until("both", || master.replicated().get() == end);
    assert!(master.is_possible());
}

#[test]
fn a_connection_that_its_slave_has_left_is_no_second_slave() {
    let (_disk, store, master, port) = master_of(2);
    let mut left = follower(&store, port);
    until("one", || master.status().slaves.len() == 1);
    let end = append(&store, [50]);
    take(&mut left, end);
    left.report(end as i64);
    // The network does not tell that it is gone, and the slave is back by another connection.
    let mut back = Fake::connect(port);
    until("one more", || master.status().slaves.iter().any(|slave| slave.ack_offset == end));
    back.report(end as i64 - 60);
    until("two", || master.status().slaves.len() == 2);
    take(&mut back, end);
    back.report(end as i64);
    let more = append(&store, [50]);
    take(&mut back, more);
    back.report(more as i64);
    until("acknowledged", || master.status().slaves.iter().any(|slave| slave.ack_offset == more));
    assert_eq!(master.replicated().get(), 0, "one slave has it");
    assert!(!master.is_possible());
    // What it had said on its old connection may arrive late.
    left.report(end as i64);
    until("heard", || !master.is_possible());
    assert_eq!(master.replicated().get(), 0);
}

#[test]
fn a_quiet_slave_beside_another_is_waited_for_again_once_it_speaks() {
    let (_disk, store, master, port) = master_of(2);
    let mut one = follower(&store, port);
    until("one", || master.status().slaves.len() == 1);
    let _other = follower(&store, port);
    until("two", || master.status().slaves.len() == 2);
    assert!(!master.is_possible(), "the first may be what the second has left");
    let end = store.written().get() as i64;
    until("its heartbeats tell", || {
        one.report(end);
        master.is_possible()
    });
    assert_eq!(master.replicated().get(), 0);
}
