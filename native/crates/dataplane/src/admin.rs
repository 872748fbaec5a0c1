//! What administrators ask of a data plane: store times, queue contents, resets, a record to a
//! client, clean-ups. Rare; nothing here is on the path of a message.

use turbopump_store::{QueueEntry, QueueError, ReadError};
use turbopump_transport::ConnId;
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset};

use crate::DataPlane;
use crate::error::CleanUpError;
use crate::event_loop::Mail;
use crate::offsets::ConsumerOffset;

/// Units that one question may see: 20 bytes each on disk.
const UNITS_MAX: usize = 4096;

/// A message by its place in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// The topic.
    pub topic: String,
    /// The queue.
    pub queue: QueueId,
    /// Its number there.
    pub offset: QueueOffset,
}

/// One unit of a consume queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueUnit {
    /// Position of the record in the log.
    pub physical: PhysicalOffset,
    /// Size of the record in bytes.
    pub size: u32,
    /// Hash of its tags; of a delayed message the time when it is due, in milliseconds.
    pub tags_code: i64,
}

/// A part of a consume queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUnits {
    /// First message that is left.
    pub min: QueueOffset,
    /// Number of the next message.
    pub max: QueueOffset,
    /// The units from the asked one on.
    pub units: Vec<QueueUnit>,
}

impl DataPlane {
    /// When each message was stored, in milliseconds; 0 for one that its queue does not have.
    pub fn store_times(&self, asked: &[StoredMessage]) -> Result<Vec<i64>, ReadError> {
        let store = &self.shared.store;
        let time = |message: &StoredMessage| {
            let Some(queue) = store.queue(&message.topic, message.queue)? else { return Ok(0) };
            let within = (queue.min_offset()..queue.max_offset()).contains(&message.offset);
            if !within {
                return Ok(0);
            }
            Ok(store.store_time(&queue, message.offset)?.unwrap_or(0))
        };
        asked.iter().map(time).collect()
    }

    /// At most `count` units of the queue from `from` on, and at most 4,096; `None` when there is
    /// no such queue.
    pub fn queue_units(
        &self,
        topic: &str,
        queue: QueueId,
        from: QueueOffset,
        count: usize,
    ) -> Result<Option<QueueUnits>, QueueError> {
        let Some(queue) = self.shared.store.queue(topic, queue)? else { return Ok(None) };
        let (min, max) = (queue.min_offset(), queue.max_offset());
        let mut entries: Vec<QueueEntry> = Vec::new();
        queue.read(from, count.min(UNITS_MAX), &mut entries)?;
        let unit = |entry: &QueueEntry| QueueUnit {
            physical: entry.physical,
            size: entry.size,
            tags_code: entry.tags_code,
        };
        Ok(Some(QueueUnits { min, max, units: entries.iter().map(unit).collect() }))
    }

    /// Offsets of one group, without a look at the others.
    #[must_use]
    pub fn group_offsets(&self, group: &str) -> Vec<ConsumerOffset> {
        self.shared.offsets.of_group(group)
    }

    /// Groups that have an offset of the topic, in no order; no look at those that have none.
    #[must_use]
    pub fn topic_groups(&self, topic: &str) -> Vec<String> {
        self.shared.offsets.groups_of(topic)
    }

    /// Moves groups to where they are told, and every running consumer with its next pull: held
    /// pulls are answered at once. Commits from before the move count for nothing.
    pub fn reset_consumer_offsets(&self, offsets: &[ConsumerOffset]) {
        for one in offsets {
            // The reset first: a commit in between must not move the group past it again.
            self.shared.resets.put(&one.group, &one.topic, one.queue, one.offset);
            self.shared.offsets.set(&one.group, &one.topic, one.queue, one.offset);
        }
        let mut topics: Vec<&str> = offsets.iter().map(|one| one.topic.as_str()).collect();
        topics.sort_unstable();
        topics.dedup();
        for topic in topics {
            self.shared.post_all(|| Mail::TopicChanged(topic.into()));
        }
    }

    /// Sends a frame without a body, followed by the record at `at` as its body. False when the log
    /// has no record there, and then nothing is sent.
    pub fn forward_record(
        &self,
        connection: ConnId,
        mut frame: Vec<u8>,
        at: PhysicalOffset,
    ) -> Result<bool, ReadError> {
        let record = match self.shared.store.read_record(at, None) {
            Ok(record) => record,
            Err(
                ReadError::Deleted { .. } | ReadError::Beyond { .. } | ReadError::NotARecord { .. },
            ) => return Ok(false),
            Err(error) => return Err(error),
        };
        let length = frame.len().saturating_sub(4) + record.len();
        let (Ok(length), Some(field)) = (u32::try_from(length), frame.first_chunk_mut::<4>())
        else {
            return Ok(false);
        };
        *field = length.to_be_bytes();
        self.shared.post(connection.loop_index(), Mail::Record { connection, frame, record });
        Ok(true)
    }

    /// Topics that have queues in the store, whether policy knows them or not.
    #[must_use]
    pub fn stored_topics(&self) -> Vec<String> {
        let names = self.shared.store.queue_names();
        names.into_iter().map(|(topic, _)| topic.to_string()).collect()
    }

    /// Removes what is older than `fileReservedTime` from the log; how many segments went.
    pub fn remove_expired_segments(&self) -> Result<usize, CleanUpError> {
        Ok(self.shared.store.remove_expired_segments()?)
    }

    /// Removes queue and index files that name only what is gone from the log.
    pub fn remove_expired_queues(&self) -> Result<(), CleanUpError> {
        Ok(self.shared.store.remove_expired_queues()?)
    }
}
