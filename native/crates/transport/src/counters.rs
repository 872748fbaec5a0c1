//! What a transport counts; read by metrics.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts since the start, shared by all loops.
        #[derive(Debug, Default)]
        pub(crate) struct Counters { $(pub(crate) $name: AtomicU64,)* }

        /// [`TransportHandle::counts`](crate::TransportHandle::counts): totals since the start.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Counts { $($(#[$doc])* pub $name: u64,)* }

        impl Counters {
            pub(crate) fn read(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Connections accepted and served.
    accepted,
    /// Connections closed at once because `max_connections` were open.
    refused,
    /// Times accepting paused because the process or the machine was out of descriptors or memory.
    accept_pauses,
    /// Connections closed because nothing moved for `idle_ms`.
    closed_idle,
    /// Connections closed because of bytes that are no frame, or a frame that is too large.
    closed_bad_frame,
    /// Connections closed because their peer did not take `out_limit_bytes`.
    closed_slow,
    /// Connections closed at `max_buffered_bytes`.
    closed_memory,
    /// Bytes read.
    bytes_in,
    /// Bytes written.
    bytes_out,
    /// Frames handed to services.
    frames,
    /// Turns of all loops.
    turns,
}

pub(crate) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
