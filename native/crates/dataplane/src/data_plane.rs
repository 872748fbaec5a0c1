//! The handle that an embedder holds: opens the store, starts the loops, publishes policy, answers
//! questions about state that Rust owns. Mirrors `src/dataplane/data-plane.ts`.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use arc_swap::ArcSwap;
use turbopump_replication::{Hooks, Replication, ReplicationStatus};
use turbopump_store::{
    Boundary, Clock, Disk, FlushMode, LogStatus, Queue, QueueError, ReadError, RealDisk,
    RecoveryReport, Store, SystemClock,
};
use turbopump_transport::{ConnId, Transport, TransportConfig, TransportHandle};
use turbopump_wire::{QueueId, QueueOffset};

use crate::counters::{Counters, TopicCount, sum_of_looks, sum_of_pulls};
use crate::error::{CloseError, DeleteError, ListenError, OpenError};
use crate::event_loop::{Denial, LoopService, Mail};
use crate::offsets::{ConsumerOffset, ConsumerOffsets};
use crate::options::{DataPlaneOptions, resolve};
use crate::park::NameKind;
use crate::policy::{PolicyDelta, PolicySnapshot};
use crate::reading::Readers;
use crate::schedule::{Bell, Delivery, Progress};
use crate::shared::Shared;
use crate::store_check::StoreCheck;
use crate::sync::lock;
use crate::unique_id::UniqueIds;
use crate::upward::{Ring, UpBatch, UpwardQueue};

/// `SYNC_FLUSH`: a turn ends with its group's way to the device, which must not stand idle while
/// the loop reads on, and replies to the group before make their clients send meanwhile. Under
/// `ASYNC_FLUSH` turns this short would cost 8 % CPU and bring nothing.
const SYNC_TURN_BYTES: usize = 16 << 10;

/// Memory assumed where the machine does not say how much it has.
const MEMORY_BYTES_UNKNOWN: u64 = 4 << 30;

/// Ports that are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenPorts {
    /// With every request.
    pub listen_port: u16,
    /// Without pull.
    pub fast_listen_port: Option<u16>,
    /// For slaves.
    pub ha_listen_port: Option<u16>,
}

/// One queue's extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueBounds {
    /// The queue.
    pub queue: QueueId,
    /// First message that is left.
    pub min: QueueOffset,
    /// Number of the next message that a reader may see.
    pub max: QueueOffset,
    /// Store time of the newest message, 0 for an empty queue.
    pub last_update_ms: i64,
}

/// How far one delay level is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayProgress {
    /// The level, from 1.
    pub level: u32,
    /// Next message of its queue to deliver.
    pub offset: QueueOffset,
}

#[derive(Default)]
enum Life {
    #[default]
    Opened,
    Listening {
        transport: TransportHandle<Mail>,
        delivery: Delivery,
        readers: Readers,
    },
    Closed,
}

/// The data plane.
pub struct DataPlane {
    pub(crate) shared: Arc<Shared>,
    options: DataPlaneOptions,
    life: Mutex<Life>,
    /// Deltas build on each other, so one is applied at a time.
    publishing: Mutex<()>,
}

impl DataPlane {
    /// Opens the store on the machine's disk and clock.
    pub fn open(options: DataPlaneOptions) -> Result<(Self, RecoveryReport), OpenError> {
        Self::open_on(options, Arc::new(RealDisk), Arc::new(SystemClock))
    }

    /// Opens the store on a disk and clock of the caller's choice.
    pub fn open_on(
        options: DataPlaneOptions,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        let store_ip = options.check()?;
        let (store, report) = Store::open(options.store.clone(), disk, clock.clone())?;
        let limits = options.limits();
        let shared = Arc::new(Shared {
            unique_ids: UniqueIds::new((store_ip, options.listen_port).into(), clock.wall_ms()),
            store_check: StoreCheck::default(),
            replication: Replication::new(
                options.replication.clone(),
                store.clone(),
                clock.clone(),
            ),
            store,
            clock,
            policy: Arc::new(ArcSwap::from_pointee(PolicySnapshot::default())),
            offsets: ConsumerOffsets::default(),
            resets: <_>::default(),
            pulls: (0..options.event_loops).map(|_| <_>::default()).collect(),
            totals: <_>::default(),
            upward: UpwardQueue::new(options.upward_queue_capacity),
            wanted: <_>::default(),
            reading: <_>::default(),
            schedule: Bell::default(),
            delay_progress: Progress::default(),
            limits,
            store_ip,
            store_port: AtomicU16::new(options.listen_port),
            in_memory_bytes: memory_bytes() / 10 * 4,
            unsafe_groups: AtomicUsize::new(0),
            loops_in_wait: AtomicU64::new(0),
            mailbox: OnceLock::new(),
        });
        // Weak, or the store would keep itself alive through its own listener.
        let listener: Weak<Shared> = Arc::downgrade(&shared);
        shared.store.set_progress_listener(Box::new(move |progress| {
            if let Some(shared) = listener.upgrade() {
                shared.progressed(&progress);
            }
        }));
        let (life, publishing) = (Mutex::default(), Mutex::default());
        Ok((Self { shared, options, life, publishing }, report))
    }

    /// Binds the listeners and starts the loops; `ring` is called when there is a batch to take.
    pub fn listen(&self, ring: Ring) -> Result<ListenPorts, ListenError> {
        let mut life = lock(&self.life);
        match *life {
            Life::Opened => {}
            Life::Listening { .. } => return Err(ListenError::Listening),
            Life::Closed => return Err(ListenError::Closed),
        }
        let config = self.transport_config()?;
        let bind_ip = self.bind_ip()?;
        let loops = config.loops;
        let mut transport = Transport::start(&config, |index, mailbox| {
            self.shared.mailbox.get_or_init(|| mailbox);
            LoopService::new(index, loops, self.shared.clone())
        })?;
        let ports = ports_of(&transport);
        self.shared.store_port.store(ports.listen_port, Ordering::Relaxed);
        self.shared.upward.connect(ring);
        let delivery = match Delivery::start(&self.shared) {
            Ok(delivery) => delivery,
            Err(error) => {
                // The loops must not outlive a listen that failed; the first error is the cause.
                drop(transport.shutdown());
                return Err(ListenError::Schedule(error));
            }
        };
        let readers = match Readers::start(&self.shared) {
            Ok(readers) => readers,
            Err(error) => {
                drop(transport.shutdown());
                delivery.stop();
                return Err(ListenError::Reading(error));
            }
        };
        let ha_listen_port = match self.shared.replication.start(bind_ip, self.replication_hooks())
        {
            Ok(port) => port,
            Err(error) => {
                drop(transport.shutdown());
                delivery.stop();
                readers.stop();
                return Err(error.into());
            }
        };
        *life = Life::Listening { transport, delivery, readers };
        Ok(ListenPorts { ha_listen_port, ..ports })
    }

    pub(crate) fn replication_hooks(&self) -> Hooks {
        // Weak, as for the store: the threads live in what they call.
        let waiting: Weak<Shared> = Arc::downgrade(&self.shared);
        let pulling = Weak::clone(&waiting);
        Hooks {
            progress: Box::new(move || {
                if let Some(shared) = waiting.upgrade() {
                    shared.tell_waiting();
                }
            }),
            arrived: Box::new(move |queues| {
                if let Some(shared) = pulling.upgrade() {
                    shared.wake_pulls(shared.store.readable(), queues);
                }
            }),
        }
    }

    fn bind_ip(&self) -> Result<IpAddr, ListenError> {
        let host = &self.options.bind_address;
        let address = resolve(host, 0).ok_or_else(|| ListenError::Address(host.clone()))?;
        Ok(address.ip())
    }

    fn transport_config(&self) -> Result<TransportConfig, ListenError> {
        let options = &self.options;
        let host = &options.bind_address;
        let ports = [Some(options.listen_port), options.fast_listen_port];
        let address = |port| resolve(host, port).ok_or_else(|| ListenError::Address(host.clone()));
        let usual = TransportConfig::default();
        Ok(TransportConfig {
            listeners: ports.into_iter().flatten().map(address).collect::<Result<_, _>>()?,
            loops: options.event_loops,
            max_frame_bytes: options.max_frame_bytes,
            max_connections: options.max_connections,
            idle_ms: options.idle_connection_ms,
            turn_budget_bytes: match self.shared.store.flush_mode() {
                FlushMode::Sync => SYNC_TURN_BYTES,
                FlushMode::Async => usual.turn_budget_bytes,
            },
            ..usual
        })
    }

    /// Everything that happened since the last call.
    #[must_use]
    pub fn take_batch(&self) -> UpBatch {
        self.shared.upward.take()
    }

    /// Applies the delta and returns the new version.
    pub fn publish(&self, delta: PolicyDelta) -> u64 {
        let _one_at_a_time = lock(&self.publishing);
        let next = self.shared.policy.load().with(delta);
        let version = next.version();
        self.shared.policy.store(Arc::new(next));
        // Role and delay levels may have changed.
        self.shared.schedule.ring();
        version
    }

    /// Releases what is parked for the name: granted (and published before), or denied.
    pub fn resolve_wanted(&self, kind: NameKind, name: &str, denial: Option<&Denial>) {
        // Before the mails: a request that asks after this gets an answer of its own.
        self.shared.wanted.settle(kind, name);
        let name: Arc<str> = name.into();
        let denial = denial.cloned();
        self.shared.post_all(|| Mail::Resolved {
            kind,
            name: name.clone(),
            denial: denial.clone(),
        });
    }

    /// Queues whole frames; those for connections that are gone are dropped.
    pub fn send(&self, frames: impl IntoIterator<Item = (ConnId, Vec<u8>)>) {
        let mut by_loop: Vec<Vec<(ConnId, Vec<u8>)>> = Vec::new();
        by_loop.resize_with(self.options.event_loops, Vec::new);
        for (connection, frame) in frames {
            if let Some(frames) = by_loop.get_mut(connection.loop_index()) {
                frames.push((connection, frame));
            }
        }
        for (loop_index, frames) in by_loop.into_iter().enumerate() {
            if !frames.is_empty() {
                self.shared.post(loop_index, Mail::Frames(frames));
            }
        }
    }

    /// Ends the connection after what is queued for it.
    pub fn close_connection(&self, connection: ConnId) {
        self.shared.post(connection.loop_index(), Mail::Close(connection));
    }

    /// Every queue of the topic that has or had a message.
    pub fn queue_bounds(&self, topic: &str) -> Result<Vec<QueueBounds>, QueueError> {
        let queues = self.shared.store.queues_of(topic)?;
        let bounds = queues.iter().map(|queue| QueueBounds {
            queue: queue.id(),
            min: queue.min_offset(),
            max: queue.max_offset(),
            last_update_ms: self.last_update_ms(queue),
        });
        Ok(bounds.collect())
    }

    /// Store time of the newest message, from its record when none came since the store was opened.
    /// One that cannot be read has no time; whoever pulls it hears why.
    fn last_update_ms(&self, queue: &Queue) -> i64 {
        match queue.last_update_ms() {
            0 => self.shared.store.latest_store_time(queue).ok().flatten().unwrap_or(0),
            known => known,
        }
    }

    /// Version and offsets of all groups.
    #[must_use]
    pub fn consumer_offsets(&self) -> (u64, Vec<ConsumerOffset>) {
        self.shared.offsets.snapshot()
    }

    /// Puts offsets where they are told, forward or back.
    pub fn set_consumer_offsets(&self, offsets: &[ConsumerOffset]) {
        for offset in offsets {
            self.shared.offsets.set(&offset.group, &offset.topic, offset.queue, offset.offset);
        }
    }

    /// Moves offsets forward; where a consumer is further already, nothing changes.
    pub fn advance_consumer_offsets(&self, offsets: &[ConsumerOffset]) {
        for offset in offsets {
            self.shared.offsets.commit(&offset.group, &offset.topic, offset.queue, offset.offset);
        }
    }

    /// Forgets the group's offsets.
    pub fn erase_group_offsets(&self, group: &str) {
        self.shared.offsets.erase_group(group);
        self.shared.resets.erase(Some(group), None);
    }

    /// How far each level is delivered, as far as it is on disk.
    #[must_use]
    pub fn delay_progress(&self) -> Vec<DelayProgress> {
        let store = &self.shared.store;
        if self.shared.delay_progress.has_pending() {
            // What is not on disk after a failed sync is simply not told.
            drop(store.sync_now());
        }
        let levels = self.shared.delay_progress.safe(self.shared.settled()).into_iter();
        levels.map(|(level, offset)| DelayProgress { level, offset }).collect()
    }

    /// Loads the progress of levels; called before `listen`.
    pub fn set_delay_progress(&self, progress: &[DelayProgress]) {
        for level in progress {
            self.shared.delay_progress.set(level.level, level.offset);
        }
        self.shared.schedule.ring();
    }

    /// Offset of the first message stored at or after the time.
    pub fn search_offset(
        &self,
        topic: &str,
        queue: QueueId,
        timestamp_ms: i64,
    ) -> Result<QueueOffset, ReadError> {
        match self.shared.store.search_offset(topic, queue, timestamp_ms, Boundary::Lower) {
            Err(ReadError::NoQueue { .. }) => Ok(QueueOffset::ZERO),
            found => found,
        }
    }

    /// Removes the topic's queues, offsets and holds; held pulls are answered.
    pub fn delete_topic(&self, topic: &str) -> Result<(), DeleteError> {
        self.shared.store.delete_topic(topic)?;
        self.shared.offsets.erase_topic(topic);
        self.shared.resets.erase(None, Some(topic));
        let topic: Arc<str> = topic.into();
        self.shared.post_all(|| Mail::TopicChanged(topic.clone()));
        Ok(())
    }

    /// A reading of every counter.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let shared = &self.shared;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let policy = shared.policy.load();
        let topics = policy.topics().map(|topic| {
            let (put_messages, put_bytes) = topic.counters.totals();
            TopicCount { topic: topic.policy.name.clone(), put_messages, put_bytes }
        });
        let (found_pulls, missed_pulls) = sum_of_looks(&shared.pulls);
        Counters {
            topics: topics.filter(|topic| topic.put_messages > 0).collect(),
            groups: sum_of_pulls(&shared.pulls),
            send_back_messages: count(&shared.totals.send_back_messages),
            failed_puts: count(&shared.totals.failed_puts),
            found_pulls,
            missed_pulls,
            connections: count(&shared.totals.connections),
            held_pulls: count(&shared.totals.held_pulls),
            upward_queue_depth: shared.upward.depth() as u64,
            cold_reads: shared.reading.len() as u64,
        }
    }

    /// Where the log stands.
    #[must_use]
    pub fn log_status(&self) -> LogStatus {
        self.shared.store.status()
    }

    /// Slave: where the master's HA port is from now on.
    pub fn set_master_address(&self, address: Option<String>) {
        self.shared.replication.set_master_address(address);
    }

    /// Who replicates from here, or how it goes with the master.
    #[must_use]
    pub fn replication_status(&self) -> ReplicationStatus {
        self.shared.replication.status()
    }

    /// Stops taking requests, ends the threads, flushes and closes the store. The first error is
    /// returned, but everything is closed whatever happens. Idempotent.
    pub fn close(&self) -> Result<(), CloseError> {
        self.shared.store_check.stop();
        let life = std::mem::replace(&mut *lock(&self.life), Life::Closed);
        let mut first: Result<(), CloseError> = Ok(());
        if let Life::Listening { mut transport, delivery, readers } = life {
            // The store still syncs while loops drain what waits for it.
            first = first.and(transport.shutdown().map_err(CloseError::from));
            first = first.and(if delivery.stop() { Ok(()) } else { Err(CloseError::Schedule) });
            first = first.and(if readers.stop() { Ok(()) } else { Err(CloseError::Reading) });
        }
        // After the loops: their last answers may wait for slaves.
        self.shared.replication.stop();
        self.shared.upward.disconnect();
        first.and(self.shared.store.close().map_err(CloseError::from))
    }
}

impl Drop for DataPlane {
    fn drop(&mut self) {
        // Nobody is left to hear of an error; an unclean end is found by the next open.
        drop(self.close());
    }
}

fn ports_of(transport: &TransportHandle<Mail>) -> ListenPorts {
    let mut ports = transport.ports().into_iter();
    ListenPorts {
        listen_port: ports.next().unwrap_or_default(),
        fast_listen_port: ports.next(),
        ha_listen_port: None,
    }
}

/// The machine's memory.
fn memory_bytes() -> u64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map_or(MEMORY_BYTES_UNKNOWN, |kib| kib.saturating_mul(1024))
}
