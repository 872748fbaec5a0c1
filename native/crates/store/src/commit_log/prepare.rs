//! Making space ahead of the tail: the next segment exists, and under `SYNC_FLUSH` a window of the
//! file in front of the appender is written with zeros, because a synced write into written blocks
//! costs a part of one into reserved ones (no extent conversion, no journal commit).
//!
//! `ASYNC_FLUSH` writes no zeros: nobody waits for its syncs, and zeros would send every byte to
//! the device twice, take the inode's lock from the appender, and cost more CPU than they save
//! (measured: 9-12 against 6-7 CPU-seconds per million 1 KiB messages in a sustained load).
//!
//! Zeros count only once they are on the device: as long as they sit in the page cache the blocks
//! are reserved ones still, and the first synced write into them pays for the conversion after all.
//! So they go there at once, past the page cache, and are synced here, in steps small enough that
//! no group's sync queues behind much of them. Through the page cache they cost a quarter of a
//! processor at 100 MB/s, and as the kernel lends a processor for a tick (3-4 ms), each group that
//! became runnable behind them waited that long: one in fifty, and a fifth of the throughput.
//!
//! A synced write also waits for whatever the journal still holds of its own file, and zeros that
//! become blocks are just that: with zeros in the same file a group waited for 5-8 ms at each step
//! of them. So under load the window grows to a whole segment, and zeros go into the next file.
//!
//! Only a window, not the whole file at once: boot waits for nothing, an idle broker writes
//! nothing, and a 1 GiB burst of zeros never queues in front of a sync. Zeros are never needed
//! for correctness: blocks that are reserved but not written read as zeros too.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::CommitLog;
use super::segment::Segment;
use crate::error::FileError;
use crate::options::FlushMode;
use crate::signal::Wake;

/// How far ahead of the tail the file is zeroed at least: a second of appends at 64 MiB/s.
const WINDOW_BYTES: u64 = 64 << 20;

/// Bytes that the window grows, up to a segment, for each byte appended since the start: what is
/// zeroed is soon written.
const WINDOW_GROWTH: u64 = 2;

/// One write of zeros, synced before the next one; what an appender that catches up waits for at
/// most.
const CHUNK_BYTES: u64 = 1 << 20;

/// Direct writes want their bytes aligned.
#[repr(align(4096))]
struct Aligned([u8; CHUNK_BYTES as usize]);

static ZEROS: Aligned = Aligned([0; CHUNK_BYTES as usize]);

/// Distance kept to the appender, so that it practically never meets a claim.
const LEAD_BYTES: u64 = 4 << 20;

/// Pause between chunks: less than 1 GiB/s of zeros, which is more than groups append.
const PAUSE: Duration = Duration::from_millis(1);

/// After a failure (disk full) nobody may wake this thread until the tail reaches the end.
const RETRY: Duration = Duration::from_secs(5);

impl CommitLog {
    /// Body of the preparing thread; returns when stopped. `failed` hears of each failure and,
    /// with `None`, of the next success.
    pub(crate) fn run_preparing(&self, failed: impl Fn(Option<String>)) {
        loop {
            let round = self.prepare(|| self.prepare_wanted.pause(PAUSE));
            failed(round.as_ref().err().map(ToString::to_string));
            if self.prepare_wanted.wait(round.err().map(|_| RETRY)) == Wake::Stopped {
                return;
            }
        }
    }

    /// One round: makes the next segment when the tail is half through, zeroes the window, and
    /// says at which position the next round is due. `pause` ends the round by returning true.
    pub(crate) fn prepare(&self, pause: impl Fn() -> bool) -> Result<(), FileError> {
        loop {
            let tail = self.positions.written.load(Ordering::Acquire);
            let window_bytes = self.zeros_ahead_bytes(tail);
            let Some(current) = self.segments.find(tail) else {
                // Exactly at the end of a closed segment, before its successor exists.
                self.segments.get_or_make(tail)?;
                continue;
            };
            let half = current.base + current.bytes / 2;
            let window_end = tail + window_bytes;
            let next = if tail >= half || window_end > current.end() {
                Some(self.segments.get_or_make(current.end())?)
            } else {
                None
            };
            let zeroed = window_bytes > 0
                && (self.zero_chunk(&current, window_end)?
                    || match &next {
                        Some(next) => self.zero_chunk(next, window_end)?,
                        None => false,
                    });
            if !zeroed {
                // With nothing to zero the next round is due half-way through the next segment.
                let half = if next.is_none() { half } else { half + current.bytes };
                let due = if window_bytes > 0 { half.min(tail + CHUNK_BYTES) } else { half };
                self.prepare_at.store(due, Ordering::Relaxed);
                return Ok(());
            }
            if pause() {
                return Ok(());
            }
        }
    }

    fn zeros_ahead_bytes(&self, tail: u64) -> u64 {
        if self.mode == FlushMode::Async {
            return 0;
        }
        let appended = tail.saturating_sub(self.opened_at);
        let grown = appended.saturating_mul(WINDOW_GROWTH).min(self.segments.segment_bytes());
        grown.max(WINDOW_BYTES)
    }

    /// Zeroes a chunk and syncs it; false when less than one is left before `end`.
    fn zero_chunk(&self, segment: &Arc<Segment>, end: u64) -> Result<bool, FileError> {
        let until = end.saturating_sub(segment.base);
        let until = if until < segment.bytes { until - until % CHUNK_BYTES } else { until };
        let Some(claim) = segment.claim_zeroing(CHUNK_BYTES, LEAD_BYTES, until) else {
            return Ok(false);
        };
        let len = (claim.end - claim.start) as usize;
        let written = segment.write_past_cache(ZEROS.0.get(..len).unwrap_or_default(), claim.start);
        segment.release_claim(written.is_ok());
        written?;
        // Outside of the claim: an appender that catches up may write here meanwhile.
        let synced = segment.sync_data();
        if let Err(error) = &synced {
            // The kernel reports a lost write once. This sync may have heard of a record's, and
            // the next synced write would then be told that all is well.
            self.fail(&error.to_string());
        }
        synced?;
        Ok(true)
    }
}
