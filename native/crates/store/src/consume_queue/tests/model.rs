use proptest::prelude::*;

use super::*;

const QUEUES: usize = 3;

#[derive(Clone, Debug)]
enum Op {
    /// Appends this many records to the queue.
    Append(usize, u64),
    /// Flushes up to this part (of 100) of the log.
    Flush(u64),
    /// The same, but the disk dies after this many changes.
    FlushDying(u64, u64),
    /// Kill, or power cut by seed; then recovery.
    Restart(Option<u64>),
    /// Retention up to this part (of 100) of what is flushed.
    Expire(u64),
    /// Readers may see at least up to this part (of 100) of the log.
    Readable(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..QUEUES, 1..9_u64).prop_map(|(queue, count)| Op::Append(queue, count)),
        3 => (0..=100_u64).prop_map(Op::Flush),
        2 => (0..=100_u64, 0..20_u64).prop_map(|(part, changes)| Op::FlushDying(part, changes)),
        2 => proptest::option::of(any::<u64>()).prop_map(Op::Restart),
        1 => (0..=100_u64).prop_map(Op::Expire),
        1 => (0..=100_u64).prop_map(Op::Readable),
    ]
}

/// A log of equal records as plain vectors, and the table under test.
struct World {
    disk: MemoryDisk,
    table: QueueTable,
    readable: Arc<AtomicU64>,
    /// Queue of each record of the log, and its number there.
    log: Vec<(usize, u64)>,
    /// For each queue, its records.
    queues: [Vec<u64>; QUEUES],
    /// Records below are in the log for good: some flush was told so.
    log_synced: u64,
    /// Records below are flushed for sure.
    checkpoint: u64,
    log_min: u64,
}

impl World {
    fn new() -> Self {
        let disk = MemoryDisk::new();
        let readable = Arc::new(AtomicU64::new(0));
        let table = Self::open(&disk, &readable, 0);
        let queues = [vec![], vec![], vec![]];
        let log = vec![];
        Self { disk, table, readable, log, queues, log_synced: 0, checkpoint: 0, log_min: 0 }
    }

    fn open(disk: &MemoryDisk, readable: &Arc<AtomicU64>, end: u64) -> QueueTable {
        let root = Path::new(ROOT);
        let end = entry(end).physical;
        QueueTable::open(root, FILE_BYTES, Arc::new(disk.clone()), Arc::clone(readable), end)
            .expect("opens")
    }

    fn queue(&self, index: usize) -> Arc<Queue> {
        queue(&self.table, ["A", "A", "B"][index], index as u32)
    }

    fn part(&self, part: u64) -> u64 {
        self.log.len() as u64 * part / 100
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Append(index, count) => {
                let queue = self.queue(index);
                for _ in 0..count {
                    let record = self.log.len() as u64;
                    self.log.push((index, self.queues[index].len() as u64));
                    self.queues[index].push(record);
                    assert_eq!(queue.next_offset().get() + 1, self.queues[index].len() as u64);
                    publish(&queue, record, record + 1);
                }
            }
            Op::Flush(part) => {
                let upto = self.part(part);
                self.log_synced = self.log_synced.max(upto);
                self.table.flush(entry(upto).physical).expect("flush");
                self.checkpoint = self.checkpoint.max(upto);
            }
            Op::FlushDying(part, changes) => {
                let upto = self.part(part);
                self.log_synced = self.log_synced.max(upto);
                self.disk.kill_after(self.disk.changes() + changes);
                let flushed = self.table.flush(entry(upto).physical);
                assert_eq!(flushed.is_err(), self.disk.is_dead(), "errors surface");
                if flushed.is_ok() {
                    self.checkpoint = self.checkpoint.max(upto);
                }
                self.restart((changes % 2 == 0).then_some(changes * 77 + part));
            }
            Op::Restart(power_cut) => self.restart(power_cut),
            Op::Expire(part) => {
                self.log_min = self.log_min.max(self.checkpoint * part / 100);
                self.table.set_min_physical(entry(self.log_min).physical).expect("expires");
            }
            Op::Readable(part) => self.set_readable(entry(self.part(part)).physical.get()),
        }
    }

    /// The readable end never goes back.
    fn set_readable(&self, position: u64) {
        self.readable.fetch_max(position, std::sync::atomic::Ordering::AcqRel);
    }

    /// What the store does: the log ends where it ends, queues follow it from the checkpoint on.
    fn restart(&mut self, power_cut: Option<u64>) {
        if let Some(seed) = power_cut {
            self.disk = self.disk.after_power_cut(seed);
            self.log.truncate(self.log_synced as usize);
            let end = self.log.len() as u64;
            self.queues.iter_mut().for_each(|queue| queue.retain(|record| *record < end));
        } else {
            self.disk = self.disk.after_kill();
        }
        // A new process: everything in the recovered log is readable.
        let end = entry(self.log.len() as u64).physical.get();
        self.readable = Arc::new(AtomicU64::new(end));
        self.table = Self::open(&self.disk, &self.readable, self.log.len() as u64);
        self.table.set_min_physical(entry(self.log_min).physical).expect("expires");
        for record in self.checkpoint.max(self.log_min)..self.log.len() as u64 {
            let (index, place) = self.log[record as usize];
            self.queue(index).redispatch(QueueOffset::new(place), entry(record), 0).expect("takes");
        }
    }

    fn check(&self) {
        let readable = at(self.readable.load(std::sync::atomic::Ordering::Acquire));
        for (index, records) in self.queues.iter().enumerate() {
            let queue = self.queue(index);
            let alive = records.partition_point(|record| *record < self.log_min) as u64;
            let visible = records.partition_point(|record| entry(*record).end() <= readable) as u64;
            assert_eq!(queue.next_offset().get(), records.len() as u64, "next of {index}");
            assert_eq!(queue.min_offset().get(), alive, "min of {index}");
            assert_eq!(queue.max_offset().get(), visible, "max of {index}");
            for (from, max) in [(alive, usize::MAX), (alive + 3, 4), (visible, 2)] {
                let expected: Vec<_> = records
                    .iter()
                    .take(visible as usize)
                    .skip(from as usize)
                    .take(max)
                    .map(|record| entry(*record))
                    .collect();
                assert_eq!(read(&queue, from, max), expected, "queue {index} from {from}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn queues_are_a_function_of_the_log(ops in proptest::collection::vec(op(), 1..40)) {
        let mut world = World::new();
        for op in &ops {
            world.apply(op);
            world.check();
        }
    }
}
