//! The slave's side of the HA port: a thread that connects, appends and reports, and a second one
//! (`append_thread`) while it is far behind.
//!
//! Invariants: the log grows only by whole records at exactly its end, and only after its last
//! bytes were found to equal the master's; a report names what is in the log (and, after
//! `SYNC_FLUSH` or when told to wait for the flush, on disk), never more. Every end of a
//! connection is followed by another try, less and less often, but at once when the address
//! changes.

mod append_thread;
mod connection;
mod incoming;
mod refusal;

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use turbopump_store::{Clock, FlushMode, Queue, RawRun, Store, SyncError};

use connection::Connection;
pub(crate) use incoming::Incoming;
use refusal::Refusal;

use crate::options::ReplicationOptions;
use crate::secure::{GREETING_LIMIT, LinkError, Security, greet_master};
use crate::status::MasterLink;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Between tries: doubled from the first to the second.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Told which queues have new readable entries, some of them more than once.
pub(crate) type Arrived = Box<dyn Fn(&mut dyn Iterator<Item = Arc<Queue>>) + Send + Sync>;

/// Why a connection ended.
#[derive(Debug)]
enum End {
    /// The network, or the master. To be tried again soon.
    Lost(String),
    /// The logs do not fit. To be tried again, in case somebody puts it right.
    Refused(Refusal),
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<LinkError> for End {
    fn from(error: LinkError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<SyncError> for End {
    fn from(error: SyncError) -> Self {
        let SyncError::Poisoned(reason) = error;
        Self::Refused(Refusal::Append(turbopump_store::RawAppendError::Poisoned(reason)))
    }
}

#[derive(Default)]
struct State {
    /// Changes with the address, so that the thread notices.
    generation: u64,
    stopped: bool,
    /// The connection, to be shut down by whoever changes the above.
    stream: Option<TcpStream>,
    link: MasterLink,
}

/// What the thread shares with the handle.
pub(crate) struct SlaveShared {
    state: Mutex<State>,
    changed: Condvar,
}

impl SlaveShared {
    pub(crate) fn new(address: Option<String>) -> Arc<Self> {
        let state = State { link: MasterLink { address, ..<_>::default() }, ..<_>::default() };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_address(&self, address: Option<String>) {
        let mut state = self.lock();
        if state.link.address == address {
            return;
        }
        state.link = MasterLink { address, ..<_>::default() };
        state.generation += 1;
        self.interrupt(&state);
    }

    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        self.interrupt(&state);
    }

    fn interrupt(&self, state: &State) {
        if let Some(stream) = &state.stream {
            // One that is closed already needs no interruption.
            drop(stream.shutdown(Shutdown::Both));
        }
        self.changed.notify_all();
    }

    pub(crate) fn link(&self, store: &Store) -> MasterLink {
        let mut link = self.lock().link.clone();
        link.max_offset = store.written().get();
        link
    }

    /// Waits for an address; `None` when stopped.
    fn wait_for_address(&self) -> Option<(String, u64)> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(address) = &state.link.address {
                return Some((address.clone(), state.generation));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits `pause`, less when the address changes; true when it did.
    fn pause(&self, pause: Duration, generation: u64) -> bool {
        let same = |state: &mut State| !state.stopped && state.generation == generation;
        let waited = self.changed.wait_timeout_while(self.lock(), pause, same);
        waited.unwrap_or_else(PoisonError::into_inner).0.generation != generation
    }

    /// Changes what is told, unless another master is meant meanwhile.
    fn tell(&self, generation: u64, change: impl FnOnce(&mut State)) -> bool {
        let mut state = self.lock();
        let current = state.generation == generation && !state.stopped;
        if current {
            change(&mut state);
        }
        current
    }
}

/// The thread's state.
pub(crate) struct Slave {
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: ReplicationOptions,
    pub(crate) security: Arc<Security>,
    pub(crate) shared: Arc<SlaveShared>,
    pub(crate) arrived: Arrived,
}

impl Slave {
    /// Body of the thread; returns when stopped.
    pub(crate) fn run(&self) {
        let mut pause = RETRY_MIN;
        while let Some((address, generation)) = self.shared.wait_for_address() {
            let before = self.store.written();
            let end = self.follow(&address, generation);
            let Err(end) = end;
            self.shared.tell(generation, |state| {
                let link = &mut state.link;
                state.stream = None;
                link.connected = false;
                link.transferred_bytes_per_second = 0;
                match &end {
                    End::Refused(refusal) => link.refusal = Some(refusal.to_string()),
                    // A refusal stands until something is taken again.
                    End::Lost(reason) => {
                        link.refusal.get_or_insert_with(|| reason.clone());
                    }
                }
            });
            if matches!(&end, End::Refused(refusal) if refusal.is_final()) {
                return;
            }
            if self.store.written() > before {
                pause = RETRY_MIN;
            }
            let changed = self.shared.pause(pause, generation);
            pause = if changed { RETRY_MIN } else { (pause * 2).min(RETRY_MAX) };
        }
    }

    /// One connection, from first to last byte.
    fn follow(&self, address: &str, generation: u64) -> Result<std::convert::Infallible, End> {
        let stream = connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(GREETING_LIMIT))?;
        stream.set_write_timeout(Some(self.options.housekeeping_interval))?;
        let interrupted = stream.try_clone()?;
        let meant = self.shared.tell(generation, |state| state.stream = Some(interrupted));
        if !meant {
            return Err(End::Lost("another master is meant".into()));
        }
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_matches(['[', ']']);
        let mut stream = greet_master(stream, host, self.options.broker_id, &self.security)?;
        stream.socket().set_read_timeout(Some(self.options.heartbeat_interval))?;
        let connected = self.shared.tell(generation, |state| {
            state.link.connected = true;
        });
        if !connected {
            return Err(End::Lost("another master is meant".into()));
        }
        if self.store.flush_mode() == FlushMode::Sync {
            // What an earlier connection left gathered counts for the end.
            self.store.sync_now()?;
        }
        let (incoming, first) = Incoming::begin(&self.store)?;
        report(&mut stream, first)?;
        Connection::new(self, stream, generation, (incoming, first)).take_all()
    }

    /// Appends a run, reports it and then tells readers of it.
    fn take_in(
        &self,
        run: &RawRun,
        touched: &mut Vec<Arc<Queue>>,
        out: &mut impl Write,
    ) -> Result<(), End> {
        self.store.append_raw(run, touched).map_err(Refusal::from)?;
        if self.options.ack_after_flush || self.store.flush_mode() == FlushMode::Sync {
            self.store.sync_now()?;
        }
        let reported = report(out, run.end().get());
        (self.arrived)(&mut touched.drain(..));
        Ok(reported?)
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::other(format!("{address} is no address"));
    for one in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&one, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn report(stream: &mut impl Write, end: u64) -> io::Result<()> {
    stream.write_all(&end.to_be_bytes())
}

/// A read that took its whole time; which of the two it is depends on the system.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
