//! Where each consumer group stands in each queue (Java `ConsumerOffsetManager`).
//!
//! Invariants: a commit never moves an offset back (I7); only [`ConsumerOffsets::set`] does, which
//! is an admin's reset or the load at start. The version grows with every change.
//! Rust owns the live offsets, TypeScript writes them to `consumerOffset.json`.

use std::hash::BuildHasher;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use turbopump_wire::{QueueId, QueueOffset};

use crate::sync::lock;

const SHARDS: usize = 16;

type Queues = FxHashMap<QueueId, QueueOffset>;
type Groups = FxHashMap<Box<str>, FxHashMap<Box<str>, Queues>>;

/// One offset with its full name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerOffset {
    /// The group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The queue.
    pub queue: QueueId,
    /// Next message the group wants.
    pub offset: QueueOffset,
}

/// The table, sharded by group.
#[derive(Debug, Default)]
pub(crate) struct ConsumerOffsets {
    shards: [Mutex<Groups>; SHARDS],
    /// The groups that have an offset of each topic: tools ask this of thousands of topics in a
    /// row. Changed under the lock of the group's shard, and locked after it.
    by_topic: Mutex<FxHashMap<Box<str>, FxHashSet<Box<str>>>>,
    version: AtomicU64,
}

impl ConsumerOffsets {
    /// Grows with every change.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The group's offset, when it has ever committed one.
    pub(crate) fn get(&self, group: &str, topic: &str, queue: QueueId) -> Option<QueueOffset> {
        lock(self.shard(group)).get(group)?.get(topic)?.get(&queue).copied()
    }

    /// Moves the offset forward; one that lies behind the known one changes nothing.
    pub(crate) fn commit(&self, group: &str, topic: &str, queue: QueueId, offset: QueueOffset) {
        self.write(group, topic, queue, |known| match known {
            Some(known) if *known >= offset => None,
            _ => Some(offset),
        });
    }

    /// Puts the offset where it is told, forward or back.
    pub(crate) fn set(&self, group: &str, topic: &str, queue: QueueId, offset: QueueOffset) {
        self.write(group, topic, queue, |known| (known != Some(&offset)).then_some(offset));
    }

    /// Forgets the group.
    pub(crate) fn erase_group(&self, group: &str) {
        let mut groups = lock(self.shard(group));
        let Some(topics) = groups.remove(group) else { return };
        for topic in topics.keys() {
            self.forget_pair(topic, group);
        }
        drop(groups);
        self.changed();
    }

    /// Forgets the topic for every group.
    pub(crate) fn erase_topic(&self, topic: &str) {
        let mut erased = false;
        for shard in &self.shards {
            for (group, topics) in lock(shard).iter_mut() {
                if topics.remove(topic).is_some() {
                    self.forget_pair(topic, group);
                    erased = true;
                }
            }
        }
        if erased {
            self.changed();
        }
    }

    /// The version and every offset. The version is read first: a change during the copy makes
    /// the copy newer than its version, so it is written once more and never missed.
    pub(crate) fn snapshot(&self) -> (u64, Vec<ConsumerOffset>) {
        let version = self.version();
        let mut all = Vec::new();
        for shard in &self.shards {
            for (group, topics) in lock(shard).iter() {
                for (topic, queues) in topics {
                    all.extend(queues.iter().map(|(queue, offset)| ConsumerOffset {
                        group: group.to_string(),
                        topic: topic.to_string(),
                        queue: *queue,
                        offset: *offset,
                    }));
                }
            }
        }
        (version, all)
    }

    /// The offsets of one group.
    pub(crate) fn of_group(&self, group: &str) -> Vec<ConsumerOffset> {
        let groups = lock(self.shard(group));
        let topics = groups.get(group).into_iter().flatten();
        let offsets = topics.flat_map(|(topic, queues)| {
            queues.iter().map(|(queue, offset)| ConsumerOffset {
                group: group.to_owned(),
                topic: topic.to_string(),
                queue: *queue,
                offset: *offset,
            })
        });
        offsets.collect()
    }

    /// The groups that have an offset of the topic, in no order.
    pub(crate) fn groups_of(&self, topic: &str) -> Vec<String> {
        let by_topic = lock(&self.by_topic);
        by_topic.get(topic).into_iter().flatten().map(ToString::to_string).collect()
    }

    fn forget_pair(&self, topic: &str, group: &str) {
        let mut by_topic = lock(&self.by_topic);
        let Some(groups) = by_topic.get_mut(topic) else { return };
        groups.remove(group);
        if groups.is_empty() {
            by_topic.remove(topic);
        }
    }

    fn write(
        &self,
        group: &str,
        topic: &str,
        queue: QueueId,
        decide: impl FnOnce(Option<&QueueOffset>) -> Option<QueueOffset>,
    ) {
        let mut groups = lock(self.shard(group));
        let known = groups.get_mut(group).and_then(|topics| topics.get_mut(topic));
        let Some(offset) = decide(known.as_ref().and_then(|queues| queues.get(&queue))) else {
            return;
        };
        if let Some(queues) = known {
            queues.insert(queue, offset);
        } else {
            let topics = groups.entry(group.into()).or_default();
            topics.entry(topic.into()).or_default().insert(queue, offset);
            lock(&self.by_topic).entry(topic.into()).or_default().insert(group.into());
        }
        drop(groups);
        self.changed();
    }

    fn changed(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    fn shard(&self, group: &str) -> &Mutex<Groups> {
        let [first, ..] = &self.shards;
        self.shards.get(FxBuildHasher.hash_one(group) as usize % SHARDS).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const Q: QueueId = QueueId::new(1);

    fn at(offset: u64) -> QueueOffset {
        QueueOffset::new(offset)
    }

    #[test]
    fn a_commit_moves_forward_only_and_a_reset_moves_back() {
        let offsets = ConsumerOffsets::default();
        offsets.commit("g", "t", Q, at(10));
        offsets.commit("g", "t", Q, at(7));
        assert_eq!(offsets.get("g", "t", Q), Some(at(10)));
        offsets.set("g", "t", Q, at(3));
        assert_eq!(offsets.get("g", "t", Q), Some(at(3)));
        assert_eq!(offsets.get("g", "t", QueueId::new(2)), None);
    }

    #[test]
    fn the_version_changes_exactly_when_an_offset_does() {
        let offsets = ConsumerOffsets::default();
        offsets.commit("g", "t", Q, at(10));
        let version = offsets.version();
        offsets.commit("g", "t", Q, at(10));
        offsets.commit("g", "t", Q, at(9));
        offsets.set("g", "t", Q, at(10));
        offsets.erase_group("other");
        assert_eq!(offsets.version(), version);
        offsets.commit("g", "t", Q, at(11));
        assert_ne!(offsets.version(), version);
    }

    #[test]
    fn the_groups_of_a_topic_are_those_with_an_offset_of_it() {
        let offsets = ConsumerOffsets::default();
        for (group, topic) in [("a", "t"), ("a", "u"), ("b", "t"), ("b", "t")] {
            offsets.commit(group, topic, Q, at(1));
        }
        let sorted = |topic| {
            let mut groups = offsets.groups_of(topic);
            groups.sort();
            groups
        };
        assert_eq!(sorted("t"), ["a", "b"]);
        assert_eq!(sorted("u"), ["a"]);
        assert!(sorted("v").is_empty());
        offsets.erase_group("a");
        assert_eq!(sorted("t"), ["b"]);
        assert!(sorted("u").is_empty());
        offsets.erase_topic("t");
        assert!(sorted("t").is_empty());
        offsets.set("b", "t", Q, at(0));
        assert_eq!(sorted("t"), ["b"]);
    }

    #[test]
    fn erasing_removes_a_group_or_a_topic_and_nothing_else() {
        let offsets = ConsumerOffsets::default();
        for (group, topic) in [("a", "t"), ("a", "u"), ("b", "t")] {
            offsets.set(group, topic, Q, at(1));
        }
        assert_eq!(offsets.of_group("a").len(), 2);
        assert!(offsets.of_group("c").is_empty());
        offsets.erase_topic("t");
        assert_eq!(offsets.snapshot().1.len(), 1);
        offsets.erase_group("a");
        assert!(offsets.snapshot().1.is_empty());
    }
}
