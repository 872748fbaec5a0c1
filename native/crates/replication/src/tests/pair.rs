//! Our master with our slave.

use super::*;
use turbopump_store::RawRun;

#[test]
fn an_empty_slave_gets_everything_and_follows() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let (from, to) = (MemoryDisk::new(), MemoryDisk::new());
        let (ours, copy) = (store_on(&from, mode), store_on(&to, mode));
        append(&ours, (0..100).map(|number| number * 11));
        let (master, port) = master(&ours, options(Role::AsyncMaster));
        let slave = slave(&copy, port);
        until("catches up", || copy.written() == ours.written());
        assert_equal(&ours, &copy);
        for round in 0..20 {
            let end = append(&ours, [round * 50]);
            until("follows", || {
                let written = copy.written().get();
                let known = slave.status().master.expect("is a slave").master_max_offset;
                assert!(known >= written, "ahead of what it knows: {written} of {known}");
                written == end
            });
            until("acknowledges", || master.replicated().get() == end);
        }
        assert_equal(&ours, &copy);
        let status = slave.status().master.expect("is a slave");
        assert!(status.connected && status.refusal.is_none(), "{status:?}");
        assert_eq!(status.master_max_offset, ours.written().get());
        let seen = master.status().slaves;
        assert_eq!((seen.len(), seen[0].lag_bytes, seen[0].in_sync), (1, 0, true));
    }
}

#[test]
fn an_empty_slave_begins_where_its_masters_log_begins() {
    let disk = MemoryDisk::new();
    // The master's first segments are gone: as retention leaves it.
    let ours = store_on(&disk, FlushMode::Async);
    ours.start_empty_at(PhysicalOffset::new(5 * SEGMENT_BYTES)).expect("moves");
    append(&ours, [100; 300]);
    let copy_disk = MemoryDisk::new();
    let copy = store_on(&copy_disk, FlushMode::Async);
    let (_master, port) = master(&ours, options(Role::AsyncMaster));
    let slave = slave(&copy, port);
    until("catches up", || copy.written() == ours.written());
    assert_equal(&ours, &copy);
    drop(slave);
    copy.close().expect("closes");
    let again = store_on(&copy_disk, FlushMode::Async);
    assert_equal(&ours, &again);
}

#[test]
fn a_slave_that_was_killed_goes_on_where_it_was() {
    let (from, mut disk) = (MemoryDisk::new(), MemoryDisk::new());
    let ours = store_on(&from, FlushMode::Async);
    let (_master, port) = master(&ours, options(Role::AsyncMaster));
    for round in 0..8_u64 {
        let copy = store_on(&disk, FlushMode::Async);
        let before = copy.written();
        append(&ours, (0..40).map(|number| number * 13 % 900));
        if round % 2 == 0 {
            // Dies in the middle of what is coming.
            disk.kill_after(disk.changes() + 3 + round * 2);
        }
        let slave = slave(&copy, port);
        if round % 2 == 0 {
            until("dies", || disk.is_dead() || copy.written() == ours.written());
        } else {
            until("catches up", || copy.written() == ours.written());
            assert_equal(&ours, &copy);
        }
        assert!(copy.written() >= before);
        drop(slave);
        drop(copy);
        disk = disk.after_kill();
    }
}

#[test]
fn a_slave_with_another_history_says_so_and_keeps_its_files() {
    let (ours, other) = (MemoryDisk::new(), MemoryDisk::new());
    let (ours, other) = (store_on(&ours, FlushMode::Async), store_on(&other, FlushMode::Async));
    append(&ours, [100, 200, 300, 400]);
    append(&other, [100, 200, 301]);
    let bytes = log_bytes(&other);
    let (master, port) = master(&ours, options(Role::AsyncMaster));
    let slave = slave(&other, port);
    let refusal = || slave.status().master.and_then(|link| link.refusal);
    until("refuses", || refusal().is_some_and(|text| text.contains("different histories")));
    assert!(log_bytes(&other) == bytes);
    assert_eq!(master.replicated(), PhysicalOffset::ZERO);
}

#[test]
fn a_slave_that_is_ahead_of_its_master_says_so() {
    let (ours, other) = (MemoryDisk::new(), MemoryDisk::new());
    let (ours, other) = (store_on(&ours, FlushMode::Async), store_on(&other, FlushMode::Async));
    append(&ours, [10]);
    append(&other, [3000, 3000, 3000]);
    let bytes = log_bytes(&other);
    let (master, port) = master(&ours, options(Role::AsyncMaster));
    let slave = slave(&other, port);
    let refusal = || slave.status().master.and_then(|link| link.refusal);
    until("refuses", || refusal().is_some_and(|text| text.contains("does not have")));
    assert!(log_bytes(&other) == bytes);
    assert_eq!(master.replicated(), PhysicalOffset::ZERO);
}

#[test]
fn a_slave_that_is_behind_its_masters_first_file_says_so() {
    let (ours, other) = (MemoryDisk::new(), MemoryDisk::new());
    let (ours, other) = (store_on(&ours, FlushMode::Async), store_on(&other, FlushMode::Async));
    ours.start_empty_at(PhysicalOffset::new(SEGMENT_BYTES)).expect("moves");
    append(&ours, [10]);
    append(&other, [10]);
    let (_master, port) = master(&ours, options(Role::AsyncMaster));
    let slave = slave(&other, port);
    let refusal = || slave.status().master.and_then(|link| link.refusal);
    until("refuses", || refusal().is_some_and(|text| text.contains("in between is gone")));
}

#[test]
fn segments_of_another_size_are_refused_by_name() {
    let (ours, other) = (MemoryDisk::new(), MemoryDisk::new());
    let ours = store_on(&ours, FlushMode::Async);
    let other = sized_store_on(&other, FlushMode::Async, SEGMENT_BYTES / 2);
    append(&ours, [1000; 20]);
    let (_master, port) = master(&ours, options(Role::AsyncMaster));
    let slave = slave(&other, port);
    let refusal = || slave.status().master.and_then(|link| link.refusal);
    until("refuses", || refusal().is_some_and(|text| text.contains("mappedFileSizeCommitLog")));
}

#[test]
fn the_master_may_move() {
    let (a, b, copy) = (MemoryDisk::new(), MemoryDisk::new(), MemoryDisk::new());
    let (a, copy) = (store_on(&a, FlushMode::Async), store_on(&copy, FlushMode::Async));
    append(&a, [100, 200]);
    let (first, port) = master(&a, options(Role::AsyncMaster));
    let slave = slave(&copy, port);
    until("catches up", || copy.written() == a.written());
    // Another process with the same log, elsewhere.
    let b = store_on(&b, FlushMode::Async);
    let mut run = RawRun::default();
    run.extend(&log_bytes(&a));
    b.check_raw(PhysicalOffset::ZERO, &mut run).expect("are records");
    b.append_raw(&run, &mut Vec::new()).expect("appends");
    assert_eq!(b.written(), a.written());
    append(&b, [300]);
    drop(first);
    let (_second, port) = master(&b, options(Role::AsyncMaster));
    slave.set_master_address(Some(format!("127.0.0.1:{port}")));
    until("follows the new one", || copy.written() == b.written());
    assert_equal(&b, &copy);
    slave.set_master_address(None);
    until("lets go", || slave.status().master.is_some_and(|link| !link.connected));
}

#[test]
fn a_slave_far_behind_gets_everything_and_follows_closely_afterwards() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let (from, to) = (MemoryDisk::new(), MemoryDisk::new());
        let ours = sized_store_on(&from, mode, 3 << 20);
        let copy = sized_store_on(&to, mode, 3 << 20);
        append(&ours, (0..400).map(|number| 20_000 + number * 41));
        let large =
            ReplicationOptions { transfer_batch_bytes: 32 << 10, ..options(Role::AsyncMaster) };
        let (master, port) = master(&ours, large);
        let slave = slave(&copy, port);
        until("acknowledges all", || master.replicated() == ours.written());
        assert_equal(&ours, &copy);
        for round in 0..20 {
            let end = append(&ours, [round * 5000]);
            until("follows", || master.replicated().get() == end && copy.written().get() == end);
        }
        assert_equal(&ours, &copy);
        // Ended while the second thread has work.
        append(&ours, [30_000; 300]);
        slave.stop();
        let again = self::slave(&copy, port);
        until("goes on", || master.replicated() == ours.written());
        assert_equal(&ours, &copy);
        drop(again);
    }
}

#[test]
fn a_slave_gets_no_more_in_a_second_than_is_allowed() {
    let (from, to) = (MemoryDisk::new(), MemoryDisk::new());
    let (ours, copy) = (store_on(&from, FlushMode::Async), store_on(&to, FlushMode::Async));
    append(&ours, [1000; 60]);
    let bytes_per_second = 100_000;
    let paced = ReplicationOptions {
        max_bytes_per_second: Some(bytes_per_second),
        ..options(Role::SyncMaster)
    };
    let (master, port) = master(&ours, paced);
    let began = Instant::now();
    let _slave = slave(&copy, port);
    until("catches up", || master.replicated() == ours.written());
    let least_ms = ours.written().get() * 1000 / bytes_per_second - 100;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(least_ms), "{took:?} for what takes {least_ms} ms");
    assert_equal(&ours, &copy);
}

#[test]
fn a_topic_made_anew_begins_anew_at_the_slave_as_its_messages_come() {
    let (from, to) = (MemoryDisk::new(), MemoryDisk::new());
    let (ours, copy) = (store_on(&from, FlushMode::Async), store_on(&to, FlushMode::Async));
    append(&ours, [100; 30]);
    let (_master, port) = master(&ours, options(Role::AsyncMaster));
    let _slave = slave(&copy, port);
    until("catches up", || copy.written() == ours.written());
    // So fast that the slave never hears of a table without the topic.
    ours.delete_topic("T").expect("deletes");
    append(&ours, [50; 6]);
    until("follows", || copy.written() == ours.written());
    assert_equal(&ours, &copy);
    let queue = copy.queue("T", QueueId::new(0)).expect("opens").expect("is there");
    assert_eq!(queue.max_offset().get(), 2, "not the thirty-six of both lives");
}
