//! Whether a connection is still its slave's.
//!
//! RocketMQ's protocol does not say who a slave is. A slave that reconnects leaves its old
//! connection, which may look alive until the network notices; what it acknowledged there must not
//! count as a second copy. Two slaves on one host, on the other hand, are two copies.
//! So: when a connection begins to follow the log, every older one of the same origin is doubted.
//! A slave uses one connection at a time, so a doubted one that acknowledges bytes which were
//! appended after the new one began belongs to a slave of its own. Until then nothing it has
//! acknowledged counts; that it still speaks a while later is enough to be waited for, since that
//! decides between a wait and a refusal only.

use std::net::IpAddr;
use std::time::{Duration, Instant};

/// What may have been on its way when its slave left it has arrived by then.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

/// Whose connection it is, as far as the master can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// All there is of a plain peer.
    Address(IpAddr),
    /// `brokerId` of one that has proved to have the secret.
    Broker(i64),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Doubt {
    /// End of the log when it arose.
    end: u64,
    since: Instant,
    is_there: bool,
}

impl Doubt {
    pub(super) const fn new(end: u64, now: Instant) -> Self {
        Self { end, since: now, is_there: false }
    }

    /// A number has come.
    pub(super) fn hears(&mut self, now: Instant) {
        self.is_there |= now.saturating_duration_since(self.since) >= ON_ITS_WAY;
    }

    pub(super) const fn is_there(&self) -> bool {
        self.is_there
    }

    /// Whether an acknowledgement ends it.
    pub(super) const fn is_refuted_by(&self, acked: u64) -> bool {
        acked > self.end
    }
}
