//! A change of policy as it comes down from TypeScript; the shapes of `data-plane.ts`.

/// `brokerRole`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BrokerRole {
    /// Answers without waiting for a slave.
    #[default]
    AsyncMaster,
    /// Answers once a slave has the message.
    SyncMaster,
    /// Copies a master; refuses writes.
    Slave,
}

/// The broker's own switches.
#[allow(clippy::struct_excessive_bools, reason = "RocketMQ's switches, each a key of its own")]
#[derive(Clone, Debug)]
pub struct BrokerPolicy {
    /// Written into every message as `CLUSTER`.
    pub cluster_name: String,
    /// Name of the master-slave set.
    pub broker_name: String,
    /// 0 is the master.
    pub broker_id: i64,
    /// `brokerRole`.
    pub role: BrokerRole,
    /// Bit set of `brokerPermission`: 4 read, 2 write.
    pub broker_permission: u32,
    /// `MSG_REGION` of messages and send answers.
    pub region_id: String,
    /// `TRACE_ON` of messages and send answers.
    pub trace_on: bool,
    /// Whether a slave serves pulls.
    pub slave_read_enable: bool,
    /// Whether a pull without a message is held for the time it asks.
    pub long_polling_enable: bool,
    /// How long a pull is held when long polling is off, in milliseconds.
    pub short_polling_time_ms: u64,
    /// Most bytes of one pull's answer, its first message excepted.
    pub max_transfer_bytes: u64,
    /// Most messages of one pull's answer.
    pub max_transfer_count: usize,
    /// Whether an unknown group of a pull is created.
    pub auto_create_subscription_group: bool,
    /// Delay of each level in milliseconds, level 1 first.
    pub delay_levels_ms: Vec<u64>,
    /// Reason for which sends are refused; reads go on.
    pub reject_sends: Option<String>,
}

impl Default for BrokerPolicy {
    fn default() -> Self {
        Self {
            cluster_name: "DefaultCluster".into(),
            broker_name: "DEFAULT_BROKER".into(),
            broker_id: 0,
            role: BrokerRole::AsyncMaster,
            broker_permission: super::PERM_READ | super::PERM_WRITE,
            region_id: "DefaultRegion".into(),
            trace_on: true,
            slave_read_enable: false,
            long_polling_enable: true,
            short_polling_time_ms: 1000,
            max_transfer_bytes: 256 * 1024,
            max_transfer_count: 32,
            auto_create_subscription_group: true,
            delay_levels_ms: default_delay_levels_ms(),
            reject_sends: None,
        }
    }
}

/// `messageDelayLevel` as RocketMQ ships it: `1s 5s 10s 30s 1m … 2h`.
fn default_delay_levels_ms() -> Vec<u64> {
    const MINUTE: u64 = 60_000;
    let mut levels = vec![1000, 5000, 10_000, 30_000];
    levels.extend((1..=10).map(|minutes| minutes * MINUTE));
    levels.extend([20 * MINUTE, 30 * MINUTE, 60 * MINUTE, 120 * MINUTE]);
    levels
}

/// One topic (Java `TopicConfig`).
#[derive(Clone, Debug, Default)]
pub struct TopicPolicy {
    /// Its validated name.
    pub name: String,
    /// Bit set: 4 read, 2 write, 1 inherit.
    pub perm: u32,
    /// Queues that may be pulled from.
    pub read_queues: u32,
    /// Queues that a send without a queue is spread over.
    pub write_queues: u32,
    /// Unit flags, repeated in pull answers.
    pub topic_sys_flag: i32,
    /// Whether the topic is an ordered one.
    pub order: bool,
}

/// One consumer group (Java `SubscriptionGroupConfig`).
#[derive(Clone, Debug, Default)]
pub struct GroupPolicy {
    /// Its validated name.
    pub name: String,
    /// Whether it may pull at all.
    pub consume_enable: bool,
    /// Whether a pull may go back to the queue's first message.
    pub consume_from_min_enable: bool,
    /// Whether members may consume as broadcast.
    pub consume_broadcast_enable: bool,
    /// Queues of its retry topic.
    pub retry_queues: u32,
    /// Deliveries before the dead-letter topic.
    pub retry_max_times: i32,
    /// Broker id suggested to a consumer that keeps up.
    pub broker_id: i64,
    /// Broker id suggested to one that is far behind.
    pub which_broker_when_consume_slowly: i64,
    /// Repeated in pull answers.
    pub group_sys_flag: i32,
    /// Topics that it may not pull (`forbiddenTable`); few or none.
    pub forbidden_topics: Vec<String>,
}

/// One topic's subscription of a live group.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionPolicy {
    /// Topic subscribed to.
    pub topic: String,
    /// `TAG` or `SQL92`.
    pub expression_type: String,
    /// The expression's text.
    pub sub_string: String,
    /// Java hash codes of the tags; empty means every tag.
    pub tag_codes: Vec<i32>,
    /// Version the client gave its subscription, milliseconds.
    pub sub_version: i64,
}

/// A group that has members connected to this broker.
#[derive(Clone, Debug, Default)]
pub struct LiveGroupPolicy {
    /// The group.
    pub name: String,
    /// Whether its members consume as broadcast.
    pub broadcasting: bool,
    /// What it subscribes to.
    pub subscriptions: Vec<SubscriptionPolicy>,
    /// Whether it holds a queue lock (41): a retry then goes to the dead-letter topic.
    pub holds_queue_locks: bool,
}

/// Lists hold what changed; everything unnamed stays as it is.
#[derive(Clone, Debug, Default)]
pub struct PolicyDelta {
    /// The broker's switches, when they changed.
    pub broker: Option<BrokerPolicy>,
    /// New or changed topics.
    pub topics: Vec<TopicPolicy>,
    /// Deleted topics.
    pub removed_topics: Vec<String>,
    /// New or changed groups.
    pub groups: Vec<GroupPolicy>,
    /// Deleted groups.
    pub removed_groups: Vec<String>,
    /// Groups that gained, lost or changed members.
    pub live_groups: Vec<LiveGroupPolicy>,
    /// Groups whose last member left.
    pub removed_live_groups: Vec<String>,
}
