//! What one turn does, as a function of its events and the state: no epoll, any socket.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::arrival::Ticket;
use crate::config::TransportConfig;
use crate::conn_id::ConnId;
use crate::counters::{Counters, add};
use crate::ctx::Ctx;
use crate::desk::Desk;
use crate::line::{Line, ReadEnd, Reader, SCRATCH_BYTES};
use crate::service::Service;

/// What a socket told since the last turn.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Readiness {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// The peer will send nothing more.
    pub(crate) read_closed: bool,
}

/// The connections of one loop and the service that answers them.
pub(crate) struct Turn<K, S> {
    service: S,
    desk: Desk,
    lines: Vec<Option<Line<K>>>,
    scratch: Box<[u8]>,
    /// Lines to read in this turn.
    ready: Vec<ConnId>,
    limits: TransportConfig,
    counters: Arc<Counters>,
    /// Memory of partial frames and of out-buffers, against `max_buffered_bytes`.
    partial_bytes: usize,
    out_bytes: usize,
    next_sweep: Instant,
    sweep_interval: Duration,
    /// A service heard of a closed connection after its `on_turn_end`.
    again: bool,
    reading: bool,
}

impl<K: Read + Write, S: Service> Turn<K, S> {
    pub(crate) fn new(
        loop_index: usize,
        limits: TransportConfig,
        counters: Arc<Counters>,
        service: S,
        now: Instant,
    ) -> Self {
        let sweep_interval = Duration::from_millis((limits.idle_ms / 4).clamp(5, 30_000));
        Self {
            service,
            desk: Desk::new(loop_index, limits.out_cap_bytes, now),
            lines: Vec::new(),
            scratch: vec![0; SCRATCH_BYTES].into_boxed_slice(),
            ready: Vec::new(),
            limits,
            counters,
            partial_bytes: 0,
            out_bytes: 0,
            next_sweep: now + sweep_interval,
            sweep_interval,
            again: false,
            reading: true,
        }
    }

    pub(crate) fn begin(&mut self, now: Instant) {
        self.desk.now = now;
        self.again = false;
        add(&self.counters.turns, 1);
    }

    /// Takes a connection in; `register` asks for its readiness and may refuse.
    pub(crate) fn open(
        &mut self,
        mut socket: K,
        (peer, listener): (SocketAddr, usize),
        ticket: Option<Ticket>,
        register: impl FnOnce(&mut K, ConnId) -> io::Result<()>,
    ) -> Option<ConnId> {
        let Some(conn) = self.desk.take_seat(peer) else {
            add(&self.counters.refused, 1);
            return None;
        };
        if register(&mut socket, conn).is_err() {
            self.desk.release(conn);
            add(&self.counters.refused, 1);
            return None;
        }
        if self.lines.len() <= conn.slot() {
            self.lines.resize_with(conn.slot() + 1, || None);
        }
        if let Some(place) = self.lines.get_mut(conn.slot()) {
            *place = Some(Line::new(socket, self.desk.now, ticket));
        }
        add(&self.counters.accepted, 1);
        self.service.on_open(&mut Ctx { desk: &mut self.desk }, conn, peer, listener);
        Some(conn)
    }

    pub(crate) fn note(&mut self, conn: ConnId, readiness: Readiness) {
        if self.desk.peer(conn).is_none() {
            return;
        }
        if readiness.writable && self.desk.peek_out(conn).is_some_and(|out| out.pending() > 0) {
            self.desk.out(conn);
        }
        let Some(Some(line)) = self.lines.get_mut(conn.slot()) else { return };
        line.peer_closed |= readiness.read_closed;
        line.readable |= readiness.readable || readiness.read_closed;
        if line.readable && !line.queued && !line.paused {
            line.queued = true;
            self.ready.push(conn);
        }
    }

    /// Reads the lines that have something, each within its budget, until all are read or the
    /// turn's budget is used up; the rest is first in the next turn.
    pub(crate) fn read_ready(&mut self) {
        if !self.reading {
            self.ready.clear();
            self.desk.reads_on = false;
            return;
        }
        let mut left_bytes = self.limits.turn_budget_bytes.max(1) as u64;
        let mut waiting = std::mem::take(&mut self.ready).into_iter();
        for conn in waiting.by_ref() {
            left_bytes = left_bytes.saturating_sub(self.read(conn));
            if left_bytes == 0 {
                break;
            }
        }
        // Behind them: lines whose own budget ended.
        self.ready.splice(0..0, waiting);
        self.desk.reads_on = !self.ready.is_empty();
    }

    /// The bytes read.
    fn read(&mut self, conn: ConnId) -> u64 {
        if self.desk.is_leaving(conn) {
            return 0;
        }
        let Some(Some(line)) = self.lines.get_mut(conn.slot()) else { return 0 };
        let held_bytes = self.partial_bytes + self.out_bytes;
        let before = line.partial.capacity();
        let mut reader = Reader {
            service: &mut self.service,
            desk: &mut self.desk,
            scratch: &mut self.scratch,
            conn,
            max_frame_bytes: self.limits.max_frame_bytes,
            budget_bytes: self.limits.read_budget_bytes.max(1),
            spare_bytes: self.limits.max_buffered_bytes.saturating_sub(held_bytes),
            bytes_in: 0,
            frames: 0,
        };
        line.queued = false;
        let end = line.read(&mut reader);
        if reader.bytes_in > 0 {
            line.last_active = reader.desk.now;
        }
        let bytes_in = reader.bytes_in;
        add(&self.counters.bytes_in, bytes_in);
        add(&self.counters.frames, reader.frames);
        self.partial_bytes = (self.partial_bytes + line.partial.capacity()).saturating_sub(before);
        match end {
            ReadEnd::Drained => {}
            ReadEnd::Budget => {
                line.queued = true;
                self.ready.push(conn);
            }
            ReadEnd::Held => line.paused = true,
            ReadEnd::Closed => self.desk.leave(conn),
            ReadEnd::Bad => {
                add(&self.counters.closed_bad_frame, 1);
                self.desk.leave(conn);
            }
            ReadEnd::Memory => {
                add(&self.counters.closed_memory, 1);
                self.desk.leave(conn);
            }
        }
        // A held line whose replies are still in its buffer is looked at again when it is written.
        if end == ReadEnd::Held {
            self.desk.out(conn);
        }
        bytes_in
    }

    pub(crate) fn mail(&mut self, mail: S::Mail) {
        self.service.on_mail(&mut Ctx { desk: &mut self.desk }, mail);
    }

    pub(crate) fn deadlines(&mut self) {
        let now = self.desk.now;
        if self.service.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.service.on_deadline(&mut Ctx { desk: &mut self.desk }, now);
        }
        if now >= self.next_sweep {
            self.next_sweep = now + self.sweep_interval;
            self.sweep();
        }
    }

    /// When the next turn must come at the latest; the past means at once.
    pub(crate) fn next_deadline(&self) -> Instant {
        if self.again || !self.ready.is_empty() {
            return self.desk.now;
        }
        self.service.next_deadline().map_or(self.next_sweep, |at| at.min(self.next_sweep))
    }

    /// Closes what is idle; what stays gives back the memory of its last burst.
    fn sweep(&mut self) {
        let idle = Duration::from_millis(self.limits.idle_ms);
        for (slot, place) in self.lines.iter_mut().enumerate() {
            let Some(line) = place else { continue };
            let Some(conn) = self.desk.occupant(slot) else { continue };
            if self.desk.now.duration_since(line.last_active) >= idle {
                add(&self.counters.closed_idle, 1);
                self.desk.leave(conn);
                continue;
            }
            if line.partial.is_empty() {
                self.partial_bytes -= line.partial.capacity();
                line.partial = Vec::new();
            }
            if let Some(out) = self.desk.peek_out(conn) {
                out.shrink();
                self.out_bytes = self.out_bytes + out.owned_bytes() - line.out_counted;
                line.out_counted = out.owned_bytes();
            }
        }
    }

    /// The service's batch, one write per socket that has something to say, then the closes.
    pub(crate) fn end(&mut self) {
        self.service.on_turn_end(&mut Ctx { desk: &mut self.desk });
        loop {
            self.write_out();
            let Some(conn) = self.desk.next_leaving() else { return };
            self.close(conn);
        }
    }

    /// One write per socket that has something to say.
    pub(crate) fn write_out(&mut self) {
        while let Some(conn) = self.desk.next_dirty() {
            self.write(conn);
        }
    }

    fn write(&mut self, conn: ConnId) {
        let now = self.desk.now;
        let Some(Some(line)) = self.lines.get_mut(conn.slot()) else { return };
        let Some(out) = self.desk.peek_out(conn) else { return };
        let mut taken = 0;
        let written = out.write_to(&mut line.socket, &mut taken);
        let pending = out.pending();
        self.out_bytes = (self.out_bytes + out.owned_bytes()).saturating_sub(line.out_counted);
        line.out_counted = out.owned_bytes();
        if taken > 0 {
            line.last_active = now;
            add(&self.counters.bytes_out, taken as u64);
        }
        let held_bytes = self.partial_bytes + self.out_bytes;
        if written.is_err() {
            self.desk.leave(conn);
        } else if pending > self.limits.out_limit_bytes {
            add(&self.counters.closed_slow, 1);
            self.desk.leave(conn);
        } else if pending > self.limits.out_cap_bytes && held_bytes > self.limits.max_buffered_bytes
        {
            add(&self.counters.closed_memory, 1);
            self.desk.leave(conn);
        } else if line.paused && pending <= self.limits.out_cap_bytes / 2 {
            line.paused = false;
            line.queued = true;
            self.ready.push(conn);
        }
    }

    fn close(&mut self, conn: ConnId) {
        let Some(line) = self.lines.get_mut(conn.slot()).and_then(Option::take) else { return };
        self.partial_bytes = self.partial_bytes.saturating_sub(line.partial.capacity());
        self.out_bytes = self.out_bytes.saturating_sub(line.out_counted);
        // The descriptor goes first: a service that hears of the close may count on it.
        drop(line);
        self.desk.mark_gone(conn);
        self.service.on_close(&mut Ctx { desk: &mut self.desk }, conn);
        self.desk.release(conn);
        self.again = true;
    }

    /// Nothing is read from now on; the service answers what it has parked.
    pub(crate) fn stop(&mut self) {
        self.reading = false;
        self.ready.clear();
        self.service.on_shutdown(&mut Ctx { desk: &mut self.desk });
    }

    /// Whether everything that will be said was written.
    pub(crate) fn is_drained(&mut self) -> bool {
        let unsent = (0..self.lines.len()).any(|slot| {
            let Some(conn) = self.desk.occupant(slot) else { return false };
            self.desk.peek_out(conn).is_some_and(|out| out.pending() > 0)
        });
        !unsent && !self.again && self.service.is_quiet()
    }

    pub(crate) fn close_all(&mut self) {
        for slot in 0..self.lines.len() {
            if let Some(conn) = self.desk.occupant(slot) {
                self.desk.leave(conn);
            }
        }
        while let Some(conn) = self.desk.next_leaving() {
            self.close(conn);
        }
    }
}
