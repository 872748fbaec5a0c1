//! Replication of the log between brokers, in the bytes of RocketMQ's HA port: a Java slave of our
//! master, and our slave of a Java master, see nothing but their protocol (`store/ha/DefaultHA*`;
//! controller mode, `AutoSwitchHA*`, is another one and is not spoken).
//!
//! Invariants: a slave's log is a prefix of its master's, byte for byte, or the slave says why it
//! takes nothing and leaves its files alone; a position counts as replicated only when a connected
//! slave has acknowledged bytes that were sent to it; sending costs an append nothing while no
//! slave is connected, and a wait for slaves costs no thread.
//! Whoever has to show a secret or a certificate (`secure`) is nobody before.
//! Refuses: to serve a slave of a slave's unwritten bytes, to guess at logs that differ, and any
//! number that cannot be a slave's.
//!
//! Map: `replication` (handle) → `master` (one thread, all slaves) → `quorum` (who has what);
//! `slave` (one thread, two when behind) → `slave::incoming` (frames to records); `frame` (the
//! bytes); `secure` (who may speak).

mod frame;
mod master;
mod options;
mod quorum;
mod rate;
mod replication;
mod secure;
mod slave;
mod status;
#[cfg(test)]
mod tests;

pub use options::{PlainPeers, ReplicationOptions, Role, SecurityOptions, TlsFiles};
pub use replication::{Hooks, Replication, StartError};
pub use secure::SecurityError;
pub use status::{ConnectedSlave, MasterLink, RefusedPeer, ReplicationStatus};
