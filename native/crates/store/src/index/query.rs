//! Finding the records of a key: chains are followed from the newest entry of the newest file.

use std::sync::Arc;

use turbopump_wire::PhysicalOffset;
use turbopump_wire::java_hash::index_key_hash;

use super::building::{Building, OnDisk};
use super::error::IndexError;
use super::layout::{ENTRY_BYTES, Geometry, Header, IndexEntry, SLOT_BYTES, slot_at};
use super::{Index, Sealed, lock};
use crate::disk::{DiskFile, OpenMode, read_exact_at};

/// Entries read at once: neighbours in a chain often are neighbours in the file.
const BLOCK_ENTRIES: u32 = 204;

/// What the index knows of a key. The hash stands for the key, so records of other keys may be
/// among the offsets: the caller reads each record and compares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexAnswer {
    /// Positions of records, newest first.
    pub offsets: Vec<PhysicalOffset>,
    /// Store time of the newest indexed record, milliseconds; 0 when nothing is indexed.
    pub last_update_ms: i64,
    /// Position of that record.
    pub last_update_physical: PhysicalOffset,
}

/// What is looked for, and what was found.
struct Search {
    key_hash: i32,
    begin_ms: i64,
    end_ms: i64,
    max: usize,
    found: Vec<PhysicalOffset>,
}

impl Search {
    fn is_done(&self) -> bool {
        self.found.len() >= self.max
    }

    /// True when a file may have something: Java's `IndexFile.isTimeMatched`.
    fn concerns(&self, header: &Header) -> bool {
        !header.is_empty() && self.begin_ms <= header.end_ms && self.end_ms >= header.begin_ms
    }

    /// Looks at entry `number`; returns the next one of the chain, 0 at its end.
    fn visit(&mut self, header: &Header, number: u32, entry: &IndexEntry) -> u32 {
        if entry.seconds < 0 {
            return 0;
        }
        let stored_ms = header.begin_ms.saturating_add(i64::from(entry.seconds) * 1000);
        let in_time = stored_ms >= self.begin_ms && stored_ms <= self.end_ms;
        if entry.key_hash == self.key_hash && in_time {
            self.found.push(entry.physical);
        }
        // Chains go back in time and number; anything else is damage and ends the walk.
        let goes_on = entry.previous < number && stored_ms >= self.begin_ms && !self.is_done();
        if goes_on { entry.previous } else { 0 }
    }
}

/// What is left of a building file's chain after its part in memory.
struct Rest {
    header: Header,
    next: u32,
    in_memory: Vec<PhysicalOffset>,
    disk: Option<OnDisk>,
}

impl Index {
    /// Records of `topic` with `key` (or with it as unique id) stored between `begin_ms` and
    /// `end_ms`, both included, to the second; at most `max`. As Java's `IndexService.queryOffset`.
    pub fn query(
        &self,
        topic: &str,
        key: &str,
        max: usize,
        begin_ms: i64,
        end_ms: i64,
    ) -> Result<IndexAnswer, IndexError> {
        let key_hash = index_key_hash(topic, key);
        let mut search = Search { key_hash, begin_ms, end_ms, max, found: Vec::new() };
        let mut answer = IndexAnswer::default();
        let (building, sealed) = {
            let files = lock(&self.files);
            if let Some(newest) = files.newest() {
                answer.last_update_ms = newest.end_ms;
                answer.last_update_physical = newest.end;
            }
            let building: Vec<_> = files
                .building
                .iter()
                .rev()
                .map(|building| search_memory(building, self.geometry, &mut search))
                .collect();
            (building, files.sealed.clone())
        };
        self.search_files(building, &sealed, &mut search)?;
        search.found.truncate(max);
        answer.offsets = search.found;
        Ok(answer)
    }

    /// Goes through files newest first until enough is found or a file begins before the time
    /// asked for.
    fn search_files(
        &self,
        building: Vec<Rest>,
        sealed: &[Arc<Sealed>],
        search: &mut Search,
    ) -> Result<(), IndexError> {
        for rest in building {
            search.found.extend_from_slice(&rest.in_memory);
            if let Some(disk) = &rest.disk
                && !search.is_done()
                && search.concerns(&rest.header)
            {
                let chain = Chain::new(&*disk.file, self.geometry);
                let walked = chain.walk(&rest.header, rest.next, search);
                walked.map_err(|error| IndexError::io("read", &disk.path, error))?;
            }
            if search.is_done() || rest.header.begin_ms < search.begin_ms {
                return Ok(());
            }
        }
        for file in sealed.iter().rev() {
            if search.concerns(&file.header) {
                self.search_sealed(file, search)?;
            }
            if search.is_done() || file.header.begin_ms < search.begin_ms {
                break;
            }
        }
        Ok(())
    }

    fn search_sealed(&self, sealed: &Arc<Sealed>, search: &mut Search) -> Result<(), IndexError> {
        let file = match self.disk.open(&sealed.path, OpenMode::Existing) {
            Ok(file) => file,
            // Expired since the list was taken.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !self.has(sealed) => {
                return Ok(());
            }
            Err(error) => return Err(IndexError::io("open", &sealed.path, error)),
        };
        let io = |error| IndexError::io("read", &sealed.path, error);
        let mut slot = [0; SLOT_BYTES];
        let at = slot_at(self.geometry.slot_of(search.key_hash));
        read_exact_at(&*file, &mut slot, at).map_err(io)?;
        let newest = u32::from_be_bytes(slot);
        Chain::new(&*file, self.geometry).walk(&sealed.header, newest, search).map_err(io)
    }

    fn has(&self, sealed: &Arc<Sealed>) -> bool {
        lock(&self.files).sealed.iter().any(|file| Arc::ptr_eq(file, sealed))
    }
}

/// Follows the part of the chain that is in memory.
fn search_memory(building: &Building, geometry: Geometry, search: &mut Search) -> Rest {
    let header = building.header;
    let mut rest = Rest { header, next: 0, in_memory: Vec::new(), disk: building.disk.clone() };
    if !search.concerns(&header) {
        return rest;
    }
    // Each file's finds are kept apart: what a newer file has on disk comes before them.
    let earlier = std::mem::take(&mut search.found);
    let mut number = building.slots.get(geometry.slot_of(search.key_hash));
    while number != 0
        && let Some(entry) = building.pending_entry(number)
    {
        number = search.visit(&header, number, &entry);
    }
    rest.next = number;
    rest.in_memory = std::mem::replace(&mut search.found, earlier);
    rest
}

/// Reads a file's entries in blocks.
struct Chain<'a> {
    file: &'a dyn DiskFile,
    geometry: Geometry,
    block: Vec<u8>,
    first: u32,
}

impl<'a> Chain<'a> {
    fn new(file: &'a dyn DiskFile, geometry: Geometry) -> Self {
        Self { file, geometry, block: Vec::new(), first: 0 }
    }

    /// Visits entries from `number` on; numbers that the header does not count end the walk.
    fn walk(
        mut self,
        header: &Header,
        mut number: u32,
        search: &mut Search,
    ) -> std::io::Result<()> {
        while number != 0 && number < header.next_entry && !search.is_done() {
            let Some(entry) = self.entry(number)? else { return Ok(()) };
            number = search.visit(header, number, &entry);
        }
        Ok(())
    }

    fn entry(&mut self, number: u32) -> std::io::Result<Option<IndexEntry>> {
        let held = self.block.len() / ENTRY_BYTES;
        if number < self.first || number >= self.first + held as u32 {
            // Chains go down, so the block ends with the entry.
            self.first = (number + 1).saturating_sub(BLOCK_ENTRIES).max(1);
            self.block.resize((number + 1 - self.first) as usize * ENTRY_BYTES, 0);
            read_exact_at(self.file, &mut self.block, self.geometry.entry_at(self.first))?;
        }
        let at = (number - self.first) as usize * ENTRY_BYTES;
        Ok(self.block.get(at..at + ENTRY_BYTES).and_then(IndexEntry::decode))
    }
}
