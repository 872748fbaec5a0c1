use super::*;
use crate::clock::LocalTime;
use crate::disk::memory::{FaultOn, Unsynced};
use crate::disk::{Disk, DiskFile, OpenMode, read_exact_at};

fn file(disk: &MemoryDisk, name: &str) -> Arc<dyn DiskFile> {
    let dir = Path::new(DIR);
    disk.create_dir_all(dir).expect("folder");
    disk.open(&dir.join(name), OpenMode::CreateIfMissing).expect("file")
}

fn bytes_at(file: &dyn DiskFile, len: usize, place: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    read_exact_at(file, &mut bytes, place).expect("reads");
    bytes
}

#[test]
fn bytes_are_javas() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    // Hashes of T1#k1 and T1#k2 as Java computes them; slots 6 and 0 of 7.
    assert!(index.put_record(at(1000), 5_000, &[79_072_524]));
    assert!(index.put_record(at(1200), 7_999, &[79_072_525, 79_072_524]));
    index.flush(EVERYTHING).expect("flush");
    let name = names(&disk).pop().expect("a file");
    assert_eq!(name, "20231114221320000");
    let file = file(&disk, &name);
    assert_eq!(file.size().expect("size"), 40 + 7 * 4 + 10 * 20);
    let mut header = Vec::new();
    for value in [5_000_u64, 7_999, 1000, 1200] {
        header.extend_from_slice(&value.to_be_bytes());
    }
    header.extend_from_slice(&[0, 0, 0, 2, 0, 0, 0, 4]);
    assert_eq!(bytes_at(&*file, 40, 0), header);
    let slot = |key_hash: u64| {
        let bytes = bytes_at(&*file, 4, 40 + (key_hash % 7) * 4);
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    };
    assert_eq!((slot(79_072_524), slot(79_072_525)), (3, 2));
    let third = bytes_at(&*file, 20, 40 + 28 + 3 * 20);
    let mut expected = 79_072_524_u32.to_be_bytes().to_vec();
    expected.extend_from_slice(&1200_u64.to_be_bytes());
    expected.extend_from_slice(&[0, 0, 0, 2, 0, 0, 0, 1]);
    assert_eq!(third, expected, "two seconds after the begin, chained to entry 1");
}

#[test]
fn newest_first_over_memory_and_files() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    for nth in 0..40 {
        assert!(put(&index, nth, &["hot", if nth % 2 == 0 { "even" } else { "odd" }]));
        if nth == 17 || nth == 33 {
            index.flush(at(nth * 100)).expect("flush");
        }
    }
    assert_eq!(find(&index, "hot"), (0..40).rev().collect::<Vec<_>>());
    assert_eq!(find(&index, "odd"), (0..40).rev().filter(|nth| nth % 2 == 1).collect::<Vec<_>>());
    assert_eq!(find(&index, "none"), []);
    let answer = index.query("T", "hot", 3, 0, i64::MAX).expect("queries");
    assert_eq!(answer.offsets, [at(3900), at(3800), at(3700)]);
    assert_eq!((answer.last_update_ms, answer.last_update_physical), (stored_ms(39), at(3900)));
}

#[test]
fn times_are_bounds_on_both_sides() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    for nth in 0..30 {
        put(&index, nth, &["k"]);
        if nth == 20 {
            index.flush(EVERYTHING).expect("flush");
        }
    }
    for (from, to) in [(0, 0), (3, 25), (8, 9), (20, 21), (29, 40), (31, 40), (5, 4)] {
        let answer = index.query("T", "k", 99, stored_ms(from), stored_ms(to)).expect("queries");
        let expected: Vec<_> = (from..=to.min(29)).rev().map(|nth| at(nth * 100)).collect();
        assert_eq!(answer.offsets, expected, "{from}..={to}");
    }
}

#[test]
fn a_full_file_hands_its_end_to_the_next() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    (0..9).for_each(|nth| assert!(put(&index, nth, &["k"])));
    index.flush(EVERYTHING).expect("flush");
    assert_eq!(index.full_until_ms(), stored_ms(8));
    assert!(put(&index, 9, &["k"]));
    // Same clock reading: the name must still ascend.
    index.flush(EVERYTHING).expect("flush");
    assert_eq!(names(&disk), ["20231114221320000", "20231114221320001"]);
    let index = open(&disk.after_power_cut(1));
    assert_eq!(find(&index, "k"), (0..10).rev().collect::<Vec<_>>());
    assert!(!put(&index, 9, &["k"]), "indexed already");
    assert!(put(&index, 10, &["k"]));
    assert_eq!(find(&index, "k").len(), 11);
}

#[test]
fn only_records_before_the_log_position_are_written() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    (0..5).for_each(|nth| assert!(put(&index, nth, &["a", "b"][..=nth as usize % 2])));
    index.flush(at(300)).expect("flush");
    assert_eq!(index.unflushed_entries(), 3);
    let index = open(&disk.after_kill());
    assert_eq!(index.indexed_to(), Some(at(200)));
    assert_eq!(find(&index, "a"), [2, 1, 0]);
}

#[test]
fn a_java_broker_killed_before_counting_is_believed() {
    // Java writes entry, slot, then the header's count; here it was killed in between.
    let disk = MemoryDisk::new();
    let index = open(&disk);
    (0..4).for_each(|nth| assert!(put(&index, nth, &["k"])));
    index.flush(EVERYTHING).expect("flush");
    let name = names(&disk).pop().expect("a file");
    let java = file(&disk, &name);
    java.write_at(&3_u32.to_be_bytes(), 36).expect("write");
    java.write_at(&at(100).get().to_be_bytes(), 24).expect("write");
    let disk = disk.after_kill();
    let index = open(&disk);
    assert_eq!(index.report(), &IndexReport::default());
    assert_eq!(find(&index, "k"), [1, 0]);
    assert!(put(&index, 2, &["other"]));
    index.flush(EVERYTHING).expect("flush");
    let index = open(&disk.after_kill());
    assert_eq!((find(&index, "k"), find(&index, "other")), (vec![1, 0], vec![2]));
}

#[test]
fn chains_that_do_not_hold_drop_the_file() {
    let geometry = Geometry { slots: SMALL.slots, entries: SMALL.entries };
    let slot = geometry.slot_of(index_key_hash("T", "k"));
    for (bad_slot, value) in [(slot, 9_u32), (slot, 10), (slot, u32::MAX), ((slot + 1) % 7, 3)] {
        let disk = MemoryDisk::new();
        let index = open(&disk);
        (0..9).for_each(|nth| assert!(put(&index, nth, &["first"])));
        (9..12).for_each(|nth| assert!(put(&index, nth, &["k"])));
        index.flush(EVERYTHING).expect("flush");
        let newest = names(&disk).pop().expect("a file");
        let damaged = file(&disk, &newest);
        damaged.write_at(&3_u32.to_be_bytes(), 36).expect("count two entries only");
        let place = 40 + u64::from(bad_slot) * 4;
        damaged.write_at(&value.to_be_bytes(), place).expect("write");
        let index = open(&disk);
        assert_eq!(index.report().dropped, std::slice::from_ref(&newest), "slot value {value}");
        assert_eq!(index.indexed_to(), Some(at(800)));
        assert!(!names(&disk).contains(&newest));
        (8..12).for_each(|nth| assert_eq!(put(&index, nth, &["k"]), nth > 8));
        assert_eq!((find(&index, "first").len(), find(&index, "k").len()), (9, 3));
    }
}

#[test]
fn a_header_nobody_wrote_drops_the_file_and_later_ones() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    (0..25).for_each(|nth| assert!(put(&index, nth, &["k"])));
    index.flush(EVERYTHING).expect("flush");
    let all = names(&disk);
    assert_eq!(all.len(), 3);
    file(&disk, &all[1]).write_at(&99_u32.to_be_bytes(), 36).expect("write");
    let index = open(&disk);
    assert_eq!(index.report().dropped, all[1..]);
    assert_eq!(index.indexed_to(), Some(at(800)));
    assert_eq!(find(&index, "k").len(), 9);
}

#[test]
fn a_half_filled_java_file_and_strangers() {
    let disk = MemoryDisk::new();
    // As Java leaves a file it has just made: full length, all zeros.
    file(&disk, "20200101000000000").set_size(268).expect("size");
    file(&disk, "20200101000000001").set_size(0).expect("killed before the length was set");
    file(&disk, "20200101000000002").set_size(100).expect("another configuration");
    file(&disk, "notes.txt");
    let index = open(&disk);
    assert_eq!(index.report().ignored, ["20200101000000002", "notes.txt"]);
    assert_eq!(index.indexed_to(), None);
    assert_eq!(find(&index, "k"), []);
    assert!(put(&index, 0, &["k"]), "position 0 is indexed too");
    index.flush(EVERYTHING).expect("flush");
    assert_eq!(names(&disk), ["20200101000000000", "20200101000000002", "notes.txt"]);
    let index = open(&disk.after_power_cut(4));
    assert_eq!((find(&index, "k"), index.indexed_to()), (vec![0], Some(at(0))));
}

#[test]
fn retention_removes_whole_files_but_the_newest() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    (0..27).for_each(|nth| assert!(put(&index, nth, &["k"])));
    index.flush(EVERYTHING).expect("flush");
    index.delete_before(at(800)).expect("delete");
    assert_eq!(names(&disk).len(), 3, "record 800 is still in the log");
    index.delete_before(at(801)).expect("delete");
    assert_eq!(names(&disk).len(), 2);
    index.delete_before(EVERYTHING).expect("delete");
    assert_eq!(names(&disk).len(), 1, "the newest stays and says what is indexed");
    assert_eq!(find(&index, "k"), (18..27).rev().collect::<Vec<_>>());
}

#[test]
fn a_log_cut_below_the_index_drops_what_names_it() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    (0..25).for_each(|nth| assert!(put(&index, nth, &["k"])));
    index.flush(EVERYTHING).expect("flush");
    let index = open_at(&disk, SMALL, at(2500));
    assert_eq!((index.indexed_to(), names(&disk).len()), (Some(at(2400)), 3), "nothing to drop");
    let index = open_at(&disk, SMALL, at(1700));
    assert_eq!((index.indexed_to(), names(&disk).len()), (Some(at(800)), 1));
    assert!(put(&index, 9, &["k"]));
    index.flush(EVERYTHING).expect("flush");
    assert_eq!(find(&open(&disk.after_kill()), "k"), (0..10).rev().collect::<Vec<_>>());
}

#[test]
fn a_failed_flush_is_an_error_and_loses_nothing() {
    for (fault, skip) in [
        (FaultOn::Create, 0),
        (FaultOn::Write, 0),
        (FaultOn::Write, 1),
        (FaultOn::Write, 2),
        (FaultOn::Sync, 0),
        (FaultOn::Sync, 2),
    ] {
        let disk = MemoryDisk::new();
        let index = open(&disk);
        (0..5).for_each(|nth| assert!(put(&index, nth, &["k"])));
        disk.inject(fault, "index", skip);
        index.flush(EVERYTHING).expect_err("the disk failed");
        assert_eq!((index.unflushed_entries(), find(&index, "k").len()), (5, 5));
        disk.heal();
        index.flush(EVERYTHING).expect("flush");
        let index = open(&disk.after_power_cut(1));
        assert_eq!(find(&index, "k"), [4, 3, 2, 1, 0], "{fault:?} {skip}");
    }
}

#[test]
fn a_failed_read_is_an_error() {
    let disk = MemoryDisk::new();
    let index = open(&disk);
    (0..12).for_each(|nth| assert!(put(&index, nth, &["k"])));
    index.flush(EVERYTHING).expect("flush");
    disk.inject(FaultOn::Read, "index", 0);
    index.query("T", "k", 99, 0, i64::MAX).expect_err("the disk failed");
}

#[test]
fn switched_off_it_does_nothing() {
    let disk = MemoryDisk::new();
    let index = open_as(&disk, IndexOptions { enabled: false, ..SMALL });
    assert!(put(&index, 0, &["k"]));
    index.flush(EVERYTHING).expect("flush");
    assert_eq!((find(&index, "k"), names(&disk)), (vec![], vec![]));
    let clock = Arc::new(ManualClock::new(0));
    let none = IndexOptions { slots: 0, ..SMALL };
    assert!(Index::open(Path::new(DIR), none, Arc::new(disk), clock, EVERYTHING).is_err());
}

#[test]
fn names_ascend_whatever_the_clock_does() {
    let local =
        LocalTime { year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5, millisecond: 6 };
    assert_eq!(flush::name_after(local, None), "20260102030405006");
    assert_eq!(flush::name_after(local, Some(20_260_102_030_405_005)), "20260102030405006");
    assert_eq!(flush::name_after(local, Some(20_260_102_030_405_006)), "20260102030405007");
    assert_eq!(flush::name_after(local, Some(20_270_000_000_000_000)), "20270000000000001");
}

/// Two files that `IndexFile` of RocketMQ 5.3.3 wrote with 7 slots and 10 entries: `T#k0` and
/// `T#k1` in turn at positions 1000 to 1500, a second apart from `NOW_MS` on; then, in a file made
/// with the end values (1500, second 5), `T#k0` at 1600 in second 9 and at 1700 in second 11.
#[test]
fn files_java_wrote_are_read_and_filled_further() {
    let disk = MemoryDisk::new();
    for (name, bytes) in [
        ("20260101000000000", &include_bytes!("fixtures/java-5.3.3-six-entries.index")[..]),
        ("20260101000000001", &include_bytes!("fixtures/java-5.3.3-rolled.index")[..]),
    ] {
        file(&disk, name).write_at(bytes, 0).expect("write");
    }
    let index = open(&disk);
    assert_eq!(index.report(), &IndexReport::default());
    assert_eq!(index.indexed_to(), Some(at(1700)));
    let positions = |index: &Index, key: &str, from: u64, to: u64| -> Vec<u64> {
        let answer = index.query("T", key, 99, stored_ms(from), stored_ms(to)).expect("queries");
        answer.offsets.iter().map(|offset| offset.get()).collect()
    };
    assert_eq!(positions(&index, "k0", 0, 99), [1700, 1600, 1400, 1200, 1000]);
    assert_eq!(positions(&index, "k1", 2, 4), [1300]);
    assert!(!index.put_record(at(1700), stored_ms(11), &[index_key_hash("T", "k0")]));
    assert!(index.put_record(at(1800), stored_ms(12), &[index_key_hash("T", "k0")]));
    index.flush(EVERYTHING).expect("flush");
    let index = open(&disk.after_kill());
    assert_eq!(positions(&index, "k0", 0, 99), [1800, 1700, 1600, 1400, 1200, 1000]);
}

#[test]
fn queries_are_complete_while_others_add_and_flush() {
    const COUNT: u64 = 3_000;
    let disk = MemoryDisk::new();
    let index = open_as(&disk, IndexOptions { enabled: true, slots: 3, entries: 500 });
    let added = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for nth in 0..COUNT {
                assert!(put(&index, nth, &["hot", "more"]));
                added.store(nth + 1, std::sync::atomic::Ordering::Release);
            }
        });
        scope.spawn(|| {
            while added.load(std::sync::atomic::Ordering::Acquire) < COUNT {
                let upto = added.load(std::sync::atomic::Ordering::Acquire);
                index.flush(at(upto * 100)).expect("flush");
            }
        });
        loop {
            let before = added.load(std::sync::atomic::Ordering::Acquire);
            let found = find(&index, "hot");
            let newest = found.first().map_or(0, |nth| nth + 1);
            assert!(newest >= before);
            assert_eq!(found, (0..newest).rev().collect::<Vec<_>>());
            if newest == COUNT {
                break;
            }
        }
    });
    index.flush(EVERYTHING).expect("flush");
    let index =
        open_as(&disk.after_power_cut(1), IndexOptions { enabled: true, slots: 3, entries: 500 });
    assert_eq!(find(&index, "more").len() as u64, COUNT);
}

/// So large that header, slots and entries lie in pages of their own.
const WIDE: IndexOptions = IndexOptions { enabled: true, slots: 2048, entries: 2048 };

fn put_wide(index: &Index, from: u64, to: u64) {
    for nth in from..to {
        put(index, nth, &[format!("k{}", nth % 50).as_str()]);
    }
}

/// A flush of the second half of 400 records that dies at the change; true when it came through.
fn flush_dying(disk: &MemoryDisk, change: u64) -> bool {
    let index = open_as(disk, WIDE);
    put_wide(&index, 0, 200);
    index.flush(EVERYTHING).expect("flush");
    put_wide(&index, 200, 400);
    disk.kill_after(change);
    index.flush(EVERYTHING).is_ok()
}

#[test]
fn a_flush_cut_short_leaves_whole_chains() {
    for change in 0.. {
        let disk = MemoryDisk::new();
        let is_done = flush_dying(&disk, change);
        for seed in 0..16 {
            let index = open_as(&disk.after_power_cut(seed), WIDE);
            assert_eq!(index.report(), &IndexReport::default(), "change {change}, seed {seed}");
            put_wide(&index, 200, 400);
            for key in [0, 7, 49] {
                let all: Vec<_> = (0..400).rev().filter(|nth| nth % 50 == key).collect();
                let found = find(&index, &format!("k{key}"));
                assert_eq!(found, all, "key {key}, change {change}, seed {seed}");
            }
        }
        if is_done {
            assert!(change > 5, "entries, slots, header and their syncs");
            return;
        }
    }
}

#[test]
fn what_a_killed_process_wrote_is_synced_before_it_counts() {
    for change in 0.. {
        let disk = MemoryDisk::new();
        let is_done = flush_dying(&disk, change);
        let left = disk.after_kill();
        let found = open_as(&left, WIDE);
        let counted = found.indexed_to();
        // A checkpoint that claims it is written behind a flush, also of nothing.
        found.flush(PhysicalOffset::new(u64::MAX)).expect("flush");
        drop(found);
        let later = open_as(&left.after_power_cut_with(Unsynced::Dropped), WIDE);
        assert_eq!(later.indexed_to(), counted, "change {change}");
        if is_done {
            return;
        }
    }
}
