//! Calls that wait for the disk or for threads, off JavaScript's thread.

use std::sync::Arc;

use napi::{Env, Result, Task};
use turbopump_dataplane::{DataPlane, DataPlaneOptions};

use crate::code::{Code, close_error, delete_error, open_error};
use crate::handle::NativeDataPlane;
use crate::options::NativeRecovery;

/// Opens the store.
pub struct OpenTask {
    pub(crate) options: DataPlaneOptions,
}

impl Task for OpenTask {
    type Output = (DataPlane, NativeRecovery);
    type JsValue = NativeDataPlane;

    fn compute(&mut self) -> Result<Self::Output> {
        let opened = DataPlane::open(self.options.clone());
        let (plane, report) = opened.map_err(|error| open_error(&error))?;
        Ok((plane, report.into()))
    }

    fn resolve(&mut self, _: Env, (plane, recovery): Self::Output) -> Result<Self::JsValue> {
        Ok(NativeDataPlane::new(plane, recovery))
    }
}

/// Deletes a topic.
pub struct DeleteTopicTask {
    pub(crate) plane: Arc<DataPlane>,
    pub(crate) topic: String,
}

impl Task for DeleteTopicTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        self.plane.delete_topic(&self.topic).map_err(|error| delete_error(&error))
    }

    fn resolve(&mut self, _: Env, (): ()) -> Result<()> {
        Ok(())
    }
}

/// What an operator removes.
pub enum CleanUp {
    /// Segments older than `fileReservedTime`.
    Log,
    /// Queue and index files that name nothing any more.
    Queues,
}

/// Removes what is expired.
pub struct CleanUpTask {
    pub(crate) plane: Arc<DataPlane>,
    pub(crate) what: CleanUp,
}

impl Task for CleanUpTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        let done = match self.what {
            CleanUp::Log => self.plane.remove_expired_segments().map(drop),
            CleanUp::Queues => self.plane.remove_expired_queues(),
        };
        done.map_err(|error| Code::StoreFailed.error(error))
    }

    fn resolve(&mut self, _: Env, (): ()) -> Result<()> {
        Ok(())
    }
}

/// Closes everything.
pub struct CloseTask {
    pub(crate) plane: Option<Arc<DataPlane>>,
}

impl Task for CloseTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        match self.plane.take() {
            Some(plane) => plane.close().map_err(|error| close_error(&error)),
            None => Ok(()),
        }
    }

    fn resolve(&mut self, _: Env, (): ()) -> Result<()> {
        Ok(())
    }
}
