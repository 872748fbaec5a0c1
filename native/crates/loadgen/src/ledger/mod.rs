//! What was attempted and what was acknowledged, outside the broker.
//!
//! Text lines, appended, one file for any number of runs:
//!
//! ```text
//! R <run, 16 hex> <queues> <topic> .                   a run begins
//! A <sequence> <queue> <body bytes> <body crc> .       a send, before its bytes leave
//! K <sequence> <queue> <queue offset> <message id> .   its acknowledgement (code 0 only)
//! ```
//!
//! Numbers are decimal; the crc is CRC-32 without its highest bit, as in a stored record. `A` and
//! `K` belong to the `R` before them. Invariant: the lines of a turn are handed to the kernel
//! before the requests of that turn, so they survive a killed driver as well as a killed broker;
//! they do not survive a power cut. A line without its full stop was cut short and is ignored.

mod entries;
mod writer;

pub(crate) use entries::{Acknowledged, Entries};
pub(crate) use writer::LedgerWriter;
