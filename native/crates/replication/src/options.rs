//! What is fixed for the life of a replication; the names are those of RocketMQ's keys.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// RocketMQ's `brokerRole`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Answers after its own append.
    #[default]
    AsyncMaster,
    /// Answers when slaves have the message too.
    SyncMaster,
    /// Copies a master's log and takes no message of its own.
    Slave,
}

/// Options of [`crate::Replication`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationOptions {
    /// This broker's role.
    pub role: Role,
    /// Port that slaves connect to; 0 takes a free one, `None` opens none.
    pub ha_listen_port: Option<u16>,
    /// `host:port` of the master's HA port at start.
    pub ha_master_address: Option<String>,
    /// `slaveTimeout`: how long a send waits for slaves.
    pub slave_timeout: Duration,
    /// `inSyncReplicas`: copies of a message, the master's included; below 2 counts as 2.
    pub in_sync_replicas: u32,
    /// `minInSyncReplicas`: sends are refused while fewer copies can be had.
    pub min_in_sync_replicas: u32,
    /// `enableAutoInSyncReplicas`: ask of a message only as many copies as slaves in sync can hold,
    /// down to `min_in_sync_replicas`.
    pub auto_in_sync_replicas: bool,
    /// `allAckInSyncStateSet`: every slave in sync must acknowledge.
    pub all_ack_in_sync_state_set: bool,
    /// `haMaxGapNotInSync`: a slave more bytes behind than this is not in sync.
    pub max_gap_bytes: u64,
    /// `haSendHeartbeatInterval`: between heartbeats of an idle connection.
    pub heartbeat_interval: Duration,
    /// `haHousekeepingInterval`: silence after which either side closes.
    pub housekeeping_interval: Duration,
    /// `haTransferBatchSize`: most bytes of log in one frame.
    pub transfer_batch_bytes: usize,
    /// `haFlowControlEnable`, `maxHaTransferByteInSecond`: most bytes to a slave in a second.
    pub max_bytes_per_second: Option<u64>,
    /// Slave: acknowledge only what is on its disk.
    pub ack_after_flush: bool,
    /// `brokerId`, by which slaves that prove to have the secret are told apart.
    pub broker_id: i64,
    /// What is asked of the other end.
    pub security: SecurityOptions,
}

/// Who may speak on the HA port; by default everybody, as in RocketMQ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityOptions {
    /// `haSecretFile`: what it holds, each end proves to have.
    pub secret_file: Option<PathBuf>,
    /// Speak TLS.
    pub tls: Option<TlsFiles>,
    /// `haPlainPeers`: who may go without, when one of the above is asked for.
    pub plain_peers: PlainPeers,
}

/// Certificates of one end, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// `haTlsCertificateFile`: the own certificate and those between it and its authority.
    pub certificate: PathBuf,
    /// `haTlsKeyFile`: its private key.
    pub key: PathBuf,
    /// `haTlsCaFile`: authorities that sign the certificates of others.
    pub authority: PathBuf,
    /// `haTlsServerName`: name in the master's certificate, when it is not its host.
    pub server_name: Option<String>,
}

/// Peers of which nothing is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlainPeers {
    /// Who connects from, or listens at, one of these.
    At(Vec<IpAddr>),
    /// Everybody.
    All,
}

impl Default for PlainPeers {
    fn default() -> Self {
        Self::At(Vec::new())
    }
}

impl PlainPeers {
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        match self {
            Self::At(list) => list.contains(&address),
            Self::All => true,
        }
    }
}

impl Default for ReplicationOptions {
    /// RocketMQ's defaults, without a port.
    fn default() -> Self {
        Self {
            role: Role::AsyncMaster,
            ha_listen_port: None,
            ha_master_address: None,
            slave_timeout: Duration::from_secs(3),
            in_sync_replicas: 1,
            min_in_sync_replicas: 1,
            auto_in_sync_replicas: false,
            all_ack_in_sync_state_set: false,
            max_gap_bytes: 256 << 20,
            heartbeat_interval: Duration::from_secs(5),
            housekeeping_interval: Duration::from_secs(20),
            transfer_batch_bytes: 32 << 10,
            max_bytes_per_second: None,
            ack_after_flush: false,
            broker_id: 0,
            security: SecurityOptions::default(),
        }
    }
}

impl ReplicationOptions {
    /// Slaves that must acknowledge a message of a `SYNC_MASTER` while so many are in sync.
    /// RocketMQ 5 waits for nobody at its default of 1; a master that is called synchronous waits
    /// for one slave here, unless it is told to make do with what there is.
    #[must_use]
    pub fn needed_slaves(&self, in_sync: usize) -> usize {
        let mut needed = self.in_sync_replicas.max(2) as usize - 1;
        if self.auto_in_sync_replicas {
            needed = needed.min(in_sync).max(self.min_in_sync_replicas.max(1) as usize - 1);
        }
        if self.all_ack_in_sync_state_set { needed.max(in_sync) } else { needed }
    }

    /// Intervals of nothing would be busy loops.
    pub(crate) fn sane(self) -> Self {
        const INTERVAL_MIN: Duration = Duration::from_millis(10);
        Self {
            heartbeat_interval: self.heartbeat_interval.max(INTERVAL_MIN),
            housekeeping_interval: self.housekeeping_interval.max(INTERVAL_MIN),
            ..self
        }
    }

    /// Largest part of the log in one frame. A Java slave never gets out of a frame that does not
    /// fit into its read buffer of 4 MiB, header included.
    pub(crate) fn frame_bytes(&self) -> usize {
        const JAVA_READ_BUFFER_BYTES: usize = 4 << 20;
        self.transfer_batch_bytes.clamp(1, JAVA_READ_BUFFER_BYTES / 2)
    }
}
