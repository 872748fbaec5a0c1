//! What ends a run.

use std::io;

/// Why a run did not finish. The text is the whole message a user sees.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{0}")]
    Usage(String),
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
    #[error("the server closed the connection (--reconnect goes on)")]
    ConnectionLost,
    #[error("the server's bytes make no sense: {0}")]
    Protocol(String),
    #[error("the ledger makes no sense: {0}")]
    Ledger(String),
}

impl LoadError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
