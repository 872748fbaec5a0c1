//! What a transport is told when it starts.

use std::net::SocketAddr;

/// Addresses, limits and deadlines of one transport. Every bound is per transport unless said.
#[derive(Debug, Clone)]
pub struct TransportConfig {
    /// Where to listen; port 0 takes a free one. A connection carries the index of its listener.
    pub listeners: Vec<SocketAddr>,
    /// Event loops, one thread each, 1 to 32.
    pub loops: usize,
    /// Largest frame accepted, its four length bytes included; above it the connection is closed
    /// (Java: `com.rocketmq.remoting.frameMaxLength`, 16 MiB).
    pub max_frame_bytes: usize,
    /// Connections open at a time; one more is accepted and closed at once (Java's broker has
    /// no such bound).
    pub max_connections: usize,
    /// Bytes waiting to be written above which a connection is not read, until half is gone.
    pub out_cap_bytes: usize,
    /// Bytes waiting to be written above which a connection is closed: its peer does not read
    /// what the broker sends unasked.
    pub out_limit_bytes: usize,
    /// Bytes that all partial frames and unsent replies of ONE loop may hold. At the bound the
    /// connection that wants more is closed.
    pub max_buffered_bytes: usize,
    /// Bytes read from one connection in one turn; the rest waits for the next turn, behind the
    /// other connections.
    pub read_budget_bytes: usize,
    /// Bytes after which no further connection is read in one turn: how long the work of a turn's
    /// end and replies that come by mail wait while a loop reads.
    pub turn_budget_bytes: usize,
    /// A connection that neither sent nor took a byte for so long is closed (Java:
    /// `serverChannelMaxIdleTimeSeconds`, 120 s).
    pub idle_ms: u64,
    /// How long a loop asks for events without sleeping before it lets its core go. 0 by
    /// measurement: see `docs/decisions/0001-io-model.md`.
    pub spin_us: u64,
    /// How long a stopping loop waits for its peers to take what is left for them.
    pub drain_ms: u64,
}

impl Default for TransportConfig {
    fn default() -> Self {
        Self {
            listeners: Vec::new(),
            loops: 1,
            max_frame_bytes: 16 << 20,
            max_connections: 10_000,
            out_cap_bytes: 1 << 20,
            out_limit_bytes: 64 << 20,
            max_buffered_bytes: 512 << 20,
            read_budget_bytes: 256 << 10,
            turn_budget_bytes: 256 << 10,
            idle_ms: 120_000,
            spin_us: 0,
            drain_ms: 1_000,
        }
    }
}
