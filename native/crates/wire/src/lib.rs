//! Bytes of `RocketMQ`: frames, both header encodings, message records, properties and ids.
//!
//! Invariants: nothing here does I/O, allocates without a bound, or panics on bytes from outside;
//! every length that a peer sends is checked before it is used.
//! Refuses: meaning. Whether a topic may be written is the data plane's question.

pub mod batch;
pub mod codes;
mod cursor;
pub mod frame;
pub mod header;
pub mod java_hash;
pub mod language;
pub mod message_id;
pub mod name;
pub mod position;
pub mod properties;
pub mod property_crc;
pub mod record;
pub mod sys_flag;
pub mod version;

pub use codes::{request_code, response_code};
pub use frame::{Frame, FrameError};
pub use header::{ExtFields, HeaderEncoding, HeaderError, Request, RequestHeader, Response};
pub use language::Language;
pub use message_id::OffsetMessageId;
pub use name::{GroupName, NameError, TopicName};
pub use position::{PhysicalOffset, QueueId, QueueOffset};
pub use record::{RecordError, RecordView};
