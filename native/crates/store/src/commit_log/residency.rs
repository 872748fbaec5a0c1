//! Which bytes of the log are in memory, so that an event loop reads only those.
//!
//! What this process has just written is; of the rest the kernel is asked (`mincore`), a chunk at
//! a time, and the answer counts for a moment. A page may go in between: then the reader waits for
//! one page, and a bad sector fails its system call. Rejected: reading by `preadv2(RWF_NOWAIT)`,
//! which costs one call for each message when queues alternate in the log, starts up to 8 MiB of
//! reading ahead on the loop's thread, and copies what `writev` copies again.

use std::sync::atomic::{AtomicU64, Ordering};

use super::CommitLog;
use super::segment::Segment;
use crate::error::FileError;

/// Bytes behind the tail that are taken to be in memory unasked. The kernel gives up what was
/// written last, last.
const RECENT_BYTES: u64 = 16 << 20;

/// Bytes asked about at once.
const CHUNK_BYTES: u64 = 1 << 20;

/// How long an answer counts.
const FRESH_MS: u64 = 20;

/// Chunks with a remembered answer: the 1 GiB that the log keeps in memory.
const SLOTS: usize = 1024;

/// Bits of the time in a slot; the chunk's number and the answer take the rest.
const TIME_BITS: u32 = 28;

/// Answers of the kernel, each good for [`FRESH_MS`]. One word a slot, so loops share it freely.
pub(super) struct Residency {
    /// Written by an earlier process before this.
    opened_at: u64,
    slots: Box<[AtomicU64]>,
}

impl Residency {
    pub(super) fn new(opened_at: u64) -> Self {
        Self { opened_at, slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect() }
    }

    fn is_recent(&self, at: u64, written: u64) -> bool {
        at >= self.opened_at.max(written.saturating_sub(RECENT_BYTES))
    }

    fn slot(&self, chunk: u64) -> Option<&AtomicU64> {
        self.slots.get(chunk as usize % SLOTS)
    }

    fn known(&self, chunk: u64, now_ms: u64) -> Option<bool> {
        let word = self.slot(chunk)?.load(Ordering::Relaxed);
        let time = now_ms & ((1 << TIME_BITS) - 1);
        let age = time.wrapping_sub((word >> 1) & ((1 << TIME_BITS) - 1));
        let is_known = word >> (TIME_BITS + 1) == chunk + 1 && age < FRESH_MS;
        is_known.then_some(word & 1 == 1)
    }

    fn remember(&self, chunk: u64, now_ms: u64, resident: bool) {
        if let Some(slot) = self.slot(chunk) {
            // Chunks of a 53 bit position have 33 bits; 0 is a slot never used.
            let time = now_ms & ((1 << TIME_BITS) - 1);
            let word = (chunk + 1) << (TIME_BITS + 1) | time << 1 | u64::from(resident);
            slot.store(word, Ordering::Relaxed);
        }
    }
}

impl CommitLog {
    /// Whether `len` bytes from `from` (relative) of the segment are in memory, as far as anybody
    /// can say without reading. True for a file that is not mapped: there the read itself says.
    pub(super) fn is_in_memory(
        &self,
        segment: &Segment,
        from: u64,
        len: usize,
    ) -> Result<bool, FileError> {
        let at = segment.base + from;
        let written = self.positions.written.load(Ordering::Acquire);
        if self.residency.is_recent(at, written) {
            return Ok(true);
        }
        let now_ms = self.clock.monotonic().as_millis() as u64;
        let last = at + (len as u64).saturating_sub(1);
        for chunk in at / CHUNK_BYTES..=last / CHUNK_BYTES {
            let resident = if let Some(known) = self.residency.known(chunk, now_ms) {
                known
            } else {
                let start = (chunk * CHUNK_BYTES).max(segment.base);
                let end = ((chunk + 1) * CHUNK_BYTES).min(segment.end()).min(written);
                let count = end.saturating_sub(start) as usize;
                let asked = segment.is_resident(start - segment.base, count)?;
                let Some(resident) = asked else { return Ok(true) };
                self.residency.remember(chunk, now_ms, resident);
                resident
            };
            if !resident {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_for_its_chunk_and_its_time() {
        let residency = Residency::new(0);
        assert_eq!(residency.known(0, 0), None, "nothing was asked");
        residency.remember(0, 100, true);
        residency.remember(7, 100, false);
        assert_eq!(residency.known(0, 100 + FRESH_MS - 1), Some(true));
        assert_eq!(residency.known(7, 101), Some(false));
        assert_eq!(residency.known(0, 100 + FRESH_MS), None);
        assert_eq!(residency.known(SLOTS as u64, 101), None, "shares a slot, not an answer");
        let last = (1 << 33) - 1;
        residency.remember(last, u64::MAX, true);
        assert_eq!(residency.known(last, u64::MAX), Some(true));
    }

    #[test]
    fn recent_is_what_this_process_wrote_last() {
        let residency = Residency::new(1_000);
        assert!(residency.is_recent(1_000, 2_000));
        assert!(!residency.is_recent(999, 2_000), "another process wrote it");
        let written = 10 * RECENT_BYTES;
        assert!(residency.is_recent(9 * RECENT_BYTES, written));
        assert!(!residency.is_recent(9 * RECENT_BYTES - 1, written));
    }
}
