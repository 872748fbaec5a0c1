//! What other threads tell a loop.

use std::sync::Arc;

use turbopump_store::{LogSlice, Queue};
use turbopump_transport::ConnId;
use turbopump_wire::PhysicalOffset;

use crate::park::NameKind;
use crate::reading::Delivered;

/// Answer to a wanted name that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Response code.
    pub code: i32,
    /// Remark of the answers.
    pub remark: String,
}

/// One message to a loop.
pub(crate) enum Mail {
    /// Queues that got readable records, all of one turn of another loop.
    Arrived(Vec<Arc<Queue>>),
    /// Queues got records that end at the position; readers may not see them yet.
    Stored(PhysicalOffset, Vec<Arc<Queue>>),
    /// The flushed or the replicated position moved, slaves came or went, or the store stopped
    /// taking writes.
    Progress,
    /// TypeScript answered for a name.
    Resolved { kind: NameKind, name: Arc<str>, denial: Option<Denial> },
    /// Whole frames from TypeScript.
    Frames(Vec<(ConnId, Vec<u8>)>),
    /// A frame whose body is a record of the log.
    Record { connection: ConnId, frame: Vec<u8>, record: LogSlice },
    /// An answer that was read from disk.
    Read(Delivered),
    /// TypeScript ends a connection.
    Close(ConnId),
    /// The topic's queues are gone, or a group's place in them was moved: held pulls look again.
    TopicChanged(Arc<str>),
}
