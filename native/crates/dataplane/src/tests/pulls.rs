use turbopump_store::FlushMode;

use crate::policy::{
    BrokerPolicy, BrokerRole, GroupPolicy, LiveGroupPolicy, PolicyDelta, SubscriptionPolicy,
};
use crate::testing::{Call, GROUP, Rig, TOPIC, delta, records};

fn with_messages(count: i32) -> Rig {
    let mut rig = Rig::new(FlushMode::Async);
    for opaque in 0..count {
        assert_eq!(rig.call(&Call::send(opaque, TOPIC, "TAGS\u{1}A\u{2}", b"body")).code, 0);
    }
    rig
}

fn pull(offset: i64) -> Call {
    Call::pull(1, GROUP, TOPIC, offset).with("sysFlag", 4)
}

#[test]
fn offsets_outside_of_the_queue_are_moved_as_java_moves_them() {
    let mut rig = Rig::new(FlushMode::Async);
    assert_eq!(rig.call(&pull(0)).code, 19, "an empty queue at 0 has nothing yet");
    let moved = rig.call(&pull(5));
    assert_eq!((moved.code, moved.number("nextBeginOffset")), (21, 0));
    rig.call(&Call::send(1, TOPIC, "", b"x"));
    assert_eq!(rig.call(&pull(1)).code, 19);
    let moved = rig.call(&pull(9));
    assert_eq!((moved.code, moved.number("nextBeginOffset")), (21, 1));
    let moved = rig.call(&pull(-3));
    assert_eq!((moved.code, moved.number("nextBeginOffset")), (21, 0));
    for field in ["suggestWhichBrokerId", "minOffset", "maxOffset"] {
        assert!(moved.ext.contains_key(field), "{field}");
    }
}

#[test]
fn a_slave_without_its_master_corrects_no_offset() {
    let mut rig = with_messages(2);
    let slave =
        BrokerPolicy { role: BrokerRole::Slave, slave_read_enable: true, ..Default::default() };
    rig.plane.publish(PolicyDelta { broker: Some(slave), ..Default::default() });
    assert_eq!(records(&rig.call(&pull(0)).body).len(), 2);
    assert_eq!(rig.call(&pull(2)).code, 19);
    let ahead = rig.call(&pull(9));
    assert_eq!((ahead.code, ahead.number("nextBeginOffset")), (19, 9));
    let behind = rig.call(&pull(-3));
    assert_eq!(behind.code, 1);
    assert!(behind.remark.contains("before offset 0"), "{}", behind.remark);
}

#[test]
fn an_answer_keeps_its_limits_of_messages_and_bytes() {
    let mut rig = with_messages(40);
    assert_eq!(records(&rig.call(&pull(0)).body).len(), 32);
    assert_eq!(records(&rig.call(&pull(0).with("maxMsgNums", 5)).body).len(), 5);
    let one = records(&rig.call(&pull(0).with("maxMsgNums", 1)).body)[0].bytes().len() as u64;
    for (limit, expected) in [(1, 1), (3 * one, 3), (3 * one - 1, 2)] {
        rig.plane.publish(PolicyDelta {
            broker: Some(BrokerPolicy { max_transfer_bytes: limit, ..Default::default() }),
            ..Default::default()
        });
        let pulled = rig.call(&pull(0));
        assert_eq!(records(&pulled.body).len(), expected, "{limit} bytes");
        assert_eq!(pulled.number("nextBeginOffset"), expected as i64);
    }
}

#[test]
fn other_tags_are_passed_over_at_once() {
    let mut rig = with_messages(3);
    let pulled = rig.call(&pull(0).with("subscription", "B"));
    assert_eq!((pulled.code, &*pulled.remark), (20, "NO_MATCHED_MESSAGE"));
    assert_eq!(pulled.number("nextBeginOffset"), 3);
    assert!(pulled.body.is_empty());
}

#[test]
fn without_a_subscription_inline_the_heartbeats_one_counts() {
    let mut rig = with_messages(1);
    let pull = pull(0).with("sysFlag", 0).with("subVersion", 10);
    assert_eq!(rig.call(&pull).code, 24, "no live group");
    let live = |version, tag_codes| PolicyDelta {
        live_groups: vec![LiveGroupPolicy {
            name: GROUP.into(),
            subscriptions: vec![SubscriptionPolicy {
                topic: TOPIC.into(),
                expression_type: "TAG".into(),
                tag_codes,
                sub_version: version,
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    };
    rig.plane.publish(live(9, vec![]));
    assert_eq!(rig.call(&pull).code, 25, "older than the client's");
    rig.plane.publish(live(10, vec![i32::from(b'A')]));
    assert_eq!(rig.call(&pull).code, 0);
    let mut forbidding = delta();
    forbidding.groups[0].forbidden_topics = vec![TOPIC.into()];
    rig.plane.publish(forbidding);
    let refused = rig.call(&pull);
    assert_eq!((refused.code, &*refused.ext["forbiddenType"]), (16, "5"));
    rig.plane.publish(delta());
    rig.plane.publish(live(10, vec![i32::from(b'B')]));
    assert_eq!(rig.call(&pull).code, 20);
}

#[test]
fn what_may_not_be_pulled_is_refused_with_javas_codes() {
    let mut rig = with_messages(1);
    assert_eq!(rig.call(&Call::pull(1, GROUP, "nowhere", 0)).code, 17);
    assert_eq!(rig.call(&pull(0).with("queueId", 1)).code, 29);
    assert_eq!(rig.call(&pull(0).with("expressionType", "SQL92")).code, 1);
    rig.open(2, true);
    rig.hand(2, &pull(0));
    let refused = rig.replies(2).remove(0);
    assert_eq!((refused.code, &*refused.remark), (3, " request type 11 not supported"));

    let broker = BrokerPolicy { auto_create_subscription_group: false, ..Default::default() };
    rig.plane.publish(PolicyDelta { broker: Some(broker), ..Default::default() });
    assert_eq!(rig.call(&Call::pull(1, "nobody", TOPIC, 0)).code, 26);
    let mut change = delta();
    change.groups = vec![GroupPolicy { name: GROUP.into(), ..Default::default() }];
    rig.plane.publish(change);
    let refused = rig.call(&pull(0));
    assert_eq!((refused.code, &*refused.ext["forbiddenType"]), (16, "2"));
    let mut change = delta();
    change.topics[0].perm = 2;
    rig.plane.publish(change);
    assert_eq!(rig.call(&pull(0)).ext["forbiddenType"], "3");
}

#[test]
fn looks_that_found_and_looks_that_missed_are_counted() {
    let mut rig = with_messages(3);
    rig.call(&pull(0));
    rig.call(&pull(1));
    rig.call(&pull(3));
    let counters = rig.plane.counters();
    assert_eq!((counters.found_pulls, counters.missed_pulls), (2, 1));
    assert_eq!((counters.groups[0].totals.messages, counters.groups[0].totals.pulls), (5, 2));
}

#[test]
fn messages_are_found_by_position_and_by_key() {
    let mut rig = Rig::new(FlushMode::Async);
    let sent = rig.call(&Call::send(1, TOPIC, "KEYS\u{1}order-1 ü\u{2}", b"x"));
    rig.call(&Call::send(2, TOPIC, "KEYS\u{1}order-2\u{2}", b"y"));
    let viewed = rig.call(&Call::new(33, 3).with("offset", 0));
    assert_eq!((viewed.code, records(&viewed.body)[0].body), (0, &b"x"[..]));
    assert_eq!(rig.call(&Call::new(33, 3).with("offset", 5)).code, 1);

    let query = |key: &str| {
        Call::new(12, 4)
            .with("topic", TOPIC)
            .with("key", key)
            .with("maxNum", 10)
            .with("beginTimestamp", 0)
            .with("endTimestamp", i64::MAX)
    };
    for key in ["order-1", "ü", &sent.ext["transactionId"]] {
        let found = rig.call(&query(key));
        assert_eq!(found.code, 0, "{key}");
        assert_eq!(records(&found.body).len(), 1);
        assert_eq!(records(&found.body)[0].body, b"x");
    }
    // Two keys of one Java hash: the index cannot tell them apart, the broker must.
    rig.call(&Call::send(5, TOPIC, "KEYS\u{1}Aa\u{2}", b"z"));
    assert_eq!(rig.call(&query("Aa")).code, 0);
    assert_eq!(rig.call(&query("BB")).code, 22);
    assert_eq!(rig.call(&query("order-3")).code, 22);
    assert_eq!(rig.call(&query("order-1").with("topic", "U")).code, 22);
}
