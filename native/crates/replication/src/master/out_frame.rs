//! A frame on its way to a slave: its head, and log bytes that stay where they are mapped.

use std::io::IoSlice;

use turbopump_store::LogSlice;

use crate::frame::{FrameHeader, HEADER_BYTES};

pub(super) struct OutFrame {
    header: [u8; HEADER_BYTES],
    body: LogSlice,
    /// Of header and body together.
    sent: usize,
}

impl OutFrame {
    pub(super) fn new(offset: u64, body: LogSlice) -> Self {
        let header = FrameHeader { offset, len: body.len() as u32 }.encode();
        Self { header, body, sent: 0 }
    }

    pub(super) fn left(&self) -> usize {
        HEADER_BYTES + self.body.len() - self.sent
    }

    pub(super) fn body_left(&self) -> u64 {
        (self.body.len() - self.sent.saturating_sub(HEADER_BYTES)) as u64
    }

    pub(super) fn slices(&self) -> impl Iterator<Item = IoSlice<'_>> {
        let header = self.header.get(self.sent..).unwrap_or_default();
        let body = self.body.get(self.sent.saturating_sub(HEADER_BYTES)..).unwrap_or_default();
        [header, body].into_iter().filter(|part| !part.is_empty()).map(IoSlice::new)
    }

    /// Counts bytes as sent, at most what is left; how many those were.
    pub(super) fn advance(&mut self, count: usize) -> usize {
        let done = count.min(self.left());
        self.sent += done;
        done
    }
}
