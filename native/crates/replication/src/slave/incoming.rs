//! A master's stream taken apart: frames to log bytes, the overlap compared, the rest gathered and
//! looked at, to be appended by whoever does that.
//!
//! A slave asks for a position a little before its own end. What comes back for its last bytes
//! must equal them: otherwise the two logs have different histories, and nothing is appended. To
//! the master, Java's or ours, that is an ordinary report of a slave that is a little behind.
//! Only whole records go into the log; a record that frames cut waits here, so that the log never
//! ends within one, whatever dies when.

use turbopump_store::{LogSlice, RawAppendError, RawRun, Store};
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
    /// Where `gathered` begins: the end of what was given away to be appended.
    end: u64,
    head: [u8; HEADER_BYTES],
    head_len: usize,
    frame_left: usize,
    /// Bytes from `end` on.
    gathered: RawRun,
    /// End of the master's log as far as it is known.
    master_max: u64,
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
            gathered: RawRun::default(),
            master_max: 0,
        };
        Ok((incoming, if is_empty { 0 } else { start }))
    }

    /// The log is known to continue the master's.
    pub(crate) fn is_verified(&self) -> bool {
        self.at.is_some() && self.compared == self.overlap.len()
    }

    /// End of what was given away.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    pub(crate) const fn master_max(&self) -> u64 {
        self.master_max
    }

    /// Bytes that wait to be looked at or for the rest of their record.
    pub(crate) fn gathered_len(&self) -> usize {
        self.gathered.held_len()
    }

    /// The stream is not at the end of a frame: more is on its way.
    pub(crate) const fn is_within_frame(&self) -> bool {
        self.frame_left > 0 || self.head_len > 0
    }

    /// Room for the next bytes of the stream where they may be read to directly: the rest of a
    /// frame and the head of the next one, at most `most`. `read` then takes them in.
    pub(crate) fn room(&mut self, most: usize) -> Option<&mut [u8]> {
        let is_direct = self.frame_left > HEADER_BYTES && self.is_verified();
        let bytes = self.frame_left.saturating_add(HEADER_BYTES).min(most);
        is_direct.then(|| self.gathered.room(bytes))
    }

    /// Takes in bytes that were read to the room.
    pub(crate) fn read(&mut self, count: usize, store: &Store) -> Result<(), Refusal> {
        let body = count.min(self.frame_left);
        let mut head = [0; HEADER_BYTES];
        let behind = self.gathered.room(count).get(body..).unwrap_or_default();
        let head_len = behind.len().min(HEADER_BYTES);
        for (slot, byte) in head.iter_mut().zip(behind) {
            *slot = *byte;
        }
        self.gathered.fill(body);
        self.frame_left -= body;
        self.at = self.at.map(|at| at + body as u64);
        self.take(head.get(..head_len).unwrap_or_default(), store)
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
            if !body.is_empty() {
                self.gathered.extend(body);
            }
        }
        Ok(())
    }

    /// Looks at what was gathered. What of it is whole records is given away in exchange for
    /// `spare`, and counts as the log's; `None`, and `spare` untouched, when nothing is.
    pub(crate) fn whole(
        &mut self,
        store: &Store,
        spare: &mut RawRun,
    ) -> Result<Option<RawRun>, Refusal> {
        store.check_raw(PhysicalOffset::new(self.end), &mut self.gathered)?;
        if self.gathered.whole().is_empty() {
            if self.gathered.held_len() > HELD_BYTES_MAX {
                let at = PhysicalOffset::new(self.end);
                return Err(Refusal::Append(RawAppendError::NotARecord { at }));
            }
            return Ok(None);
        }
        self.end = self.gathered.end().get();
        self.gathered.move_rest(spare);
        Ok(Some(std::mem::replace(&mut self.gathered, std::mem::take(spare))))
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
}
