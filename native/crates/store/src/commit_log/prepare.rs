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
//! of them. So under load the window grows to the end of the tail's file, and while the tail is in
//! the second half of that, the next file is zeroed, twice as fast as the tail moves.
//!
//! Past the page cache go zeros beside a load. Those made while nobody appends go through it and
//! stay there, as far as an eighth of the machine's memory reaches: a group that finds its pages
//! is a copy, not one page after the other to allocate, describe and charge, for which the device
//! would wait (256 in flight: 17 instead of 40 µs between a group and its write, 1.08 × the
//! throughput, 0.9 × the CPU). Such pages are clean, and the first that a machine short of memory
//! takes back. In a load that goes on beyond them pages of zeros bring nothing (measured: 0.96 ×).
//!
//! Zeros are half of what the device gets, and a group that meets a step of them takes two or three
//! times as long (64 in flight: 1.4 × the throughput without them). So while nobody appends, the
//! rest of the tail's file and the next two are zeroed (Java makes as many ahead): up to three
//! segments of a burst find their blocks written, and only a load that goes on beyond them pays.
//!
//! Never more than a step at once: boot waits for nothing, and no burst of zeros queues in front of
//! a sync. Zeros are never needed for correctness: blocks that are reserved but not written read
//! as zeros too.

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

/// Bytes that are zeroed ahead for each byte appended: since the start in the tail's file, since
/// its half in the next one.
const GROWTH: u64 = 2;

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

/// Nobody appends when so long no more than `QUIET_BYTES` came.
const QUIET: Duration = Duration::from_millis(200);
const QUIET_BYTES: u64 = 64 << 10;

/// Files behind the tail's that are zeroed while nobody appends.
const SPARE_SEGMENTS: u64 = 2;

/// More than one of them only while the disk has room for so many: what nobody needs yet must not
/// fill it.
const ROOM_SEGMENTS: u64 = 8;

/// Pages of zeros may take one part in so many of the machine's memory.
pub(super) const WARM_SHARE: u64 = 8;

/// After a failure (disk full) nobody may wake this thread until the tail reaches the end.
const RETRY: Duration = Duration::from_secs(5);

impl CommitLog {
    /// Body of the preparing thread; returns when stopped. `failed` hears of each failure and,
    /// with `None`, of the next success.
    pub(crate) fn run_preparing(&self, failed: impl Fn(Option<String>)) {
        let pause = || self.prepare_wanted.pause(PAUSE);
        // The segment that is zeroed to its end together with the one behind it.
        let mut filled = None;
        let mut is_quiet = false;
        loop {
            let tail = self.positions.written.load(Ordering::Acquire);
            let current = self.segments.find(tail).map(|segment| segment.base);
            let round = self.prepare(pause).and_then(|()| Ok(is_quiet && self.fill(tail, pause)?));
            failed(round.as_ref().err().map(ToString::to_string));
            if matches!(round, Ok(true)) {
                filled = current;
            }
            let is_over = self.mode == FlushMode::Async || current.is_some() && current == filled;
            let limit = match round {
                Ok(_) => (!is_over).then_some(QUIET),
                Err(_) => Some(RETRY),
            };
            is_quiet = match self.prepare_wanted.wait(limit) {
                Wake::Stopped => return,
                Wake::TimedOut => self.mode == FlushMode::Sync && self.is_quiet_since(tail),
                Wake::Raised => false,
            };
        }
    }

    fn is_quiet_since(&self, tail: u64) -> bool {
        self.positions.written.load(Ordering::Acquire).abs_diff(tail) <= QUIET_BYTES
    }

    /// Zeroes the tail's file and the spare ones as long as nobody appends; true when all is done.
    /// `pause` ends it by returning true.
    pub(crate) fn fill(&self, tail: u64, pause: impl Fn() -> bool) -> Result<bool, FileError> {
        while self.is_quiet_since(tail) {
            let Some(current) = self.segments.find(tail) else { return Ok(false) };
            let warm_until = tail.saturating_add(self.warm_bytes.load(Ordering::Relaxed));
            if !self.fill_chunk(current, warm_until)? {
                return Ok(true);
            }
            if pause() {
                break;
            }
        }
        Ok(false)
    }

    /// The next chunk of `current` or of a spare file; false when all of them are zeros.
    fn fill_chunk(&self, current: Arc<Segment>, warm_until: u64) -> Result<bool, FileError> {
        let mut segment = current;
        for spare in 0..=SPARE_SEGMENTS {
            if self.zero_chunk(&segment, segment.end(), warm_until)? {
                return Ok(true);
            }
            let is_last = spare == SPARE_SEGMENTS
                || spare > 0 && !self.segments.has_room_for(ROOM_SEGMENTS)?;
            if is_last {
                break;
            }
            segment = self.segments.get_or_make(segment.end())?;
        }
        Ok(false)
    }

    /// One round: makes the next segment when the tail is half through, zeroes the window, and
    /// says at which position the next round is due. `pause` ends the round by returning true.
    pub(crate) fn prepare(&self, pause: impl Fn() -> bool) -> Result<(), FileError> {
        loop {
            let tail = self.positions.written.load(Ordering::Acquire);
            let Some(current) = self.segments.find(tail) else {
                // Exactly at the end of a closed segment, before its successor exists.
                self.segments.get_or_make(tail)?;
                continue;
            };
            let half = current.base + current.bytes / 2;
            let window_end = self.zeros_wanted_until(tail, &current);
            let next = if tail >= half || window_end > current.end() {
                Some(self.segments.get_or_make(current.end())?)
            } else {
                None
            };
            let zeroed = window_end > tail
                && (self.zero_chunk(&current, window_end, 0)?
                    || match &next {
                        Some(next) => self.zero_chunk(next, window_end, 0)?,
                        None => false,
                    });
            if !zeroed {
                // With nothing to zero the next round is due half-way through the next segment.
                let half = if next.is_none() { half } else { half + current.bytes };
                let due = if window_end > tail { half.min(tail + CHUNK_BYTES) } else { half };
                self.prepare_at.store(due, Ordering::Relaxed);
                return Ok(());
            }
            if pause() {
                return Ok(());
            }
        }
    }

    /// Up to which position a load wants zeros; the tail when it wants none.
    fn zeros_wanted_until(&self, tail: u64, current: &Segment) -> u64 {
        if self.mode == FlushMode::Async {
            return tail;
        }
        let appended = tail.saturating_sub(self.opened_at);
        let grown = (tail + GROWTH * appended).min(current.end());
        let behind_half = tail.saturating_sub(current.base + current.bytes / 2);
        let next = if behind_half > 0 { current.end() + GROWTH * behind_half } else { 0 };
        grown.max(next).max(tail + WINDOW_BYTES)
    }

    /// Zeroes a chunk and syncs it; false when less than one is left before `end`. Below
    /// `warm_until` its pages stay in memory.
    fn zero_chunk(
        &self,
        segment: &Arc<Segment>,
        end: u64,
        warm_until: u64,
    ) -> Result<bool, FileError> {
        let until = end.saturating_sub(segment.base);
        let until = if until < segment.bytes { until - until % CHUNK_BYTES } else { until };
        let Some(claim) = segment.claim_zeroing(CHUNK_BYTES, LEAD_BYTES, until) else {
            return Ok(false);
        };
        let len = (claim.end - claim.start) as usize;
        let zeros = ZEROS.0.get(..len).unwrap_or_default();
        let written = if segment.base + claim.end <= warm_until {
            segment.write_at(zeros, claim.start)
        } else {
            segment.write_past_cache(zeros, claim.start)
        };
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
