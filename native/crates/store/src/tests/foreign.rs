//! Folders that something else left: a Java broker, an operator, an older crash.

use std::path::Path;

use super::{Message, NOW_MS, Rig, SEGMENT_BYTES, options, scribble, segment_path};
use crate::checkpoint::{CHECKPOINT_BYTES, Checkpoint};
use crate::disk::memory::{MemoryDisk, Unsynced};
use crate::disk::{CrashPoint, Disk, OpenMode};
use crate::error::OpenError;
use crate::options::FlushMode;

/// A store with `count` messages of about 700 bytes in it, synced, not closed.
fn filled(count: u64) -> Rig {
    let rig = Rig::new(FlushMode::Async);
    for id in 0..count {
        rig.append(&[Message::new(id, 0, 600)]).expect("append");
    }
    rig.core.log.sync_group().expect("sync");
    rig
}

#[test]
fn bytes_behind_the_end_never_come_back() {
    let rig = filled(5);
    let end_of_three = rig.core.log.read_record(turbopump_wire::PhysicalOffset::ZERO, None);
    let record = end_of_three.expect("record").len() as u64;
    // The fourth record is damaged: recovery ends after the third, the valid fifth lies behind.
    let disk = rig.disk.after_kill();
    scribble(&disk, &segment_path(0), 3 * record + 100, b"damage");
    let next = rig.reopened(disk);
    assert_eq!(next.end(), 3 * record);
    assert!(next.report.cut_bytes > record, "cut {}", next.report.cut_bytes);
    // A record of the same size as the fourth makes the old fifth follow it seamlessly.
    next.append(&[Message::new(3, 0, 600)]).expect("append");
    next.core.log.sync_group().expect("sync");
    for disk in [next.disk.after_kill(), next.disk.after_power_cut(4)] {
        assert_eq!(next.reopened(disk).assert_whole().len(), 4, "the stale fifth came back");
    }
}

#[test]
fn a_whole_segment_behind_a_damaged_one_leaves_the_log_for_ever() {
    let rig = filled(30);
    assert!(rig.end() > 2 * SEGMENT_BYTES);
    let disk = rig.disk.after_kill();
    scribble(&disk, &segment_path(0), 2_000, &[0xFF; 64]);
    let next = rig.reopened(disk);
    assert!(next.end() < 2_100);
    assert!(next.report.removed_segments >= 2);
    let kept = next.assert_whole().len();
    for id in 0..30 {
        next.append(&[Message::new(100 + id, 0, 600)]).expect("append");
    }
    assert_eq!(next.assert_whole().len(), kept + 30);
    assert_eq!(next.reopened(next.disk.after_kill()).assert_whole().len(), kept + 30);
}

#[test]
fn a_record_with_a_good_crc_at_another_position_is_no_record() {
    let rig = filled(3);
    let first = rig.core.log.read_record(turbopump_wire::PhysicalOffset::ZERO, None).expect("one");
    let disk = rig.disk.after_kill();
    scribble(&disk, &segment_path(0), rig.end(), &first);
    let next = rig.reopened(disk);
    assert_eq!(next.end(), rig.end());
    assert_eq!(next.assert_whole().len(), 3);
}

/// Takes our extension out of the checkpoint, as if Java had written it.
fn make_javas(disk: &MemoryDisk, change: impl FnOnce(&mut Checkpoint)) {
    let path = Path::new("/store/checkpoint");
    let file = disk.open(path, OpenMode::CreateIfMissing).expect("open");
    let mut bytes = vec![0; CHECKPOINT_BYTES];
    file.read_at(&mut bytes, 0).expect("read");
    let mut checkpoint = Checkpoint::decode(&bytes);
    checkpoint.ours = None;
    change(&mut checkpoint);
    file.write_at(&checkpoint.encode(), 0).expect("write");
}

/// 40 messages a second apart, cleanly stopped, with a checkpoint as Java leaves it.
fn stopped_by_java() -> (Rig, MemoryDisk) {
    let rig = Rig::new(FlushMode::Async);
    for id in 0..40 {
        rig.append(&[Message::new(id, 0, 600)]).expect("append");
        rig.clock.advance(1_000);
    }
    rig.core.close().expect("close");
    let disk = rig.disk.after_kill();
    make_javas(&disk, |_| {});
    (rig, disk)
}

#[test]
fn javas_checkpoint_says_from_which_segment_to_read() {
    let (rig, disk) = stopped_by_java();
    let next = rig.reopened(disk);
    assert!(!next.report.from_checkpoint && next.report.clean_shutdown);
    let last_segments = next.end() % SEGMENT_BYTES + SEGMENT_BYTES;
    assert!(next.report.scanned_bytes <= last_segments, "read {}", next.report.scanned_bytes);
    assert_eq!(next.assert_whole().len(), 40);
}

#[test]
fn a_damaged_first_record_does_not_say_from_which_segment_to_read() {
    let (rig, disk) = stopped_by_java();
    let last = rig.end() / SEGMENT_BYTES;
    assert!(last > 1 && rig.end() > last * SEGMENT_BYTES);
    scribble(&disk, &segment_path(last), 200, b"damage");
    let next = rig.reopened(disk);
    assert_eq!(next.end(), last * SEGMENT_BYTES);
    assert_eq!(next.report.scanned_bytes, SEGMENT_BYTES, "the segment before it is whole");
}

#[test]
fn a_checkpoint_of_nonsense_times_makes_recovery_read_everything() {
    let rig = filled(30);
    rig.core.close().expect("close");
    let disk = rig.disk.after_kill();
    make_javas(&disk, |checkpoint| checkpoint.java.physic_msg_timestamp = i64::MIN);
    let next = rig.reopened(disk);
    assert_eq!(next.report.scanned_bytes, next.end());
    assert_eq!(next.assert_whole().len(), 30);
}

#[test]
fn without_checkpoint_queues_and_index_everything_is_rebuilt() {
    let rig = filled(30);
    rig.core.close().expect("close");
    let disk = rig.disk.after_kill();
    disk.remove_file(Path::new("/store/checkpoint")).expect("remove");
    for dir in ["/store/consumequeue/T/0", "/store/index"] {
        for entry in disk.list(Path::new(dir)).expect("list") {
            disk.remove_file(&Path::new(dir).join(entry.name)).expect("remove");
        }
    }
    let next = rig.reopened(disk);
    assert_eq!(next.report.dispatched_records, 30);
    assert_eq!(next.assert_whole().len(), 30);
    let found = next.core.dispatch.index.query("T", "U3", 9, 0, i64::MAX).expect("query");
    assert_eq!(found.offsets.len(), 1);
}

#[test]
fn an_index_that_is_gone_is_rebuilt_although_the_checkpoint_is_good() {
    let rig = filled(12);
    rig.core.close().expect("close");
    let disk = rig.disk.after_kill();
    for entry in disk.list(Path::new("/store/index")).expect("list") {
        disk.remove_file(&Path::new("/store/index").join(entry.name)).expect("remove");
    }
    let next = rig.reopened(disk);
    let found = next.core.dispatch.index.query("T", "U3", 9, 0, i64::MAX).expect("query");
    assert_eq!(found.offsets.len(), 1);
}

#[test]
fn a_file_whose_creation_was_cut_short_is_taken_away_and_any_other_refused() {
    let rig = filled(3);
    let disk = rig.disk.after_kill();
    let short = disk.open(&segment_path(1), OpenMode::CreateIfMissing).expect("open");
    short.set_size(100).expect("size");
    let next = rig.reopened(disk);
    assert_eq!((next.report.removed_segments, next.assert_whole().len()), (1, 3));

    let rig = filled(30);
    let disk = rig.disk.after_kill();
    let cut = disk.open(&segment_path(1), OpenMode::Existing).expect("open");
    cut.set_size(100).expect("size");
    let refused = Rig::open(disk, &options(FlushMode::Async));
    let Err(error) = refused else { panic!("a hole in the middle of the log") };
    assert!(matches!(error, OpenError::SegmentSize { .. }));
    assert!(error.to_string().contains(&format!("{SEGMENT_BYTES:020}")), "{error}");
}

#[test]
fn positions_are_not_used_twice_when_all_segments_are_gone() {
    let rig = filled(20);
    let end = rig.end();
    rig.core.close().expect("close");
    let disk = rig.disk.after_kill();
    for entry in disk.list(Path::new("/store/commitlog")).expect("list") {
        disk.remove_file(&Path::new("/store/commitlog").join(entry.name)).expect("remove");
    }
    let next = rig.reopened(disk);
    assert!(next.end() >= end);
    let placed = next.append(&[Message::new(77, 0, 50)]).expect("append")[0];
    assert_eq!(placed.queue_offset.get(), 20, "the queue goes on where it was");
    next.assert_has(&Message::new(77, 0, 50), placed);
    let queue = next.core.dispatch.queues.get("T", turbopump_wire::QueueId::new(0));
    let queue = queue.expect("opens").expect("exists");
    assert_eq!((queue.min_offset().get(), queue.max_offset().get()), (20, 21));
}

#[test]
fn an_empty_last_segment_is_no_news() {
    let rig = filled(3);
    rig.core.log.prepare(|| false).expect("prepare");
    rig.core.log.segments.get_or_make(SEGMENT_BYTES).expect("made ahead");
    for disk in [rig.disk.after_kill(), rig.disk.after_power_cut(3)] {
        assert_eq!(rig.reopened(disk).assert_whole().len(), 3);
    }
    rig.core.close().expect("close");
    assert_eq!(rig.reopened(rig.disk.after_kill()).assert_whole().len(), 3);
}

#[test]
fn a_deleted_topic_stays_deleted_after_a_crash() {
    for has_files in [false, true] {
        let rig = filled(3);
        if has_files {
            rig.core.checkpoint(false).expect("checkpoint");
        }
        // What is not synced yet is no less deleted.
        rig.append(&[Message::new(3, 0, 600)]).expect("append");
        rig.core.delete_topic("T").expect("delete");
        let cuts = [Unsynced::Dropped, Unsynced::Subset(8)];
        let cuts = cuts.map(|unsynced| (Some(unsynced), rig.disk.after_power_cut_with(unsynced)));
        for (cut, left) in cuts.into_iter().chain([(None, rig.disk.after_kill())]) {
            let next = rig.reopened(left);
            let queue = next.core.dispatch.queues.get("T", turbopump_wire::QueueId::new(0));
            assert!(queue.expect("fine").is_none(), "{has_files}, {cut:?}: it is there again");
        }
    }
}

#[test]
fn java_never_finds_an_index_newer_than_the_checkpoint_says() {
    let rig = filled(3);
    rig.core.checkpoint(false).expect("checkpoint");
    rig.clock.advance(60_000);
    rig.append(&[Message::new(3, 0, 600)]).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.disk.kill_at(CrashPoint::BeforeCheckpoint, 0);
    assert!(rig.core.checkpoint(false).is_err(), "died after the index, before the rest");
    let disk = rig.disk.after_kill();
    let read = |path: &Path| {
        let file = disk.open(path, OpenMode::Existing).expect("open");
        let mut bytes = vec![0; CHECKPOINT_BYTES];
        file.read_at(&mut bytes, 0).expect("read");
        bytes
    };
    let index = disk.list(Path::new("/store/index")).expect("list").remove(0).name;
    let header = read(&Path::new("/store/index").join(index));
    let end_ms = i64::from_be_bytes(header[8..16].try_into().expect("eight bytes"));
    assert_eq!(end_ms, NOW_MS + 60_000);
    let found = Checkpoint::decode(&read(Path::new("/store/checkpoint")));
    assert_eq!(found.java.index_msg_timestamp, end_ms);
    assert_eq!(found.java.physic_msg_timestamp, NOW_MS, "says no more than before");
    assert!(found.ours.is_some(), "and ours still counts");
}
