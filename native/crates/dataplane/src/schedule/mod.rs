//! Delivery of delayed messages: the levels of `messageDelayLevel` (Java `ScheduleMessageService`).
//!
//! A delayed message waits in `SCHEDULE_TOPIC_XXXX`, in the queue of its level, whose entries say
//! when it is due. All messages of a level wait equally long, so a queue is in order of due times
//! and its head is all that needs watching: the thread sleeps until the earliest head of all levels
//! is due, or until an empty level gets its first message. It polls nothing.
//!
//! A thread of its own and not loop 0, because delivery reads records that are hours old: they may
//! come from the disk, and a level with a million due messages must not make sockets wait.
//!
//! Invariants: nothing is delivered early; a level's progress is reported only up to deliveries
//! that are on disk, so after a power cut a message may come twice and never not at all; a message
//! that cannot be delivered for good is skipped and blocks nothing, one that cannot be read or
//! written for now is tried again.

mod bell;
mod deliver;
mod due;
mod progress;
mod worker;

pub(crate) use bell::Bell;
pub(crate) use progress::Progress;
pub(crate) use worker::Delivery;
#[cfg(test)]
pub(crate) use worker::{Next, Worker};
