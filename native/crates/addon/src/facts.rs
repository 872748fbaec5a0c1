//! State that Rust owns, as it is asked for and set: bounds, offsets, progress, counters, status.

use napi::Result;
use napi_derive::napi;
use turbopump_dataplane::{ConsumerOffset, Counters, DelayProgress, LogStatus, QueueBounds};
use turbopump_wire::{QueueId, QueueOffset};

use crate::code::unsigned;

#[napi(object)]
pub struct NativeQueueBounds {
    pub queue_id: i64,
    pub min_offset: i64,
    pub max_offset: i64,
    pub last_update_timestamp: i64,
}

impl From<QueueBounds> for NativeQueueBounds {
    fn from(bounds: QueueBounds) -> Self {
        Self {
            queue_id: bounds.queue.get().into(),
            min_offset: bounds.min.get() as i64,
            max_offset: bounds.max.get() as i64,
            last_update_timestamp: bounds.last_update_ms,
        }
    }
}

#[napi(object)]
pub struct NativeConsumerOffset {
    pub group: String,
    pub topic: String,
    pub queue_id: i64,
    pub offset: i64,
}

#[napi(object)]
pub struct NativeConsumerOffsets {
    pub version: i64,
    pub offsets: Vec<NativeConsumerOffset>,
}

impl From<(u64, Vec<ConsumerOffset>)> for NativeConsumerOffsets {
    fn from((version, offsets): (u64, Vec<ConsumerOffset>)) -> Self {
        let offsets = offsets.into_iter().map(NativeConsumerOffset::from);
        Self { version: version as i64, offsets: offsets.collect() }
    }
}

impl From<ConsumerOffset> for NativeConsumerOffset {
    fn from(one: ConsumerOffset) -> Self {
        Self {
            group: one.group,
            topic: one.topic,
            queue_id: one.queue.get().into(),
            offset: one.offset.get() as i64,
        }
    }
}

impl NativeConsumerOffset {
    pub(crate) fn convert(self) -> Result<ConsumerOffset> {
        Ok(ConsumerOffset {
            group: self.group,
            topic: self.topic,
            queue: QueueId::new(unsigned("queueId", self.queue_id)?),
            offset: QueueOffset::new(unsigned("offset", self.offset)?),
        })
    }
}

#[napi(object)]
pub struct NativeDelayProgress {
    pub level: i64,
    pub offset: i64,
}

impl From<DelayProgress> for NativeDelayProgress {
    fn from(progress: DelayProgress) -> Self {
        Self { level: progress.level.into(), offset: progress.offset.get() as i64 }
    }
}

impl NativeDelayProgress {
    pub(crate) fn convert(&self) -> Result<DelayProgress> {
        Ok(DelayProgress {
            level: unsigned("level", self.level)?,
            offset: QueueOffset::new(unsigned("offset", self.offset)?),
        })
    }
}

#[napi(object)]
pub struct NativeTopicCount {
    pub topic: String,
    pub put_messages: i64,
    pub put_bytes: i64,
}

#[napi(object)]
pub struct NativeGroupCount {
    pub group: String,
    pub topic: String,
    pub get_messages: i64,
    pub get_bytes: i64,
    pub get_times: i64,
    pub send_back_messages: i64,
}

#[napi(object)]
pub struct NativeCounters {
    pub topics: Vec<NativeTopicCount>,
    pub groups: Vec<NativeGroupCount>,
    pub send_back_messages: i64,
    pub failed_puts: i64,
    pub found_pulls: i64,
    pub missed_pulls: i64,
    pub connections: i64,
    pub held_pulls: i64,
    pub upward_queue_depth: i64,
}

impl From<Counters> for NativeCounters {
    fn from(counters: Counters) -> Self {
        let topics = counters.topics.into_iter().map(|count| NativeTopicCount {
            topic: count.topic,
            put_messages: count.put_messages as i64,
            put_bytes: count.put_bytes as i64,
        });
        let groups = counters.groups.into_iter().map(|count| NativeGroupCount {
            group: count.group,
            topic: count.topic,
            get_messages: count.totals.messages as i64,
            get_bytes: count.totals.bytes as i64,
            get_times: count.totals.pulls as i64,
            send_back_messages: count.totals.send_backs as i64,
        });
        Self {
            topics: topics.collect(),
            groups: groups.collect(),
            send_back_messages: counters.send_back_messages as i64,
            failed_puts: counters.failed_puts as i64,
            found_pulls: counters.found_pulls as i64,
            missed_pulls: counters.missed_pulls as i64,
            connections: counters.connections as i64,
            held_pulls: counters.held_pulls as i64,
            upward_queue_depth: counters.upward_queue_depth as i64,
        }
    }
}

#[napi(object, use_nullable = true)]
pub struct NativeLogStatus {
    pub min_physical_offset: i64,
    pub max_physical_offset: i64,
    pub flushed_physical_offset: i64,
    pub readable_physical_offset: i64,
    pub dispatch_behind_bytes: i64,
    pub earliest_message_timestamp: i64,
    pub disk_used_ratio: f64,
    pub queue_disk_used_ratio: f64,
    pub poisoned: Option<String>,
}

impl From<LogStatus> for NativeLogStatus {
    fn from(status: LogStatus) -> Self {
        Self {
            min_physical_offset: status.min.get() as i64,
            max_physical_offset: status.written.get() as i64,
            flushed_physical_offset: status.flushed.get() as i64,
            readable_physical_offset: status.readable.get() as i64,
            // Queues are fed in the append itself: never behind.
            dispatch_behind_bytes: 0,
            earliest_message_timestamp: status.earliest_store_ms.unwrap_or(-1),
            disk_used_ratio: status.disk_used_ratio,
            queue_disk_used_ratio: status.queue_disk_used_ratio,
            poisoned: status.poisoned.map(|reason| reason.to_string()),
        }
    }
}
