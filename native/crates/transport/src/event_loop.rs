//! One loop: readiness from epoll, mail, deadlines, and the turn in between.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::acceptor::Acceptor;
use crate::arrival::Arrival;
use crate::config::TransportConfig;
use crate::conn_id::ConnId;
use crate::counters::Counters;
use crate::mailbox::{Letterbox, Mailbox, Parcel};
use crate::service::Service;
use crate::turn::{Readiness, Turn};

/// The token of a loop's waker; connections have theirs below 2^52.
pub(crate) const WAKE: Token = Token(usize::MAX);
/// Listener number i has the token `LISTEN + i`.
const LISTEN: usize = 1 << 60;
const EVENTS_PER_TURN: usize = 1_024;

pub(crate) struct EventLoop<S: Service> {
    loop_index: usize,
    poll: Poll,
    events: Events,
    turn: Turn<TcpStream, S>,
    acceptor: Option<Acceptor<TcpListener>>,
    mailbox: Mailbox<S::Mail>,
    parcels: VecDeque<Parcel<S::Mail>>,
    counters: Arc<Counters>,
    max_connections: usize,
    spin: Duration,
    drain: Duration,
    /// The loop that gets the next connection.
    next_loop: usize,
    stop_at: Option<Instant>,
}

impl<S: Service> EventLoop<S> {
    pub(crate) fn new(
        loop_index: usize,
        poll: Poll,
        config: &TransportConfig,
        mailbox: Mailbox<S::Mail>,
        counters: Arc<Counters>,
        service: S,
    ) -> Self {
        let now = Instant::now();
        Self {
            loop_index,
            poll,
            events: Events::with_capacity(EVENTS_PER_TURN),
            turn: Turn::new(loop_index, config.clone(), Arc::clone(&counters), service, now),
            acceptor: None,
            mailbox,
            parcels: VecDeque::new(),
            counters,
            max_connections: config.max_connections,
            spin: Duration::from_micros(config.spin_us),
            drain: Duration::from_millis(config.drain_ms),
            next_loop: 0,
            stop_at: None,
        }
    }

    /// This loop accepts for all.
    pub(crate) fn listen(
        &mut self,
        mut listeners: Vec<TcpListener>,
        open: &Arc<AtomicUsize>,
    ) -> io::Result<()> {
        for (index, listener) in listeners.iter_mut().enumerate() {
            self.poll.registry().register(listener, Token(LISTEN + index), Interest::READABLE)?;
        }
        let open = Arc::clone(open);
        let counters = Arc::clone(&self.counters);
        self.acceptor = Some(Acceptor::new(listeners, open, self.max_connections, counters));
        Ok(())
    }

    pub(crate) fn run(mut self) -> io::Result<()> {
        // Also when the service panics: posts to a loop that is gone must be refused.
        let closing = CloseOnDrop { mailbox: self.mailbox.clone(), loop_index: self.loop_index };
        let ended = self.serve();
        self.turn.close_all();
        drop(closing);
        ended
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut now = Instant::now();
        loop {
            self.wait(now)?;
            now = Instant::now();
            self.turn.begin(now);
            self.note_events();
            // Who gets a reply prepares the next request while this loop reads those of others.
            self.open_parcels(now);
            self.turn.write_out();
            self.turn.read_ready();
            self.accept(now);
            self.turn.deadlines();
            self.turn.end();
            if let Some(stop_at) = self.stop_at
                && (now >= stop_at || self.turn.is_drained())
            {
                return Ok(());
            }
        }
    }

    /// Sleeps until something happens, spinning first for a bounded time if told to.
    fn wait(&mut self, now: Instant) -> io::Result<()> {
        let deadline = self.next_deadline(now);
        if deadline <= now || self.is_notified() {
            return self.poll(Duration::ZERO);
        }
        if !self.spin.is_zero() {
            let spin_until = deadline.min(now + self.spin);
            while Instant::now() < spin_until {
                self.poll(Duration::ZERO)?;
                if !self.events.is_empty() || self.is_notified() {
                    return Ok(());
                }
            }
        }
        if !self.letterbox().is_some_and(Letterbox::may_sleep) {
            return self.poll(Duration::ZERO);
        }
        self.poll(deadline.saturating_duration_since(Instant::now()))
    }

    fn poll(&mut self, timeout: Duration) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn next_deadline(&self, now: Instant) -> Instant {
        let mut deadline = self.turn.next_deadline();
        if let Some(at) = self.acceptor.as_ref().and_then(|acceptor| acceptor.next_deadline(now)) {
            deadline = deadline.min(at);
        }
        self.stop_at.map_or(deadline, |at| deadline.min(at))
    }

    fn note_events(&mut self) {
        for event in &self.events {
            match event.token() {
                WAKE => {}
                Token(token) if token >= LISTEN => {
                    if let Some(acceptor) = &mut self.acceptor {
                        acceptor.note(token - LISTEN);
                    }
                }
                Token(token) => self.turn.note(ConnId::from_raw(token as u64), readiness(event)),
            }
        }
    }

    fn accept(&mut self, now: Instant) {
        let Some(mut acceptor) = self.acceptor.take() else { return };
        acceptor.accept(now, |arrival| self.deal(arrival));
        self.acceptor = Some(acceptor);
    }

    /// Round robin over the loops.
    fn deal(&mut self, arrival: Arrival) {
        let target = self.next_loop;
        self.next_loop = (target + 1) % self.mailbox.loops().max(1);
        if target == self.loop_index {
            self.open(arrival);
            return;
        }
        // A loop that ended early takes nothing; this one still serves.
        if let Err(Parcel::Arrival(arrival)) = self.mailbox.send(target, Parcel::Arrival(arrival)) {
            self.open(arrival);
        }
    }

    fn open(&mut self, arrival: Arrival) {
        let registry = self.poll.registry();
        let Arrival { socket, peer, listener, ticket } = arrival;
        self.turn.open(socket, (peer, listener), Some(ticket), |socket, conn| {
            let token = Token(conn.get() as usize);
            registry.register(socket, token, Interest::READABLE | Interest::WRITABLE)
        });
    }

    fn open_parcels(&mut self, now: Instant) {
        let mut parcels = std::mem::take(&mut self.parcels);
        if let Some(letterbox) = self.letterbox() {
            letterbox.take(&mut parcels);
        }
        for parcel in parcels.drain(..) {
            match parcel {
                Parcel::Mail(mail) => self.turn.mail(mail),
                Parcel::Arrival(arrival) if self.stop_at.is_none() => self.open(arrival),
                Parcel::Stop if self.stop_at.is_none() => {
                    self.stop_at = Some(now + self.drain);
                    self.acceptor = None;
                    self.turn.stop();
                }
                // A second stop says nothing new; who arrives after the first is not served.
                Parcel::Arrival(_) | Parcel::Stop => {}
            }
        }
        self.parcels = parcels;
    }

    fn is_notified(&self) -> bool {
        self.letterbox().is_some_and(Letterbox::is_notified)
    }

    fn letterbox(&self) -> Option<&Letterbox<S::Mail>> {
        self.mailbox.letterbox(self.loop_index)
    }
}

fn readiness(event: &Event) -> Readiness {
    Readiness {
        // An error is found by reading.
        readable: event.is_readable() || event.is_error(),
        writable: event.is_writable(),
        read_closed: event.is_read_closed(),
    }
}

struct CloseOnDrop<M> {
    mailbox: Mailbox<M>,
    loop_index: usize,
}

impl<M> Drop for CloseOnDrop<M> {
    fn drop(&mut self) {
        if let Some(letterbox) = self.mailbox.letterbox(self.loop_index) {
            letterbox.close();
        }
    }
}
