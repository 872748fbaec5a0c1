//! The facade: what the data plane may ask of the store.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset, TopicName};

use crate::batch::AppendBatch;
use crate::clock::Clock;
use crate::commit_log::{ColdRun, RawRun};
use crate::consume_queue::{Queue, QueueError};
use crate::core::StoreCore;
use crate::disk::Disk;
use crate::error::{
    AppendError, CloseError, DeleteTopicError, DerivedError, FileError, OpenError, RawAppendError,
    ReadError, SyncError,
};
use crate::index::IndexAnswer;
use crate::log_slice::LogSlice;
use crate::options::{FlushMode, StoreOptions};
use crate::status::{LogStatus, Progress, RecoveryReport};
use crate::verify::{Scope, VerifyError, VerifyReport, ask_for_repair, verify};

/// An open store. Shared by all loops; every method may be called from any thread. Dropping it
/// without [`Store::close`] stops its threads and leaves `abort`, like a crash.
pub struct Store {
    core: Arc<StoreCore>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    closed: Mutex<bool>,
}

impl Store {
    /// Recovers the store in `options.root_dir`, or makes one, and starts its threads
    /// (`store-flush`, `store-prepare`, `store-maintain`, `store-trash`).
    ///
    /// # Errors
    /// See [`OpenError`]; files that cannot be placed are named and left as they are.
    pub fn open(
        options: StoreOptions,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Arc<Self>, RecoveryReport), OpenError> {
        let (store, report) = Self::recover(options, disk, clock)?;
        store.spawn("store-flush", |core| {
            core.log.run_flushing(|| core.keep_up());
        })?;
        store.spawn("store-prepare", |core| {
            core.log.run_preparing(|failure| core.note_failure("prepare", failure));
        })?;
        store.spawn("store-maintain", StoreCore::run_maintenance)?;
        store.spawn("store-trash", |core| {
            core.trash.run(|failure| core.note_failure("trash", failure));
        })?;
        // The first round makes and zeroes what the first appends need.
        store.core.log.prepare_wanted.raise();
        store.core.maintenance_wanted.raise();
        Ok((Arc::new(store), report))
    }

    /// As [`Store::open`], without a thread: nothing is prepared, flushed or removed by itself. For
    /// fuzzing recovery, which costs less than four threads do.
    ///
    /// # Errors
    /// As [`Store::open`].
    #[cfg(any(test, feature = "memory-disk"))]
    pub fn open_without_threads(
        options: StoreOptions,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        Self::recover(options, disk, clock)
    }

    fn recover(
        options: StoreOptions,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        let (core, report) = StoreCore::open(options, disk, clock)?;
        let (threads, closed) = Default::default();
        Ok((Self { core: Arc::new(core), threads, closed }, report))
    }

    fn spawn(&self, name: &'static str, body: fn(&StoreCore)) -> Result<(), OpenError> {
        let core = Arc::clone(&self.core);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || body(&core));
        let thread = thread.map_err(|source| OpenError::Thread { name, source })?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Refuses further appends, makes everything durable, writes the checkpoint and removes
    /// `abort`. The second call does nothing.
    ///
    /// # Errors
    /// See [`CloseError`]; the next open then recovers as from a crash.
    pub fn close(&self) -> Result<(), CloseError> {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *closed, true) {
            return Ok(());
        }
        self.core.log.close_for_appends();
        self.stop_threads();
        self.core.close()
    }

    fn stop_threads(&self) {
        let core = &self.core;
        for signal in [
            &core.log.flush_wanted,
            &core.log.prepare_wanted,
            &core.maintenance_wanted,
            &core.trash.wanted,
        ] {
            signal.stop();
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // A thread that panicked has nothing left to stop; the panic was reported by its hook.
            drop(thread.join());
        }
    }

    /// Appends all records of the batch or none: assigns physical and queue offsets and store
    /// time, patches them in, writes, and adds queue and index entries. Under `SYNC_FLUSH` the
    /// records are not durable, and not readable, before [`Store::sync_now`] or the sync thread
    /// ([`Store::request_sync`]) is done with them. Returns the log's end after the batch: the
    /// batch is durable when [`Store::flushed`] reaches it.
    ///
    /// # Errors
    /// See [`AppendError`]; nothing of the batch is published.
    pub fn append(&self, batch: &mut AppendBatch) -> Result<PhysicalOffset, AppendError> {
        self.core.log.append(batch, &self.core.dispatch)
    }

    /// The mode the store was opened with.
    #[must_use]
    pub fn flush_mode(&self) -> FlushMode {
        self.core.log.mode
    }

    /// End of what is on disk.
    #[must_use]
    pub fn flushed(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.core.log.positions.flushed.load(Ordering::Acquire))
    }

    /// End of what is in the log file (page cache).
    #[must_use]
    pub fn written(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.core.log.positions.written.load(Ordering::Acquire))
    }

    /// End of what readers see.
    #[must_use]
    pub fn readable(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.core.log.positions.readable.load(Ordering::Acquire))
    }

    /// First position of the log.
    #[must_use]
    pub fn min_offset(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.core.log.positions.min.load(Ordering::Acquire))
    }

    /// Why the store takes no writes, `None` while it does.
    #[must_use]
    pub fn poisoned(&self) -> Option<Arc<str>> {
        self.core.log.poison.get()
    }

    /// Makes everything appended so far durable, on the calling thread: for a loop that is alone
    /// in flight, where a hand-over would cost more than the wait. The listener is not called on
    /// success.
    ///
    /// # Errors
    /// See [`SyncError`]; the listener has then heard it too.
    pub fn sync_now(&self) -> Result<PhysicalOffset, SyncError> {
        self.core.log.sync_group()
    }

    /// Asks the sync thread to do it; the progress listener hears the result, also when somebody
    /// else's sync was faster.
    pub fn request_sync(&self) {
        self.core.log.flush_wanted.raise();
    }

    /// Replaces the one listener. It is called by the sync thread, and on a failure by whoever
    /// met it; it must not block and must not call back into appends or syncs.
    pub fn set_progress_listener(&self, listener: Box<dyn Fn(Progress) + Send + Sync>) {
        self.core.log.set_listener(listener);
    }

    /// The queue, `None` when there is none.
    ///
    /// # Errors
    /// Its files are looked at on first use, which may fail.
    pub fn queue(&self, topic: &str, id: QueueId) -> Result<Option<Arc<Queue>>, QueueError> {
        self.core.dispatch.queues.get(topic, id)
    }

    /// The queue, made when there is none.
    ///
    /// # Errors
    /// Its files are looked at on first use, which may fail.
    pub fn queue_or_create(
        &self,
        topic: &TopicName,
        id: QueueId,
    ) -> Result<Arc<Queue>, QueueError> {
        self.core.dispatch.queues.get_or_create(topic, id)
    }

    /// The topic's queues by number, empty for an unknown topic.
    ///
    /// # Errors
    /// Their files are looked at on first use, which may fail.
    pub fn queues_of(&self, topic: &str) -> Result<Vec<Arc<Queue>>, QueueError> {
        self.core.dispatch.queues.of_topic(topic)
    }

    /// Every topic that has queues, with their numbers.
    #[must_use]
    pub fn queue_names(&self) -> Vec<(Arc<str>, Vec<QueueId>)> {
        self.core.dispatch.queues.all_names()
    }

    /// The record at `at`, checked to be one. `size_hint` from a queue entry saves a look.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read_record(
        &self,
        at: PhysicalOffset,
        size_hint: Option<u32>,
    ) -> Result<LogSlice, ReadError> {
        self.core.log.read_record(at, size_hint)
    }

    /// `len` bytes from `at`, within one segment and below the readable end, not looked at. Waits
    /// for the device when it must.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read_run(&self, at: PhysicalOffset, len: u32) -> Result<LogSlice, ReadError> {
        self.core.log.read_run(at, len)
    }

    /// The same without waiting and without a copy, for a system call to take; `None` when the
    /// bytes are not in memory.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn resident_run(
        &self,
        at: PhysicalOffset,
        len: u32,
    ) -> Result<Option<LogSlice>, ReadError> {
        self.core.log.resident_run(at, len)
    }

    /// The same of what [`Store::read_ahead`] or somebody else's [`Store::read_cold`] has brought,
    /// appended to `run`; false, and nothing is appended, when it is not there.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn take_cold(
        &self,
        at: PhysicalOffset,
        len: u32,
        run: &mut ColdRun,
    ) -> Result<bool, ReadError> {
        self.core.log.take_cold(at, len, run)
    }

    /// The same for a thread that may wait, in large reads that leave the page cache to the log's
    /// tail.
    ///
    /// # Errors
    /// See [`ReadError`]; `run` may have a part of the bytes.
    pub fn read_cold(
        &self,
        at: PhysicalOffset,
        len: u32,
        run: &mut ColdRun,
    ) -> Result<(), ReadError> {
        self.core.log.read_cold(at, len, run)
    }

    /// Reads what a [`ColdRun`] expects to be asked for next. An error shows when it is.
    pub fn read_ahead(&self, position: u64) {
        self.core.log.load_block(position);
    }

    /// Gives back the memory of cold reads; called when there are none for a while.
    pub fn end_cold_reads(&self) {
        self.core.log.cold.clear();
    }

    /// Readable records that may have `key` (the index knows hashes only; the caller compares),
    /// newest first, as Java's `IndexService.queryOffset`. Times in milliseconds, both included.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn query_index(
        &self,
        topic: &str,
        key: &str,
        max: usize,
        begin_ms: i64,
        end_ms: i64,
    ) -> Result<IndexAnswer, ReadError> {
        let mut answer = self.core.dispatch.index.query(topic, key, max, begin_ms, end_ms)?;
        let (min, readable) = (self.min_offset(), self.readable());
        answer.offsets.retain(|offset| *offset >= min && *offset < readable);
        Ok(answer)
    }

    /// Removes the topic's queues and their files, and makes a restart remember it: without a
    /// checkpoint behind the deletion, recovery would build the queues again from the log.
    ///
    /// # Errors
    /// See [`DeleteTopicError`]; the queues are gone from memory in any case.
    pub fn delete_topic(&self, topic: &str) -> Result<(), DeleteTopicError> {
        self.core.delete_topic(topic)
    }

    /// Removes every segment older than `fileReservedTime` now, whatever the hour of `deleteWhen`,
    /// as Java's `executeDeleteFilesManually`; the segment that is written to stays. Returns how
    /// many went.
    ///
    /// # Errors
    /// See [`DerivedError`]; what was removed until then is gone.
    pub fn remove_expired_segments(&self) -> Result<usize, DerivedError> {
        self.core.expire_now()
    }

    /// Removes queue and index files that name only segments that are gone. Retention does so
    /// itself; this finishes what a failure left. Unlike Java's `cleanExpiredConsumerQueue` it
    /// keeps the last file of a queue, where the numbering goes on.
    ///
    /// # Errors
    /// See [`DerivedError`].
    pub fn remove_expired_queues(&self) -> Result<(), DerivedError> {
        self.core.expire_derived()
    }

    /// Checks log, queues, index and checkpoint (see [`crate::verify`]) up to where the log is
    /// on disk, while the store goes on. For a thread of its own: it reads everything. `pace` is
    /// told of each log position and waits as it likes; a topic that is not among
    /// `known_topics` may lack its queues.
    ///
    /// # Errors
    /// See [`VerifyError`]. Damage is no error.
    pub fn verify(
        &self,
        known_topics: Option<&HashSet<String>>,
        pace: &dyn Fn(u64) -> Result<(), VerifyError>,
    ) -> Result<VerifyReport, VerifyError> {
        let core = &self.core;
        core.checkpoint(false)?;
        let scope = Scope {
            options: &core.options,
            disk: &core.disk,
            end: core.queues_filed.load(Ordering::Acquire),
            is_stopped: false,
            min: &|| core.log.positions.min.load(Ordering::Acquire),
            pace,
        };
        verify(&scope, known_topics)
    }

    /// Has the next opening of this store rebuild damaged queues, those of these topics also where
    /// they are missing, and the index.
    ///
    /// # Errors
    /// When the marker cannot be written.
    pub fn ask_for_repair(&self, known_topics: &HashSet<String>) -> Result<(), FileError> {
        ask_for_repair(&self.core.options.root_dir, &self.core.disk, known_topics)
    }

    /// Where the log stands, for `brokerStatus` and metrics.
    #[must_use]
    pub fn status(&self) -> LogStatus {
        let core = &self.core;
        // A file system that cannot be asked has no ratio; the failure is kept for the operator.
        let used = core.disk_used();
        core.note_failure("disk usage", used.as_ref().err().map(ToString::to_string));
        let (disk_used_ratio, queue_disk_used_ratio) = used.unwrap_or((0.0, 0.0));
        LogStatus {
            min: self.min_offset(),
            written: self.written(),
            flushed: self.flushed(),
            readable: self.readable(),
            checkpointed: PhysicalOffset::new(core.checkpointed()),
            earliest_store_ms: self.log_earliest_store_ms(),
            disk_used_ratio,
            queue_disk_used_ratio,
            disk_full: core.log.disk_full.load(Ordering::Relaxed),
            flush_window_max_ms: core.log.flush_window_max_ms(),
            poisoned: self.poisoned(),
            background_failure: core.failure(),
        }
    }

    /// Folder of the store.
    #[must_use]
    pub fn root_dir(&self) -> PathBuf {
        self.core.options.root_dir.clone()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop_threads();
    }
}

/// What replication needs: the log's bytes as they are.
impl Store {
    /// Looks at bytes that belong at `at` as records: those of `run` that are whole can be appended
    /// afterwards, by any thread. Takes no lock.
    ///
    /// # Errors
    /// [`RawAppendError::NotARecord`] and [`RawAppendError::SegmentSizeDiffers`]; nothing of `run`
    /// counts as whole then.
    pub fn check_raw(&self, at: PhysicalOffset, run: &mut RawRun) -> Result<(), RawAppendError> {
        run.check(at, self.segment_bytes(), &self.core.dispatch)
    }

    /// Appends a master's records as they are: what [`Store::check_raw`] found whole, which must
    /// belong at the log's end. Queue and index entries come with them. Under `SYNC_FLUSH` they
    /// are in the file after the next sync. `touched` gets the queues that have new entries, some
    /// of them more than once.
    ///
    /// # Errors
    /// See [`RawAppendError`].
    pub fn append_raw(
        &self,
        run: &RawRun,
        touched: &mut Vec<Arc<Queue>>,
    ) -> Result<(), RawAppendError> {
        self.core.log.append_raw(run, touched, &self.core.dispatch)
    }

    /// Lets a log without a record begin at `base`, a multiple of the segment size.
    ///
    /// # Errors
    /// See [`RawAppendError`]; `NotTheEnd` for a log that has records.
    pub fn start_empty_at(&self, base: PhysicalOffset) -> Result<(), RawAppendError> {
        self.core.log.start_empty_at(base)
    }

    /// Up to `max` bytes of the file from `at`, within one segment; empty at the end of what is
    /// written. Unlike [`Store::read_run`] not held back for readers.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read_written(&self, at: PhysicalOffset, max: usize) -> Result<LogSlice, ReadError> {
        self.core.log.read_written(at, max)
    }

    /// Says that the log grows by what its master has had for long, or does so no more: then less
    /// of it is kept in memory.
    pub fn hurry(&self, is_behind: bool) {
        self.core.log.hurry(is_behind);
    }

    /// Gives memory back that reading `[from, until)` for a slave took, as far as the log had
    /// given it back before.
    ///
    /// # Errors
    /// What the system says; nothing is lost then but memory.
    pub fn release_read(
        &self,
        from: PhysicalOffset,
        until: PhysicalOffset,
    ) -> Result<(), FileError> {
        self.core.log.release_read(from.get(), until.get())
    }

    /// Called whenever the file has grown, by whoever made it grow; it must not block and must
    /// not call back into the store. The first listener stays.
    pub fn set_tail_listener(&self, listener: Box<dyn Fn() + Send + Sync>) {
        self.core.log.set_tail_listener(listener);
    }

    /// Readers see nothing at or beyond `limit` that they did not see before; `None` lifts it.
    pub fn limit_readable(&self, limit: Option<PhysicalOffset>) {
        self.core.log.limit_readable(limit.map_or(u64::MAX, PhysicalOffset::get));
    }

    /// Bytes of one file of the log.
    #[must_use]
    pub fn segment_bytes(&self) -> u64 {
        self.core.options.segment_bytes
    }
}

/// Which message a search by time means, Java's `BoundaryType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// The first message stored at or after the time; the end when all are older.
    Lower,
    /// The last message stored at or before the time; 0 when all are younger.
    Upper,
}

/// Questions about store times, answered from the records themselves.
impl Store {
    /// Number of the message that `boundary` names for `timestamp_ms`, as Java's
    /// `ConsumeQueue.getOffsetInQueueByTime`.
    ///
    /// # Errors
    /// [`ReadError::NoQueue`] for an unknown queue, else what reading met.
    pub fn search_offset(
        &self,
        topic: &str,
        id: QueueId,
        timestamp_ms: i64,
        boundary: Boundary,
    ) -> Result<QueueOffset, ReadError> {
        let queue = self.existing_queue(topic, id)?;
        let mut failed = None;
        let first = queue.partition_point(|entry| {
            match self.store_ms_of(entry.physical, entry.size) {
                Ok(stored) if boundary == Boundary::Lower => stored < timestamp_ms,
                Ok(stored) => stored <= timestamp_ms,
                // Deleted while searching: older than everything left.
                Err(ReadError::Deleted { .. }) => true,
                Err(error) => {
                    failed = Some(error);
                    true
                }
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        Ok(match boundary {
            Boundary::Lower => first,
            Boundary::Upper if first <= queue.min_offset() => QueueOffset::ZERO,
            Boundary::Upper => QueueOffset::new(first.get() - 1),
        })
    }

    /// Store time of the queue's first message, `None` for an empty queue.
    ///
    /// # Errors
    /// [`ReadError::NoQueue`] for an unknown queue, else what reading met.
    pub fn earliest_store_time(&self, topic: &str, id: QueueId) -> Result<Option<i64>, ReadError> {
        let queue = self.existing_queue(topic, id)?;
        self.store_ms_at(&queue, queue.min_offset())
    }

    /// Store time of the queue's message, `None` when the queue does not have it.
    ///
    /// # Errors
    /// What reading met.
    pub fn store_time(&self, queue: &Queue, at: QueueOffset) -> Result<Option<i64>, ReadError> {
        self.store_ms_at(queue, at)
    }

    /// Store time of the queue's newest readable message, `None` for an empty queue. Unlike
    /// [`Queue::last_update_ms`] also right after a restart.
    ///
    /// # Errors
    /// What reading met.
    pub fn latest_store_time(&self, queue: &Queue) -> Result<Option<i64>, ReadError> {
        match queue.max_offset().get().checked_sub(1) {
            Some(last) => self.store_ms_at(queue, QueueOffset::new(last)),
            None => Ok(None),
        }
    }

    fn existing_queue(&self, topic: &str, id: QueueId) -> Result<Arc<Queue>, ReadError> {
        let missing = || ReadError::NoQueue { topic: topic.to_owned(), id };
        self.queue(topic, id)?.ok_or_else(missing)
    }

    fn store_ms_at(&self, queue: &Queue, at: QueueOffset) -> Result<Option<i64>, ReadError> {
        let mut entries = Vec::with_capacity(1);
        queue.read(at, 1, &mut entries)?;
        let Some(entry) = entries.first() else { return Ok(None) };
        match self.store_ms_of(entry.physical, entry.size) {
            Ok(stored) => Ok(Some(stored)),
            Err(ReadError::Deleted { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn store_ms_of(&self, at: PhysicalOffset, size: u32) -> Result<i64, ReadError> {
        let record = self.read_record(at, Some(size))?;
        let view = turbopump_wire::RecordView::parse(&record);
        view.map(|view| view.store_timestamp).map_err(|_| ReadError::NotARecord { at })
    }

    fn log_earliest_store_ms(&self) -> Option<i64> {
        let at = self.min_offset();
        let record = self.read_record(at, None).ok()?;
        let view = turbopump_wire::RecordView::parse(&record).ok()?;
        Some(view.store_timestamp)
    }
}
