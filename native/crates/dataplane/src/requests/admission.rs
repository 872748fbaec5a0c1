//! Checks that every send passes (Java `AbstractSendMessageProcessor.msgCheck`), and finding a
//! group (Java `SubscriptionGroupManager.findSubscriptionGroupConfig`).

use std::sync::Arc;

use turbopump_wire::codes::response_code;
use turbopump_wire::name::{GroupName, TopicName};

use super::send_header::SendHeader;
use crate::event_loop::{LoopCore, Request, Stop, Want};
use crate::park::NameKind;
use crate::policy::{
    BrokerPolicy, BrokerRole, GroupPolicy, PERM_WRITE, PolicySnapshot, RETRY_PREFIX, TopicEntry,
    is_reserved_for_broker, is_system_group,
};

/// `TopicSysFlag`: the topic belongs to a unit.
const UNIT: i32 = 1;
/// `TopicSysFlag`: the topic's group belongs to a unit.
const UNIT_SUB: i32 = 2;

pub(crate) const REJECTED: &str = "[REJECTREQUEST]system busy, start flow control for a while";

impl LoopCore {
    /// The topic that the send may go to, or why not.
    pub(super) fn admit<'p>(
        &self,
        header: &SendHeader<'_>,
        request: &Request<'_>,
        policy: &'p PolicySnapshot,
    ) -> Result<&'p Arc<TopicEntry>, Stop> {
        let broker = policy.broker();
        takes_sends(broker)?;
        self.has_replicas()?;
        let topic = self.topic_to_write(header, policy)?;
        if broker.broker_permission & PERM_WRITE == 0 && topic.policy.order {
            return Err(self.sending_forbidden());
        }
        let queues = topic.policy.write_queues.max(topic.policy.read_queues);
        if i64::from(header.queue_id) >= i64::from(queues) {
            let remark = format!(
                "request queueId[{}] is illegal, topic [{}] has {queues} queues Producer: {}",
                header.queue_id, header.topic, request.peer
            );
            return Err(Stop::refuse(response_code::INVALID_PARAMETER, remark));
        }
        Ok(topic)
    }

    fn topic_to_write<'p>(
        &self,
        header: &SendHeader<'_>,
        policy: &'p PolicySnapshot,
    ) -> Result<&'p Arc<TopicEntry>, Stop> {
        let name = header.topic;
        if is_reserved_for_broker(name) {
            let remark = format!("Sending message to topic[{name}] is forbidden.");
            return Err(Stop::refuse(response_code::NO_PERMISSION, remark));
        }
        let is_retry = name.starts_with(RETRY_PREFIX);
        let unit = if is_retry { UNIT_SUB } else { UNIT };
        let sys_flag = if header.unit_mode { unit } else { 0 };
        match policy.topic(name) {
            // Frames parked for the name go first, or a producer's messages change places.
            Some(topic) if !self.lot.waits_for(NameKind::Topic, name) => return Ok(topic),
            Some(_) => {}
            None => {
                TopicName::parse(name).map_err(|error| {
                    Stop::refuse(response_code::INVALID_PARAMETER, error.to_string())
                })?;
            }
        }
        let queues = header.default_topic_queue_nums;
        Err(Stop::wait(Want {
            internal: is_retry,
            ..Want::topic(name, header.default_topic, queues, sys_flag)
        }))
    }

    /// `minInSyncReplicas`: nothing is stored that too few brokers would have.
    pub(super) fn has_replicas(&self) -> Result<(), Stop> {
        if self.shared.replication.has_min_replicas() {
            return Ok(());
        }
        Err(Stop::refuse(response_code::SYSTEM_ERROR, "in-sync replicas not enough"))
    }

    pub(super) fn sending_forbidden(&self) -> Stop {
        let host = self.shared.store_ip;
        let remark = format!("the broker[{host}] sending message is forbidden");
        Stop::refuse(response_code::NO_PERMISSION, remark)
    }
}

/// Refuses while the broker takes no messages at all.
pub(super) fn takes_sends(broker: &BrokerPolicy) -> Result<(), Stop> {
    if broker.role == BrokerRole::Slave {
        return Err(Stop::refuse(response_code::SYSTEM_BUSY, REJECTED));
    }
    match &broker.reject_sends {
        Some(reason) => Err(Stop::refuse(response_code::SERVICE_NOT_AVAILABLE, reason.clone())),
        None => Ok(()),
    }
}

/// The group, which is created on first use where that is allowed.
pub(super) fn find_group<'p>(
    policy: &'p PolicySnapshot,
    name: &str,
) -> Result<&'p Arc<GroupPolicy>, Stop> {
    if let Some(group) = policy.group(name) {
        return Ok(group);
    }
    let creatable = policy.broker().auto_create_subscription_group || is_system_group(name);
    if creatable && GroupName::parse(name).is_ok() {
        return Err(Stop::wait(Want::group(name)));
    }
    Err(Stop::refuse(
        response_code::SUBSCRIPTION_GROUP_NOT_EXIST,
        format!("subscription group not exist, {name}"),
    ))
}
