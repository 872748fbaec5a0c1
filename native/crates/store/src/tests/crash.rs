//! The machine dies at every single change of the disk, and at every named gap; the next process
//! finds what a kill or a power cut leaves. Lost acknowledged records: 0. Phantoms: 0. Holes: 0.

use turbopump_wire::PhysicalOffset;

use super::{Message, Rig, SEGMENT_BYTES, options, record_bytes, scribble, segment_path};
use crate::disk::CrashPoint;
use crate::disk::memory::MemoryDisk;
use crate::maintenance::Reach;
use crate::options::FlushMode;

/// What a client of the dead process knows.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) sent: Vec<Vec<u8>>,
    /// Answered OK: survives a kill.
    pub(super) acked: usize,
    /// Promised to survive a power cut.
    pub(super) durable: usize,
}

/// A fixed piece of life: appends, syncs, checkpoints, preparation, rolls, a second segment.
/// Stops at the first error, as the process would.
fn live(disk: &MemoryDisk, mode: FlushMode, ledger: &mut Ledger) {
    let Ok(rig) = Rig::open(disk.clone(), &options(mode)) else { return };
    rig.journal_in_small_steps();
    for round in 0..15_u64 {
        let batch: Vec<_> = (0..3_u64)
            .map(|number| {
                let id = round * 10 + number;
                Message::new(id, (id % 2) as u32, 120 + 97 * (id as usize % 7))
            })
            .collect();
        let known = ledger.sent.len();
        ledger.sent.extend(batch.iter().map(Message::body));
        if rig.append(&batch).is_err() {
            return;
        }
        if mode == FlushMode::Async {
            ledger.acked = known + batch.len();
        }
        if mode == FlushMode::Sync || round % 3 == 1 {
            if rig.core.log.sync_group().is_err() {
                return;
            }
            ledger.acked = ledger.sent.len();
            ledger.durable = ledger.sent.len();
        }
        // The journal, its older file's queues in two slices, then all files.
        let reach = if round == 14 { Reach::Files } else { Reach::Journal };
        if round % 4 == 2 && rig.core.write_checkpoint(reach).is_err() {
            return;
        }
        if round % 5 == 0 && rig.core.log.prepare(|| false).is_err() {
            return;
        }
    }
    // Whatever comes of it: a stop that fails is one more crash.
    drop(rig.core.close());
}

/// Opens what is left, checks it, goes on writing, dies again and checks once more.
pub(super) fn check(
    disk: MemoryDisk,
    mode: FlushMode,
    ledger: &Ledger,
    promised: usize,
    what: &str,
) {
    let rig = Rig::open(disk, &options(mode)).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = rig.assert_whole();
    assert!(found.len() >= promised, "{what}: {} of {promised} acknowledged left", found.len());
    assert!(found.len() <= ledger.sent.len(), "{what}: more than was sent");
    assert_eq!(found[..], ledger.sent[..found.len()], "{what}: not what was sent, in order");
    let extra = Message::new(9_999, 1, 333);
    rig.append(std::slice::from_ref(&extra)).expect("goes on");
    rig.core.log.sync_group().expect("sync");
    let mut expected = found;
    expected.push(extra.body());
    let before = rig.disk.after_power_cut(5);
    // The first one of a run relies on what recovery found in files, synced or not.
    rig.core.write_checkpoint(Reach::Journal).expect("checkpoint");
    for (disk, when) in [(before, "second start"), (rig.disk.after_power_cut(6), "checkpointed")] {
        let again = Rig::open(disk, &options(mode));
        let again = again.unwrap_or_else(|error| panic!("{what}, {when}: {error}"));
        assert_eq!(again.assert_whole(), expected, "{what}: {when}");
    }
}

fn changes_of_a_whole_life(mode: FlushMode) -> u64 {
    let disk = MemoryDisk::losing_folders();
    live(&disk, mode, &mut Ledger::default());
    disk.changes()
}

#[test]
fn killed_at_every_change() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let changes = changes_of_a_whole_life(mode);
        assert!(changes > 60, "a life of {changes} changes tests little");
        for at in 0..changes {
            let disk = MemoryDisk::losing_folders();
            disk.kill_after(at);
            let mut ledger = Ledger::default();
            live(&disk, mode, &mut ledger);
            assert!(disk.is_dead());
            let what = format!("{mode:?} killed at change {at}");
            check(disk.after_kill(), mode, &ledger, ledger.acked, &what);
        }
    }
}

#[test]
fn power_cut_at_every_change() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        // Every change was a kill's turn above; cuts take every second one, each with two images.
        for at in (0..changes_of_a_whole_life(mode)).step_by(2) {
            let disk = MemoryDisk::losing_folders();
            disk.kill_after(at);
            let mut ledger = Ledger::default();
            live(&disk, mode, &mut ledger);
            for seed in 0..2 {
                let what = format!("{mode:?} power cut {seed} at change {at}");
                let left = disk.after_power_cut(at * 31 + seed);
                check(left, mode, &ledger, ledger.durable, &what);
            }
        }
    }
}

#[test]
fn killed_at_every_named_gap() {
    use CrashPoint::{
        AfterLogSync, AfterLogWrite, AfterQueueFlush, AfterSegmentCreate, BeforeAbortRemove,
        BeforeCheckpoint, BeforeCheckpointSync, BeforeLogSync, BeforeLogWrite, BeforeTailCut,
        BetweenSegments,
    };
    for mode in [FlushMode::Async, FlushMode::Sync] {
        for point in [
            BeforeLogWrite,
            BetweenSegments,
            AfterLogWrite,
            BeforeLogSync,
            AfterLogSync,
            AfterSegmentCreate,
            AfterQueueFlush,
            BeforeCheckpoint,
            BeforeCheckpointSync,
            BeforeTailCut,
            BeforeAbortRemove,
        ] {
            if point == AfterLogWrite && mode == FlushMode::Sync {
                continue; // There is no such gap: the group's write is its sync.
            }
            let mut stops = 0;
            for nth in 0..100 {
                let disk = MemoryDisk::losing_folders();
                disk.kill_at(point, nth);
                let mut ledger = Ledger::default();
                live(&disk, mode, &mut ledger);
                if !disk.is_dead() {
                    break;
                }
                stops += 1;
                let what = format!("{mode:?} at {point:?} number {nth}");
                check(disk.after_kill(), mode, &ledger, ledger.acked, &what);
                let left = disk.after_power_cut(nth);
                check(left, mode, &ledger, ledger.durable, &what);
            }
            assert!(stops > 0, "{mode:?} never came to {point:?}");
        }
    }
}

#[test]
fn dying_during_recovery_changes_nothing() {
    let first = MemoryDisk::losing_folders();
    first.kill_after(70);
    let mut ledger = Ledger::default();
    live(&first, FlushMode::Async, &mut ledger);
    let left = first.after_power_cut(11);
    let expected = {
        let rig = Rig::open(left.after_kill(), &options(FlushMode::Async)).expect("opens");
        rig.assert_whole()
    };
    for at in 0.. {
        let second = left.after_kill();
        second.kill_after(at);
        let opened = Rig::open(second.clone(), &options(FlushMode::Async));
        let is_done = opened.is_ok();
        drop(opened);
        for next in [second.after_kill(), second.after_power_cut(at)] {
            let rig = Rig::open(next, &options(FlushMode::Async)).expect("opens after all");
            assert_eq!(rig.assert_whole(), expected, "died at change {at} of recovery");
        }
        if is_done {
            assert!(at > 3, "recovery changed something");
            return;
        }
    }
}

/// A log of one record, with an old one 4 KiB from the start that a second one of 2 KiB would
/// lead to; the checkpoint covers the first.
fn log_with_a_record_behind_its_end() -> (MemoryDisk, [Message; 3]) {
    let messages = [0, 1, 2].map(|id| {
        let size = record_bytes(id, 1024) - 1024;
        Message::new(id, 0, 2048 - size as usize)
    });
    let rig = Rig::new(FlushMode::Async);
    rig.append(&messages[..1]).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.core.checkpoint(false).expect("checkpoint");
    rig.append(&messages[1..]).expect("append");
    assert_eq!(rig.end(), 3 * 2048);
    rig.core.log.sync_group().expect("sync");
    let left = rig.disk.after_kill();
    scribble(&left, &segment_path(0), 2048, &[0; 2048]);
    (left, messages)
}

#[test]
fn what_a_killed_recovery_zeroed_is_not_there_again_behind_new_records() {
    let (left, old) = log_with_a_record_behind_its_end();
    let new = Message { id: 7, ..old[1].clone() };
    for mode in [FlushMode::Async, FlushMode::Sync] {
        for at in 0.. {
            let first = left.after_kill();
            first.kill_after(at);
            let is_done = Rig::open(first.clone(), &options(mode)).is_ok();
            for found in [first.after_kill(), first.after_power_cut(at)] {
                let second = Rig::open(found, &options(mode)).expect("opens");
                assert_eq!(second.assert_whole(), [old[0].body()]);
                second.append(std::slice::from_ref(&new)).expect("append");
                for seed in 0..32 {
                    let third = second.reopened(second.disk.after_power_cut(seed));
                    let bodies = third.assert_whole();
                    let sent = [old[0].body(), new.body()];
                    assert!(sent.starts_with(&bodies), "{mode:?}, change {at}, seed {seed}");
                    assert!(!bodies.is_empty(), "{mode:?}, change {at}, seed {seed}");
                }
                second.core.log.sync_group().expect("sync");
                let third = second.reopened(second.disk.after_power_cut(at));
                assert_eq!(third.assert_whole(), [old[0].body(), new.body()]);
            }
            if is_done {
                assert!(at > 3, "recovery changed something");
                break;
            }
        }
    }
}

#[test]
fn two_threads_append_and_one_syncs() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let rig = Rig::new(mode);
        std::thread::scope(|scope| {
            for queue in 0..2_u32 {
                let rig = &rig;
                scope.spawn(move || {
                    for id in 0..200_u64 {
                        let message = Message::new(id * 2 + u64::from(queue), queue, 100);
                        rig.append(&[message]).expect("append");
                        if id % 16 == 15 {
                            rig.core.log.sync_group().expect("sync");
                        }
                    }
                });
            }
            scope.spawn(|| {
                for _ in 0..50 {
                    rig.core.log.sync_group().expect("sync");
                    rig.core.checkpoint(false).expect("checkpoint");
                    rig.core.log.prepare(|| false).expect("prepare");
                }
            });
        });
        rig.core.log.sync_group().expect("sync");
        assert_eq!(rig.assert_whole().len(), 400);
        assert_eq!(rig.reopened(rig.disk.after_power_cut(2)).assert_whole().len(), 400);
    }
}

#[test]
fn what_a_kill_left_in_the_page_cache_is_flushed_later_and_named_by_nothing_until_then() {
    let messages: Vec<_> = (0..30).map(|id| Message::new(id, (id % 2) as u32, 200)).collect();
    let bodies: Vec<_> = messages.iter().map(Message::body).collect();
    let rig = Rig::new(FlushMode::Async);
    rig.append(&messages[..10]).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.core.checkpoint(false).expect("checkpoint");
    let (covered, _) = (rig.end(), rig.append(&messages[10..]).expect("append"));
    let after = rig.reopened(rig.disk.after_kill());
    assert_eq!(after.assert_whole(), bodies, "all of it is readable");
    assert_eq!(after.core.log.flushed_point().end, covered, "the open waited for no sync");
    after.core.checkpoint(false).expect("checkpoint");
    for seed in 0..20 {
        let cut = after.reopened(after.disk.after_power_cut(seed));
        let left = cut.assert_whole();
        assert!(left.len() >= 10, "cut {seed}: {} of the covered 10", left.len());
        assert_eq!(left[..], bodies[..left.len()], "cut {seed}");
    }
    after.core.log.sync_group().expect("sync");
    after.core.checkpoint(false).expect("checkpoint");
    assert_eq!(after.reopened(after.disk.after_power_cut(3)).assert_whole(), bodies);
}

#[test]
fn under_sync_flush_nothing_is_readable_before_it_is_on_disk() {
    let messages: Vec<_> = (0..12).map(|id| Message::new(id, 0, 200)).collect();
    let rig = Rig::new(FlushMode::Async);
    rig.append(&messages[..4]).expect("append");
    rig.core.log.sync_group().expect("sync");
    rig.core.checkpoint(false).expect("checkpoint");
    rig.append(&messages[4..]).expect("append");
    let after = Rig::open(rig.disk.after_kill(), &options(FlushMode::Sync)).expect("opens");
    assert_eq!(after.core.log.flushed_point().end, after.end());
    let cut = Rig::open(after.disk.after_power_cut(1), &options(FlushMode::Sync)).expect("opens");
    assert_eq!(cut.assert_whole().len(), messages.len(), "readable once, there for good");
}

#[test]
fn a_log_moved_to_where_its_master_begins_has_no_hole_after_a_power_cut() {
    let base = 3 * SEGMENT_BYTES;
    for changes in 0_u64.. {
        let rig = Rig::new(FlushMode::Sync);
        rig.disk.kill_after(changes);
        let moved = rig.core.log.start_empty_at(PhysicalOffset::new(base));
        for seed in 0..32 {
            let end = rig.reopened(rig.disk.after_power_cut(seed)).end();
            assert!(end == base || moved.is_err() && end == 0, "{changes}, {seed}: {end}");
        }
        if moved.is_ok() {
            assert!(changes > 2, "nothing was cut short");
            return;
        }
    }
}
