//! Seeded damage: each one is found, and what the log can give back is byte for byte as it was.
//!
//! `TURBOPUMP_DAMAGES` is the number of damages, 150 without it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::repair::ask_for_repair;
use super::{Part, Scope, VerifyReport, verify};
use crate::batch::RecordKind;
use crate::disk::memory::{MemoryDisk, Unsynced};
use crate::disk::{Disk, OpenMode};
use crate::options::{FlushMode, StoreOptions};
use crate::tests::{Message, Rig, SEGMENT_BYTES, options, scribble};

const DAMAGES: u64 = 150;
const MESSAGES: u64 = 260;
const TOPICS: [&str; 3] = ["T", "Orders", "Other-Topic"];

/// Half of the damages at least must be in files that can be given back.
type Files = BTreeMap<PathBuf, Vec<u8>>;

struct Whole {
    disk: MemoryDisk,
    options: StoreOptions,
    end: u64,
    files: Files,
    /// Log bytes that nothing covers.
    uncovered: Vec<(u64, u64)>,
}

/// A store that was stopped cleanly, of several segments, queue files and index files.
fn whole_store() -> Whole {
    let rig = Rig::new(FlushMode::Async);
    let mut uncovered = Vec::new();
    for id in 0..MESSAGES {
        let mut message = Message::new(id, (id % 4) as u32, 20 + (id * 7 % 90) as usize);
        message.topic = TOPICS[(id % 3) as usize];
        if id % 17 == 16 {
            message.kind = RecordKind::Prepared;
        }
        let placed = rig.append(&[message]).expect("append")[0];
        let at = placed.physical.get();
        // flag; sysFlag to store host but for the position; counts and prepared offset.
        for (from, to) in [(16, 20), (36, 72), (72, 84)] {
            uncovered.push((at + from, at + to));
        }
        rig.clock.advance(700);
    }
    rig.core.log.close_for_appends();
    let end = rig.end();
    rig.core.close().expect("close");
    for base in (0..end).step_by(SEGMENT_BYTES as usize) {
        let last = base + SEGMENT_BYTES;
        if last <= end {
            uncovered.push((filler(&rig.disk, base), last));
        }
    }
    let files = files_of(&rig.disk);
    Whole { disk: rig.disk.after_kill(), options: rig.core.options.clone(), end, files, uncovered }
}

/// Where the bytes behind the filler of the segment begin.
fn filler(disk: &MemoryDisk, base: u64) -> u64 {
    let bytes = content(disk, &Path::new("/store/commitlog").join(format!("{base:020}")));
    let mut at = 0;
    loop {
        let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four"));
        if word(at + 4) == 0xCBD4_3194 {
            return base + at as u64 + 8;
        }
        at += word(at) as usize;
    }
}

fn content(disk: &MemoryDisk, path: &Path) -> Vec<u8> {
    let file = disk.open(path, OpenMode::Existing).expect("open");
    let mut bytes = vec![0; file.size().expect("size") as usize];
    file.read_at(&mut bytes, 0).expect("read");
    bytes
}

/// Every file of log, queues, index and the checkpoint.
fn files_of(disk: &MemoryDisk) -> Files {
    let mut files = Files::new();
    let mut dirs = vec![PathBuf::from("/store")];
    while let Some(dir) = dirs.pop() {
        for entry in disk.list(&dir).expect("list") {
            let path = dir.join(&entry.name);
            if entry.is_dir {
                dirs.push(path);
            } else if !["lock", "abort", "abort.bak", "repair", "repair.report"]
                .contains(&&*entry.name)
            {
                files.insert(path.clone(), content(disk, &path));
            }
        }
    }
    files
}

fn check(disk: &MemoryDisk, options: &StoreOptions, end: u64) -> VerifyReport {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let pace = &|_| Ok(());
    let scope = Scope { options, disk: &disk, end, is_stopped: true, min: &|| 0, pace };
    verify(&scope, None).expect("damage is no error")
}

/// xorshift: the same damages for the same seed everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

/// What was done to a copy of the store.
#[derive(Debug)]
struct Damage {
    path: PathBuf,
    what: &'static str,
    from: u64,
    to: u64,
}

fn damage(whole: &Whole, disk: &MemoryDisk, random: &mut Random) -> Damage {
    // Each part gets its share, whatever its size.
    let parts = ["/commitlog/", "/consumequeue/", "/index/", "/checkpoint"];
    let part = parts[[0, 0, 1, 1, 1, 2, 2, 2, 3][random.below(9) as usize]];
    let of_part: Vec<&PathBuf> =
        whole.files.keys().filter(|path| path.to_string_lossy().contains(part)).collect();
    let path = of_part[random.below(of_part.len() as u64) as usize].clone();
    let bytes = &whole.files[&path];
    let size = bytes.len() as u64;
    match random.below(10) {
        0 | 1 => {
            let to = random.below(size);
            disk.open(&path, OpenMode::Existing).expect("open").set_size(to).expect("cut");
            Damage { path, what: "truncation", from: to, to: size }
        }
        2 | 3 => {
            // What a file had once where nothing is now: bytes of its own begin, at its end.
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
            let at = (used + random.below(40)).min(size - 1);
            let length = (20 + random.below(60)).min(size - at) as usize;
            let mut stale = bytes[..length.min(bytes.len())].to_vec();
            if stale.iter().all(|byte| *byte == 0) || stale == bytes[at as usize..][..stale.len()] {
                stale[0] = bytes[at as usize] ^ 0x5A;
            }
            scribble(disk, &path, at, &stale);
            Damage { path, what: "stale tail", from: at, to: at + stale.len() as u64 }
        }
        _ => {
            let at = random.below(size);
            let flipped = bytes[at as usize] ^ (1 << random.below(8));
            scribble(disk, &path, at, &[flipped]);
            Damage { path, what: "bit flip", from: at, to: at + 1 }
        }
    }
}

/// Whether all of it lies where nothing could tell.
fn is_uncovered(whole: &Whole, damage: &Damage) -> bool {
    if !damage.path.starts_with("/store/commitlog") || damage.what == "truncation" {
        return false;
    }
    let name = damage.path.file_name().expect("name").to_string_lossy().into_owned();
    let base: u64 = name.parse().expect("a segment");
    (base + damage.from..base + damage.to)
        .all(|at| whole.uncovered.iter().any(|(from, to)| (*from..*to).contains(&at)))
}

fn part_of(path: &Path) -> Part {
    let text = path.to_string_lossy();
    match () {
        () if text.contains("/commitlog/") => Part::Log,
        () if text.contains("/consumequeue/") => Part::Queue,
        () if text.contains("/index/") => Part::Index,
        () => Part::Checkpoint,
    }
}

/// Contents of queue files by name, and of index files in order: their names are times.
fn derived(files: &Files) -> (Files, Vec<&Vec<u8>>) {
    let queues = files.iter().filter(|(path, _)| part_of(path) == Part::Queue);
    let index = files.iter().filter(|(path, _)| part_of(path) == Part::Index);
    let queues = queues.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    (queues, index.map(|(_, bytes)| bytes).collect())
}

fn repaired(disk: &MemoryDisk, options: &StoreOptions, topics: &[&str]) -> Files {
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let known = topics.iter().map(|topic| (*topic).to_owned());
    ask_for_repair(&options.root_dir, &dyn_disk, &known.collect()).expect("marker");
    let rig = Rig::open(disk.clone(), options).expect("opens");
    rig.core.log.close_for_appends();
    rig.core.close().expect("close");
    assert!(disk.stat(Path::new("/store/repair")).expect("stat").is_none(), "marker is gone");
    files_of(disk)
}

#[test]
fn the_wish_for_a_repair_and_what_came_of_it_survive_a_power_cut() {
    let whole = whole_store();
    let disk: Arc<dyn Disk> = Arc::new(whole.disk.clone());
    let known = TOPICS.iter().map(|topic| (*topic).to_owned());
    ask_for_repair(&whole.options.root_dir, &disk, &known.collect()).expect("marker");
    let left = whole.disk.after_power_cut_with(Unsynced::Dropped);
    let asked = content(&left, Path::new("/store/repair"));
    let asked: BTreeSet<_> = std::str::from_utf8(&asked).expect("text").lines().collect();
    assert_eq!(asked, BTreeSet::from(TOPICS));

    drop(Rig::open(left.clone(), &whole.options).expect("opens"));
    let after = left.after_power_cut_with(Unsynced::Dropped);
    assert_eq!(after.stat(Path::new("/store/repair")).expect("stat"), None, "done once");
    let report = content(&after, Path::new("/store/repair.report"));
    assert!(report.starts_with(b"0 findings"), "{:?}", String::from_utf8_lossy(&report));
}

#[test]
fn a_whole_store_has_no_finding() {
    let whole = whole_store();
    let report = check(&whole.disk, &whole.options, whole.end);
    assert_eq!(report.findings, [], "nothing is wrong");
    assert_eq!(report.records, MESSAGES);
    assert!(report.queue_entries > 200 && report.index_entries > 200, "{report:?}");
    assert!(whole.files.keys().filter(|path| part_of(path) == Part::Index).count() > 3);
}

#[test]
fn every_seeded_damage_is_found_and_repair_gives_back_the_same_bytes() {
    let whole = whole_store();
    let expected = derived(&whole.files);
    let count = std::env::var("TURBOPUMP_DAMAGES").ok().and_then(|text| text.parse().ok());
    let count = count.unwrap_or(DAMAGES);
    let (mut found, mut uncovered, mut rebuilt) = (0, 0, 0);
    for seed in 1..=count {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let disk = whole.disk.after_kill();
        let damage = damage(&whole, &disk, &mut random);
        let report = check(&disk, &whole.options, whole.end);
        if report.findings.is_empty() {
            assert!(is_uncovered(&whole, &damage), "seed {seed} was not found: {damage:?}");
            uncovered += 1;
            continue;
        }
        found += 1;
        let part = part_of(&damage.path);
        let is_named = report.findings.iter().any(|finding| finding.part == part);
        // A damaged record's own text may be believed; then it is its entries that differ.
        assert!(is_named || part == Part::Log, "seed {seed}: {damage:?} {:?}", report.findings);
        if part == Part::Log || part == Part::Checkpoint {
            continue;
        }
        let after = repaired(&disk, &whole.options, &TOPICS);
        assert!(derived(&after) == expected, "seed {seed}: {damage:?} is not as before");
        rebuilt += 1;
    }
    println!("{count} damages: {found} found, {uncovered} where nothing tells, {rebuilt} rebuilt");
    assert!(found > count * 3 / 4 && rebuilt > count / 3);
}

#[test]
fn messages_that_a_damage_touches_are_named() {
    let whole = whole_store();
    let path = PathBuf::from("/store/consumequeue/T/0/00000000000000000000");
    scribble(&whole.disk, &path, 20, &[0xFF; 20]);
    let report = check(&whole.disk, &whole.options, whole.end);
    assert_eq!(report.finding_count, 1);
    assert_eq!(report.findings[0].touched, ["T/0/1"]);
    assert_eq!((report.findings[0].position, report.damaged_queues.len()), (20, 1));
}

#[test]
fn damaged_records_in_a_row_are_one_finding() {
    let whole = whole_store();
    let path = Path::new("/store/commitlog/00000000000000000000");
    let log = content(&whole.disk, path);
    let size = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().expect("four")) as usize;
    let (first, second) = (size(0), size(0) + size(size(0)));
    for at in [first, second] {
        scribble(&whole.disk, path, at as u64 + 95, &[0xEE; 4]);
    }
    let report = check(&whole.disk, &whole.options, whole.end);
    let of_log = report.findings.iter().filter(|finding| finding.part == Part::Log);
    let found: Vec<_> = of_log.map(|finding| finding.position).collect();
    assert_eq!(found, [first as u64], "the log goes on at the record behind both");
}

#[test]
fn nothing_is_rebuilt_from_a_damaged_log() {
    let whole = whole_store();
    let body = 91 + 30;
    scribble(&whole.disk, Path::new("/store/commitlog/00000000000000000000"), body, &[0xEE; 4]);
    let queue = PathBuf::from("/store/consumequeue/T/0/00000000000000000000");
    scribble(&whole.disk, &queue, 20, &[0xFF; 20]);
    let before = content(&whole.disk, &queue);
    let after = repaired(&whole.disk, &whole.options, &TOPICS);
    assert_eq!(after[&queue], before);
    let report = content(&whole.disk, Path::new("/store/repair.report"));
    assert!(String::from_utf8_lossy(&report).contains("the log is damaged: nothing was rebuilt"));
}

#[test]
fn a_deleted_topic_is_no_damage_and_stays_deleted() {
    let rig = Rig::new(FlushMode::Async);
    for id in 0..40 {
        let mut message = Message::new(id, 0, 20);
        message.topic = TOPICS[(id % 2) as usize];
        rig.append(&[message]).expect("append");
    }
    rig.core.delete_topic(TOPICS[1]).expect("delete");
    rig.append(&[Message::new(99, 0, 20)]).expect("append");
    rig.core.log.close_for_appends();
    let end = rig.end();
    rig.core.close().expect("close");
    let disk = rig.disk.after_kill();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let known = std::iter::once(TOPICS[0].to_owned()).collect();
    let options = options(FlushMode::Async);
    let (min, pace): (&dyn Fn() -> u64, &dyn Fn(u64) -> _) = (&|| 0, &|_| Ok(()));
    let scope = Scope { options: &options, disk: &dyn_disk, end, is_stopped: true, min, pace };
    let report = verify(&scope, Some(&known)).expect("checks");
    assert_eq!((report.findings.len(), report.deleted_records), (0, 20), "{:?}", report.findings);
    let after = repaired(&disk, &options, &TOPICS[..1]);
    assert!(!after.keys().any(|path| path.to_string_lossy().contains(TOPICS[1])), "stays deleted");
}
