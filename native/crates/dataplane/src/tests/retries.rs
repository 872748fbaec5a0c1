use turbopump_store::FlushMode;

use crate::event_loop::Mail;
use crate::park::NameKind;
use crate::policy::{GroupPolicy, LiveGroupPolicy, PolicyDelta};
use crate::testing::{Call, GROUP, Rig, TOPIC, delta, properties_of, records, topic};

const RETRY: &str = "%RETRY%G";
const DLQ: &str = "%DLQ%G";

fn back(offset: u64, level: i32) -> Call {
    Call::new(36, 50)
        .with("group", GROUP)
        .with("offset", offset)
        .with("delayLevel", level)
        .with("originTopic", TOPIC)
        .with("originMsgId", "id")
}

/// Plays TypeScript: makes every topic that is wanted.
fn grant_wanted(rig: &mut Rig) -> usize {
    let wanted = rig.plane.take_batch().wanted;
    for want in &wanted {
        assert!(want.internal && want.kind == NameKind::Topic, "{want:?}");
        let topics = vec![topic(&want.name, 1)];
        rig.plane.publish(PolicyDelta { topics, ..Default::default() });
        rig.plane.resolve_wanted(NameKind::Topic, &want.name, None);
        let name = want.name.as_str().into();
        rig.mail(Mail::Resolved { kind: NameKind::Topic, name, denial: None });
    }
    wanted.len()
}

#[test]
fn a_message_sent_back_waits_its_level_and_comes_again_through_the_retry_topic() {
    let mut rig = Rig::new(FlushMode::Async);
    let sent = rig.call(&Call::send(1, TOPIC, "TAGS\u{1}A\u{2}", b"again please"));
    rig.hand(1, &back(0, 0));
    assert_eq!(grant_wanted(&mut rig), 1);
    let answer = rig.replies(1).remove(0);
    assert_eq!((answer.code, answer.opaque), (0, 50));
    let counters = rig.plane.counters();
    assert_eq!(counters.send_back_messages, 1);
    let of_group = &counters.groups[0];
    assert_eq!((&*of_group.topic, of_group.totals.send_backs), (TOPIC, 1));
    assert_eq!(rig.call(&Call::pull(2, GROUP, RETRY, 0).with("sysFlag", 4)).code, 19, "it waits");

    rig.clock.advance(10_000);
    crate::tests::schedule::deliver(&rig);
    let pulled = rig.call(&Call::pull(3, GROUP, RETRY, 0));
    assert_eq!(pulled.code, 0, "level 3 is 10 s");
    let record = records(&pulled.body)[0];
    let properties = properties_of(&record);
    assert_eq!((record.body, record.reconsume_times), (&b"again please"[..], 1));
    assert_eq!((&*properties["RETRY_TOPIC"], &*properties["REAL_TOPIC"]), (TOPIC, RETRY));
    assert_eq!(properties["ORIGIN_MESSAGE_ID"], sent.ext["msgId"]);
    assert_eq!(properties["UNIQ_KEY"], sent.ext["transactionId"]);
    assert!(!properties.contains_key("DELAY"));
}

#[test]
fn the_last_time_goes_to_the_dead_letter_topic() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.call(&Call::send(1, TOPIC, "", b"hopeless"));
    for call in [back(0, -1), back(0, 0).with("maxReconsumeTimes", 0)] {
        rig.hand(1, &call);
        grant_wanted(&mut rig);
        grant_wanted(&mut rig);
        rig.turn_end();
        assert_eq!(rig.replies(1).remove(0).code, 0);
    }
    let pulled = rig.call(&Call::pull(2, GROUP, DLQ, 0));
    assert_eq!(records(&pulled.body).len(), 2, "at once, without a delay");
}

#[test]
fn sends_to_a_retry_topic_end_in_the_dead_letter_topic_too() {
    let mut rig = Rig::new(FlushMode::Async);
    let mut change = delta();
    change.topics = vec![topic(RETRY, 1), topic(DLQ, 1)];
    rig.plane.publish(change);
    let retry = |times: i32| Call::send(1, RETRY, "", b"r").with("j", times).with("l", 3);
    assert_eq!(rig.call(&retry(3)).code, 0);
    assert_eq!(rig.plane.queue_bounds(DLQ).unwrap().len(), 0);
    assert_eq!(rig.call(&retry(4)).code, 0);
    assert_eq!(rig.plane.queue_bounds(DLQ).unwrap()[0].max.get(), 1);
    // A group that holds queue locks consumes in order: a retry would break it.
    let live_groups =
        vec![LiveGroupPolicy { name: GROUP.into(), holds_queue_locks: true, ..Default::default() }];
    rig.plane.publish(PolicyDelta { live_groups, ..Default::default() });
    assert_eq!(rig.call(&retry(1)).code, 0);
    assert_eq!(rig.plane.queue_bounds(DLQ).unwrap()[0].max.get(), 2);
}

#[test]
fn what_cannot_be_sent_back_is_refused() {
    let mut rig = Rig::new(FlushMode::Async);
    let topics = vec![topic(RETRY, 1)];
    rig.plane.publish(PolicyDelta { topics, ..Default::default() });
    assert_eq!(rig.call(&back(12_345, 0)).code, 1, "no such message");
    let groups = vec![GroupPolicy { name: GROUP.into(), ..Default::default() }];
    rig.plane.publish(PolicyDelta { groups, ..Default::default() });
    assert_eq!(rig.call(&back(12_345, 0)).code, 0, "a group without retries forgets it");
}
