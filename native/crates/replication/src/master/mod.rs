//! The master's side of the HA port: one thread for the listener and all slaves.
//!
//! Pushed, not polled: whoever makes the log grow wakes the thread once (`Growth`), and it sends
//! what is there from the mapped log. Nothing of it is in the way of an append without a slave.
//! Invariants: at most [`PEERS_MAX`] connections; a peer's number counts as an acknowledgement
//! only for bytes that were sent on its connection; a number that cannot be a slave's closes the
//! connection, and nothing else changes. Who has to show something first (`greeting`) has
//! [`GREETING_LIMIT`](crate::secure::GREETING_LIMIT) for it; why peers were sent away is kept for
//! the operator.

mod doubt;
mod greeting;
mod growth;
mod out_frame;
mod peer;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use turbopump_store::Store;

use greeting::Fault;
pub(crate) use growth::Growth;
use peer::{Gone, Peer};

use crate::options::{ReplicationOptions, Role};
use crate::quorum::{Quorum, judge};
use crate::secure::Security;
use crate::status::{ConnectedSlave, RefusedPeer};

/// Connections at a time. A broker has a handful of slaves; whoever else connects must not keep
/// them out, see [`MasterLoop::make_room`].
pub(crate) const PEERS_MAX: usize = 64;

/// New connections taken in one turn, so that a flood of them does not hold up the slaves.
const ACCEPTS_MAX: usize = 64;

/// Different reasons and addresses that are told.
const REFUSED_MAX: usize = 16;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);
const FIRST_PEER: usize = 2;

/// Called when somebody's wait for slaves may be over.
pub(crate) type Listener = Box<dyn Fn() + Send + Sync>;

/// What an operator sees of a peer, kept by its owner.
#[derive(Debug, Default)]
pub(crate) struct PeerFacts {
    pub(crate) acked: AtomicU64,
    pub(crate) bytes_per_second: AtomicU64,
    pub(crate) in_sync: AtomicBool,
    pub(crate) broker_id: OnceLock<i64>,
    /// It has said where it is.
    pub(crate) is_slave: AtomicBool,
}

/// What the thread shares with the handle.
pub(crate) struct MasterShared {
    pub(crate) growth: Growth,
    pub(crate) quorum: Arc<Quorum>,
    pub(crate) listener: Listener,
    facts: Mutex<Vec<(SocketAddr, Arc<PeerFacts>)>>,
    refused: Mutex<VecDeque<RefusedPeer>>,
}

impl MasterShared {
    pub(crate) fn slaves(&self, written: u64) -> Vec<ConnectedSlave> {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let slaves = facts.iter().filter(|(_, facts)| facts.is_slave.load(Ordering::Relaxed));
        let slaves = slaves.map(|(address, facts)| {
            let ack_offset = facts.acked.load(Ordering::Relaxed);
            ConnectedSlave {
                address: address.to_string(),
                broker_id: facts.broker_id.get().copied(),
                ack_offset,
                lag_bytes: written.saturating_sub(ack_offset),
                transferred_bytes_per_second: facts.bytes_per_second.load(Ordering::Relaxed),
                in_sync: facts.in_sync.load(Ordering::Relaxed),
            }
        });
        slaves.collect()
    }

    pub(crate) fn refused(&self) -> Vec<RefusedPeer> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.iter().cloned().collect()
    }

    fn refuse(&self, address: SocketAddr, fault: Fault) {
        let (address, reason) = (address.ip().to_canonical().to_string(), fault.to_string());
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = refused.iter_mut();
        if let Some(same) = known.find(|one| one.address == address && one.reason == reason) {
            same.count += 1;
            return;
        }
        refused.push_back(RefusedPeer { address, reason, count: 1 });
        if refused.len() > REFUSED_MAX {
            refused.pop_front();
        }
    }
}

/// A bound listener and the thread's state, before the thread runs.
pub(crate) struct MasterLoop {
    poll: Poll,
    listener: TcpListener,
    store: Arc<Store>,
    options: ReplicationOptions,
    security: Arc<Security>,
    shared: Arc<MasterShared>,
    peers: BTreeMap<usize, Peer>,
    /// Connections wait to be taken.
    can_accept: bool,
    next_token: usize,
    standings: Vec<crate::quorum::Standing>,
}

impl MasterLoop {
    pub(crate) fn bind(
        address: SocketAddr,
        store: Arc<Store>,
        options: ReplicationOptions,
        security: Arc<Security>,
        (quorum, listener): (Arc<Quorum>, Listener),
    ) -> io::Result<(Self, u16, Arc<MasterShared>)> {
        let poll = Poll::new()?;
        let mut socket = TcpListener::bind(address)?;
        let port = socket.local_addr()?.port();
        poll.registry().register(&mut socket, LISTENER, Interest::READABLE)?;
        let growth = Growth::new(mio::Waker::new(poll.registry(), WAKER)?);
        let (facts, refused) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(MasterShared { growth, quorum, listener, facts, refused });
        let master = Self {
            poll,
            listener: socket,
            store,
            options,
            security,
            shared: Arc::clone(&shared),
            peers: BTreeMap::new(),
            can_accept: false,
            next_token: FIRST_PEER,
            standings: Vec::new(),
        };
        Ok((master, port, shared))
    }

    /// Body of the thread; returns when stopped, or when the system refuses to poll.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let ended = self.serve();
        // Whoever sends from now on is told that no slave is there, and readers wait for none.
        self.shared.quorum.update(judge(&mut [], &self.options, 0));
        self.store.limit_readable(None);
        (self.shared.listener)();
        ended
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(PEERS_MAX + FIRST_PEER);
        let mut limit = None;
        while !self.shared.growth.is_stopped() {
            match self.poll.poll(&mut events, limit) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            let now = Instant::now();
            self.shared.growth.heard();
            for event in &events {
                match event.token() {
                    LISTENER => self.can_accept = true,
                    WAKER => {}
                    Token(token) => {
                        if let Some(peer) = self.peers.get_mut(&token) {
                            peer.ready(event.is_readable());
                        }
                    }
                }
            }
            let mut unfinished = self.read_all(now);
            unfinished |= self.send_all(now);
            unfinished |= self.accept(now);
            self.end_silent(now);
            self.conclude(now);
            limit = Some(if unfinished { Duration::ZERO } else { self.next_deadline(now) });
        }
        Ok(())
    }

    /// True when more may be waiting.
    fn accept(&mut self, now: Instant) -> bool {
        for _ in 0..ACCEPTS_MAX {
            if !self.can_accept {
                break;
            }
            // An error here is a connection that is gone already, or no file handle left: then the
            // listener speaks again with the next one.
            match self.listener.accept() {
                Ok((stream, address)) if self.make_room() => self.admit(stream, address, now),
                Ok(_) => {}
                Err(_) => self.can_accept = false,
            }
        }
        self.can_accept
    }

    fn admit(&mut self, mut stream: TcpStream, address: SocketAddr, now: Instant) {
        let token = self.next_token;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let ready = stream
            .set_nodelay(true)
            .and_then(|()| self.poll.registry().register(&mut stream, Token(token), interest));
        if ready.is_err() {
            return;
        }
        self.next_token += 1;
        let facts = Arc::new(PeerFacts::default());
        let mut list = self.shared.facts.lock().unwrap_or_else(PoisonError::into_inner);
        list.push((address, Arc::clone(&facts)));
        let peer = Peer::new(stream, address, facts, &self.options, now);
        self.peers.insert(token, peer);
    }

    /// Makes room for one more by ending who has not shown to be a slave, longest there first:
    /// those that have said nothing before those that have acknowledged nothing. Slaves stay.
    fn make_room(&mut self) -> bool {
        if self.peers.len() < PEERS_MAX {
            return true;
        }
        let oldest = |trust| {
            let mut peers = self.peers.iter();
            peers.find(|(_, peer)| peer.trust() == trust).map(|(token, _)| *token)
        };
        let Some(token) = oldest(0).or_else(|| oldest(1)) else { return false };
        self.end(token);
        true
    }

    fn end(&mut self, token: usize) {
        let Some(mut peer) = self.peers.remove(&token) else { return };
        // A socket that is not registered any more is what is wanted.
        drop(peer.deregister(self.poll.registry()));
        let mut list = self.shared.facts.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|(_, facts)| !Arc::ptr_eq(facts, peer.facts()));
    }

    /// Sends a peer away.
    fn leave(&mut self, token: usize, gone: Gone) {
        if let (Gone::Refused(fault), Some(peer)) = (gone, self.peers.get(&token)) {
            self.shared.refuse(peer.address(), fault);
        }
        self.end(token);
    }

    /// Takes in what peers say; true when somebody has more to say.
    fn read_all(&mut self, now: Instant) -> bool {
        let mut unfinished = false;
        let (mut gone, mut begun) = (Vec::new(), Vec::new());
        for (token, peer) in &mut self.peers {
            let was_slave = peer.is_slave();
            match peer.read(&self.store, &self.security, now) {
                Ok(more) => unfinished |= more,
                Err(why) => gone.push((*token, why)),
            }
            if peer.is_slave() && !was_slave {
                begun.push((*token, peer.origin()));
            }
        }
        let end = self.store.written().get();
        for (token, origin) in begun {
            let others = self.peers.range_mut(..token).map(|(_, peer)| peer);
            for other in others.filter(|other| other.is_slave() && other.origin() == origin) {
                other.doubt(end, now);
            }
        }
        for (token, why) in gone {
            self.leave(token, why);
        }
        unfinished
    }

    /// Sends what there is; true when somebody could take more right away.
    fn send_all(&mut self, now: Instant) -> bool {
        self.shared.growth.listen(self.peers.values().any(Peer::is_slave));
        let mut unfinished = false;
        let mut gone = Vec::new();
        for (token, peer) in &mut self.peers {
            match peer.send(&self.store, &self.options, now) {
                Ok(more) => unfinished |= more,
                Err(why) => gone.push((*token, why)),
            }
        }
        for (token, why) in gone {
            self.leave(token, why);
        }
        unfinished
    }

    fn end_silent(&mut self, now: Instant) {
        let (options, security) = (&self.options, &self.security);
        let silent = self.peers.iter().filter(|(_, peer)| peer.is_silent(security, options, now));
        for (token, gone) in
            silent.map(|(token, peer)| (*token, peer.silence())).collect::<Vec<_>>()
        {
            self.leave(token, gone);
        }
    }

    /// Works out what is replicated and tells who waits for it. Readers first: whoever is told
    /// looks at what is readable.
    fn conclude(&mut self, now: Instant) {
        let written = self.store.written().get();
        self.standings.clear();
        for peer in self.peers.values().filter(|peer| peer.is_slave()) {
            self.standings.push(peer.standing(written, &self.options, now));
        }
        let verdict = judge(&mut self.standings, &self.options, written);
        let readable = self.store.readable();
        if self.options.role == Role::SyncMaster {
            let limit = self.shared.quorum.replicated().get().max(verdict.replicated);
            let limit = turbopump_wire::PhysicalOffset::new(limit);
            self.store.limit_readable(verdict.answering.then_some(limit));
        }
        if self.shared.quorum.update(verdict) || self.store.readable() > readable {
            (self.shared.listener)();
        }
    }

    fn next_deadline(&self, now: Instant) -> Duration {
        let (options, security) = (&self.options, &self.security);
        let deadlines = self.peers.values().map(|peer| peer.deadline(security, options, now));
        let next = deadlines.min().map(|at| at.saturating_duration_since(now));
        // Rounded up, or the last millisecond would be spent in a loop.
        next.unwrap_or(Duration::from_secs(60)) + Duration::from_millis(1)
    }
}
