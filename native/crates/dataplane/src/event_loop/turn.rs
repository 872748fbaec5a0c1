//! The end of a turn: one append for all its sends, then their answers.

use std::sync::atomic::Ordering;

use turbopump_store::{AppendError, FlushMode};
use turbopump_wire::codes::response_code;

use super::{AnswerKind, Group, LoopCore, Outlets, Stop, gate};
use crate::policy::PolicySnapshot;
use crate::requests::reply;

/// A batch this large is appended before the turn's end, so that a turn of giant frames does not
/// hold all of them twice.
pub(crate) const BATCH_BYTES_MAX: usize = 1 << 20;

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
                self.group.touched.extend(self.batch.queues().cloned());
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
                refuse_group(&group, outlets, &stop);
                group.clear();
                self.group = group;
            }
        }
    }

    fn appended(&mut self, policy: &PolicySnapshot, outlets: &mut dyn Outlets) {
        let mut group = std::mem::take(&mut self.group);
        if self.shared.store.flush_mode() == FlushMode::Async {
            self.settle(&group, policy, outlets);
            group.clear();
            self.group = group;
        } else {
            self.shared.unsafe_groups.fetch_add(1, Ordering::SeqCst);
            self.unsafe_groups.push_back(group);
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
        let Some(group) = self.unsafe_groups.back() else { return };
        if gate::is_safe(&self.shared.store, group.end) {
            self.release_safe(policy, outlets);
            return;
        }
        let answers: usize = self.unsafe_groups.iter().map(|group| group.answers.len()).sum();
        let alone = answers == 1 && self.shared.unsafe_groups.load(Ordering::SeqCst) == 1;
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
            } else if let Some(reason) = self.shared.store.poisoned() {
                // `flushed` is read again: it may have passed the group before the poison.
                self.shared.unsafe_groups.fetch_sub(1, Ordering::SeqCst);
                if gate::is_safe(&self.shared.store, group.end) {
                    self.settle(&group, policy, outlets);
                } else {
                    let stop = append_refusal(&AppendError::Poisoned(reason));
                    refuse_group(&group, outlets, &stop);
                }
            } else {
                self.unsafe_groups.push_front(group);
                return;
            }
        }
        self.shared.loops_in_wait.fetch_and(!(1 << self.index), Ordering::SeqCst);
    }

    /// The group's records are safe: count, answer, wake who waits for them.
    fn settle(&mut self, group: &Group, policy: &PolicySnapshot, outlets: &mut dyn Outlets) {
        for answer in &group.answers {
            let placed = group.placed.get(answer.records.clone()).unwrap_or_default();
            if let Some(topic) = &answer.topic {
                let bytes = placed.iter().map(|placed| u64::from(placed.size)).sum();
                topic.counters.put(placed.len() as u64, bytes);
            }
            if matches!(answer.kind, AnswerKind::SentBack) {
                self.shared.totals.send_back_messages.fetch_add(1, Ordering::Relaxed);
            }
            if let (false, Some(out)) = (answer.to.oneway, outlets.bytes(answer.to.connection)) {
                reply::answer(out, answer, placed, &group.text, policy, self.shared.store_host());
            }
        }
        self.arrived(&group.touched, policy, outlets);
    }
}

fn refuse_group(group: &Group, outlets: &mut dyn Outlets, stop: &Stop) {
    for answer in &group.answers {
        LoopCore::refuse(outlets, answer.to, stop);
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
