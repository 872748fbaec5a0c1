//! Reading what is not in memory, in blocks. `real_disk` looks at what the page cache keeps.

use super::*;
use crate::disk::memory::FaultOn;

const BIG_SEGMENT_BYTES: u64 = 4 << 20;

fn big(options: StoreOptions) -> StoreOptions {
    StoreOptions { segment_bytes: BIG_SEGMENT_BYTES, ..options }
}

/// A durable log of `segments` files and more, all its bytes different.
fn filled(segments: u64) -> Rig {
    let rig = Rig::open(MemoryDisk::new(), &big(options(FlushMode::Async))).expect("opens");
    let mut nth = 0;
    while rig.end() < segments * BIG_SEGMENT_BYTES + (1 << 20) {
        let messages: Vec<Message> = (nth..nth + 64).map(|id| Message::new(id, 0, 3_000)).collect();
        rig.append(&messages).expect("append");
        nth += 64;
    }
    rig.core.log.sync_group().expect("sync");
    rig
}

fn cold(rig: &Rig, at: u64, len: u32) -> (Vec<u8>, Vec<u64>) {
    let (mut out, mut ahead) = (vec![9], Vec::new());
    let log = &rig.core.log;
    log.read_cold(PhysicalOffset::new(at), len, &mut out, &mut ahead).expect("reads");
    assert_eq!(out.remove(0), 9, "appended to what was there");
    (out, ahead)
}

fn exact(rig: &Rig, at: u64, len: u32) -> Vec<u8> {
    rig.core.log.read_run(PhysicalOffset::new(at), len).expect("reads").to_vec()
}

#[test]
fn blocks_have_the_bytes_of_the_log_wherever_a_run_lies() {
    let rig = filled(1);
    let end = rig.end();
    for (at, len) in [
        (0, 1),
        (1, 100_000),
        ((512 << 10) - 7, 14),
        (3, 3 << 20),
        (BIG_SEGMENT_BYTES - 4096, 4096),
        (BIG_SEGMENT_BYTES, 5_000),
        (end - 5_000, 5_000),
    ] {
        assert_eq!(cold(&rig, at, len).0, exact(&rig, at, len), "{len} from {at}");
    }
    let beyond = PhysicalOffset::new(end - 10);
    let log = &rig.core.log;
    assert!(log.read_cold(beyond, 11, &mut Vec::new(), &mut Vec::new()).is_err());
    let across = PhysicalOffset::new(BIG_SEGMENT_BYTES - 10);
    assert!(log.read_cold(across, 20, &mut Vec::new(), &mut Vec::new()).is_err());
}

#[test]
fn who_goes_on_from_block_to_block_has_the_next_ones_read_ahead() {
    let rig = filled(1);
    let block = 512 << 10;
    assert_eq!(cold(&rig, 100, 50).1, [], "a single look is no sequence");
    assert_eq!(cold(&rig, 5 * block, 50).1, [], "nor is a jump");
    let (_, ahead) = cold(&rig, block + 7, 50);
    assert_eq!(ahead, [2 * block, 3 * block, 4 * block], "block 5 is there already");
    ahead.iter().for_each(|position| rig.core.log.load_block(*position));
    // Everything up to block 5 is in memory now: no read of the device is left to fail.
    rig.disk.inject(FaultOn::Read, "commitlog", 0);
    rig.disk.set_cold(Some("commitlog"));
    assert_eq!(cold(&rig, 0, 3 << 20).0.len(), 3 << 20);
    rig.core.log.cold.clear();
    let (mut out, mut next) = (Vec::new(), Vec::new());
    let failed = rig.core.log.read_cold(PhysicalOffset::ZERO, 10, &mut out, &mut next);
    assert!(failed.is_err(), "given back");
}

#[test]
fn a_block_that_could_not_be_read_is_tried_again() {
    let rig = filled(0);
    rig.disk.inject(FaultOn::Read, "commitlog", 0);
    let (mut out, mut ahead) = (Vec::new(), Vec::new());
    let failed = rig.core.log.read_cold(PhysicalOffset::ZERO, 10, &mut out, &mut ahead);
    assert!(failed.expect_err("a bad sector").to_string().contains("injected"));
    rig.disk.heal();
    assert_eq!(cold(&rig, 0, 10).0, exact(&rig, 0, 10));
}
