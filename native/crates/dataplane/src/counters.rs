//! Monotonic totals since start; rates are the reader's business.
//!
//! A topic's counters live in its policy entry, so that a send finds both with one look-up; pulls
//! are counted per loop under a lock that only a reader of the counters ever contends for.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use crate::sync::lock;

/// What was written to one topic.
#[derive(Debug, Default)]
pub struct TopicCounters {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl TopicCounters {
    /// Adds written messages and their bytes in the log.
    pub fn put(&self, messages: u64, bytes: u64) {
        self.messages.fetch_add(messages, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Messages and bytes so far.
    #[must_use]
    pub fn totals(&self) -> (u64, u64) {
        (self.messages.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

/// Messages and bytes that one group pulled from one topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GetTotals {
    /// Messages handed out.
    pub messages: u64,
    /// Bytes handed out.
    pub bytes: u64,
    /// Pulls that got any.
    pub pulls: u64,
    /// Messages the group sent back with 36, by the topic they first had.
    pub send_backs: u64,
}

type ByGroup = FxHashMap<Box<str>, FxHashMap<Box<str>, GetTotals>>;

/// One loop's pull counters.
#[derive(Debug, Default)]
pub(crate) struct PullCounters {
    by_group: Mutex<ByGroup>,
    found: AtomicU64,
    missed: AtomicU64,
}

impl PullCounters {
    pub(crate) fn got(&self, group: &str, topic: &str, messages: u64, bytes: u64) {
        self.found.fetch_add(1, Ordering::Relaxed);
        self.count(group, topic, |totals| {
            totals.messages += messages;
            totals.bytes += bytes;
            totals.pulls += 1;
        });
    }

    /// A look into a queue that handed out nothing, whether it is answered or held.
    pub(crate) fn missed(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sent_back(&self, group: &str, topic: &str) {
        self.count(group, topic, |totals| totals.send_backs += 1);
    }

    fn count(&self, group: &str, topic: &str, add: impl FnOnce(&mut GetTotals)) {
        let mut groups = lock(&self.by_group);
        if !groups.contains_key(group) {
            groups.insert(group.into(), FxHashMap::default());
        }
        let Some(topics) = groups.get_mut(group) else { return };
        if !topics.contains_key(topic) {
            topics.insert(topic.into(), GetTotals::default());
        }
        if let Some(totals) = topics.get_mut(topic) {
            add(totals);
        }
    }

    fn add_into(&self, sum: &mut FxHashMap<(String, String), GetTotals>) {
        for (group, topics) in lock(&self.by_group).iter() {
            for (topic, totals) in topics {
                let entry = sum.entry((group.to_string(), topic.to_string())).or_default();
                entry.messages += totals.messages;
                entry.bytes += totals.bytes;
                entry.pulls += totals.pulls;
                entry.send_backs += totals.send_backs;
            }
        }
    }
}

/// Totals of the whole data plane.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Messages sent back with 36.
    pub send_back_messages: AtomicU64,
    /// Sends that the store did not take.
    pub failed_puts: AtomicU64,
    /// Connections open now.
    pub connections: AtomicU64,
    /// Pulls held now.
    pub held_pulls: AtomicU64,
}

/// One group's pulls from one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCount {
    /// The group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// What it got.
    pub totals: GetTotals,
}

/// What was written to one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicCount {
    /// The topic.
    pub topic: String,
    /// Messages written.
    pub put_messages: u64,
    /// Bytes written to the log.
    pub put_bytes: u64,
}

/// A reading of every counter.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Per topic.
    pub topics: Vec<TopicCount>,
    /// Per group and topic.
    pub groups: Vec<GroupCount>,
    /// Messages sent back with 36.
    pub send_back_messages: u64,
    /// Sends that the store did not take.
    pub failed_puts: u64,
    /// Looks into a queue that found a message for the pull.
    pub found_pulls: u64,
    /// Looks into a queue that found none.
    pub missed_pulls: u64,
    /// Connections open now.
    pub connections: u64,
    /// Pulls held now.
    pub held_pulls: u64,
    /// Frames that wait for TypeScript.
    pub upward_queue_depth: u64,
    /// Requests that wait for a reading thread or whose answers are on their way back.
    pub cold_reads: u64,
}

/// Looks that found and looks that missed, of all loops.
pub(crate) fn sum_of_looks(loops: &[PullCounters]) -> (u64, u64) {
    let sum = |counter: fn(&PullCounters) -> &AtomicU64| {
        loops.iter().map(|one| counter(one).load(Ordering::Relaxed)).sum()
    };
    (sum(|one| &one.found), sum(|one| &one.missed))
}

pub(crate) fn sum_of_pulls(loops: &[PullCounters]) -> Vec<GroupCount> {
    let mut sum = FxHashMap::default();
    for counters in loops {
        counters.add_into(&mut sum);
    }
    let mut counts: Vec<GroupCount> = sum
        .into_iter()
        .map(|((group, topic), totals)| GroupCount { group, topic, totals })
        .collect();
    counts.sort_by(|a, b| (&a.group, &a.topic).cmp(&(&b.group, &b.topic)));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_of_all_loops_are_summed_per_group_and_topic() {
        let loops = [PullCounters::default(), PullCounters::default()];
        loops[0].got("g", "t", 2, 20);
        loops[1].got("g", "t", 3, 30);
        loops[1].got("g", "u", 1, 10);
        loops[1].sent_back("g", "t");
        loops[0].missed();
        assert_eq!(sum_of_looks(&loops), (3, 1));
        let counts = sum_of_pulls(&loops);
        assert_eq!(counts.len(), 2);
        assert_eq!(counts[0].totals, GetTotals { messages: 5, bytes: 50, pulls: 2, send_backs: 1 });
        assert_eq!(counts[1].topic, "u");
    }
}
