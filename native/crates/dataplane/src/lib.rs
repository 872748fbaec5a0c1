//! The data plane of a broker: the hot requests from socket to log and back.
//!
//! Messages end here and never reach JavaScript. *Policy* comes down as versioned deltas and is
//! read as immutable snapshots; *facts* and every request that is not hot go up through one bounded
//! queue. Each loop owns its connections, held pulls and parked requests; consumer offsets and the
//! progress of delayed messages live here, TypeScript writes them to disk.
//!
//! Invariants: a send is answered OK only when its record is as durable as the flush mode promises;
//! readers see only records that can no longer vanish; at every bound the peer is told
//! `SYSTEM_BUSY` and nothing grows; a oneway request is never answered.
//! Refuses: to decide about names (TypeScript does), half messages and timers (not built yet, so
//! not half accepted), and pulls on the fast port.

mod admin;
mod counters;
mod data_plane;
mod error;
mod event_loop;
mod hold;
mod message;
mod offsets;
mod options;
mod park;
mod policy;
mod reading;
mod requests;
mod resets;
mod schedule;
mod shared;
mod store_check;
mod sync;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unique_id;
mod upward;

pub use admin::{QueueUnit, QueueUnits, StoredMessage};
pub use counters::{Counters, GetTotals, GroupCount, TopicCount, TopicCounters};
pub use data_plane::{DataPlane, DelayProgress, ListenPorts, QueueBounds};
pub use error::{CleanUpError, CloseError, DeleteError, ListenError, OpenError};
pub use event_loop::Denial;
pub use offsets::ConsumerOffset;
pub use options::DataPlaneOptions;
pub use park::NameKind;
pub use policy::{
    BrokerPolicy, BrokerRole, GroupPolicy, LiveGroup, LiveGroupPolicy, PERM_READ, PERM_WRITE,
    PolicyDelta, PolicySnapshot, Subscription, SubscriptionPolicy, TopicEntry, TopicPolicy,
};
pub use turbopump_replication::{
    ConnectedSlave, MasterLink, PlainPeers, RefusedPeer, ReplicationOptions, ReplicationStatus,
    Role as ReplicationRole, SecurityOptions, TlsFiles,
};
pub use turbopump_store::{Finding, LogStatus, RecoveryReport, VerifyReport};
pub use turbopump_transport::ConnId;
pub use upward::{Opened, Ring, UPWARD_BYTES_MAX, UpBatch, Wanted};
