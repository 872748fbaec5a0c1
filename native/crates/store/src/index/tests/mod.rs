//! The index on the memory disk: edges by hand here, everything else against a model.

mod edges;
mod model;
mod speed;

use std::path::Path;
use std::sync::Arc;

use turbopump_wire::PhysicalOffset;
use turbopump_wire::java_hash::index_key_hash;

use super::*;
use crate::clock::ManualClock;
use crate::disk::memory::MemoryDisk;

const EVERYTHING: PhysicalOffset = PhysicalOffset::new(u64::MAX);
const DIR: &str = "/store/index";
/// Few slots, so that chains mix keys; nine usable entries, so that files fill up.
const SMALL: IndexOptions = IndexOptions { enabled: true, slots: 7, entries: 10 };
/// 2023-11-14 22:13:20 UTC, where the tests' clock stands.
const NOW_MS: i64 = 1_700_000_000_000;

fn at(position: u64) -> PhysicalOffset {
    PhysicalOffset::new(position)
}

fn open_as(disk: &MemoryDisk, options: IndexOptions) -> Index {
    open_at(disk, options, EVERYTHING)
}

/// As the store opens it, for a log that ends at `end`.
fn open_at(disk: &MemoryDisk, options: IndexOptions, end: PhysicalOffset) -> Index {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let disk = Arc::new(disk.clone());
    let index = Index::open(Path::new(DIR), options, disk, clock, end).expect("opens");
    index.remove_dropped().expect("removes");
    index
}

fn open(disk: &MemoryDisk) -> Index {
    open_as(disk, SMALL)
}

/// Adds record `nth`, stored at second `nth`, with these keys of topic `T`.
fn put(index: &Index, nth: u64, keys: &[&str]) -> bool {
    let hashes: Vec<_> = keys.iter().map(|key| index_key_hash("T", key)).collect();
    index.put_record(at(nth * 100), stored_ms(nth), &hashes)
}

fn stored_ms(nth: u64) -> i64 {
    NOW_MS + nth as i64 * 1000
}

fn find(index: &Index, key: &str) -> Vec<u64> {
    let answer = index.query("T", key, usize::MAX, 0, i64::MAX).expect("queries");
    answer.offsets.iter().map(|offset| offset.get() / 100).collect()
}

fn names(disk: &MemoryDisk) -> Vec<String> {
    let mut names: Vec<_> =
        disk.list(Path::new(DIR)).expect("lists").into_iter().map(|entry| entry.name).collect();
    names.sort();
    names
}
