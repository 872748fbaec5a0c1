//! Why a slave takes nothing from its master, in words for its operator.

use turbopump_store::RawAppendError;

/// Nothing of this log was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The histories part.
    #[error(
        "this log and the master's differ at position {at} (this one ends at {end}): they have \
         different histories; if the master's is the right one, start this slave with an empty \
         store"
    )]
    Differs {
        /// First byte that differs.
        at: u64,
        /// End of this log.
        end: u64,
    },
    /// Retention on the master was faster.
    #[error(
        "the master's log begins at position {master}, this one ends at {end} before it: what lies \
         in between is gone; start this slave with an empty store"
    )]
    MasterBeginsLater {
        /// Position of the master's frame.
        master: u64,
        /// End of this log.
        end: u64,
    },
    /// This log has what the master does not.
    #[error(
        "the master's log is at position {master}, this one ends at {end} behind it: this log has \
         records that the master does not have"
    )]
    MasterEndsEarlier {
        /// Position of the master's frame.
        master: u64,
        /// End of this log.
        end: u64,
    },
    /// Whoever it is, it does not speak the protocol.
    #[error("what the master's address sends is not a frame of its log")]
    NotAFrame,
    /// Own bytes cannot be read.
    #[error("this log's end cannot be read: {reason}")]
    Unreadable {
        /// What the store says.
        reason: String,
    },
    /// The store takes the bytes not.
    #[error("{0}")]
    Append(#[from] RawAppendError),
}

impl Refusal {
    /// The store takes nothing until it is opened again.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(self, Self::Append(RawAppendError::Poisoned(_) | RawAppendError::Closed))
    }
}
