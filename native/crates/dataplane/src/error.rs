//! One enum per operation of the data plane.

use std::io;

/// Why a data plane does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The options contradict themselves.
    #[error("{0}")]
    Options(String),
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] turbopump_store::OpenError),
}

/// Why a data plane does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// It does already.
    #[error("the data plane listens already")]
    Listening,
    /// It was closed.
    #[error("the data plane is closed")]
    Closed,
    /// The address stands for nothing.
    #[error("{0} is not an address to listen on")]
    Address(String),
    /// The listeners or loops do not start.
    #[error(transparent)]
    Transport(#[from] turbopump_transport::StartError),
    /// The thread that delivers delayed messages does not start.
    #[error("cannot start the delivery of delayed messages: {0}")]
    Schedule(io::Error),
    /// A thread that reads what is not in memory does not start.
    #[error("cannot start a reading thread: {0}")]
    Reading(io::Error),
    /// Slaves cannot be served, or the master not be followed.
    #[error(transparent)]
    Replication(#[from] turbopump_replication::StartError),
}

/// Why a topic is not gone.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The store could not delete it.
    #[error(transparent)]
    Store(#[from] turbopump_store::DeleteTopicError),
}

/// Why not everything that is expired was removed.
#[derive(Debug, thiserror::Error)]
pub enum CleanUpError {
    /// The store met a file that it could not remove.
    #[error(transparent)]
    Store(#[from] turbopump_store::DerivedError),
}

/// Why a close was not clean. Everything that could be closed is.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// A loop did not end as it should.
    #[error(transparent)]
    Transport(#[from] turbopump_transport::ShutdownError),
    /// The delivery of delayed messages had panicked.
    #[error("the delivery of delayed messages had panicked")]
    Schedule,
    /// A reading thread had panicked.
    #[error("a reading thread had panicked")]
    Reading,
    /// The store's files are not all flushed; the next open recovers.
    #[error(transparent)]
    Store(#[from] turbopump_store::CloseError),
}
