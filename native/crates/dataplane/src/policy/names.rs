//! Names that are part of the protocol (Java `TopicValidator`, `MixAll`).

/// Delayed messages wait here, one queue per level.
pub(crate) const SCHEDULE_TOPIC: &str = "SCHEDULE_TOPIC_XXXX";
/// Retry topics are this and the group's name.
pub(crate) const RETRY_PREFIX: &str = "%RETRY%";
/// Dead-letter topics are this and the group's name.
pub(crate) const DLQ_PREFIX: &str = "%DLQ%";

const SYSTEM_GROUP_PREFIX: &str = "CID_RMQ_SYS_";

/// Topics that only the broker itself may write to; a client's send is refused.
const BROKER_ONLY_TOPICS: [&str; 6] = [
    SCHEDULE_TOPIC,
    "RMQ_SYS_TRANS_HALF_TOPIC",
    "RMQ_SYS_TRANS_OP_HALF_TOPIC",
    "TRANS_CHECK_MAX_TIME_TOPIC",
    "SELF_TEST_TOPIC",
    "OFFSET_MOVED_EVENT",
];

pub(crate) fn is_reserved_for_broker(topic: &str) -> bool {
    BROKER_ONLY_TOPICS.contains(&topic)
}

/// Groups that exist without being created, whatever `autoCreateSubscriptionGroup` says.
pub(crate) fn is_system_group(group: &str) -> bool {
    group.starts_with(SYSTEM_GROUP_PREFIX)
}

pub(crate) fn retry_topic(group: &str) -> String {
    [RETRY_PREFIX, group].concat()
}

pub(crate) fn dlq_topic(group: &str) -> String {
    [DLQ_PREFIX, group].concat()
}
