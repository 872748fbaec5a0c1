//! From an input to a store folder.
//!
//! A byte of flags; with `CHECKPOINT` the checkpoint's first 112 bytes; with `QUEUE` a queue file
//! of 400 bytes; with `INDEX` an index file of 424; with `JOURNAL` one chunk of each file of the
//! queue journal, a byte of length and its payload; the rest is the log, 4 KiB a segment, at most
//! three. With `JOURNAL` the checkpoint is mended to count on those chunks. With `MEND` checksums,
//! positions and fillers of what parses as records are put right, and with `NUMBER` their numbers
//! in their queues too, so that mutations get behind those checks.

use turbopump_store::{FlushMode, StoreOptions};
use turbopump_wire::record::{BLANK_BYTES, BlankRecord, RecordView, body_crc, layout};

use crate::plain_disk::PlainDisk;

const SEGMENT_BYTES: usize = 4096;
const CHECKPOINT_BYTES: usize = 112;
const QUEUE_FILE_BYTES: usize = 400;
const INDEX_SLOTS: u32 = 16;
const INDEX_ENTRIES: u32 = 16;
const INDEX_FILE_BYTES: usize = 40 + 4 * INDEX_SLOTS as usize + 20 * INDEX_ENTRIES as usize;

/// What an input says of itself.
#[derive(Clone, Copy)]
pub struct Flags(u8);

impl Flags {
    pub const ABORT: u8 = 1;
    pub const CHECKPOINT: u8 = 2;
    pub const QUEUE: u8 = 4;
    pub const MEND: u8 = 8;
    pub const SYNC: u8 = 16;
    pub const NUMBER: u8 = 32;
    pub const INDEX: u8 = 64;
    pub const JOURNAL: u8 = 128;

    #[must_use]
    pub const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// The options that every image is opened with.
#[must_use]
pub fn options(flags: Flags) -> StoreOptions {
    StoreOptions {
        segment_bytes: SEGMENT_BYTES as u64,
        queue_file_bytes: QUEUE_FILE_BYTES as u64,
        index_slots: INDEX_SLOTS,
        index_entries: INDEX_ENTRIES,
        flush_mode: if flags.has(Flags::SYNC) { FlushMode::Sync } else { FlushMode::Async },
        ..StoreOptions::at("/store")
    }
}

/// The folder that `data` describes, `None` when it has not even flags.
#[must_use]
pub fn image_of(data: &[u8]) -> Option<(PlainDisk, Flags)> {
    let (flags, rest) = data.split_first()?;
    let flags = Flags(*flags);
    let disk = PlainDisk::default();
    let parts = [
        (Flags::CHECKPOINT, "/store/checkpoint", CHECKPOINT_BYTES, 4096),
        (Flags::QUEUE, "/store/consumequeue/T/0/00000000000000000000", 400, QUEUE_FILE_BYTES),
        (Flags::INDEX, "/store/index/20231114221320000", INDEX_FILE_BYTES, INDEX_FILE_BYTES),
    ];
    let mut rest = rest;
    for (flag, path, taken, file_bytes) in parts {
        if flags.has(flag) {
            let (bytes, after) = rest.split_at(rest.len().min(taken));
            disk.put(path, bytes, file_bytes);
            rest = after;
        }
    }
    if flags.has(Flags::JOURNAL) {
        let counting;
        (counting, rest) = put_journal(&disk, rest);
        if flags.has(Flags::CHECKPOINT) {
            let given = data.get(1..).unwrap_or_default();
            disk.replace("/store/checkpoint", &checkpoint_of(given, counting), 4096);
        }
    }
    if flags.has(Flags::ABORT) {
        disk.put("/store/abort", b"1", 1);
    }
    let mut log = rest.to_vec();
    log.truncate(3 * SEGMENT_BYTES);
    if flags.has(Flags::MEND) {
        mend(&mut log, flags.has(Flags::NUMBER));
    }
    for (number, bytes) in log.chunks(SEGMENT_BYTES).enumerate() {
        let base = number * SEGMENT_BYTES;
        disk.put(&format!("/store/commitlog/{base:020}"), bytes, SEGMENT_BYTES);
    }
    Some((disk, flags))
}

/// Both chunks with good checksums; how many bytes they take, and what follows in the input.
fn put_journal<'a>(disk: &PlainDisk, mut rest: &'a [u8]) -> ([u32; 2], &'a [u8]) {
    let mut counting = [0; 2];
    for (nth, count) in counting.iter_mut().enumerate() {
        let Some((len, after)) = rest.split_first() else { break };
        let (payload, after) = after.split_at(after.len().min(usize::from(*len)));
        rest = after;
        if !payload.is_empty() {
            let (len, crc) = (payload.len() as u32, crc32fast::hash(payload));
            let head = [0x5450_514A_u32, len, crc].map(u32::to_be_bytes);
            let chunk = [head.as_flattened(), payload].concat();
            disk.put(&format!("/store/queuejournal.{nth}"), &chunk, chunk.len());
            *count = chunk.len() as u32;
        }
    }
    (counting, rest)
}

/// A checkpoint that is ours and counts on the journal; times, position and flags as given.
fn checkpoint_of(given: &[u8], counting: [u32; 2]) -> Vec<u8> {
    let mut bytes = given.to_vec();
    bytes.resize(CHECKPOINT_BYTES, 0);
    put(&mut bytes, 40, &[0x5450_434B_u32, 2].map(u32::to_be_bytes).concat());
    put(&mut bytes, 60, &counting.map(u32::to_be_bytes).concat());
    bytes.copy_within(..40, 68);
    let crc = crc32fast::hash(&bytes[40..108]);
    put(&mut bytes, 108, &crc.to_be_bytes());
    bytes
}

fn mend(log: &mut [u8], number: bool) {
    let mut counts: Vec<(Vec<u8>, i32, u64)> = Vec::new();
    let mut at = 0;
    while let Some(head) = log.get(at..).and_then(|rest| rest.first_chunk::<BLANK_BYTES>()) {
        let left = SEGMENT_BYTES - at % SEGMENT_BYTES;
        let blank = BlankRecord { size: left as u32 }.encode();
        if head[4..] == blank[4..] {
            log[at..at + BLANK_BYTES].copy_from_slice(&blank);
            at += left;
            continue;
        }
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(record) = log.get_mut(at..at.saturating_add(size)) else { return };
        let Ok(view) = RecordView::parse(record) else { return };
        let crc = body_crc(view.body);
        let next = number.then(|| next_of(&mut counts, view.topic.as_bytes(), view.queue_id));
        put(record, layout::BODY_CRC, &crc.to_be_bytes());
        put(record, layout::PHYSICAL_OFFSET, &(at as u64).to_be_bytes());
        if let Some(next) = next {
            put(record, layout::QUEUE_OFFSET, &next.to_be_bytes());
        }
        at += size;
    }
}

fn next_of(counts: &mut Vec<(Vec<u8>, i32, u64)>, topic: &[u8], queue: i32) -> u64 {
    for (known, id, next) in counts.iter_mut() {
        if known == topic && *id == queue {
            *next += 1;
            return *next - 1;
        }
    }
    counts.push((topic.to_vec(), queue, 1));
    0
}

fn put(record: &mut [u8], at: usize, bytes: &[u8]) {
    record[at..at + bytes.len()].copy_from_slice(bytes);
}
