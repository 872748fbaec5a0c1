//! Event loops that own sockets: accept, cut frames, write replies, keep every bound.
//!
//! A turn of a loop: wait → read each ready socket within its budget and hand over whole frames →
//! mails of other threads → deadline → `on_turn_end` → one `writev` per socket with something to
//! say → closes. Work is batched by turns; nothing on the path wakes another thread.
//!
//! Invariants:
//! - A connection belongs to one loop for life; its name ([`ConnId`]) carries a generation, so a
//!   reply parked for a connection that closed reaches nobody.
//! - Bytes that are no frame, or a frame above `max_frame_bytes`, close that connection only.
//! - Memory is bounded whatever peers send: an idle connection holds no buffer. Each loop has one
//!   scratch buffer that all its sockets are read into; a connection keeps only the start of a
//!   frame that is still incomplete (at most `max_frame_bytes`, grown as bytes arrive and not as
//!   the length field claims) and replies its peer has not taken. Above `out_cap_bytes` of those
//!   it is not read; above `out_limit_bytes` it is closed; and all of a loop together stay under
//!   `max_buffered_bytes`.
//! - Readiness is edge-triggered and remembered: a socket left unread keeps its place in the line.
//! - Out of descriptors, accepting pauses; it does not spin.
//!
//! Refuses: meaning (a frame's code is the service's business), TLS and PROXY preambles (their
//! first bytes are no frame), and half-closed connections (as Netty does by default: a peer that
//! ends its side is closed after one attempt to write what it asked for).

mod acceptor;
mod arrival;
mod config;
mod conn_id;
mod counters;
mod ctx;
mod desk;
mod event_loop;
mod line;
mod mailbox;
mod out_buffer;
mod service;
mod transport;
mod turn;
#[cfg(test)]
mod turn_test;

pub use config::TransportConfig;
pub use conn_id::{ConnId, LOOPS_MAX};
pub use counters::Counts;
pub use ctx::Ctx;

pub use mailbox::Mailbox;
pub use out_buffer::{OutBuffer, SharedBytes};
pub use service::Service;
pub use transport::{ShutdownError, StartError, Transport, TransportHandle};
pub use turbopump_wire::frame::Frame;
