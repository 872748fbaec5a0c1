//! Answers of one append, kept together until its records are safe.

use std::ops::Range;
use std::sync::Arc;

use turbopump_store::{Placed, Queue};
use turbopump_wire::PhysicalOffset;

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
    SentBack,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) to: ReplyTo,
    /// Its records in the batch.
    pub(crate) records: Range<usize>,
    pub(crate) topic: Option<Arc<TopicEntry>>,
    pub(crate) kind: AnswerKind,
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
}

impl Group {
    /// Puts text where an answer can name it.
    pub(crate) fn keep_text(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        start..self.text.len()
    }

    /// Makes it ready for the next turn, its memory kept.
    pub(crate) fn clear(&mut self) {
        self.answers.clear();
        self.text.clear();
        self.placed.clear();
        self.touched.clear();
        self.end = PhysicalOffset::ZERO;
    }
}
