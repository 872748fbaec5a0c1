use turbopump_store::FlushMode;
use turbopump_wire::QueueOffset;

use crate::policy::{PolicyDelta, SCHEDULE_TOPIC};
use crate::schedule::{Next, Worker};
use crate::testing::{Call, GROUP, Rig, TOPIC, properties_of, records, topic};

/// One round of the delivery thread, and the mail it posts.
pub(super) fn deliver(rig: &Rig) -> Next {
    let mut worker = Worker::new(rig.plane.shared.clone());
    let mut next = worker.round();
    while next == Next::Now {
        next = worker.round();
    }
    next
}

fn delayed(level: i32) -> Call {
    Call::send(1, TOPIC, &format!("DELAY\u{1}{level}\u{2}TAGS\u{1}A\u{2}"), b"later")
}

fn max_of(rig: &Rig, topic: &str, queue: usize) -> u64 {
    rig.plane.queue_bounds(topic).unwrap().get(queue).map_or(0, |bounds| bounds.max.get())
}

#[test]
fn a_delayed_message_is_not_early_and_comes_back_as_what_it_was() {
    let mut rig = Rig::new(FlushMode::Async);
    let sent = rig.call(&delayed(2));
    assert_eq!((sent.code, sent.number("queueId")), (0, 0));
    assert_eq!(max_of(&rig, TOPIC, 0), 0);
    let start = rig.clock_ms();
    assert_eq!(deliver(&rig), Next::At(start + 5000));
    rig.clock.advance(4999);
    deliver(&rig);
    assert_eq!(max_of(&rig, TOPIC, 0), 0, "one millisecond too early");
    rig.clock.advance(1);
    assert_eq!(deliver(&rig), Next::Arrival);
    let pulled = rig.call(&Call::pull(2, GROUP, TOPIC, 0).with("subscription", "A"));
    let record = records(&pulled.body)[0];
    let properties = properties_of(&record);
    assert_eq!((record.body, record.queue_id), (&b"later"[..], 0));
    assert_eq!((&*properties["REAL_TOPIC"], &*properties["REAL_QID"]), (TOPIC, "0"));
    assert!(!properties.contains_key("DELAY"));
    assert_eq!(properties["UNIQ_KEY"], sent.ext["transactionId"]);
}

#[test]
fn a_level_beyond_the_last_is_the_last() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.call(&delayed(99));
    let start = rig.clock_ms();
    assert_eq!(deliver(&rig), Next::At(start + 7_200_000));
}

#[test]
fn progress_is_kept_and_nothing_is_delivered_twice() {
    let mut rig = Rig::new(FlushMode::Async);
    for _ in 0..3 {
        rig.call(&delayed(1));
    }
    rig.clock.advance(1000);
    deliver(&rig);
    deliver(&rig);
    assert_eq!(max_of(&rig, TOPIC, 0), 3);
    let progress = rig.plane.delay_progress();
    let first = progress.iter().find(|progress| progress.level == 1).unwrap();
    assert_eq!(first.offset, QueueOffset::new(3));
}

#[test]
fn an_empty_level_rings_when_it_gets_a_message_and_a_waiting_one_does_not() {
    let mut rig = Rig::new(FlushMode::Async);
    assert_eq!(deliver(&rig), Next::Arrival);
    rig.call(&delayed(1));
    // The bell was rung: a wait without a time returns at once.
    rig.plane.shared.schedule.wait(None);
    assert!(matches!(deliver(&rig), Next::At(_)));
    rig.call(&delayed(1));
    assert!(!rig.plane.shared.schedule.is_rung(), "the head's due time is already known");
}

#[test]
fn a_message_without_a_place_to_go_blocks_nothing() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.plane.publish(PolicyDelta { topics: vec![topic("a", 1)], ..Default::default() });
    let mut text = "DELAY\u{1}1\u{2}".to_owned();
    text.push_str("REAL_TOPIC\u{1}x\u{2}");
    rig.call(&Call::send(1, TOPIC, &text, b"first"));
    // A stray record in the level's queue: not one that a client could send.
    let shared = rig.plane.shared.clone();
    let stray = crate::message::Message {
        topic: SCHEDULE_TOPIC,
        queue_id: turbopump_wire::QueueId::new(0),
        tags: turbopump_store::TagsCode::Fixed(0),
        flag: 0,
        sys_flag: 0,
        born_ms: 0,
        born_host: shared.store_host(),
        store_host: shared.store_host(),
        reconsume_times: 0,
        body: b"lost",
        properties: b"REAL_TOPIC\x01../../etc\x02REAL_QID\x010\x02",
        keys: crate::message::Keys::default(),
    };
    let mut batch = turbopump_store::AppendBatch::new();
    crate::message::put(&shared.store, None, &mut batch, 1 << 20, &mut Vec::new(), &stray).unwrap();
    shared.store.append(&mut batch).unwrap();
    rig.call(&delayed(1));
    rig.clock.advance(1000);
    deliver(&rig);
    let pulled = rig.call(&Call::pull(2, GROUP, TOPIC, 0));
    let bodies: Vec<_> = records(&pulled.body).iter().map(|record| record.body.to_vec()).collect();
    assert_eq!(bodies, [b"first".to_vec(), b"later".to_vec()]);
}

#[test]
fn delivery_under_sync_flush_is_on_disk_before_it_is_progress() {
    let mut rig = Rig::new(FlushMode::Sync);
    rig.call(&delayed(1));
    rig.clock.advance(1000);
    deliver(&rig);
    assert_eq!(max_of(&rig, TOPIC, 0), 1);
    assert_eq!(rig.plane.shared.store.flushed(), rig.plane.shared.store.written());
}
