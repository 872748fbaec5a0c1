//! The end of a queue in memory: entries not yet in the file, and a few that are so that readers
//! at the tail need no system call.
//!
//! Invariant: `base <= flushed <= journaled <= next`, and entry `n` is held for `base <= n < next`.

use std::collections::VecDeque;

use turbopump_wire::PhysicalOffset;

use super::unit::QueueEntry;

/// Capacity an emptied tail may keep, in entries: an idle queue costs no heap.
const IDLE_CAPACITY: usize = 0;

#[derive(Debug)]
pub(super) struct Tail {
    base: u64,
    flushed: u64,
    /// Entries below are in the file or in the journal.
    journaled: u64,
    entries: VecDeque<QueueEntry>,
}

impl Tail {
    /// A tail of a queue whose entries below `next` are all in the file.
    pub(super) const fn starting_at(next: u64) -> Self {
        Self { base: next, flushed: next, journaled: next, entries: VecDeque::new() }
    }

    pub(super) const fn base(&self) -> u64 {
        self.base
    }

    pub(super) const fn flushed(&self) -> u64 {
        self.flushed
    }

    pub(super) const fn journaled(&self) -> u64 {
        self.journaled
    }

    pub(super) fn next(&self) -> u64 {
        self.base + self.entries.len() as u64
    }

    pub(super) fn push(&mut self, entry: QueueEntry) {
        self.entries.push_back(entry);
    }

    /// The entry at `offset` when it is held here.
    pub(super) fn get(&self, offset: u64) -> Option<QueueEntry> {
        let index = offset.checked_sub(self.base)?;
        self.entries.get(index as usize).copied()
    }

    /// One past the newest entry whose record ends at or before `readable`. Never below `base`:
    /// an entry leaves the tail only when it is readable.
    pub(super) fn readable_end(&self, readable: PhysicalOffset) -> u64 {
        match self.entries.back() {
            Some(last) if last.end() > readable => {
                self.base + self.entries.partition_point(|entry| entry.end() <= readable) as u64
            }
            _ => self.next(),
        }
    }

    /// Appends up to `max` entries from `from` (which must be at or above `base`) up to `to`.
    pub(super) fn copy(&self, from: u64, to: u64, max: usize, out: &mut Vec<QueueEntry>) {
        let start = from.saturating_sub(self.base) as usize;
        let end = to.saturating_sub(self.base) as usize;
        let end = end.min(start.saturating_add(max)).min(self.entries.len());
        if start < end {
            out.extend(self.entries.range(start..end));
        }
    }

    /// Entries from `from` (at or above `flushed`) whose records end at or before `upto`, at most
    /// `max`.
    pub(super) fn unflushed_from(
        &self,
        from: u64,
        upto: PhysicalOffset,
        max: usize,
        out: &mut Vec<QueueEntry>,
    ) {
        let start = from.saturating_sub(self.base) as usize;
        let rest = self.entries.range(start.min(self.entries.len())..);
        out.extend(rest.take(max).take_while(|entry| entry.end() <= upto));
    }

    /// Entries not yet in the file.
    pub(super) fn unflushed_len(&self) -> usize {
        (self.next() - self.flushed) as usize
    }

    /// Entries held although they are in the file.
    pub(super) const fn window_len(&self) -> usize {
        (self.flushed - self.base) as usize
    }

    /// Entries below `to` are in the file now.
    pub(super) fn mark_flushed(&mut self, to: u64) {
        self.flushed = to.clamp(self.flushed, self.next());
        self.journaled = self.journaled.max(self.flushed);
    }

    /// Entries below `to` are in the journal now.
    pub(super) fn mark_journaled(&mut self, to: u64) {
        self.journaled = to.clamp(self.journaled, self.next());
    }

    /// Drops flushed and readable entries from the front until at most `keep` flushed ones stay.
    pub(super) fn trim(&mut self, keep: usize, readable: PhysicalOffset) {
        while self.window_len() > keep
            && self.entries.front().is_some_and(|entry| entry.end() <= readable)
        {
            self.entries.pop_front();
            self.base += 1;
        }
        // Give back the memory of a burst, but not on every flush of a busy queue.
        if self.entries.is_empty() {
            self.entries.shrink_to(IDLE_CAPACITY);
        } else if self.entries.capacity() > self.entries.len().saturating_mul(4).max(512) {
            self.entries.shrink_to(self.entries.len() * 2);
        }
    }

    /// Forgets entries at and above `next`.
    pub(super) fn truncate(&mut self, next: u64) {
        if next < self.base {
            *self = Self::starting_at(next);
            return;
        }
        self.entries.truncate((next - self.base) as usize);
        self.flushed = self.flushed.min(self.next());
        self.journaled = self.journaled.min(self.next());
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<QueueEntry>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(physical: u64) -> QueueEntry {
        QueueEntry { physical: PhysicalOffset::new(physical), size: 10, tags_code: 0 }
    }

    fn tail(count: u64) -> Tail {
        let mut tail = Tail::starting_at(100);
        for n in 0..count {
            tail.push(entry(n * 10));
        }
        tail
    }

    #[test]
    fn readable_end_counts_whole_records_only() {
        let tail = tail(3);
        assert_eq!(tail.readable_end(PhysicalOffset::new(0)), 100);
        assert_eq!(tail.readable_end(PhysicalOffset::new(19)), 101);
        assert_eq!(tail.readable_end(PhysicalOffset::new(20)), 102);
        assert_eq!(tail.readable_end(PhysicalOffset::new(999)), 103);
    }

    #[test]
    fn trim_keeps_unflushed_and_unreadable_entries() {
        let mut tail = tail(5);
        tail.mark_flushed(104);
        tail.trim(0, PhysicalOffset::new(20));
        assert_eq!((tail.base(), tail.next()), (102, 105), "entry 102 is not readable");
        tail.trim(1, PhysicalOffset::new(50));
        assert_eq!(tail.base(), 103, "one flushed entry stays as the window");
        tail.trim(0, PhysicalOffset::new(50));
        assert_eq!((tail.base(), tail.unflushed_len()), (104, 1));
    }

    #[test]
    fn an_emptied_tail_has_no_heap() {
        let mut tail = tail(5000);
        assert!(tail.heap_bytes() > 0);
        tail.mark_flushed(5100);
        tail.trim(0, PhysicalOffset::new(u64::MAX));
        assert_eq!((tail.heap_bytes(), tail.next()), (0, 5100));
    }

    #[test]
    fn unflushed_stops_at_the_log_position() {
        let mut tail = tail(4);
        tail.mark_flushed(101);
        let mut out = Vec::new();
        tail.unflushed_from(101, PhysicalOffset::new(35), 10, &mut out);
        assert_eq!(out, vec![entry(10), entry(20)]);
    }

    #[test]
    fn truncate_below_the_base_forgets_everything() {
        let mut tail = tail(4);
        tail.truncate(102);
        assert_eq!((tail.next(), tail.base()), (102, 100));
        tail.truncate(7);
        assert_eq!((tail.base(), tail.flushed(), tail.next()), (7, 7, 7));
    }
}
