//! What is not in memory is read by the reading threads; here the test is the thread.

use turbopump_store::FlushMode;
use turbopump_store::disk::memory::FaultOn;
use turbopump_wire::header::HeaderEncoding;

use crate::event_loop::{Mail, ReplyTo, Stop};
use crate::testing::{Call, GROUP, Reply, Rig, TOPIC, conn, records};

const LOG: &str = "commitlog";

fn with_messages(count: i32) -> Rig {
    let mut rig = Rig::new(FlushMode::Async);
    for opaque in 0..count {
        let properties = format!("KEYS\u{1}k{opaque}\u{2}");
        assert_eq!(rig.call(&Call::send(opaque, TOPIC, &properties, &[7; 900])).code, 0);
    }
    rig
}

fn pull(opaque: i32, offset: i64) -> Call {
    Call::pull(opaque, GROUP, TOPIC, offset).with("sysFlag", 4)
}

fn waiting(rig: &Rig) -> u64 {
    rig.plane.counters().cold_reads
}

#[test]
fn a_pull_that_is_not_in_memory_is_answered_later_and_in_full() {
    let mut rig = with_messages(40);
    let warm = rig.call(&pull(1, 3));
    rig.disk.set_cold(Some(LOG));
    rig.hand(1, &pull(1, 3));
    assert!(rig.replies(1).is_empty(), "the loop did not wait for the disk");
    assert_eq!(waiting(&rig), 1);
    rig.hand(1, &pull(2, 40));
    assert_eq!(rig.replies(1).remove(0).code, 19, "meanwhile the loop answers others");
    rig.turn_end();
    let cold = rig.replies(1).remove(0);
    assert_eq!((cold.code, cold.opaque, &cold.ext), (0, 1, &warm.ext));
    assert_eq!(cold.body, warm.body);
    assert_eq!(records(&cold.body).len(), 32, "not cut to Java's 8 messages");
    assert_eq!(waiting(&rig), 0);
    let counters = rig.plane.counters();
    assert_eq!((counters.found_pulls, counters.missed_pulls), (2, 1));
}

#[test]
fn a_pull_of_what_was_read_for_another_one_is_answered_by_the_loop() {
    let mut rig = Rig::new(FlushMode::Async);
    for opaque in 0..20 {
        let body = vec![opaque as u8; 50_000];
        assert_eq!(rig.call(&Call::send(opaque, TOPIC, "", &body)).code, 0);
    }
    let warm = rig.call(&pull(1, 2).with("maxMsgNums", 3));
    rig.plane.shared.store.sync_now().unwrap();
    rig.disk.set_cold(Some(LOG));
    rig.call(&pull(1, 0).with("maxMsgNums", 1));
    rig.hand(1, &pull(1, 2).with("maxMsgNums", 3));
    let taken = rig.replies(1).remove(0);
    assert_eq!((taken.code, &taken.ext, &taken.body), (0, &warm.ext, &warm.body));
    rig.hand(1, &pull(1, 12).with("maxMsgNums", 1));
    assert!(rig.replies(1).is_empty(), "that one is further on");
}

#[test]
fn a_cold_pull_commits_its_offset_once_and_keeps_its_limits() {
    let mut rig = with_messages(10);
    rig.disk.set_cold(Some(LOG));
    let committing =
        pull(1, 0).with("sysFlag", 4 | 1).with("commitOffset", 7).with("maxMsgNums", 3);
    let cold = rig.call(&committing);
    assert_eq!((records(&cold.body).len(), cold.number("nextBeginOffset")), (3, 3));
    assert_eq!(rig.plane.group_offsets(GROUP)[0].offset.get(), 7);
}

#[test]
fn a_bad_sector_is_an_error_for_its_reader_and_a_line_for_the_operator() {
    let mut rig = with_messages(5);
    rig.disk.set_cold(Some(LOG));
    rig.disk.inject(FaultOn::Read, LOG, 0);
    let questions = [
        pull(1, 0),
        Call::new(33, 2).with("offset", 0),
        Call::new(12, 3)
            .with("topic", TOPIC)
            .with("key", "k1")
            .with("maxNum", 10)
            .with("beginTimestamp", 0)
            .with("endTimestamp", i64::MAX),
        Call::new(29, 4).with("topic", TOPIC).with("queueId", 0).with("timestamp", 1),
        Call::new(32, 5).with("topic", TOPIC).with("queueId", 0),
    ];
    for question in &questions {
        let refused = rig.call(question);
        assert_eq!(refused.code, 1);
        assert!(refused.remark.contains("injected fault"), "{}", refused.remark);
    }
    let batch = rig.plane.take_batch();
    assert_eq!(batch.read_failures.len(), 1, "said once: {:?}", batch.read_failures);
    assert!(batch.read_failures[0].contains(LOG));
    assert!(batch.poisoned.is_none(), "a read that fails stops no write");
    assert_eq!(rig.call(&Call::send(9, TOPIC, "", b"x")).code, 0);
    rig.disk.heal();
    for question in &questions {
        assert_eq!(rig.call(question).code, 0);
    }
}

#[test]
fn nothing_is_read_or_kept_for_a_connection_that_is_gone() {
    let mut rig = with_messages(5);
    rig.disk.set_cold(Some(LOG));
    rig.open(2, false);
    rig.hand(2, &pull(1, 0));
    rig.hand(2, &pull(2, 1));
    rig.hand(1, &pull(3, 2));
    let shared = rig.plane.shared.clone();
    let under_way = shared.reading.next_answer(&shared).unwrap();
    rig.close(2);
    assert_eq!(waiting(&rig), 2, "one is read already, one is another connection's");
    rig.service.mail(&mut rig.wires, Mail::Read(under_way));
    rig.turn_end();
    assert_eq!(waiting(&rig), 0);
    assert_eq!(rig.replies(1).len(), 1);
}

#[test]
fn a_connection_that_asks_for_too_much_is_told_so() {
    let mut rig = with_messages(1);
    rig.disk.set_cold(Some(LOG));
    for opaque in 0..1_024 {
        rig.hand(1, &pull(opaque, 0));
    }
    assert!(rig.replies(1).is_empty());
    rig.hand(1, &pull(5_000, 0));
    let refused = rig.replies(1).remove(0);
    assert_eq!((refused.code, refused.opaque), (2, 5_000));
    assert!(refused.remark.starts_with("[OVERLOAD]"), "{}", refused.remark);
    rig.open(2, false);
    rig.hand(2, &pull(1, 0));
    assert!(rig.replies(2).is_empty(), "another connection has its own share");
    rig.turn_end();
    assert_eq!((rig.replies(1).len(), rig.replies(2).len()), (1_024, 1));
}

#[test]
fn threads_wait_while_loops_take_no_answers() {
    let mut rig = with_messages(40);
    rig.disk.set_cold(Some(LOG));
    let shared = rig.plane.shared.clone();
    let mut untaken = Vec::new();
    let mut bytes = 0;
    for number in 10..13 {
        rig.open(number, false);
        (0..1_000).for_each(|opaque| rig.hand(number, &pull(opaque, 0)));
    }
    while let Some(answer) = shared.reading.next_answer(&shared) {
        bytes += answer.body.len();
        untaken.push(answer);
    }
    assert!((31 << 20..33 << 20).contains(&bytes), "{bytes} bytes on their way");
    assert!(waiting(&rig) > untaken.len() as u64, "the rest waits");
    assert!(untaken.iter().all(|answer| answer.connection != conn(1)));
    for answer in untaken {
        rig.service.mail(&mut rig.wires, Mail::Read(answer));
    }
    rig.turn_end();
    assert_eq!(waiting(&rig), 0);
    let sent: usize = (10..13).map(|number| rig.sent(number).len()).sum();
    assert!(sent > 3_000 * 30_000, "{sent} bytes in all");
}

#[test]
fn a_panic_over_one_request_is_its_error_and_the_next_is_answered() {
    let rig = with_messages(1);
    let shared = rig.plane.shared.clone();
    let connection = conn(1);
    let to = |opaque| ReplyTo { connection, encoding: HeaderEncoding::Json, opaque, oneway: false };
    assert!(shared.reading.submit(to(1), Box::new(|_, _| panic!("a defect"))));
    assert!(shared.reading.submit(to(2), Box::new(|_, _| Err(Stop::refuse(17, "seen")))));
    let answers = [1, 2].map(|_| {
        let mut head = shared.reading.next_answer(&shared).expect("an answer").head;
        let reply = Reply::take_all(&mut head).remove(0);
        (reply.opaque, reply.code)
    });
    assert_eq!(answers, [(1, 1), (2, 17)]);
}
