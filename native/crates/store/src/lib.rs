//! The store: a commit log that is the truth, and consume queues, index and checkpoint that are
//! derived from it, in Java RocketMQ's files (docs/formats).
//!
//! Invariants: what `append` and, under `SYNC_FLUSH`, a sync acknowledged is there after any crash
//! that the mode promises to survive; nothing readable vanishes; the log is a contiguous run of
//! records; derived files never name what the log does not have; an I/O error on the log ends all
//! writes until the store is opened again (`poison`).
//! Refuses: networks, requests, policy; a record's meaning beyond what queues and index need.
//!
//! Map: `store` (facade) → `core` (parts, open, close) → `commit_log` (append, sync, read,
//! prepare), `recovery`, `dispatch` → `consume_queue`, `index`; `maintenance` (checkpoint,
//! `retention`, `trash`); `verify` (check, repair); all through `disk` and `clock`.

pub mod batch;
pub mod checkpoint;
pub mod clock;
mod commit_log;
pub mod consume_queue;
mod core;
pub mod disk;
mod dispatch;
pub mod error;
pub mod index;
pub mod log_slice;
mod maintenance;
pub mod options;
mod poison;
pub mod recovery;
mod retention;
mod running_files;
mod signal;
pub mod status;
mod store;
mod trash;
pub mod verify;

#[cfg(test)]
mod tests;

pub use batch::{AppendBatch, Placed, RecordKind, RecordMeta, TagsCode};
pub use clock::{Clock, LocalTime, SystemClock};
pub use commit_log::{ColdRun, RawRun};
pub use consume_queue::{Queue, QueueEntry, QueueError};
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{
    AppendError, CloseError, DeleteTopicError, DerivedError, FileError, OpenError, RawAppendError,
    ReadError, SyncError,
};
pub use index::{IndexAnswer, IndexError};
pub use log_slice::LogSlice;
pub use options::{FlushMode, RetentionOptions, StoreOptions};
pub use status::{LogStatus, Progress, RecoveryReport};
pub use store::{Boundary, Store};
pub use verify::{Finding, VerifyError, VerifyReport};
