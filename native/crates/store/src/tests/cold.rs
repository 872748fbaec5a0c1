//! Reading what is not in memory, in blocks. `real_disk` looks at what the page cache keeps.

use super::*;
use crate::commit_log::ColdRun;
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
    let mut run = ColdRun::default();
    run.bytes.push(9);
    rig.core.log.read_cold(PhysicalOffset::new(at), len, &mut run).expect("reads");
    assert_eq!(run.bytes.remove(0), 9, "appended to what was there");
    (run.bytes, run.ahead)
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
    assert!(log.read_cold(beyond, 11, &mut ColdRun::default()).is_err());
    let across = PhysicalOffset::new(BIG_SEGMENT_BYTES - 10);
    assert!(log.read_cold(across, 20, &mut ColdRun::default()).is_err());
}

#[test]
fn who_goes_on_from_block_to_block_has_the_next_ones_read_ahead() {
    let rig = filled(1);
    let block = 512 << 10;
    assert_eq!(cold(&rig, 100, 50).1, [], "a single look is no sequence");
    assert_eq!(cold(&rig, 5 * block, 50).1, [], "nor is a jump");
    let (_, ahead) = cold(&rig, block + 7, 50);
    assert_eq!(ahead, [2 * block, 3 * block, 4 * block], "block 5 is there already");
    for position in &ahead {
        rig.core.log.load_block(*position);
    }
    // Everything up to block 5 is in memory now: no read of the device is left to fail.
    rig.disk.inject(FaultOn::Read, "commitlog", 0);
    rig.disk.set_cold(Some("commitlog"));
    assert_eq!(cold(&rig, 0, 3 << 20).0.len(), 3 << 20);
    rig.core.log.cold.clear();
    let failed = rig.core.log.read_cold(PhysicalOffset::ZERO, 10, &mut ColdRun::default());
    assert!(failed.is_err(), "given back");
}

#[test]
fn a_block_that_could_not_be_read_is_tried_again() {
    let rig = filled(0);
    rig.disk.inject(FaultOn::Read, "commitlog", 0);
    let failed = rig.core.log.read_cold(PhysicalOffset::ZERO, 10, &mut ColdRun::default());
    assert!(failed.expect_err("a bad sector").to_string().contains("injected"));
    rig.disk.heal();
    assert_eq!(cold(&rig, 0, 10).0, exact(&rig, 0, 10));
}

#[test]
fn who_may_not_wait_gets_what_was_read_ahead_and_asks_for_more() {
    let rig = filled(1);
    let block = 512 << 10;
    let take = |at: u64, run: &mut ColdRun| {
        let taken = rig.core.log.take_cold(PhysicalOffset::new(at), 2_000, run);
        taken.expect("looks")
    };
    rig.disk.set_cold(Some("commitlog"));
    let mut run = ColdRun::default();
    run.bytes.push(9);
    assert!(!take(5, &mut run));
    cold(&rig, 5, 2_000);
    assert!(!take(block - 1_000, &mut run), "half of it is there");
    assert_eq!(run.bytes, [9], "and not handed out");
    let ahead = std::mem::take(&mut run.ahead);
    assert_eq!(ahead, [2 * block, 3 * block, 4 * block, 5 * block]);
    for position in ahead.iter().chain([&block]) {
        rig.core.log.load_block(*position);
    }
    rig.disk.inject(FaultOn::Read, "commitlog", 0);
    run.bytes.clear();
    for at in [5, block - 1_000, 2 * block + 7, 5 * block] {
        assert!(take(at, &mut run), "{at}");
    }
    assert_eq!(run.ahead, [6 * block, 7 * block], "more, up to the end of the file");
    rig.disk.heal();
    let pieces = [5, block - 1_000, 2 * block + 7, 5 * block];
    let expected: Vec<u8> = pieces.iter().flat_map(|at| exact(&rig, *at, 2_000)).collect();
    assert_eq!(run.bytes, expected);
}
