//! Starting and stopping.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use mio::net::TcpListener;
use mio::{Poll, Waker};

use crate::config::TransportConfig;
use crate::conn_id::LOOPS_MAX;
use crate::counters::{Counters, Counts};
use crate::event_loop::{EventLoop, WAKE};
use crate::mailbox::{Mailbox, Parcel};
use crate::service::Service;

/// Starts event loops.
pub struct Transport;

/// Why a transport did not start; nothing is left running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is in use, not of this machine, or not allowed.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// `loops` is 0 or above 32.
    #[error("{0} event loops: 1 to {LOOPS_MAX} are possible")]
    Loops(usize),
    /// No epoll instance, eventfd or thread.
    #[error("cannot make an event loop: {0}")]
    Loop(#[from] io::Error),
}

/// Why a loop did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum ShutdownError {
    /// Waiting for events failed; the loop closed its connections and ended.
    #[error("event loop {loop_index} ended early: {source}")]
    Poll {
        /// Which loop.
        loop_index: usize,
        /// What the system said.
        source: io::Error,
    },
    /// A service panicked; its loop's connections were closed by the unwinding.
    #[error("event loop {loop_index} panicked: {message}")]
    Panic {
        /// Which loop.
        loop_index: usize,
        /// What the panic said.
        message: String,
    },
}

impl Transport {
    /// Binds all listeners, makes one service per loop and starts the threads. `make` runs on the
    /// caller's thread, before any connection is accepted; the mailbox it gets is live already.
    pub fn start<S: Service>(
        config: &TransportConfig,
        mut make: impl FnMut(usize, Mailbox<S::Mail>) -> S,
    ) -> Result<TransportHandle<S::Mail>, StartError> {
        if config.loops == 0 || config.loops > LOOPS_MAX {
            return Err(StartError::Loops(config.loops));
        }
        let (listeners, addresses) = listen(&config.listeners)?;
        let polls = (0..config.loops).map(|_| Poll::new()).collect::<io::Result<Vec<_>>>()?;
        let wakers = polls
            .iter()
            .map(|poll| Waker::new(poll.registry(), WAKE))
            .collect::<io::Result<Vec<_>>>()?;
        let mailbox = Mailbox::new(wakers);
        let counters = Arc::new(Counters::default());
        let open = Arc::new(AtomicUsize::new(0));
        let mut handle = TransportHandle {
            mailbox: mailbox.clone(),
            addresses,
            counters: Arc::clone(&counters),
            open: Arc::clone(&open),
            threads: Vec::new(),
        };
        let mut listeners = Some(listeners);
        for (loop_index, poll) in polls.into_iter().enumerate() {
            let service = make(loop_index, mailbox.clone());
            let mut event_loop = EventLoop::new(
                loop_index,
                poll,
                config,
                mailbox.clone(),
                Arc::clone(&counters),
                service,
            );
            event_loop.listen(listeners.take().unwrap_or_default(), &open)?;
            let thread = std::thread::Builder::new()
                .name(format!("event-loop-{loop_index}"))
                .spawn(move || event_loop.run())?;
            handle.threads.push(thread);
        }
        Ok(handle)
    }
}

fn listen(wanted: &[SocketAddr]) -> Result<(Vec<TcpListener>, Vec<SocketAddr>), StartError> {
    let mut listeners = Vec::new();
    let mut addresses = Vec::new();
    for &address in wanted {
        // mio sets SO_REUSEADDR: a restarted broker does not wait for TIME_WAIT.
        let failed = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        addresses.push(listener.local_addr().map_err(failed)?);
        listeners.push(listener);
    }
    Ok((listeners, addresses))
}

/// A running transport; dropped, it stops as by [`shutdown`](Self::shutdown).
#[derive(Debug)]
pub struct TransportHandle<M: Send + 'static> {
    mailbox: Mailbox<M>,
    addresses: Vec<SocketAddr>,
    counters: Arc<Counters>,
    open: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

impl<M: Send + 'static> TransportHandle<M> {
    /// The ports listened on, in the order of `TransportConfig::listeners`.
    #[must_use]
    pub fn ports(&self) -> Vec<u16> {
        self.addresses.iter().map(SocketAddr::port).collect()
    }

    /// The addresses listened on, in the order of `TransportConfig::listeners`.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Posts to the loops.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox<M> {
        self.mailbox.clone()
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Totals since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// Whether every loop still runs. A loop that does not is reported by
    /// [`shutdown`](Self::shutdown), and its connections are closed already.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.threads.is_empty() && self.threads.iter().all(|thread| !thread.is_finished())
    }

    /// Stops listening and reading, writes what peers take within `drain_ms`, closes every
    /// connection and joins the threads. Idempotent; reports the first loop that failed.
    pub fn shutdown(&mut self) -> Result<(), ShutdownError> {
        for loop_index in 0..self.mailbox.loops() {
            // A loop that already ended refuses: that is what was wanted.
            drop(self.mailbox.send(loop_index, Parcel::Stop));
        }
        let mut failed = None;
        for (loop_index, thread) in self.threads.drain(..).enumerate() {
            let error = match thread.join() {
                Ok(Ok(())) => continue,
                Ok(Err(source)) => ShutdownError::Poll { loop_index, source },
                Err(panic) => ShutdownError::Panic { loop_index, message: panic_text(&*panic) },
            };
            failed.get_or_insert(error);
        }
        failed.map_or(Ok(()), Err)
    }
}

impl<M: Send + 'static> Drop for TransportHandle<M> {
    fn drop(&mut self) {
        // Whoever wants to know calls shutdown.
        drop(self.shutdown());
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no text".to_owned())
}
