//! `QUERY_CONSUMER_OFFSET` 14 (Java `ConsumerManageProcessor.queryConsumerOffset`).
//!
//! Ext: `consumerGroup`, `topic`, `queueId`, `setZeroIfNotFound`. Answer: `offset`, or 22. A group
//! without an offset starts at 0 only when the queue still begins at 0 and that message is in
//! memory: 0 blindly would replay history, 22 blindly would skip messages.

use turbopump_store::QueueEntry;
use turbopump_wire::codes::response_code::QUERY_NOT_FOUND;
use turbopump_wire::{QueueId, QueueOffset};

use super::max_offset::queue_refusal;
use super::reply;
use crate::event_loop::{LoopCore, Outlets, Request, Stop};

impl LoopCore {
    pub(crate) fn query_consumer_offset(
        &mut self,
        request: &Request<'_>,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let (group, topic) = (request.text("consumerGroup")?, request.text("topic")?);
        let queue = QueueId::new(request.number::<i32>("queueId")?.max(0) as u32);
        let stored = self.shared.offsets.get(group, topic, queue);
        let offset = match stored {
            Some(offset) => offset.get(),
            None if request.header.ext.bool("setZeroIfNotFound") == Some(false) => {
                let remark = "Not found, do not set to zero, maybe this group boot first";
                return Err(Stop::refuse(QUERY_NOT_FOUND, remark));
            }
            None if self.begins_in_memory(topic, queue)? => 0,
            None => {
                let remark = "Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first";
                return Err(Stop::refuse(QUERY_NOT_FOUND, remark));
            }
        };
        reply::field(outlets, request.to, "offset", offset);
        Ok(())
    }

    /// Whether message 0 of the queue exists and is near enough to the log's end.
    fn begins_in_memory(&mut self, topic: &str, id: QueueId) -> Result<bool, Stop> {
        let queue = self.shared.store.queue(topic, id);
        let Some(queue) = queue.map_err(|error| queue_refusal(&error))? else { return Ok(false) };
        if queue.min_offset() != QueueOffset::ZERO {
            return Ok(false);
        }
        let entries: &mut Vec<QueueEntry> = &mut self.scratch.entries;
        entries.clear();
        queue.read(QueueOffset::ZERO, 1, entries).map_err(|error| queue_refusal(&error))?;
        let end = self.shared.store.readable();
        let limit = self.shared.in_memory_bytes;
        Ok(entries.first().is_some_and(|first| end.since(first.physical) <= limit))
    }
}
