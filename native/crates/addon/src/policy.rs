//! `PolicyDelta` and what it is made of.

use napi::Result;
use napi_derive::napi;
use turbopump_dataplane::{
    BrokerPolicy, BrokerRole, GroupPolicy, LiveGroupPolicy, PolicyDelta, SubscriptionPolicy,
    TopicPolicy,
};

use crate::code::unsigned;

#[napi(object, use_nullable = true)]
pub struct NativeBroker {
    pub cluster_name: String,
    pub broker_name: String,
    pub broker_id: i64,
    #[napi(ts_type = "'ASYNC_MASTER' | 'SYNC_MASTER' | 'SLAVE'")]
    pub role: String,
    pub broker_permission: i64,
    pub region_id: String,
    pub trace_on: bool,
    pub slave_read_enable: bool,
    pub long_polling_enable: bool,
    pub short_polling_time_ms: i64,
    pub max_transfer_bytes_in_memory: i64,
    pub max_transfer_count_in_memory: i64,
    pub auto_create_subscription_group: bool,
    pub delay_levels_ms: Vec<i64>,
    pub reject_sends: Option<String>,
}

#[napi(object)]
pub struct NativeTopic {
    pub name: String,
    pub perm: i64,
    pub read_queues: i64,
    pub write_queues: i64,
    pub topic_sys_flag: i32,
    pub order: bool,
}

#[napi(object)]
pub struct NativeGroup {
    pub name: String,
    pub consume_enable: bool,
    pub consume_from_min_enable: bool,
    pub consume_broadcast_enable: bool,
    pub retry_queues: i64,
    pub retry_max_times: i32,
    pub broker_id: i64,
    pub which_broker_when_consume_slowly: i64,
    pub group_sys_flag: i32,
    pub forbidden_topics: Vec<String>,
}

#[napi(object)]
pub struct NativeSubscription {
    pub topic: String,
    pub expression_type: String,
    pub sub_string: String,
    pub tag_codes: Vec<i32>,
    pub sub_version: i64,
}

#[napi(object)]
pub struct NativeLiveGroup {
    pub name: String,
    pub broadcasting: bool,
    pub subscriptions: Vec<NativeSubscription>,
    pub holds_queue_locks: bool,
}

#[napi(object, use_nullable = true)]
pub struct NativeDelta {
    pub broker: Option<NativeBroker>,
    pub topics: Vec<NativeTopic>,
    pub removed_topics: Vec<String>,
    pub groups: Vec<NativeGroup>,
    pub removed_groups: Vec<String>,
    pub live_groups: Vec<NativeLiveGroup>,
    pub removed_live_groups: Vec<String>,
}

impl NativeDelta {
    pub(crate) fn convert(self) -> Result<PolicyDelta> {
        Ok(PolicyDelta {
            broker: self.broker.map(NativeBroker::convert).transpose()?,
            topics: self.topics.into_iter().map(NativeTopic::convert).collect::<Result<_>>()?,
            removed_topics: self.removed_topics,
            groups: self.groups.into_iter().map(NativeGroup::convert).collect::<Result<_>>()?,
            removed_groups: self.removed_groups,
            live_groups: self.live_groups.into_iter().map(NativeLiveGroup::convert).collect(),
            removed_live_groups: self.removed_live_groups,
        })
    }
}

impl NativeBroker {
    fn convert(self) -> Result<BrokerPolicy> {
        let delays = self.delay_levels_ms.into_iter();
        Ok(BrokerPolicy {
            cluster_name: self.cluster_name,
            broker_name: self.broker_name,
            broker_id: self.broker_id,
            role: match self.role.as_str() {
                "SYNC_MASTER" => BrokerRole::SyncMaster,
                "SLAVE" => BrokerRole::Slave,
                _ => BrokerRole::AsyncMaster,
            },
            broker_permission: unsigned("brokerPermission", self.broker_permission)?,
            region_id: self.region_id,
            trace_on: self.trace_on,
            slave_read_enable: self.slave_read_enable,
            long_polling_enable: self.long_polling_enable,
            short_polling_time_ms: unsigned("shortPollingTimeMs", self.short_polling_time_ms)?,
            max_transfer_bytes: unsigned(
                "maxTransferBytesInMemory",
                self.max_transfer_bytes_in_memory,
            )?,
            max_transfer_count: unsigned(
                "maxTransferCountInMemory",
                self.max_transfer_count_in_memory,
            )?,
            auto_create_subscription_group: self.auto_create_subscription_group,
            delay_levels_ms: delays
                .map(|delay| unsigned("delayLevelsMs", delay))
                .collect::<Result<_>>()?,
            reject_sends: self.reject_sends,
        })
    }
}

impl NativeTopic {
    fn convert(self) -> Result<TopicPolicy> {
        Ok(TopicPolicy {
            name: self.name,
            perm: unsigned("perm", self.perm)?,
            read_queues: unsigned("readQueues", self.read_queues)?,
            write_queues: unsigned("writeQueues", self.write_queues)?,
            topic_sys_flag: self.topic_sys_flag,
            order: self.order,
        })
    }
}

impl NativeGroup {
    fn convert(self) -> Result<GroupPolicy> {
        Ok(GroupPolicy {
            name: self.name,
            consume_enable: self.consume_enable,
            consume_from_min_enable: self.consume_from_min_enable,
            consume_broadcast_enable: self.consume_broadcast_enable,
            retry_queues: unsigned("retryQueues", self.retry_queues.max(0))?,
            retry_max_times: self.retry_max_times,
            broker_id: self.broker_id,
            which_broker_when_consume_slowly: self.which_broker_when_consume_slowly,
            group_sys_flag: self.group_sys_flag,
            forbidden_topics: self.forbidden_topics,
        })
    }
}

impl NativeLiveGroup {
    fn convert(self) -> LiveGroupPolicy {
        let subscriptions = self.subscriptions.into_iter().map(|one| SubscriptionPolicy {
            topic: one.topic,
            expression_type: one.expression_type,
            sub_string: one.sub_string,
            tag_codes: one.tag_codes,
            sub_version: one.sub_version,
        });
        LiveGroupPolicy {
            name: self.name,
            broadcasting: self.broadcasting,
            subscriptions: subscriptions.collect(),
            holds_queue_locks: self.holds_queue_locks,
        }
    }
}
