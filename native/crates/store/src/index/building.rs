//! The index file that takes entries, in memory.
//!
//! Invariants: entries below `flushed.next_entry` are in the file, entry
//! `flushed.next_entry + i` is `pending[i]`; a chain's numbers strictly decrease; all entries of
//! one record are added under one lock, and `pending` is in log order.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use turbopump_wire::PhysicalOffset;

use super::layout::{Geometry, Header, IndexEntry, seconds_since};
use super::slots::Slots;
use crate::disk::DiskFile;

/// An entry that is in memory only.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    pub(super) entry: IndexEntry,
    store_ms: i64,
}

/// The file on disk, once there is one.
#[derive(Clone)]
pub(super) struct OnDisk {
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
}

pub(super) struct Building {
    pub(super) geometry: Geometry,
    /// With everything in memory.
    pub(super) header: Header,
    /// As in the file.
    pub(super) flushed: Header,
    pub(super) slots: Slots,
    pub(super) pending: VecDeque<Pending>,
    pub(super) disk: Option<OnDisk>,
}

impl Building {
    /// An empty file that follows one that ended with these values.
    pub(super) fn new(geometry: Geometry, end_ms: i64, end: PhysicalOffset) -> Self {
        let header = Header::empty(end_ms, end);
        Self::reopened(geometry, header, Slots::new(geometry.slots), None)
    }

    /// A file found on disk.
    pub(super) fn reopened(
        geometry: Geometry,
        header: Header,
        slots: Slots,
        disk: Option<OnDisk>,
    ) -> Self {
        let pending = VecDeque::new();
        Self { geometry, header, flushed: header, slots, pending, disk }
    }

    pub(super) fn is_full(&self) -> bool {
        self.header.next_entry >= self.geometry.entries
    }

    /// True when `keys` more entries fit.
    pub(super) fn has_room(&self, keys: usize) -> bool {
        (self.geometry.entries - self.header.next_entry) as usize >= keys
    }

    /// Adds an entry; the file must not be full.
    pub(super) fn insert(&mut self, key_hash: i32, at: PhysicalOffset, store_ms: i64) {
        let number = self.header.next_entry;
        if self.header.is_empty() {
            // Java takes the seconds of a file's first entry from the previous file's end and
            // then replaces the begin time; here the first entry is second 0 of its own file.
            self.header.begin = at;
            self.header.begin_ms = store_ms;
        }
        let previous = self.slots.replace(self.geometry.slot_of(key_hash), number);
        let seconds = seconds_since(self.header.begin_ms, store_ms);
        let entry = IndexEntry { key_hash, physical: at, seconds, previous };
        self.pending.push_back(Pending { entry, store_ms });
        advance(&mut self.header, &Pending { entry, store_ms });
    }

    /// How many pending entries are of records that begin before `upto`.
    pub(super) fn due(&self, upto: PhysicalOffset) -> usize {
        self.pending.partition_point(|pending| pending.entry.physical < upto)
    }

    /// The header when the first `count` pending entries are in the file.
    pub(super) fn header_after(&self, count: usize) -> Header {
        let mut header = self.flushed;
        if header.is_empty() && count > 0 {
            header.begin = self.header.begin;
            header.begin_ms = self.header.begin_ms;
        }
        self.pending.iter().take(count).for_each(|pending| advance(&mut header, pending));
        header
    }

    /// A pending entry by its number.
    pub(super) fn pending_entry(&self, number: u32) -> Option<IndexEntry> {
        let index = number.checked_sub(self.flushed.next_entry)?;
        self.pending.get(index as usize).map(|pending| pending.entry)
    }

    /// `number` followed back through its chain to an entry below `limit`, 0 at the chain's end.
    pub(super) fn below(&self, mut number: u32, limit: u32) -> u32 {
        while number >= limit {
            number = self.pending_entry(number).map_or(0, |entry| entry.previous);
        }
        number
    }

    /// Drops the first `count` pending entries, which are in the file under `header` now.
    pub(super) fn mark_flushed(&mut self, count: usize, header: Header) {
        self.pending.drain(..count.min(self.pending.len()));
        if self.pending.capacity() > self.pending.len().saturating_mul(4).max(65_536) {
            self.pending.shrink_to(self.pending.len() * 2);
        }
        self.flushed = header;
    }
}

fn advance(header: &mut Header, pending: &Pending) {
    if pending.entry.previous == 0 {
        header.slots_used += 1;
    }
    header.next_entry += 1;
    header.end = pending.entry.physical;
    header.end_ms = pending.store_ms;
}
