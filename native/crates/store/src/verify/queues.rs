//! Consume queues against the log: every record has its entry, every entry its record.
//!
//! While the log is read each record's entry is compared; at the end of the log every other entry
//! is looked at: in front there may be those of records that retention removed, behind there may
//! be nothing (while the broker runs: only what was appended since).

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::PathBuf;

use turbopump_wire::record::RecordView;
use turbopump_wire::{PhysicalOffset, TopicName};

use super::report::{DamagedQueue, Finding, Part, VerifyReport};
use super::window::Window;
use super::{Scope, VerifyError};
use crate::consume_queue::{QueueEntry, UNIT_BYTES};
use crate::dispatch::tags_code_of;
use crate::error::FileError;

/// Queues whose last read file is kept open.
const OPEN_MAX: usize = 256;
/// Findings of one queue kept until it is known that its topic was not made anew.
const PENDING_MAX: usize = 64;

#[derive(Default)]
struct Seen {
    /// First positions of its files, in units; empty without a folder.
    files: Vec<u64>,
    has_folder: bool,
    /// Offsets of its records in the log.
    first: u64,
    next: Option<u64>,
    /// Position of the first of them.
    from: u64,
    pending: Vec<Finding>,
    pending_count: u64,
    /// Beyond doubt.
    is_damaged: bool,
}

type Key = (String, u32);

pub(super) struct Queues<'a> {
    scope: &'a Scope<'a>,
    file_bytes: u64,
    seen: BTreeMap<Key, Seen>,
    open: BTreeMap<Key, (u64, Window)>,
    /// Stretches of the log that nothing could be read of.
    lost: Vec<(u64, u64)>,
    known_topics: Option<&'a HashSet<String>>,
}

impl<'a> Queues<'a> {
    pub(super) fn list(
        scope: &'a Scope<'a>,
        known_topics: Option<&'a HashSet<String>>,
        report: &mut VerifyReport,
    ) -> Result<Self, VerifyError> {
        let file_bytes = scope.options.queue_file_bytes.next_multiple_of(UNIT_BYTES);
        let (seen, open, lost) = Default::default();
        let mut queues = Self { scope, file_bytes, seen, open, lost, known_topics };
        let root = scope.options.root_dir.join("consumequeue");
        for topic in folders(scope, &root)? {
            for id in folders(scope, &root.join(&topic))? {
                let Ok(number) = id.parse::<u32>() else { continue };
                report.queues += 1;
                queues.list_files((topic.clone(), number), report)?;
            }
        }
        Ok(queues)
    }

    fn dir(&self, (topic, id): &Key) -> PathBuf {
        self.scope.options.root_dir.join("consumequeue").join(topic).join(id.to_string())
    }

    fn path(&self, key: &Key, start: u64) -> PathBuf {
        self.dir(key).join(format!("{:020}", start * UNIT_BYTES))
    }

    fn list_files(&mut self, key: Key, report: &mut VerifyReport) -> Result<(), VerifyError> {
        let dir = self.dir(&key);
        let entries = self.scope.disk.list(&dir).map_err(FileError::on("cannot list", &dir))?;
        let mut seen = Seen { has_folder: true, ..Seen::default() };
        for entry in entries.into_iter().filter(|entry| !entry.is_dir && entry.name.len() == 20) {
            let Ok(start) = entry.name.parse::<u64>() else { continue };
            let is_placed = start.is_multiple_of(self.file_bytes);
            if !is_placed || entry.bytes != self.file_bytes {
                let what = format!("the file is {} bytes long at {start}", entry.bytes);
                let path = dir.join(&entry.name);
                report.add(Finding::new(Part::Queue, &path, entry.bytes, what));
                seen.is_damaged = true;
            }
            if is_placed {
                seen.files.push(start / UNIT_BYTES);
            }
        }
        seen.files.sort_unstable();
        let units = self.file_bytes / UNIT_BYTES;
        for pair in seen.files.windows(2) {
            if let [before, after] = pair
                && before + units != *after
            {
                let path = self.path(&key, before + units);
                let what = "the file is missing".to_owned();
                report.add(Finding::new(Part::Queue, &path, 0, what));
                seen.is_damaged = true;
            }
        }
        self.seen.insert(key, seen);
        Ok(())
    }

    /// Nothing can be said of the queues' records in there.
    pub(super) fn lose(&mut self, from: u64, to: u64) {
        self.lost.push((from, to));
    }

    fn is_lost(&self, physical: u64) -> bool {
        self.lost.iter().any(|(from, to)| (*from..*to).contains(&physical))
    }

    /// Compares the record's entry.
    pub(super) fn record(
        &mut self,
        record: &RecordView<'_>,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        let (Ok(_), Ok(id), Ok(offset)) = (
            TopicName::parse(record.topic),
            u32::try_from(record.queue_id),
            u64::try_from(record.queue_offset),
        ) else {
            return Ok(());
        };
        let at = record.physical_offset.max(0) as u64;
        let key = (record.topic.to_owned(), id);
        let message = format!("{}/{id}/{offset}", record.topic);
        self.follow(&key, offset, at, report);
        if !self.seen.get(&key).is_some_and(|seen| seen.has_folder) {
            self.without_folder(&key, message, report);
            return Ok(());
        }
        let wanted = QueueEntry {
            physical: PhysicalOffset::new(at),
            size: record.bytes().len() as u32,
            tags_code: tags_code_of(record, &self.scope.options.delay_levels_ms),
        };
        let found = self.unit(&key, offset)?;
        report.queue_entries += 1;
        if found.as_deref().and_then(QueueEntry::decode) == Some(wanted) {
            return Ok(());
        }
        if at < (self.scope.min)() {
            // Retention took record and entry away meanwhile.
            return Ok(());
        }
        let start = self.file_start(offset);
        let what = match found {
            Some(bytes) => format!("the entry is {bytes:02x?}, the record is {wanted:?}"),
            None => format!("the entry is missing, the record is {wanted:?}"),
        };
        let position = (offset - start) * UNIT_BYTES;
        let finding = Finding::new(Part::Queue, &self.path(&key, start), position, what);
        self.hold_back(&key, finding.touching(message));
        Ok(())
    }

    /// Numbers of a queue's records follow each other; only a deleted topic begins again at 0.
    fn follow(&mut self, key: &Key, offset: u64, at: u64, report: &mut VerifyReport) {
        let scope = self.scope;
        let is_torn = !self.lost.is_empty();
        let seen = self.seen.entry(key.clone()).or_default();
        match seen.next {
            Some(next) if next == offset => {}
            Some(_) if offset == 0 => {
                seen.pending.clear();
                seen.pending_count = 0;
                (seen.first, seen.from) = (0, at);
            }
            Some(next) if is_torn && offset > next => {}
            Some(next) => {
                let bytes = scope.options.segment_bytes;
                let name = crate::commit_log::segments::file_name(at - at % bytes);
                let path = scope.options.commit_log_dir.join(name);
                let what = format!("the record has queue offset {offset}, {next} comes next");
                let finding = Finding::new(Part::Log, &path, at % bytes, what);
                report.add(finding.touching(format!("{}/{}/{offset}", key.0, key.1)));
            }
            None => (seen.first, seen.from) = (offset, at),
        }
        seen.next = Some(offset + 1);
    }

    fn without_folder(&mut self, key: &Key, message: String, report: &mut VerifyReport) {
        if self.known_topics.is_some_and(|known| !known.contains(&key.0)) {
            report.deleted_records += 1;
            return;
        }
        let what = "the queue is missing that the log has records of".to_owned();
        let finding = Finding::new(Part::Queue, &self.dir(key), 0, what);
        self.hold_back(key, finding.touching(message));
    }

    fn hold_back(&mut self, key: &Key, finding: Finding) {
        let Some(seen) = self.seen.get_mut(key) else { return };
        seen.pending_count += 1;
        if seen.pending.len() < PENDING_MAX {
            seen.pending.push(finding);
        }
    }

    fn file_start(&self, unit: u64) -> u64 {
        unit - unit % (self.file_bytes / UNIT_BYTES)
    }

    /// The 20 bytes of an entry, `None` where the file ends or is missing.
    fn unit(&mut self, key: &Key, unit: u64) -> Result<Option<Vec<u8>>, VerifyError> {
        let start = self.file_start(unit);
        if self.open.get(key).is_none_or(|(open, _)| *open != start) {
            if self.open.len() >= OPEN_MAX {
                self.open.clear();
            }
            let path = self.path(key, start);
            let Some(window) = Window::open(self.scope.disk, &path)? else { return Ok(None) };
            self.open.insert(key.clone(), (start, window));
        }
        let Some((_, window)) = self.open.get_mut(key) else { return Ok(None) };
        let bytes = window.get((unit - start) * UNIT_BYTES, UNIT_BYTES)?;
        Ok((bytes.len() as u64 == UNIT_BYTES).then(|| bytes.to_vec()))
    }

    /// Looks at every entry that no record stood for, and tells what was held back.
    pub(super) fn finish(mut self, report: &mut VerifyReport) -> Result<(), VerifyError> {
        self.open.clear();
        let keys: Vec<Key> = self.seen.keys().cloned().collect();
        for key in keys {
            (self.scope.pace)(self.scope.end)?;
            let dir = self.dir(&key);
            let stat = self.scope.disk.stat(&dir).map_err(FileError::on("cannot look at", &dir))?;
            let had_folder = self.seen.get(&key).is_some_and(|seen| seen.has_folder);
            if had_folder && stat.is_none() {
                // The topic was deleted meanwhile.
                continue;
            }
            let before = report.finding_count;
            self.look_around(&key, report)?;
            let Some(seen) = self.seen.get_mut(&key) else { continue };
            let more = seen.pending_count - seen.pending.len() as u64;
            for finding in seen.pending.drain(..) {
                report.add(finding);
            }
            report.finding_count += more;
            if report.finding_count > before || seen.is_damaged {
                report.damaged_queues.push(DamagedQueue {
                    topic: key.0.clone(),
                    id: key.1,
                    from: seen.from,
                    is_in_log: seen.next.is_some(),
                });
            }
        }
        Ok(())
    }

    fn look_around(&mut self, key: &Key, report: &mut VerifyReport) -> Result<(), VerifyError> {
        let Some(seen) = self.seen.get(key) else { return Ok(()) };
        let (first, next) = match seen.next {
            Some(next) => (seen.first, next),
            None => (u64::MAX, u64::MAX),
        };
        let files = seen.files.clone();
        let mut before = Before::default();
        for start in files {
            let path = self.path(key, start);
            let Some(mut window) = Window::open(self.scope.disk, &path)? else { continue };
            let units = self.file_bytes / UNIT_BYTES;
            let mut unit = start;
            while unit < start + units {
                // What the log has a record for was compared.
                if unit >= first && unit < next {
                    unit = next.min(start + units);
                    continue;
                }
                let bytes = window.get((unit - start) * UNIT_BYTES, UNIT_BYTES)?;
                let wrong = if unit < first {
                    before.wrong_with(bytes, self.scope, next == u64::MAX)
                } else {
                    self.wrong_behind(bytes)
                };
                if let Some(what) = wrong {
                    let position = (unit - start) * UNIT_BYTES;
                    report.add(Finding::new(Part::Queue, &path, position, what));
                    break;
                }
                unit += 1;
            }
        }
        Ok(())
    }

    /// What a unit behind the last record's must not be.
    fn wrong_behind(&self, bytes: &[u8]) -> Option<String> {
        if bytes.iter().all(|byte| *byte == 0) {
            return None;
        }
        match QueueEntry::decode(bytes) {
            Some(entry) if !self.scope.is_stopped && entry.physical.get() >= self.scope.end => None,
            Some(entry) if self.is_lost(entry.physical.get()) => None,
            Some(entry) => Some(format!("{entry:?} names no record of the queue")),
            None => Some("there are bytes behind the end of the queue".to_owned()),
        }
    }
}

/// Units in front of a queue's first record in the log.
#[derive(Default)]
struct Before {
    last: u64,
    has_ended: bool,
}

impl Before {
    /// Fillers and entries of expired records, in log order; `may_end` when zeros may follow.
    fn wrong_with(&mut self, bytes: &[u8], scope: &Scope<'_>, may_end: bool) -> Option<String> {
        let is_zero = bytes.iter().all(|byte| *byte == 0);
        if self.has_ended || (is_zero && may_end) {
            self.has_ended = true;
            return (!is_zero).then(|| "there are bytes behind the end of the queue".to_owned());
        }
        let Some(entry) = QueueEntry::decode(bytes) else {
            return Some("there is no entry before the first record's".to_owned());
        };
        let physical = entry.physical.get();
        if entry.is_blank() {
            return (self.last > 0).then(|| "there is a filler behind an entry".to_owned());
        }
        if !scope.is_stopped && physical >= scope.end {
            return None;
        }
        if physical >= (scope.min)() || physical < self.last {
            return Some(format!("{entry:?} names no record of the queue"));
        }
        self.last = entry.end().get();
        None
    }
}

fn folders(scope: &Scope<'_>, dir: &std::path::Path) -> Result<Vec<String>, FileError> {
    let entries = scope.disk.list(dir).map_err(FileError::on("cannot list", dir))?;
    let mut names: Vec<String> =
        entries.into_iter().filter(|entry| entry.is_dir).map(|entry| entry.name).collect();
    names.sort_unstable();
    Ok(names)
}
