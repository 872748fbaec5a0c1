use super::*;
use crate::disk::memory::FaultOn;
use crate::disk::{Disk, OpenMode};

fn file_names(disk: &MemoryDisk, topic: &str, id: u32) -> Vec<String> {
    let dir = Path::new(ROOT).join(topic).join(id.to_string());
    let mut names: Vec<_> =
        disk.list(&dir).expect("lists").into_iter().map(|entry| entry.name).collect();
    names.sort();
    names
}

fn write_file(disk: &MemoryDisk, queue_dir: &str, start: u64, units: &[QueueEntry]) {
    let dir = Path::new(ROOT).join(queue_dir);
    disk.create_dir_all(&dir).expect("folder");
    let path = dir.join(format!("{start:020}"));
    let file = disk.open(&path, OpenMode::CreateIfMissing).expect("file");
    file.set_size(FILE_BYTES).expect("size");
    let mut bytes = Vec::new();
    for unit in units {
        unit.encode(&mut bytes);
    }
    file.write_at(&bytes, 0).expect("write");
}

#[test]
fn entries_cross_files_and_come_back() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    let before = queue(&table, "T", 3);
    publish(&before, 0, 12);
    table.flush(at(u64::MAX)).expect("flush");
    assert_eq!(table.unflushed_entries(), 0);
    let names = file_names(&disk, "T", 3);
    assert_eq!(names, ["00000000000000000000", "00000000000000000100", "00000000000000000200"]);
    let table = open(&disk.after_power_cut(1));
    let after = queue(&table, "T", 3);
    assert_eq!(after.next_offset().get(), 12);
    assert_eq!(read(&after, 3, 100), entries(3, 12));
    assert_eq!(read(&after, 4, 3), entries(4, 7));
    assert_eq!(read(&after, 12, 3), []);
}

#[test]
fn a_queue_that_ends_with_its_file_continues_in_the_next() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    publish(&queue(&table, "T", 0), 0, 5);
    table.flush(at(u64::MAX)).expect("flush");
    let table = open(&disk.after_kill());
    let after = queue(&table, "T", 0);
    assert_eq!(after.next_offset().get(), 5);
    publish(&after, 5, 7);
    table.flush(at(u64::MAX)).expect("flush");
    assert_eq!(read(&after, 0, 9), entries(0, 7));
}

#[test]
fn nothing_is_written_beyond_the_log_position() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    publish(&queue(&table, "T", 0), 0, 4);
    table.flush(at(299)).expect("flush");
    assert_eq!(table.unflushed_entries(), 2);
    let table = open(&disk.after_kill());
    assert_eq!(queue(&table, "T", 0).next_offset().get(), 2);
}

#[test]
fn readers_see_readable_records_only() {
    let disk = MemoryDisk::new();
    let table = open_with(&disk, 250, u64::MAX);
    let queue = queue(&table, "T", 0);
    publish(&queue, 0, 9);
    for flushed in [false, true] {
        if flushed {
            table.flush(at(u64::MAX)).expect("flush");
        }
        assert_eq!(queue.max_offset().get(), 2);
        assert_eq!(queue.next_offset().get(), 9);
        assert_eq!(read(&queue, 0, 9), entries(0, 2));
    }
}

#[test]
fn opening_looks_at_no_file_and_using_at_one_queue() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    for id in 0..20 {
        publish(&queue(&table, "T", id), 0, 3);
    }
    table.flush(at(u64::MAX)).expect("flush");
    let disk = disk.after_kill();
    let table = open(&disk);
    assert_eq!(disk.opened(), Vec::<std::path::PathBuf>::new());
    assert_eq!(table.all_names().iter().map(|(_, ids)| ids.len()).sum::<usize>(), 20);
    let found = table.get("T", QueueId::new(7)).expect("reads").expect("exists");
    assert_eq!(read(&found, 0, 9), entries(0, 3));
    assert!(disk.opened().iter().all(|path| path.starts_with("/store/consumequeue/T/7")));
    assert!(table.get("T", QueueId::new(20)).expect("no error").is_none());
    assert!(table.get("../T", QueueId::new(0)).expect("no error").is_none());
}

#[test]
fn entries_beyond_the_log_are_dropped_and_zeroed() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    publish(&queue(&table, "T", 0), 0, 12);
    table.flush(at(u64::MAX)).expect("flush");
    // The log kept 6 whole records and half of the 7th.
    let disk = disk.after_kill();
    let table = open_with(&disk, 650, 650);
    let cut = queue(&table, "T", 0);
    assert_eq!(cut.next_offset().get(), 6);
    assert_eq!(file_names(&disk, "T", 0).len(), 2);
    // Nothing of them may come back when the log has grown over their positions.
    let table = open(&disk.after_power_cut(7));
    assert_eq!(queue(&table, "T", 0).next_offset().get(), 6);
}

#[test]
fn open_all_and_cut_finds_units_behind_a_hole() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    publish(&queue(&table, "T", 0), 0, 2);
    publish(&queue(&table, "T", 1), 0, 9);
    table.flush(at(u64::MAX)).expect("flush");
    let path = Path::new(ROOT).join("T/0/00000000000000000000");
    let file = disk.open(&path, OpenMode::Existing).expect("file");
    let mut unit = Vec::new();
    entry(50).encode(&mut unit);
    file.write_at(&unit, 80).expect("write");
    let disk = disk.after_kill();
    let table = open(&disk);
    // One queue is open already, the other is not.
    assert_eq!(queue(&table, "T", 1).next_offset().get(), 9);
    table.open_all_and_cut(at(700)).expect("cut");
    assert_eq!(queue(&table, "T", 1).next_offset().get(), 7);
    let tail = queue(&table, "T", 0);
    publish(&tail, 2, 4);
    table.flush(at(u64::MAX)).expect("flush");
    let table = open(&disk.after_kill());
    assert_eq!(queue(&table, "T", 0).next_offset().get(), 4, "the stray unit is gone");
    assert_eq!(queue(&table, "T", 1).next_offset().get(), 7);
}

#[test]
fn filler_units_are_no_messages() {
    let disk = MemoryDisk::new();
    let blank = QueueEntry::BLANK;
    write_file(&disk, "T/0", 300, &[blank, blank, entry(17), entry(18)]);
    let table = open(&disk);
    let java = queue(&table, "T", 0);
    assert_eq!((java.min_offset().get(), java.next_offset().get()), (17, 19));
    assert_eq!(read(&java, 17, 9), entries(17, 19));
    assert_eq!(read(&java, 15, 9), [], "below the first offset there is nothing");
}

#[test]
fn a_rebuilt_queue_starts_where_the_log_does() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    let rebuilt = queue(&table, "T", 0);
    for nth in 17..23 {
        let taken = rebuilt.redispatch(QueueOffset::new(nth), entry(nth), 0).expect("takes");
        assert_eq!(taken, Redispatched::Appended);
    }
    assert_eq!(rebuilt.min_offset().get(), 17);
    table.flush(at(u64::MAX)).expect("flush");
    let path = Path::new(ROOT).join("T/0/00000000000000000300");
    let file = disk.open(&path, OpenMode::Existing).expect("file");
    let mut unit = [0; 20];
    file.read_at(&mut unit, 20).expect("read");
    assert_eq!(QueueEntry::decode(&unit), Some(QueueEntry::BLANK), "Java's filler");
    let table = open(&disk.after_power_cut(3));
    let again = queue(&table, "T", 0);
    assert_eq!((again.min_offset().get(), again.next_offset().get()), (17, 23));
    assert_eq!(read(&again, 17, 99), entries(17, 23));
}

#[test]
fn redispatch_skips_replaces_and_refuses() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    publish(&queue(&table, "T", 0), 0, 8);
    table.flush(at(u64::MAX)).expect("flush");
    let disk = disk.after_kill();
    let table = open(&disk);
    let queue = queue(&table, "T", 0);
    let put = |place: u64, nth: u64| queue.redispatch(QueueOffset::new(place), entry(nth), 0);
    assert_eq!(put(3, 3).expect("takes"), Redispatched::Same);
    assert_eq!(put(4, 30).expect("takes"), Redispatched::Replaced);
    assert_eq!(queue.next_offset().get(), 5, "what followed comes again");
    assert_eq!(put(5, 31).expect("takes"), Redispatched::Appended);
    assert_eq!(put(5, 32).expect("takes"), Redispatched::Replaced, "in memory too");
    let refused = put(7, 33).expect_err("a gap").to_string();
    assert!(refused.contains("T/0") && refused.contains('7'), "{refused}");
    assert_eq!(table.unflushed_entries(), 2);
    table.flush(at(u64::MAX)).expect("flush");
    let table = open(&disk.after_power_cut(5));
    let again = super::queue(&table, "T", 0);
    let expected = [entries(0, 4), vec![entry(30), entry(32)]].concat();
    assert_eq!(read(&again, 0, 99), expected);
}

#[test]
fn min_follows_the_log_and_the_last_file_stays() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    let live = queue(&table, "T", 0);
    publish(&live, 0, 12);
    let idle = queue(&table, "Idle", 0);
    publish(&idle, 0, 7);
    table.flush(at(u64::MAX)).expect("flush");
    table.set_min_physical(at(600)).expect("advance");
    assert_eq!((live.min_offset().get(), idle.min_offset().get()), (6, 6));
    assert_eq!(file_names(&disk, "T", 0).len(), 2);
    assert_eq!(read(&live, 6, 99), entries(6, 12));
    table.set_min_physical(at(99_900)).expect("advance");
    for queue in [&live, &idle] {
        assert_eq!(queue.min_offset(), queue.next_offset(), "{queue:?} has nothing alive");
    }
    assert_eq!(file_names(&disk, "Idle", 0), ["00000000000000000100"]);
    // After a restart the numbering goes on, and a queue nobody used lost its files as well.
    let table = open(&disk.after_kill());
    table.set_min_physical(at(99_900)).expect("advance");
    let idle = queue(&table, "Idle", 0);
    assert_eq!((idle.min_offset().get(), idle.next_offset().get()), (7, 7));
}

#[test]
fn unused_queues_lose_expired_files_too() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    publish(&queue(&table, "T", 0), 0, 12);
    table.flush(at(u64::MAX)).expect("flush");
    let disk = disk.after_kill();
    let table = open(&disk);
    table.set_min_physical(at(600)).expect("advance");
    assert_eq!(file_names(&disk, "T", 0).len(), 2);
}

#[test]
fn a_deleted_topic_leaves_nothing_and_starts_anew() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    let old = queue(&table, "T", 0);
    publish(&old, 0, 12);
    table.flush(at(500)).expect("flush");
    table.delete_topic("T").expect("delete");
    table.delete_topic("Never").expect("an unknown topic is fine");
    assert!(disk.list(Path::new(ROOT)).expect("lists").is_empty());
    assert_eq!((read(&old, 0, 9), table.unflushed_entries()), (vec![], 0));
    publish(&old, 12, 13);
    assert!(table.get("T", QueueId::new(0)).expect("no error").is_none());
    let new = queue(&table, "T", 0);
    publish(&new, 20, 22);
    table.flush(at(u64::MAX)).expect("flush");
    assert_eq!(read(&new, 0, 9), entries(20, 22));
    let table = open(&disk.after_power_cut(2));
    assert_eq!(read(&queue(&table, "T", 0), 0, 9), entries(20, 22));
}

#[test]
fn a_failed_flush_is_an_error_and_loses_nothing() {
    for fault in [FaultOn::Create, FaultOn::Write, FaultOn::Sync] {
        let disk = MemoryDisk::new();
        let table = open(&disk);
        let queue = queue(&table, "T", 0);
        publish(&queue, 0, 7);
        disk.inject(fault, "consumequeue", 0);
        table.flush(at(u64::MAX)).expect_err("the disk failed");
        assert_eq!(table.unflushed_entries(), 7, "{fault:?}");
        assert_eq!(read(&queue, 0, 9), entries(0, 7));
        disk.heal();
        table.flush(at(u64::MAX)).expect("flush");
        let table = open(&disk.after_power_cut(9));
        assert_eq!(read(&super::queue(&table, "T", 0), 0, 9), entries(0, 7), "{fault:?}");
    }
}

#[test]
fn a_failed_read_is_an_error() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    publish(&queue(&table, "T", 0), 0, 7);
    table.flush(at(u64::MAX)).expect("flush");
    let disk = disk.after_kill();
    let table = open(&disk);
    disk.inject(FaultOn::Read, "T/0", 0);
    table.get("T", QueueId::new(0)).expect_err("opening needs a read");
    disk.heal();
    let queue = queue(&table, "T", 0);
    disk.inject(FaultOn::Read, "T/0", 0);
    let mut out = Vec::new();
    queue.read(QueueOffset::ZERO, 9, &mut out).expect_err("the disk failed");
}

#[test]
fn strange_names_are_reported_and_left_alone() {
    let disk = MemoryDisk::new();
    write_file(&disk, "T/0", 0, &[entry(0)]);
    for dir in ["T/00", "T/x", "T/-1", "T/4294967295", "a b/0"] {
        disk.create_dir_all(&Path::new(ROOT).join(dir)).expect("folder");
    }
    let table = open(&disk);
    let ignored = table.ignored();
    assert_eq!(ignored.total, 5, "{ignored:?}");
    assert!(ignored.names.contains(&"T/00".to_owned()) && ignored.names.contains(&"a b".into()));
    assert_eq!(table.all_names().len(), 1);
}

#[test]
fn damaged_folders_are_refused_by_name() {
    let disk = MemoryDisk::new();
    write_file(&disk, "Gap/0", 0, &[entry(0)]);
    write_file(&disk, "Gap/0", 200, &[entry(10)]);
    write_file(&disk, "Odd/0", 40, &[entry(2)]);
    let table = open(&disk);
    let gap = table.get("Gap", QueueId::new(0)).expect_err("a file is missing").to_string();
    assert!(gap.contains("Gap/0/00000000000000000100"), "{gap}");
    let odd = table.get("Odd", QueueId::new(0)).expect_err("odd start").to_string();
    assert!(odd.contains("mappedFileSizeConsumeQueue"), "{odd}");
    let readable = Arc::new(AtomicU64::new(0));
    let bad = QueueTable::open(Path::new(ROOT), 99, Arc::new(disk), readable, at(0));
    assert!(matches!(bad, Err(QueueError::FileBytes(99))));
}

#[test]
fn search_by_a_predicate() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    let queue = queue(&table, "T", 0);
    publish(&queue, 0, 20);
    table.flush(at(1200)).expect("flush");
    table.set_min_physical(at(300)).expect("advance");
    for wanted in [0, 3, 4, 11, 12, 13, 19, 25] {
        let found = queue.partition_point(|entry| entry.physical < at(wanted * 100));
        assert_eq!(found.expect("reads").get(), wanted.clamp(3, 20));
    }
}

#[test]
fn an_empty_last_file_is_no_end_of_the_world() {
    let disk = MemoryDisk::new();
    write_file(&disk, "T/0", 0, &entries(0, 5));
    write_file(&disk, "T/0", 100, &[]);
    write_file(&disk, "T/1", 0, &entries(0, 3));
    write_file(&disk, "T/1", 100, &[]);
    let table = open(&disk);
    assert_eq!(queue(&table, "T", 0).next_offset().get(), 5);
    let short = queue(&table, "T", 1);
    assert_eq!(short.next_offset().get(), 3);
    publish(&short, 3, 7);
    table.flush(at(u64::MAX)).expect("flush");
    let table = open(&disk.after_kill());
    assert_eq!(read(&queue(&table, "T", 1), 0, 9), entries(0, 7));
}

#[test]
fn an_expiry_that_failed_is_taken_up_again() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    for id in 0..3 {
        publish(&queue(&table, "T", id), 0, 12);
    }
    table.flush(at(u64::MAX)).expect("flush");
    let disk = disk.after_kill();
    let table = open(&disk);
    let queues = table.of_topic("T").expect("opens");
    disk.inject(FaultOn::Read, "T/1", 0);
    table.set_min_physical(at(600)).expect_err("the disk failed");
    disk.heal();
    table.set_min_physical(at(600)).expect("advance");
    assert!(queues.iter().all(|queue| queue.min_offset().get() == 6), "{queues:?}");
}

#[test]
fn readers_see_every_entry_once_while_others_write_and_flush() {
    const COUNT: u64 = 20_000;
    let disk = MemoryDisk::new();
    let readable = Arc::new(AtomicU64::new(0));
    let table = QueueTable::open(
        Path::new(ROOT),
        20_000,
        Arc::new(disk),
        Arc::clone(&readable),
        at(u64::MAX),
    )
    .expect("opens");
    let queue = queue(&table, "T", 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for nth in 0..COUNT {
                publish(&queue, nth, nth + 1);
                readable.store(entry(nth).end().get(), std::sync::atomic::Ordering::Release);
            }
        });
        scope.spawn(|| {
            while queue.max_offset().get() < COUNT || table.unflushed_entries() > 0 {
                let upto = readable.load(std::sync::atomic::Ordering::Acquire);
                table.flush(at(upto)).expect("flush");
            }
        });
        // Behind the writer, so that file, window and unflushed tail all get their turn.
        let (mut seen, mut out) = (0, Vec::new());
        while seen < COUNT {
            out.clear();
            queue.read(QueueOffset::new(seen), 700, &mut out).expect("reads");
            assert_eq!(out, entries(seen, seen + out.len() as u64));
            seen += out.len() as u64;
        }
    });
    assert_eq!(read(&queue, 0, usize::MAX), entries(0, COUNT));
}

#[test]
fn a_deletion_cut_short_leaves_no_hole_and_gives_no_number_twice() {
    for at_change in 0.. {
        let disk = MemoryDisk::new();
        let table = open(&disk);
        publish(&queue(&table, "T", 0), 0, 20);
        table.flush(at(u64::MAX)).expect("flush");
        disk.kill_after(at_change);
        let is_done = table.delete_topic("T").is_ok();
        for seed in 0..16 {
            let left = open(&disk.after_power_cut(seed));
            let next = queue(&left, "T", 0).next_offset().get();
            assert!(next == 0 || next == 20, "change {at_change}, seed {seed}: {next}");
        }
        if is_done {
            assert!(at_change > 4, "four files went");
            return;
        }
    }
}

#[test]
fn what_is_only_on_the_device_is_not_read_by_who_may_not_wait() {
    let disk = MemoryDisk::new();
    let table = open(&disk);
    publish(&queue(&table, "T", 0), 0, 12);
    table.flush(at(u64::MAX)).expect("flush");
    let reopened = disk.after_kill();
    let table = open(&reopened);
    let queue = queue(&table, "T", 0);
    let now = |max| {
        let mut out = Vec::new();
        let done = queue.read_now(QueueOffset::new(3), max, &mut out).expect("reads");
        done.then_some(out)
    };
    // Opening a queue leaves its last file open; the one that has 3 and 4 is opened by a read.
    assert_eq!(read(&queue, 3, 100), entries(3, 12));
    assert_eq!(now(100), Some(entries(3, 12)), "across files");
    assert_eq!(now(1), Some(entries(3, 4)));
    reopened.set_cold(Some("consumequeue"));
    assert_eq!(now(100), None);
    assert_eq!(read(&queue, 3, 100), entries(3, 12), "who may wait reads on");
}
