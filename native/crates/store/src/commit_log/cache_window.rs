//! Keeping the log's share of the page cache to a window behind the tail.
//!
//! A write-mostly log otherwise fills all free memory with pages that nobody reads again. That is
//! not free: a page the machine has not used before costs a fault in the kernel and, on a virtual
//! machine that gives idle memory back, one in the host, which together cost more than
//! everything else a message needs. Pages given back behind the tail are the next ones it gets.
//! Measured in a sustained load of 1 KiB messages: 4-5 CPU-seconds per million instead of 9-10.
//! They go in small steps, each as the log grows by one: of a large step the kernel makes blocks
//! so large that the host gets them back, and takes other pages for the log meanwhile (synced
//! writes of 80 KB, pages given back by 16 MiB against 1 MiB: 0.7 of the throughput).
//! Readers within the window never touch the disk; those behind it read it sequentially.

use std::sync::atomic::Ordering;

use super::CommitLog;
use crate::error::FileError;

/// What stays in memory behind the tail.
pub(super) const WINDOW_BYTES: u64 = 1 << 30;

/// What stays of a log that is being copied from far behind: nobody reads there.
const HURRIED_WINDOW_BYTES: u64 = 64 << 20;

/// Given back at least so much at a time, and always whole steps: a page of which a part is to go
/// stays.
const STEP_BYTES: u64 = 1 << 20;

impl CommitLog {
    /// Gives back the pages of durable bytes that have left the window since the last call; false
    /// when that is less than a step. Only clean pages go, so it never waits for the device and
    /// never loses a byte.
    pub(crate) fn release_cold(&self) -> Result<bool, FileError> {
        let flushed = self.positions.flushed.load(Ordering::Acquire);
        let until = flushed.saturating_sub(self.window_bytes.load(Ordering::Relaxed));
        let until = until - until % STEP_BYTES;
        let from = self.released.load(Ordering::Relaxed);
        // Threads that come at once agree on whose the range is. One that fails stays in memory.
        let order = Ordering::Relaxed;
        if until <= from || self.released.compare_exchange(from, until, order, order).is_err() {
            return Ok(false);
        }
        self.release(from, until)?;
        Ok(true)
    }

    /// The log grows by what its master has had for long, or does so no more.
    pub(crate) fn hurry(&self, is_behind: bool) {
        let bytes = if is_behind { HURRIED_WINDOW_BYTES } else { WINDOW_BYTES };
        self.window_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Gives back again what had left the window and was read for a slave since.
    pub(crate) fn release_read(&self, from: u64, until: u64) -> Result<(), FileError> {
        let until = until.min(self.released.load(Ordering::Relaxed));
        if from < until { self.release(from, until) } else { Ok(()) }
    }

    fn release(&self, from: u64, until: u64) -> Result<(), FileError> {
        for segment in self.segments.covering(from, until) {
            let start = from.max(segment.base);
            segment.release_cache(start - segment.base, until.min(segment.end()) - start)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::MemoryDisk;
    use crate::options::{FlushMode, StoreOptions};
    use crate::tests::{Message, Rig, options};

    #[test]
    fn whole_steps_behind_the_window_go_once() {
        for mode in [FlushMode::Async, FlushMode::Sync] {
            let big = StoreOptions { segment_bytes: 4 * STEP_BYTES, ..options(mode) };
            let rig = Rig::open(MemoryDisk::new(), &big).expect("a fresh store opens");
            let log = &rig.core.log;
            log.window_bytes.store(STEP_BYTES, Ordering::Relaxed);
            let released = || log.released.load(Ordering::Relaxed);
            let grow_to = |end| {
                let mut at = 0;
                while at < end {
                    let placed = rig.append(&[Message::new(1, 0, 30_000)]).expect("append");
                    at = placed.first().expect("one").physical.get();
                }
            };
            grow_to(2 * STEP_BYTES + STEP_BYTES / 2);
            assert_eq!(log.release_cold().ok(), Some(false), "nothing of it is on disk");
            log.sync_group().expect("sync");
            assert_eq!(log.release_cold().ok(), Some(true));
            assert_eq!(released(), STEP_BYTES, "half a step stays");
            assert_eq!(log.release_cold().ok(), Some(false), "no step since");
            grow_to(3 * STEP_BYTES);
            log.sync_group().expect("sync");
            rig.core.keep_up();
            assert_eq!(released(), 2 * STEP_BYTES, "the flushing thread keeps up");
        }
    }
}
