//! Entries that are in the journal and not in their queues' files: found again after every end of
//! the process, and not after the topic's. `crash` and `images` cut off lives that write it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use turbopump_wire::{PhysicalOffset, QueueId};

use super::{Message, NOW_MS, Rig, options, scribble, segment_path};
use crate::checkpoint::{CheckpointFile, JavaPart};
use crate::consume_queue::QueueEntry;
use crate::disk::memory::{FaultOn, MemoryDisk};
use crate::disk::{Disk, OpenMode, Space};
use crate::maintenance::Reach;
use crate::options::{FlushMode, StoreOptions};
use crate::verify::ask_for_repair;

const JOURNAL: &str = "/store/queuejournal.0";

fn messages(from: u64, to: u64) -> Vec<Message> {
    (from..to).map(|id| Message::new(id, (id % 3) as u32, 100)).collect()
}

fn bodies(to: u64) -> Vec<Vec<u8>> {
    messages(0, to).iter().map(Message::body).collect()
}

/// Appends and syncs messages, the clock a second on, and writes a checkpoint.
fn send(rig: &Rig, from: u64, to: u64, reach: Reach) {
    rig.clock.advance(1_000);
    rig.append(&messages(from, to)).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.core.write_checkpoint(reach).expect("checkpoint");
}

/// Ten messages in files, then twenty in two additions to the journal.
fn journaled() -> Rig {
    let rig = Rig::new(FlushMode::Async);
    send(&rig, 0, 10, Reach::Files);
    send(&rig, 10, 20, Reach::Journal);
    send(&rig, 20, 30, Reach::Journal);
    rig
}

/// Of both files.
fn journal_bytes(disk: &MemoryDisk) -> u64 {
    let bytes = |nth| {
        let path = format!("/store/queuejournal.{nth}");
        disk.stat(Path::new(&path)).expect("stat").map_or(0, |entry| entry.bytes)
    };
    bytes(0) + bytes(1)
}

#[test]
fn the_next_process_reads_the_journal_and_not_the_log() {
    let rig = journaled();
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 20);
    for (what, disk) in [
        ("kill", rig.disk.after_kill()),
        ("cut", rig.disk.after_power_cut(1)),
        ("other cut", rig.disk.after_power_cut(2)),
    ] {
        let after = rig.reopened(disk);
        assert_eq!(after.assert_whole(), bodies(30), "{what}");
        assert_eq!(after.report.dispatched_records, 0, "{what}: the checkpoint covers all");
        let before = journal_bytes(&after.disk);
        send(&after, 30, 50, Reach::Journal);
        assert!(journal_bytes(&after.disk) > before, "{what}: it goes on");
        let again = after.reopened(after.disk.after_power_cut(3));
        assert_eq!(again.assert_whole(), bodies(50), "{what}");
        assert_eq!(again.report.dispatched_records, 0, "{what}");
    }
}

#[test]
fn a_clean_stop_leaves_everything_in_the_files() {
    let rig = journaled();
    rig.core.close().expect("close");
    assert_eq!(journal_bytes(&rig.disk), 0);
    rig.disk.remove_file(Path::new(JOURNAL)).expect("remove");
    let after = rig.reopened(rig.disk.clone());
    assert_eq!(after.assert_whole(), bodies(30));
    assert_eq!(after.core.dispatch.queues.unflushed_entries(), 0);
}

#[test]
fn a_damaged_or_missing_journal_costs_time_only() {
    for cut in [true, false] {
        let rig = journaled();
        let disk = rig.disk.after_kill();
        if cut {
            disk.remove_file(Path::new(JOURNAL)).expect("remove");
        } else {
            let file = disk.open(Path::new(JOURNAL), OpenMode::Existing).expect("open");
            file.write_at(&[0xA5], 50).expect("write");
        }
        let after = rig.reopened(disk);
        assert!(!after.report.from_checkpoint);
        assert_eq!(after.report.dispatched_records, 30, "from the log");
        assert_eq!(after.assert_whole(), bodies(30));
        assert_eq!(after.core.dispatch.queues.unflushed_entries(), 20, "not twice");
    }
}

#[test]
fn a_deleted_topic_does_not_come_back() {
    let rig = journaled();
    rig.core.delete_topic("T").expect("delete");
    assert_eq!(journal_bytes(&rig.disk), 0);
    for disk in [rig.disk.after_power_cut(4), rig.disk.after_kill()] {
        let after = rig.reopened(disk);
        assert!(after.core.dispatch.queues.of_topic("T").expect("opens").is_empty());
    }
    let after = rig.reopened(rig.disk.after_kill());
    let placed = after.append(&messages(0, 1)).expect("append")[0];
    assert_eq!(placed.queue_offset.get(), 0);
}

#[test]
fn an_idle_store_brings_its_queues_into_their_files() {
    let rig = journaled();
    rig.core.write_checkpoint(Reach::Journal).expect("nothing to do");
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 20);
    rig.clock.advance(61_000);
    rig.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 0);
    assert_eq!(journal_bytes(&rig.disk), 0);
}

/// Three queues with entries in a sealed file, one slice of them written at each checkpoint.
#[test]
fn files_are_written_a_slice_at_a_time_and_each_end_in_between_is_recovered_from() {
    let rig = journaled();
    rig.journal_in_small_steps();
    let mut left = 20;
    for (round, from) in (30..39).step_by(3).enumerate() {
        send(&rig, from, from + 3, Reach::Journal);
        let unflushed = rig.core.dispatch.queues.unflushed_entries();
        assert!(unflushed < left + 3, "round {round}: some went to files: {unflushed}");
        assert!(unflushed > 0, "round {round}: not all went to files");
        left = unflushed;
        for disk in [rig.disk.after_kill(), rig.disk.after_power_cut(from)] {
            let after = rig.reopened(disk);
            assert_eq!(after.assert_whole(), bodies(from + 3), "round {round}");
            assert_eq!(after.report.dispatched_records, 0, "round {round}");
            // The next process takes the slices up where this one was.
            after.journal_in_small_steps();
            for more in 0..12 {
                let from = from + 3 + more;
                send(&after, from, from + 1, Reach::Journal);
            }
            let again = after.reopened(after.disk.after_power_cut(3));
            assert_eq!(again.assert_whole(), bodies(from + 15), "round {round}");
            assert_eq!(again.report.dispatched_records, 0, "round {round}");
        }
    }
    assert_eq!(java_part(&rig).logics_msg_timestamp, NOW_MS + 3_000, "as of the sealing");
}

#[test]
fn a_flush_between_two_slices_writes_all_queues() {
    let rig = journaled();
    rig.journal_in_small_steps();
    send(&rig, 30, 33, Reach::Journal);
    assert!(rig.core.checkpoint_file.lock().expect("lock").journal.is_draining());
    rig.core.checkpoint(false).expect("checkpoint");
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 0);
    assert_eq!(journal_bytes(&rig.disk), 0);
    let after = rig.reopened(rig.disk.after_power_cut(1));
    assert_eq!(after.assert_whole(), bodies(33));
    assert_eq!(after.report.dispatched_records, 0);
}

#[test]
fn a_fresh_store_begins_with_the_journal() {
    let rig = Rig::new(FlushMode::Async);
    send(&rig, 0, 10, Reach::Journal);
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 10);
    let after = rig.reopened(rig.disk.after_power_cut(1));
    assert_eq!(after.assert_whole(), bodies(10));
    assert_eq!(after.report.dispatched_records, 0);
}

fn java_part(rig: &Rig) -> JavaPart {
    let dyn_disk: Arc<dyn Disk> = Arc::new(rig.disk.clone());
    let (_, found) = CheckpointFile::open(Path::new("/store"), &dyn_disk).expect("opens");
    found.expect("a checkpoint").java
}

#[test]
fn java_is_told_of_files_only() {
    let java = java_part(&journaled());
    assert_eq!(java.logics_msg_timestamp, NOW_MS + 1_000);
    assert_eq!(java.physic_msg_timestamp, NOW_MS + 3_000);
}

#[test]
fn after_a_failure_the_files_come_first() {
    let rig = journaled();
    rig.append(&messages(30, 40)).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.disk.inject(FaultOn::Sync, JOURNAL, 0);
    assert!(rig.core.write_checkpoint(Reach::Journal).is_err());
    rig.disk.heal();
    assert_eq!(rig.reopened(rig.disk.after_power_cut(5)).assert_whole().len(), 40);
    rig.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 0);
    assert_eq!(journal_bytes(&rig.disk), 0);
    assert_eq!(rig.reopened(rig.disk.after_power_cut(6)).assert_whole(), bodies(40));
}

#[test]
fn a_failed_addition_forgets_no_queue() {
    let options = StoreOptions { queue_file_bytes: 2_000_000, ..options(FlushMode::Async) };
    let rig = Rig::open(MemoryDisk::losing_folders(), &options).expect("opens");
    send(&rig, 0, 30, Reach::Journal);
    let queue = rig.core.dispatch.queues.get("T", QueueId::new(0)).expect("opens").expect("queue");
    // More than a chunk, so that the addition itself writes.
    for _ in 0..60_000 {
        let physical = PhysicalOffset::ZERO;
        queue.publish(QueueEntry { physical, size: 1, tags_code: 0 }, NOW_MS);
    }
    rig.append(&messages(30, 40)).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.disk.inject(FaultOn::Write, JOURNAL, 0);
    assert!(rig.core.write_checkpoint(Reach::Journal).is_err());
    rig.disk.heal();
    rig.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 0, "all are in files");
}

#[test]
fn a_failed_slice_forgets_no_queue() {
    let rig = journaled();
    rig.clock.advance(61_000);
    rig.disk.inject(FaultOn::Write, "/store/consumequeue/T/1", 0);
    assert!(rig.core.write_checkpoint(Reach::Journal).is_err());
    rig.disk.heal();
    rig.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 0);
    let after = rig.reopened(rig.disk.after_power_cut(1));
    assert_eq!(after.assert_whole(), bodies(30));
}

/// A file of a queue has less than the checkpoint counted on, so there is a hole.
#[test]
fn a_journal_that_does_not_fit_the_files_has_the_log_read() {
    let rig = journaled();
    let disk = rig.disk.after_kill();
    let path = Path::new("/store/consumequeue/T/1/00000000000000000000");
    scribble(&disk, path, 20, &[0; 40]);
    let after = rig.reopened(disk);
    assert_eq!(after.report.dispatched_records, 30);
    assert_eq!(after.assert_whole(), bodies(30));
    send(&after, 30, 40, Reach::Journal);
    assert_eq!(journal_bytes(&after.disk), 0, "files come first");
    assert_eq!(after.reopened(after.disk.after_power_cut(1)).assert_whole(), bodies(40));
}

#[test]
fn queues_flushed_half_way_before_the_end_are_as_the_journal_says() {
    // Files of some queues are ahead of the journal, those of others behind.
    for nth in 0..3 {
        let rig = journaled();
        rig.append(&messages(30, 40)).expect("append");
        rig.core.log.sync_group().expect("sync");
        let file = format!("/store/consumequeue/T/{nth}");
        rig.disk.inject(FaultOn::Write, &file, 0);
        assert!(rig.core.checkpoint(false).is_err());
        rig.disk.heal();
        for (what, disk) in [("kill", rig.disk.after_kill()), ("cut", rig.disk.after_power_cut(7))]
        {
            let after = rig.reopened(disk);
            assert_eq!(after.assert_whole(), bodies(40), "{what} at queue {nth}");
            assert!(after.report.dispatched_records <= 10, "{what}: the journal fits");
        }
        send(&rig, 40, 50, Reach::Journal);
        assert_eq!(journal_bytes(&rig.disk), 0, "files, which may be ahead, come first");
    }
}

#[test]
fn what_recovery_found_in_files_is_on_disk_before_a_journal_goes_on_from_there() {
    let rig = Rig::new(FlushMode::Async);
    send(&rig, 0, 10, Reach::Files);
    rig.append(&messages(10, 20)).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.disk.inject(FaultOn::Sync, "/store/consumequeue/T/0", 0);
    assert!(rig.core.checkpoint(false).is_err(), "written, none of it synced");
    rig.disk.heal();
    let after = rig.reopened(rig.disk.after_kill());
    assert_eq!(after.core.dispatch.queues.unflushed_entries(), 0, "all were found");
    after.core.log.sync_group().expect("sync");
    after.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    for seed in 0..8 {
        let again = after.reopened(after.disk.after_power_cut(seed));
        assert_eq!(again.assert_whole(), bodies(20), "cut {seed}");
    }
}

/// Emptied too early it would have the log read again.
#[test]
fn a_file_is_emptied_after_the_checkpoint_that_says_so() {
    for reach in [Reach::Journal, Reach::Files] {
        let rig = journaled();
        rig.clock.advance(61_000);
        // The first one only tells Java of the index.
        rig.disk.inject(FaultOn::Sync, "/store/checkpoint", 1);
        assert!(rig.core.write_checkpoint(reach).is_err());
        assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 0);
        for seed in 0..16 {
            let after = rig.reopened(rig.disk.after_power_cut(seed));
            assert_eq!(after.assert_whole(), bodies(30), "{reach:?}, cut {seed}");
            assert!(after.report.from_checkpoint, "{reach:?}, cut {seed}: the journal is whole");
        }
        rig.disk.heal();
        rig.core.write_checkpoint(reach).expect("checkpoint");
        assert_eq!(journal_bytes(&rig.disk), 0);
    }
}

/// Files that a replay writes on its way are ahead of the journal, which would have a hole then.
#[test]
fn a_long_replay_ends_the_journal() {
    let rig = journaled();
    for from in (30..630).step_by(50) {
        rig.append(&messages(from, from + 50)).expect("append");
    }
    rig.core.log.sync_group().expect("sync");
    let after = rig.reopened(rig.disk.after_kill());
    assert!(after.core.dispatch.queues.unflushed_entries() < 100, "written on the way");
    send(&after, 630, 640, Reach::Journal);
    send(&after, 640, 650, Reach::Journal);
    let again = after.reopened(after.disk.after_power_cut(3));
    assert_eq!(again.report.dispatched_records, 0, "no hole");
    assert_eq!(again.assert_whole(), bodies(650));
}

/// A slice has written them before, and the log's start went before the checkpoint came.
#[test]
fn entries_of_the_journal_that_expired_with_their_files_stay_away() {
    let rig = Rig::new(FlushMode::Async);
    for from in (0..40).step_by(4) {
        let some: Vec<_> = (from..from + 4).map(|id| Message::new(id, 0, 600)).collect();
        rig.append(&some).expect("append");
    }
    rig.core.log.sync_group().expect("sync");
    // All in one run, of which the beginning is gone later.
    rig.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    rig.core.dispatch.queues.flush(PhysicalOffset::new(rig.end())).expect("flush");
    rig.disk.set_space(Space { total: 100, available: 12 });
    rig.core.retain().expect("retention");
    let seen = |rig: &Rig| {
        let queue = rig.core.dispatch.queues.get("T", QueueId::new(0));
        let queue = queue.expect("opens").expect("queue");
        let mut entries = Vec::new();
        queue.read(queue.min_offset(), 40, &mut entries).expect("reads");
        (queue.min_offset(), entries)
    };
    let expected = seen(&rig);
    assert!(expected.0.get() > 20, "the first file is gone");
    for disk in [rig.disk.after_kill(), rig.disk.after_power_cut(2)] {
        let after = rig.reopened(disk);
        assert!(after.report.from_checkpoint);
        assert_eq!(seen(&after), expected);
    }
}

#[test]
fn a_repair_and_the_journal_agree() {
    let rig = journaled();
    rig.append(&messages(30, 35)).expect("append");
    let disk = rig.disk.after_kill();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    ask_for_repair(Path::new("/store"), &dyn_disk, &HashSet::new()).expect("asked");
    let after = rig.reopened(disk);
    assert_eq!(after.assert_whole(), bodies(35));
    send(&after, 35, 40, Reach::Files);
    assert_eq!(after.reopened(after.disk.after_power_cut(8)).assert_whole(), bodies(40));
}

#[test]
fn a_queue_with_more_news_than_is_copied_at_once_is_journaled_to_its_end() {
    let rig = journaled();
    let queue = rig.core.dispatch.queues.get("T", QueueId::new(0)).expect("opens").expect("queue");
    let count = 20_000;
    for nth in 0..count {
        let physical = PhysicalOffset::new(nth);
        queue.publish(QueueEntry { physical, size: 1, tags_code: 0 }, NOW_MS);
    }
    let quiet = (1..1_000).map(|id| Message::new(id, 3 + id as u32, 8));
    rig.append(&quiet.collect::<Vec<_>>()).expect("append");
    rig.core.log.sync_group().expect("sync");
    let before = journal_bytes(&rig.disk);
    rig.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    assert!(journal_bytes(&rig.disk) - before > count * 20, "all of them");
}

#[test]
fn few_queues_with_news_end_the_journal() {
    let rig = Rig::new(FlushMode::Async);
    rig.core.dispatch.queues.journal_above(2);
    send(&rig, 0, 10, Reach::Journal);
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 10, "three queues");
    rig.clock.advance(61_000);
    send(&rig, 10, 11, Reach::Journal);
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 0, "sealed, and the queues written");
    assert!(journal_bytes(&rig.disk) > 0, "the newer file has the last one");
    send(&rig, 11, 12, Reach::Journal);
    assert_eq!(rig.core.dispatch.queues.unflushed_entries(), 0);
    assert_eq!(journal_bytes(&rig.disk), 0, "one queue's file is as cheap");
    assert_eq!(rig.reopened(rig.disk.after_power_cut(1)).assert_whole(), bodies(12));
}

/// The last process sealed a file, and the time of that is not known to the next.
#[test]
fn files_are_known_to_have_all_once_nothing_counts() {
    let rig = journaled();
    rig.clock.advance(61_000);
    rig.clock.set_look_ms(1_100);
    rig.core.write_checkpoint(Reach::Journal).expect("one slice");
    let after = rig.reopened(rig.disk.after_kill());
    after.core.write_checkpoint(Reach::Journal).expect("the rest");
    assert_eq!(journal_bytes(&after.disk), 0);
    let filed = after.core.queues_filed.load(Ordering::Acquire);
    assert_eq!(filed, after.end(), "a check reads so far");
}

#[test]
fn a_topic_deleted_soon_after_a_crash_is_not_looked_for() {
    for reach in [Reach::Journal, Reach::Files] {
        let rig = Rig::new(FlushMode::Async);
        send(&rig, 0, 10, Reach::Files);
        rig.append(&messages(10, 20)).expect("append");
        rig.core.log.sync_group().expect("sync");
        rig.core.dispatch.queues.flush(PhysicalOffset::new(rig.end())).expect("no checkpoint");
        let after = rig.reopened(rig.disk.after_kill());
        after.core.dispatch.queues.delete_topic("T").expect("delete");
        after.core.write_checkpoint(reach).expect("its files are gone, and nobody minds");
        let left = after.disk.list(Path::new("/store/consumequeue/T/0")).expect("list");
        assert!(left.is_empty(), "{reach:?} made them again: {left:?}");
    }
}

#[test]
fn entries_of_records_that_the_log_lost_leave_no_trace() {
    let rig = Rig::new(FlushMode::Async);
    let kept: Vec<_> = (0..3).map(|id| Message::new(id, 0, 3_000)).collect();
    let lost: Vec<_> = (3..6).map(|id| Message::new(id, 1, 3_000)).collect();
    for message in kept.iter().chain(&lost) {
        rig.append(std::slice::from_ref(message)).expect("append");
        rig.core.log.sync_group().expect("sync");
        rig.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    }
    let disk = rig.disk.after_kill();
    disk.remove_file(&segment_path(1)).expect("remove");
    disk.remove_file(&segment_path(2)).expect("remove");
    let after = rig.reopened(disk);
    assert_eq!(after.assert_whole().len(), 2, "a segment has room for two");
    let placed = after.append(&lost[..1]).expect("append")[0];
    assert_eq!(placed.queue_offset.get(), 0);
    assert_eq!(after.assert_whole().len(), 3);
}
