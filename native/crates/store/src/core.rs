//! The parts of an open store, shared by its threads and its facade; opening and closing.
//!
//! Order of opening: lock → recover the log → queues and index, replayed → `abort` → threads.
//! Order of closing: no appends → threads stop → log synced → clean checkpoint → `abort` goes →
//! lock. A stop anywhere in between is a crash and is recovered from.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use turbopump_wire::PhysicalOffset;
use turbopump_wire::record::RecordView;

use crate::checkpoint::{Checkpoint, CheckpointFile, Extension, JavaPart, JournalBytes, Rebuilds};
use crate::clock::Clock;
use crate::commit_log::segments::Segments;
use crate::commit_log::{CommitLog, LogStart};
use crate::consume_queue::{LeftBehind, QueueError, QueueJournal, QueueTable};
use crate::disk::{CrashPoint, Disk};
use crate::dispatch::Dispatch;
use crate::error::{CloseError, FileError, OpenError};
use crate::index::{Index, IndexOptions};
use crate::options::StoreOptions;
use crate::recovery::{Recovered, recover};
use crate::running_files::{AbortFile, LockFile};
use crate::signal::Signal;
use crate::status::RecoveryReport;
use crate::trash::Trash;
use crate::verify::{RepairPlan, begin_repair, end_repair};

/// Replayed records between two flushes of what they are turned into, so that rebuilding a large
/// store takes bounded memory.
const REPLAY_FLUSH_RECORDS: u64 = if cfg!(test) { 64 } else { 1 << 20 };

/// A replay of less is not flushed on the way: its records are no more than some such flushes, and
/// the log need not be synced before the first append.
const REPLAY_UNSYNCED_BYTES_MAX: u64 = if cfg!(test) { 64 << 10 } else { 256 << 20 };

/// Smallest segment: the largest record that RocketMQ's own tests use and room to roll.
const SEGMENT_BYTES_MIN: u64 = 4096;

pub(crate) struct CheckpointState {
    pub(crate) file: CheckpointFile,
    /// Fields we do not own are kept as found.
    pub(crate) java: JavaPart,
    /// What the file says of ours now.
    pub(crate) ours: Option<Extension>,
    pub(crate) journal: QueueJournal,
}

pub(crate) struct StoreCore {
    pub(crate) options: StoreOptions,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: CommitLog,
    pub(crate) dispatch: Dispatch,
    pub(crate) trash: Trash,
    pub(crate) checkpoint_file: Mutex<CheckpointState>,
    pub(crate) checkpointed: AtomicU64,
    /// End of what queue files have of the log since the first checkpoint of this run.
    pub(crate) queues_filed: AtomicU64,
    pub(crate) maintenance_wanted: Signal,
    /// Held while segments expire: who looks at the first one must also be who takes it away.
    pub(crate) expiring: Mutex<()>,
    failures: Mutex<Vec<(&'static str, Arc<str>)>>,
    abort: AbortFile,
    lock: Mutex<Option<LockFile>>,
}

impl StoreCore {
    /// Opens the store without starting a thread.
    pub(crate) fn open(
        options: StoreOptions,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        let began = clock.monotonic();
        check(&options)?;
        make_dirs(&disk, &[&options.root_dir, &options.commit_log_dir])?;
        let lock = LockFile::take(&options.root_dir, &disk)?;
        let abort = AbortFile::new(&options.root_dir, &disk);
        let aborted = abort.exists()?;
        let (checkpoint_file, mut found) = CheckpointFile::open(&options.root_dir, &disk)?;
        let journal = read_journal(&options, &disk, &mut found)?;
        let ours = found.and_then(|found| found.ours);
        let mut recovered = recover(&options, &disk, found.as_ref(), aborted)?;
        let verified_from = recovered.verified_from;
        found = make_queues_dir(&options, &disk, &checkpoint_file, found, verified_from)?;
        let trash = Trash::open(&options.commit_log_dir, &disk)?;
        for path in &recovered.removed {
            trash.take(path, None)?;
        }
        let readable = Arc::new(AtomicU64::new(recovered.end));
        let dispatch = open_repaired(&options, &disk, &clock, &mut recovered, &readable)?;
        let mut rebuilds = rebuilds_of(found);
        if rebuilds < Rebuilds::Everything && !restore(&journal, &dispatch, recovered.end)? {
            rebuilds = Rebuilds::Everything;
        }
        if options.index_enabled && lacks_index(&dispatch, ours) {
            rebuilds = rebuilds.max(Rebuilds::Index);
        }
        let counting = journal.counting();
        drop(journal);
        found = note_rebuild(&checkpoint_file, found, rebuilds, verified_from)?;
        dispatch.index.remove_dropped()?;
        let (replayed, journal_fits) = replay(&mut recovered, &dispatch, rebuilds)?;
        let log = open_log(&options, &disk, &clock, &recovered, readable)?;
        dispatch.queues.set_min_physical(PhysicalOffset::new(recovered.first()))?;
        abort.create()?;
        let report = RecoveryReport {
            clean_shutdown: !aborted,
            from_checkpoint: ours.is_some(),
            min: PhysicalOffset::new(recovered.first()),
            end: PhysicalOffset::new(recovered.end),
            scanned_bytes: recovered.scanned_bytes,
            cut_bytes: recovered.cut_bytes,
            removed_segments: recovered.removed.len() as u64,
            dispatched_records: replayed,
            elapsed_ms: clock.monotonic().saturating_sub(began).as_millis() as u64,
        };
        let Checkpoint { java, ours } = found.unwrap_or_default();
        let ours = ours.map(|ours| Extension { clean: false, ..ours });
        let journal =
            QueueJournal::of(&options.root_dir, &disk, counting, journal_fits, clock.monotonic());
        let state = CheckpointState { file: checkpoint_file, java, ours, journal };
        let core = Self {
            options,
            disk,
            clock,
            log,
            dispatch,
            trash,
            checkpoint_file: Mutex::new(state),
            // Nothing is known to be on disk until the first checkpoint of this run.
            checkpointed: AtomicU64::new(u64::MAX),
            queues_filed: AtomicU64::new(0),
            maintenance_wanted: Signal::default(),
            expiring: Mutex::default(),
            failures: Mutex::default(),
            abort,
            lock: Mutex::new(Some(lock)),
        };
        Ok((core, report))
    }

    /// The last steps of a clean stop; threads are gone, appends refused.
    pub(crate) fn close(&self) -> Result<(), CloseError> {
        let closed = self.close_cleanly();
        // Whatever came of it, nobody writes here any more.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
        closed
    }

    fn close_cleanly(&self) -> Result<(), CloseError> {
        self.log.sync_group().map_err(|error| {
            let crate::error::SyncError::Poisoned(reason) = error;
            CloseError::Poisoned(reason)
        })?;
        self.checkpoint(true)?;
        self.disk.reached(CrashPoint::BeforeAbortRemove);
        self.abort.remove()?;
        Ok(())
    }

    /// End of what the checkpoint of this run covers; the log's start before the first one.
    pub(crate) fn checkpointed(&self) -> u64 {
        match self.checkpointed.load(Ordering::Acquire) {
            u64::MAX => self.log.segments.first_base().unwrap_or(0),
            end => end,
        }
    }

    /// Remembers or, with `None`, forgets the failure of a kind of background work.
    pub(crate) fn note_failure(&self, of: &'static str, failure: Option<String>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|(kind, _)| *kind != of);
        if let Some(failure) = failure {
            failures.push((of, failure.into()));
        }
    }

    /// The newest background failure that no success has followed.
    pub(crate) fn failure(&self) -> Option<Arc<str>> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.last().map(|(_, failure)| Arc::clone(failure))
    }
}

fn check(options: &StoreOptions) -> Result<(), OpenError> {
    // A blank record says the rest of its segment in an i32.
    let allowed = SEGMENT_BYTES_MIN..=i32::MAX as u64;
    if allowed.contains(&options.segment_bytes) {
        return Ok(());
    }
    Err(OpenError::Options(format!(
        "mappedFileSizeCommitLog is {}, it must be between {} and {}",
        options.segment_bytes,
        allowed.start(),
        allowed.end()
    )))
}

fn make_dirs(disk: &Arc<dyn Disk>, dirs: &[&Path]) -> Result<(), OpenError> {
    for dir in dirs {
        disk.create_dir_all(dir).map_err(FileError::on("cannot create", dir))?;
        if let Some(parent) = dir.parent().filter(|parent| *parent != Path::new("")) {
            disk.sync_dir(parent).map_err(FileError::on("cannot sync", parent))?;
        }
    }
    Ok(())
}

fn queues_dir(options: &StoreOptions) -> std::path::PathBuf {
    options.root_dir.join("consumequeue")
}

fn open_derived(
    options: &StoreOptions,
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
    recovered: &Recovered,
    readable: &Arc<AtomicU64>,
) -> Result<Dispatch, OpenError> {
    let end = PhysicalOffset::new(recovered.end);
    let queues = QueueTable::open(
        &queues_dir(options),
        // Java rounds up to whole entries too.
        options.queue_file_bytes.next_multiple_of(crate::consume_queue::UNIT_BYTES),
        Arc::clone(disk),
        Arc::clone(readable),
        end,
    )?;
    if !recovered.queues_trusted {
        queues.open_all_and_cut(end)?;
    }
    let index_options = IndexOptions {
        enabled: options.index_enabled,
        slots: options.index_slots,
        entries: options.index_entries,
    };
    let dir = options.root_dir.join("index");
    let index = Index::open(&dir, index_options, Arc::clone(disk), Arc::clone(clock), end)?;
    Ok(Dispatch::new(queues, index, options.delay_levels_ms.clone()))
}

/// The journal that our checkpoint counts on; without it the checkpoint means nothing.
fn read_journal(
    options: &StoreOptions,
    disk: &Arc<dyn Disk>,
    found: &mut Option<Checkpoint>,
) -> Result<LeftBehind, OpenError> {
    let Some(Checkpoint { ours, .. }) = found else { return Ok(LeftBehind::default()) };
    let counting = ours.map(|ours| ours.journal).unwrap_or_default();
    let read = LeftBehind::read(&options.root_dir, disk, counting)?;
    if read.is_none() {
        *ours = None;
    }
    Ok(read.unwrap_or_default())
}

/// Where it is missing, the checkpoint says so before it is there.
fn make_queues_dir(
    options: &StoreOptions,
    disk: &Arc<dyn Disk>,
    file: &CheckpointFile,
    mut found: Option<Checkpoint>,
    verified_from: u64,
) -> Result<Option<Checkpoint>, OpenError> {
    let dir = queues_dir(options);
    if disk.stat(&dir).map_err(FileError::on("cannot look at", &dir))?.is_none() {
        found = note_rebuild(file, found, Rebuilds::Everything, verified_from)?;
    }
    make_dirs(disk, &[&dir])?;
    Ok(found)
}

fn rebuilds_of(found: Option<Checkpoint>) -> Rebuilds {
    found.and_then(|found| found.ours).map_or(Rebuilds::Nothing, |ours| ours.rebuilds)
}

/// True when there should be an index and there is none, or files of it were dropped.
fn lacks_index(dispatch: &Dispatch, ours: Option<Extension>) -> bool {
    let is_keyless = ours.is_some_and(|ours| ours.keyless);
    let is_missing = !is_keyless && dispatch.index.indexed_to().is_none();
    is_missing || !dispatch.index.report().dropped.is_empty()
}

/// The log is about to be read for queues or index that are missing: until that is done, a next
/// start is to do the same, whatever has been made of them by then. Rejected: a checkpoint that
/// says nothing; the log would be verified from its start, and cut where it is damaged. Where a
/// Java broker left one, ours says what this start takes from it: what lies before `verified_from`
/// is fine. Without any, the whole log is read each time anyway.
fn note_rebuild(
    file: &CheckpointFile,
    found: Option<Checkpoint>,
    rebuilds: Rebuilds,
    verified_from: u64,
) -> Result<Option<Checkpoint>, FileError> {
    let Some(Checkpoint { java, ours }) = found else { return Ok(found) };
    if rebuilds_of(found) == rebuilds {
        return Ok(found);
    }
    let ours = ours.unwrap_or(Extension {
        dispatched: verified_from,
        journal: JournalBytes::default(),
        clean: false,
        keyless: false,
        rebuilds,
    });
    let noted = Checkpoint { java, ours: Some(Extension { rebuilds, ..ours }) };
    file.write(&noted)?;
    Ok(Some(noted))
}

/// Queues up to the checkpoint. False when the journal does not fit the files.
fn restore(journal: &LeftBehind, dispatch: &Dispatch, end: u64) -> Result<bool, OpenError> {
    match dispatch.queues.restore(journal, PhysicalOffset::new(end)) {
        Err(QueueError::Gap { .. }) => Ok(false),
        restored => Ok(restored.map(|()| true)?),
    }
}

/// Where the log is read again from.
#[derive(Clone, Copy)]
struct ReplayFrom {
    queues: u64,
    index: u64,
}

/// Brings queues and index up to the log's end: the queues from the checkpoint on, from the first
/// record when they are missing or do not fit together; the index from where its files end when
/// some of them are missing. How many records that took, and whether the journal's entries are
/// still those that the queues' files lack.
fn replay(
    recovered: &mut Recovered,
    dispatch: &Dispatch,
    rebuilds: Rebuilds,
) -> Result<(u64, bool), OpenError> {
    let (first, verified) = (recovered.first(), recovered.verified_from);
    let indexed_to = dispatch.index.indexed_to().unwrap_or(PhysicalOffset::ZERO);
    let from = ReplayFrom {
        queues: if rebuilds == Rebuilds::Everything { first } else { verified },
        index: match rebuilds {
            Rebuilds::Nothing => verified,
            Rebuilds::Index | Rebuilds::Everything => recovered.replay_start(indexed_to.get()),
        },
    };
    match replay_from(recovered, dispatch, from) {
        Err(OpenError::Queue(QueueError::Gap { .. })) if from.queues > first => {
            let (records, _) =
                replay_from(recovered, dispatch, ReplayFrom { queues: first, ..from })?;
            Ok((records, false))
        }
        replayed => {
            let (records, has_flushed) = replayed?;
            Ok((records, rebuilds < Rebuilds::Everything && !has_flushed))
        }
    }
}

fn replay_from(
    recovered: &mut Recovered,
    dispatch: &Dispatch,
    from: ReplayFrom,
) -> Result<(u64, bool), OpenError> {
    let (mut since_flush, mut has_flushed) = (0, false);
    let start = from.queues.min(from.index);
    if recovered.end - start > REPLAY_UNSYNCED_BYTES_MAX {
        // So much is flushed on the way, and derived files never name what is not on disk.
        recovered.sync_rest()?;
    }
    let recovered = &*recovered;
    let records = recovered.replay(start, |record| {
        let at = record.physical_offset.max(0) as u64;
        dispatch.replay(record, at >= from.queues, at >= from.index)?;
        since_flush += 1;
        if since_flush >= REPLAY_FLUSH_RECORDS && recovered.flushed.end == recovered.end {
            (since_flush, has_flushed) = (0, true);
            flush_up_to(dispatch, record)?;
        }
        Ok(())
    });
    Ok((records?, has_flushed))
}

/// Queues and index, after the repair that the marker asks for.
fn open_repaired(
    options: &StoreOptions,
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
    recovered: &mut Recovered,
    readable: &Arc<AtomicU64>,
) -> Result<Dispatch, OpenError> {
    let repair = begin_repair(options, disk, recovered.end, recovered.first())?;
    let dispatch = open_derived(options, disk, clock, recovered, readable)?;
    if let Some((plan, report)) = &repair {
        // Derived files never name what is not on disk.
        recovered.sync_rest()?;
        rebuild(recovered, &dispatch, plan)?;
        end_repair(&options.root_dir, disk, report)?;
    }
    Ok(dispatch)
}

/// Puts back what the repair took away.
fn rebuild(recovered: &Recovered, dispatch: &Dispatch, plan: &RepairPlan) -> Result<(), OpenError> {
    let mut since_flush = 0;
    recovered.replay(recovered.first(), |record| {
        dispatch.replay(record, plan.wants_entry(record), plan.index)?;
        since_flush += 1;
        if since_flush == REPLAY_FLUSH_RECORDS {
            since_flush = 0;
            flush_up_to(dispatch, record)?;
        }
        Ok(())
    })?;
    let end = PhysicalOffset::new(recovered.end);
    dispatch.queues.flush(end)?;
    dispatch.index.flush(end)?;
    Ok(())
}

/// Only what the log has on disk.
fn flush_up_to(dispatch: &Dispatch, record: &RecordView<'_>) -> Result<(), OpenError> {
    let end = record.physical_offset.max(0) as u64 + record.bytes().len() as u64;
    dispatch.queues.flush(PhysicalOffset::new(end))?;
    dispatch.index.flush(PhysicalOffset::new(end))?;
    Ok(())
}

fn open_log(
    options: &StoreOptions,
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
    recovered: &Recovered,
    readable: Arc<AtomicU64>,
) -> Result<CommitLog, OpenError> {
    let dir = options.commit_log_dir.clone();
    let segments = Segments::new(dir, options.segment_bytes, Arc::clone(disk));
    for base in &recovered.bases {
        segments.adopt(*base);
    }
    let end = recovered.end;
    let segment = segments.get_or_make(end - end % options.segment_bytes)?;
    let flushed = recovered.flushed;
    let start = LogStart {
        segments,
        segment,
        end,
        flushed,
        last_store_ms: recovered.last_store_ms,
        readable,
    };
    Ok(CommitLog::new(
        start,
        options.flush_mode,
        options.flush_interval_ms,
        Arc::clone(disk),
        Arc::clone(clock),
    ))
}
