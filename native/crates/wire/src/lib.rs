//! RocketMQ's bytes: frames, both header encodings, message records, properties and ids.
//!
//! Invariants: nothing here does I/O, allocates without a bound, or panics on bytes from outside;
//! every length that a peer sends is checked before it is used.
//! Refuses: meaning. Whether a topic may be written is the data plane's question.

pub mod position;

pub use position::{PhysicalOffset, QueueId, QueueOffset};
