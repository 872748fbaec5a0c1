//! Writing the file that is being filled.
//!
//! Order: entries → sync → changed slot pages → sync → header → sync. A stop between any two leaves
//! a file whose header counts only entries that are there; slots that already name later entries
//! are followed back on reopening. Slots are written as they were at the header's count, although
//! new entries arrive meanwhile.

use std::path::Path;
use std::sync::Arc;

use turbopump_wire::PhysicalOffset;

use super::building::{Building, OnDisk};
use super::error::IndexError;
use super::layout::{Header, slot_at};
use super::slots::{PAGE_SLOTS, page_runs};
use super::{Files, Index, Sealed, lock};
use crate::disk::OpenMode;

/// Entries copied out under the lock at once.
const RUN_ENTRIES: usize = 8192;

/// What one flush of one file will have written.
struct Plan {
    count: usize,
    header: Header,
    first_entry: u32,
    changed: Vec<u64>,
}

impl Index {
    /// Writes the entries of records that begin before `upto`, a position between two records, and
    /// syncs. After an error everything unwritten is still in memory.
    pub fn flush(&self, upto: PhysicalOffset) -> Result<(), IndexError> {
        let _one_at_a_time = lock(&self.flushing);
        self.sync_found()?;
        // A file that filled up is written before the one that follows it.
        while let Some(plan) = self.next_plan(upto) {
            let written = self.write(&plan);
            let mut files = lock(&self.files);
            let Some(building) = files.building.front_mut() else { break };
            if let Err(error) = written {
                building.slots.restore_changed(&plan.changed);
                return Err(error);
            }
            building.mark_flushed(plan.count, plan.header);
        }
        Ok(())
    }

    /// Once: the newest file as opening found it, before anything is added to it or claimed of it.
    fn sync_found(&self) -> Result<(), IndexError> {
        let Some(found) = lock(&self.files).unsynced.clone() else { return Ok(()) };
        sync(&found)?;
        let dir = self.dir.as_path();
        let synced = self.disk.sync_dir(dir);
        synced.map_err(|error| IndexError::io("sync the folder", dir, error))?;
        lock(&self.files).unsynced = None;
        Ok(())
    }

    /// What is to be written to the first file that still has something; files before it are
    /// sealed.
    fn next_plan(&self, upto: PhysicalOffset) -> Option<Plan> {
        let mut files = lock(&self.files);
        while seal_if_done(&mut files) {}
        files.building.front_mut().and_then(|building| plan(building, upto))
    }

    fn write(&self, plan: &Plan) -> Result<(), IndexError> {
        let on_disk = self.file_to_write()?;
        let path = on_disk.path.as_path();
        self.write_entries(plan, &on_disk)?;
        sync(&on_disk)?;
        self.write_slots(plan, &on_disk)?;
        sync(&on_disk)?;
        on_disk
            .file
            .write_at(&plan.header.encode(), 0)
            .map_err(|error| IndexError::io("write the header of", path, error))?;
        sync(&on_disk)
    }

    /// The first file's place on disk, made when it has none.
    fn file_to_write(&self) -> Result<OnDisk, IndexError> {
        if let Some(disk) = lock(&self.files).building.front().and_then(|b| b.disk.clone()) {
            return Ok(disk);
        }
        let name = self.new_name();
        let path = self.dir.join(name);
        let dir = self.dir.as_path();
        let io = |doing, path: &Path| {
            let path = path.to_owned();
            move |error| IndexError::io(doing, path, error)
        };
        self.disk.create_dir_all(dir).map_err(io("make the folder", dir))?;
        let file = self.disk.open(&path, OpenMode::CreateIfMissing).map_err(io("make", &path))?;
        // The name may be on disk before the length: an empty file is taken away when the store
        // opens, and the sync of the first entries is one of the length too.
        file.set_size(self.geometry.file_bytes()).map_err(io("extend", &path))?;
        // Without its folder the index would be built anew from the first record on, and with it
        // the queues of topics that were deleted.
        for dir in [Some(dir), dir.parent()].into_iter().flatten() {
            self.disk.sync_dir(dir).map_err(io("sync the folder", dir))?;
        }
        let on_disk = OnDisk { path, file };
        if let Some(building) = lock(&self.files).building.front_mut() {
            building.disk = Some(on_disk.clone());
        }
        Ok(on_disk)
    }

    fn write_entries(&self, plan: &Plan, on_disk: &OnDisk) -> Result<(), IndexError> {
        let mut bytes = Vec::new();
        let mut done = 0;
        while done < plan.count {
            let until = plan.count.min(done + RUN_ENTRIES);
            bytes.clear();
            if let Some(building) = lock(&self.files).building.front() {
                let run = building.pending.range(done..until);
                run.for_each(|pending| pending.entry.encode(&mut bytes));
            }
            let at = self.geometry.entry_at(plan.first_entry + done as u32);
            on_disk
                .file
                .write_at(&bytes, at)
                .map_err(|error| IndexError::io("write", &on_disk.path, error))?;
            done = until;
        }
        Ok(())
    }

    fn write_slots(&self, plan: &Plan, on_disk: &OnDisk) -> Result<(), IndexError> {
        let (mut slots, mut bytes) = (Vec::new(), Vec::new());
        for (first, end) in page_runs(&plan.changed) {
            slots.clear();
            if let Some(building) = lock(&self.files).building.front_mut() {
                copy_slots(building, first, end, plan.header.next_entry, &mut slots);
            }
            bytes.clear();
            for slot in &slots {
                bytes.extend_from_slice(&slot.to_be_bytes());
            }
            let at = slot_at((first * PAGE_SLOTS) as u32);
            on_disk
                .file
                .write_at(&bytes, at)
                .map_err(|error| IndexError::io("write", &on_disk.path, error))?;
        }
        Ok(())
    }
}

fn plan(building: &mut Building, upto: PhysicalOffset) -> Option<Plan> {
    let count = building.due(upto);
    if count == 0 {
        return None;
    }
    Some(Plan {
        count,
        header: building.header_after(count),
        first_entry: building.flushed.next_entry,
        changed: building.slots.take_changed(),
    })
}

/// Copies the slots of pages `[first, end)` as they were when `limit` was the next entry. Under the
/// lock that publishers need: a copy and a comparison a slot.
fn copy_slots(building: &mut Building, first: usize, end: usize, limit: u32, slots: &mut Vec<u32>) {
    slots.extend_from_slice(building.slots.page_slots(first, end));
    for (nth, slot) in slots.iter_mut().enumerate().filter(|(_, slot)| **slot >= limit) {
        *slot = building.below(*slot, limit);
        // The newer value is still to be written, by the flush that covers it.
        building.slots.note(first + nth / PAGE_SLOTS);
    }
}

/// Moves the first file to the sealed ones when it takes no more entries and has all on disk.
fn seal_if_done(files: &mut Files) -> bool {
    let is_last = files.building.len() == 1;
    let front = files.building.front();
    if !front.is_some_and(|front| front.pending.is_empty() && (front.is_full() || !is_last)) {
        return false;
    }
    if let Some(building) = files.building.pop_front()
        && let Some(disk) = building.disk
    {
        files.sealed.push(Arc::new(Sealed { path: disk.path, header: building.flushed }));
    }
    true
}

fn sync(on_disk: &OnDisk) -> Result<(), IndexError> {
    on_disk.file.sync_data().map_err(|error| IndexError::io("sync", &on_disk.path, error))
}

/// `yyyyMMddHHmmssSSS` in local time, as Java names index files; later than `last` whatever the
/// clock or the time zone did, because files are ordered by name.
pub(super) fn name_after(local: crate::clock::LocalTime, last: Option<u64>) -> String {
    let crate::clock::LocalTime { year, month, day, hour, minute, second, millisecond } = local;
    let name =
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{millisecond:03}");
    match (last, name.parse::<u64>()) {
        (Some(last), Ok(now)) if now <= last => format!("{:017}", last + 1),
        _ => name,
    }
}

impl Index {
    fn new_name(&self) -> String {
        let mut files = lock(&self.files);
        let name = name_after(self.clock.local(self.clock.wall_ms()), files.newest_name);
        files.newest_name = name.parse().ok();
        name
    }
}
