//! What TypeScript has decided: topics, groups, live consumer groups, the broker's own switches.
//!
//! Invariants: a snapshot is immutable and swapped whole, its version only grows; a request sees
//! one snapshot from its first check to its answer. TypeScript owns the truth, this is its copy.
//! Refuses: to invent. A name that is not here is unknown, and asking for it is `park`'s business.

mod delta;
mod name_table;
mod names;
mod snapshot;
mod topic_queues;

pub use delta::{
    BrokerPolicy, BrokerRole, GroupPolicy, LiveGroupPolicy, PolicyDelta, SubscriptionPolicy,
    TopicPolicy,
};
pub(crate) use names::{
    RETRY_PREFIX, SCHEDULE_TOPIC, dlq_topic, is_reserved_for_broker, is_system_group, retry_topic,
};
pub use snapshot::{LiveGroup, PolicySnapshot, Subscription, TopicEntry};
pub(crate) use topic_queues::TopicQueues;

/// Permission bit of `perm` and `brokerPermission`: may be read (Java `PermName.PERM_READ`).
pub const PERM_READ: u32 = 4;
/// Permission bit: may be written (Java `PermName.PERM_WRITE`).
pub const PERM_WRITE: u32 = 2;
