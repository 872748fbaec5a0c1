//! The table on the memory disk: edges by hand here, everything else against a model.

mod edges;
mod model;
mod scale;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use turbopump_wire::name::TopicName;
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset};

use super::*;
use crate::disk::memory::MemoryDisk;

const ROOT: &str = "/store/consumequeue";
/// Five entries a file, so that every test crosses files.
const FILE_BYTES: u64 = 100;
const RECORD_BYTES: u32 = 100;

fn at(position: u64) -> PhysicalOffset {
    PhysicalOffset::new(position)
}

/// The entry of the `nth` record of a log of equal records.
fn entry(nth: u64) -> QueueEntry {
    QueueEntry {
        physical: at(nth * u64::from(RECORD_BYTES)),
        size: RECORD_BYTES,
        tags_code: -(nth as i64),
    }
}

fn open_with(disk: &MemoryDisk, readable: u64, end: u64) -> QueueTable {
    let readable = Arc::new(AtomicU64::new(readable));
    QueueTable::open(Path::new(ROOT), FILE_BYTES, Arc::new(disk.clone()), readable, at(end))
        .expect("opens")
}

fn open(disk: &MemoryDisk) -> QueueTable {
    open_with(disk, u64::MAX, u64::MAX)
}

fn queue(table: &QueueTable, topic: &str, id: u32) -> Arc<Queue> {
    let topic = TopicName::parse(topic).expect("a topic");
    table.get_or_create(&topic, QueueId::new(id)).expect("a queue")
}

/// Publishes entries of records `[from, to)`.
fn publish(queue: &Arc<Queue>, from: u64, to: u64) {
    (from..to).for_each(|nth| queue.publish(entry(nth), nth as i64));
}

fn read(queue: &Queue, from: u64, max: usize) -> Vec<QueueEntry> {
    let mut out = Vec::new();
    queue.read(QueueOffset::new(from), max, &mut out).expect("reads");
    out
}

fn entries(from: u64, to: u64) -> Vec<QueueEntry> {
    (from..to).map(entry).collect()
}
