//! I/O errors: an error is never answered OK, and reads go on.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use turbopump_wire::QueueId;

use super::{Message, Rig};
use crate::disk::memory::FaultOn;
use crate::error::{AppendError, SyncError};
use crate::options::FlushMode;
use crate::status::Progress;

fn heard(rig: &Rig) -> Arc<Mutex<Vec<Progress>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    rig.core.log.set_listener(Box::new(move |progress| sink.lock().expect("lock").push(progress)));
    heard
}

#[test]
fn a_failed_sync_poisons_and_what_waited_for_it_is_never_flushed() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let rig = Rig::new(mode);
        let before = rig.append(&[Message::new(1, 0, 50)]).expect("append")[0];
        rig.core.log.sync_group().expect("sync");
        let flushed = rig.core.log.flushed_point().end;
        let heard = heard(&rig);
        rig.append(&[Message::new(2, 0, 50)]).expect("append");
        rig.disk.inject(FaultOn::Sync, "commitlog", 0);
        assert!(matches!(rig.core.log.sync_group(), Err(SyncError::Poisoned(_))));
        rig.disk.heal();
        assert!(matches!(rig.core.log.sync_group(), Err(SyncError::Poisoned(_))), "stays");
        assert!(matches!(rig.append(&[Message::new(3, 0, 9)]), Err(AppendError::Poisoned(_))));
        assert_eq!(rig.core.log.positions.flushed.load(Ordering::Acquire), flushed);
        assert!(matches!(heard.lock().expect("lock").as_slice(), [Progress::Poisoned(_)]));
        rig.assert_has(&Message::new(1, 0, 50), before);
        assert!(rig.core.close().is_err(), "no clean stop after a failed sync");
    }
}

#[test]
fn a_failed_write_publishes_nothing_and_poisons() {
    let rig = Rig::new(FlushMode::Async);
    rig.append(&[Message::new(1, 0, 50)]).expect("append");
    let (end, heard) = (rig.end(), heard(&rig));
    rig.disk.inject(FaultOn::Write, "commitlog", 0);
    assert!(matches!(rig.append(&[Message::new(2, 0, 50)]), Err(AppendError::Poisoned(_))));
    rig.disk.heal();
    assert_eq!(rig.end(), end);
    let queue = rig.core.dispatch.queues.get("T", QueueId::new(0)).expect("opens");
    assert_eq!(queue.expect("exists").next_offset().get(), 1);
    assert!(matches!(heard.lock().expect("lock").as_slice(), [Progress::Poisoned(_)]));
    let next = rig.reopened(rig.disk.after_kill());
    assert_eq!(next.assert_whole(), [Message::new(1, 0, 50).body()]);
}

#[test]
fn zeros_ahead_are_synced_and_a_failure_of_that_poisons() {
    let rig = Rig::new(FlushMode::Sync);
    rig.append(&[Message::new(1, 0, 50)]).expect("append");
    rig.core.log.sync_group().expect("sync");
    let heard = heard(&rig);
    rig.disk.inject(FaultOn::Sync, "00000000000000008192", 1);
    // The next segment's first sync makes its size durable, the second its zeros. That error may
    // have been a record's: after it no sync may be believed.
    assert!(rig.core.log.prepare(|| false).is_err(), "zeros in the page cache only");
    rig.disk.heal();
    assert!(matches!(heard.lock().expect("lock").as_slice(), [Progress::Poisoned(_)]));
    assert!(matches!(rig.append(&[Message::new(2, 0, 50)]), Err(AppendError::Poisoned(_))));
}

#[test]
fn a_segment_that_cannot_be_made_refuses_the_batch_and_nothing_else() {
    let rig = Rig::new(FlushMode::Async);
    rig.disk.inject(FaultOn::Create, "00000000000000008192", 0);
    rig.append(&[Message::new(1, 0, 5_000)]).expect("append");
    let full = rig.append(&[Message::new(2, 0, 5_000)]);
    assert!(matches!(full, Err(AppendError::NoSegment(_))));
    rig.append(&[Message::new(3, 0, 50)]).expect("what fits still goes in");
    rig.disk.heal();
    rig.append(&[Message::new(4, 0, 5_000)]).expect("space came back");
    assert_eq!(rig.assert_whole().len(), 3);
}

#[test]
fn under_sync_flush_nothing_is_readable_before_it_is_durable() {
    let rig = Rig::new(FlushMode::Sync);
    let placed = rig.append(&[Message::new(1, 0, 50)]).expect("append")[0];
    let readable = || rig.core.log.positions.readable.load(Ordering::Acquire);
    let queue = rig.core.dispatch.queues.get("T", QueueId::new(0)).expect("opens");
    let queue = queue.expect("exists");
    assert_eq!((readable(), queue.max_offset().get()), (0, 0));
    assert!(rig.core.log.read_record(placed.physical, None).is_err());
    let end = rig.core.log.sync_group().expect("sync");
    assert_eq!((readable(), queue.max_offset().get()), (end.get(), 1));
    assert_eq!(rig.reopened(rig.disk.after_power_cut(1)).assert_whole().len(), 1);
}

#[test]
fn one_sync_takes_all_that_gathered() {
    let rig = Rig::new(FlushMode::Sync);
    for id in 0..10 {
        rig.append(&[Message::new(id, 0, 50)]).expect("append");
    }
    let before = rig.disk.changes();
    rig.core.log.sync_group().expect("sync");
    assert_eq!(rig.disk.changes() - before, 1, "ten batches, one synced write");
    assert_eq!(rig.core.log.sync_group().expect("nothing left").get(), rig.end());
}

#[test]
fn derived_files_that_cannot_be_written_cost_no_message() {
    let rig = Rig::new(FlushMode::Async);
    rig.append(&[Message::new(1, 0, 50)]).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.disk.inject(FaultOn::Create, "consumequeue", 0);
    assert!(rig.core.checkpoint(false).is_err());
    rig.append(&[Message::new(2, 0, 50)]).expect("the log goes on");
    rig.disk.heal();
    rig.core.log.sync_group().expect("sync");
    rig.core.checkpoint(false).expect("and catches up");
    let next = rig.reopened(rig.disk.after_power_cut(9));
    assert_eq!(next.report.dispatched_records, 0, "the checkpoint covers both");
    assert_eq!(next.assert_whole().len(), 2);
}

#[test]
fn a_full_disk_refuses_writes_until_space_is_back() {
    use crate::disk::Space;
    let rig = Rig::new(FlushMode::Async);
    rig.disk.set_space(Space { total: 100, available: 5 });
    rig.core.retain().expect("check");
    assert!(matches!(rig.append(&[Message::new(1, 0, 50)]), Err(AppendError::DiskFull)));
    rig.disk.set_space(Space { total: 100, available: 50 });
    rig.core.retain().expect("check");
    rig.append(&[Message::new(1, 0, 50)]).expect("taken again");
}
