//! Reading threads: requests whose answer is not in memory are answered here, so that a consumer
//! far behind, a query or a bad sector never holds up an event loop.
//!
//! A loop decides everything that needs no disk (permissions, filter, limits), submits the rest as
//! [`Work`] and goes on; the finished answer comes back as one mail, dropped when its connection is
//! gone. Answers of one connection may overtake each other, as they may in RocketMQ.
//!
//! Bounds: requests that wait, in all and of one connection (one more is answered `SYSTEM_BUSY`),
//! and bytes of answers that loops have not taken yet (then the threads wait). What is to be read
//! ahead goes before requests: it is what they would wait for. Refuses: sends, and anything that
//! touches a loop's state.

mod jobs;
mod submit;
mod threads;

pub(crate) use jobs::{Delivered, Found, ReadingPool, note_failure};
pub(crate) use threads::Readers;

/// Threads. One reads from the device while the other copies; more take cores from the loops.
const THREADS: usize = 2;
/// Requests that may wait.
const WAITING_MAX: usize = 16_384;
/// Requests of one connection that may wait or be under way: a client has one pull for each queue.
const CONNECTION_MAX: usize = 1_024;
/// Answers on their way to the loops, bytes.
const ANSWERS_BYTES_MAX: usize = 32 << 20;
/// Blocks to read ahead that may wait; they are a guess, so the rest is dropped.
const AHEAD_MAX: usize = 64;
/// After so long without work the memory of cold reads is given back.
const IDLE: std::time::Duration = std::time::Duration::from_secs(5);
