//! The laws of recovery, held against an open store.
//!
//! - What recovery verified is a run of records without a gap, each with a good checksum.
//! - Each of them has its entry, and each entry names a record that says the same of itself. Only
//!   a queue file or journal that came with the image may hold entries that no record explains.
//! - Each key of a verified record finds it.
//! - Opening what a recovery left finds the same, and nothing to cut. A log whose numbers have a
//!   gap was written by nobody: once the first opening has used up what vouched for it, the second
//!   may refuse it as it refuses the log alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use turbopump_store::clock::ManualClock;
use turbopump_store::{OpenError, QueueEntry, QueueError, RecoveryReport, Store};
use turbopump_wire::properties::{get_str, name};
use turbopump_wire::record::{BlankRecord, RecordView};
use turbopump_wire::{PhysicalOffset, TopicName};

use crate::plain_disk::PlainDisk;
use crate::store_image::{Flags, options};

/// Entries asked for at once; more than a log of three segments has records.
const ENTRIES_MAX: usize = 1000;

/// What a store shows to the outside.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    min: u64,
    end: u64,
    queues: BTreeMap<(String, u32), (u64, Vec<QueueEntry>)>,
}

/// Opens `disk` twice and panics when a law is broken. Refusing to open is no breach; refusing what
/// a recovery of its own left is.
pub fn check(disk: &PlainDisk, flags: Flags) {
    let Ok((store, report)) = open(disk, flags) else { return };
    let seen = look(&store, &report, flags);
    drop(store);
    let (store, again) = match open(disk, flags) {
        Ok(opened) => opened,
        Err(error) => {
            let alone = open(&disk.only("/store/commitlog"), flags);
            assert!(is_gap(&error) && alone.is_err_and(|alone| is_gap(&alone)), "{error}");
            return;
        }
    };
    // Who trusts a clean stop reads no further than it says; what lies there may be anything.
    if report.from_checkpoint && report.clean_shutdown {
        return;
    }
    assert_eq!((again.cut_bytes, again.removed_segments), (0, 0), "recovery left something to cut");
    let seen_again = look(&store, &again, flags);
    // A checkpoint that counts vouches for the queue file, and this one holds anything.
    if !(flags.has(Flags::JOURNAL) && flags.has(Flags::QUEUE)) {
        assert_eq!(seen_again, seen, "recovery of its own work");
    }
}

const fn is_gap(error: &OpenError) -> bool {
    matches!(error, OpenError::Queue(QueueError::Gap { .. }))
}

fn open(disk: &PlainDisk, flags: Flags) -> Result<(Store, RecoveryReport), OpenError> {
    let clock = Arc::new(ManualClock::new(1_700_000_000_000));
    Store::open_without_threads(options(flags), Arc::new(disk.clone()), clock)
}

fn look(store: &Store, report: &RecoveryReport, flags: Flags) -> Seen {
    let (min, end) = (store.min_offset().get(), store.readable().get());
    assert_eq!((report.min.get(), report.end.get()), (min, end));
    let mut laws = Laws::default();
    laws.walk(store, end - report.scanned_bytes, end);
    let queues = queues_of(store, end);
    let all_is_verified = report.scanned_bytes == end - min;
    if !flags.has(Flags::QUEUE) && !flags.has(Flags::JOURNAL) {
        laws.entries_name_records(store, &queues);
        if all_is_verified {
            laws.records_have_entries(&queues);
        }
    }
    if all_is_verified && !flags.has(Flags::INDEX) && laws.times_ascend {
        laws.keys_find_records(store);
    }
    Seen { min, end, queues }
}

type Queues = BTreeMap<(String, u32), (u64, Vec<QueueEntry>)>;

fn queues_of(store: &Store, end: u64) -> Queues {
    let mut queues = Queues::new();
    for (topic, ids) in store.queue_names() {
        for id in ids {
            let queue = store.queue(&topic, id).expect("its files are fine");
            let queue = queue.expect("a queue that is named");
            let mut entries = Vec::new();
            // A queue file of the image may have holes, which reading reports.
            let read = queue.read(queue.min_offset(), ENTRIES_MAX, &mut entries);
            assert!(
                entries.iter().all(|entry| entry.end().get() <= end),
                "an entry beyond the end"
            );
            drop(read);
            queues.insert((topic.to_string(), id.get()), (queue.min_offset().get(), entries));
        }
    }
    queues
}

#[derive(Default)]
struct Laws {
    /// Of each queue the number of its first record, and the records' positions.
    expected: BTreeMap<(String, u32), (u64, Vec<u64>)>,
    keys: Vec<(String, String, u64)>,
    last_ms: i64,
    times_ascend: bool,
}

impl Laws {
    /// Reads `[from, end)`, in which every byte belongs to a record or a segment's filler.
    fn walk(&mut self, store: &Store, from: u64, end: u64) {
        self.times_ascend = true;
        let mut at = from;
        while at < end {
            if let Ok(record) = store.read_record(PhysicalOffset::new(at), None) {
                let view = RecordView::parse(&record).expect("what was read as a record");
                view.check_body().expect("recovery checked the sum");
                self.note(&view, at);
                at += record.len() as u64;
                continue;
            }
            let left = store.segment_bytes() - at % store.segment_bytes();
            let filler = store.read_run(PhysicalOffset::new(at), 8).expect("a filler");
            let filler = BlankRecord::parse(&filler).expect("neither record nor filler");
            assert_eq!(u64::from(filler.size), left, "a hole at {at}");
            at += left;
        }
    }

    fn note(&mut self, view: &RecordView<'_>, at: u64) {
        let ascends = view.store_timestamp >= self.last_ms.max(1) && view.store_timestamp < 1 << 41;
        self.times_ascend &= ascends;
        self.last_ms = view.store_timestamp;
        let transaction = view.sys_flag & 0xC;
        if transaction != 0xC {
            self.note_keys(view, at);
        }
        // Half messages and rollbacks are in no queue (`TRANSACTION_PREPARED_TYPE`).
        if matches!(transaction, 4 | 0xC) || TopicName::check(view.topic).is_err() {
            return;
        }
        let (Ok(id), Ok(number)) = (u32::try_from(view.queue_id), u64::try_from(view.queue_offset))
        else {
            return;
        };
        let queue = (view.topic.to_owned(), id);
        let (first, records) = self.expected.entry(queue).or_insert_with(|| (number, Vec::new()));
        if let Some(nth) = number.checked_sub(*first) {
            // A number that comes again replaces what had it, and all behind.
            records.truncate(nth as usize);
            assert_eq!(records.len() as u64, nth, "a queue with a gap was opened");
            records.push(at);
        }
    }

    fn note_keys(&mut self, view: &RecordView<'_>, at: u64) {
        let unique = get_str(view.properties, name::UNIQ_KEY);
        let keys = get_str(view.properties, name::KEYS).unwrap_or_default();
        let words = keys.split(' ').filter(|word| !word.is_empty());
        for key in unique.into_iter().chain(words) {
            self.keys.push((view.topic.to_owned(), key.to_owned(), at));
        }
    }

    fn entries_name_records(&self, store: &Store, queues: &Queues) {
        for ((topic, id), (first, entries)) in queues {
            for (number, entry) in (*first..).zip(entries) {
                let record = store.read_record(entry.physical, Some(entry.size));
                let record = record.expect("an entry of no record");
                let view = RecordView::parse(&record).expect("what was read as a record");
                let says = (view.topic, view.queue_id, view.queue_offset);
                assert_eq!(says, (topic.as_str(), *id as i32, number as i64));
            }
        }
    }

    fn records_have_entries(&self, queues: &Queues) {
        for (queue, (first, records)) in &self.expected {
            let found = queues.get(queue).expect("a record's queue");
            let positions: Vec<u64> = found.1.iter().map(|entry| entry.physical.get()).collect();
            assert_eq!((found.0, &positions), (*first, records), "entries of {queue:?}");
        }
        assert_eq!(queues.len(), self.expected.len(), "a queue without a record");
    }

    fn keys_find_records(&self, store: &Store) {
        for (topic, key, at) in &self.keys {
            let found = store.query_index(topic, key, ENTRIES_MAX, 0, i64::MAX).expect("a query");
            assert!(
                found.offsets.contains(&PhysicalOffset::new(*at)),
                "{key:?} does not find {at}"
            );
        }
    }
}
