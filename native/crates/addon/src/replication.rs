//! `ReplicationOptions` and `ReplicationStatus`.

use std::path::PathBuf;
use std::time::Duration;

use napi::{Either, Error, Result};
use napi_derive::napi;
use turbopump_dataplane::{
    ConnectedSlave, MasterLink, PlainPeers, RefusedPeer, ReplicationOptions, ReplicationRole,
    ReplicationStatus, SecurityOptions, TlsFiles,
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
    pub enable_auto_in_sync_replicas: bool,
    pub all_ack_in_sync_state_set: bool,
    pub ha_max_gap_not_in_sync: i64,
    pub ha_send_heartbeat_interval: i64,
    pub ha_housekeeping_interval: i64,
    pub ha_transfer_batch_size: i64,
    pub max_ha_transfer_byte_in_second: Option<i64>,
    pub slave_ack_after_flush: bool,
    pub broker_id: i64,
    pub security: NativeSecurity,
}

/// See `ReplicationSecurity` of `data-plane.ts`.
#[napi(object, use_nullable = true)]
pub struct NativeSecurity {
    pub secret_file: Option<String>,
    pub tls: Option<NativeTlsFiles>,
    #[napi(ts_type = "'all' | Array<string>")]
    pub plain_peers: Either<String, Vec<String>>,
}

/// See `TlsFiles` of `data-plane.ts`.
#[napi(object, use_nullable = true)]
pub struct NativeTlsFiles {
    pub certificate_file: String,
    pub key_file: String,
    pub ca_file: String,
    pub server_name: Option<String>,
}

impl NativeSecurity {
    fn convert(self) -> Result<SecurityOptions> {
        let plain_peers = match self.plain_peers {
            Either::A(word) if word == "all" => PlainPeers::All,
            Either::A(word) => return Err(not_an_address(&word)),
            Either::B(list) => PlainPeers::At(
                list.iter()
                    .map(|one| one.parse().map_err(|_| not_an_address(one)))
                    .collect::<Result<_>>()?,
            ),
        };
        let tls = self.tls.map(|files| TlsFiles {
            certificate: files.certificate_file.into(),
            key: files.key_file.into(),
            authority: files.ca_file.into(),
            server_name: files.server_name,
        });
        let secret_file = self.secret_file.map(PathBuf::from);
        Ok(SecurityOptions { secret_file, tls, plain_peers })
    }
}

fn not_an_address(word: &str) -> Error {
    Code::InvalidOption.error(format!("haPlainPeers: {word} is no IP address"))
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
            auto_in_sync_replicas: self.enable_auto_in_sync_replicas,
            all_ack_in_sync_state_set: self.all_ack_in_sync_state_set,
            max_gap_bytes: unsigned("haMaxGapNotInSync", self.ha_max_gap_not_in_sync)?,
            heartbeat_interval: millis("haSendHeartbeatInterval", self.ha_send_heartbeat_interval)?,
            housekeeping_interval: millis("haHousekeepingInterval", self.ha_housekeeping_interval)?,
            transfer_batch_bytes: unsigned("haTransferBatchSize", self.ha_transfer_batch_size)?,
            max_bytes_per_second: match self.max_ha_transfer_byte_in_second {
                Some(bytes) => Some(unsigned("maxHaTransferByteInSecond", bytes)?),
                None => None,
            },
            ack_after_flush: self.slave_ack_after_flush,
            broker_id: self.broker_id,
            security: self.security.convert()?,
        })
    }
}

#[napi(object, use_nullable = true)]
pub struct NativeConnectedSlave {
    pub address: String,
    pub broker_id: Option<i64>,
    pub ack_offset: i64,
    pub lag_bytes: i64,
    pub transferred_bytes_per_second: i64,
    pub in_sync: bool,
}

impl From<ConnectedSlave> for NativeConnectedSlave {
    fn from(slave: ConnectedSlave) -> Self {
        Self {
            address: slave.address,
            broker_id: slave.broker_id,
            ack_offset: slave.ack_offset as i64,
            lag_bytes: slave.lag_bytes as i64,
            transferred_bytes_per_second: slave.transferred_bytes_per_second as i64,
            in_sync: slave.in_sync,
        }
    }
}

#[napi(object)]
pub struct NativeRefusedPeer {
    pub address: String,
    pub reason: String,
    pub count: i64,
}

impl From<RefusedPeer> for NativeRefusedPeer {
    fn from(peer: RefusedPeer) -> Self {
        Self { address: peer.address, reason: peer.reason, count: peer.count as i64 }
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
    pub refused_peers: Vec<NativeRefusedPeer>,
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
            refused_peers: status.refused_peers.into_iter().map(<_>::from).collect(),
            master: status.master.map(NativeMasterLink::from),
        }
    }
}
