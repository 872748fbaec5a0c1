//! Whatever lies in a store's folder, opening it neither panics nor hangs; an open store's log is a
//! run of records without a hole, and opening what it left once more finds the same log.
//!
//! Input: a byte of flags; with `CHECKPOINT` the checkpoint's first 112 bytes; with `QUEUE` a queue
//! file of 400 bytes; the rest is the log, 8 KiB a segment, at most four. With `MEND` checksums and
//! positions of what parses as records are put right, so that mutations get behind those checks.
#![no_main]

use std::path::Path;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use turbopump_store::clock::ManualClock;
use turbopump_store::disk::memory::MemoryDisk;
use turbopump_store::disk::{Disk, OpenMode};
use turbopump_store::{FlushMode, OpenError, Store, StoreOptions};
use turbopump_wire::PhysicalOffset;
use turbopump_wire::record::{RecordView, body_crc};

const SEGMENT_BYTES: usize = 8192;
const CHECKPOINT_BYTES: usize = 112;
const QUEUE_FILE_BYTES: usize = 400;
const ABORT: u8 = 1;
const CHECKPOINT: u8 = 2;
const QUEUE: u8 = 4;
const MEND: u8 = 8;
const SYNC: u8 = 16;
const CRC_AT: usize = 8;
const POSITION_AT: usize = 28;

fuzz_target!(|data: &[u8]| {
    let Some((&flags, rest)) = data.split_first() else { return };
    let disk = MemoryDisk::new();
    let rest = if flags & CHECKPOINT == 0 {
        rest
    } else {
        let (bytes, rest) = rest.split_at(rest.len().min(CHECKPOINT_BYTES));
        put(&disk, "/store/checkpoint", bytes, 4096);
        rest
    };
    let rest = if flags & QUEUE == 0 {
        rest
    } else {
        let (bytes, rest) = rest.split_at(rest.len().min(QUEUE_FILE_BYTES));
        put(&disk, "/store/consumequeue/T/0/00000000000000000000", bytes, QUEUE_FILE_BYTES);
        rest
    };
    if flags & ABORT != 0 {
        put(&disk, "/store/abort", b"1", 1);
    }
    for (number, bytes) in rest.chunks(SEGMENT_BYTES).take(4).enumerate() {
        let base = number * SEGMENT_BYTES;
        let mut bytes = bytes.to_vec();
        if flags & MEND != 0 {
            mend(&mut bytes, base);
        }
        put(&disk, &format!("/store/commitlog/{base:020}"), &bytes, SEGMENT_BYTES);
    }
    let Ok((min, end)) = open(&disk, flags) else { return };
    let again = open(&disk.after_kill(), flags | ABORT).expect("what recovery left opens");
    assert_eq!(again, (min, end), "recovery of its own work");
});

fn put(disk: &MemoryDisk, path: &str, bytes: &[u8], file_bytes: usize) {
    let path = Path::new(path);
    disk.create_dir_all(path.parent().unwrap()).unwrap();
    let file = disk.open(path, OpenMode::CreateIfMissing).unwrap();
    file.set_size(file_bytes as u64).unwrap();
    file.write_at(bytes, 0).unwrap();
}

fn mend(bytes: &mut [u8], base: usize) {
    let mut at = 0;
    while let Some(size) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let size = u32::from_be_bytes(*size) as usize;
        let Some(record) = bytes.get_mut(at..at.saturating_add(size)) else { return };
        let Ok(view) = RecordView::parse(record) else { return };
        let crc = body_crc(view.body);
        record[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_be_bytes());
        let position = (base + at) as u64;
        record[POSITION_AT..POSITION_AT + 8].copy_from_slice(&position.to_be_bytes());
        at += size;
    }
}

fn open(disk: &MemoryDisk, flags: u8) -> Result<(u64, u64), OpenError> {
    let options = StoreOptions {
        segment_bytes: SEGMENT_BYTES as u64,
        queue_file_bytes: QUEUE_FILE_BYTES as u64,
        index_slots: 64,
        index_entries: 64,
        flush_mode: if flags & SYNC == 0 { FlushMode::Async } else { FlushMode::Sync },
        ..StoreOptions::at("/store")
    };
    let clock = Arc::new(ManualClock::new(1_700_000_000_000));
    let (store, _) = Store::open(options, Arc::new(disk.clone()), clock)?;
    let (min, end) = (store.min_offset().get(), store.readable().get());
    let mut at = min;
    while at < end {
        let left = SEGMENT_BYTES as u64 - at % SEGMENT_BYTES as u64;
        match store.read_record(PhysicalOffset::new(at), None) {
            Ok(record) => at += record.len() as u64,
            Err(_) => {
                let blank = store.read_run(PhysicalOffset::new(at), 8).expect("a blank record");
                assert_eq!(blank[..4], (left as u32).to_be_bytes(), "a hole at {at}");
                at += left;
            }
        }
    }
    Ok((min, end))
}
