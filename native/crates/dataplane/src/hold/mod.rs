//! Long polling: pulls that found nothing wait here until something happens (Java
//! `PullRequestHoldService`, without its polling loop).
//!
//! Four ways out, each tested: a message arrives, the time is up, the connection closes, the topic
//! is deleted. The loop that accepted the connection owns its holds; a queue's `waiters` bits
//! say which loops hold pulls of it.
//!
//! No wake-up is lost because both sides do two things in opposite order with a full fence between:
//! the holder sets its bit and *then* looks at the queue's readable end once more; the writer moves
//! the readable end and *then* looks at the bits. One of the two must see the other.
//! A bit is cleared when the last hold of the queue leaves; a bit too many costs one idle mail.

mod table;
mod waiters;

pub(crate) use table::{HeldPull, HoldTable};
pub(crate) use waiters::{SCHEDULE_WAITER, clear_waiter, set_waiter, waiting};

/// Pulls that one loop may hold; one more is answered `SYSTEM_BUSY`.
pub(crate) const HELD_PULLS_MAX: usize = 65_536;
