//! One consume queue: what a producer's record gets its number from and a consumer reads.
//!
//! Invariants: `min <= tail.base <= flushed <= next` once entries expired from memory, and
//! entry `n < tail.base` is in the file. The append side (`next_offset`, `publish`) belongs to the
//! holder of the log lock; readers never see an entry whose record ends beyond the readable end.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset};

use super::error::QueueError;
use super::files::{QueueFiles, Span};
use super::lock;
use super::tail::Tail;
use super::unit::QueueEntry;

/// Where a queue is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nobody looked at the files; nothing else in the state is meaningful.
    Unopened,
    Open,
    /// The topic was deleted: nothing is kept and nothing is read any more.
    Deleted,
}

/// What the queue's own lock guards; in memory in this order, see [`Queue`].
#[repr(C)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// On the table's list of queues to flush.
    pub(super) dirty: bool,
    /// On the table's list of queues that keep flushed entries in memory.
    pub(super) windowed: bool,
    /// The names of the files and folders are on disk for sure. An earlier process may have been
    /// killed between making and syncing them, so this begins false.
    pub(super) names_durable: bool,
    pub(super) tail: Tail,
    /// First entry found again in the files by recovery: a killed process may have written it
    /// without syncing.
    pub(super) resync_from: Option<u64>,
    /// Filler units to write in front of the first entry.
    pub(super) blanks: u64,
    pub(super) span: Span,
}

/// What became of a look into the files.
enum Look {
    /// Goes on at this entry.
    Next(u64),
    /// The readable end came first.
    End,
    /// The device would have to be waited for.
    Waits,
}

/// A consume queue. Shared; all methods take `&self`.
///
/// The order of the fields is the one in memory: with many queues each message finds another one
/// out of the cache, so what an append needs lies together in front.
#[repr(C)]
pub struct Queue {
    opened: AtomicBool,
    pub(super) deleted: AtomicBool,
    pub(super) next: AtomicU64,
    last_update_ms: AtomicI64,
    /// A bit for each event loop that holds pulls of this queue; the data plane owns the meaning.
    pub waiters: AtomicU64,
    pub(super) files: QueueFiles,
    pub(super) state: Mutex<State>,
    pub(super) min: AtomicU64,
    /// Log position of the entry at `min`, plus 1; 0 when it is not known.
    pub(super) min_physical: AtomicU64,
}

impl Queue {
    /// A queue whose files nobody has looked at yet.
    pub(super) fn unopened(files: QueueFiles) -> Self {
        let state = State {
            phase: Phase::Unopened,
            dirty: false,
            windowed: false,
            names_durable: false,
            resync_from: None,
            blanks: 0,
            tail: Tail::starting_at(0),
            span: Span::default(),
        };
        Self {
            files,
            next: AtomicU64::new(0),
            min: AtomicU64::new(0),
            min_physical: AtomicU64::new(0),
            last_update_ms: AtomicI64::new(0),
            opened: AtomicBool::new(false),
            deleted: AtomicBool::new(false),
            waiters: AtomicU64::new(0),
            state: Mutex::new(state),
        }
    }

    /// Topic of the queue.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.files.topic
    }

    /// Number of the queue in its topic.
    #[must_use]
    pub const fn id(&self) -> QueueId {
        self.files.id
    }

    /// True once the topic was deleted: nothing is kept, and the table may have another queue under
    /// the name. Who keeps queues asks before each use.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::Acquire)
    }

    /// The number that the next published entry gets. Only the holder of the log lock may rely on
    /// it.
    #[must_use]
    pub fn next_offset(&self) -> QueueOffset {
        QueueOffset::new(self.next.load(Ordering::Acquire))
    }

    /// First offset that names a message the log still has; equals the end when none does. As
    /// Java's `getMinOffsetInQueue`.
    #[must_use]
    pub fn min_offset(&self) -> QueueOffset {
        QueueOffset::new(self.min.load(Ordering::Acquire))
    }

    /// One past the newest readable message.
    #[must_use]
    pub fn max_offset(&self) -> QueueOffset {
        let readable = self.files.shared.readable();
        QueueOffset::new(lock(&self.state).tail.readable_end(readable))
    }

    /// Store time of the newest entry published since the store was opened, 0 when there is none:
    /// then the record of `max_offset - 1` knows.
    #[must_use]
    pub fn last_update_ms(&self) -> i64 {
        self.last_update_ms.load(Ordering::Relaxed)
    }

    /// Appends the entry of a record that is in the log. Under the log lock; no I/O.
    pub fn publish(self: &Arc<Self>, entry: QueueEntry, store_ms: i64) {
        debug_assert!(self.is_open(), "a table hands out opened queues only");
        let mut state = lock(&self.state);
        if state.phase == Phase::Deleted {
            return;
        }
        state.tail.push(entry);
        self.next.store(state.tail.next(), Ordering::Release);
        self.last_update_ms.store(store_ms, Ordering::Relaxed);
        self.files.shared.unflushed.fetch_add(1, Ordering::Relaxed);
        self.mark_dirty(&mut state);
    }

    pub(super) fn mark_dirty(self: &Arc<Self>, state: &mut State) {
        if !state.dirty {
            state.dirty = true;
            lock(&self.files.shared.dirty).push(Arc::clone(self));
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.opened.load(Ordering::Acquire)
    }

    /// Looks at the files when nobody did. Entries whose records end beyond the log's recovered
    /// end are removed, from the file too: the log will grow over their positions.
    pub(super) fn ensure_open(&self) -> Result<(), QueueError> {
        if self.is_open() {
            return Ok(());
        }
        let mut state = lock(&self.state);
        if state.phase == Phase::Unopened {
            self.open_files(&mut state, false)?;
        }
        Ok(())
    }

    /// The opening itself. `probe` also looks a little behind the end for units that a power cut
    /// left there with an unwritten page in front of them.
    pub(super) fn open_files(&self, state: &mut State, probe: bool) -> Result<(), QueueError> {
        let files = &self.files;
        let log_end = files.shared.open_end();
        let mut span = files.span()?;
        let mut next = files.find_end(span)?;
        let stray = probe && has_units(files, next, span.end)?;
        let within = |unit: Option<QueueEntry>| unit.is_some_and(|unit| unit.end() <= log_end);
        let kept = if next > span.first && !within(files.read_one(next - 1)?) {
            files.partition_point(span.first, next, within)?
        } else {
            next
        };
        if kept < next || stray {
            span = files.cut(span, kept)?;
            next = kept;
        }
        state.tail = Tail::starting_at(next);
        state.span = span;
        state.blanks = 0;
        state.phase = Phase::Open;
        self.next.store(next, Ordering::Release);
        self.min.store(span.first, Ordering::Release);
        self.min_physical.store(0, Ordering::Release);
        // The state lock is held: nobody else reads this queue before it is open.
        self.find_min(span.first, next, |at| files.read_one(at))?;
        self.opened.store(true, Ordering::Release);
        Ok(())
    }

    /// The entry at `at`, from memory or the file; `None` when there is none.
    pub(super) fn entry_at(&self, at: u64) -> Result<Option<QueueEntry>, QueueError> {
        {
            let state = lock(&self.state);
            if at >= state.tail.next() {
                return Ok(None);
            }
            if let Some(entry) = state.tail.get(at) {
                return Ok(Some(entry));
            }
        }
        self.files.read_one(at)
    }

    /// Appends up to `max` readable entries from `from` on. Nothing when `from` is below
    /// `min_offset` or at the readable end.
    pub fn read(
        &self,
        from: QueueOffset,
        max: usize,
        out: &mut Vec<QueueEntry>,
    ) -> Result<(), QueueError> {
        self.read_by(from, max, out, true).map(|_| ())
    }

    /// The same without waiting for the device; false when it would have to, and `out` may then
    /// have a part of the entries.
    pub fn read_now(
        &self,
        from: QueueOffset,
        max: usize,
        out: &mut Vec<QueueEntry>,
    ) -> Result<bool, QueueError> {
        self.read_by(from, max, out, false)
    }

    fn read_by(
        &self,
        from: QueueOffset,
        max: usize,
        out: &mut Vec<QueueEntry>,
        may_wait: bool,
    ) -> Result<bool, QueueError> {
        let before = out.len();
        let mut from = from.get();
        if from < self.min.load(Ordering::Acquire) {
            return Ok(true);
        }
        let readable = self.files.shared.readable();
        let end = from.saturating_add(max as u64);
        while from < end {
            let base = {
                let state = lock(&self.state);
                if state.phase == Phase::Deleted {
                    return Ok(true);
                }
                let base = state.tail.base();
                if from >= base {
                    let upto = state.tail.readable_end(readable).min(end);
                    state.tail.copy(from, upto, (end - from) as usize, out);
                    return Ok(true);
                }
                base
            };
            match self.read_files(from, base.min(end), readable, out, may_wait) {
                Ok(Look::Next(next)) => from = next,
                Ok(Look::End) => return Ok(true),
                Ok(Look::Waits) => return Ok(false),
                // The files went away under the read because the entries expired or the topic
                // was deleted; both are published before the first file is removed.
                Err(_) if self.lost(from) => {
                    out.truncate(before);
                    return Ok(true);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn lost(&self, from: u64) -> bool {
        lock(&self.state).phase == Phase::Deleted || from < self.min.load(Ordering::Acquire)
    }

    /// Reads `[from, to)`, or a part of it, from the files.
    fn read_files(
        &self,
        from: u64,
        to: u64,
        readable: PhysicalOffset,
        out: &mut Vec<QueueEntry>,
        may_wait: bool,
    ) -> Result<Look, QueueError> {
        let mut stopped = false;
        let mut hole = None;
        let mut next = from;
        let each = |at, unit: Option<QueueEntry>| {
            next = at + 1;
            match unit {
                Some(unit) if unit.is_blank() => return true,
                Some(unit) if unit.end() <= readable => {
                    out.push(unit);
                    return true;
                }
                Some(_) => stopped = true,
                None => hole = Some(at),
            }
            false
        };
        if may_wait {
            self.files.scan(from, to, each)?;
        } else if !self.files.scan_now(from, to, each)? {
            return Ok(Look::Waits);
        }
        if let Some(at) = hole {
            return Err(self.hole(at));
        }
        Ok(if stopped { Look::End } else { Look::Next(next) })
    }

    fn hole(&self, at: u64) -> QueueError {
        QueueError::Hole { topic: self.topic().to_owned(), id: self.id(), at: QueueOffset::new(at) }
    }

    /// First offset in `[min_offset, max_offset)` for which `below` is false, `max_offset` when
    /// there is none; `below` must be true for a prefix. About 20 small reads for a million
    /// entries.
    pub fn partition_point(
        &self,
        mut below: impl FnMut(&QueueEntry) -> bool,
    ) -> Result<QueueOffset, QueueError> {
        let mut low = self.min_offset().get();
        let mut high = self.max_offset().get();
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = match self.entry_at(middle) {
                Ok(Some(entry)) => entry,
                Ok(None) => return Err(self.hole(middle)),
                // Expired since the search began: everything up to here is below.
                Err(_) if self.lost(middle) => {
                    low = self.min_offset().get().min(high);
                    continue;
                }
                Err(error) => return Err(error),
            };
            if below(&entry) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(QueueOffset::new(low))
    }

    /// Moves `min` over entries in `[low, next)` whose records the log no longer has.
    pub(super) fn find_min(
        &self,
        low: u64,
        next: u64,
        entry_at: impl Fn(u64) -> Result<Option<QueueEntry>, QueueError>,
    ) -> Result<(), QueueError> {
        let log_min = self.files.shared.log_min();
        // A hole, which recovery is about to fill, counts as alive.
        let gone = |unit: &Option<QueueEntry>| {
            unit.is_some_and(|unit| unit.is_blank() || unit.physical < log_min)
        };
        if low >= next {
            return Ok(());
        }
        // Most queues are wholly alive or wholly expired: two reads instead of a search.
        let mut min = low;
        let mut at_min = entry_at(low)?;
        if gone(&at_min) {
            let mut high = next;
            if gone(&entry_at(next - 1)?) {
                min = next;
            }
            while min < high {
                let middle = min + (high - min) / 2;
                if gone(&entry_at(middle)?) {
                    min = middle + 1;
                } else {
                    high = middle;
                }
            }
            at_min = if min < next { entry_at(min)? } else { None };
        }
        self.min.fetch_max(min, Ordering::AcqRel);
        let known = at_min.map_or(0, |unit| unit.physical.get() + 1);
        self.min_physical.store(known, Ordering::Release);
        Ok(())
    }

    /// First offset whose record ends beyond `end`, the queue's end when none does.
    pub(super) fn end_within(&self, end: PhysicalOffset) -> Result<u64, QueueError> {
        let (mut low, mut high) = (self.min_offset().get(), self.next_offset().get());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry_at(middle)?.is_some_and(|entry| entry.end() <= end) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Bytes this queue takes in memory, for metrics and tests.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + lock(&self.state).tail.heap_bytes()
    }
}

/// Units looked at behind the end of a queue of doubtful origin: 64 KiB, the pages that a write
/// of a busy second covers.
const PROBE_UNITS: u64 = 3276;

fn has_units(files: &QueueFiles, from: u64, span_end: u64) -> Result<bool, QueueError> {
    let mut found = false;
    files.scan(from, span_end.min(from + PROBE_UNITS), |_, unit| {
        found = unit.is_some();
        !found
    })?;
    Ok(found)
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queue({}/{})", self.topic(), self.id().get())
    }
}
