//! One connection's socket and what was read of a frame that is not whole yet.

use std::io::{self, Read};
use std::time::Instant;

use crate::arrival::Ticket;
use crate::conn_id::ConnId;
use crate::ctx::Ctx;
use crate::desk::Desk;
use crate::service::Service;
use turbopump_wire::frame;

/// Bytes of a loop's scratch buffer: what one read of one socket takes.
pub(crate) const SCRATCH_BYTES: usize = 64 << 10;
/// A partial frame above this is completed in its own buffer; below, it is moved to the scratch
/// buffer, so that one read brings many frames.
const SMALL_PARTIAL_BYTES: usize = SCRATCH_BYTES / 4;
/// How much a large frame's buffer grows ahead of the bytes that really arrived.
const LARGE_STEP_BYTES: usize = 128 << 10;

#[allow(clippy::struct_excessive_bools)] // Independent facts about one socket, no state machine.
pub(crate) struct Line<K> {
    pub(crate) socket: K,
    /// The start of the next frame; whole frames only while `uncut`.
    pub(crate) partial: Vec<u8>,
    /// `partial` may begin with whole frames: cutting stopped at the out cap.
    uncut: bool,
    /// The socket may have bytes; edge-triggered, so this is forgotten only when it says no.
    pub(crate) readable: bool,
    /// The peer ended its side: a short read no longer means that the socket is empty.
    pub(crate) peer_closed: bool,
    /// In the loop's list of lines to read.
    pub(crate) queued: bool,
    /// Over the out cap: not read until it drains.
    pub(crate) paused: bool,
    pub(crate) last_active: Instant,
    /// Memory of the out-buffer as counted when it was written last.
    pub(crate) out_counted: usize,
    _ticket: Option<Ticket>,
}

/// Why reading a line stopped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadEnd {
    /// The socket is empty, or the service closed the connection.
    Drained,
    /// The budget is used up; there is more.
    Budget,
    /// The connection is over its out cap.
    Held,
    /// The peer is gone.
    Closed,
    /// What came is no frame.
    Bad,
    /// The loop may not hold more bytes.
    Memory,
}

/// Who gets the frames, and what reading may use.
pub(crate) struct Reader<'a, S> {
    pub(crate) service: &'a mut S,
    pub(crate) desk: &'a mut Desk,
    pub(crate) scratch: &'a mut [u8],
    pub(crate) conn: ConnId,
    pub(crate) max_frame_bytes: usize,
    pub(crate) budget_bytes: usize,
    /// Memory this loop may still take for buffers.
    pub(crate) spare_bytes: usize,
    pub(crate) bytes_in: u64,
    pub(crate) frames: u64,
}

impl<S: Service> Reader<'_, S> {
    /// Hands over the whole frames at the start of `bytes`; answers how many bytes they were.
    fn deliver(&mut self, bytes: &[u8]) -> (usize, Option<ReadEnd>) {
        let mut consumed = 0;
        loop {
            let rest = bytes.get(consumed..).unwrap_or_default();
            match frame::cut(rest, self.max_frame_bytes) {
                Ok(Some(frame)) => {
                    consumed += frame.whole.len();
                    self.frames += 1;
                    self.service.on_frame(&mut Ctx { desk: self.desk }, self.conn, frame);
                }
                Ok(None) => return (consumed, None),
                Err(_) => return (consumed, Some(ReadEnd::Bad)),
            }
            if self.desk.is_leaving(self.conn) {
                return (consumed, Some(ReadEnd::Drained));
            }
            if self.desk.is_over_cap(self.conn) {
                return (consumed, Some(ReadEnd::Held));
            }
        }
    }

    fn took(&mut self, count: usize) {
        self.bytes_in += count as u64;
        self.budget_bytes = self.budget_bytes.saturating_sub(count);
    }
}

impl<K: Read> Line<K> {
    pub(crate) fn new(socket: K, now: Instant, ticket: Option<Ticket>) -> Self {
        Self {
            socket,
            partial: Vec::new(),
            uncut: false,
            readable: false,
            peer_closed: false,
            queued: false,
            paused: false,
            last_active: now,
            out_counted: 0,
            _ticket: ticket,
        }
    }

    /// Reads until the socket is empty, the budget is used up, or the connection must stop.
    pub(crate) fn read<S: Service>(&mut self, reader: &mut Reader<'_, S>) -> ReadEnd {
        if let Some(end) = self.deliver_kept(reader) {
            return end;
        }
        loop {
            if !self.readable {
                return ReadEnd::Drained;
            }
            if reader.budget_bytes == 0 {
                return ReadEnd::Budget;
            }
            let end = if self.partial.len() <= SMALL_PARTIAL_BYTES {
                self.read_many(reader)
            } else {
                self.read_large(reader)
            };
            match end {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return ReadEnd::Closed,
            }
        }
    }

    /// Frames left over when the connection went over its out cap.
    fn deliver_kept<S: Service>(&mut self, reader: &mut Reader<'_, S>) -> Option<ReadEnd> {
        if !self.uncut {
            return None;
        }
        let (consumed, end) = reader.deliver(&self.partial);
        self.partial.drain(..consumed);
        self.uncut = end == Some(ReadEnd::Held);
        self.release_empty();
        end
    }

    /// One read behind the partial frame in the scratch buffer: many small frames at once.
    fn read_many<S: Service>(&mut self, reader: &mut Reader<'_, S>) -> io::Result<Option<ReadEnd>> {
        let kept = self.partial.len();
        let scratch = std::mem::take(&mut reader.scratch);
        let Some((head, room)) = scratch.split_at_mut_checked(kept) else {
            return Ok(Some(ReadEnd::Memory));
        };
        let read = self.socket.read(room);
        if let Ok(count) = read {
            self.note_read(count, room.len());
            head.copy_from_slice(&self.partial);
            self.partial.clear();
        }
        let end = match read {
            Ok(0) => Ok(Some(ReadEnd::Closed)),
            Ok(count) => {
                reader.took(count);
                let bytes = scratch.get(..kept + count).unwrap_or_default();
                let (consumed, end) = reader.deliver(bytes);
                self.uncut = end == Some(ReadEnd::Held);
                let rest = bytes.get(consumed..).unwrap_or_default();
                Ok(self.keep(rest, reader.spare_bytes).or(end))
            }
            Err(error) => Err(error),
        };
        reader.scratch = scratch;
        end
    }

    /// One read into the buffer of a frame that is larger than the scratch buffer can hold well;
    /// never beyond its end.
    fn read_large<S: Service>(
        &mut self,
        reader: &mut Reader<'_, S>,
    ) -> io::Result<Option<ReadEnd>> {
        let length = self.partial.len();
        let Some(total) = announced_bytes(&self.partial) else { return Ok(Some(ReadEnd::Bad)) };
        let room = total.saturating_sub(length).min(LARGE_STEP_BYTES);
        if room == 0 {
            return Ok(Some(ReadEnd::Bad));
        }
        if self.partial.capacity() < length + room {
            let wanted = (self.partial.capacity() * 2).clamp(length + room, total);
            if wanted - self.partial.capacity() > reader.spare_bytes {
                return Ok(Some(ReadEnd::Memory));
            }
            self.partial.reserve_exact(wanted - length);
        }
        self.partial.resize(length + room, 0);
        let read = self.socket.read(self.partial.get_mut(length..).unwrap_or_default());
        let count = *read.as_ref().unwrap_or(&0);
        self.partial.truncate(length + count);
        if read? == 0 {
            return Ok(Some(ReadEnd::Closed));
        }
        self.note_read(count, room);
        reader.took(count);
        if self.partial.len() < total {
            return Ok(None);
        }
        let (consumed, end) = reader.deliver(&self.partial);
        self.partial.drain(..consumed);
        self.release_empty();
        Ok(end)
    }

    fn keep(&mut self, rest: &[u8], spare_bytes: usize) -> Option<ReadEnd> {
        if rest.len().saturating_sub(self.partial.capacity()) > spare_bytes {
            return Some(ReadEnd::Memory);
        }
        self.partial.extend_from_slice(rest);
        self.release_empty();
        None
    }

    fn note_read(&mut self, count: usize, room: usize) {
        // A stream socket that gave less than was asked for is empty, and tells when that changes.
        // Only the end of the stream may have been told already.
        if count < room && !self.peer_closed {
            self.readable = false;
        }
    }

    fn release_empty(&mut self) {
        if self.partial.is_empty() && self.partial.capacity() > SMALL_PARTIAL_BYTES {
            self.partial = Vec::new();
        }
    }
}

/// Size of the frame whose start `partial` is, its length field included. Cutting has checked the
/// field against the limit already.
fn announced_bytes(partial: &[u8]) -> Option<usize> {
    let (length, _) = partial.split_first_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()?.checked_add(4)
}
