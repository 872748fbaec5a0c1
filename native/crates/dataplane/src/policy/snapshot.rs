//! One immutable version of policy, and how the next one is made from a delta.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::name_table::{NameTable, Named};
use super::topic_queues::TopicQueues;
use super::{BrokerPolicy, GroupPolicy, LiveGroupPolicy, PolicyDelta, TopicPolicy};
use crate::counters::TopicCounters;

/// A topic and the counters that survive changes of its policy.
#[derive(Debug)]
pub struct TopicEntry {
    /// What TypeScript published.
    pub policy: TopicPolicy,
    /// Messages and bytes written since start.
    pub counters: Arc<TopicCounters>,
    /// The store's queues as far as they were used under this policy.
    pub(crate) queues: TopicQueues,
}

/// One subscription of a live group.
#[derive(Debug)]
pub struct Subscription {
    /// Whether the expression is over tags, the only kind the data plane evaluates.
    pub by_tag: bool,
    /// The expression's type as the client named it.
    pub expression_type: Box<str>,
    /// Hash codes of wanted tags; empty means every tag.
    pub tag_codes: Arc<[i32]>,
    /// Version the client gave it.
    pub sub_version: i64,
}

/// A group with members.
#[derive(Debug)]
pub struct LiveGroup {
    name: String,
    /// Whether its members consume as broadcast.
    pub broadcasting: bool,
    /// Whether it holds a queue lock.
    pub holds_queue_locks: bool,
    subscriptions: FxHashMap<Box<str>, Subscription>,
}

impl LiveGroup {
    /// Its subscription to the topic.
    #[must_use]
    pub fn subscription(&self, topic: &str) -> Option<&Subscription> {
        self.subscriptions.get(topic)
    }

    fn new(policy: LiveGroupPolicy) -> Self {
        let subscriptions = policy.subscriptions.into_iter().map(|subscription| {
            let by_tag = matches!(subscription.expression_type.as_str(), "" | "TAG");
            let known = Subscription {
                by_tag,
                expression_type: subscription.expression_type.into(),
                tag_codes: subscription.tag_codes.into(),
                sub_version: subscription.sub_version,
            };
            (subscription.topic.into_boxed_str(), known)
        });
        Self {
            name: policy.name,
            broadcasting: policy.broadcasting,
            holds_queue_locks: policy.holds_queue_locks,
            subscriptions: subscriptions.collect(),
        }
    }
}

impl Named for TopicEntry {
    fn name(&self) -> &str {
        &self.policy.name
    }
}

impl Named for GroupPolicy {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for LiveGroup {
    fn name(&self) -> &str {
        &self.name
    }
}

/// One version of policy.
#[derive(Clone, Debug, Default)]
pub struct PolicySnapshot {
    version: u64,
    broker: Arc<BrokerPolicy>,
    topics: NameTable<TopicEntry>,
    groups: NameTable<GroupPolicy>,
    live_groups: NameTable<LiveGroup>,
}

impl PolicySnapshot {
    /// Grows by one with every delta, 0 before the first.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The broker's own switches.
    #[must_use]
    pub fn broker(&self) -> &Arc<BrokerPolicy> {
        &self.broker
    }

    /// The topic, when TypeScript has published it.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&Arc<TopicEntry>> {
        self.topics.get(name)
    }

    /// The group, when TypeScript has published it.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Arc<GroupPolicy>> {
        self.groups.get(name)
    }

    /// The group's live side, when it has members.
    #[must_use]
    pub fn live_group(&self, name: &str) -> Option<&Arc<LiveGroup>> {
        self.live_groups.get(name)
    }

    /// All topics, in no order.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<TopicEntry>> {
        self.topics.values()
    }

    /// The version that follows this one. Unchanged entries are shared, not copied.
    #[must_use]
    pub fn with(&self, delta: PolicyDelta) -> Self {
        let mut next = self.clone();
        next.version += 1;
        if let Some(broker) = delta.broker {
            next.broker = Arc::new(broker);
        }
        remove(&mut next.topics, &delta.removed_topics);
        remove(&mut next.groups, &delta.removed_groups);
        remove(&mut next.live_groups, &delta.removed_live_groups);
        for policy in delta.topics {
            let counters = next.topics.get(policy.name.as_str()).map(|old| old.counters.clone());
            let counters = counters.unwrap_or_default();
            let queues = TopicQueues::of(policy.write_queues.max(policy.read_queues));
            next.topics.insert(Arc::new(TopicEntry { policy, counters, queues }));
        }
        for policy in delta.groups {
            next.groups.insert(Arc::new(policy));
        }
        for policy in delta.live_groups {
            next.live_groups.insert(Arc::new(LiveGroup::new(policy)));
        }
        next
    }
}

fn remove<V: Named>(names: &mut NameTable<V>, removed: &[String]) {
    for name in removed {
        names.remove(name.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(name: &str, write_queues: u32) -> TopicPolicy {
        TopicPolicy { name: name.into(), write_queues, ..TopicPolicy::default() }
    }

    #[test]
    fn a_delta_makes_a_new_version_and_leaves_the_old_one_alone() {
        let first = PolicySnapshot::default()
            .with(PolicyDelta { topics: vec![topic("a", 4), topic("b", 4)], ..Default::default() });
        let second = first.with(PolicyDelta {
            topics: vec![topic("a", 8)],
            removed_topics: vec!["b".into()],
            ..Default::default()
        });
        assert_eq!((first.version(), second.version()), (1, 2));
        assert_eq!(first.topic("a").unwrap().policy.write_queues, 4);
        assert!(first.topic("b").is_some());
        assert_eq!(second.topic("a").unwrap().policy.write_queues, 8);
        assert!(second.topic("b").is_none());
    }

    #[test]
    fn counters_survive_a_change_of_the_topic() {
        let first = PolicySnapshot::default()
            .with(PolicyDelta { topics: vec![topic("a", 4)], ..Default::default() });
        first.topic("a").unwrap().counters.put(3, 300);
        let second = first.with(PolicyDelta { topics: vec![topic("a", 8)], ..Default::default() });
        assert_eq!(second.topic("a").unwrap().counters.totals(), (3, 300));
    }

    #[test]
    fn unchanged_entries_are_shared() {
        let first = PolicySnapshot::default()
            .with(PolicyDelta { topics: vec![topic("a", 4)], ..Default::default() });
        let second = first.with(PolicyDelta { topics: vec![topic("b", 4)], ..Default::default() });
        assert!(Arc::ptr_eq(first.topic("a").unwrap(), second.topic("a").unwrap()));
    }

    #[test]
    fn a_live_group_answers_for_its_topics_only() {
        let delta = PolicyDelta {
            live_groups: vec![LiveGroupPolicy {
                name: "g".into(),
                subscriptions: vec![super::super::SubscriptionPolicy {
                    topic: "t".into(),
                    expression_type: "TAG".into(),
                    tag_codes: vec![65],
                    sub_version: 9,
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        };
        let snapshot = PolicySnapshot::default().with(delta);
        let group = snapshot.live_group("g").unwrap();
        assert_eq!(group.subscription("t").unwrap().sub_version, 9);
        assert!(group.subscription("u").is_none());
    }
}
