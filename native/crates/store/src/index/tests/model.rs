use proptest::prelude::*;

use super::*;

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[derive(Clone, Debug)]
enum Op {
    /// A record with these keys (a bit each).
    Put(u8),
    /// Flushes up to this part (of 100) of the log.
    Flush(u64),
    /// The same, but the disk dies after this many changes.
    FlushDying(u64, u64),
    /// Kill, or power cut by seed; then recovery.
    Restart(Option<u64>),
    /// Retention up to this part (of 100) of the log.
    Expire(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => (0..64_u8).prop_map(Op::Put),
        3 => (0..=100_u64).prop_map(Op::Flush),
        2 => (0..=100_u64, 0..25_u64).prop_map(|(part, changes)| Op::FlushDying(part, changes)),
        1 => proptest::option::of(any::<u64>()).prop_map(Op::Restart),
        1 => (0..=100_u64).prop_map(Op::Expire),
    ]
}

struct World {
    disk: MemoryDisk,
    index: Index,
    /// Keys of each record.
    log: Vec<u8>,
    log_synced: u64,
    checkpoint: u64,
    log_min: u64,
}

impl World {
    fn new() -> Self {
        let disk = MemoryDisk::new();
        let index = open(&disk);
        Self { disk, index, log: vec![], log_synced: 0, checkpoint: 0, log_min: 0 }
    }

    fn put(&self, nth: u64) -> bool {
        let bits = self.log[nth as usize];
        let keys: Vec<_> =
            KEYS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|k| *k.1).collect();
        put(&self.index, nth, &keys)
    }

    fn part(&self, part: u64) -> u64 {
        self.log.len() as u64 * part / 100
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Put(keys) => {
                self.log.push(keys);
                assert!(self.put(self.log.len() as u64 - 1));
            }
            Op::Flush(part) => {
                let upto = self.part(part);
                self.log_synced = self.log_synced.max(upto);
                self.index.flush(at(upto * 100)).expect("flush");
                self.checkpoint = self.checkpoint.max(upto);
            }
            Op::FlushDying(part, changes) => {
                let upto = self.part(part);
                self.log_synced = self.log_synced.max(upto);
                self.disk.kill_after(changes);
                let flushed = self.index.flush(at(upto * 100));
                assert_eq!(flushed.is_err(), self.disk.is_dead(), "errors surface");
                if flushed.is_ok() {
                    self.checkpoint = self.checkpoint.max(upto);
                }
                self.restart((changes % 2 == 0).then_some(changes * 77 + part));
            }
            Op::Restart(power_cut) => self.restart(power_cut),
            Op::Expire(part) => {
                self.log_min = self.log_min.max(self.part(part));
                self.index.delete_before(at(self.log_min * 100)).expect("expires");
            }
        }
    }

    fn restart(&mut self, power_cut: Option<u64>) {
        if let Some(seed) = power_cut {
            self.disk = self.disk.after_power_cut(seed);
            self.log.truncate(self.log_synced as usize);
            self.log_min = self.log_min.min(self.log.len() as u64);
        } else {
            self.disk = self.disk.after_kill();
        }
        self.index = open(&self.disk);
        assert_eq!(self.index.report(), &IndexReport::default(), "nothing is ever dropped");
        for nth in self.checkpoint..self.log.len() as u64 {
            self.put(nth);
        }
    }

    fn check(&self) {
        for (bit, key) in KEYS.iter().enumerate() {
            let hash = index_key_hash("T", key);
            assert!(KEYS.iter().filter(|other| index_key_hash("T", other) == hash).count() == 1);
            let all: Vec<u64> = (0..self.log.len() as u64)
                .rev()
                .filter(|nth| self.log[*nth as usize] >> bit & 1 == 1)
                .collect();
            let alive = |found: &[u64]| -> Vec<u64> {
                found.iter().copied().filter(|nth| *nth >= self.log_min).collect()
            };
            // Expired records may still be found until their whole file is expired.
            assert_eq!(alive(&find(&self.index, key)), alive(&all), "key {key}");
        }
        let keyed = self.log.iter().rposition(|keys| *keys != 0);
        assert_eq!(self.index.indexed_to(), keyed.map(|nth| at(nth as u64 * 100)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn the_index_is_a_function_of_the_log(ops in proptest::collection::vec(op(), 1..60)) {
        let mut world = World::new();
        for op in &ops {
            world.apply(op);
            world.check();
        }
    }
}
