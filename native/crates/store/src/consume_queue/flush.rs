//! Writing tails into the files.
//!
//! Order, per group of queues: units → `fdatasync` of each file → folders → mark as flushed. Where
//! thousands of queues have news, all of them are one group and one `syncfs` stands for all its
//! files and folders: 50,000 single syncs take minutes. Rejected for few queues, as it also writes
//! what others have on the file system. An
//! entry is marked only when it is on disk, so a failed flush can be repeated and loses nothing;
//! whether it may be repeated is the store's decision (it poisons itself).
//!
//! Where thousands of queues have a few entries each, they go to the journal, and to the files only
//! when the journal has enough of them.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use turbopump_wire::PhysicalOffset;

use super::error::QueueError;
use super::lock;
use super::queue::{Phase, Queue};
use super::table::Shared;
use super::unit::{QueueEntry, UNIT_BYTES};
use crate::disk::DiskFile;

/// Queues written before their files are synced; below the bound of open descriptors, so that a
/// file is synced through the descriptor that wrote it.
const GROUP_QUEUES: usize = 128;
/// Queues written between two looks at the clock, some ten milliseconds when their files are new.
pub(super) const LOOK_AFTER_QUEUES: usize = 32;
/// More queues than this are synced by one `syncfs`.
pub(super) const WHOLE_QUEUES: usize = 256;
/// Entries copied out of a tail at once, so that a publisher waits for microseconds only.
pub(super) const RUN_ENTRIES: usize = 8192;
/// Flushed entries a busy queue keeps in memory for readers at its tail.
const WINDOW_ENTRIES: usize = 256;
/// Flushed entries that all queues together keep: 6 MB.
const WINDOW_TOTAL_ENTRIES: usize = 262_144;

/// What only one flush, deletion or advance at a time may touch.
#[derive(Default)]
pub(super) struct Maintenance {
    /// Queues that keep flushed entries, the one that began first in front.
    windowed: VecDeque<Weak<Queue>>,
    window_entries: usize,
    /// Dirty queues with entries in the journal's older file, not on the table's list.
    pub(super) draining: Vec<Arc<Queue>>,
    pub(super) entries: Vec<QueueEntry>,
    bytes: Vec<u8>,
}

/// Files and folders a group has written.
#[derive(Default)]
pub(super) struct Unsynced {
    /// With `whole` only the first: it was open before anything was written, so it hears of every
    /// failure, and thousands must not stay open.
    files: Vec<(Arc<dyn DiskFile>, PathBuf)>,
    dirs: BTreeSet<PathBuf>,
    /// The file system is synced instead of each file.
    whole: bool,
}

/// How many of `queues` are written before they are synced.
pub(super) fn at_once(shared: &Shared, queues: usize) -> usize {
    let whole = queues > WHOLE_QUEUES && shared.descriptors.disk().syncs_file_systems();
    if whole { queues } else { GROUP_QUEUES }
}

impl Unsynced {
    /// For a group of so many queues.
    pub(super) fn of(queues: usize) -> Self {
        Self { whole: queues > GROUP_QUEUES, ..Self::default() }
    }

    fn note(&mut self, file: Arc<dyn DiskFile>, path: PathBuf) {
        let is_last = self.files.last().is_some_and(|(last, _)| Arc::ptr_eq(last, &file));
        if !is_last && (!self.whole || self.files.is_empty()) {
            self.files.push((file, path));
        }
    }

    pub(super) fn sync(&mut self, shared: &Shared) -> Result<(), QueueError> {
        if !self.whole {
            for (file, path) in &self.files {
                file.sync_data().map_err(|error| QueueError::io("sync", path, error))?;
            }
        }
        self.sync_dirs(shared)
    }

    /// Innermost first: a name is durable only when its folder's own name is.
    fn sync_dirs(&mut self, shared: &Shared) -> Result<(), QueueError> {
        if self.whole
            && let Some((file, path)) = self.files.first()
        {
            self.dirs.clear();
            let synced = file.sync_file_system();
            return synced.map_err(|error| QueueError::io("sync the file system of", path, error));
        }
        // A folder sorts before what is in it.
        for dir in std::mem::take(&mut self.dirs).into_iter().rev() {
            let synced = shared.descriptors.disk().sync_dir(&dir);
            synced.map_err(|error| QueueError::io("sync the folder", dir, error))?;
        }
        Ok(())
    }
}

impl Maintenance {
    /// Writes every entry whose record ends at or before `upto`.
    pub(super) fn flush(
        &mut self,
        shared: &Shared,
        upto: PhysicalOffset,
    ) -> Result<(), QueueError> {
        let mut dirty = std::mem::take(&mut *lock(&shared.dirty));
        dirty.append(&mut self.draining);
        let mut left = dirty.as_slice();
        let group_queues = at_once(shared, dirty.len());
        while !left.is_empty() {
            let (group, rest) = left.split_at(left.len().min(group_queues));
            if let Err(error) = self.flush_group(shared, group, upto, &|| true) {
                lock(&shared.dirty).extend_from_slice(left);
                return Err(error);
            }
            left = rest;
        }
        self.evict_windows();
        Ok(())
    }

    /// Flushed entries that are in memory no more.
    pub(super) fn forget_windowed(&mut self, entries: usize) {
        self.window_entries -= entries;
    }

    /// Writes and syncs queues of the group while there is time; how many.
    pub(super) fn flush_group(
        &mut self,
        shared: &Shared,
        group: &[Arc<Queue>],
        upto: PhysicalOffset,
        has_time: &dyn Fn() -> bool,
    ) -> Result<usize, QueueError> {
        let mut unsynced = Unsynced::of(group.len());
        let mut written = Vec::with_capacity(group.len());
        for some in group.chunks(shared.look_after.load(Ordering::Relaxed)) {
            for queue in some {
                written.push(self.write_queue(queue, upto, &mut unsynced)?);
            }
            if !has_time() {
                break;
            }
        }
        unsynced.sync(shared)?;
        let count = written.len();
        for (queue, to) in group.iter().zip(written) {
            self.mark_flushed(shared, queue, to);
        }
        Ok(count)
    }

    /// Writes a queue's entries up to the log position; returns the offset reached.
    fn write_queue(
        &mut self,
        queue: &Queue,
        upto: PhysicalOffset,
        unsynced: &mut Unsynced,
    ) -> Result<u64, QueueError> {
        let (mut from, mut blanks, resync_from) = {
            let state = lock(&queue.state);
            (state.tail.flushed(), state.blanks, state.resync_from)
        };
        if let Some(first) = resync_from {
            resync(queue, first, from, unsynced)?;
        }
        loop {
            self.entries.clear();
            {
                let state = lock(&queue.state);
                state.tail.unflushed_from(from, upto, RUN_ENTRIES, &mut self.entries);
            }
            if self.entries.is_empty() {
                return Ok(from);
            }
            if blanks > 0 {
                self.write_blanks(queue, from, blanks, unsynced)?;
                blanks = 0;
            }
            let count = self.entries.len();
            self.bytes.clear();
            for entry in &self.entries {
                entry.encode(&mut self.bytes);
            }
            write_units(queue, from, &self.bytes, unsynced)?;
            from += count as u64;
            if count < RUN_ENTRIES {
                return Ok(from);
            }
        }
    }

    /// Fills the queue's first file in front of its first entry.
    fn write_blanks(
        &mut self,
        queue: &Queue,
        first: u64,
        blanks: u64,
        unsynced: &mut Unsynced,
    ) -> Result<(), QueueError> {
        self.bytes.clear();
        for _ in 0..blanks {
            QueueEntry::BLANK.encode(&mut self.bytes);
        }
        write_units(queue, first - blanks, &self.bytes, unsynced)?;
        self.bytes = Vec::new();
        Ok(())
    }

    fn mark_flushed(&mut self, shared: &Shared, queue: &Arc<Queue>, to: u64) {
        let mut state = lock(&queue.state);
        let state = &mut *state;
        let (unflushed, window) = (state.tail.unflushed_len(), state.tail.window_len());
        if to > state.tail.flushed() || state.resync_from.is_some() {
            state.names_durable = true;
            state.resync_from = None;
        }
        if to > state.tail.flushed() {
            state.blanks = 0;
        }
        state.tail.mark_flushed(to);
        state.tail.trim(WINDOW_ENTRIES, shared.readable());
        let now_unflushed = state.tail.unflushed_len();
        shared.unflushed.fetch_sub(unflushed - now_unflushed, Ordering::Relaxed);
        self.window_entries = self.window_entries + state.tail.window_len() - window;
        if state.tail.window_len() > 0 && !state.windowed && state.phase == Phase::Open {
            state.windowed = true;
            self.windowed.push_back(Arc::downgrade(queue));
        }
        state.dirty = now_unflushed > 0 && state.phase == Phase::Open;
        if state.dirty {
            lock(&shared.dirty).push(Arc::clone(queue));
        }
    }

    /// Drops windows, the one that began first, until all together fit.
    pub(super) fn evict_windows(&mut self) {
        while self.window_entries > WINDOW_TOTAL_ENTRIES {
            let Some(queue) = self.windowed.pop_front() else { return };
            let Some(queue) = queue.upgrade() else { continue };
            self.drop_window(&queue);
        }
    }

    /// Makes the queue end at `next`, in memory and in the files.
    pub(super) fn truncate(&mut self, queue: &Queue, next: u64) -> Result<(), QueueError> {
        let shared = &queue.files.shared;
        let mut state = lock(&queue.state);
        let state = &mut *state;
        if next < state.tail.flushed() {
            state.span = queue.files.cut(state.span, next)?;
        }
        let (unflushed, window) = (state.tail.unflushed_len(), state.tail.window_len());
        state.tail.truncate(next);
        let gone = unflushed - state.tail.unflushed_len();
        shared.unflushed.fetch_sub(gone, Ordering::Relaxed);
        self.window_entries -= window - state.tail.window_len();
        queue.next.store(next, Ordering::Release);
        if next <= queue.min.load(Ordering::Acquire) {
            queue.min.store(next, Ordering::Release);
            queue.min_physical.store(0, Ordering::Release);
        }
        Ok(())
    }

    fn drop_window(&mut self, queue: &Queue) {
        let mut state = lock(&queue.state);
        let before = state.tail.window_len();
        let readable = queue.files.shared.readable();
        state.tail.trim(0, readable);
        self.window_entries -= before - state.tail.window_len();
        state.windowed = false;
    }

    /// Forgets the memory of a queue that is being deleted.
    pub(super) fn forget(&mut self, shared: &Shared, queue: &Queue) {
        let mut state = lock(&queue.state);
        state.phase = Phase::Deleted;
        queue.deleted.store(true, Ordering::Release);
        // Its files are about to go: nobody is to sync them.
        state.resync_from = None;
        let unflushed = state.tail.unflushed_len();
        shared.unflushed.fetch_sub(unflushed, Ordering::Relaxed);
        self.window_entries -= state.tail.window_len();
        let next = state.tail.next();
        state.tail = super::tail::Tail::starting_at(next);
    }
}

/// Writes `bytes` from unit `from` on, one write a file; new files and folders are noted.
fn write_units(
    queue: &Queue,
    mut from: u64,
    mut bytes: &[u8],
    unsynced: &mut Unsynced,
) -> Result<(), QueueError> {
    let files = &queue.files;
    while !bytes.is_empty() {
        let start = files.file_start(from);
        let file_end = start + files.shared.file_units;
        let room = ((file_end - from) * UNIT_BYTES) as usize;
        let (now, rest) = bytes.split_at(room.min(bytes.len()));
        make_room(queue, start, unsynced)?;
        let file = files.for_writing(start)?;
        file.write_at(now, (from - start) * UNIT_BYTES)
            .map_err(|error| QueueError::io("write", files.path(start), error))?;
        unsynced.note(file, files.path(start));
        bytes = rest;
        from = file_end;
    }
    Ok(())
}

/// Notes the files that hold `[first, end)` although nothing is written to them.
pub(super) fn resync(
    queue: &Queue,
    first: u64,
    end: u64,
    unsynced: &mut Unsynced,
) -> Result<(), QueueError> {
    let files = &queue.files;
    let mut start = files.file_start(first);
    while start < end {
        make_room(queue, start, unsynced)?;
        unsynced.note(files.for_writing(start)?, files.path(start));
        start += files.shared.file_units;
    }
    Ok(())
}

/// Makes the file that starts at `start` when the queue has none yet, and its folders; notes the
/// folders whose names may not be on disk.
fn make_room(queue: &Queue, start: u64, unsynced: &mut Unsynced) -> Result<(), QueueError> {
    let files = &queue.files;
    let (span, names_durable) = {
        let state = lock(&queue.state);
        (state.span, state.names_durable)
    };
    let is_new = span.first == span.end;
    let has_room = !is_new && start < span.end;
    if has_room && names_durable {
        return Ok(());
    }
    let dir = files.dir();
    if !has_room {
        if unsynced.dirs.contains(&dir) {
            // A power cut must not leave the second new file without the first.
            unsynced.sync_dirs(&files.shared)?;
        }
        if is_new {
            let made = files.shared.descriptors.disk().create_dir_all(&dir);
            made.map_err(|error| QueueError::io("make the folder", &dir, error))?;
        }
        files.for_writing(start)?;
        let mut state = lock(&queue.state);
        let first = if is_new { start } else { span.first };
        state.span = super::files::Span { first, end: start + files.shared.file_units };
        state.names_durable = false;
    }
    if !names_durable {
        unsynced.dirs.insert(files.shared.root.join(&*files.topic));
        unsynced.dirs.insert(files.shared.root.clone());
    }
    unsynced.dirs.insert(dir);
    Ok(())
}
