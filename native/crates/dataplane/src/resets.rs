//! Offsets that an administrator has moved under running consumers (Java
//! `ConsumerOffsetManager.resetOffsetTable`).
//!
//! A consumer pulls from where it is, not from the table. So the next pull of the queue is
//! answered with the new place, and until the consumer is there its commits count for nothing.
//! Java forgets a reset with that answer; but a 4.x client goes on committing its old place for
//! 10 s after it, and this broker takes commits forward only, so the old place would win. Here a
//! reset that was told stays in force until the consumer pulls at the new place, commits it, or
//! [`SETTLE_TIME`] is over. Without resets a pull pays one atomic load.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use turbopump_wire::{QueueId, QueueOffset};

use crate::sync::lock;

/// Longer than a 4.x client waits between hearing of a new place and going there.
const SETTLE_TIME: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
struct Reset {
    to: QueueOffset,
    /// When a pull was answered with it.
    told: Option<Instant>,
}

type Key = (Box<str>, Box<str>, QueueId);

/// Resets that consumers have not followed yet.
#[derive(Debug, Default)]
pub(crate) struct Resets {
    table: Mutex<FxHashMap<Key, Reset>>,
    count: AtomicUsize,
}

impl Resets {
    pub(crate) fn put(&self, group: &str, topic: &str, queue: QueueId, to: QueueOffset) {
        let mut table = lock(&self.table);
        table.insert((group.into(), topic.into(), queue), Reset { to, told: None });
        self.count.store(table.len(), Ordering::Release);
    }

    /// Where a pull at `at` must go instead, once for each reset.
    pub(crate) fn tell(
        &self,
        group: &str,
        topic: &str,
        queue: QueueId,
        at: i64,
        now: Instant,
    ) -> Option<QueueOffset> {
        self.change(group, topic, queue, now, |reset| {
            // One that is there already, as a consumer is that has just started, needs no move.
            if u64::try_from(at) == Ok(reset.to.get()) {
                return (false, None);
            }
            let first = reset.told.is_none();
            reset.told.get_or_insert(now);
            (true, first.then_some(reset.to))
        })
    }

    /// Whether a commit comes from before the reset.
    pub(crate) fn outdates(
        &self,
        group: &str,
        topic: &str,
        queue: QueueId,
        commit: i64,
        now: Instant,
    ) -> bool {
        let outdated = self.change(group, topic, queue, now, |reset| {
            let arrived = reset.told.is_some() && u64::try_from(commit) == Ok(reset.to.get());
            (!arrived, (!arrived).then_some(()))
        });
        outdated.is_some()
    }

    /// Forgets one reset: an administrator has put the group elsewhere since.
    pub(crate) fn forget(&self, group: &str, topic: &str, queue: QueueId) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut table = lock(&self.table);
        table.remove(&(group.into(), topic.into(), queue));
        self.count.store(table.len(), Ordering::Release);
    }

    /// Forgets what names the group or the topic.
    pub(crate) fn erase(&self, group: Option<&str>, topic: Option<&str>) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut table = lock(&self.table);
        table.retain(|(of_group, of_topic, _), _| {
            group.is_some_and(|name| **of_group != *name)
                || topic.is_some_and(|name| **of_topic != *name)
        });
        self.count.store(table.len(), Ordering::Release);
    }

    /// `decide` says whether the reset stays, and the answer.
    fn change<R>(
        &self,
        group: &str,
        topic: &str,
        queue: QueueId,
        now: Instant,
        decide: impl FnOnce(&mut Reset) -> (bool, Option<R>),
    ) -> Option<R> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut table = lock(&self.table);
        let key = (group.into(), topic.into(), queue);
        let reset = table.get_mut(&key)?;
        let settled = reset.told.is_some_and(|told| now.duration_since(told) > SETTLE_TIME);
        let (stays, answer) = if settled { (false, None) } else { decide(reset) };
        if !stays {
            table.remove(&key);
            self.count.store(table.len(), Ordering::Release);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const Q: QueueId = QueueId::new(0);

    fn reset_to(to: u64) -> (Resets, Instant) {
        let resets = Resets::default();
        resets.put("g", "t", Q, QueueOffset::new(to));
        (resets, Instant::now())
    }

    #[test]
    fn a_reset_is_told_once_and_outdates_commits_until_the_consumer_is_there() {
        let (resets, now) = reset_to(5);
        assert!(resets.outdates("g", "t", Q, 5, now), "nobody has heard of it");
        assert_eq!(resets.tell("h", "t", Q, 9, now), None);
        assert_eq!(resets.tell("g", "t", Q, 9, now), Some(QueueOffset::new(5)));
        assert!(resets.outdates("g", "t", Q, 9, now));
        assert_eq!(resets.tell("g", "t", Q, 9, now), None, "who does not listen is left alone");
        assert_eq!(resets.tell("g", "t", Q, 5, now), None);
        assert!(!resets.outdates("g", "t", Q, 9, now), "settled by the pull");
        assert_eq!(resets.count.load(Ordering::Acquire), 0);
    }

    #[test]
    fn a_consumer_that_begins_at_the_new_place_is_not_moved() {
        let (resets, now) = reset_to(5);
        assert_eq!(resets.tell("g", "t", Q, 5, now), None);
        assert!(!resets.outdates("g", "t", Q, 9, now));
    }

    #[test]
    fn a_commit_of_the_new_place_settles_it_and_so_does_time() {
        let (resets, now) = reset_to(5);
        resets.tell("g", "t", Q, 9, now);
        assert!(!resets.outdates("g", "t", Q, 5, now));
        assert!(!resets.outdates("g", "t", Q, 9, now));
        let (resets, now) = reset_to(5);
        assert!(resets.outdates("g", "t", Q, 9, now + SETTLE_TIME * 9), "not told, not settled");
        resets.tell("g", "t", Q, 9, now);
        assert!(!resets.outdates("g", "t", Q, 9, now + SETTLE_TIME * 2));
    }

    #[test]
    fn erasing_forgets_a_group_or_a_topic() {
        let (resets, now) = reset_to(5);
        resets.erase(Some("h"), None);
        resets.erase(None, Some("u"));
        assert!(resets.outdates("g", "t", Q, 9, now));
        resets.erase(Some("g"), None);
        assert!(!resets.outdates("g", "t", Q, 9, now));
        resets.put("g", "t", Q, QueueOffset::new(1));
        resets.erase(None, Some("t"));
        assert!(!resets.outdates("g", "t", Q, 9, now));
    }
}
