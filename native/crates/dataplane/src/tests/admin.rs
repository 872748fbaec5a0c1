use turbopump_store::FlushMode;
use turbopump_wire::frame;
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset};

use crate::event_loop::Mail;
use crate::testing::{Call, GROUP, Rig, TOPIC, conn, records};
use crate::{ConsumerOffset, StoredMessage};

const Q: QueueId = QueueId::new(0);

fn rig_with(count: i32) -> Rig {
    let mut rig = Rig::new(FlushMode::Async);
    for opaque in 0..count {
        assert_eq!(rig.call(&Call::send(opaque, TOPIC, "TAGS\u{1}A\u{2}", b"body")).code, 0);
        rig.clock.advance(1000);
    }
    rig
}

fn pull(offset: i64) -> Call {
    Call::pull(1, GROUP, TOPIC, offset).with("sysFlag", 4)
}

fn named(code: i32) -> Call {
    Call::new(code, 1).with("consumerGroup", GROUP).with("topic", TOPIC).with("queueId", 0)
}

fn reset(rig: &Rig, to: u64) {
    let (group, topic) = (GROUP.to_owned(), TOPIC.to_owned());
    let one = ConsumerOffset { group, topic, queue: Q, offset: QueueOffset::new(to) };
    rig.plane.reset_consumer_offsets(&[one]);
}

#[test]
fn a_reset_moves_a_running_consumer_whatever_it_still_commits() {
    let mut rig = rig_with(10);
    rig.hand(1, &named(15).with("commitOffset", 8).oneway());
    reset(&rig, 2);
    rig.hand(1, &named(15).with("commitOffset", 9).oneway());
    assert_eq!(rig.call(&named(14)).number("offset"), 2, "before it has heard of it");
    let moved = rig.call(&pull(8).with("commitOffset", 9).with("sysFlag", 1 | 4));
    assert_eq!((moved.code, &*moved.remark), (21, "OFFSET_RESET"));
    assert_eq!(moved.number("nextBeginOffset"), 2);
    rig.hand(1, &named(15).with("commitOffset", 9).oneway());
    assert_eq!(rig.call(&named(14)).number("offset"), 2, "an old client commits for 10 s more");
    assert_eq!(rig.call(&pull(2)).code, 0);
    rig.hand(1, &named(15).with("commitOffset", 3).oneway());
    assert_eq!(rig.call(&named(14)).number("offset"), 3);
}

#[test]
fn a_held_pull_hears_of_a_reset_at_once() {
    let mut rig = rig_with(3);
    rig.hand(1, &pull(3).with("sysFlag", 2 | 4).with("suspendTimeoutMillis", 15_000));
    rig.turn_end();
    assert_eq!(rig.held(), 1);
    reset(&rig, 0);
    rig.mail(Mail::TopicChanged(TOPIC.into()));
    let moved = rig.replies(1).remove(0);
    assert_eq!((moved.code, moved.number("nextBeginOffset")), (21, 0));
    assert_eq!(rig.held(), 0);
}

#[test]
fn times_and_units_of_a_queue() {
    let rig = rig_with(3);
    let asked = |offset, queue| StoredMessage {
        topic: TOPIC.into(),
        queue: QueueId::new(queue),
        offset: QueueOffset::new(offset),
    };
    let first = rig.clock_ms() - 3000;
    let times = rig.plane.store_times(&[asked(0, 0), asked(2, 0), asked(3, 0), asked(0, 7)]);
    assert_eq!(times.unwrap(), [first, first + 2000, 0, 0]);

    let found = rig.plane.queue_units(TOPIC, Q, QueueOffset::new(1), 5).unwrap().unwrap();
    assert_eq!((found.min.get(), found.max.get(), found.units.len()), (0, 3, 2));
    assert_eq!(found.units[0].tags_code, i64::from(b'A'));
    let record = rig.plane.shared.store.read_record(found.units[0].physical, None).unwrap();
    assert_eq!(record.len(), found.units[0].size as usize);
    assert_eq!(
        rig.plane.queue_units(TOPIC, Q, QueueOffset::ZERO, 1).unwrap().unwrap().units.len(),
        1
    );
    assert_eq!(rig.plane.queue_units("nowhere", Q, QueueOffset::ZERO, 1).unwrap(), None);
    assert_eq!(rig.plane.stored_topics(), [TOPIC]);
}

#[test]
fn a_record_becomes_the_body_of_a_frame_to_a_client() {
    let mut rig = rig_with(1);
    let record = rig.plane.shared.store.read_record(PhysicalOffset::ZERO, None).unwrap();
    let frame = Call::new(309, 7).with("clientId", "c").bytes();
    assert!(rig.plane.forward_record(conn(1), frame.clone(), PhysicalOffset::ZERO).unwrap());
    assert!(!rig.plane.forward_record(conn(1), frame.clone(), PhysicalOffset::new(9999)).unwrap());
    rig.mail(Mail::Record { connection: conn(1), frame: sized(frame, record.len()), record });
    let sent = rig.sent(1);
    let arrived = frame::cut(&sent, 1 << 20).unwrap().unwrap();
    assert_eq!(arrived.whole.len(), sent.len(), "one whole frame");
    assert_eq!(records(arrived.body)[0].body, b"body");
}

fn sized(mut frame: Vec<u8>, body: usize) -> Vec<u8> {
    let length = (frame.len() - 4 + body) as u32;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    frame
}

#[test]
fn a_queue_knows_its_newest_time_after_a_restart_too() {
    let rig = rig_with(2);
    let newest = rig.plane.queue_bounds(TOPIC).unwrap()[0].last_update_ms;
    rig.plane.close().unwrap();
    let next = Rig::over(rig.disk.clone(), rig.clock.clone(), FlushMode::Async);
    assert_eq!(next.plane.queue_bounds(TOPIC).unwrap()[0].last_update_ms, newest);
}
