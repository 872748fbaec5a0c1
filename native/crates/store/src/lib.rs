//! The store: commit log, consume queues, index, checkpoint (see docs/formats).

pub mod batch;
pub mod clock;
pub mod consume_queue;
pub mod disk;
pub mod error;
pub mod index;
pub mod log_slice;
pub mod options;
pub mod status;
mod store;

pub use batch::{AppendBatch, Placed, RecordKind, RecordMeta, TagsCode};
pub use clock::{Clock, LocalTime, SystemClock};
pub use consume_queue::{Queue, QueueEntry, QueueError};
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{AppendError, CloseError, DeleteTopicError, OpenError, ReadError, SyncError};
pub use index::IndexAnswer;
pub use log_slice::LogSlice;
pub use options::{FlushMode, RetentionOptions, StoreOptions};
pub use status::{LogStatus, Progress, RecoveryReport};
pub use store::{Boundary, Store};
