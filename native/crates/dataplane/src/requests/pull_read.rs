//! Finding a pull's messages: walk queue entries, filter, gather runs of the log (Java
//! `DefaultMessageStore.getMessage`). Unlike Java's, a pull from far behind the tail is not cut to
//! 8 messages or 64 KiB: it is read where it holds up nobody.

use std::sync::Arc;

use turbopump_store::{ColdRun, LogSlice, Queue, QueueEntry, ReadError, Store};
use turbopump_wire::codes::response_code::{
    PULL_NOT_FOUND, PULL_OFFSET_MOVED, PULL_RETRY_IMMEDIATELY, SUCCESS,
};
use turbopump_wire::{PhysicalOffset, QueueOffset};

use super::TagFilter;

/// Entries that one pull looks at for wanted tags: Java's `maxFilterMessageSize`, 16,000 bytes.
const FILTERED_ENTRIES_MAX: usize = 800;
/// Entries read in one step.
const STEP: usize = 64;

/// Outcome of a look into the queue; the text is the answer's remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Found,
    NoMatchedMessage,
    MessageWasRemoving,
    NoMessageInQueue,
    OffsetOverflowOne,
    OffsetOverflowBadly,
    OffsetTooSmall,
    OffsetReset,
}

impl Status {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Found => "FOUND",
            Self::NoMatchedMessage => "NO_MATCHED_MESSAGE",
            Self::MessageWasRemoving => "MESSAGE_WAS_REMOVING",
            Self::NoMessageInQueue => "NO_MESSAGE_IN_QUEUE",
            Self::OffsetOverflowOne => "OFFSET_OVERFLOW_ONE",
            Self::OffsetOverflowBadly => "OFFSET_OVERFLOW_BADLY",
            Self::OffsetTooSmall => "OFFSET_TOO_SMALL",
            Self::OffsetReset => "OFFSET_RESET",
        }
    }

    /// The response code (Java `PullMessageProcessor.composeResponseHeader`).
    pub(crate) fn code(self, asked: i64) -> i32 {
        match self {
            Self::Found => SUCCESS,
            Self::NoMatchedMessage | Self::MessageWasRemoving => PULL_RETRY_IMMEDIATELY,
            Self::NoMessageInQueue if asked == 0 => PULL_NOT_FOUND,
            Self::OffsetOverflowOne => PULL_NOT_FOUND,
            Self::NoMessageInQueue
            | Self::OffsetOverflowBadly
            | Self::OffsetTooSmall
            | Self::OffsetReset => PULL_OFFSET_MOVED,
        }
    }
}

/// Limits of one answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PullLimits {
    pub(crate) messages: usize,
    /// The first message is handed out however large.
    pub(crate) bytes: u64,
}

/// What a pull found.
pub(crate) struct Pulled {
    pub(crate) status: Status,
    pub(crate) next: i64,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) runs: Vec<LogSlice>,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    /// Position of the last message looked at.
    pub(crate) last: PhysicalOffset,
    /// Whatever else would be suggested: the master has more.
    pub(crate) to_master: bool,
}

impl Pulled {
    fn nothing(status: Status, next: i64, (min, max): (i64, i64)) -> Self {
        let (runs, last) = (Vec::new(), PhysicalOffset::ZERO);
        Self { status, next, min, max, runs, messages: 0, bytes: 0, last, to_master: false }
    }
}

/// The answer that sends a consumer where an administrator wants it.
pub(crate) fn moved(queue: &Queue, to: QueueOffset) -> Pulled {
    let bounds = (queue.min_offset().get() as i64, queue.max_offset().get() as i64);
    Pulled::nothing(Status::OffsetReset, to.get() as i64, bounds)
}

/// How far a look may reach.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    /// Event loops: what is in memory.
    Memory,
    /// Reading threads: the device as well.
    Disk,
}

/// Where a look may reach, and what it uses again from the one before.
pub(crate) struct Look<'a> {
    pub(crate) reach: Reach,
    pub(crate) entries: &'a mut Vec<QueueEntry>,
    /// Gets positions to read ahead, whatever comes of the look.
    pub(crate) ahead: &'a mut Vec<u64>,
}

/// Why a look ended without a result.
#[derive(Debug)]
pub(crate) enum Halt {
    /// What is wanted is not in memory: a reading thread looks again.
    Cold,
    Failed(ReadError),
}

impl<E: Into<ReadError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Looks for messages from `asked` on.
pub(crate) fn read(
    store: &Store,
    queue: &Arc<Queue>,
    asked: i64,
    filter: &TagFilter,
    limits: PullLimits,
    look: &mut Look<'_>,
) -> Result<Pulled, Halt> {
    let (min, max) = (queue.min_offset().get() as i64, queue.max_offset().get() as i64);
    let nothing = |status, next| Ok(Pulled::nothing(status, next, (min, max)));
    if max == 0 {
        return nothing(Status::NoMessageInQueue, 0);
    }
    if asked < min {
        return nothing(Status::OffsetTooSmall, min);
    }
    if asked == max {
        return nothing(Status::OffsetOverflowOne, asked);
    }
    if asked > max {
        return nothing(Status::OffsetOverflowBadly, max);
    }
    let pulled = Pulled::nothing(Status::NoMatchedMessage, asked, (min, max));
    let (reach, mut cold) = (look.reach, ColdRun::default());
    let gather = Gather { store, limits, pulled, run: None, reach, cold: &mut cold };
    let found = gather.walk(queue, filter, look.entries);
    look.ahead.append(&mut cold.ahead);
    found
}

struct Gather<'a> {
    store: &'a Store,
    limits: PullLimits,
    pulled: Pulled,
    /// Neighbouring records, not yet read.
    run: Option<(PhysicalOffset, u32)>,
    reach: Reach,
    /// What is copied because it is not in the page cache.
    cold: &'a mut ColdRun,
}

impl Gather<'_> {
    fn walk(
        mut self,
        queue: &Queue,
        filter: &TagFilter,
        entries: &mut Vec<QueueEntry>,
    ) -> Result<Pulled, Halt> {
        let most = FILTERED_ENTRIES_MAX.max(self.limits.messages);
        let mut looked_at = 0;
        while self.pulled.next < self.pulled.max && looked_at < most {
            entries.clear();
            let from = QueueOffset::new(self.pulled.next as u64);
            let count = STEP.min(most - looked_at);
            match self.reach {
                Reach::Disk => queue.read(from, count, entries)?,
                Reach::Memory if queue.read_now(from, count, entries)? => {}
                Reach::Memory => return Err(Halt::Cold),
            }
            if entries.is_empty() {
                break;
            }
            looked_at += entries.len();
            for entry in entries.iter() {
                if !entry.is_blank() && filter.takes(entry.tags_code) && !self.take(entry)? {
                    return self.finish();
                }
                self.pulled.next += 1;
                self.pulled.last = self.pulled.last.max(entry.physical);
            }
        }
        self.finish()
    }

    /// False when the answer is full.
    fn take(&mut self, entry: &QueueEntry) -> Result<bool, Halt> {
        let size = u64::from(entry.size);
        let pulled = &mut self.pulled;
        let full = pulled.messages as usize >= self.limits.messages
            || pulled.bytes + size > self.limits.bytes;
        if pulled.messages > 0 && full {
            return Ok(false);
        }
        match self.run {
            Some((at, len)) if at.advance(len.into()) == entry.physical => {
                self.run = Some((at, len.saturating_add(entry.size)));
            }
            _ => {
                self.end_run()?;
                // Retention may have taken the oldest segment since the entry was read.
                if entry.physical < self.store.min_offset() {
                    if self.pulled.messages == 0 {
                        self.pulled.status = Status::MessageWasRemoving;
                    }
                    return Ok(true);
                }
                self.run = Some((entry.physical, entry.size));
            }
        }
        self.pulled.status = Status::Found;
        self.pulled.messages += 1;
        self.pulled.bytes += size;
        Ok(true)
    }

    fn end_run(&mut self) -> Result<(), Halt> {
        let Some((at, len)) = self.run.take() else { return Ok(()) };
        match self.reach {
            Reach::Disk => self.store.read_cold(at, len, self.cold)?,
            Reach::Memory => match self.store.resident_run(at, len)? {
                Some(run) => {
                    self.end_copy();
                    self.pulled.runs.push(run);
                }
                None if self.store.take_cold(at, len, self.cold)? => {}
                None => return Err(Halt::Cold),
            },
        }
        Ok(())
    }

    fn end_copy(&mut self) {
        if !self.cold.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.cold.bytes);
            self.pulled.runs.push(LogSlice::copied(bytes));
        }
    }

    fn finish(mut self) -> Result<Pulled, Halt> {
        self.end_run()?;
        self.end_copy();
        Ok(self.pulled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_java() {
        assert_eq!(Status::Found.code(5), 0);
        assert_eq!(Status::NoMatchedMessage.code(5), 20);
        assert_eq!(Status::NoMessageInQueue.code(0), 19, "an empty queue at 0 may be held");
        assert_eq!(Status::NoMessageInQueue.code(5), 21);
        assert_eq!(Status::OffsetOverflowOne.code(5), 19);
        assert_eq!(Status::OffsetOverflowBadly.code(9), 21);
        assert_eq!(Status::OffsetTooSmall.code(0), 21);
    }
}
