//! What other threads tell a loop.

use std::sync::Arc;

use turbopump_store::Queue;
use turbopump_transport::ConnId;

use crate::park::NameKind;

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
    /// The flushed position moved, or the store stopped taking writes.
    Progress,
    /// TypeScript answered for a name.
    Resolved { kind: NameKind, name: Arc<str>, denial: Option<Denial> },
    /// Whole frames from TypeScript.
    Frames(Vec<(ConnId, Vec<u8>)>),
    /// TypeScript ends a connection.
    Close(ConnId),
    /// The topic's queues are gone.
    TopicDeleted(Arc<str>),
}
