//! What a service may do to its loop's connections.

use std::net::SocketAddr;
use std::time::Instant;

use crate::conn_id::ConnId;
use crate::desk::Desk;
use crate::out_buffer::OutBuffer;

/// A loop's connections as its service sees them, for the time of one call.
pub struct Ctx<'a> {
    pub(crate) desk: &'a mut Desk,
}

impl Ctx<'_> {
    /// Where replies to `conn` go; written at the end of the turn. `None` when it is closed, or
    /// belongs to another loop.
    pub fn out(&mut self, conn: ConnId) -> Option<&mut OutBuffer> {
        self.desk.out(conn)
    }

    /// Whether more waits to be written to `conn` than `out_cap_bytes`. A service that could
    /// answer later does so then.
    #[must_use]
    pub fn is_over_cap(&self, conn: ConnId) -> bool {
        self.desk.is_over_cap(conn)
    }

    /// Closes `conn` at the end of the turn, after one attempt to write what is in its buffer.
    /// Frames of it that are already here are not delivered.
    pub fn close(&mut self, conn: ConnId) {
        self.desk.leave(conn);
    }

    /// Whether `conn` is open on this loop.
    #[must_use]
    pub fn is_open(&self, conn: ConnId) -> bool {
        self.peer(conn).is_some()
    }

    /// Whether a budget ended before every connection was read to its end: the next turn follows
    /// at once and brings more.
    #[must_use]
    pub fn reads_on(&self) -> bool {
        self.desk.reads_on
    }

    /// The time this turn began.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.desk.now
    }

    /// The index of this loop.
    #[must_use]
    pub fn loop_index(&self) -> usize {
        self.desk.loop_index
    }

    /// The other end of `conn`; still known inside `on_close`.
    #[must_use]
    pub fn peer(&self, conn: ConnId) -> Option<SocketAddr> {
        self.desk.peer(conn)
    }
}
