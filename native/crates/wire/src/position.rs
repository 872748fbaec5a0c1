//! Positions as types, so that a byte position in the log can never be passed where a message's
//! number in its queue is meant.

use std::fmt;

macro_rules! position {
    ($(#[$doc:meta])* $name:ident, $repr:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($repr);

        impl $name {
            /// The first position.
            pub const ZERO: Self = Self(0);

            /// Wraps a raw value; the caller has checked that it is in range.
            #[must_use]
            pub const fn new(value: $repr) -> Self {
                Self(value)
            }

            /// The raw value, for arithmetic with lengths and for encoding.
            #[must_use]
            pub const fn get(self) -> $repr {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

position! {
    /// Byte position in the commit log, counted from the start of its first file ever.
    PhysicalOffset, u64
}

position! {
    /// Number of a message in its queue, counted from 0 for the queue's first message ever.
    QueueOffset, u64
}

position! {
    /// Number of a queue within a topic. Never negative in the store; a client's negative
    /// "any queue" is resolved before one of these is made.
    QueueId, u32
}

impl PhysicalOffset {
    /// The position `bytes` further on.
    #[must_use]
    pub const fn advance(self, bytes: u64) -> Self {
        Self(self.0.saturating_add(bytes))
    }

    /// Bytes from `earlier` up to here, 0 when `earlier` lies behind.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl QueueOffset {
    /// The position `count` messages further on.
    #[must_use]
    pub const fn advance(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }
}
