//! All queues of a store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use turbopump_wire::{PhysicalOffset, QueueId, name::TopicName};

use super::descriptors::Descriptors;
use super::error::QueueError;
use super::files::QueueFiles;
use super::filing::Filed;
use super::flush::{LOOK_AFTER_QUEUES, Maintenance, WHOLE_QUEUES};
use super::journal::{LeftBehind, QueueJournal};
use super::lock;
use super::queue::{Phase, Queue};
use super::unit::UNIT_BYTES;
use crate::clock::Clock;
use crate::commit_log::FlushedPoint;
use crate::disk::Disk;
use crate::error::DerivedError;

/// Queue files open at once.
const OPEN_FILES_MAX: usize = 512;
/// Names kept for the report of what was ignored.
const IGNORED_NAMES_MAX: usize = 100;

/// What queues have of their table.
pub(super) struct Shared {
    pub(super) root: PathBuf,
    /// Units a file has room for.
    pub(super) file_units: u64,
    pub(super) descriptors: Descriptors,
    readable: Arc<AtomicU64>,
    log_min: AtomicU64,
    open_end: AtomicU64,
    next_key: AtomicU64,
    /// Entries in memory only.
    pub(super) unflushed: AtomicUsize,
    /// Queues with entries in memory only. Taken inside a queue's own lock, never around it.
    pub(super) dirty: Mutex<Vec<Arc<Queue>>>,
    /// With more such queues than this the journal comes first.
    pub(super) journal_above: AtomicUsize,
    /// Queues written between two looks at the clock.
    pub(super) look_after: AtomicUsize,
    /// Taken before a queue's own lock.
    pub(super) maintenance: Mutex<Maintenance>,
}

impl Shared {
    pub(super) fn readable(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.readable.load(Ordering::Acquire))
    }

    pub(super) fn log_min(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.log_min.load(Ordering::Acquire))
    }

    pub(super) fn open_end(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.open_end.load(Ordering::Acquire))
    }
}

/// Names under `consumequeue` that no topic or queue can have; they are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoredNames {
    /// The first of them, relative to the folder.
    pub names: Vec<String>,
    /// How many there are.
    pub total: usize,
}

impl IgnoredNames {
    fn note(&mut self, name: String) {
        self.total += 1;
        if self.names.len() < IGNORED_NAMES_MAX {
            self.names.push(name);
        }
    }
}

/// A topic's queues by number.
type TopicQueues = BTreeMap<u32, Arc<Queue>>;

/// The queues of a store, by topic and number.
pub struct QueueTable {
    shared: Arc<Shared>,
    topics: RwLock<FxHashMap<Arc<str>, TopicQueues>>,
    ignored: IgnoredNames,
    /// The last pass over the queues ended early with an error.
    expiry_unfinished: AtomicBool,
}

impl QueueTable {
    /// Reads the names of topics and queues under `root` (`store/consumequeue`), two levels of
    /// folders and no file. `file_bytes` is Java's `mappedFileSizeConsumeQueue`, a multiple of 20.
    /// `readable` is the log position below which records may be read. When a queue is first used,
    /// entries whose records end beyond `open_end` are dropped.
    pub fn open(
        root: &Path,
        file_bytes: u64,
        disk: Arc<dyn Disk>,
        readable: Arc<AtomicU64>,
        open_end: PhysicalOffset,
    ) -> Result<Self, QueueError> {
        if file_bytes == 0 || !file_bytes.is_multiple_of(UNIT_BYTES) {
            return Err(QueueError::FileBytes(file_bytes));
        }
        let shared = Arc::new(Shared {
            root: root.to_owned(),
            file_units: file_bytes / UNIT_BYTES,
            descriptors: Descriptors::new(disk, OPEN_FILES_MAX),
            readable,
            log_min: AtomicU64::new(0),
            open_end: AtomicU64::new(open_end.get()),
            next_key: AtomicU64::new(0),
            unflushed: AtomicUsize::new(0),
            dirty: Mutex::new(Vec::new()),
            journal_above: AtomicUsize::new(WHOLE_QUEUES),
            look_after: AtomicUsize::new(LOOK_AFTER_QUEUES),
            maintenance: Mutex::new(Maintenance::default()),
        });
        let mut ignored = IgnoredNames::default();
        let topics = RwLock::new(list_queues(&shared, &mut ignored)?);
        Ok(Self { shared, topics, ignored, expiry_unfinished: AtomicBool::new(false) })
    }

    /// Names found on opening that are no topic or no queue.
    #[must_use]
    pub const fn ignored(&self) -> &IgnoredNames {
        &self.ignored
    }

    /// The queue, `None` when there is none. Its files are looked at on the first call, which may
    /// fail.
    pub fn get(&self, topic: &str, id: QueueId) -> Result<Option<Arc<Queue>>, QueueError> {
        let found = {
            let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
            topics.get(topic).and_then(|queues| queues.get(&id.get())).cloned()
        };
        if let Some(queue) = &found {
            queue.ensure_open()?;
        }
        Ok(found)
    }

    /// The queue, made in memory when there is none; its folder is made by the first flush.
    pub fn get_or_create(&self, topic: &TopicName, id: QueueId) -> Result<Arc<Queue>, QueueError> {
        if let Some(queue) = self.get(topic.as_str(), id)? {
            return Ok(queue);
        }
        let queue = {
            let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
            let name = topics
                .get_key_value(topic.as_str())
                .map_or_else(|| Arc::from(topic.as_str()), |(name, _)| Arc::clone(name));
            let queues = topics.entry(Arc::clone(&name)).or_default();
            let made = || Arc::new(new_queue(&self.shared, name, id));
            Arc::clone(queues.entry(id.get()).or_insert_with(made))
        };
        queue.ensure_open()?;
        Ok(queue)
    }

    /// The queues of a topic by number; empty for an unknown topic.
    pub fn of_topic(&self, topic: &str) -> Result<Vec<Arc<Queue>>, QueueError> {
        let queues: Vec<_> = {
            let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
            topics.get(topic).map_or_else(Vec::new, |queues| queues.values().cloned().collect())
        };
        for queue in &queues {
            queue.ensure_open()?;
        }
        Ok(queues)
    }

    /// Every topic with the numbers of its queues, in no order of topics.
    #[must_use]
    pub fn all_names(&self) -> Vec<(Arc<str>, Vec<QueueId>)> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        let ids = |queues: &TopicQueues| queues.keys().map(|id| QueueId::new(*id)).collect();
        topics.iter().map(|(name, queues)| (Arc::clone(name), ids(queues))).collect()
    }

    /// Removes a topic's queues and their files; an unknown topic is fine. A failure leaves files
    /// behind and is an error; the queues are gone from the table in any case, and a further call
    /// does not find them: they come back when the store is opened again.
    pub fn delete_topic(&self, topic: &str) -> Result<(), QueueError> {
        let mut maintenance = lock(&self.shared.maintenance);
        let removed = {
            let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
            topics.remove_entry(topic)
        };
        let Some((name, queues)) = removed else { return Ok(()) };
        for queue in queues.values() {
            maintenance.forget(&self.shared, queue);
        }
        for queue in queues.values() {
            queue.remove_all()?;
        }
        self.remove_topic_folder(&name)
    }

    fn remove_topic_folder(&self, name: &str) -> Result<(), QueueError> {
        let dir = self.shared.root.join(name);
        let disk = self.shared.descriptors.disk();
        // A queue folder that is not ours (another name) keeps the topic's folder.
        let left = disk.list(&dir).map_err(|error| QueueError::io("list", &dir, error))?;
        if !left.is_empty() {
            return Ok(());
        }
        match disk.remove_dir(&dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(QueueError::io("remove the folder", dir, error)),
            Ok(()) => disk
                .sync_dir(&self.shared.root)
                .map_err(|error| QueueError::io("sync the folder", &self.shared.root, error)),
        }
    }

    /// The log begins at `min` now: moves the queues' first offsets up and removes queue files
    /// that lie wholly below. After an error the next call goes over all queues again. Not from two
    /// threads at once.
    pub fn set_min_physical(&self, min: PhysicalOffset) -> Result<(), QueueError> {
        let before = self.shared.log_min.fetch_max(min.get(), Ordering::AcqRel);
        let unfinished = self.expiry_unfinished.swap(true, Ordering::AcqRel);
        if before < min.get() || unfinished {
            for queue in self.all() {
                // One queue at a time, so that a flush never waits for all of them.
                let _maintenance = lock(&self.shared.maintenance);
                queue.expire()?;
            }
        }
        self.expiry_unfinished.store(false, Ordering::Release);
        Ok(())
    }

    /// Writes entries whose records end at or before `upto` and syncs every file written. After an
    /// error nothing that was not synced counts as flushed.
    pub fn flush(&self, upto: PhysicalOffset) -> Result<(), QueueError> {
        lock(&self.shared.maintenance).flush(&self.shared, upto)
    }

    /// Makes the same entries durable, where many queues have few of them in the journal first.
    pub(crate) fn file(
        &self,
        point: FlushedPoint,
        journal: &mut QueueJournal,
        clock: &dyn Clock,
    ) -> Result<Filed, DerivedError> {
        let mut maintenance = lock(&self.shared.maintenance);
        if let Some(filed) = maintenance.file(&self.shared, point, journal, clock)? {
            return Ok(filed);
        }
        drop(maintenance);
        self.flush_all(point, journal)
    }

    /// As [`Self::flush`]; the journal takes nothing more before it is emptied.
    pub(crate) fn flush_all(
        &self,
        point: FlushedPoint,
        journal: &mut QueueJournal,
    ) -> Result<Filed, DerivedError> {
        journal.retire();
        self.flush(PhysicalOffset::new(point.end))?;
        Ok(Filed::All)
    }

    /// Takes over what a dead process left in its journal, but no entry of a record that ends
    /// beyond `end`. Not while records are appended.
    pub(crate) fn restore(
        &self,
        journal: &LeftBehind,
        end: PhysicalOffset,
    ) -> Result<(), QueueError> {
        let restored = journal.visit(|run| {
            let queue = match (self.get(run.topic, run.id)?, TopicName::parse(run.topic)) {
                (Some(queue), _) => queue,
                (None, Ok(topic)) => self.get_or_create(&topic, run.id)?,
                // No path is ever made from it.
                (None, Err(_)) => return Ok(()),
            };
            queue.restore(run, end)
        });
        // A damaged one is never kept.
        restored.unwrap_or(Ok(()))
    }

    /// With more such queues the journal comes first, and a slice of their files may be one.
    #[cfg(test)]
    pub(crate) fn journal_above(&self, queues: usize) {
        self.shared.journal_above.store(queues, Ordering::Relaxed);
        self.shared.look_after.store(1, Ordering::Relaxed);
    }

    /// Entries in memory only. A caller whose flush cannot keep up must stop appending.
    #[must_use]
    pub fn unflushed_entries(&self) -> usize {
        self.shared.unflushed.load(Ordering::Relaxed)
    }

    /// Descriptors open now, at most 512 and those in use at this moment.
    #[must_use]
    pub fn open_files(&self) -> usize {
        self.shared.descriptors.len()
    }

    /// For folders of doubtful origin (Java after a crash, no checkpoint, a log that was cut below
    /// what queues name): looks at every queue and zeroes, in the files, entries whose records end
    /// beyond `end`. Not while records are appended.
    pub fn open_all_and_cut(&self, end: PhysicalOffset) -> Result<(), QueueError> {
        self.shared.open_end.store(end.get(), Ordering::Release);
        let mut maintenance = lock(&self.shared.maintenance);
        for queue in self.all() {
            let mut state = lock(&queue.state);
            if state.phase == Phase::Unopened {
                queue.open_files(&mut state, true)?;
                continue;
            }
            let next = state.tail.next();
            drop(state);
            let keep = queue.end_within(end)?;
            if keep < next {
                maintenance.truncate(&queue, keep)?;
            }
        }
        Ok(())
    }

    fn all(&self) -> Vec<Arc<Queue>> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.values().flat_map(|queues| queues.values().cloned()).collect()
    }
}

impl Drop for QueueTable {
    fn drop(&mut self) {
        // Queues hold the table's shared part, whose list holds queues: end the circle.
        lock(&self.shared.dirty).clear();
        lock(&self.shared.maintenance).draining.clear();
    }
}

fn new_queue(shared: &Arc<Shared>, topic: Arc<str>, id: QueueId) -> Queue {
    let key = shared.next_key.fetch_add(1, Ordering::Relaxed);
    Queue::unopened(QueueFiles { shared: Arc::clone(shared), topic, id, key })
}

fn list_queues(
    shared: &Arc<Shared>,
    ignored: &mut IgnoredNames,
) -> Result<FxHashMap<Arc<str>, TopicQueues>, QueueError> {
    let disk = shared.descriptors.disk();
    let list = |dir: &Path| disk.list(dir).map_err(|error| QueueError::io("list", dir, error));
    let mut topics = FxHashMap::default();
    for topic in list(&shared.root)? {
        if !topic.is_dir || TopicName::check(&topic.name).is_err() {
            ignored.note(topic.name);
            continue;
        }
        let name: Arc<str> = Arc::from(topic.name.as_str());
        let mut queues = TopicQueues::new();
        for entry in list(&shared.root.join(&topic.name))? {
            match queue_number(&entry.name).filter(|_| entry.is_dir) {
                Some(id) => {
                    let queue = new_queue(shared, Arc::clone(&name), QueueId::new(id));
                    queues.insert(id, Arc::new(queue));
                }
                None => ignored.note(format!("{}/{}", topic.name, entry.name)),
            }
        }
        if !queues.is_empty() {
            topics.insert(name, queues);
        }
    }
    Ok(topics)
}

/// The number of a queue folder, in the one spelling that the number prints as: `07` or `+7` would
/// be another folder than the one written to.
fn queue_number(name: &str) -> Option<u32> {
    let id: u32 = name.parse().ok()?;
    (i32::try_from(id).is_ok() && id.to_string() == name).then_some(id)
}
