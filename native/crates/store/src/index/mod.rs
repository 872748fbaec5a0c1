//! The key index: from a message's key or unique id to where its record may lie in the log.
//!
//! Files have Java's layout (docs/formats/index.md): a header, a table of hash slots, entries
//! chained by slot. One file at a time is filled, in memory, and written by `flush`; full ones are
//! only read.
//!
//! Invariants: adding a record does no I/O; a file's header counts only entries and slots that are
//! on disk; entries are in log order, so everything at or before `indexed_to` is indexed; names
//! ascend with the files' order.
//! Refuses: deciding whether a record really has the key (the caller compares), and repairing
//! damage: a file that cannot be believed is dropped, and the log fills the index from where the
//! others end.

mod building;
mod error;
mod flush;
pub(crate) mod layout;
mod query;
mod reopen;
mod slots;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turbopump_wire::PhysicalOffset;

use self::building::Building;
use self::layout::{Geometry, Header};
use crate::clock::Clock;
use crate::disk::Disk;

pub use self::error::IndexError;
pub use self::query::IndexAnswer;
pub use self::reopen::IndexReport;

/// Size of new and existing files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexOptions {
    /// False: nothing is read, written or found.
    pub enabled: bool,
    /// Slots of a file, Java's `maxHashSlotNum`.
    pub slots: u32,
    /// Entries of a file (one less can be used), Java's `maxIndexNum`.
    pub entries: u32,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self { enabled: true, slots: 5_000_000, entries: 20_000_000 }
    }
}

/// A file that takes no more entries. Opened for each query: a store has few, queries are rare.
struct Sealed {
    path: PathBuf,
    header: Header,
}

/// All files, oldest first; those being built follow the sealed ones.
#[derive(Default)]
struct Files {
    sealed: Vec<Arc<Sealed>>,
    /// The last one takes entries; those before it do not and are not wholly written yet.
    building: VecDeque<Building>,
    /// Name of the newest file there ever was, as a number.
    newest_name: Option<u64>,
    /// Position of the newest indexed record.
    last: Option<PhysicalOffset>,
    /// What opening found written by an earlier process and nobody has synced yet.
    unsynced: Option<building::OnDisk>,
}

impl Files {
    /// Header of the newest file.
    fn newest(&self) -> Option<&Header> {
        let building = self.building.back().map(|building| &building.header);
        building.or_else(|| self.sealed.last().map(|sealed| &sealed.header))
    }

    /// Position of the newest record that the files have, or had in files removed before: an empty
    /// file begins with the end of the one before it, unless that is 0.
    fn last_record(&self) -> Option<PhysicalOffset> {
        let building = self.building.iter().rev().map(|building| &building.header);
        let sealed = self.sealed.iter().rev().map(|sealed| &sealed.header);
        let mut headers = building.chain(sealed);
        let says = |header: &&Header| !header.is_empty() || header.end > PhysicalOffset::ZERO;
        headers.find(says).map(|header| header.end)
    }

    /// The file to add a record's `keys` entries to, begun when there is none or they do not fit
    /// into the last one. Java lets a record go on in the next file; then a stop between the
    /// flushes of the two loses keys, because the first one already says the record is indexed.
    fn open_for_entries(&mut self, geometry: Geometry, keys: usize) -> Option<&mut Building> {
        if self.building.back().is_none_or(|last| !last.has_room(keys)) {
            let (end_ms, end) =
                self.newest().map_or((0, PhysicalOffset::ZERO), |last| (last.end_ms, last.end));
            self.building.push_back(Building::new(geometry, end_ms, end));
        }
        self.building.back_mut()
    }
}

/// The index of a store.
pub struct Index {
    dir: PathBuf,
    enabled: bool,
    geometry: Geometry,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    report: IndexReport,
    files: Mutex<Files>,
    /// Held by whoever writes or removes files. Taken before `files`.
    flushing: Mutex<()>,
}

impl Index {
    /// Opens the files in `dir` (`store/index`) of a log that ends at `end`. The newest one is
    /// read as far as slots are concerned (20 MB with the default size), of the others the headers.
    pub fn open(
        dir: &Path,
        options: IndexOptions,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        end: PhysicalOffset,
    ) -> Result<Self, IndexError> {
        let IndexOptions { enabled, slots, entries } = options;
        let largest = i32::MAX.cast_unsigned();
        if slots == 0 || entries < 2 || slots > largest || entries > largest {
            return Err(IndexError::Size { slots, entries });
        }
        let geometry = Geometry { slots, entries };
        let (files, report) =
            if enabled { reopen::load(dir, geometry, &*disk, end)? } else { Default::default() };
        Ok(Self {
            dir: dir.to_owned(),
            enabled,
            geometry,
            disk,
            clock,
            report,
            files: Mutex::new(files),
            flushing: Mutex::new(()),
        })
    }

    /// What opening found besides good files.
    #[must_use]
    pub const fn report(&self) -> &IndexReport {
        &self.report
    }

    /// Adds a record's keys, unique id first, by their hashes. False when the record is indexed
    /// already (at or before `indexed_to`); then nothing is added. Under the log lock; no I/O.
    pub fn put_record(&self, at: PhysicalOffset, store_ms: i64, key_hashes: &[i32]) -> bool {
        if !self.enabled || key_hashes.is_empty() {
            return true;
        }
        let mut files = lock(&self.files);
        if files.last.is_some_and(|last| at <= last) {
            return false;
        }
        // Only a record with more keys than a file has entries is split.
        for keys in key_hashes.chunks(self.geometry.entries as usize - 1) {
            if let Some(building) = files.open_for_entries(self.geometry, keys.len()) {
                for key_hash in keys {
                    building.insert(*key_hash, at, store_ms);
                }
            }
        }
        files.last = Some(at);
        true
    }

    /// Says that these keys are about to be added: their slots are brought into the cache together.
    pub(crate) fn expect(&self, key_hashes: &[i32]) {
        if !self.enabled || key_hashes.len() < 2 {
            return;
        }
        if let Some(building) = lock(&self.files).building.back() {
            building.slots.bring(key_hashes.iter().map(|hash| self.geometry.slot_of(*hash)));
        }
    }

    /// Position of the newest indexed record, in memory or on disk.
    #[must_use]
    pub fn indexed_to(&self) -> Option<PhysicalOffset> {
        lock(&self.files).last
    }

    /// Entries in memory only. A caller whose flush cannot keep up must stop appending.
    #[must_use]
    pub fn unflushed_entries(&self) -> usize {
        lock(&self.files).building.iter().map(|building| building.pending.len()).sum()
    }

    /// Store time of the last record of the newest full file, 0 without one: what Java keeps as
    /// the checkpoint's index timestamp.
    #[must_use]
    pub fn full_until_ms(&self) -> i64 {
        lock(&self.files).sealed.last().map_or(0, |sealed| sealed.header.end_ms)
    }

    /// Removes files all of whose records begin before `min`. The newest file stays.
    pub fn delete_before(&self, min: PhysicalOffset) -> Result<(), IndexError> {
        let _one_at_a_time = lock(&self.flushing);
        let expired: Vec<_> = {
            let mut files = lock(&self.files);
            // The newest file on disk says up to where records are indexed.
            let on_disk = files.building.front().is_some_and(|first| !first.flushed.is_empty());
            let kept = usize::from(!on_disk);
            let removable = files.sealed.len().saturating_sub(kept);
            let count = files.sealed.iter().take_while(|file| file.header.end < min).count();
            files.sealed.drain(..count.min(removable)).collect()
        };
        for file in &expired {
            reopen::remove(&*self.disk, &file.path)?;
        }
        Ok(())
    }

    /// Removes the files that opening dropped. A start that follows finds the index ending where
    /// the files before them do, and nothing to say that there were more: who calls this has that
    /// on disk.
    pub(crate) fn remove_dropped(&self) -> Result<(), IndexError> {
        // Newest first: a later one that outlived the one before it would hide what is missing.
        for name in self.report.dropped.iter().rev() {
            reopen::remove(&*self.disk, &self.dir.join(name))?;
            let synced = self.disk.sync_dir(&self.dir);
            synced.map_err(|error| IndexError::io("sync", &self.dir, error))?;
        }
        Ok(())
    }
}

/// Locks without minding a panic of an earlier holder: no section here leaves its data between
/// two states when a step fails, and nothing in them panics on purpose.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
