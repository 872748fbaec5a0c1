//! What goes in comes out, by position, by queue, by key.

use std::path::Path;

use proptest::prelude::*;
use turbopump_wire::{PhysicalOffset, QueueId, RecordView};

use super::{Message, NOW_MS, Rig, options};
use crate::batch::RecordKind;
use crate::disk::Disk;
use crate::error::ReadError;
use crate::options::FlushMode;

fn message() -> impl Strategy<Value = Message> {
    (0..3_u32, 8..1_500_usize).prop_map(|(queue, bytes)| Message::new(0, queue, bytes))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn append_then_read_then_reopen(
        batches in prop::collection::vec(prop::collection::vec(message(), 1..6), 1..12),
        is_sync in any::<bool>(),
        is_clean in any::<bool>(),
    ) {
        let mode = if is_sync { FlushMode::Sync } else { FlushMode::Async };
        let rig = Rig::new(mode);
        let mut all = Vec::new();
        for (number, mut batch) in batches.into_iter().enumerate() {
            for message in &mut batch {
                message.id = all.len() as u64 + number as u64 * 1_000;
            }
            let placed = rig.append(&batch).expect("append");
            all.extend(batch.into_iter().zip(placed));
            if number % 3 == 2 {
                rig.core.log.sync_group().expect("sync");
                rig.core.checkpoint(false).expect("checkpoint");
            }
        }
        rig.core.log.sync_group().expect("sync");
        for (message, placed) in &all {
            rig.assert_has(message, *placed);
        }
        prop_assert_eq!(rig.assert_whole().len(), all.len());
        if is_clean {
            rig.core.close().expect("close");
        }
        let next = rig.reopened(rig.disk.after_kill());
        prop_assert_eq!(next.report.clean_shutdown, is_clean);
        prop_assert_eq!(next.end(), rig.end());
        for (message, placed) in &all {
            next.assert_has(message, *placed);
        }
        prop_assert_eq!(next.assert_whole().len(), all.len());
    }
}

#[test]
fn a_clean_restart_reads_nothing_of_the_log_but_its_end() {
    let rig = Rig::new(FlushMode::Async);
    for id in 0..60 {
        rig.append(&[Message::new(id, 0, 500)]).expect("append");
    }
    rig.core.close().expect("close");
    let next = rig.reopened(rig.disk.after_kill());
    assert!(next.report.from_checkpoint && next.report.clean_shutdown);
    assert_eq!((next.report.scanned_bytes, next.report.dispatched_records), (0, 0));
    let opened = next.disk.opened();
    let segments = opened.iter().filter(|path| path.starts_with("/store/commitlog")).count();
    assert!(segments <= 1, "opened {opened:?}");
    next.assert_whole();
}

#[test]
fn a_log_without_a_key_is_not_dispatched_again_until_it_has_one() {
    let rig = Rig::new(FlushMode::Async);
    let keyless = |id| Message { has_key: false, ..Message::new(id, 0, 10) };
    rig.append(&[keyless(0), keyless(1)]).expect("append");
    rig.core.close().expect("close");
    let next = rig.reopened(rig.disk.after_kill());
    assert_eq!(next.report.dispatched_records, 0);
    next.append(&[keyless(2), Message::new(3, 0, 10)]).expect("append");
    let after_kill = next.reopened(next.disk.after_kill());
    assert_eq!(after_kill.report.dispatched_records, 2, "what the checkpoint does not cover");
    assert_eq!(after_kill.assert_whole().len(), 4);
    after_kill.core.close().expect("close");
    let disk = after_kill.disk.after_kill();
    for entry in disk.list(Path::new("/store/index")).expect("list") {
        disk.remove_file(&Path::new("/store/index").join(entry.name)).expect("remove");
    }
    assert_eq!(after_kill.reopened(disk).report.dispatched_records, 4, "a key was there");
}

#[test]
fn key_index_finds_records_and_forgets_none_after_a_crash() {
    let rig = Rig::new(FlushMode::Async);
    let placed = rig.append(&[Message::new(7, 0, 10), Message::new(8, 1, 10)]).expect("append");
    let find = |rig: &Rig, key: &str| {
        rig.core.dispatch.index.query("T", key, 10, 0, i64::MAX).expect("query").offsets
    };
    assert_eq!(find(&rig, "U8"), [placed[1].physical]);
    let next = rig.reopened(rig.disk.after_kill());
    assert_eq!(find(&next, "U8"), [placed[1].physical]);
    assert_eq!(find(&next, "U7"), [placed[0].physical]);
}

#[test]
fn transaction_kinds_decide_about_queue_and_index() {
    let rig = Rig::new(FlushMode::Async);
    let kinds =
        [RecordKind::Normal, RecordKind::Prepared, RecordKind::Commit, RecordKind::Rollback];
    let messages: Vec<_> = kinds
        .iter()
        .enumerate()
        .map(|(id, kind)| Message { kind: *kind, ..Message::new(id as u64, 0, 10) })
        .collect();
    let placed = rig.append(&messages).expect("append");
    let numbers: Vec<_> = placed.iter().map(|placed| placed.queue_offset.get()).collect();
    assert_eq!(numbers, [0, 0, 1, 0]);
    let check = |rig: &Rig| {
        let queue = rig.core.dispatch.queues.get("T", QueueId::new(0)).expect("opens");
        assert_eq!(queue.expect("exists").max_offset().get(), 2);
        let indexed: Vec<_> = (0..4)
            .map(|id| {
                let key = format!("U{id}");
                rig.core.dispatch.index.query("T", &key, 9, 0, i64::MAX).expect("query")
            })
            .map(|answer| answer.offsets.len())
            .collect();
        assert_eq!(indexed, [1, 1, 1, 0]);
    };
    check(&rig);
    check(&rig.reopened(rig.disk.after_kill()));
}

#[test]
fn store_time_never_decreases_even_over_a_restart_with_the_clock_set_back() {
    let rig = Rig::new(FlushMode::Async);
    let first = rig.append(&[Message::new(0, 0, 10)]).expect("append")[0].store_ms;
    rig.clock.set(NOW_MS - 60_000);
    let second = rig.append(&[Message::new(1, 0, 10)]).expect("append")[0].store_ms;
    assert_eq!((first, second), (NOW_MS, NOW_MS));
    rig.core.close().expect("close");
    let next = rig.reopened(rig.disk.after_kill());
    next.clock.set(NOW_MS - 120_000);
    let third = next.append(&[Message::new(2, 0, 10)]).expect("append")[0].store_ms;
    assert_eq!(third, NOW_MS);
}

#[test]
fn positions_from_outside_are_answered_with_errors() {
    let rig = Rig::new(FlushMode::Async);
    let placed = rig.append(&[Message::new(0, 0, 100)]).expect("append")[0];
    let read = |at: u64, hint| rig.core.log.read_record(PhysicalOffset::new(at), hint);
    assert!(matches!(read(4, None), Err(ReadError::NotARecord { .. } | ReadError::Beyond { .. })));
    assert!(matches!(read(rig.end(), None), Err(ReadError::Beyond { .. })));
    assert!(matches!(read(u64::MAX, Some(u32::MAX)), Err(ReadError::Beyond { .. })));
    assert!(matches!(read(0, Some(placed.size - 1)), Err(ReadError::NotARecord { .. })));
    let record = read(0, Some(placed.size)).expect("the record");
    assert_eq!(RecordView::parse(&record).expect("parses").body.len(), 100);
}

#[test]
fn due_times_are_the_same_appended_and_replayed() {
    use crate::batch::{AppendBatch, RecordMeta, TagsCode};
    use turbopump_wire::TopicName;
    use turbopump_wire::record::{RecordFields, RecordVersion, encode_record};

    let rig = Rig::new(FlushMode::Async);
    let topic = TopicName::parse(crate::dispatch::SCHEDULE_TOPIC).expect("topic");
    let queue = rig.core.dispatch.queues.get_or_create(&topic, QueueId::new(2)).expect("queue");
    let host = std::net::SocketAddr::from(([10, 0, 0, 1], 1));
    let mut batch = AppendBatch::new();
    let meta = RecordMeta {
        tags: TagsCode::DueAfter { ms: 10_000 },
        kind: RecordKind::Normal,
        key_hashes: &[],
    };
    batch.push(&queue, meta, |out| {
        let fields = RecordFields {
            version: RecordVersion::V1,
            topic: topic.as_str(),
            queue_id: QueueId::new(2),
            flag: 0,
            sys_flag: 0,
            born_timestamp: 1,
            born_host: host,
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: b"later",
            properties: &[b"DELAY\x013\x02TAGS\x01A\x02"],
        };
        encode_record(out, &fields).expect("encodes");
    });
    rig.core.log.append(&mut batch, &rig.core.dispatch).expect("append");
    let code = |rig: &Rig| {
        let queue = rig.core.dispatch.queues.get(topic.as_str(), QueueId::new(2));
        let mut entries = Vec::new();
        let queue = queue.expect("opens").expect("exists");
        queue.read(turbopump_wire::QueueOffset::ZERO, 1, &mut entries).expect("read");
        entries[0].tags_code
    };
    assert_eq!(code(&rig), NOW_MS + 10_000);
    assert_eq!(code(&rig.reopened(rig.disk.after_kill())), NOW_MS + 10_000);
}

#[test]
fn options_that_cannot_be_are_refused() {
    for segment_bytes in [0, 100, 1 << 31] {
        let wrong = crate::options::StoreOptions { segment_bytes, ..options(FlushMode::Async) };
        let opened = Rig::open(crate::disk::memory::MemoryDisk::new(), &wrong);
        assert!(opened.is_err(), "{segment_bytes}");
    }
}
