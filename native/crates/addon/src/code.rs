//! Errors as they cross: `CODE: text`. The codes are a contract with `src/dataplane/errors.ts`.

use std::fmt::Display;

use napi::{Error, Status};
use turbopump_dataplane::{CloseError, DeleteError, ListenError, OpenError};
use turbopump_store::OpenError as StoreOpenError;

/// What went wrong, for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    InvalidOption,
    StoreInUse,
    StoreDamaged,
    StoreFailed,
    ListenFailed,
    AlreadyListening,
    Closed,
    CloseFailed,
    InvalidNumber,
}

impl Code {
    const fn text(self) -> &'static str {
        match self {
            Self::InvalidOption => "INVALID_OPTION",
            Self::StoreInUse => "STORE_IN_USE",
            Self::StoreDamaged => "STORE_DAMAGED",
            Self::StoreFailed => "STORE_FAILED",
            Self::ListenFailed => "LISTEN_FAILED",
            Self::AlreadyListening => "ALREADY_LISTENING",
            Self::Closed => "CLOSED",
            Self::CloseFailed => "CLOSE_FAILED",
            Self::InvalidNumber => "INVALID_NUMBER",
        }
    }

    /// The error with this code.
    pub(crate) fn error(self, text: impl Display) -> Error {
        Error::new(Status::GenericFailure, format!("{}: {text}", self.text()))
    }
}

pub(crate) fn open_error(error: &OpenError) -> Error {
    let code = match error {
        OpenError::Options(_) | OpenError::Store(StoreOpenError::Options(_)) => Code::InvalidOption,
        OpenError::Store(StoreOpenError::InUse(_)) => Code::StoreInUse,
        OpenError::Store(
            StoreOpenError::SegmentSize { .. }
            | StoreOpenError::SegmentMissing { .. }
            | StoreOpenError::Queue(_)
            | StoreOpenError::Index(_),
        ) => Code::StoreDamaged,
        OpenError::Store(_) => Code::StoreFailed,
    };
    code.error(error)
}

pub(crate) fn listen_error(error: &ListenError) -> Error {
    let code = match error {
        ListenError::Listening => Code::AlreadyListening,
        ListenError::Closed => Code::Closed,
        ListenError::Address(_) => Code::InvalidOption,
        ListenError::Transport(_)
        | ListenError::Schedule(_)
        | ListenError::Reading(_)
        | ListenError::Replication(_) => Code::ListenFailed,
    };
    code.error(error)
}

pub(crate) fn close_error(error: &CloseError) -> Error {
    Code::CloseFailed.error(error)
}

pub(crate) fn delete_error(error: &DeleteError) -> Error {
    Code::StoreFailed.error(error)
}

/// A number from JavaScript as an unsigned one of Rust.
pub(crate) fn unsigned<N: TryFrom<i64>>(name: &str, value: i64) -> Result<N, Error> {
    N::try_from(value).map_err(|_| Code::InvalidNumber.error(format_args!("{name} is {value}")))
}
