//! The end of a turn: one append for all its sends, then their answers.

use std::sync::atomic::Ordering;

use turbopump_store::{AppendError, FlushMode};
use turbopump_wire::codes::response_code::{self, SUCCESS};

use super::{AnswerKind, Group, LoopCore, Outlets, Stop, gate};
use crate::policy::PolicySnapshot;
use crate::requests::reply;

/// A batch this large is appended before the turn's end, so that a turn of giant frames does not
/// hold all of them twice.
pub(crate) const BATCH_BYTES_MAX: usize = 1 << 20;

/// Settled groups whose memory the next ones get: as many as are under way in a usual load, none
/// that a burst made large.
const SPARE_GROUPS_MAX: usize = 16;
const SPARE_ANSWERS_MAX: usize = 256;

impl LoopCore {
    /// Appends what the turn has gathered and answers or parks the answers.
    pub(crate) fn commit(&mut self, policy: &PolicySnapshot, outlets: &mut dyn Outlets) {
        if self.batch.is_empty() {
            return;
        }
        match self.shared.store.append(&mut self.batch) {
            Ok(end) => {
                let records = 0..self.batch.len();
                self.group.end = end;
                self.group.placed.extend(records.map(|index| self.batch.placed(index)));
                self.group.touched.extend(self.batch.take_queues());
                self.batch.clear();
                self.appended(policy, outlets);
            }
            Err(error) => {
                self.batch.clear();
                if let AppendError::Poisoned(reason) = &error {
                    self.shared.upward.poisoned(reason);
                }
                let stop = append_refusal(&error);
                let mut group = std::mem::take(&mut self.group);
                self.refuse_group(&group, outlets, &stop);
                group.clear();
                self.group = group;
            }
        }
    }

    fn appended(&mut self, policy: &PolicySnapshot, outlets: &mut dyn Outlets) {
        let mut group = std::mem::take(&mut self.group);
        if gate::waits_for_slaves(&self.shared.replication, &mut group, self.now) {
            if let Some(unwaited) = group.split_unwaited() {
                self.stored(unwaited, policy, outlets);
            }
            self.await_slaves(group);
        } else {
            self.stored(group, policy, outlets);
        }
    }

    fn stored(&mut self, mut group: Group, policy: &PolicySnapshot, outlets: &mut dyn Outlets) {
        if self.shared.store.flush_mode() == FlushMode::Async {
            self.settle(&group, policy, outlets);
            group.clear();
            self.group = group;
        } else {
            self.shared.unsafe_groups.fetch_add(1, Ordering::SeqCst);
            self.unsafe_groups.push_back(group);
            self.group = self.spare_groups.pop().unwrap_or_default();
            self.sync_wanted = true;
        }
    }

    /// `SYNC_FLUSH`, once per turn: gets the turn's group to disk. Alone in flight the loop writes
    /// it itself, which saves two thread hand-overs; otherwise the sync thread takes everything
    /// gathered meanwhile and tells the loops.
    pub(crate) fn sync(&mut self, policy: &PolicySnapshot, outlets: &mut dyn Outlets) {
        if !std::mem::take(&mut self.sync_wanted) {
            return;
        }
        if !self.unreplicated.is_empty() {
            // Before looking whether they are replicated: what comes after that tells this loop.
            self.shared.loops_in_wait.fetch_or(1 << self.index, Ordering::SeqCst);
        }
        let last = [self.unsafe_groups.back(), self.unreplicated.back()];
        let Some(end) = last.into_iter().flatten().map(|group| group.end).max() else { return };
        if gate::is_safe(&self.shared.store, end) {
            self.release_safe(policy, outlets);
            return;
        }
        let groups = self.unsafe_groups.iter().chain(&self.unreplicated);
        let answers: usize = groups.map(|group| group.answers.len()).sum();
        let no_other = answers == 1 && self.shared.unsafe_groups.load(Ordering::SeqCst) == 1;
        let alone = no_other && !outlets.reads_on();
        if alone {
            // A failed sync poisons the store, which `release_safe` turns into refusals.
            if let Err(error) = self.shared.store.sync_now() {
                self.shared.upward.poisoned(&error.to_string().into());
            }
            self.release_safe(policy, outlets);
        } else {
            self.shared.loops_in_wait.fetch_or(1 << self.index, Ordering::SeqCst);
            self.shared.store.request_sync();
        }
    }

    /// Answers every group that has become safe, or refuses all when none can any more.
    pub(crate) fn release_safe(&mut self, policy: &PolicySnapshot, outlets: &mut dyn Outlets) {
        while let Some(group) = self.unsafe_groups.pop_front() {
            if gate::is_safe(&self.shared.store, group.end) {
                self.shared.unsafe_groups.fetch_sub(1, Ordering::SeqCst);
                self.settle(&group, policy, outlets);
                self.keep_for_later(group);
            } else if let Some(reason) = self.shared.store.poisoned() {
                // `flushed` is read again: it may have passed the group before the poison.
                self.shared.unsafe_groups.fetch_sub(1, Ordering::SeqCst);
                if gate::is_safe(&self.shared.store, group.end) {
                    self.settle(&group, policy, outlets);
                } else {
                    let stop = append_refusal(&AppendError::Poisoned(reason));
                    self.refuse_group(&group, outlets, &stop);
                }
            } else {
                self.unsafe_groups.push_front(group);
                break;
            }
        }
        self.release_replicated(policy, outlets);
        self.release_unread(policy, outlets);
        if self.unsafe_groups.is_empty() && self.unreplicated.is_empty() && self.unread.is_empty() {
            self.shared.loops_in_wait.fetch_and(!(1 << self.index), Ordering::SeqCst);
        }
    }

    fn keep_for_later(&mut self, mut group: Group) {
        let is_usual = group.answers.capacity() <= SPARE_ANSWERS_MAX;
        if is_usual && self.spare_groups.len() < SPARE_GROUPS_MAX {
            group.clear();
            self.spare_groups.push(group);
        }
    }

    /// The group's records are safe: count, answer, wake who waits for them.
    pub(super) fn settle(
        &mut self,
        group: &Group,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        for answer in &group.answers {
            let placed = group.placed.get(answer.records.clone()).unwrap_or_default();
            if let Some(topic) = &answer.topic {
                let bytes = placed.iter().map(|placed| u64::from(placed.size)).sum();
                topic.counters.put(placed.len() as u64, bytes);
            }
            if let AnswerKind::SentBack { group, topic } = &answer.kind {
                self.shared.totals.send_back_messages.fetch_add(1, Ordering::Relaxed);
                if let Some(counters) = self.shared.pulls.get(self.index) {
                    counters.sent_back(group, topic);
                }
            }
            if let (false, Some(out)) = (answer.to.oneway, outlets.bytes(answer.to.connection)) {
                let code = if answer.waits { group.replicated.code() } else { SUCCESS };
                let host = self.shared.store_host();
                reply::answer(out, answer, code, placed, &group.text, policy, host);
            }
        }
        self.show(group.end, &group.touched, policy, outlets);
    }

    pub(super) fn refuse_group(&self, group: &Group, outlets: &mut dyn Outlets, stop: &Stop) {
        let failed = group.answers.len() as u64;
        self.shared.totals.failed_puts.fetch_add(failed, Ordering::Relaxed);
        for answer in &group.answers {
            Self::refuse(outlets, answer.to, stop);
        }
    }
}

/// What a client is told when its message is not stored (Java
/// `SendMessageProcessor.handlePutMessageResult`). 1 and 14 make a producer try another broker.
pub(crate) fn append_refusal(error: &AppendError) -> Stop {
    let code = match error {
        AppendError::RecordTooLarge { .. } | AppendError::NotARecord { .. } => {
            response_code::MESSAGE_ILLEGAL
        }
        AppendError::NoSegment(_) | AppendError::PositionsExhausted => response_code::SYSTEM_ERROR,
        AppendError::Poisoned(_) | AppendError::DiskFull | AppendError::Closed => {
            response_code::SERVICE_NOT_AVAILABLE
        }
    };
    let remark = match error {
        AppendError::NoSegment(_) => {
            format!("create mapped file failed, server is busy or broken. ({error})")
        }
        AppendError::Poisoned(_) | AppendError::DiskFull | AppendError::Closed => {
            format!("service not available now: {error}")
        }
        other => other.to_string(),
    };
    Stop::refuse(code, remark)
}
