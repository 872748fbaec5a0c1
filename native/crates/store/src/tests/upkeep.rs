//! Retention, the trash, zeroing ahead.

use std::path::Path;
use std::sync::atomic::Ordering;

use turbopump_wire::{PhysicalOffset, QueueId};

use super::{Message, NOW_MS, Rig, SEGMENT_BYTES};
use crate::disk::{Disk, Space};
use crate::error::ReadError;
use crate::options::FlushMode;

fn filled() -> Rig {
    let rig = Rig::new(FlushMode::Async);
    for id in 0..40 {
        rig.append(&[Message::new(id, 0, 600)]).expect("append");
    }
    rig.core.log.sync_group().expect("sync");
    rig.core.checkpoint(false).expect("checkpoint");
    for segment in rig.core.log.segments.covering(0, u64::MAX) {
        let age = if segment.base < 2 * SEGMENT_BYTES { 100 } else { 0 };
        rig.disk.set_modified(&segment.path, NOW_MS - age * 3_600_000);
    }
    rig
}

fn min(rig: &Rig) -> u64 {
    rig.core.log.segments.first_base().expect("a segment")
}

fn crowd(rig: &Rig, available: u64) {
    rig.disk.set_space(Space { total: 100, available });
    rig.core.retain().expect("retention");
}

#[test]
fn expired_segments_go_and_the_queue_follows() {
    let rig = filled();
    rig.core.retain().expect("retention");
    assert_eq!(min(&rig), 0, "not the hour, not crowded");
    crowd(&rig, 20);
    assert_eq!(min(&rig), 2 * SEGMENT_BYTES, "two are older than 72 hours");
    let gone = rig.core.log.read_record(PhysicalOffset::ZERO, None);
    assert!(matches!(gone, Err(ReadError::Deleted { .. })));
    let queue = rig.core.dispatch.queues.get("T", QueueId::new(0)).expect("opens");
    let queue = queue.expect("exists");
    let first = queue.min_offset();
    let mut entries = Vec::new();
    queue.read(first, 1, &mut entries).expect("read");
    assert!(entries[0].physical.get() >= 2 * SEGMENT_BYTES);
    let next = rig.reopened(rig.disk.after_kill());
    assert_eq!(min(&next), 2 * SEGMENT_BYTES);
    let queue = next.core.dispatch.queues.get("T", QueueId::new(0)).expect("opens");
    assert_eq!(queue.expect("exists").min_offset(), first);
}

#[test]
fn an_operator_removes_what_is_old_whatever_the_hour() {
    let rig = filled();
    assert_eq!(rig.core.expire_now().expect("expiry"), 2);
    assert_eq!(min(&rig), 2 * SEGMENT_BYTES, "younger segments stay");
    assert_eq!(rig.core.expire_now().expect("expiry"), 0);
    rig.core.expire_derived().expect("nothing is left to do");
}

#[test]
fn above_85_percent_all_but_the_written_segment_go() {
    let rig = filled();
    crowd(&rig, 12);
    assert_eq!(min(&rig), rig.end() - rig.end() % SEGMENT_BYTES);
    rig.append(&[Message::new(99, 0, 60)]).expect("writes go on below 90 %");
}

#[test]
fn a_crash_between_trash_and_queues_is_caught_up() {
    let rig = filled();
    rig.disk.kill_at(crate::disk::CrashPoint::AfterSegmentToTrash, 0);
    rig.disk.set_space(Space { total: 100, available: 12 });
    assert!(rig.core.retain().is_err());
    let next = rig.reopened(rig.disk.after_kill());
    assert_eq!(min(&next), SEGMENT_BYTES);
    let queue = next.core.dispatch.queues.get("T", QueueId::new(0)).expect("opens");
    let queue = queue.expect("exists");
    let mut entries = Vec::new();
    queue.read(queue.min_offset(), 1, &mut entries).expect("read");
    assert!(entries[0].physical.get() >= SEGMENT_BYTES);
}

#[test]
fn the_trash_is_emptied_also_of_what_an_earlier_run_left() {
    let rig = filled();
    crowd(&rig, 20);
    let trash = Path::new("/store/commitlog.trash");
    assert_eq!(rig.disk.list(trash).expect("list").len(), 2);
    let next = rig.reopened(rig.disk.after_kill());
    next.core.trash.empty(|| false).expect("empty");
    assert_eq!(next.disk.list(trash).expect("list"), []);
}

#[test]
fn a_segment_somebody_holds_is_not_shortened() {
    let rig = filled();
    let held = rig.core.log.segments.find(0).expect("first");
    crowd(&rig, 20);
    rig.core.trash.empty(|| false).expect("empty");
    let trash = Path::new("/store/commitlog.trash");
    assert_eq!(rig.disk.list(trash).expect("list").len(), 1, "the held one stays");
    drop(held);
    rig.core.trash.empty(|| false).expect("empty");
    assert_eq!(rig.disk.list(trash).expect("list"), []);
}

#[test]
fn preparing_makes_the_next_segment_and_never_touches_records() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let rig = Rig::new(mode);
        for id in 0..100 {
            rig.append(&[Message::new(id, 0, 600)]).expect("append");
            rig.core.log.sync_group().expect("sync");
            rig.core.log.prepare(|| false).expect("prepare");
            let tail = rig.core.log.positions.written.load(Ordering::Acquire);
            let half = tail - tail % SEGMENT_BYTES + SEGMENT_BYTES / 2;
            let next = rig.core.log.segments.find(half + SEGMENT_BYTES / 2);
            assert!(next.is_some() || tail < half, "{mode:?}: no next segment at {tail}");
        }
        assert_eq!(rig.assert_whole().len(), 100);
    }
}

#[test]
fn while_nobody_appends_the_rest_of_the_file_and_the_next_two_are_zeroed() {
    let rig = Rig::new(FlushMode::Sync);
    let log = &rig.core.log;
    assert_eq!(log.fill(0, || true).ok(), Some(false), "told to pause");
    let room = |segments| Space { total: 1 << 40, available: segments * SEGMENT_BYTES };
    for (base, room) in [(SEGMENT_BYTES, room(7)), (2 * SEGMENT_BYTES, room(8))] {
        rig.disk.set_space(room);
        assert_eq!(log.fill(0, || false).ok(), Some(true));
        for base in [0, base] {
            let segment = log.segments.find(base).expect("made");
            let left = segment.claim_zeroing(1, 0, SEGMENT_BYTES);
            assert_eq!(left, None, "zeros of the segment at {base} are wanted still");
        }
        assert!(log.segments.find(base + SEGMENT_BYTES).is_none(), "as many as there is room for");
    }
    let mut bodies = Vec::new();
    while rig.end() <= 64 << 10 {
        let message = Message::new(bodies.len() as u64, 0, 3_000);
        rig.append(std::slice::from_ref(&message)).expect("append");
        log.sync_group().expect("sync");
        bodies.push(message.body());
    }
    assert_eq!(log.fill(0, || false).ok(), Some(false), "who appends goes first");
    assert_eq!(rig.assert_whole(), bodies);
}

#[test]
fn a_checkpoint_is_due_at_once_then_by_time_and_never_for_most_of_the_time() {
    let rig = Rig::new(FlushMode::Async);
    let due = |since_ms, took_ms| {
        let ms = std::time::Duration::from_millis;
        rig.core.is_checkpoint_due(ms(since_ms), ms(took_ms))
    };
    assert!(due(0, 0), "the first of a run");
    rig.core.checkpoint(false).expect("checkpoint");
    assert!(!due(4_999, 0) && due(5_000, 0));
    assert!(!due(7_999, 2_000) && due(8_000, 2_000), "a quarter of the time");
}
