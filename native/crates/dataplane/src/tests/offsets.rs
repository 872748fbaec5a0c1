use turbopump_store::FlushMode;

use crate::testing::{Call, GROUP, Rig, TOPIC};

fn named(code: i32) -> Call {
    Call::new(code, 1).with("consumerGroup", GROUP).with("topic", TOPIC).with("queueId", 0)
}

fn rig_with(count: i32) -> Rig {
    let mut rig = Rig::new(FlushMode::Async);
    for opaque in 0..count {
        rig.call(&Call::send(opaque, TOPIC, "", b"x"));
    }
    rig
}

#[test]
fn a_new_group_starts_at_zero_only_where_history_is_short() {
    let mut rig = rig_with(0);
    assert_eq!(rig.call(&named(14)).code, 22, "no message yet");
    rig.call(&Call::send(1, TOPIC, "", b"x"));
    let found = rig.call(&named(14));
    assert_eq!((found.code, found.number("offset")), (0, 0));
    assert_eq!(rig.call(&named(14).with("setZeroIfNotFound", false)).code, 22);
    assert_eq!(rig.call(&named(14).with("topic", "nowhere")).code, 22);
}

#[test]
fn a_consumers_commit_moves_forward_and_an_admins_goes_where_it_says() {
    let mut rig = rig_with(10);
    let commit = |offset| named(15).with("commitOffset", offset);
    rig.hand(1, &commit(7).oneway());
    rig.hand(1, &commit(4).oneway());
    assert_eq!(rig.call(&named(14)).number("offset"), 7);
    rig.hand(1, &commit(99).oneway());
    assert_eq!(rig.call(&named(14)).number("offset"), 7, "there is no message 98");
    assert_eq!(rig.call(&commit(2)).code, 0);
    assert_eq!(rig.call(&named(14)).number("offset"), 2);
    assert_eq!(rig.call(&commit(1).with("topic", "nowhere")).code, 17);
    assert_eq!(rig.call(&commit(1).with("consumerGroup", "nobody")).code, 26);
    assert_eq!(rig.call(&named(15)).code, 29);
}

#[test]
fn a_pull_commits_on_its_first_pass_when_it_says_so() {
    let mut rig = rig_with(3);
    let pull = Call::pull(1, GROUP, TOPIC, 0).with("commitOffset", 2);
    rig.call(&pull);
    assert!(rig.plane.consumer_offsets().1.is_empty());
    rig.call(&pull.with("sysFlag", 1 | 4));
    assert_eq!(rig.plane.consumer_offsets().1[0].offset.get(), 2);
}

#[test]
fn bounds_and_times_of_a_queue() {
    let mut rig = rig_with(3);
    assert_eq!(rig.call(&named(30)).number("offset"), 3);
    assert_eq!(rig.call(&named(31)).number("offset"), 0);
    let store_ms = rig.plane.queue_bounds(TOPIC).unwrap()[0].last_update_ms;
    assert_eq!(rig.call(&named(32)).number("timestamp"), store_ms);
    let search = |at: i64| named(29).with("timestamp", at);
    assert_eq!(rig.call(&search(store_ms - 1)).number("offset"), 0);
    assert_eq!(rig.call(&search(store_ms + 1)).number("offset"), 3);
    assert_eq!(rig.call(&named(32).with("queueId", 7)).number("timestamp"), -1);
    assert_eq!(rig.call(&named(30).with("topic", "nowhere")).number("offset"), 0);
    assert!(rig.plane.queue_bounds("nowhere").unwrap().is_empty(), "a question makes no queue");
}
