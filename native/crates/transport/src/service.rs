//! What a transport serves: the seam between sockets and meanings.

use std::net::SocketAddr;
use std::time::Instant;

use crate::conn_id::ConnId;
use crate::ctx::Ctx;
use turbopump_wire::frame::Frame;

/// The work of one loop. One value per loop; all calls come from that loop's thread, in this
/// order within a turn: mails, whose replies are written before anything is read; frames, opens,
/// deadline, `on_turn_end`, closes. A connection that another loop deals to this one is opened
/// with the mails.
pub trait Service: Send + 'static {
    /// What other threads post to this loop.
    type Mail: Send + 'static;

    /// A peer connected to listener number `listener`.
    fn on_open(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, peer: SocketAddr, listener: usize);

    /// One whole frame, borrowed from the loop's read buffer for the time of the call.
    fn on_frame(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, frame: Frame<'_>);

    /// One message of a [`Mailbox`](crate::Mailbox); those of one sender keep their order.
    fn on_mail(&mut self, ctx: &mut Ctx<'_>, mail: Self::Mail);

    /// When [`on_deadline`](Self::on_deadline) wants to be called; asked before every sleep.
    fn next_deadline(&self) -> Option<Instant>;

    /// The time of `next_deadline` has come. A service that leaves it in the past is called
    /// again in every turn, and its loop does not sleep.
    fn on_deadline(&mut self, ctx: &mut Ctx<'_>, now: Instant);

    /// Every turn, after everything else and before the sockets are written: batched work and its
    /// replies belong here.
    fn on_turn_end(&mut self, ctx: &mut Ctx<'_>);

    /// The connection is gone; `ctx.out` already answers `None` for it. Called once for every
    /// `on_open`, after the turn's last write. Another turn follows at once.
    fn on_close(&mut self, ctx: &mut Ctx<'_>, conn: ConnId);

    /// The transport stops: nothing is read any more, mails and deadlines go on until every reply
    /// is written or `drain_ms` are over. What is parked is answered here.
    fn on_shutdown(&mut self, _ctx: &mut Ctx<'_>) {}

    /// Whether a stopping loop may end: no reply is still to come.
    fn is_quiet(&self) -> bool {
        true
    }
}
