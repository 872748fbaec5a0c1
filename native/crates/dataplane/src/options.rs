//! What is fixed for the life of a data plane.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use turbopump_replication::ReplicationOptions;
use turbopump_store::StoreOptions;
use turbopump_transport::LOOPS_MAX;

use crate::error::OpenError;
use crate::shared::MessageLimits;

/// Options of [`crate::DataPlane::open`]. Sizes in bytes, times in milliseconds.
#[derive(Clone, Debug)]
pub struct DataPlaneOptions {
    /// The store's own options.
    pub store: StoreOptions,
    /// Address to listen on, a literal or a name.
    pub bind_address: String,
    /// Port with every request; 0 takes a free one.
    pub listen_port: u16,
    /// Port without pull.
    pub fast_listen_port: Option<u16>,
    /// Address written into records, `brokerIP1`.
    pub store_host: String,
    /// Event loops, 1 to 32.
    pub event_loops: usize,
    /// Largest frame accepted.
    pub max_frame_bytes: usize,
    /// `maxMessageSize`.
    pub max_message_bytes: usize,
    /// Connections open at a time.
    pub max_connections: usize,
    /// A connection silent for so long is closed.
    pub idle_connection_ms: u64,
    /// Frames that may wait for TypeScript.
    pub upward_queue_capacity: usize,
    /// To slaves, or from a master.
    pub replication: ReplicationOptions,
}

impl DataPlaneOptions {
    /// Refuses what cannot work before anything is opened.
    pub(crate) fn check(&self) -> Result<IpAddr, OpenError> {
        if self.event_loops == 0 || self.event_loops > LOOPS_MAX {
            return Err(OpenError::Options(format!(
                "eventLoops is {}, 1 to {LOOPS_MAX} are possible",
                self.event_loops
            )));
        }
        resolve(&self.store_host, 0)
            .map(|address| address.ip())
            .ok_or_else(|| OpenError::Options(format!("{} is no address", self.store_host)))
    }

    /// Sizes a message must keep so that its record and frame fit.
    pub(crate) fn limits(&self) -> MessageLimits {
        MessageLimits {
            body_bytes: self.max_message_bytes,
            record_bytes: usize::try_from(self.store.segment_bytes).unwrap_or(usize::MAX),
        }
    }
}

/// The first address that a literal or a name stands for.
pub(crate) fn resolve(host: &str, port: u16) -> Option<SocketAddr> {
    (host, port).to_socket_addrs().ok()?.next()
}
