//! Queues and index that are missing when the store is opened, or damaged, and starts that are
//! killed before they are whole again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Message, Rig};
use crate::checkpoint::{CHECKPOINT_BYTES, Checkpoint, Rebuilds};
use crate::disk::memory::MemoryDisk;
use crate::disk::{Disk, DiskFile, OpenMode};
use crate::options::FlushMode;

/// Three files, of 63 entries each but for the last one, and what is in them in queues.
const RECORDS: u64 = 150;

fn checkpointed() -> Rig {
    let rig = Rig::new(FlushMode::Async);
    for id in 0..RECORDS {
        rig.clock.advance(1_000);
        rig.append(&[Message::new(id, 0, 100)]).expect("append");
    }
    rig.core.log.sync_group().expect("sync");
    rig.core.checkpoint(false).expect("checkpoint");
    rig
}

fn index_files(disk: &MemoryDisk) -> Vec<PathBuf> {
    let dir = Path::new("/store/index");
    let entries = disk.list(dir).expect("list");
    let mut files: Vec<_> = entries.into_iter().map(|entry| dir.join(entry.name)).collect();
    files.sort();
    files
}

fn keys_lost(rig: &Rig) -> Vec<u64> {
    let found = |id: &u64| {
        let key = format!("U{id}");
        let answer = rig.core.dispatch.index.query("T", &key, 9, 0, i64::MAX).expect("query");
        answer.offsets.len() == 1
    };
    (0..RECORDS).filter(|id| !found(id)).collect()
}

fn checkpoint(disk: &MemoryDisk) -> (Arc<dyn DiskFile>, Checkpoint) {
    let file = disk.open(Path::new("/store/checkpoint"), OpenMode::Existing).expect("open");
    let mut bytes = vec![0; CHECKPOINT_BYTES];
    file.read_at(&mut bytes, 0).expect("read");
    (file, Checkpoint::decode(&bytes))
}

fn rebuilds(disk: &MemoryDisk) -> Rebuilds {
    checkpoint(disk).1.ours.expect("ours").rebuilds
}

/// As a Java broker leaves it: recovery begins at the segment that its times name.
fn take_over_by_java(disk: &MemoryDisk) {
    let (file, Checkpoint { java, .. }) = checkpoint(disk);
    file.write_at(&Checkpoint { java, ours: None }.encode(), 0).expect("write");
    file.sync_data().expect("sync");
}

#[test]
fn files_that_were_dropped_are_filled_again_wherever_the_start_was_killed() {
    for (damaged, was_java) in [(0, false), (1, false), (2, false), (0, true), (1, true)] {
        let rig = checkpointed();
        let disk = rig.disk.after_kill();
        if was_java {
            take_over_by_java(&disk);
        }
        let files = index_files(&disk);
        assert_eq!(files.len(), 3);
        let header = disk.open(&files[damaged], OpenMode::Existing).expect("open");
        header.write_at(&9_999_u32.to_be_bytes(), 36).expect("write");
        header.sync_data().expect("sync");
        let first = rig.reopened(disk.after_kill());
        let dropped = &first.core.dispatch.index.report().dropped;
        assert_eq!((keys_lost(&first), dropped.len()), (vec![], 3 - damaged));
        for at in 0..=first.disk.changes() {
            let dying = disk.after_kill();
            dying.kill_after(at);
            drop(Rig::open(dying.clone(), &rig.core.options));
            for left in [dying.after_kill(), dying.after_power_cut(at)] {
                let after = rig.reopened(left);
                let lost = keys_lost(&after);
                assert_eq!(lost, [0_u64; 0], "file {damaged}, {was_java}, killed at change {at}");
                after.core.checkpoint(false).expect("checkpoint");
                assert_eq!(rebuilds(&after.disk), Rebuilds::Nothing);
                assert_eq!(keys_lost(&after.reopened(after.disk.after_power_cut(1))), lost);
            }
        }
    }
}

#[test]
fn a_missing_index_is_filled_without_a_look_at_the_queues() {
    let rig = checkpointed();
    let disk = rig.disk.after_kill();
    for file in index_files(&disk) {
        disk.remove_file(&file).expect("remove");
    }
    let next = rig.reopened(disk);
    assert_eq!((keys_lost(&next), next.report.dispatched_records), (vec![], RECORDS));
    assert_eq!(rebuilds(&next.disk), Rebuilds::Index);
    let opened = next.disk.opened();
    let of_queues = opened.iter().filter(|path| path.starts_with("/store/consumequeue"));
    assert_eq!(of_queues.count(), 0, "opened {opened:?}");
    assert_eq!(next.assert_whole().len() as u64, RECORDS);
}

#[test]
fn a_rebuild_that_was_cut_short_goes_on() {
    let dirs = ["/store/consumequeue", "/store/index"];
    for (missing, was_java) in
        [(dirs[0], false), (dirs[1], false), (dirs[0], true), (dirs[1], true)]
    {
        let rig = checkpointed();
        let disk = rig.disk.after_kill();
        remove_all(&disk, Path::new(missing));
        if was_java {
            take_over_by_java(&disk);
        }
        let first = rig.reopened(disk.after_kill());
        for at in 0..first.disk.changes() {
            let dying = disk.after_kill();
            dying.kill_after(at);
            drop(Rig::open(dying.clone(), &rig.core.options));
            let after = rig.reopened(dying.after_kill());
            let whole = after.assert_whole().len() as u64;
            assert_eq!(whole, RECORDS, "{missing}, {was_java}, change {at}");
            assert_eq!(keys_lost(&after), [0_u64; 0], "{missing}, {was_java}, change {at}");
        }
        let after = rig.reopened(first.disk.after_kill());
        // Of the index, what a replay flushed on its way is there; a Java broker's checkpoint has
        // the queues begin at a segment.
        let lacking = match (missing == dirs[1], was_java) {
            (false, _) => RECORDS,
            (true, false) => 23,
            (true, true) => 33,
        };
        let dispatched = after.report.dispatched_records;
        assert_eq!(dispatched, lacking, "{missing}, {was_java}: no checkpoint came");
        after.core.log.sync_group().expect("sync");
        after.core.checkpoint(false).expect("checkpoint");
        let done = rig.reopened(after.disk.after_kill());
        assert_eq!(done.report.dispatched_records, 0, "{missing}, {was_java}: it is over");
    }
}

fn remove_all(disk: &MemoryDisk, dir: &Path) {
    for entry in disk.list(dir).expect("list") {
        let path = dir.join(entry.name);
        if entry.is_dir {
            remove_all(disk, &path);
        } else {
            disk.remove_file(&path).expect("remove");
        }
    }
    disk.remove_dir(dir).expect("remove");
}
