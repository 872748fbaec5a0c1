//! A check of the store, off JavaScript's thread, and asking for a repair.

use std::collections::HashSet;
use std::sync::Arc;

use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Result, Task};
use napi_derive::napi;
use turbopump_dataplane::{DataPlane, Finding, VerifyReport};

use crate::code::{Code, unsigned};
use crate::handle::NativeDataPlane;

#[napi(object)]
pub struct NativeStoreFinding {
    #[napi(ts_type = "'log' | 'queue' | 'index' | 'checkpoint'")]
    pub part: String,
    pub file: String,
    pub position: i64,
    pub what: String,
    pub touched: Vec<String>,
}

impl From<Finding> for NativeStoreFinding {
    fn from(finding: Finding) -> Self {
        Self {
            part: finding.part.name().to_owned(),
            file: finding.file,
            position: finding.position as i64,
            what: finding.what,
            touched: finding.touched,
        }
    }
}

#[napi(object)]
pub struct NativeStoreCheck {
    pub scanned_bytes: i64,
    pub records: i64,
    pub queues: i64,
    pub queue_entries: i64,
    pub index_entries: i64,
    pub deleted_records: i64,
    pub finding_count: i64,
    pub findings: Vec<NativeStoreFinding>,
    pub damaged_queues: i64,
    pub index_damaged: bool,
    pub log_damaged: bool,
}

impl From<VerifyReport> for NativeStoreCheck {
    fn from(report: VerifyReport) -> Self {
        Self {
            scanned_bytes: report.scanned_bytes as i64,
            records: report.records as i64,
            queues: report.queues as i64,
            queue_entries: report.queue_entries as i64,
            index_entries: report.index_entries as i64,
            deleted_records: report.deleted_records as i64,
            finding_count: report.finding_count as i64,
            findings: report.findings.into_iter().map(Into::into).collect(),
            damaged_queues: report.damaged_queues.len() as i64,
            index_damaged: report.index_damaged,
            log_damaged: report.log_damaged,
        }
    }
}

/// Checks the store.
pub struct StoreCheckTask {
    plane: Arc<DataPlane>,
    known_topics: HashSet<String>,
    bytes_per_second: u64,
}

impl Task for StoreCheckTask {
    type Output = VerifyReport;
    type JsValue = NativeStoreCheck;

    fn compute(&mut self) -> Result<VerifyReport> {
        let checked = self.plane.verify_store(&self.known_topics, self.bytes_per_second);
        checked.map_err(|error| Code::StoreFailed.error(error))
    }

    fn resolve(&mut self, _: Env, report: VerifyReport) -> Result<NativeStoreCheck> {
        Ok(report.into())
    }
}

#[napi]
impl NativeDataPlane {
    #[napi(ts_return_type = "Promise<NativeStoreCheck>")]
    pub fn verify_store(
        &self,
        known_topics: Vec<String>,
        bytes_per_second: i64,
    ) -> Result<AsyncTask<StoreCheckTask>> {
        Ok(AsyncTask::new(StoreCheckTask {
            plane: self.plane()?.clone(),
            known_topics: known_topics.into_iter().collect(),
            bytes_per_second: unsigned("bytesPerSecond", bytes_per_second)?,
        }))
    }

    #[napi(ts_return_type = "number | null")]
    pub fn verify_position(&self) -> Result<Option<i64>> {
        Ok(self.plane()?.verify_position().map(|position| position as i64))
    }

    #[napi]
    pub fn ask_for_repair(&self, known_topics: Vec<String>) -> Result<()> {
        let known_topics = known_topics.into_iter().collect();
        let asked = self.plane()?.ask_for_repair(&known_topics);
        asked.map_err(|error| Code::StoreFailed.error(error))
    }
}
