//! What waits for the reading threads, and doing one piece of it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use turbopump_store::{LogSlice, ReadError};
use turbopump_transport::ConnId;
use turbopump_wire::codes::response_code::SYSTEM_ERROR;

use super::{AHEAD_MAX, ANSWERS_BYTES_MAX, CONNECTION_MAX, IDLE, WAITING_MAX};
use crate::event_loop::{Mail, ReplyTo, Stop};
use crate::requests::reply;
use crate::shared::Shared;
use crate::sync::lock;

/// An answer: its header, encoded, and its body.
pub(crate) struct Found {
    pub(crate) head: Vec<u8>,
    pub(crate) body: LogSlice,
}

/// Finds the answer to one request; may wait for the disk. Positions to read ahead go into the
/// second argument.
pub(crate) type Work = Box<dyn FnOnce(&Shared, &mut Vec<u64>) -> Result<Found, Stop> + Send>;

struct Request {
    to: ReplyTo,
    work: Work,
}

enum Job {
    Ahead(u64),
    Answer(Request),
}

/// A finished answer on its way to its loop.
pub(crate) struct Delivered {
    pub(crate) connection: ConnId,
    pub(crate) head: Vec<u8>,
    pub(crate) body: LogSlice,
}

impl Delivered {
    fn bytes(&self) -> usize {
        self.head.len() + self.body.len()
    }
}

#[derive(Default)]
struct State {
    ahead: VecDeque<u64>,
    waiting: VecDeque<Request>,
    /// Requests of each connection that are not delivered yet.
    by_connection: FxHashMap<ConnId, usize>,
    /// Bytes of answers not delivered yet.
    answers_bytes: usize,
    idle: bool,
    stopped: bool,
}

/// The queue.
#[derive(Default)]
pub(crate) struct ReadingPool {
    state: Mutex<State>,
    changed: Condvar,
}

impl ReadingPool {
    /// Takes a request; false at a bound.
    pub(crate) fn submit(&self, to: ReplyTo, work: Work) -> bool {
        let mut state = lock(&self.state);
        let of_connection = state.by_connection.get(&to.connection).copied().unwrap_or_default();
        let full = state.waiting.len() >= WAITING_MAX || of_connection >= CONNECTION_MAX;
        if full || state.stopped {
            return false;
        }
        state.by_connection.insert(to.connection, of_connection + 1);
        state.waiting.push_back(Request { to, work });
        drop(state);
        self.changed.notify_one();
        true
    }

    /// Takes positions that a loop's pull, answered from memory, expects to be asked for next.
    pub(crate) fn read_ahead(&self, positions: Vec<u64>) {
        if positions.is_empty() {
            return;
        }
        lock(&self.state).expect_soon(positions);
        self.changed.notify_one();
    }

    /// The loop has the answer.
    pub(crate) fn delivered(&self, answer: &Delivered) {
        let mut state = lock(&self.state);
        let was_full = state.answers_bytes >= ANSWERS_BYTES_MAX;
        state.answers_bytes = state.answers_bytes.saturating_sub(answer.bytes());
        state.leave(answer.connection);
        drop(state);
        if was_full {
            self.changed.notify_all();
        }
    }

    /// The connection is gone: what still waits for it is not read.
    pub(crate) fn forget(&self, connection: ConnId) {
        let mut state = lock(&self.state);
        if !state.by_connection.contains_key(&connection) {
            return;
        }
        let before = state.waiting.len();
        state.waiting.retain(|request| request.to.connection != connection);
        for _ in state.waiting.len()..before {
            state.leave(connection);
        }
    }

    /// Requests that wait or whose answers no loop has taken yet.
    pub(crate) fn len(&self) -> usize {
        lock(&self.state).by_connection.values().sum()
    }

    /// Ends the threads; what waits is dropped with its connections.
    pub(crate) fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_all();
    }

    /// Body of a thread.
    pub(super) fn run(&self, shared: &Shared) {
        while let Some(job) = self.next(shared) {
            if let Some(answer) = self.perform(job, shared) {
                let loop_index = answer.connection.loop_index();
                shared.post(loop_index, Mail::Read(answer));
            }
        }
    }

    /// Waits for a job; `None` when stopped.
    fn next(&self, shared: &Shared) -> Option<Job> {
        let mut state = lock(&self.state);
        loop {
            if state.stopped {
                return None;
            }
            if let Some(job) = state.take() {
                state.idle = false;
                return Some(job);
            }
            if state.idle {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.changed.wait_timeout(state, IDLE);
            let (next, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
            state = next;
            if timed_out.timed_out() && state.is_empty() {
                state.idle = true;
                shared.store.end_cold_reads();
            }
        }
    }

    fn perform(&self, job: Job, shared: &Shared) -> Option<Delivered> {
        let Request { to, work } = match job {
            Job::Ahead(position) => {
                shared.store.read_ahead(position);
                return None;
            }
            Job::Answer(request) => request,
        };
        let mut ahead = Vec::new();
        let found = answered(work, shared, &mut ahead).unwrap_or_else(|stop| refusal(to, &stop));
        let silent = Found { head: Vec::new(), body: LogSlice::default() };
        let Found { head, body } = if to.oneway { silent } else { found };
        let answer = Delivered { connection: to.connection, head, body };
        let mut state = lock(&self.state);
        state.answers_bytes += answer.bytes();
        state.expect_soon(ahead);
        let more = !state.ahead.is_empty();
        drop(state);
        if more {
            self.changed.notify_one();
        }
        Some(answer)
    }

    /// Does what waits, up to the next answer, on the calling thread: for tests without threads.
    #[cfg(test)]
    pub(crate) fn next_answer(&self, shared: &Shared) -> Option<Delivered> {
        loop {
            let job = lock(&self.state).take()?;
            if let Some(answer) = self.perform(job, shared) {
                return Some(answer);
            }
        }
    }
}

impl State {
    fn take(&mut self) -> Option<Job> {
        if let Some(position) = self.ahead.pop_front() {
            return Some(Job::Ahead(position));
        }
        if self.answers_bytes >= ANSWERS_BYTES_MAX {
            return None;
        }
        self.waiting.pop_front().map(Job::Answer)
    }

    fn expect_soon(&mut self, positions: Vec<u64>) {
        let room = AHEAD_MAX.saturating_sub(self.ahead.len());
        self.ahead.extend(positions.into_iter().take(room));
    }

    fn is_empty(&self) -> bool {
        self.ahead.is_empty() && self.waiting.is_empty()
    }

    fn leave(&mut self, connection: ConnId) {
        if let Some(count) = self.by_connection.get_mut(&connection) {
            *count -= 1;
            if *count == 0 {
                self.by_connection.remove(&connection);
            }
        }
    }
}

/// A defect that one request meets is its error: a thread that ended by it would leave this client
/// and, after a second one, all others without an answer. Work shares nothing but what has locks of
/// its own.
fn answered(work: Work, shared: &Shared, ahead: &mut Vec<u64>) -> Result<Found, Stop> {
    catch_unwind(AssertUnwindSafe(|| work(shared, ahead))).unwrap_or_else(|_| {
        let remark = "a reading thread panicked over a request";
        shared.upward.read_failed(remark);
        Err(Stop::refuse(SYSTEM_ERROR, remark))
    })
}

fn refusal(to: ReplyTo, stop: &Stop) -> Found {
    let mut head = Vec::new();
    if let Stop::Refuse { code, remark, field } = stop {
        reply::refuse(&mut head, to, *code, remark, *field);
    }
    Found { head, body: LogSlice::default() }
}

/// What a request that could not be read is told: the operator hears of a failing disk as well.
pub(crate) fn note_failure(shared: &Shared, error: &ReadError) {
    if matches!(error, ReadError::File(_) | ReadError::Queue(_) | ReadError::Index(_)) {
        shared.upward.read_failed(&error.to_string());
    }
}
