use turbopump_store::FlushMode;
use turbopump_wire::batch::{self, BatchEntry};
use turbopump_wire::header::HeaderEncoding;

use crate::policy::{BrokerPolicy, BrokerRole, PolicyDelta};
use crate::testing::{Call, GROUP, Rig, TOPIC, properties_of, records};

fn send(opaque: i32, body: &[u8]) -> Call {
    Call::send(opaque, TOPIC, "TAGS\u{1}A\u{2}KEYS\u{1}k1 k2\u{2}", body)
}

#[test]
fn a_send_is_stored_answered_and_pulled_back() {
    let mut rig = Rig::new(FlushMode::Async);
    let sent = rig.call(&send(7, b"hello"));
    assert_eq!((sent.code, sent.opaque, sent.encoding), (0, 7, HeaderEncoding::Binary));
    assert_eq!(sent.ext["msgId"], "7F00000100002A9F0000000000000000");
    assert_eq!((sent.number("queueId"), sent.number("queueOffset")), (0, 0));
    assert_eq!((&*sent.ext["MSG_REGION"], &*sent.ext["TRACE_ON"]), ("DefaultRegion", "true"));
    assert_eq!(rig.call(&send(8, b"again")).number("queueOffset"), 1);

    let pulled = rig.call(&Call::pull(9, GROUP, TOPIC, 0));
    assert_eq!((pulled.code, &*pulled.remark), (0, "FOUND"));
    assert_eq!(pulled.number("nextBeginOffset"), 2);
    assert_eq!((pulled.number("minOffset"), pulled.number("maxOffset")), (0, 2));
    let found = records(&pulled.body);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].body, found[1].body), (&b"hello"[..], &b"again"[..]));
    let properties = properties_of(&found[0]);
    assert_eq!(properties["UNIQ_KEY"], sent.ext["transactionId"]);
    assert_eq!((&*properties["CLUSTER"], &*properties["TAGS"]), ("DefaultCluster", "A"));
    assert_eq!(found[0].born_host().unwrap().to_string(), "127.0.0.9:5000");
    found[0].check_body().unwrap();
    let counters = rig.plane.counters();
    assert_eq!(counters.topics[0].put_messages, 2);
    assert_eq!(counters.groups[0].totals.messages, 2);
}

#[test]
fn one_turn_is_one_append_and_answers_everybody() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.open(2, false);
    for opaque in 0..10 {
        rig.hand(1 + u64::from(opaque % 2 == 0), &send(opaque, b"x"));
    }
    assert!(rig.replies(1).is_empty() && rig.replies(2).is_empty(), "nothing before the append");
    rig.turn_end();
    assert_eq!((rig.replies(1).len(), rig.replies(2).len()), (5, 5));
}

#[test]
fn a_v1_header_in_json_is_answered_in_json() {
    let mut rig = Rig::new(FlushMode::Async);
    let fields = [
        ("producerGroup", "PG"),
        ("topic", TOPIC),
        ("defaultTopic", "TBW102"),
        ("defaultTopicQueueNums", "4"),
        ("queueId", "-1"),
        ("sysFlag", "0"),
        ("bornTimestamp", "5"),
        ("flag", "3"),
        ("properties", "UNIQ_KEY\u{1}id9\u{2}"),
    ];
    let call = Call::new(10, 1).json().body(b"b");
    let call = fields.iter().fold(call, |call, (name, value)| call.with(name, value));
    let sent = rig.call(&call);
    assert_eq!((sent.code, sent.encoding), (0, HeaderEncoding::Json));
    assert_eq!(sent.ext["transactionId"], "id9", "a client's own id is kept");
}

#[test]
fn a_oneway_request_is_never_answered() {
    let mut rig = Rig::new(FlushMode::Async);
    for call in [
        send(1, b"x"),
        Call::send(2, "SELF_TEST_TOPIC", "", b"x"),
        Call::pull(3, GROUP, "nowhere", 0),
        Call::new(33, 4).with("offset", 999),
        Call::new(10, 5),
    ] {
        rig.hand(1, &call.oneway());
        rig.turn_end();
    }
    assert!(rig.replies(1).is_empty());
    assert_eq!(
        rig.call(&Call::new(30, 6).with("topic", TOPIC).with("queueId", 0)).number("offset"),
        1
    );
}

#[test]
fn a_batch_is_stored_in_order_and_answers_all_ids() {
    let mut rig = Rig::new(FlushMode::Async);
    let mut body = Vec::new();
    for (text, tag) in [("one", "A"), ("two", "B"), ("three", "A")] {
        let properties = format!("TAGS\u{1}{tag}\u{2}");
        let (body_bytes, properties) = (text.as_bytes(), properties.as_bytes());
        batch::append(&mut body, &BatchEntry { flag: 0, body: body_bytes, properties }).unwrap();
    }
    let sent = rig.call(&Call::send(1, TOPIC, "", &body).with("m", true));
    assert_eq!(sent.code, 0, "{}", sent.remark);
    assert_eq!(sent.ext["msgId"].split(',').count(), 3);
    let pull = Call::pull(2, GROUP, TOPIC, 0).with("subscription", "A");
    let pulled = rig.call(&pull);
    let bodies: Vec<_> = records(&pulled.body).iter().map(|record| record.body.to_vec()).collect();
    assert_eq!(bodies, [b"one".to_vec(), b"three".to_vec()]);
}

#[test]
fn a_broken_batch_is_refused_whole() {
    let mut rig = Rig::new(FlushMode::Async);
    let mut body = Vec::new();
    batch::append(&mut body, &BatchEntry { flag: 0, body: b"ok", properties: b"" }).unwrap();
    body.extend_from_slice(b"rubbish");
    assert_eq!(rig.call(&Call::send(1, TOPIC, "", &body).with("m", true)).code, 13);
    let stored = Call::new(30, 3).with("topic", TOPIC).with("queueId", 0);
    assert_eq!(rig.call(&stored).number("offset"), 0, "not even its first message");
    let retry = format!("%RETRY%{GROUP}");
    rig.plane.publish(PolicyDelta {
        topics: vec![crate::testing::topic(&retry, 1)],
        ..Default::default()
    });
    assert_eq!(rig.call(&Call::send(2, &retry, "", &body).with("m", true)).code, 13);
}

#[test]
fn what_cannot_be_stored_is_refused_with_javas_codes() {
    let mut rig = Rig::new(FlushMode::Async);
    let mut code = |call: Call| rig.call(&call).code;
    assert_eq!(code(send(1, b"")), 13, "no body");
    assert_eq!(code(send(1, &vec![0; (1 << 16) + 1])), 13, "body too large");
    let long = format!("k\u{1}{}\u{2}", "v".repeat(32_767));
    assert_eq!(code(Call::send(1, TOPIC, &long, b"x")), 13, "properties too long");
    assert_eq!(code(send(1, b"x").with("e", 1)), 29, "no such queue");
    assert_eq!(code(Call::send(1, "SCHEDULE_TOPIC_XXXX", "", b"x")), 16, "the broker's own topic");
    assert_eq!(code(Call::send(1, "a/../b", "", b"x")), 29, "a name that is a path");
    assert_eq!(code(Call::send(1, TOPIC, "TRAN_MSG\u{1}true\u{2}", b"x")), 16, "half message");
    assert_eq!(code(send(1, b"x").with("f", 4)), 16, "half message by its flag");
    assert_eq!(code(Call::send(1, TOPIC, "TIMER_DELAY_MS\u{1}5\u{2}", b"x")), 1, "timer");
    assert_eq!(code(send(1, b"x").with("f", 0x80)), 13, "inner batch");
    assert_eq!(code(Call::new(310, 1).with("a", "g").with("b", TOPIC)), 1, "fields missing");
    assert_eq!(rig.plane.queue_bounds(TOPIC).unwrap().iter().map(|q| q.max.get()).sum::<u64>(), 0);
}

#[test]
fn a_broker_that_takes_no_sends_says_so() {
    let mut rig = Rig::new(FlushMode::Async);
    let broker = |change: &dyn Fn(&mut BrokerPolicy)| {
        let mut broker = BrokerPolicy::default();
        change(&mut broker);
        PolicyDelta { broker: Some(broker), ..Default::default() }
    };
    rig.plane.publish(broker(&|broker| broker.role = BrokerRole::Slave));
    assert_eq!(rig.call(&send(1, b"x")).code, 2);
    rig.plane.publish(broker(&|broker| broker.reject_sends = Some("draining".into())));
    let refused = rig.call(&send(1, b"x"));
    assert_eq!((refused.code, &*refused.remark), (14, "draining"));
}

#[test]
fn cold_requests_go_up_and_a_full_queue_says_busy() {
    let mut rig = Rig::new(FlushMode::Async);
    let _ = rig.plane.take_batch();
    for opaque in 0..4 {
        rig.hand(1, &Call::new(34, opaque));
    }
    let busy = rig.call(&Call::new(34, 9));
    assert_eq!((busy.code, busy.opaque), (2, 9));
    let batch = rig.plane.take_batch();
    assert_eq!(batch.frames.len(), 4);
    assert_eq!(batch.frames[0].1, Call::new(34, 0).bytes()[4..]);
}

#[test]
fn a_header_that_does_not_decode_closes_its_connection() {
    let mut rig = Rig::new(FlushMode::Async);
    let bytes = [0, 0, 0, 6, 0, 0, 0, 2, b'{', b'['];
    let frame = turbopump_wire::frame::cut(&bytes, 100).unwrap().unwrap();
    rig.service.frame(&mut rig.wires, crate::testing::conn(1), frame);
    assert_eq!(rig.wires.closed, [crate::testing::conn(1)]);
}

#[test]
fn a_topic_deleted_in_the_store_and_used_again_begins_at_0() {
    let mut rig = Rig::new(FlushMode::Async);
    for (opaque, offset) in [(1, 0), (2, 1)] {
        assert_eq!(rig.call(&send(opaque, b"old")).number("queueOffset"), offset);
    }
    // The policy stays, and with it the queue that it keeps.
    rig.plane.delete_topic(TOPIC).unwrap();
    for (opaque, offset) in [(3, 0), (4, 1)] {
        assert_eq!(rig.call(&send(opaque, b"new")).number("queueOffset"), offset);
    }
    let pulled = rig.call(&Call::pull(5, GROUP, TOPIC, 0));
    assert_eq!((pulled.code, records(&pulled.body).len()), (0, 2));
    assert_eq!(records(&pulled.body)[0].body, b"new");
}

#[test]
fn a_topic_whose_policy_changes_keeps_its_numbers() {
    let mut rig = Rig::new(FlushMode::Async);
    assert_eq!(rig.call(&send(1, b"a")).number("queueOffset"), 0);
    let grown = crate::testing::topic(TOPIC, 16);
    rig.plane.publish(PolicyDelta { topics: vec![grown], ..Default::default() });
    assert_eq!(rig.call(&send(2, b"b")).number("queueOffset"), 1);
}
