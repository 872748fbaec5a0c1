//! What is fixed for the life of a replication; the names are those of RocketMQ's keys.

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
    /// Slave: acknowledge only what is on its disk.
    pub ack_after_flush: bool,
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
            all_ack_in_sync_state_set: false,
            max_gap_bytes: 256 << 20,
            heartbeat_interval: Duration::from_secs(5),
            housekeeping_interval: Duration::from_secs(20),
            transfer_batch_bytes: 32 << 10,
            ack_after_flush: false,
        }
    }
}

impl ReplicationOptions {
    /// Slaves that must acknowledge a message of a `SYNC_MASTER`. RocketMQ 5 waits for nobody at
    /// its default of 1; a master that is called synchronous waits for one slave here.
    #[must_use]
    pub fn needed_slaves(&self) -> usize {
        self.in_sync_replicas.max(2) as usize - 1
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
