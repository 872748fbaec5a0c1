//! What administrators ask: store times, queue contents, resets, a record to a client, clean-ups.

use napi::Result;
use napi::bindgen_prelude::{AsyncTask, Uint8Array};
use napi_derive::napi;
use turbopump_dataplane::{ConsumerOffset, QueueUnit, StoredMessage};
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset};

use crate::code::{Code, unsigned};
use crate::facts::NativeConsumerOffset;
use crate::handle::{NativeDataPlane, connection_of};
use crate::tasks::{CleanUp, CleanUpTask};

#[napi(object)]
pub struct NativeStoredMessage {
    pub topic: String,
    pub queue_id: i64,
    pub offset: i64,
}

impl NativeStoredMessage {
    fn convert(self) -> Result<StoredMessage> {
        Ok(StoredMessage {
            topic: self.topic,
            queue: QueueId::new(unsigned("queueId", self.queue_id)?),
            offset: QueueOffset::new(unsigned("offset", self.offset)?),
        })
    }
}

#[napi(object)]
pub struct NativeQueueUnit {
    pub physical_offset: i64,
    pub size_bytes: i64,
    pub tags_code: i64,
}

#[napi(object)]
pub struct NativeQueueUnits {
    pub min_offset: i64,
    pub max_offset: i64,
    pub units: Vec<NativeQueueUnit>,
}

fn native_unit(unit: &QueueUnit) -> NativeQueueUnit {
    NativeQueueUnit {
        physical_offset: unit.physical.get() as i64,
        size_bytes: unit.size.into(),
        tags_code: unit.tags_code,
    }
}

#[napi]
impl NativeDataPlane {
    #[napi]
    pub fn reset_consumer_offsets(&self, offsets: Vec<NativeConsumerOffset>) -> Result<()> {
        let offsets = offsets.into_iter().map(NativeConsumerOffset::convert);
        let offsets: Vec<ConsumerOffset> = offsets.collect::<Result<_>>()?;
        self.plane()?.reset_consumer_offsets(&offsets);
        Ok(())
    }

    #[napi]
    pub fn group_offsets(&self, group: String) -> Result<Vec<NativeConsumerOffset>> {
        let offsets = self.plane()?.group_offsets(&group);
        Ok(offsets.into_iter().map(NativeConsumerOffset::from).collect())
    }

    #[napi]
    pub fn topic_groups(&self, topic: String) -> Result<Vec<String>> {
        Ok(self.plane()?.topic_groups(&topic))
    }

    #[napi]
    pub fn store_timestamps(&self, asked: Vec<NativeStoredMessage>) -> Result<Vec<i64>> {
        let asked = asked.into_iter().map(NativeStoredMessage::convert);
        let asked: Vec<_> = asked.collect::<Result<_>>()?;
        self.plane()?.store_times(&asked).map_err(|error| Code::StoreFailed.error(error))
    }

    #[napi(ts_return_type = "NativeQueueUnits | null")]
    pub fn queue_units(
        &self,
        topic: String,
        queue_id: i64,
        from_offset: i64,
        count: i64,
    ) -> Result<Option<NativeQueueUnits>> {
        let queue = QueueId::new(unsigned("queueId", queue_id)?);
        let from = QueueOffset::new(unsigned("fromOffset", from_offset)?);
        let found = self.plane()?.queue_units(&topic, queue, from, unsigned("count", count)?);
        let found = found.map_err(|error| Code::StoreFailed.error(error))?;
        Ok(found.map(|found| NativeQueueUnits {
            min_offset: found.min.get() as i64,
            max_offset: found.max.get() as i64,
            units: found.units.iter().map(native_unit).collect(),
        }))
    }

    #[napi]
    pub fn forward_record(
        &self,
        connection: i64,
        frame: Uint8Array,
        physical_offset: i64,
    ) -> Result<bool> {
        let connection = connection_of(connection)?;
        let at = PhysicalOffset::new(unsigned("physicalOffset", physical_offset)?);
        let sent = self.plane()?.forward_record(connection, frame.to_vec(), at);
        sent.map_err(|error| Code::StoreFailed.error(error))
    }

    #[napi]
    pub fn stored_topics(&self) -> Result<Vec<String>> {
        Ok(self.plane()?.stored_topics())
    }

    #[napi(ts_return_type = "Promise<void>")]
    pub fn remove_expired(
        &self,
        #[napi(ts_arg_type = "'log' | 'queues'")] what: String,
    ) -> Result<AsyncTask<CleanUpTask>> {
        let what = if what == "log" { CleanUp::Log } else { CleanUp::Queues };
        Ok(AsyncTask::new(CleanUpTask { plane: self.plane()?.clone(), what }))
    }
}
