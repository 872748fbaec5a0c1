//! The handle: starts and stops the threads, answers event loops and operators.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use turbopump_store::{Clock, Store};
use turbopump_wire::PhysicalOffset;

use crate::master::{Listener, MasterLoop, MasterShared};
use crate::options::{ReplicationOptions, Role};
use crate::quorum::Quorum;
use crate::secure::{Security, SecurityError};
use crate::slave::{Arrived, Slave, SlaveShared};
use crate::status::ReplicationStatus;

/// Why replication does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port for slaves cannot be had.
    #[error("cannot listen for slaves on {address}: {source}")]
    Listen {
        /// Address and port.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The other end cannot be held to what was configured.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// A thread does not start.
    #[error("cannot start replication: {0}")]
    Thread(io::Error),
}

/// What the embedder wants to hear. Called on replication's threads; must not block.
pub struct Hooks {
    /// What a send of a synchronous master waits for may have happened.
    pub progress: Listener,
    /// Slave: queues have new readable entries; some are named more than once.
    pub arrived: Arrived,
}

/// Replication of one store.
pub struct Replication {
    options: ReplicationOptions,
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    quorum: Arc<Quorum>,
    master: OnceLock<Arc<MasterShared>>,
    slave: Arc<SlaveShared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Replication {
    /// Nothing runs before [`Replication::start`].
    #[must_use]
    pub fn new(options: ReplicationOptions, store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        let options = options.sane();
        Self {
            slave: SlaveShared::new(options.ha_master_address.clone()),
            quorum: Arc::new(Quorum::new(&options)),
            options,
            store,
            clock,
            master: OnceLock::new(),
            threads: Mutex::default(),
        }
    }

    /// Listens for slaves when there is a port for them, and follows the master as a slave.
    /// Returns the port taken.
    ///
    /// # Errors
    /// See [`StartError`]; nothing runs then.
    pub fn start(&self, bind: IpAddr, hooks: Hooks) -> Result<Option<u16>, StartError> {
        let security = Arc::new(Security::load(&self.options.security)?);
        let port = match self.options.ha_listen_port {
            Some(port) => {
                let address = SocketAddr::new(bind, port);
                Some(self.start_master(address, hooks.progress, Arc::clone(&security))?)
            }
            None => None,
        };
        if self.options.role == Role::Slave
            && let Err(error) = self.start_slave(hooks.arrived, security)
        {
            self.stop();
            return Err(error);
        }
        Ok(port)
    }

    fn start_master(
        &self,
        address: SocketAddr,
        listener: Listener,
        security: Arc<Security>,
    ) -> Result<u16, StartError> {
        let (store, options) = (Arc::clone(&self.store), self.options.clone());
        let shared = (Arc::clone(&self.quorum), listener);
        let bound = MasterLoop::bind(address, store, options, security, shared);
        let (master, port, shared) =
            bound.map_err(|source| StartError::Listen { address, source })?;
        self.spawn("ha-master", move || {
            // The poller fails only when its file handle is not one: there is nothing to go on
            // with, and `run` has left word that no slave is there.
            drop(master.run());
        })?;
        let growing = Arc::clone(&shared);
        self.store.set_tail_listener(Box::new(move || growing.growth.grown()));
        // Set once: a second start is refused by the embedder.
        drop(self.master.set(shared));
        Ok(port)
    }

    fn start_slave(&self, arrived: Arrived, security: Arc<Security>) -> Result<(), StartError> {
        let slave = Slave {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            options: self.options.clone(),
            security,
            shared: Arc::clone(&self.slave),
            arrived,
        };
        self.spawn("ha-slave", move || slave.run())
    }

    fn spawn(&self, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(body);
        let thread = thread.map_err(StartError::Thread)?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Ends the connections and the threads. Idempotent.
    pub fn stop(&self) {
        if let Some(master) = self.master.get() {
            master.growth.stop();
        }
        self.slave.stop();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // A thread that panicked was reported by its hook and has nothing left to stop.
            drop(thread.join());
        }
    }

    /// Slave: where the master's HA port is from now on.
    pub fn set_master_address(&self, address: Option<String>) {
        self.slave.set_address(address);
    }

    /// A send is answered only when slaves have it.
    #[must_use]
    pub fn is_synchronous(&self) -> bool {
        self.options.role == Role::SyncMaster
    }

    /// `slaveTimeout`.
    #[must_use]
    pub fn slave_timeout(&self) -> Duration {
        self.options.slave_timeout
    }

    /// End of what enough slaves have acknowledged.
    #[must_use]
    pub fn replicated(&self) -> PhysicalOffset {
        self.quorum.replicated()
    }

    /// Enough slaves are connected and within the gap for a send to be worth waiting.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.quorum.is_possible()
    }

    /// No slave is needed for an acknowledgement just now (`enableAutoInSyncReplicas`).
    #[must_use]
    pub fn needs_nobody(&self) -> bool {
        self.quorum.needs_nobody()
    }

    /// A synchronous master can have `minInSyncReplicas`, itself counted; any other needs none.
    #[must_use]
    pub fn has_min_replicas(&self) -> bool {
        !self.is_synchronous()
            || self.quorum.slaves_in_sync() + 1 >= self.options.min_in_sync_replicas as usize
    }

    /// A reading.
    #[must_use]
    pub fn status(&self) -> ReplicationStatus {
        let written = self.store.written().get();
        ReplicationStatus {
            role: self.options.role,
            slaves: self.master.get().map(|master| master.slaves(written)).unwrap_or_default(),
            refused_peers: self.master.get().map(|master| master.refused()).unwrap_or_default(),
            master: (self.options.role == Role::Slave).then(|| self.slave.link(&self.store)),
        }
    }
}

impl Drop for Replication {
    fn drop(&mut self) {
        self.stop();
    }
}
