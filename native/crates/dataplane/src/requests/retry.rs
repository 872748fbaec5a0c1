//! Where a send to a retry topic really goes (Java `SendMessageProcessor.handleRetryAndDLQ`).

use std::sync::Arc;

use turbopump_wire::version::V3_4_9;

use super::admission::find_group;
use super::send_header::SendHeader;
use crate::event_loop::{Request, Stop, Want};
use crate::policy::{PolicySnapshot, RETRY_PREFIX, TopicEntry, dlq_topic};

/// A dead-letter topic has one queue.
const DLQ_QUEUE: u32 = 0;

/// Topic and queue of one message.
pub(super) struct Destination {
    pub(super) topic: Arc<TopicEntry>,
    pub(super) queue_id: u32,
    pub(super) is_dead_letter: bool,
}

/// A retry that has been delivered often enough, or that is out of order by now because its
/// group holds queue locks, goes to the dead-letter topic instead.
pub(super) fn destination(
    header: &SendHeader<'_>,
    request: &Request<'_>,
    topic: &Arc<TopicEntry>,
    queue_id: u32,
    policy: &PolicySnapshot,
) -> Result<Destination, Stop> {
    let Some(group_name) = header.topic.strip_prefix(RETRY_PREFIX) else {
        return Ok(Destination { topic: topic.clone(), queue_id, is_dead_letter: false });
    };
    let group = find_group(policy, group_name)?;
    let max = match header.max_reconsume_times {
        Some(max) if request.header.version >= V3_4_9 => max,
        _ => group.retry_max_times,
    };
    let locked = policy.live_group(group_name).is_some_and(|live| live.holds_queue_locks);
    if header.reconsume_times <= max && !locked {
        return Ok(Destination { topic: topic.clone(), queue_id, is_dead_letter: false });
    }
    let topic = dead_letter_topic(policy, group_name)?;
    Ok(Destination { topic, queue_id: DLQ_QUEUE, is_dead_letter: true })
}

/// The group's dead-letter topic, made when it is missing.
pub(super) fn dead_letter_topic(
    policy: &PolicySnapshot,
    group: &str,
) -> Result<Arc<TopicEntry>, Stop> {
    internal_topic(policy, &dlq_topic(group), 0)
}

/// A topic that the broker needs itself, made when it is missing.
pub(super) fn internal_topic(
    policy: &PolicySnapshot,
    name: &str,
    sys_flag: i32,
) -> Result<Arc<TopicEntry>, Stop> {
    let known = policy.topic(name).cloned();
    known.ok_or_else(|| Stop::wait(Want::internal_topic(name, sys_flag)))
}
