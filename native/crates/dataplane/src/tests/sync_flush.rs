use std::time::{Duration, Instant};

use turbopump_store::FlushMode;
use turbopump_store::disk::memory::FaultOn;

use crate::event_loop::Mail;
use crate::testing::{Call, GROUP, Rig, TOPIC};

fn send(opaque: i32) -> Call {
    Call::send(opaque, TOPIC, "", b"x")
}

/// The sync thread is real here: waits for its word as the loop would, by what it has to say.
fn until_answered(rig: &mut Rig, number: u64, count: usize) -> Vec<crate::testing::Reply> {
    let give_up = Instant::now() + Duration::from_secs(10);
    let mut replies = Vec::new();
    while replies.len() < count {
        assert!(Instant::now() < give_up, "no answer");
        rig.mail(Mail::Progress);
        replies.extend(rig.replies(number));
        std::thread::yield_now();
    }
    replies
}

#[test]
fn a_send_alone_is_synced_by_the_loop_and_answered_in_its_turn() {
    let mut rig = Rig::new(FlushMode::Sync);
    assert_eq!(rig.call(&send(1)).code, 0);
    assert_eq!(rig.plane.shared.store.flushed(), rig.plane.shared.store.written());
}

#[test]
fn a_send_is_not_alone_while_the_loop_has_more_to_read() {
    let mut rig = Rig::new(FlushMode::Sync);
    rig.wires.reads_on = true;
    rig.hand(1, &send(1));
    rig.turn_end();
    assert_eq!(rig.service.core.unsafe_groups.len(), 1, "the loop waited for the device");
    assert_eq!(until_answered(&mut rig, 1, 1).remove(0).code, 0);
}

#[test]
fn sends_of_one_turn_are_answered_when_they_are_on_disk() {
    let mut rig = Rig::new(FlushMode::Sync);
    for opaque in 0..5 {
        rig.hand(1, &send(opaque));
    }
    let before = rig.plane.shared.store.flushed();
    rig.turn_end();
    for reply in until_answered(&mut rig, 1, 5) {
        assert_eq!(reply.code, 0);
    }
    assert!(rig.plane.shared.store.flushed() > before);
    assert!(rig.service.core.unsafe_groups.is_empty());
}

#[test]
fn a_group_that_gets_the_memory_of_a_settled_one_answers_its_own_sends_only() {
    let mut rig = Rig::new(FlushMode::Sync);
    for round in 0..4 {
        let opaques = [2 * round, 2 * round + 1];
        for opaque in opaques {
            rig.hand(1, &send(opaque));
        }
        rig.turn_end();
        let replies = until_answered(&mut rig, 1, 2);
        assert!(replies.iter().map(|reply| reply.opaque).eq(opaques), "round {round}");
        assert!(!rig.service.core.spare_groups.is_empty());
    }
}

#[test]
fn a_held_pull_sees_a_message_only_once_it_is_on_disk() {
    let mut rig = Rig::new(FlushMode::Sync);
    rig.open(2, false);
    rig.hand(2, &Call::pull(9, GROUP, TOPIC, 0));
    rig.hand(1, &send(1));
    rig.hand(1, &send(2));
    rig.turn_end();
    until_answered(&mut rig, 1, 2);
    let pulled = rig.replies(2).remove(0);
    assert_eq!((pulled.code, pulled.number("nextBeginOffset")), (0, 2));
}

#[test]
fn a_failed_sync_answers_an_error_never_ok_and_reads_go_on() {
    let mut rig = Rig::new(FlushMode::Sync);
    assert_eq!(rig.call(&send(1)).code, 0);
    let _ = rig.plane.take_batch();
    rig.disk.inject(FaultOn::Write, "commitlog", 0);
    rig.disk.inject(FaultOn::Sync, "commitlog", 0);
    let refused = rig.call(&send(2));
    assert_eq!(refused.code, 14, "{}", refused.remark);
    assert!(rig.plane.take_batch().poisoned.is_some());
    for opaque in [3, 4] {
        rig.hand(1, &send(opaque));
    }
    rig.turn_end();
    for reply in until_answered(&mut rig, 1, 2) {
        assert_eq!(reply.code, 14);
    }
    let pulled = rig.call(&Call::pull(5, GROUP, TOPIC, 0));
    assert_eq!((pulled.code, pulled.number("maxOffset")), (0, 1), "only the first was promised");
}

#[test]
fn a_failed_group_sync_answers_every_send_of_it_with_an_error() {
    let mut rig = Rig::new(FlushMode::Sync);
    rig.disk.inject(FaultOn::Write, "commitlog", 0);
    rig.disk.inject(FaultOn::Sync, "commitlog", 0);
    for opaque in 0..3 {
        rig.hand(1, &send(opaque));
    }
    rig.turn_end();
    for reply in until_answered(&mut rig, 1, 3) {
        assert_eq!(reply.code, 14);
    }
    assert!(rig.service.core.unsafe_groups.is_empty());
}
