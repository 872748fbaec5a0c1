//! Making space ahead of the tail: the next segment exists, and under `SYNC_FLUSH` a window of the
//! file in front of the appender is written with zeros, because a synced write into written blocks
//! costs a part of one into reserved ones (no extent conversion, no journal commit).
//!
//! `ASYNC_FLUSH` writes no zeros: nobody waits for its syncs, and zeros would send every byte to
//! the device twice, take the inode's lock from the appender, and cost more CPU than they save
//! (measured: 9-12 against 6-7 CPU-seconds per million 1 KiB messages in a sustained load).
//!
//! Zeros count only once they are on the device: as long as they sit in the page cache the blocks
//! are reserved ones still, and the first synced write into them pays for the conversion after all
//! (groups of 64 KiB: 0.6 instead of 0.7 of the rate of a bare synced write, in one noisy run). So
//! they are synced here, in steps small enough that no group's sync queues behind much of them.
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

/// How far ahead of the tail the file is zeroed: a second of appends at 64 MiB/s.
const WINDOW_BYTES: u64 = 64 << 20;

/// One write of zeros; what an appender that catches up waits for at most.
const CHUNK_BYTES: u64 = 1 << 20;

static ZEROS: [u8; CHUNK_BYTES as usize] = [0; CHUNK_BYTES as usize];

/// Distance kept to the appender, so that it practically never meets a claim.
const LEAD_BYTES: u64 = 4 << 20;

/// Zeros written before they are synced.
const SYNC_STEP_BYTES: u64 = 8 << 20;

/// Pause between chunks while the appender is far: 250 MiB/s of zeros at most.
const PAUSE: Duration = Duration::from_millis(4);

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
        let window_bytes = match self.mode {
            FlushMode::Sync => WINDOW_BYTES,
            FlushMode::Async => 0,
        };
        let mut zeros = Zeros::default();
        loop {
            let tail = self.positions.written.load(Ordering::Acquire);
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
                && (self.zero_chunk(&mut zeros, &current, window_end)?
                    || match &next {
                        Some(next) => self.zero_chunk(&mut zeros, next, window_end)?,
                        None => false,
                    });
            if !zeroed {
                self.sync_zeros(&mut zeros)?;
                // With nothing to zero the next round is due half-way through the next segment.
                let half = if next.is_none() { half } else { half + current.bytes };
                let due = if window_bytes > 0 { half.min(tail + window_bytes / 2) } else { half };
                self.prepare_at.store(due, Ordering::Relaxed);
                return Ok(());
            }
            if pause() {
                return Ok(());
            }
        }
    }

    /// True when there was something to zero.
    fn zero_chunk(
        &self,
        zeros: &mut Zeros,
        segment: &Arc<Segment>,
        end: u64,
    ) -> Result<bool, FileError> {
        if zeros.segment.as_ref().is_some_and(|last| !Arc::ptr_eq(last, segment)) {
            self.sync_zeros(zeros)?;
        }
        let until = end.saturating_sub(segment.base);
        let Some(claim) = segment.claim_zeroing(CHUNK_BYTES, LEAD_BYTES, until) else {
            return Ok(false);
        };
        let len = (claim.end - claim.start) as usize;
        let written = segment.write_at(ZEROS.get(..len).unwrap_or_default(), claim.start);
        segment.release_claim(written.is_ok());
        written?;
        zeros.segment = Some(Arc::clone(segment));
        zeros.unsynced_bytes += len as u64;
        if zeros.unsynced_bytes >= SYNC_STEP_BYTES {
            self.sync_zeros(zeros)?;
        }
        Ok(true)
    }

    /// Outside of any claim: an appender that catches up may write here meanwhile.
    fn sync_zeros(&self, zeros: &mut Zeros) -> Result<(), FileError> {
        let Some(segment) = std::mem::take(zeros).segment else { return Ok(()) };
        let synced = segment.sync_data();
        if let Err(error) = &synced {
            // The kernel reports a lost write once. This sync may have heard of a record's, and
            // the next synced write would then be told that all is well.
            self.fail(&error.to_string());
        }
        synced
    }
}

/// Written, perhaps not on the device yet; all in one segment.
#[derive(Default)]
struct Zeros {
    segment: Option<Arc<Segment>>,
    unsynced_bytes: u64,
}
