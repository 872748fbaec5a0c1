//! What an operator asks about replication.

use crate::options::Role;

/// A slave as its master sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectedSlave {
    /// Its end of the connection.
    pub address: String,
    /// Its `brokerId`, when it has proved to have the secret.
    pub broker_id: Option<i64>,
    /// End of what it says it has; 0 before its first acknowledgement.
    pub ack_offset: u64,
    /// Bytes of the master's log behind that.
    pub lag_bytes: u64,
    /// Rate of the last full second.
    pub transferred_bytes_per_second: u64,
    /// Counts for what a synchronous master promises.
    pub in_sync: bool,
}

/// A peer that was sent away, with all others of its address and fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPeer {
    /// Where it connected from, without its port.
    pub address: String,
    /// What was wrong with it.
    pub reason: String,
    /// How many times.
    pub count: u64,
}

/// A master as its slave sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MasterLink {
    /// `host:port`, `None` while none is known.
    pub address: Option<String>,
    /// A connection stands.
    pub connected: bool,
    /// End of the master's log as far as its frames told; 0 before the first one.
    pub master_max_offset: u64,
    /// End of this log.
    pub max_offset: u64,
    /// Wall time of the last byte from the master, 0 before the first.
    pub last_read_ms: i64,
    /// Rate of the last full second.
    pub transferred_bytes_per_second: u64,
    /// Why nothing is taken from the master, until something is again.
    pub refusal: Option<String>,
}

/// A reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicationStatus {
    /// This broker's role.
    pub role: Role,
    /// Connected slaves that have said where they are.
    pub slaves: Vec<ConnectedSlave>,
    /// Who was sent away, the last few different ones.
    pub refused_peers: Vec<RefusedPeer>,
    /// Only of a slave.
    pub master: Option<MasterLink>,
}
