//! Many queues: one sync for all of them, and what 50,000 cost on the real disk. Run by hand:
//! `cargo test --release -p turbopump-store fifty_thousand -- --ignored --nocapture`.

use std::time::Instant;

use super::*;
use crate::disk::RealDisk;
use crate::disk::memory::FaultOn;

const TOPICS: u32 = 6250;
const QUEUES_EACH: u32 = 8;

fn anonymous_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("RssAnon");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}

fn blocks_kb(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut total = 0;
    for entry in std::fs::read_dir(dir).expect("lists").flatten() {
        let metadata = entry.metadata().expect("metadata");
        total += metadata.blocks() / 2;
        if metadata.is_dir() {
            total += blocks_kb(&entry.path());
        }
    }
    total
}

fn table(root: &Path) -> QueueTable {
    let readable = Arc::new(AtomicU64::new(u64::MAX));
    let disk = Arc::new(RealDisk);
    QueueTable::open(root, 6_000_000, disk, readable, at(u64::MAX)).expect("opens")
}

#[test]
fn a_flush_of_many_queues_is_one_sync_and_as_durable_as_many() {
    let disk = MemoryDisk::new();
    let filled = open(&disk);
    for id in 0..300 {
        publish(&queue(&filled, "T", id), 0, 3);
    }
    disk.inject(FaultOn::Sync, ROOT, 0);
    assert!(filled.flush(at(u64::MAX)).is_err(), "nobody synced");
    assert_eq!(filled.unflushed_entries(), 900, "not on disk, not forgotten");
    disk.heal();
    let before = disk.changes();
    filled.flush(at(u64::MAX)).expect("again");
    let a_write_each_and_the_sync = 301;
    assert_eq!(disk.changes() - before, a_write_each_and_the_sync);
    for seed in 0..4 {
        let left = open(&disk.after_power_cut(seed));
        for id in 0..300 {
            assert_eq!(read(&queue(&left, "T", id), 0, 9), entries(0, 3), "queue {id}");
        }
    }
}

#[test]
#[ignore = "minutes of disk work; figures for people"]
fn fifty_thousand_queues() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().join("consumequeue");
    let before_kb = anonymous_kb();
    let begun = Instant::now();
    let filled = table(&root);
    let names: Vec<_> = (0..TOPICS).map(|topic| format!("topic-{topic}")).collect();
    for round in 0..4_u64 {
        for name in &names {
            for id in 0..QUEUES_EACH {
                publish(&queue(&filled, name, id), round, round + 1);
            }
        }
    }
    println!("published 4 x 50,000 entries in {:?}", begun.elapsed());
    println!("anonymous memory: {} MB more", (anonymous_kb() - before_kb) / 1024);
    let begun = Instant::now();
    filled.flush(at(u64::MAX)).expect("flush");
    println!("flushed (first time, files made) in {:?}", begun.elapsed());
    println!("anonymous memory: {} MB more", (anonymous_kb() - before_kb) / 1024);
    println!("open files: {}", filled.open_files());
    println!("disk: {} MB", blocks_kb(&root) / 1024);
    assert!(filled.open_files() <= 512);
    drop(filled);

    let before_kb = anonymous_kb();
    let begun = Instant::now();
    let opened = table(&root);
    println!("opened in {:?}", begun.elapsed());
    println!("anonymous memory: {} kB more", anonymous_kb().saturating_sub(before_kb));
    let begun = Instant::now();
    let mut bytes = 0;
    for name in &names {
        for queue in opened.of_topic(name).expect("opens") {
            assert_eq!(queue.max_offset().get(), 4);
            bytes += queue.memory_bytes();
        }
    }
    println!("looked at every queue in {:?}", begun.elapsed());
    let each = bytes / 50_000;
    println!("an idle queue: {each} bytes");
    assert!(each < 500);
    println!("anonymous memory: {} kB more", anonymous_kb().saturating_sub(before_kb));
}
