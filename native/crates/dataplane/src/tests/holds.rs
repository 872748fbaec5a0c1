use std::time::{Duration, Instant};

use turbopump_store::FlushMode;
use turbopump_wire::{QueueId, QueueOffset};

use crate::event_loop::{LoopService, Mail};
use crate::hold::{HeldPull, waiting};
use crate::policy::PolicyDelta;
use crate::requests::TagFilter;
use crate::testing::{Call, GROUP, Rig, TOPIC, records};

fn held(rig: &mut Rig, call: &Call) {
    rig.hand(1, call);
    rig.turn_end();
    assert!(rig.replies(1).is_empty(), "the pull waits");
    assert_eq!(rig.held(), 1);
}

#[test]
fn an_arrival_answers_in_the_same_turn() {
    let mut rig = Rig::new(FlushMode::Async);
    held(&mut rig, &Call::pull(1, GROUP, TOPIC, 0));
    rig.open(2, false);
    rig.hand(2, &Call::send(2, TOPIC, "", b"news"));
    rig.turn_end();
    let pulled = rig.replies(1).remove(0);
    assert_eq!((pulled.code, pulled.opaque), (0, 1));
    assert_eq!(records(&pulled.body)[0].body, b"news");
    assert_eq!((rig.replies(2).len(), rig.held()), (1, 0));
}

#[test]
fn the_wait_ends_with_19_and_commits_nothing_then() {
    let mut rig = Rig::new(FlushMode::Async);
    let pull = Call::pull(1, GROUP, TOPIC, 0).with("suspendTimeoutMillis", 1000);
    held(&mut rig, &pull);
    let now = Instant::now();
    rig.time(now);
    assert!(rig.replies(1).is_empty(), "not yet");
    rig.time(now + Duration::from_secs(2));
    let answer = rig.replies(1).remove(0);
    assert_eq!((answer.code, answer.number("nextBeginOffset")), (19, 0));
    assert_eq!((rig.held(), rig.service.deadline()), (0, None));
}

#[test]
fn a_closed_connection_takes_its_holds_along() {
    let mut rig = Rig::new(FlushMode::Async);
    held(&mut rig, &Call::pull(1, GROUP, TOPIC, 0));
    let queue = rig.plane.shared.store.queue(TOPIC, QueueId::new(0)).unwrap().unwrap();
    assert_eq!(waiting(&queue.waiters), 1);
    rig.close(1);
    assert_eq!((rig.held(), waiting(&queue.waiters)), (0, 0));
}

#[test]
fn a_deleted_topic_answers_its_holds() {
    let mut rig = Rig::new(FlushMode::Async);
    held(&mut rig, &Call::pull(1, GROUP, TOPIC, 0));
    rig.plane.publish(PolicyDelta { removed_topics: vec![TOPIC.into()], ..Default::default() });
    rig.plane.delete_topic(TOPIC).unwrap();
    rig.mail(Mail::TopicChanged(TOPIC.into()));
    assert_eq!(rig.replies(1).remove(0).code, 17);
    assert_eq!(rig.held(), 0);
}

#[test]
fn a_message_of_another_tag_does_not_end_the_wait() {
    let mut rig = Rig::new(FlushMode::Async);
    held(&mut rig, &Call::pull(1, GROUP, TOPIC, 0).with("subscription", "A"));
    rig.open(2, false);
    rig.hand(2, &Call::send(2, TOPIC, "TAGS\u{1}B\u{2}", b"other"));
    rig.turn_end();
    assert!(rig.replies(1).is_empty());
    rig.hand(2, &Call::send(3, TOPIC, "TAGS\u{1}A\u{2}", b"mine"));
    rig.turn_end();
    let pulled = rig.replies(1).remove(0);
    assert_eq!(records(&pulled.body)[0].body, b"mine");
    assert_eq!(pulled.number("nextBeginOffset"), 2);
}

#[test]
fn a_wait_over_other_tags_ends_with_20_behind_them() {
    let mut rig = Rig::new(FlushMode::Async);
    held(&mut rig, &Call::pull(1, GROUP, TOPIC, 0).with("subscription", "A"));
    rig.open(2, false);
    rig.hand(2, &Call::send(2, TOPIC, "TAGS\u{1}B\u{2}", b"other"));
    rig.turn_end();
    rig.time(Instant::now() + Duration::from_secs(20));
    let answer = rig.replies(1).remove(0);
    assert_eq!((answer.code, answer.number("nextBeginOffset")), (20, 1));
}

#[test]
fn another_loops_hold_is_told_by_one_mail() {
    let mut rig = Rig::new(FlushMode::Async);
    held(&mut rig, &Call::pull(1, GROUP, TOPIC, 0));
    let mut other = LoopService::new(1, 2, rig.plane.shared.clone());
    other.opened(crate::testing::conn(9), "127.0.0.9:1".parse().unwrap(), false);
    for opaque in 0..3 {
        let bytes = Call::send(opaque, TOPIC, "", b"far").bytes();
        let frame = turbopump_wire::frame::cut(&bytes, 1 << 24).unwrap().unwrap();
        other.frame(&mut rig.wires, crate::testing::conn(9), frame);
    }
    let policy = rig.plane.shared.policy.load_full();
    other.core.commit(&policy, &mut rig.wires);
    assert!(rig.replies(1).is_empty(), "the other loop does not touch this one's sockets");
    let queues = std::mem::take(&mut other.core.arrivals[0]);
    assert_eq!(queues.len(), 1, "three messages, one queue to look at");
    rig.mail(Mail::Arrived(queues));
    assert_eq!(records(&rig.replies(1).remove(0).body).len(), 3);
}

#[test]
fn a_message_that_arrives_between_the_look_and_the_hold_is_not_missed() {
    let mut rig = Rig::new(FlushMode::Async);
    let queue = crate::message::queue_of(&rig.plane.shared.store, TOPIC, QueueId::new(0)).unwrap();
    // The pull has looked and found nothing; the message comes before anybody is announced.
    rig.open(2, false);
    rig.hand(2, &Call::send(2, TOPIC, "", b"in between"));
    rig.turn_end();
    let pull = HeldPull {
        connection: crate::testing::conn(1),
        frame: Call::pull(1, GROUP, TOPIC, 0).bytes(),
        queue,
        next: QueueOffset::ZERO,
        filter: TagFilter::default(),
        deadline: Instant::now() + Duration::from_secs(15),
    };
    let policy = rig.plane.shared.policy.load_full();
    rig.service.core.keep(pull, &policy, &mut rig.wires);
    assert_eq!(records(&rig.replies(1).remove(0).body)[0].body, b"in between");
    assert_eq!(rig.held(), 0);
}
