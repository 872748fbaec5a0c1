//! A master's stream taken apart: frames to log bytes, the overlap compared, the rest appended.
//!
//! A slave asks for a position a little before its own end. What comes back for its last bytes
//! must equal them: otherwise the two logs have different histories, and nothing is appended. To
//! the master, Java's or ours, that is an ordinary report of a slave that is a little behind.
//! Only whole records go into the log; a record that frames cut waits here, so that the log never
//! ends within one, whatever dies when.

use std::sync::Arc;

use turbopump_store::{LogSlice, Queue, RawAppendError, Store};
use turbopump_wire::PhysicalOffset;

use super::refusal::Refusal;
use crate::frame::{FrameHeader, HEADER_BYTES};

/// A record and its frame's rest are kept in memory until it is whole. The broker's own limit of a
/// frame is half of it; a longer filler or record than this is none.
const HELD_BYTES_MAX: usize = 32 << 20;

/// How much of the log's end is compared.
const OVERLAP_BYTES: u64 = 4 << 10;

pub(crate) struct Incoming {
    /// Own bytes that the master's are to equal, from `at` on while any are left.
    overlap: LogSlice,
    compared: usize,
    /// Position of the next byte of the stream; `None` until the first frame of an empty log.
    at: Option<u64>,
    /// End of this log.
    end: u64,
    head: [u8; HEADER_BYTES],
    head_len: usize,
    frame_left: usize,
    /// Bytes from `end` on that are not a whole record yet.
    held: Vec<u8>,
    /// End of the master's log as far as it is known.
    master_max: u64,
    /// Queues that got entries since somebody asked.
    touched: Vec<Arc<Queue>>,
}

impl Incoming {
    /// Looks at the store's end; also the report to begin with.
    pub(crate) fn begin(store: &Store) -> Result<(Self, u64), Refusal> {
        let (min, end) = (store.min_offset().get(), store.written().get());
        let is_empty = min == end;
        let base = end - end % store.segment_bytes();
        // 0 would mean "from the start".
        let start = end.saturating_sub(OVERLAP_BYTES).max(base).max(min).max(1).min(end);
        let overlap = if is_empty || start == end {
            LogSlice::default()
        } else {
            let from = PhysicalOffset::new(start);
            let read = store.read_written(from, (end - start) as usize);
            read.map_err(|error| Refusal::Unreadable { reason: error.to_string() })?
        };
        let incoming = Self {
            overlap,
            compared: 0,
            at: (!is_empty).then_some(start),
            end,
            head: [0; HEADER_BYTES],
            head_len: 0,
            frame_left: 0,
            held: Vec::new(),
            master_max: 0,
            touched: Vec::new(),
        };
        Ok((incoming, if is_empty { 0 } else { start }))
    }

    /// End of this log, once the overlap was found to be equal; before that nothing is told.
    pub(crate) fn verified_end(&self) -> Option<u64> {
        (self.at.is_some() && self.compared == self.overlap.len()).then_some(self.end)
    }

    pub(crate) const fn master_max(&self) -> u64 {
        self.master_max
    }

    /// Queues that have new entries since the last call, some of them more than once.
    pub(crate) fn touched(&mut self) -> impl Iterator<Item = Arc<Queue>> {
        self.touched.drain(..)
    }

    /// Takes bytes of the stream in.
    pub(crate) fn take(&mut self, mut bytes: &[u8], store: &Store) -> Result<(), Refusal> {
        while !bytes.is_empty() {
            if self.frame_left == 0 {
                bytes = self.take_head(bytes, store)?;
                continue;
            }
            let (body, rest) = bytes.split_at(bytes.len().min(self.frame_left));
            bytes = rest;
            self.frame_left -= body.len();
            let body = self.compare(body)?;
            self.append(body, store)?;
        }
        Ok(())
    }

    fn take_head<'a>(&mut self, bytes: &'a [u8], store: &Store) -> Result<&'a [u8], Refusal> {
        let missing = HEADER_BYTES - self.head_len;
        let (part, rest) = bytes.split_at(bytes.len().min(missing));
        if let Some(slot) = self.head.get_mut(self.head_len..self.head_len + part.len()) {
            slot.copy_from_slice(part);
        }
        self.head_len += part.len();
        if self.head_len == HEADER_BYTES {
            self.head_len = 0;
            let header = FrameHeader::parse(self.head).ok_or(Refusal::NotAFrame)?;
            self.place(header, store)?;
        }
        Ok(rest)
    }

    fn place(&mut self, header: FrameHeader, store: &Store) -> Result<(), Refusal> {
        let at = if let Some(at) = self.at {
            at
        } else {
            store.start_empty_at(PhysicalOffset::new(header.offset))?;
            self.end = header.offset;
            *self.at.insert(header.offset)
        };
        self.master_max = self.master_max.max(header.offset + u64::from(header.len));
        if header.offset != at {
            return Err(if header.offset > at {
                Refusal::MasterBeginsLater { master: header.offset, end: self.end }
            } else {
                Refusal::MasterEndsEarlier { master: header.offset, end: self.end }
            });
        }
        self.frame_left = header.len as usize;
        Ok(())
    }

    /// Compares what belongs to the overlap; what is behind it.
    fn compare<'a>(&mut self, body: &'a [u8]) -> Result<&'a [u8], Refusal> {
        let at = self.at.unwrap_or_default();
        self.at = Some(at + body.len() as u64);
        let own = self.overlap.get(self.compared..).unwrap_or_default();
        let (theirs, rest) = body.split_at(body.len().min(own.len()));
        let differs = own.iter().zip(theirs).position(|(own, theirs)| own != theirs);
        if let Some(index) = differs {
            return Err(Refusal::Differs { at: at + index as u64, end: self.end });
        }
        self.compared += theirs.len();
        Ok(rest)
    }

    fn append(&mut self, mut body: &[u8], store: &Store) -> Result<(), Refusal> {
        if self.held.is_empty() {
            // The common case copies nothing.
            body = body.get(self.put(body, store)?..).unwrap_or_default();
            self.held.extend_from_slice(body);
            return Ok(());
        }
        self.held.extend_from_slice(body);
        let held = std::mem::take(&mut self.held);
        let taken = self.put(&held, store);
        self.held = held;
        self.held.drain(..taken?);
        if self.held.len() > HELD_BYTES_MAX {
            return Err(Refusal::Append(RawAppendError::NotARecord {
                at: PhysicalOffset::new(self.end),
            }));
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8], store: &Store) -> Result<usize, Refusal> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let taken = store.append_raw(PhysicalOffset::new(self.end), bytes, &mut self.touched)?;
        self.end += taken as u64;
        Ok(taken)
    }
}
