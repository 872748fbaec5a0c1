//! A thread that appends while the connection's own one reads and looks at records: a slave that
//! is far behind has work for two.
//!
//! Invariants: runs are appended in the order they are handed over, each one reported when it is
//! in the log; after a failure nothing more is taken, and the connection is shut down so that its
//! own thread looks.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::{Builder, Scope};

use turbopump_store::RawRun;

use super::{End, Slave};

/// Runs that wait for the one that is being appended.
const RUNS_WAITING: usize = 2;

pub(super) struct AppendThread {
    to: SyncSender<RawRun>,
    back: Receiver<Result<RawRun, End>>,
    under_way: usize,
}

impl AppendThread {
    /// Reports go to `out`; nobody else writes to it while a run is under way.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        slave: &'scope Slave,
        mut out: TcpStream,
    ) -> io::Result<Self> {
        let (to, runs) = sync_channel::<RawRun>(RUNS_WAITING);
        let (done, back) = channel();
        let body = move || {
            let mut touched = Vec::new();
            for run in runs {
                let taken = slave.take_in(&run, &mut touched, &mut out);
                let is_over = taken.is_err();
                if is_over {
                    // One that is closed already wakes its reader by itself.
                    drop(out.shutdown(Shutdown::Both));
                }
                if done.send(taken.map(|()| run)).is_err() || is_over {
                    return;
                }
            }
        };
        Builder::new().name("ha-append".into()).spawn_scoped(scope, body)?;
        Ok(Self { to, back, under_way: 0 })
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.under_way == 0
    }

    /// Waits while others are waiting. What the thread could not take it tells `collect`.
    pub(super) fn hand(&mut self, run: RawRun) {
        if self.to.send(run).is_ok() {
            self.under_way += 1;
        }
    }

    /// Calls `each` with the runs that are in the log since the last call.
    ///
    /// # Errors
    /// Why the thread has ended.
    pub(super) fn collect(&mut self, mut each: impl FnMut(RawRun)) -> Result<(), End> {
        loop {
            match self.back.try_recv() {
                Ok(done) => {
                    self.under_way -= 1;
                    each(done?);
                }
                Err(TryRecvError::Empty) => return Ok(()),
                // After a panic: else the connection would go on reading and append nothing.
                Err(TryRecvError::Disconnected) => {
                    return Err(End::Lost("the appending thread has ended".into()));
                }
            }
        }
    }

    /// Waits until everything handed over is in the log.
    ///
    /// # Errors
    /// Why it is not.
    pub(super) fn finish(self) -> Result<(), End> {
        drop(self.to);
        self.back.iter().try_for_each(|done| done.map(drop))
    }
}
