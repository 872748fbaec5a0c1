//! SIGNATURES ONLY for now; bodies land within the hour.
#![allow(clippy::all, clippy::pedantic, missing_docs, unused_variables, dead_code)]
use std::sync::Arc;
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset};
use crate::batch::AppendBatch;
use crate::clock::Clock;
use crate::consume_queue::{Queue, QueueError};
use crate::disk::Disk;
use crate::error::*;
use crate::index::IndexAnswer;
use crate::log_slice::LogSlice;
use crate::options::{FlushMode, StoreOptions};
use crate::status::{LogStatus, Progress, RecoveryReport};

pub struct Store;
impl Store {
    pub fn open(options: StoreOptions, disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Result<(Arc<Store>, RecoveryReport), OpenError> { todo!() }
    pub fn close(&self) -> Result<(), CloseError> { todo!() }
    pub fn append(&self, batch: &mut AppendBatch) -> Result<PhysicalOffset, AppendError> { todo!() }
    pub fn flush_mode(&self) -> FlushMode { todo!() }
    pub fn flushed(&self) -> PhysicalOffset { todo!() }
    pub fn written(&self) -> PhysicalOffset { todo!() }
    pub fn readable(&self) -> PhysicalOffset { todo!() }
    pub fn min_offset(&self) -> PhysicalOffset { todo!() }
    pub fn poisoned(&self) -> Option<Arc<str>> { todo!() }
    pub fn sync_now(&self) -> Result<PhysicalOffset, SyncError> { todo!() }
    pub fn request_sync(&self) { todo!() }
    pub fn set_progress_listener(&self, listener: Box<dyn Fn(Progress) + Send + Sync>) { todo!() }
    pub fn queue(&self, topic: &str, id: QueueId) -> Option<Arc<Queue>> { todo!() }
    pub fn queue_or_create(&self, topic: &turbopump_wire::PhysicalOffset, id: QueueId) -> Result<Arc<Queue>, QueueError> { todo!() }
    pub fn queues_of(&self, topic: &str) -> Vec<Arc<Queue>> { todo!() }
    pub fn read_record(&self, at: PhysicalOffset, size_hint: Option<u32>) -> Result<LogSlice, ReadError> { todo!() }
    pub fn read_run(&self, at: PhysicalOffset, len: u32) -> Result<LogSlice, ReadError> { todo!() }
    pub fn query_index(&self, topic: &str, key: &str, max: usize, begin_ms: i64, end_ms: i64) -> Result<IndexAnswer, ReadError> { todo!() }
    pub fn search_offset(&self, topic: &str, id: QueueId, timestamp_ms: i64, boundary: Boundary) -> Result<QueueOffset, ReadError> { todo!() }
    pub fn earliest_store_ms(&self, topic: &str, id: QueueId) -> Result<Option<i64>, ReadError> { todo!() }
    pub fn delete_topic(&self, topic: &str) -> Result<(), DeleteTopicError> { todo!() }
    pub fn status(&self) -> LogStatus { todo!() }
}
/// Which of several messages with the wanted store time, `BoundaryType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary { Lower, Upper }
