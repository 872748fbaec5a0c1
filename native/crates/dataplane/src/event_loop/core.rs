//! The state of one loop and what every handler needs of it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use rustc_hash::FxHashMap;
use turbopump_store::{AppendBatch, Queue, QueueEntry};
use turbopump_transport::ConnId;
use turbopump_wire::PhysicalOffset;

use super::{Group, Outlets, ReplyTo, Stop};
use crate::hold::HoldTable;
use crate::park::ParkingLot;
use crate::requests::reply;
use crate::shared::Shared;

/// A connection as its loop knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) fast_port: bool,
}

/// Buffers that live from turn to turn so that a request allocates nothing.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) properties: Vec<u8>,
    pub(crate) entries: Vec<QueueEntry>,
    pub(crate) key_hashes: Vec<i32>,
}

/// One loop.
pub(crate) struct LoopCore {
    pub(crate) index: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) connections: FxHashMap<ConnId, Connection>,
    pub(crate) batch: AppendBatch,
    /// What the batch owes once it is appended.
    pub(crate) group: Group,
    /// `SYNC_FLUSH`: appended, not yet on disk, in order of `end`.
    pub(crate) unsafe_groups: VecDeque<Group>,
    /// Settled ones, empty, for the memory they have.
    pub(crate) spare_groups: Vec<Group>,
    /// `SYNC_MASTER`: appended, not yet acknowledged by slaves, in order of `end`.
    pub(crate) unreplicated: VecDeque<Group>,
    /// While the loop stops: when the last wait for slaves ends.
    pub(crate) last_wait_ends: Option<Instant>,
    /// Answered, but not yet shown to readers: ends, and the queues whose readers to tell.
    pub(crate) unread: VecDeque<(PhysicalOffset, Vec<Arc<Queue>>)>,
    /// Something was appended since the last sync was asked for.
    pub(crate) sync_wanted: bool,
    pub(crate) holds: HoldTable,
    pub(crate) lot: ParkingLot,
    /// Arrivals to tell each other loop at the end of the turn.
    pub(crate) arrivals: Vec<Vec<Arc<Queue>>>,
    pub(crate) scratch: Scratch,
    /// The time this turn began.
    pub(crate) now: Instant,
    picks: u32,
}

impl LoopCore {
    pub(crate) fn new(index: usize, loops: usize, shared: Arc<Shared>) -> Self {
        Self {
            index,
            shared,
            connections: FxHashMap::default(),
            batch: AppendBatch::new(),
            group: Group::default(),
            unsafe_groups: VecDeque::new(),
            spare_groups: Vec::new(),
            unreplicated: VecDeque::new(),
            last_wait_ends: None,
            unread: VecDeque::new(),
            sync_wanted: false,
            holds: HoldTable::new(index),
            lot: ParkingLot::default(),
            arrivals: (0..loops).map(|_| Vec::new()).collect(),
            scratch: Scratch::default(),
            now: Instant::now(),
            picks: (index as u32).wrapping_mul(0x9e37_79b9),
        }
    }

    /// A queue for a send that names none. Java takes a random one; a Weyl sequence spreads as
    /// evenly and costs an addition.
    pub(crate) fn pick(&mut self, count: u32) -> u32 {
        self.picks = self.picks.wrapping_add(0x9e37_79b9);
        ((u64::from(self.picks) * u64::from(count)) >> 32) as u32
    }

    /// Answers a request that is not carried out.
    pub(crate) fn refuse(outlets: &mut dyn Outlets, to: ReplyTo, stop: &Stop) {
        if to.oneway {
            return;
        }
        let (Stop::Refuse { code, remark, field }, Some(out)) =
            (stop, outlets.bytes(to.connection))
        else {
            return;
        };
        reply::refuse(out, to, *code, remark, *field);
    }
}
