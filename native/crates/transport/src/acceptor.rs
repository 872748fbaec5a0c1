//! Accepting connections and dealing them out to loops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};

use crate::arrival::{Arrival, Ticket};
use crate::counters::{Counters, add};

/// Connections accepted from one listener in one turn.
const ACCEPTS_PER_TURN: usize = 64;
/// How long accepting rests when the system has no descriptor or memory for a connection. A
/// pending connection keeps the listener ready all that time, so trying at once would spin.
const PAUSE: Duration = Duration::from_millis(100);

/// Where connections come from.
pub(crate) trait Listen {
    fn accept(&self) -> io::Result<(TcpStream, SocketAddr)>;
}

impl Listen for TcpListener {
    fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        Self::accept(self)
    }
}

pub(crate) struct Acceptor<L> {
    listeners: Vec<(L, bool)>,
    paused_until: Option<Instant>,
    open: Arc<AtomicUsize>,
    max_connections: usize,
    counters: Arc<Counters>,
}

impl<L: Listen> Acceptor<L> {
    pub(crate) fn new(
        listeners: Vec<L>,
        open: Arc<AtomicUsize>,
        max_connections: usize,
        counters: Arc<Counters>,
    ) -> Self {
        let listeners = listeners.into_iter().map(|listener| (listener, false)).collect();
        Self { listeners, paused_until: None, open, max_connections, counters }
    }

    /// The listener has connections; edge-triggered, remembered until it says no.
    pub(crate) fn note(&mut self, index: usize) {
        if let Some((_, ready)) = self.listeners.get_mut(index) {
            *ready = true;
        }
    }

    /// When to call [`accept`](Self::accept) again without being told.
    pub(crate) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let waiting = self.listeners.iter().any(|(_, ready)| *ready);
        waiting.then(|| self.paused_until.unwrap_or(now))
    }

    pub(crate) fn accept(&mut self, now: Instant, mut give: impl FnMut(Arrival)) {
        if self.paused_until.is_some_and(|until| now < until) {
            return;
        }
        self.paused_until = None;
        for (index, (listener, ready)) in self.listeners.iter_mut().enumerate() {
            for _ in 0..ACCEPTS_PER_TURN {
                if !*ready {
                    break;
                }
                match listener.accept() {
                    Ok((socket, peer)) => {
                        let Some(ticket) = Ticket::take(&self.open, self.max_connections) else {
                            add(&self.counters.refused, 1);
                            continue;
                        };
                        // It fails only for a peer that has already gone.
                        if socket.set_nodelay(true).is_ok() {
                            // A listener of both families says `::ffff:10.0.0.1` of an IPv4 peer;
                            // records and lists of addresses know it as 10.0.0.1, as Java does.
                            let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                            give(Arrival { socket, peer, listener: index, ticket });
                        }
                    }
                    Err(error) => match error.kind() {
                        io::ErrorKind::WouldBlock => *ready = false,
                        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                        _ => {
                            add(&self.counters.accept_pauses, 1);
                            self.paused_until = Some(now + PAUSE);
                            return;
                        }
                    },
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// A listener whose process has no descriptor left.
    #[derive(Default)]
    struct Exhausted {
        calls: Cell<u32>,
    }

    impl Listen for Exhausted {
        fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
            self.calls.set(self.calls.get() + 1);
            Err(io::Error::from_raw_os_error(24))
        }
    }

    #[test]
    fn without_descriptors_it_rests_and_then_tries_again() {
        let counters = Arc::new(Counters::default());
        let mut acceptor =
            Acceptor::new(vec![Exhausted::default()], Arc::default(), 10, Arc::clone(&counters));
        let start = Instant::now();
        assert_eq!(acceptor.next_deadline(start), None);
        acceptor.note(0);
        for step_us in 0..1_000 {
            acceptor.accept(start + Duration::from_micros(step_us), |_| unreachable!());
        }
        assert_eq!(acceptor.listeners[0].0.calls.get(), 1);
        assert_eq!(acceptor.next_deadline(start), Some(start + PAUSE));
        acceptor.accept(start + PAUSE, |_| unreachable!());
        assert_eq!(acceptor.listeners[0].0.calls.get(), 2);
        assert_eq!(counters.read().accept_pauses, 2);
    }

    #[test]
    fn an_ipv4_peer_of_a_listener_of_both_families_is_known_by_its_ipv4_address() {
        let listener = TcpListener::bind("[::]:0".parse().expect("address")).expect("bind");
        let port = listener.local_addr().expect("port").port();
        let mut acceptor = Acceptor::new(vec![listener], Arc::default(), 10, Arc::default());
        acceptor.note(0);
        for host in ["127.0.0.1", "::1"] {
            let client = std::net::TcpStream::connect((host, port)).expect("connect");
            let mut peers = Vec::new();
            acceptor.note(0);
            acceptor.accept(Instant::now(), |arrival| peers.push(arrival.peer));
            assert_eq!(peers, [client.local_addr().expect("address")]);
        }
    }

    #[test]
    fn a_ticket_is_given_back_wherever_it_is_dropped() {
        let open = Arc::new(AtomicUsize::new(0));
        let first = Ticket::take(&open, 1);
        assert!(first.is_some());
        assert!(Ticket::take(&open, 1).is_none());
        drop(first);
        assert!(Ticket::take(&open, 1).is_some());
    }
}
