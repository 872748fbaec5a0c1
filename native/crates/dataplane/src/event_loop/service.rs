//! The loop as the transport calls it, and how a frame finds its handler.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use arc_swap::{ArcSwap, Cache};
use turbopump_transport::{ConnId, Ctx, Service};
use turbopump_wire::frame::Frame;

use super::core::Connection;
use super::{LoopCore, Mail, Outlets};
use crate::policy::PolicySnapshot;
use crate::shared::Shared;
use crate::upward::Opened;

/// Index of the listener that refuses pulls.
const FAST_LISTENER: usize = 1;

/// One loop with its view of policy.
pub(crate) struct LoopService {
    policy: Cache<Arc<ArcSwap<PolicySnapshot>>, Arc<PolicySnapshot>>,
    pub(crate) core: LoopCore,
}

impl LoopService {
    pub(crate) fn new(index: usize, loops: usize, shared: Arc<Shared>) -> Self {
        Self {
            policy: Cache::new(shared.policy.clone()),
            core: LoopCore::new(index, loops, shared),
        }
    }

    pub(crate) fn opened(&mut self, connection: ConnId, peer: SocketAddr, fast_port: bool) {
        self.core.connections.insert(connection, Connection { peer, fast_port });
        self.core.shared.totals.connections.fetch_add(1, Ordering::Relaxed);
        self.core.shared.upward.opened(Opened { connection, remote: peer, fast_port });
    }

    pub(crate) fn frame(
        &mut self,
        outlets: &mut dyn Outlets,
        connection: ConnId,
        frame: Frame<'_>,
    ) {
        let policy = self.policy.load();
        self.core.run(connection, frame, true, policy, outlets);
    }

    pub(crate) fn mail(&mut self, outlets: &mut dyn Outlets, mail: Mail) {
        let policy = self.policy.load();
        let core = &mut self.core;
        match mail {
            Mail::Arrived(queues) => {
                for queue in &queues {
                    core.wake(queue, policy, outlets);
                }
            }
            Mail::Stored(end, queues) => core.show_later(end, queues, policy, outlets),
            Mail::Progress => core.release_safe(policy, outlets),
            Mail::Resolved { kind, name, denial } => {
                core.resolved(kind, &name, denial.as_ref(), policy, outlets);
            }
            Mail::Frames(frames) => {
                for (connection, frame) in frames {
                    if let Some(out) = outlets.bytes(connection) {
                        out.extend_from_slice(&frame);
                    }
                }
            }
            Mail::Record { connection, frame, record } => {
                if let Some(out) = outlets.bytes(connection) {
                    out.extend_from_slice(&frame);
                    outlets.push_shared(connection, Box::new(record));
                }
            }
            Mail::Read(answer) => {
                core.shared.reading.delivered(&answer);
                if let Some(out) = outlets.bytes(answer.connection) {
                    out.extend_from_slice(&answer.head);
                    outlets.push_shared(answer.connection, Box::new(answer.body));
                }
            }
            Mail::Close(connection) => outlets.close(connection),
            Mail::TopicChanged(topic) => {
                for pull in core.holds.release_topic(&topic) {
                    core.shared.held_changed(-1);
                    core.run_again(pull.connection, &pull.frame, policy, outlets);
                }
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let core = &self.core;
        let deadlines =
            [core.holds.next_deadline(), core.lot.next_deadline(), core.replication_deadline()];
        deadlines.into_iter().flatten().min()
    }

    pub(crate) fn time_is_up(&mut self, outlets: &mut dyn Outlets, now: Instant) {
        let policy = self.policy.load();
        while let Some(pull) = self.core.holds.release_expired(now) {
            self.core.shared.held_changed(-1);
            self.core.run_again(pull.connection, &pull.frame, policy, outlets);
        }
        self.core.parking_expired(now, outlets);
        self.core.release_safe(policy, outlets);
    }

    pub(crate) fn turn_end(&mut self, outlets: &mut dyn Outlets) {
        let policy = self.policy.load();
        self.core.commit(policy, outlets);
        self.core.sync(policy, outlets);
        self.core.post_arrivals();
    }

    pub(crate) fn closed(&mut self, connection: ConnId) {
        self.core.forget(connection);
        self.core.shared.totals.connections.fetch_sub(1, Ordering::Relaxed);
        self.core.shared.upward.closed(connection);
    }
}

impl Service for LoopService {
    type Mail = Mail;

    fn on_open(&mut self, _: &mut Ctx<'_>, conn: ConnId, peer: SocketAddr, listener: usize) {
        self.opened(conn, peer, listener == FAST_LISTENER);
    }

    fn on_frame(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, frame: Frame<'_>) {
        self.core.now = ctx.now();
        self.frame(ctx, conn, frame);
    }

    fn on_mail(&mut self, ctx: &mut Ctx<'_>, mail: Mail) {
        self.core.now = ctx.now();
        self.mail(ctx, mail);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.deadline()
    }

    fn on_deadline(&mut self, ctx: &mut Ctx<'_>, now: Instant) {
        self.core.now = now;
        self.time_is_up(ctx, now);
    }

    fn on_turn_end(&mut self, ctx: &mut Ctx<'_>) {
        self.turn_end(ctx);
    }

    fn on_close(&mut self, _: &mut Ctx<'_>, conn: ConnId) {
        self.closed(conn);
    }

    fn on_shutdown(&mut self, ctx: &mut Ctx<'_>) {
        self.core.answer_parked_busy(ctx);
        self.core.wait_no_longer(Instant::now());
    }

    fn is_quiet(&self) -> bool {
        self.core.unsafe_groups.is_empty() && self.core.unreplicated.is_empty()
    }
}
