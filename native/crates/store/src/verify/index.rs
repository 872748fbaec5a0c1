//! The key index against the log: entry after entry in log order, each file's slots and header as
//! these entries make them.

use std::path::{Path, PathBuf};

use turbopump_wire::PhysicalOffset;

use super::report::{Finding, Part, VerifyReport};
use super::window::Window;
use super::{Scope, VerifyError};
use crate::error::FileError;
use crate::index::layout::{
    ENTRY_BYTES, Geometry, HEADER_BYTES, Header, IndexEntry, SLOT_BYTES, seconds_since, slot_at,
};

/// The file that entries are compared with.
struct Current {
    window: Window,
    /// As the file says.
    header: Header,
    /// Newest entry of each slot, as the entries say.
    heads: Vec<u32>,
    /// Number of the next entry.
    number: u32,
    /// The header as the entries make it.
    made: Header,
    /// Begins with entries of records that retention removed: begin values are not known.
    begins_before: bool,
    is_last: bool,
}

pub(super) struct IndexCheck<'a> {
    scope: &'a Scope<'a>,
    geometry: Geometry,
    files: std::collections::VecDeque<PathBuf>,
    current: Option<Current>,
    /// End of the file before the current one: Java counts the seconds of a file's first entry
    /// from there.
    previous_end_ms: i64,
    log_first: u64,
    lost: Vec<(u64, u64)>,
    /// Records without entries, told once.
    missing: u64,
}

impl<'a> IndexCheck<'a> {
    pub(super) fn list(
        scope: &'a Scope<'a>,
        log_first: u64,
        report: &mut VerifyReport,
    ) -> Result<Self, VerifyError> {
        let dir = dir(scope);
        let geometry =
            Geometry { slots: scope.options.index_slots, entries: scope.options.index_entries };
        let entries = scope.disk.list(&dir).map_err(FileError::on("cannot list", &dir))?;
        let mut names: Vec<_> = entries.into_iter().filter(|entry| !entry.is_dir).collect();
        names.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        let mut files = std::collections::VecDeque::new();
        for entry in names.into_iter().filter(|_| scope.options.index_enabled) {
            let path = dir.join(&entry.name);
            if entry.bytes != geometry.file_bytes() {
                let what = format!(
                    "the file is {} bytes long, not {}",
                    entry.bytes,
                    geometry.file_bytes()
                );
                report.add(Finding::new(Part::Index, &path, entry.bytes, what));
            }
            files.push_back(path);
        }
        Ok(Self {
            scope,
            geometry,
            files,
            current: None,
            previous_end_ms: 0,
            log_first,
            lost: Vec::new(),
            missing: 0,
        })
    }

    pub(super) fn lose(&mut self, from: u64, to: u64) {
        self.lost.push((from, to));
    }

    /// Compares the entries of a record's keys.
    pub(super) fn record(
        &mut self,
        at: u64,
        store_ms: i64,
        hashes: impl Iterator<Item = i32>,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        if !self.scope.options.index_enabled {
            return Ok(());
        }
        for hash in hashes {
            self.key(at, store_ms, hash, report)?;
        }
        Ok(())
    }

    fn key(
        &mut self,
        at: u64,
        store_ms: i64,
        hash: i32,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        if !self.has_next(report)? {
            self.miss(at, report);
            return Ok(());
        }
        self.skip_lost(at)?;
        if !self.has_next(report)? {
            self.miss(at, report);
            return Ok(());
        }
        let (slot, previous_end_ms) = (self.geometry.slot_of(hash), self.previous_end_ms);
        let geometry = self.geometry;
        let Some(current) = &mut self.current else { return Ok(()) };
        let found = entry(&mut current.window, geometry, current.number)?;
        if current.number == 1 && found.is_some_and(|found| found.physical.get() > at) {
            // The index begins later than the log.
            self.miss(at, report);
            return Ok(());
        }
        let wanted = current.made_for(hash, at, store_ms, slot);
        report.index_entries += 1;
        let counted_from_before =
            IndexEntry { seconds: seconds_since(previous_end_ms, store_ms), ..wanted };
        let is_first = current.number == 1;
        let is_right = found == Some(wanted) || is_first && found == Some(counted_from_before);
        if !is_right {
            let position = geometry.entry_at(current.number);
            let what = match found {
                Some(found) => format!("the entry is {found:?}, the record makes {wanted:?}"),
                None => format!("the entry is missing that the record makes: {wanted:?}"),
            };
            report.add(Finding::new(Part::Index, current.window.path(), position, what));
        }
        current.take(&wanted, store_ms, slot);
        Ok(())
    }

    /// Tells once that the index lacks records.
    fn miss(&mut self, at: u64, report: &mut VerifyReport) {
        self.missing += 1;
        if self.missing == 1 {
            let what = format!("the keys of the record at {at} are not in the index");
            report.add(Finding::new(Part::Index, &dir(self.scope), 0, what));
        }
    }

    /// Opens the next file when there is none or the current one has no more entries.
    fn has_next(&mut self, report: &mut VerifyReport) -> Result<bool, VerifyError> {
        loop {
            if let Some(current) = &self.current {
                // The count of the newest file is checked against the log, not believed.
                let is_full = current.number >= self.geometry.entries;
                if !is_full && (current.is_last || current.number < current.header.next_entry) {
                    return Ok(true);
                }
                self.close(report)?;
            }
            if !self.open_next(report)? {
                return Ok(false);
            }
        }
    }

    fn open_next(&mut self, report: &mut VerifyReport) -> Result<bool, VerifyError> {
        let Some(path) = self.files.pop_front() else { return Ok(false) };
        let is_last = self.files.is_empty();
        let Some(mut window) = Window::open(self.scope.disk, &path)? else {
            return Ok(!is_last);
        };
        let bytes = window.get(0, HEADER_BYTES as u64)?;
        let header = bytes.first_chunk::<HEADER_BYTES>();
        let header = header.and_then(|bytes| Header::decode(bytes, self.geometry));
        let Some(header) = header else {
            let what = "no writer leaves such a header".to_owned();
            report.add(Finding::new(Part::Index, &path, 0, what));
            return Ok(!is_last);
        };
        let made = Header::empty(header.begin_ms, header.begin);
        let mut current = Current {
            window,
            header,
            heads: vec![0; self.geometry.slots as usize],
            number: 1,
            made,
            begins_before: false,
            is_last,
        };
        // Only the first file may begin with what retention removed.
        if self.log_first > 0 && self.previous_end_ms == 0 {
            skip_expired(&mut current, self.geometry, self.log_first)?;
        }
        self.current = Some(current);
        Ok(true)
    }

    /// Entries of records that cannot be read.
    fn skip_lost(&mut self, at: u64) -> Result<(), VerifyError> {
        if self.lost.is_empty() {
            return Ok(());
        }
        let (geometry, lost) = (self.geometry, &self.lost);
        let Some(current) = &mut self.current else { return Ok(()) };
        while let Some(found) = entry(&mut current.window, geometry, current.number)? {
            let physical = found.physical.get();
            let is_lost = lost.iter().any(|(from, to)| (*from..*to).contains(&physical));
            if !is_lost || physical >= at || current.number >= current.header.next_entry {
                break;
            }
            current.take(&found, current.made.end_ms, geometry.slot_of(found.key_hash));
        }
        Ok(())
    }

    /// What stands behind the last record's entries.
    pub(super) fn finish(mut self, report: &mut VerifyReport) -> Result<(), VerifyError> {
        self.skip_lost(u64::MAX)?;
        // While the broker runs the newest file goes on growing.
        if self.scope.is_stopped {
            while self.current.is_some() || self.open_next(report)? {
                self.close(report)?;
            }
        }
        if self.missing > 1 {
            let what = format!("{} keys of the log are not in the index", self.missing);
            report.add(Finding::new(Part::Index, &dir(self.scope), 0, what));
        }
        Ok(())
    }

    /// Compares header, slots and unused entries of the current file.
    fn close(&mut self, report: &mut VerifyReport) -> Result<(), VerifyError> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        self.previous_end_ms = current.header.end_ms;
        (self.scope.pace)(self.scope.end)?;
        let path = current.window.path().to_owned();
        let mut tell = |position: u64, what: String| {
            report.add(Finding::new(Part::Index, &path, position, what));
        };
        let (found, made) = (&current.header, &current.made);
        let same_begin = current.begins_before
            || current.number == 1
            || (found.begin, found.begin_ms) == (made.begin, made.begin_ms);
        let same_end = current.number == 1
            || !self.lost.is_empty()
            || (found.end, found.end_ms) == (made.end, made.end_ms);
        let same_counts = (found.next_entry, found.slots_used) == (current.number, made.slots_used);
        if !same_begin || !same_end || !same_counts {
            tell(0, format!("the header is {found:?}, the entries make {made:?}"));
        }
        if let Some((slot, value)) = wrong_slot(&mut current)? {
            let head = current.heads.get(slot as usize).copied().unwrap_or_default();
            tell(slot_at(slot), format!("the slot says {value}, its newest entry is {head}"));
        }
        let unused = [
            (self.geometry.entry_at(0), self.geometry.entry_at(1)),
            (self.geometry.entry_at(current.number), self.geometry.file_bytes()),
        ];
        for (from, to) in unused {
            if let Some(at) = current.window.first_set(from, to)? {
                tell(at, "there are bytes in an entry that is not used".to_owned());
            }
        }
        Ok(())
    }
}

impl Current {
    /// The entry that a record makes next.
    fn made_for(&mut self, hash: i32, at: u64, store_ms: i64, slot: u32) -> IndexEntry {
        if self.number == 1 {
            self.made.begin = PhysicalOffset::new(at);
            self.made.begin_ms = store_ms;
        }
        IndexEntry {
            key_hash: hash,
            physical: PhysicalOffset::new(at),
            seconds: seconds_since(self.made.begin_ms, store_ms),
            previous: self.heads.get(slot as usize).copied().unwrap_or(0),
        }
    }

    fn take(&mut self, entry: &IndexEntry, store_ms: i64, slot: u32) {
        let Some(head) = self.heads.get_mut(slot as usize) else { return };
        if *head == 0 {
            self.made.slots_used += 1;
        }
        *head = self.number;
        self.number += 1;
        self.made.next_entry = self.number;
        (self.made.end, self.made.end_ms) = (entry.physical, store_ms);
    }
}

fn skip_expired(
    current: &mut Current,
    geometry: Geometry,
    log_first: u64,
) -> Result<(), VerifyError> {
    while current.number < current.header.next_entry
        && let Some(found) = entry(&mut current.window, geometry, current.number)?
        && found.physical.get() < log_first
    {
        current.begins_before = true;
        let end_ms = current.header.begin_ms.saturating_add(i64::from(found.seconds) * 1_000);
        current.take(&found, end_ms, geometry.slot_of(found.key_hash));
    }
    Ok(())
}

fn entry(
    window: &mut Window,
    geometry: Geometry,
    number: u32,
) -> Result<Option<IndexEntry>, FileError> {
    let bytes = window.get(geometry.entry_at(number), ENTRY_BYTES as u64)?;
    Ok(IndexEntry::decode(bytes))
}

/// The first slot that is not as the entries say, and what it says.
fn wrong_slot(current: &mut Current) -> Result<Option<(u32, u32)>, FileError> {
    for slot in 0..current.heads.len() as u32 {
        let bytes = current.window.get(slot_at(slot), SLOT_BYTES as u64)?;
        let value = bytes.first_chunk::<SLOT_BYTES>().map(|bytes| u32::from_be_bytes(*bytes));
        let head = current.heads.get(slot as usize).copied();
        if value != head {
            return Ok(Some((slot, value.unwrap_or_default())));
        }
    }
    Ok(None)
}

fn dir(scope: &Scope<'_>) -> PathBuf {
    index_dir(&scope.options.root_dir)
}

pub(super) fn index_dir(root: &Path) -> PathBuf {
    root.join("index")
}
