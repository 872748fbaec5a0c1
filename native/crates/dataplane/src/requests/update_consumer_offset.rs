//! `UPDATE_CONSUMER_OFFSET` 15 (Java `ConsumerManageProcessor.updateConsumerOffset`).
//!
//! Ext: `consumerGroup`, `topic`, `queueId`, `commitOffset`; the answer is success alone.
//! A consumer's periodic commit is oneway and only ever moves forward: one that was overtaken on
//! its way must not take the group back. A two-way update is an admin's reset
//! (`resetOffsetByTimeOld`, `skipAccumulatedMessage`) and goes where it says.

use turbopump_wire::codes::response_code::{
    INVALID_PARAMETER, SUBSCRIPTION_GROUP_NOT_EXIST, TOPIC_NOT_EXIST,
};
use turbopump_wire::{QueueId, QueueOffset};

use super::max_offset::queue_refusal;
use super::reply;
use crate::event_loop::{LoopCore, Outlets, Request, Stop};
use crate::policy::PolicySnapshot;

impl LoopCore {
    pub(crate) fn update_consumer_offset(
        &mut self,
        request: &Request<'_>,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let (group, topic) = (request.text("consumerGroup")?, request.text("topic")?);
        if policy.group(group).is_none() {
            let remark = format!("Group {group} not exist!");
            return Err(Stop::refuse(SUBSCRIPTION_GROUP_NOT_EXIST, remark));
        }
        if policy.topic(topic).is_none() {
            return Err(Stop::refuse(TOPIC_NOT_EXIST, format!("Topic {topic} not exist!")));
        }
        let id = required(request, "queueId", "QueueId", topic)?;
        let offset = required(request, "commitOffset", "Offset", topic)?;
        let id = u32::try_from(id).map(QueueId::new).map_err(|_| {
            Stop::refuse(INVALID_PARAMETER, format!("QueueId is negative, topic is {topic}"))
        })?;
        let queue = self.shared.store.queue(topic, id);
        if let Some(queue) = queue.map_err(|error| queue_refusal(&error))? {
            let forward_only = request.to.oneway;
            match u64::try_from(offset).map(QueueOffset::new) {
                Ok(offset) if !forward_only && offset <= queue.max_offset() => {
                    self.shared.resets.forget(group, topic, id);
                    self.shared.offsets.set(group, topic, id, offset);
                }
                _ => self.commit_offset(group, topic, &queue, offset),
            }
        } else if offset == 0 {
            self.shared.offsets.commit(group, topic, id, QueueOffset::ZERO);
        }
        reply::success(outlets, request.to);
        Ok(())
    }
}

fn required(
    request: &Request<'_>,
    field: &'static str,
    shown: &str,
    topic: &str,
) -> Result<i64, Stop> {
    request.number_if_any(field)?.ok_or_else(|| {
        Stop::refuse(INVALID_PARAMETER, format!("{shown} is null, topic is {topic}"))
    })
}
