//! `DataPlaneOptions` and `RecoveryReport`.

use std::path::PathBuf;

use napi::Result;
use napi_derive::napi;
use turbopump_dataplane::{DataPlaneOptions, RecoveryReport};
use turbopump_store::{FlushMode, RetentionOptions, StoreOptions};

use crate::code::{Code, unsigned};
use crate::replication::NativeReplication;

/// See `DataPlaneOptions` of `data-plane.ts`. Sizes in bytes, times in milliseconds.
#[napi(object, use_nullable = true)]
pub struct NativeOptions {
    pub store_path_root_dir: String,
    pub store_path_commit_log: String,
    pub segment_bytes: i64,
    pub queue_file_bytes: i64,
    pub index_enabled: bool,
    pub index_slots: i64,
    pub index_entries: i64,
    #[napi(ts_type = "'ASYNC_FLUSH' | 'SYNC_FLUSH'")]
    pub flush_mode: String,
    pub flush_interval_ms: i64,
    pub delay_levels_ms: Vec<i64>,
    pub delete_when_hours: Vec<i64>,
    pub file_reserved_hours: i64,
    pub disk_max_used_ratio_percent: i64,
    pub bind_address: String,
    pub listen_port: i64,
    pub fast_listen_port: Option<i64>,
    pub store_host: String,
    pub event_loops: i64,
    pub max_frame_bytes: i64,
    pub max_message_bytes: i64,
    pub max_connections: i64,
    pub idle_connection_ms: i64,
    pub upward_queue_capacity: i64,
    pub replication: NativeReplication,
}

impl NativeOptions {
    pub(crate) fn convert(self) -> Result<DataPlaneOptions> {
        Ok(DataPlaneOptions {
            store: self.store()?,
            bind_address: self.bind_address,
            listen_port: unsigned("listenPort", self.listen_port)?,
            fast_listen_port: match self.fast_listen_port {
                Some(port) => Some(unsigned("fastListenPort", port)?),
                None => None,
            },
            store_host: self.store_host,
            event_loops: unsigned("eventLoops", self.event_loops)?,
            max_frame_bytes: unsigned("maxFrameBytes", self.max_frame_bytes)?,
            max_message_bytes: unsigned("maxMessageBytes", self.max_message_bytes)?,
            max_connections: unsigned("maxConnections", self.max_connections)?,
            idle_connection_ms: unsigned("idleConnectionMs", self.idle_connection_ms)?,
            upward_queue_capacity: unsigned("upwardQueueCapacity", self.upward_queue_capacity)?,
            replication: self.replication.convert()?,
        })
    }

    fn store(&self) -> Result<StoreOptions> {
        let hours = self.delete_when_hours.iter();
        let percent = self.disk_max_used_ratio_percent;
        Ok(StoreOptions {
            commit_log_dir: PathBuf::from(&self.store_path_commit_log),
            segment_bytes: unsigned("segmentBytes", self.segment_bytes)?,
            queue_file_bytes: unsigned("queueFileBytes", self.queue_file_bytes)?,
            index_enabled: self.index_enabled,
            index_slots: unsigned("indexSlots", self.index_slots)?,
            index_entries: unsigned("indexEntries", self.index_entries)?,
            flush_mode: match self.flush_mode.as_str() {
                "SYNC_FLUSH" => FlushMode::Sync,
                "ASYNC_FLUSH" => FlushMode::Async,
                other => return Err(Code::InvalidOption.error(format!("flushMode {other}"))),
            },
            flush_interval_ms: unsigned("flushIntervalMs", self.flush_interval_ms)?,
            delay_levels_ms: self.delay_levels_ms.clone(),
            retention: RetentionOptions {
                delete_when_hours: hours
                    .map(|hour| unsigned("deleteWhenHours", *hour))
                    .collect::<Result<_>>()?,
                reserved_hours: unsigned("fileReservedHours", self.file_reserved_hours)?,
                disk_max_used_percent: unsigned("diskMaxUsedRatioPercent", percent)?,
            },
            ..StoreOptions::at(PathBuf::from(&self.store_path_root_dir))
        })
    }
}

/// What was found, cut and rebuilt when the store was opened.
#[napi(object)]
#[derive(Clone, Copy)]
pub struct NativeRecovery {
    pub clean_shutdown: bool,
    pub min_physical_offset: i64,
    pub max_physical_offset: i64,
    pub scanned_bytes: i64,
    pub cut_bytes: i64,
    pub dispatched_records: i64,
    pub elapsed_ms: i64,
}

impl From<RecoveryReport> for NativeRecovery {
    fn from(report: RecoveryReport) -> Self {
        Self {
            clean_shutdown: report.clean_shutdown,
            min_physical_offset: report.min.get() as i64,
            max_physical_offset: report.end.get() as i64,
            scanned_bytes: report.scanned_bytes as i64,
            cut_bytes: report.cut_bytes as i64,
            dispatched_records: report.dispatched_records as i64,
            elapsed_ms: report.elapsed_ms as i64,
        }
    }
}
