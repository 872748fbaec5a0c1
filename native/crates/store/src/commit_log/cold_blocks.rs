//! Reading what is not in memory: whole blocks, past the page cache, shared by all who are there.
//!
//! A consumer far behind would else fill the page cache with bytes that nobody reads again, and
//! push out the tail that everybody reads. Blocks go into a bounded set of buffers, the longest
//! unused one first; two consumers of one range share them, and whoever goes on from block to
//! block has the next ones read ahead (by [`ColdBlocks::load`] on another thread). Who may not wait
//! takes what has been read ahead, and only that.
//! Only durable bytes are read so: a block never changes. Any other range is read by `pread`.
//! Refuses: handing out a block. Readers get copies, so a slow one pins nothing.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::CommitLog;
use super::segment::Segment;
use crate::disk::DIRECT_ALIGNMENT;
use crate::error::FileError;

/// One read from the device. 20 messages of 1 KiB each of 20 alternating queues fit.
pub(crate) const BLOCK_BYTES: u64 = 512 << 10;

/// Blocks kept, 64 MiB; allocated as they are needed, given back when nobody reads cold.
const BLOCKS_MAX: usize = 128;

/// Blocks that are read ahead of a sequential reader.
const AHEAD_BLOCKS: u64 = 4;

/// A buffer whose content begins at an address that direct reads accept.
struct Buffer {
    bytes: Vec<u8>,
    skip: usize,
    filled: usize,
}

impl Buffer {
    fn new() -> Self {
        let bytes = vec![0; BLOCK_BYTES as usize + DIRECT_ALIGNMENT];
        let skip = bytes.as_ptr().align_offset(DIRECT_ALIGNMENT).min(DIRECT_ALIGNMENT);
        Self { bytes, skip, filled: 0 }
    }

    fn space(&mut self) -> &mut [u8] {
        let end = self.skip + BLOCK_BYTES as usize;
        self.bytes.get_mut(self.skip..end).unwrap_or_default()
    }

    fn content(&self) -> &[u8] {
        self.bytes.get(self.skip..self.skip + self.filled).unwrap_or_default()
    }
}

/// A block that is read by whoever wants it first; `None` inside when reading it failed.
type Block = OnceLock<Option<Buffer>>;

#[derive(Default)]
struct Table {
    /// Longest unused first, by position in the log.
    blocks: VecDeque<(u64, Arc<Block>)>,
    spare: Vec<Buffer>,
}

impl Table {
    /// The block at `at`, now the last one to go. True when it is new.
    fn touch(&mut self, at: u64) -> (Arc<Block>, bool) {
        let found = self.blocks.iter().rposition(|(position, _)| *position == at);
        if let Some(held) = found.and_then(|index| self.blocks.remove(index)) {
            let block = Arc::clone(&held.1);
            self.blocks.push_back(held);
            return (block, false);
        }
        if self.blocks.len() >= BLOCKS_MAX
            && let Some((_, oldest)) = self.blocks.pop_front()
            && let Some(Some(buffer)) = Arc::try_unwrap(oldest).ok().and_then(Block::into_inner)
        {
            self.spare.push(buffer);
        }
        let block = Arc::new(Block::new());
        self.blocks.push_back((at, Arc::clone(&block)));
        (block, true)
    }

    fn has(&self, at: u64) -> bool {
        self.blocks.iter().any(|(position, _)| *position == at)
    }

    fn forget(&mut self, at: u64) {
        self.blocks.retain(|(position, _)| *position != at);
    }
}

/// The blocks in memory.
#[derive(Default)]
pub(crate) struct ColdBlocks {
    table: Mutex<Table>,
}

impl ColdBlocks {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives all memory back.
    pub(crate) fn clear(&self) {
        *self.lock() = Table::default();
    }

    /// Reads the block, unless somebody has or does; then waits for it.
    fn load(&self, segment: &Segment, at: u64, block: &Block) {
        block.get_or_init(|| {
            let mut buffer = self.lock().spare.pop().unwrap_or_else(Buffer::new);
            let read = segment.read_past_cache(buffer.space(), at - segment.base);
            // The reader reads again, exactly its bytes: a bad sector harms its own messages only,
            // and the error is told by that.
            buffer.filled = read.ok()?;
            Some(buffer)
        });
        if block.get().is_some_and(Option::is_none) {
            self.lock().forget(at);
        }
    }
}

/// Cold bytes that one request gathers, and what it keeps while it does.
#[derive(Default)]
pub struct ColdRun {
    /// What was found, in the order it was asked for.
    pub bytes: Vec<u8>,
    /// Positions for [`crate::Store::read_ahead`].
    pub ahead: Vec<u64>,
    /// The block of the last piece: neighbours in a queue are mostly neighbours in the log.
    held: Option<(u64, Arc<Block>)>,
}

impl ColdRun {
    fn holds(&self, start: u64) -> bool {
        self.held.as_ref().is_some_and(|(position, _)| *position == start)
    }
}

impl CommitLog {
    /// Whether the run has the block in which byte `at` (relative) of the segment lies.
    pub(super) fn is_at_hand(segment: &Segment, at: u64, run: &ColdRun) -> bool {
        run.holds(block_start(segment, segment.base + at))
    }

    /// Appends `len` bytes from `at` (relative) of the segment to the run. False, and nothing is
    /// appended, when the device would have to be waited for by who may not.
    pub(super) fn read_blocks(
        &self,
        segment: &Segment,
        at: u64,
        len: usize,
        run: &mut ColdRun,
        may_wait: bool,
    ) -> Result<bool, FileError> {
        let before = run.bytes.len();
        let (mut from, end) = (segment.base + at, segment.base + at + len as u64);
        while from < end {
            let start = block_start(segment, from);
            let upto = end.min(start + BLOCK_BYTES);
            if !self.copy_from_block(segment, start, from..upto, run, may_wait) {
                let old = run.bytes.len();
                if !may_wait {
                    run.bytes.truncate(before);
                    return Ok(false);
                }
                run.bytes.resize(old + (upto - from) as usize, 0);
                let space = run.bytes.get_mut(old..).unwrap_or_default();
                segment.read(space, from - segment.base)?;
            }
            from = upto;
        }
        Ok(true)
    }

    /// False when the bytes are in no block, or in one that is not in memory yet.
    fn copy_from_block(
        &self,
        segment: &Segment,
        start: u64,
        wanted: Range<u64>,
        run: &mut ColdRun,
        may_wait: bool,
    ) -> bool {
        if !run.holds(start) {
            if !self.is_block(segment, start) {
                return false;
            }
            run.held = Some((start, self.enter(segment, start, &mut run.ahead)));
        }
        let Some((_, block)) = &run.held else { return false };
        if may_wait {
            self.cold.load(segment, start, block);
        }
        let content = block.get().and_then(Option::as_ref).map(Buffer::content);
        let wanted = (wanted.start - start) as usize..(wanted.end - start) as usize;
        let piece = content.and_then(|content| content.get(wanted));
        piece.map(|piece| run.bytes.extend_from_slice(piece)).is_some()
    }

    /// The block, and the ones behind it that nobody has asked for yet.
    fn enter(&self, segment: &Segment, start: u64, ahead: &mut Vec<u64>) -> Arc<Block> {
        let mut table = self.cold.lock();
        let (block, is_new) = table.touch(start);
        let goes_on = start.checked_sub(BLOCK_BYTES).is_some_and(|before| table.has(before));
        if !is_new && block.get().is_some() && !goes_on {
            return block;
        }
        if goes_on {
            for nth in 1..=AHEAD_BLOCKS {
                let next = start + nth * BLOCK_BYTES;
                if !self.is_block(segment, next) {
                    break;
                }
                if !table.has(next) {
                    table.touch(next);
                    ahead.push(next);
                }
            }
        }
        block
    }

    /// Whether a block begins there that is whole, durable and not in memory anyway.
    fn is_block(&self, segment: &Segment, start: u64) -> bool {
        let end = start + BLOCK_BYTES;
        let positions = &self.positions;
        let durable = positions.flushed.load(std::sync::atomic::Ordering::Acquire);
        start >= segment.base && end <= segment.end() && end <= durable
    }

    /// Reads a block that `read_blocks` has named.
    pub(crate) fn load_block(&self, start: u64) {
        // Gone meanwhile: nobody waits for it.
        let Some(segment) = self.segments.find(start) else { return };
        let (block, _) = self.cold.lock().touch(start);
        self.cold.load(&segment, start, &block);
    }
}

/// Blocks are counted from the beginning of their file, whatever its size.
fn block_start(segment: &Segment, at: u64) -> u64 {
    at - (at - segment.base) % BLOCK_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_begins_where_direct_reads_may() {
        let mut buffer = Buffer::new();
        assert_eq!(buffer.space().as_ptr().addr() % DIRECT_ALIGNMENT, 0);
        assert_eq!(buffer.space().len() as u64, BLOCK_BYTES);
    }

    #[test]
    fn the_longest_unused_block_goes_and_its_memory_is_used_again() {
        let mut table = Table::default();
        for nth in 0..BLOCKS_MAX as u64 {
            let (block, is_new) = table.touch(nth);
            assert!(is_new);
            block.get_or_init(|| Some(Buffer::new()));
        }
        assert!(!table.touch(0).1, "still there, and now the newest");
        assert!(table.touch(1_000).1);
        assert!(table.has(0) && !table.has(1) && table.has(2));
        assert_eq!((table.blocks.len(), table.spare.len()), (BLOCKS_MAX, 1));
    }
}
