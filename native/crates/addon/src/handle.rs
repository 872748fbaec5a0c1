//! The handle: one method per member of `DataPlane` in `data-plane.ts`.

use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::{AsyncTask, Function, Uint8Array};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use turbopump_dataplane::{ConnId, ConsumerOffset, DataPlane, DelayProgress, Denial, NameKind};
use turbopump_wire::QueueId;

use crate::code::{Code, listen_error, unsigned};
use crate::facts::{
    NativeConsumerOffset, NativeConsumerOffsets, NativeCounters, NativeDelayProgress,
    NativeLogStatus, NativeQueueBounds,
};
use crate::options::{NativeOptions, NativeRecovery};
use crate::policy::NativeDelta;
use crate::replication::NativeReplicationStatus;
use crate::tasks::{CloseTask, DeleteTopicTask, OpenTask};
use crate::up_batch::NativeUpBatch;

#[napi(object, use_nullable = true)]
pub struct NativePorts {
    pub listen_port: i64,
    pub fast_listen_port: Option<i64>,
    pub ha_listen_port: Option<i64>,
}

#[napi(object)]
pub struct NativeDownFrame {
    pub connection: i64,
    pub frame: Uint8Array,
}

#[napi(object)]
pub struct NativeDenial {
    pub code: i32,
    pub remark: String,
}

/// An open data plane. Every call after `close` fails with `CLOSED`, but `close` itself.
#[napi]
pub struct NativeDataPlane {
    plane: Option<Arc<DataPlane>>,
    recovery: NativeRecovery,
}

/// Opens the store of the options and resolves to its handle.
#[napi(ts_return_type = "Promise<NativeDataPlane>")]
pub fn open_data_plane(options: NativeOptions) -> Result<AsyncTask<OpenTask>> {
    Ok(AsyncTask::new(OpenTask { options: options.convert()? }))
}

impl NativeDataPlane {
    pub(crate) fn new(plane: DataPlane, recovery: NativeRecovery) -> Self {
        Self { plane: Some(Arc::new(plane)), recovery }
    }

    pub(crate) fn plane(&self) -> Result<&Arc<DataPlane>> {
        self.plane.as_ref().ok_or_else(|| Code::Closed.error("the data plane is closed"))
    }
}

#[napi]
impl NativeDataPlane {
    #[napi(getter)]
    pub fn recovery(&self) -> NativeRecovery {
        self.recovery
    }

    /// Binds and starts the loops. `ring` is called when there is a batch to take, and not again
    /// before it was taken; it keeps the process alive until `close`.
    #[napi]
    pub fn listen(&self, ring: Function<'_, (), ()>) -> Result<NativePorts> {
        let plane = self.plane()?;
        let bell = ring.build_threadsafe_function::<()>().build()?;
        let ports = plane.listen(Box::new(move || {
            // Refused only when JavaScript is going down, and then nobody listens.
            let _status = bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }));
        let ports = ports.map_err(|error| listen_error(&error))?;
        Ok(NativePorts {
            listen_port: ports.listen_port.into(),
            fast_listen_port: ports.fast_listen_port.map(i64::from),
            ha_listen_port: ports.ha_listen_port.map(i64::from),
        })
    }

    #[napi]
    pub fn take_batch(&self) -> Result<NativeUpBatch> {
        Ok(self.plane()?.take_batch().into())
    }

    #[napi]
    pub fn publish(&self, delta: NativeDelta) -> Result<i64> {
        Ok(self.plane()?.publish(delta.convert()?) as i64)
    }

    #[napi]
    pub fn resolve_wanted(
        &self,
        #[napi(ts_arg_type = "'topic' | 'group'")] kind: String,
        name: String,
        denial: Option<NativeDenial>,
    ) -> Result<()> {
        let kind = if kind == "topic" { NameKind::Topic } else { NameKind::Group };
        let denial = denial.map(|denial| Denial { code: denial.code, remark: denial.remark });
        self.plane()?.resolve_wanted(kind, &name, denial.as_ref());
        Ok(())
    }

    /// Queues whole frames, length bytes included; each is copied once.
    #[napi]
    pub fn send(&self, frames: Vec<NativeDownFrame>) -> Result<()> {
        let frames =
            frames.into_iter().map(|one| Ok((connection_of(one.connection)?, one.frame.to_vec())));
        let frames: Vec<_> = frames.collect::<Result<_>>()?;
        self.plane()?.send(frames);
        Ok(())
    }

    #[napi]
    pub fn close_connection(&self, connection: i64) -> Result<()> {
        self.plane()?.close_connection(connection_of(connection)?);
        Ok(())
    }

    #[napi]
    pub fn queue_bounds(&self, topic: String) -> Result<Vec<NativeQueueBounds>> {
        let bounds = self.plane()?.queue_bounds(&topic);
        let bounds = bounds.map_err(|error| Code::StoreFailed.error(error))?;
        Ok(bounds.into_iter().map(NativeQueueBounds::from).collect())
    }

    #[napi]
    pub fn consumer_offsets(&self) -> Result<NativeConsumerOffsets> {
        Ok(self.plane()?.consumer_offsets().into())
    }

    #[napi]
    pub fn set_consumer_offsets(&self, offsets: Vec<NativeConsumerOffset>) -> Result<()> {
        let offsets = offsets.into_iter().map(NativeConsumerOffset::convert);
        let offsets: Vec<ConsumerOffset> = offsets.collect::<Result<_>>()?;
        self.plane()?.set_consumer_offsets(&offsets);
        Ok(())
    }

    #[napi]
    pub fn advance_consumer_offsets(&self, offsets: Vec<NativeConsumerOffset>) -> Result<()> {
        let offsets = offsets.into_iter().map(NativeConsumerOffset::convert);
        let offsets: Vec<ConsumerOffset> = offsets.collect::<Result<_>>()?;
        self.plane()?.advance_consumer_offsets(&offsets);
        Ok(())
    }

    #[napi]
    pub fn erase_group_offsets(&self, group: String) -> Result<()> {
        self.plane()?.erase_group_offsets(&group);
        Ok(())
    }

    #[napi]
    pub fn delay_progress(&self) -> Result<Vec<NativeDelayProgress>> {
        Ok(self.plane()?.delay_progress().into_iter().map(NativeDelayProgress::from).collect())
    }

    #[napi]
    pub fn set_delay_progress(&self, progress: Vec<NativeDelayProgress>) -> Result<()> {
        let progress = progress.iter().map(NativeDelayProgress::convert);
        let progress: Vec<DelayProgress> = progress.collect::<Result<_>>()?;
        self.plane()?.set_delay_progress(&progress);
        Ok(())
    }

    #[napi]
    pub fn search_offset(&self, topic: String, queue_id: i64, timestamp_ms: i64) -> Result<i64> {
        let queue = QueueId::new(unsigned("queueId", queue_id)?);
        let found = self.plane()?.search_offset(&topic, queue, timestamp_ms);
        Ok(found.map_err(|error| Code::StoreFailed.error(error))?.get() as i64)
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete_topic(&self, topic: String) -> Result<AsyncTask<DeleteTopicTask>> {
        Ok(AsyncTask::new(DeleteTopicTask { plane: self.plane()?.clone(), topic }))
    }

    #[napi]
    pub fn counters(&self) -> Result<NativeCounters> {
        Ok(self.plane()?.counters().into())
    }

    #[napi]
    pub fn log_status(&self) -> Result<NativeLogStatus> {
        Ok(self.plane()?.log_status().into())
    }

    #[napi]
    pub fn set_master_address(&self, address: Option<String>) -> Result<()> {
        self.plane()?.set_master_address(address);
        Ok(())
    }

    #[napi]
    pub fn replication_status(&self) -> Result<NativeReplicationStatus> {
        Ok(self.plane()?.replication_status().into())
    }

    /// Stops, flushes, closes. A second call resolves at once.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&mut self) -> AsyncTask<CloseTask> {
        AsyncTask::new(CloseTask { plane: self.plane.take() })
    }
}

pub(crate) fn connection_of(number: i64) -> Result<ConnId> {
    Ok(ConnId::from_raw(unsigned("connection", number)?))
}
