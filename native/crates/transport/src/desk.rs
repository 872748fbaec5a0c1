//! The part of a loop's connections that its service can reach: names and out-buffers.
//!
//! Kept apart from the sockets so that a frame borrowed from a read buffer and the replies to it
//! can be held at the same time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use crate::conn_id::{ConnId, SLOTS_MAX};
use crate::out_buffer::OutBuffer;

struct Seat {
    generation: u32,
    /// `None` while the slot is free.
    peer: Option<SocketAddr>,
    out: OutBuffer,
    dirty: bool,
    leaving: bool,
    /// Its socket is gone; only `on_close` is still to come.
    gone: bool,
}

pub(crate) struct Desk {
    pub(crate) loop_index: usize,
    pub(crate) now: Instant,
    /// Connections are left to be read in the next turn.
    pub(crate) reads_on: bool,
    out_cap_bytes: usize,
    seats: Vec<Seat>,
    /// Oldest first: the longer a slot rests, the longer a stale name stays harmless.
    free: VecDeque<u32>,
    /// Each at most once: buffers to be written in this turn.
    dirty: Vec<ConnId>,
    /// Each at most once: connections to be closed after the write.
    leaving: Vec<ConnId>,
}

impl Desk {
    pub(crate) fn new(loop_index: usize, out_cap_bytes: usize, now: Instant) -> Self {
        Self {
            loop_index,
            now,
            reads_on: false,
            out_cap_bytes,
            seats: Vec::new(),
            free: VecDeque::new(),
            dirty: Vec::new(),
            leaving: Vec::new(),
        }
    }

    pub(crate) fn take_seat(&mut self, peer: SocketAddr) -> Option<ConnId> {
        let slot = if let Some(slot) = self.free.pop_front() {
            slot
        } else {
            if self.seats.len() >= SLOTS_MAX {
                return None;
            }
            self.seats.push(Seat {
                generation: 0,
                peer: None,
                out: OutBuffer::default(),
                dirty: false,
                leaving: false,
                gone: false,
            });
            (self.seats.len() - 1) as u32
        };
        let seat = self.seats.get_mut(slot as usize)?;
        seat.peer = Some(peer);
        Some(ConnId::new(self.loop_index, slot, seat.generation))
    }

    /// The slot may be taken again, under another generation.
    pub(crate) fn release(&mut self, conn: ConnId) {
        let Some(seat) = self.seat_mut(conn) else { return };
        let generation = (seat.generation + 1) & ConnId::GENERATION_MASK;
        *seat = Seat {
            generation,
            peer: None,
            out: OutBuffer::default(),
            dirty: false,
            leaving: false,
            gone: false,
        };
        self.free.push_back(conn.slot() as u32);
    }

    pub(crate) fn out(&mut self, conn: ConnId) -> Option<&mut OutBuffer> {
        let loop_index = self.loop_index;
        let seat = self.seats.get_mut(conn.slot())?;
        if !seat.is(conn, loop_index) || seat.gone {
            return None;
        }
        if !seat.dirty {
            seat.dirty = true;
            self.dirty.push(conn);
        }
        Some(&mut seat.out)
    }

    /// The buffer, without promising to write to it.
    pub(crate) fn peek_out(&mut self, conn: ConnId) -> Option<&mut OutBuffer> {
        self.seat_mut(conn).map(|seat| &mut seat.out)
    }

    pub(crate) fn is_over_cap(&self, conn: ConnId) -> bool {
        self.seat(conn).is_some_and(|seat| seat.out.pending() > self.out_cap_bytes)
    }

    pub(crate) fn leave(&mut self, conn: ConnId) {
        let Some(seat) = self.seat_mut(conn) else { return };
        if !seat.leaving {
            seat.leaving = true;
            self.leaving.push(conn);
        }
    }

    pub(crate) fn is_leaving(&self, conn: ConnId) -> bool {
        self.seat(conn).is_none_or(|seat| seat.leaving)
    }

    pub(crate) fn mark_gone(&mut self, conn: ConnId) {
        if let Some(seat) = self.seat_mut(conn) {
            seat.gone = true;
            seat.out = OutBuffer::default();
        }
    }

    pub(crate) fn peer(&self, conn: ConnId) -> Option<SocketAddr> {
        self.seat(conn).and_then(|seat| seat.peer)
    }

    /// Who sits in a slot.
    pub(crate) fn occupant(&self, slot: usize) -> Option<ConnId> {
        let seat = self.seats.get(slot).filter(|seat| seat.peer.is_some())?;
        Some(ConnId::new(self.loop_index, slot as u32, seat.generation))
    }

    /// The next buffer to write; one written again afterwards comes again.
    pub(crate) fn next_dirty(&mut self) -> Option<ConnId> {
        let conn = self.dirty.pop()?;
        if let Some(seat) = self.seat_mut(conn) {
            seat.dirty = false;
        }
        Some(conn)
    }

    pub(crate) fn next_leaving(&mut self) -> Option<ConnId> {
        self.leaving.pop()
    }

    fn seat(&self, conn: ConnId) -> Option<&Seat> {
        self.seats.get(conn.slot()).filter(|seat| seat.is(conn, self.loop_index))
    }

    fn seat_mut(&mut self, conn: ConnId) -> Option<&mut Seat> {
        let loop_index = self.loop_index;
        self.seats.get_mut(conn.slot()).filter(|seat| seat.is(conn, loop_index))
    }
}

impl Seat {
    fn is(&self, conn: ConnId, loop_index: usize) -> bool {
        self.peer.is_some()
            && self.generation == conn.generation()
            && conn.loop_index() == loop_index
    }
}
