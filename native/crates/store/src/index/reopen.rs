//! Finding the files of an earlier run and judging them.
//!
//! Trusted: what a header counts, because it is written last. Checked: slots that name entries at
//! or behind the header's count (a stop between slots and header, or a Java broker killed in
//! between) are followed back along their chain, and put right in the file before anything is
//! added; a chain that does not hold drops the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use turbopump_wire::PhysicalOffset;

use super::building::{Building, OnDisk};
use super::error::IndexError;
use super::layout::{ENTRY_BYTES, Geometry, HEADER_BYTES, Header, IndexEntry, SLOT_BYTES, slot_at};
use super::slots::{PAGE_SLOTS, Slots, page_runs};
use super::{Files, Sealed};
use crate::disk::{Disk, DiskFile, OpenMode, read_exact_at};

/// Pages of slots read at once: 1 MiB.
const LOAD_PAGES: usize = 256;

/// What opening found besides good files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexReport {
    /// Names that are no index files of the configured size; left alone and not searched.
    pub ignored: Vec<String>,
    /// Files that are damaged or name what the log does not have, and those after them. They are
    /// not used, and stay until [`remove_dropped`](super::Index::remove_dropped): their records
    /// must come again, which the files before them do not say.
    pub dropped: Vec<String>,
}

struct Found {
    name: String,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
}

/// Opens every file in `dir`, for a log that ends at `end`.
pub(super) fn load(
    dir: &Path,
    geometry: Geometry,
    disk: &dyn Disk,
    end: PhysicalOffset,
) -> Result<(Files, IndexReport), IndexError> {
    let mut files = Files::default();
    let mut report = IndexReport::default();
    let found = candidates(dir, geometry, disk, &mut files, &mut report)?;
    let count = found.len();
    let mut damaged = false;
    for (nth, found) in found.into_iter().enumerate() {
        // Entries are in log order across files: without this one the later ones cannot say
        // what is indexed, so they are filled again too.
        damaged = damaged || !take(&found, nth + 1 == count, (geometry, end), &mut files)?;
        if damaged {
            report.dropped.push(found.name);
        }
    }
    files.unsynced = newest_file(disk, &files)?;
    files.last = files.last_record();
    Ok((files, report))
}

/// What a killed process wrote last may not be on disk yet, and counts as indexed from now on: it
/// is synced by the first flush, which comes before any checkpoint that covers it. A power cut
/// before that leaves an older header, and a checkpoint from which the rest is dispatched again.
/// Older files were synced before the newest was made.
fn newest_file(disk: &dyn Disk, files: &Files) -> Result<Option<OnDisk>, IndexError> {
    let building = files.building.back().and_then(|building| building.disk.clone());
    match (building, files.sealed.last()) {
        (Some(on_disk), _) => Ok(Some(on_disk)),
        (None, Some(sealed)) => {
            let file = disk.open(&sealed.path, OpenMode::Existing);
            let file = file.map_err(|error| IndexError::io("open", &sealed.path, error))?;
            Ok(Some(OnDisk { path: sealed.path.clone(), file }))
        }
        (None, None) => Ok(None),
    }
}

/// Files of the right name and length, oldest first.
fn candidates(
    dir: &Path,
    geometry: Geometry,
    disk: &dyn Disk,
    files: &mut Files,
    report: &mut IndexReport,
) -> Result<Vec<Found>, IndexError> {
    let mut entries = disk.list(dir).map_err(|error| IndexError::io("list", dir, error))?;
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let mut found = Vec::new();
    for entry in entries {
        let path = dir.join(&entry.name);
        let number = name_number(&path);
        files.newest_name = files.newest_name.max(number);
        if number.is_some() && !entry.is_dir && entry.bytes == 0 {
            // A stop between making a file and giving it its length.
            remove(disk, &path)?;
        } else if number.is_none() || entry.is_dir || entry.bytes != geometry.file_bytes() {
            report.ignored.push(entry.name);
        } else {
            let file = disk.open(&path, OpenMode::Existing);
            let file = file.map_err(|error| IndexError::io("open", &path, error))?;
            found.push(Found { name: entry.name, path, file });
        }
    }
    Ok(found)
}

/// Adds a file to the list; false when it is damaged or goes on behind the log's end.
fn take(
    found: &Found,
    newest: bool,
    (geometry, end): (Geometry, PhysicalOffset),
    files: &mut Files,
) -> Result<bool, IndexError> {
    let io = |error| IndexError::io("read", &found.path, error);
    let mut bytes = [0; HEADER_BYTES];
    read_exact_at(&*found.file, &mut bytes, 0).map_err(io)?;
    let Some(mut header) = Header::decode(&bytes, geometry) else { return Ok(false) };
    if header.is_empty()
        && let Some(before) = files.newest()
    {
        // Made, but its first header is not written: it says what a new file would say.
        header = Header::empty(before.end_ms, before.end);
    }
    let overlaps = files.newest().is_some_and(|before| header.begin < before.end);
    if !header.is_empty() && (overlaps || header.end >= end) {
        return Ok(false);
    }
    if !newest || header.next_entry >= geometry.entries {
        files.sealed.push(Arc::new(Sealed { path: found.path.clone(), header }));
        return Ok(true);
    }
    let Some(slots) = load_slots(found, geometry, &header).map_err(io)? else {
        return Ok(false);
    };
    let disk = OnDisk { path: found.path.clone(), file: Arc::clone(&found.file) };
    files.building.push_back(Building::reopened(geometry, header, slots, Some(disk)));
    Ok(true)
}

/// The slot table as of the header; `None` when it contradicts the entries.
fn load_slots(
    found: &Found,
    geometry: Geometry,
    header: &Header,
) -> std::io::Result<Option<Slots>> {
    let file = &*found.file;
    let mut slots = Slots::new(geometry.slots);
    let mut bytes = vec![0; LOAD_PAGES * PAGE_SLOTS * SLOT_BYTES];
    let mut first = 0;
    while first < geometry.slots as usize {
        let count = (geometry.slots as usize - first).min(LOAD_PAGES * PAGE_SLOTS);
        bytes.truncate(count * SLOT_BYTES);
        read_exact_at(file, &mut bytes, slot_at(first as u32))?;
        let values = bytes
            .chunks_exact(SLOT_BYTES)
            .map(|slot| slot.first_chunk().map_or(0, |value| u32::from_be_bytes(*value)));
        for (nth, value) in values.enumerate().filter(|(_, value)| *value != 0) {
            let slot = (first + nth) as u32;
            let (value, moved) = if value < header.next_entry {
                (value, false)
            } else {
                match follow_back(file, geometry, slot, value, header.next_entry)? {
                    Some(value) => (value, true),
                    None => return Ok(None),
                }
            };
            slots.set(slot, value, moved);
        }
        first += count;
    }
    put_right(file, &mut slots)?;
    Ok(Some(slots))
}

/// From entry `number` of `slot` back to one below `limit`; `None` when the chain does not hold.
fn follow_back(
    file: &dyn DiskFile,
    geometry: Geometry,
    slot: u32,
    mut number: u32,
    limit: u32,
) -> std::io::Result<Option<u32>> {
    let mut bytes = [0; ENTRY_BYTES];
    while number >= limit {
        // Killed between slot and header, Java's last slot may name the entry after the last one.
        if number >= geometry.entries {
            return Ok(None);
        }
        read_exact_at(file, &mut bytes, geometry.entry_at(number))?;
        let Some(entry) = IndexEntry::decode(&bytes) else { return Ok(None) };
        let holds = entry.key_hash >= 0
            && geometry.slot_of(entry.key_hash) == slot
            && entry.previous < number;
        if !holds {
            return Ok(None);
        }
        number = entry.previous;
    }
    Ok(Some(number))
}

/// Writes corrected slots at once, synced before any entry is added: those take the numbers that
/// the old slots name, and a second stop would find chains that belong to other slots.
fn put_right(file: &dyn DiskFile, slots: &mut Slots) -> std::io::Result<()> {
    let changed = slots.take_changed();
    let runs = page_runs(&changed);
    let mut bytes = Vec::new();
    for (first, end) in &runs {
        bytes.clear();
        for slot in slots.page_slots(*first, *end) {
            bytes.extend_from_slice(&slot.to_be_bytes());
        }
        file.write_at(&bytes, slot_at((first * PAGE_SLOTS) as u32))?;
    }
    Ok(())
}

/// An index file's name as a number, `None` for another name.
pub(super) fn name_number(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let digits = name.len() == 17 && name.bytes().all(|byte| byte.is_ascii_digit());
    if digits { name.parse().ok() } else { None }
}

pub(super) fn remove(disk: &dyn Disk, path: &Path) -> Result<(), IndexError> {
    match disk.remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(IndexError::io("remove", path, error))
        }
        _ => Ok(()),
    }
}
