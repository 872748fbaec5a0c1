//! Bytes, damage, room and the turns of the two files.

use proptest::prelude::*;
use turbopump_wire::{PhysicalOffset, QueueId};

use super::file::CHUNK_BYTES;
use super::*;
use crate::consume_queue::unit::QueueEntry;
use crate::disk::OpenMode;
use crate::disk::memory::MemoryDisk;

const POINT: FlushedPoint = FlushedPoint { end: 77, store_ms: 7 };

fn journal(disk: &Arc<dyn Disk>, bytes: [u32; 2], fits: bool) -> QueueJournal {
    let counting = JournalBytes { bytes, newer: 0 };
    QueueJournal::of(Path::new("/store"), disk, counting, fits, Duration::ZERO)
}

fn add(journal: &mut QueueJournal, runs: &[(&str, u32, u64, u64)], now: Duration) {
    let file = journal.begin(now).expect("begin");
    for (topic, id, first, count) in runs {
        file.add(topic, QueueId::new(*id), *first, &entries(*count)).expect("add");
    }
    journal.finish(POINT).expect("finish");
}

fn entries(count: u64) -> Vec<QueueEntry> {
    let entry = |nth| QueueEntry { physical: PhysicalOffset::new(nth), size: 7, tags_code: -3 };
    (0..count).map(entry).collect()
}

fn written(runs: &[(&str, u32, u64, u64)]) -> (Arc<dyn Disk>, JournalBytes) {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    let mut journal = journal(&disk, [0, 0], false);
    add(&mut journal, runs, Duration::ZERO);
    (disk, journal.counting())
}

fn read(disk: &Arc<dyn Disk>, counting: JournalBytes) -> Option<Vec<(String, u32, u64, usize)>> {
    let left = LeftBehind::read(Path::new("/store"), disk, counting).expect("reads")?;
    let mut runs = Vec::new();
    let visited = left.visit(|run| {
        runs.push((run.topic.to_owned(), run.id.get(), run.first.get(), run.entries.len()));
        Ok::<(), ()>(())
    });
    visited.expect("undamaged").expect("no error");
    Some(runs)
}

#[test]
fn layout_of_a_chunk() {
    let (disk, counting) = written(&[("Top", 5, 258, 1)]);
    assert_eq!(counting, JournalBytes { bytes: [52, 0], newer: 0 });
    let file = disk.open(Path::new("/store/queuejournal.0"), OpenMode::Existing).expect("open");
    let mut found = vec![0; 52];
    file.read_at(&mut found, 0).expect("read");
    assert_eq!(found[..8], [0x54, 0x50, 0x51, 0x4A, 0, 0, 0, 40]);
    assert_eq!(found[8..12], crc32fast::hash(&found[12..]).to_be_bytes());
    assert_eq!(&found[12..16], b"\x03Top");
    assert_eq!(found[16..32], [0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1]);
}

#[test]
fn runs_come_back_in_order_over_many_chunks() {
    let runs: Vec<_> = (0..200_u32).map(|id| ("T", id, u64::from(id) * 3, 1_000)).collect();
    let (disk, counting) = written(&runs);
    let bytes = counting.bytes[0];
    assert!(bytes > 3 * CHUNK_BYTES as u32, "{bytes} bytes are few chunks");
    let found = read(&disk, counting).expect("undamaged");
    let expected = runs
        .iter()
        .map(|(topic, id, first, count)| ((*topic).to_owned(), *id, *first, *count as usize));
    assert!(found.into_iter().eq(expected));
    for (wrong, why) in [(bytes + 1, "longer than the file"), (bytes - 1, "within a chunk")] {
        let counting = JournalBytes { bytes: [wrong, 0], newer: 0 };
        assert!(read(&disk, counting).is_none(), "{why}");
    }
}

#[test]
fn an_earlier_process_s_entries_go_on_when_they_fit() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    assert_eq!(journal(&disk, [9, 0], false).turn(Duration::ZERO), Turn::Full);
    assert_eq!(journal(&disk, [9, 0], true).turn(Duration::ZERO), Turn::Add);
    assert_eq!(journal(&disk, [0, 0], false).turn(Duration::ZERO), Turn::Add);
    assert_eq!(journal(&disk, [9, 0], true).turn(AGE_MAX), Turn::SealAndAdd);
    assert!(journal(&disk, [9, 9], true).is_draining());
}

#[test]
fn nothing_is_added_between_a_failure_and_the_emptying() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    let mut journal = journal(&disk, [0, 0], false);
    let file = journal.begin(Duration::ZERO).expect("begin");
    file.add("T", QueueId::new(0), 0, &entries(3)).expect("add");
    assert_eq!(journal.turn(Duration::ZERO), Turn::Full, "not synced");
    journal.finish(POINT).expect("finish");
    assert_eq!(journal.turn(Duration::ZERO), Turn::Add);
    journal.retire();
    assert_eq!(journal.turn(Duration::ZERO), Turn::Full);
    journal.empty().expect("empty");
    assert_eq!(journal.turn(Duration::ZERO), Turn::Add);
    assert!(journal.counting().is_nothing());
}

#[test]
fn the_files_take_turns() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    let mut journal = journal(&disk, [0, 0], false);
    add(&mut journal, &[("T", 0, 0, ENTRIES_MAX as u64)], Duration::ZERO);
    assert_eq!(journal.turn(Duration::ZERO), Turn::SealAndAdd);
    assert!(!journal.is_draining() && !journal.has_work(Duration::ZERO));
    journal.seal();
    assert!(journal.is_draining() && journal.has_work(Duration::ZERO));
    add(&mut journal, &[("T", 0, 1 << 20, 2), ("U", 1, 0, 1)], Duration::ZERO);
    let both = journal.counting();
    assert_eq!(both.newer, 1);
    let runs = read(&disk, both).expect("undamaged");
    let firsts: Vec<_> = runs.iter().map(|(topic, _, first, _)| (topic.as_str(), *first)).collect();
    assert_eq!(firsts, [("T", 0), ("T", 1 << 20), ("U", 0)], "the older file's first");

    add(&mut journal, &[("T", 0, 0, ENTRIES_MAX as u64)], Duration::ZERO);
    assert!(journal.is_crowded());
    assert_eq!(journal.turn(AGE_MAX), Turn::Add, "not sealed before the older one is gone");
    let (without, sealed_at) = journal.without_older();
    assert_eq!((without.bytes[0], sealed_at), (0, Some(POINT)));
    journal.drop_older().expect("drop");
    assert_eq!(journal.counting(), without);
    assert_eq!(disk.stat(&path_of(Path::new("/store"), 0)).expect("stat").expect("file").bytes, 0);
    assert_eq!(journal.turn(Duration::ZERO), Turn::SealAndAdd);
}

#[test]
fn the_newer_file_has_room_for_a_few_measures() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    let mut journal = journal(&disk, [0, 0], false);
    journal.set_entries_max(2);
    add(&mut journal, &[("T", 0, 0, 1)], Duration::ZERO);
    journal.seal();
    add(&mut journal, &[("T", 0, 1, 7)], Duration::ZERO);
    assert_eq!(journal.turn(Duration::ZERO), Turn::Add);
    add(&mut journal, &[("T", 0, 8, 1)], Duration::ZERO);
    assert_eq!(journal.turn(Duration::ZERO), Turn::Full);
}

#[test]
fn a_file_never_outgrows_what_the_checkpoint_can_say() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    let full = u32::MAX - 40;
    let mut journal = journal(&disk, [full, 0], true);
    let file = journal.begin(Duration::ZERO).expect("begin");
    file.add("T", QueueId::new(0), 0, &entries(3)).expect("add");
    assert!(journal.finish(POINT).is_err());
    assert_eq!(journal.turn(Duration::ZERO), Turn::Full);
    assert_eq!(journal.counting().bytes, [full, 0]);
}

proptest! {
    #[test]
    fn any_flipped_bit_is_noticed(at in 0..52_u64, bit in 0..8_u8) {
        let (disk, counting) = written(&[("Top", 5, 258, 1)]);
        let path = path_of(Path::new("/store"), 0);
        let file = disk.open(&path, OpenMode::Existing).expect("open");
        let mut byte = [0];
        file.read_at(&mut byte, at).expect("read");
        file.write_at(&[byte[0] ^ (1 << bit)], at).expect("write");
        prop_assert!(read(&disk, counting).is_none());
    }

    #[test]
    fn anything_is_read(payload in proptest::collection::vec(any::<u8>(), 0..99)) {
        let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
        let path = path_of(Path::new("/store"), 1);
        let file = disk.open(&path, OpenMode::CreateIfMissing).expect("open");
        let mut content = super::file::MAGIC.to_be_bytes().to_vec();
        content.extend((payload.len() as u32).to_be_bytes());
        content.extend(crc32fast::hash(&payload).to_be_bytes());
        content.extend(&payload);
        file.write_at(&content, 0).expect("write");
        let counting = JournalBytes { bytes: [0, content.len() as u32], newer: 1 };
        let _ = LeftBehind::read(Path::new("/store"), &disk, counting).expect("reads");
    }
}

#[test]
fn what_was_not_begun_is_not_finished() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    assert!(journal(&disk, [0, 0], true).finish(POINT).is_err(), "nothing was synced");
}
