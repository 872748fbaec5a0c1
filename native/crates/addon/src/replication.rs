//! `ReplicationOptions` and `ReplicationStatus`.

use std::time::Duration;

use napi::Result;
use napi_derive::napi;
use turbopump_dataplane::{
    ConnectedSlave, MasterLink, ReplicationOptions, ReplicationRole, ReplicationStatus,
};

use crate::code::{Code, unsigned};

/// See `ReplicationOptions` of `data-plane.ts`.
#[napi(object, use_nullable = true)]
pub struct NativeReplication {
    #[napi(ts_type = "'ASYNC_MASTER' | 'SYNC_MASTER' | 'SLAVE'")]
    pub role: String,
    pub ha_listen_port: Option<i64>,
    pub ha_master_address: Option<String>,
    pub slave_timeout_ms: i64,
    pub in_sync_replicas: i64,
    pub min_in_sync_replicas: i64,
    pub all_ack_in_sync_state_set: bool,
    pub ha_max_gap_not_in_sync: i64,
    pub ha_send_heartbeat_interval: i64,
    pub ha_housekeeping_interval: i64,
    pub ha_transfer_batch_size: i64,
    pub slave_ack_after_flush: bool,
}

impl NativeReplication {
    pub(crate) fn convert(self) -> Result<ReplicationOptions> {
        let millis =
            |name, value| -> Result<Duration> { Ok(Duration::from_millis(unsigned(name, value)?)) };
        Ok(ReplicationOptions {
            role: match self.role.as_str() {
                "ASYNC_MASTER" => ReplicationRole::AsyncMaster,
                "SYNC_MASTER" => ReplicationRole::SyncMaster,
                "SLAVE" => ReplicationRole::Slave,
                other => return Err(Code::InvalidOption.error(format!("role {other}"))),
            },
            ha_listen_port: match self.ha_listen_port {
                Some(port) => Some(unsigned("haListenPort", port)?),
                None => None,
            },
            ha_master_address: self.ha_master_address,
            slave_timeout: millis("slaveTimeoutMs", self.slave_timeout_ms)?,
            in_sync_replicas: unsigned("inSyncReplicas", self.in_sync_replicas)?,
            min_in_sync_replicas: unsigned("minInSyncReplicas", self.min_in_sync_replicas)?,
            all_ack_in_sync_state_set: self.all_ack_in_sync_state_set,
            max_gap_bytes: unsigned("haMaxGapNotInSync", self.ha_max_gap_not_in_sync)?,
            heartbeat_interval: millis("haSendHeartbeatInterval", self.ha_send_heartbeat_interval)?,
            housekeeping_interval: millis("haHousekeepingInterval", self.ha_housekeeping_interval)?,
            transfer_batch_bytes: unsigned("haTransferBatchSize", self.ha_transfer_batch_size)?,
            ack_after_flush: self.slave_ack_after_flush,
        })
    }
}

#[napi(object)]
pub struct NativeConnectedSlave {
    pub address: String,
    pub ack_offset: i64,
    pub lag_bytes: i64,
    pub transferred_bytes_per_second: i64,
    pub in_sync: bool,
}

impl From<ConnectedSlave> for NativeConnectedSlave {
    fn from(slave: ConnectedSlave) -> Self {
        Self {
            address: slave.address,
            ack_offset: slave.ack_offset as i64,
            lag_bytes: slave.lag_bytes as i64,
            transferred_bytes_per_second: slave.transferred_bytes_per_second as i64,
            in_sync: slave.in_sync,
        }
    }
}

#[napi(object, use_nullable = true)]
pub struct NativeMasterLink {
    pub address: Option<String>,
    pub connected: bool,
    pub master_max_offset: i64,
    pub max_offset: i64,
    pub last_read_timestamp: i64,
    pub transferred_bytes_per_second: i64,
    pub refusal: Option<String>,
}

impl From<MasterLink> for NativeMasterLink {
    fn from(link: MasterLink) -> Self {
        Self {
            address: link.address,
            connected: link.connected,
            master_max_offset: link.master_max_offset as i64,
            max_offset: link.max_offset as i64,
            last_read_timestamp: link.last_read_ms,
            transferred_bytes_per_second: link.transferred_bytes_per_second as i64,
            refusal: link.refusal,
        }
    }
}

#[napi(object, use_nullable = true)]
pub struct NativeReplicationStatus {
    #[napi(ts_type = "'ASYNC_MASTER' | 'SYNC_MASTER' | 'SLAVE'")]
    pub role: String,
    pub slaves: Vec<NativeConnectedSlave>,
    pub master: Option<NativeMasterLink>,
}

impl From<ReplicationStatus> for NativeReplicationStatus {
    fn from(status: ReplicationStatus) -> Self {
        let role = match status.role {
            ReplicationRole::AsyncMaster => "ASYNC_MASTER",
            ReplicationRole::SyncMaster => "SYNC_MASTER",
            ReplicationRole::Slave => "SLAVE",
        };
        Self {
            role: role.to_owned(),
            slaves: status.slaves.into_iter().map(NativeConnectedSlave::from).collect(),
            master: status.master.map(NativeMasterLink::from),
        }
    }
}
