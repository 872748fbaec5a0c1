//! How far each level has been delivered (`delayOffset.json`, written by TypeScript).
//!
//! `safe <= delivered`: `delivered` is where the thread goes on, `safe` what may be told to
//! somebody who writes it to disk. A delivery moves from one to the other when its record is
//! on disk.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use turbopump_wire::{PhysicalOffset, QueueOffset};

use crate::sync::lock;

#[derive(Debug, Default)]
struct Level {
    safe: QueueOffset,
    delivered: QueueOffset,
    /// Ends of deliveries that are not known to be on disk, with the offset after each.
    pending: VecDeque<(PhysicalOffset, QueueOffset)>,
}

impl Level {
    fn settle(&mut self, flushed: PhysicalOffset) {
        while let Some((end, next)) = self.pending.front().copied()
            && end <= flushed
        {
            self.safe = next;
            self.pending.pop_front();
        }
    }
}

/// Of all levels, by number from 1.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<BTreeMap<u32, Level>>);

impl Progress {
    /// Where delivery of the level goes on.
    pub(crate) fn next(&self, level: u32) -> QueueOffset {
        lock(&self.0).get(&level).map_or(QueueOffset::ZERO, |level| level.delivered)
    }

    /// Puts the level where it is told: loaded at start, or corrected to the queue's bounds.
    pub(crate) fn set(&self, level: u32, offset: QueueOffset) {
        let level_now = Level { safe: offset, delivered: offset, pending: VecDeque::new() };
        lock(&self.0).insert(level, level_now);
    }

    /// Everything before `next` is delivered by records that end at `end`.
    pub(crate) fn delivered(
        &self,
        level: u32,
        next: QueueOffset,
        end: PhysicalOffset,
        flushed: PhysicalOffset,
    ) {
        let mut levels = lock(&self.0);
        let level = levels.entry(level).or_default();
        level.delivered = next;
        level.pending.push_back((end, next));
        level.settle(flushed);
    }

    /// Whether a sync would move what may be told.
    pub(crate) fn has_pending(&self) -> bool {
        lock(&self.0).values().any(|level| !level.pending.is_empty())
    }

    /// What may be written to disk, by level.
    pub(crate) fn safe(&self, flushed: PhysicalOffset) -> Vec<(u32, QueueOffset)> {
        let mut levels = lock(&self.0);
        let settled = levels.iter_mut().map(|(number, level)| {
            level.settle(flushed);
            (*number, level.safe)
        });
        settled.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_only_up_to_what_is_on_disk() {
        let progress = Progress::default();
        let (at, log) = (QueueOffset::new, PhysicalOffset::new);
        progress.set(3, at(10));
        progress.delivered(3, at(12), log(500), log(0));
        progress.delivered(3, at(15), log(900), log(0));
        assert_eq!(progress.next(3), at(15));
        assert_eq!(progress.safe(log(499)), [(3, at(10))]);
        assert_eq!(progress.safe(log(500)), [(3, at(12))]);
        assert!(progress.has_pending());
        assert_eq!(progress.safe(log(1000)), [(3, at(15))]);
        assert!(!progress.has_pending());
    }
}
