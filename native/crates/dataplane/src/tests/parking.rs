use std::time::{Duration, Instant};

use turbopump_store::FlushMode;

use crate::event_loop::{Denial, Mail};
use crate::park::NameKind;
use crate::policy::PolicyDelta;
use crate::testing::{Call, GROUP, Rig, TOPIC, records, topic};

fn resolved(kind: NameKind, name: &str, denial: Option<Denial>) -> Mail {
    Mail::Resolved { kind, name: name.into(), denial }
}

#[test]
fn an_unknown_topic_goes_up_once_and_its_sends_run_in_order_when_it_is_made() {
    let mut rig = Rig::new(FlushMode::Async);
    for (opaque, body) in [(1, b"a"), (2, b"b")] {
        rig.hand(1, &Call::send(opaque, "New", "", body));
    }
    rig.turn_end();
    assert!(rig.replies(1).is_empty());
    let wanted = rig.plane.take_batch().wanted;
    assert_eq!(wanted.len(), 1);
    assert_eq!((&*wanted[0].name, wanted[0].kind), ("New", NameKind::Topic));
    assert_eq!(wanted[0].default_topic.as_deref(), Some("TBW102"));
    assert_eq!((wanted[0].default_topic_queue_nums, wanted[0].internal), (Some(4), false));

    rig.plane.publish(PolicyDelta { topics: vec![topic("New", 4)], ..Default::default() });
    // Published, not yet resolved: a later send may not overtake the parked ones.
    rig.hand(1, &Call::send(3, "New", "", b"c"));
    rig.plane.resolve_wanted(NameKind::Topic, "New", None);
    rig.mail(resolved(NameKind::Topic, "New", None));
    let opaques: Vec<_> = rig.replies(1).iter().map(|reply| (reply.code, reply.opaque)).collect();
    assert_eq!(opaques, [(0, 1), (0, 2), (0, 3)]);
    let pulled = rig.call(&Call::pull(4, GROUP, "New", 0));
    let bodies: Vec<_> = records(&pulled.body).iter().map(|record| record.body[0]).collect();
    assert_eq!(bodies, b"abc");
}

#[test]
fn a_denied_name_refuses_with_typescripts_words() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.hand(1, &Call::send(1, "New", "", b"x"));
    let denial = Denial { code: 17, remark: "no such topic".into() };
    rig.mail(resolved(NameKind::Topic, "New", Some(denial)));
    let refused = rig.replies(1).remove(0);
    assert_eq!((refused.code, &*refused.remark), (17, "no such topic"));
}

#[test]
fn a_grant_without_a_policy_does_not_go_round_for_ever() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.hand(1, &Call::send(1, "New", "", b"x"));
    rig.mail(resolved(NameKind::Topic, "New", None));
    assert_eq!(rig.replies(1).remove(0).code, 2);
}

#[test]
fn a_decision_that_takes_too_long_is_busy_and_the_next_request_asks_again() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.hand(1, &Call::send(1, "New", "", b"x"));
    assert_eq!(rig.plane.take_batch().wanted.len(), 1);
    rig.time(Instant::now() + Duration::from_secs(5));
    assert_eq!(rig.replies(1).remove(0).code, 2);
    rig.hand(1, &Call::send(2, "New", "", b"x"));
    assert_eq!(rig.plane.take_batch().wanted.len(), 1);
}

#[test]
fn an_unknown_group_of_a_pull_is_wanted_too() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.hand(1, &Call::pull(1, "Fresh", TOPIC, 0));
    let wanted = rig.plane.take_batch().wanted;
    assert_eq!((wanted[0].kind, &*wanted[0].name), (NameKind::Group, "Fresh"));
}

#[test]
fn a_stopping_loop_answers_what_is_parked() {
    let mut rig = Rig::new(FlushMode::Async);
    rig.hand(1, &Call::send(1, "New", "", b"x"));
    rig.service.core.answer_parked_busy(&mut rig.wires);
    assert_eq!(rig.replies(1).remove(0).code, 2);
}
