//! The store as a whole on the memory disk, without threads: what the threads would do is called
//! step by step, so that a test decides where the machine dies.

mod cold;
mod crash;
mod edges;
mod failure;
mod foreign;
mod images;
mod journal;
mod real_disk;
mod rebuilds;
mod round_trip;
mod upkeep;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use turbopump_wire::record::{RecordFields, RecordVersion, RecordView, encode_record};
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset, TopicName};

use crate::batch::{AppendBatch, Placed, RecordKind, RecordMeta, TagsCode};
use crate::clock::ManualClock;
use crate::core::StoreCore;
use crate::disk::Disk;
use crate::disk::memory::MemoryDisk;
use crate::error::{AppendError, OpenError};
use crate::options::{FlushMode, StoreOptions};
use crate::status::RecoveryReport;

pub(crate) const NOW_MS: i64 = 1_700_000_000_000;
pub(crate) const SEGMENT_BYTES: u64 = 8192;

pub(crate) fn options(mode: FlushMode) -> StoreOptions {
    StoreOptions {
        segment_bytes: SEGMENT_BYTES,
        queue_file_bytes: 400,
        index_slots: 64,
        index_entries: 64,
        flush_mode: mode,
        ..StoreOptions::at("/store")
    }
}

/// A store without threads on a memory disk.
pub(crate) struct Rig {
    pub(crate) disk: MemoryDisk,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) core: StoreCore,
    pub(crate) report: RecoveryReport,
}

impl Rig {
    pub(crate) fn new(mode: FlushMode) -> Self {
        Self::open(MemoryDisk::losing_folders(), &options(mode)).expect("a fresh store opens")
    }

    pub(crate) fn open(disk: MemoryDisk, options: &StoreOptions) -> Result<Self, OpenError> {
        let clock = Arc::new(ManualClock::new(NOW_MS));
        let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
        let dyn_clock: Arc<ManualClock> = Arc::clone(&clock);
        let (core, report) = StoreCore::open(options.clone(), dyn_disk, dyn_clock)?;
        // Where a test asks for the journal, it is not too few queues for it.
        core.dispatch.queues.journal_above(0);
        Ok(Self { disk, clock, core, report })
    }

    /// The journal's files are small, and a slice of the queues' files is one.
    pub(crate) fn journal_in_small_steps(&self) {
        self.core.checkpoint_file.lock().expect("lock").journal.set_entries_max(4);
        self.clock.set_look_ms(1_100);
    }

    /// The store that the next process finds on `disk`.
    pub(crate) fn reopened(&self, disk: MemoryDisk) -> Self {
        Self::open(disk, &self.core.options).expect("every crash is recovered from")
    }

    pub(crate) fn batch(&self, messages: &[Message]) -> AppendBatch {
        let mut batch = AppendBatch::new();
        for message in messages {
            message.push(&self.core, &mut batch);
        }
        batch
    }

    pub(crate) fn append(&self, messages: &[Message]) -> Result<Vec<Placed>, AppendError> {
        let mut batch = self.batch(messages);
        self.core.log.append(&mut batch, &self.core.dispatch)?;
        Ok((0..messages.len()).map(|index| batch.placed(index)).collect())
    }

    pub(crate) fn end(&self) -> u64 {
        self.core.log.positions.written.load(std::sync::atomic::Ordering::Acquire)
    }

    /// Checks that the record at `placed` is `message`, by position and by queue.
    pub(crate) fn assert_has(&self, message: &Message, placed: Placed) {
        let record = self.core.log.read_record(placed.physical, None).expect("record by position");
        let view = RecordView::parse(&record).expect("a record");
        assert_eq!(view.body, message.body(), "body at {}", placed.physical);
        assert_eq!(view.topic, message.topic);
        assert_eq!(view.queue_offset as u64, placed.queue_offset.get());
        let queue = self.core.dispatch.queues.get(message.topic, QueueId::new(message.queue));
        let queue = queue.expect("queue opens").expect("queue exists");
        let mut entries = Vec::new();
        queue.read(placed.queue_offset, 1, &mut entries).expect("entry");
        assert_eq!(entries.len(), 1, "no entry {} of queue {}", placed.queue_offset, message.queue);
        assert_eq!((entries[0].physical, entries[0].size), (placed.physical, placed.size));
    }

    /// I3, I4, I5: the log is contiguous from start to end, and each queue names exactly its
    /// records, densely from 0. Returns all bodies in log order.
    pub(crate) fn assert_whole(&self) -> Vec<Vec<u8>> {
        let mut bodies = Vec::new();
        let mut numbers = std::collections::BTreeMap::new();
        let mut at = self.core.log.segments.first_base().expect("a segment");
        let end = self.end();
        while at < end {
            let left = SEGMENT_BYTES - at % SEGMENT_BYTES;
            let Ok(record) = self.core.log.read_record(PhysicalOffset::new(at), None) else {
                let blank = self.core.log.read_run(PhysicalOffset::new(at), 8).expect("blank");
                assert_eq!(blank[..4], (left as u32).to_be_bytes(), "a hole at {at}");
                at += left;
                continue;
            };
            let view = RecordView::parse(&record).expect("a record");
            view.check_body().expect("body CRC");
            let next = numbers.entry((view.topic.to_owned(), view.queue_id)).or_insert(0_u64);
            assert_eq!(view.queue_offset as u64, *next, "queue numbers are dense");
            let queue =
                self.core.dispatch.queues.get(view.topic, QueueId::new(view.queue_id as u32));
            let queue = queue.expect("queue opens").expect("queue exists");
            let mut entries = Vec::new();
            queue.read(QueueOffset::new(*next), 1, &mut entries).expect("entry");
            assert_eq!(entries[0].physical.get(), at, "the entry names its record");
            *next += 1;
            bodies.push(view.body.to_vec());
            at += record.len() as u64;
        }
        for ((topic, id), next) in numbers {
            let queue = self.core.dispatch.queues.get(&topic, QueueId::new(id as u32));
            let queue = queue.expect("queue opens").expect("queue exists");
            assert_eq!(queue.max_offset().get(), next, "{topic}/{id} names a phantom");
        }
        bodies
    }
}

/// A message whose body tells which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) topic: &'static str,
    pub(crate) queue: u32,
    pub(crate) body_bytes: usize,
    pub(crate) kind: RecordKind,
    pub(crate) has_key: bool,
}

impl Message {
    pub(crate) fn new(id: u64, queue: u32, body_bytes: usize) -> Self {
        let body_bytes = body_bytes.max(8);
        Self { id, topic: "T", queue, body_bytes, kind: RecordKind::Normal, has_key: true }
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = self.id.to_be_bytes().to_vec();
        body.extend((8..self.body_bytes).map(|index| (self.id as usize + index) as u8));
        body
    }

    fn push(&self, core: &StoreCore, batch: &mut AppendBatch) {
        let topic = TopicName::parse(self.topic).expect("topic");
        let queue = core.dispatch.queues.get_or_create(&topic, QueueId::new(self.queue));
        let body = self.body();
        let name = if self.has_key { "UNIQ_KEY" } else { "NO_KEYS_" };
        let properties = format!("{name}\u{1}U{}\u{2}", self.id);
        let host = SocketAddr::from((Ipv4Addr::LOCALHOST, 10_911));
        let sys_flag = match self.kind {
            RecordKind::Normal => 0,
            RecordKind::Prepared => 4,
            RecordKind::Commit => 8,
            RecordKind::Rollback => 12,
        };
        let fields = RecordFields {
            version: RecordVersion::V1,
            topic: self.topic,
            queue_id: QueueId::new(self.queue),
            flag: 0,
            sys_flag,
            born_timestamp: 1,
            born_host: host,
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: &body,
            properties: &[properties.as_bytes()],
        };
        let hash = turbopump_wire::java_hash::index_key_hash(self.topic, &format!("U{}", self.id));
        let hashes = &[hash][..usize::from(self.has_key)];
        let meta = RecordMeta { tags: TagsCode::Fixed(0), kind: self.kind, key_hashes: hashes };
        batch.push(&queue.expect("queue"), meta, |out| {
            encode_record(out, &fields).expect("encodes");
        });
    }
}

/// Bytes of a record that `Message::new(id, 0, body_bytes)` makes.
pub(crate) fn record_bytes(id: u64, body_bytes: usize) -> u64 {
    let properties = format!("UNIQ_KEY\u{1}U{id}\u{2}").len();
    (91 + "T".len() + properties + body_bytes.max(8)) as u64
}

pub(crate) fn segment_path(number: u64) -> PathBuf {
    Path::new("/store/commitlog").join(format!("{:020}", number * SEGMENT_BYTES))
}

/// Overwrites bytes of a file in the log's folder.
pub(crate) fn scribble(disk: &MemoryDisk, path: &Path, at: u64, bytes: &[u8]) {
    let file = disk.open(path, crate::disk::OpenMode::Existing).expect("open");
    file.write_at(bytes, at).expect("write");
    file.sync_data().expect("sync");
}
