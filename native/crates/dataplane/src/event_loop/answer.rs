//! Answers of one append, kept together until its records are safe.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use turbopump_store::{Placed, Queue};
use turbopump_wire::PhysicalOffset;
use turbopump_wire::codes::response_code;

use super::ReplyTo;
use crate::policy::TopicEntry;

/// What an answer says besides success.
#[derive(Debug)]
pub(crate) enum AnswerKind {
    /// A send, one message or a batch of one queue.
    Sent {
        /// Queue the client asked for or was given; of a delayed message the one it will end in.
        queue_id: u32,
        /// Where `transactionId` lies in the group's text.
        transaction_id: Range<usize>,
    },
    /// A message sent back with 36.
    SentBack {
        /// Who sent it back.
        group: Box<str>,
        /// The topic it first had.
        topic: Box<str>,
    },
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) to: ReplyTo,
    /// Its records in the batch.
    pub(crate) records: Range<usize>,
    pub(crate) topic: Option<Arc<TopicEntry>>,
    pub(crate) kind: AnswerKind,
    /// False for a message with `WAIT=false`: answered without slaves.
    pub(crate) waits: bool,
}

/// What became of a group's replication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Replicated {
    /// Enough slaves have it, or nobody asks for slaves.
    #[default]
    Done,
    /// There were not enough slaves in sync to wait for.
    NotAvailable,
    /// They did not acknowledge in time.
    TimedOut,
}

impl Replicated {
    /// What the sender of a stored message is told.
    pub(crate) const fn code(self) -> i32 {
        match self {
            Self::Done => response_code::SUCCESS,
            Self::NotAvailable => response_code::SLAVE_NOT_AVAILABLE,
            Self::TimedOut => response_code::FLUSH_SLAVE_TIMEOUT,
        }
    }
}

/// Everything that one append owes.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) answers: Vec<Answer>,
    /// Text of the answers, one allocation for all.
    pub(crate) text: Vec<u8>,
    /// Where each record of the batch went; empty before the append.
    pub(crate) placed: Vec<Placed>,
    /// Queues that have new records for whoever waits.
    pub(crate) touched: Vec<Arc<Queue>>,
    /// End of the append's bytes.
    pub(crate) end: PhysicalOffset,
    /// `SYNC_MASTER`: until when slaves are waited for.
    pub(crate) deadline: Option<Instant>,
    pub(crate) replicated: Replicated,
}

impl Group {
    /// Puts text where an answer can name it.
    pub(crate) fn keep_text(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        start..self.text.len()
    }

    /// The answers that do not wait for slaves, as a group of their own.
    pub(crate) fn split_unwaited(&mut self) -> Option<Self> {
        if self.answers.iter().all(|answer| answer.waits) {
            return None;
        }
        let all = std::mem::take(&mut self.answers).into_iter();
        let (waiting, answers) = all.partition(|answer| answer.waits);
        self.answers = waiting;
        let (text, placed) = (self.text.clone(), self.placed.clone());
        // Readers hear of the records once, by the group that waits.
        Some(Self { answers, text, placed, end: self.end, ..Self::default() })
    }

    /// Makes it ready for the next turn, its memory kept.
    pub(crate) fn clear(&mut self) {
        self.answers.clear();
        self.text.clear();
        self.placed.clear();
        self.touched.clear();
        self.end = PhysicalOffset::ZERO;
        self.deadline = None;
        self.replicated = Replicated::Done;
    }
}
