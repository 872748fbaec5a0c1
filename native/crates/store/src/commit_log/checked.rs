//! A master's records, looked at and taken apart before anybody holds the log's lock, so that one
//! thread can do it while another one appends.
//!
//! Invariant: what [`RawRun`] calls whole are records and fillers that belong at its position, one
//! after the other, each with its size, magic, CRC, stored position and segment bounds verified;
//! bytes that come in make all of it unlooked at again.
//! Refuses: anything that is not a whole record; an incomplete one at the end is the caller's to
//! take along.

use std::ops::Range;

use turbopump_wire::PhysicalOffset;
use turbopump_wire::record::{BlankRecord, RecordView, Scan, layout, scan};

use super::POSITION_MAX;
use super::append::BLANK_BYTES;
use crate::batch::RecordKind;
use crate::dispatch::{Digest, Dispatch};
use crate::error::RawAppendError;

/// Topics looked at before a record's is kept again: records of a handful of topics alternate.
const TOPICS_LOOKED_AT: usize = 8;

/// Bytes of a master's log, and what is known of them. Reusable: its buffers stay.
#[derive(Debug, Default)]
pub struct RawRun {
    at: u64,
    /// The log's bytes, and room behind them.
    bytes: Vec<u8>,
    held: usize,
    /// Of those held: whole records and fillers.
    len: usize,
    /// Largest store time among them.
    store_ms: i64,
    records: Vec<Checked>,
    /// Of the records; some more than once.
    topics: Vec<Box<str>>,
    key_hashes: Vec<i32>,
}

/// One record. `topic` is of `topics`, `keys` of `key_hashes`.
#[derive(Debug)]
struct Checked {
    start: usize,
    size: u32,
    topic: usize,
    keys: Range<usize>,
    queue_id: i32,
    queue_offset: i64,
    tags_code: i64,
    store_ms: i64,
    kind: RecordKind,
}

impl RawRun {
    /// Room for so many bytes behind those held, to read into; `fill` then counts what was read.
    pub fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.held + bytes;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes.get_mut(self.held..end).unwrap_or_default()
    }

    /// Counts bytes read into the room; nothing counts as looked at any more.
    pub fn fill(&mut self, bytes: usize) {
        self.forget();
        self.held = (self.held + bytes).min(self.bytes.len());
    }

    /// Adds bytes; nothing counts as looked at any more.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.fill(bytes.len());
    }

    /// Bytes held, whole or not.
    #[must_use]
    pub const fn held_len(&self) -> usize {
        self.held
    }

    /// Whole records and fillers.
    #[must_use]
    pub fn whole(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Position of the first byte.
    #[must_use]
    pub const fn at(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.at)
    }

    /// Position behind the last whole record.
    #[must_use]
    pub const fn end(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.at + self.len as u64)
    }

    /// Moves what is behind the whole records to `next`, which loses what it had.
    pub fn move_rest(&mut self, next: &mut Self) {
        next.held = 0;
        next.extend(self.bytes.get(self.len..self.held).unwrap_or_default());
        self.held = self.len;
    }

    fn forget(&mut self) {
        self.len = 0;
        self.store_ms = 0;
        self.records.clear();
        self.topics.clear();
        self.key_hashes.clear();
    }

    pub(super) const fn store_ms(&self) -> i64 {
        self.store_ms
    }

    pub(super) fn digests(&self) -> impl Iterator<Item = (Digest<'_>, &[i32])> {
        self.records.iter().map(|record| {
            let digest = Digest {
                topic: self.topics.get(record.topic).map_or("", |topic| topic),
                queue_id: record.queue_id,
                queue_offset: record.queue_offset,
                physical: PhysicalOffset::new(self.at + record.start as u64),
                size: record.size,
                tags_code: record.tags_code,
                store_ms: record.store_ms,
                kind: record.kind,
            };
            (digest, self.key_hashes.get(record.keys.clone()).unwrap_or_default())
        })
    }

    /// Looks at all bytes as those that belong at `at`.
    pub(crate) fn check(
        &mut self,
        at: PhysicalOffset,
        segment_bytes: u64,
        dispatch: &Dispatch,
    ) -> Result<(), RawAppendError> {
        self.forget();
        self.at = at.get();
        // Taken out so that the records may be noted while they are read.
        let bytes = std::mem::take(&mut self.bytes);
        let held = bytes.get(..self.held).unwrap_or_default();
        let looked = self.look_through(held, segment_bytes, dispatch);
        self.bytes = bytes;
        if looked.is_err() {
            self.forget();
        }
        looked
    }

    fn look_through(
        &mut self,
        bytes: &[u8],
        segment_bytes: u64,
        dispatch: &Dispatch,
    ) -> Result<(), RawAppendError> {
        while let Some(rest) = bytes.get(self.len..)
            && let Some(size) = total_size(rest)
        {
            let position = self.at + self.len as u64;
            let here = PhysicalOffset::new(position);
            let left = segment_bytes - position % segment_bytes;
            let not_a_record = || RawAppendError::NotARecord { at: here };
            let differs = || RawAppendError::SegmentSizeDiffers { at: here, segment_bytes };
            if let Some(blank) = BlankRecord::parse(rest) {
                if u64::from(blank.size) != left {
                    return Err(differs());
                }
            } else if size < layout::FIXED_BYTES {
                return Err(not_a_record());
            } else if size as u64 + BLANK_BYTES > left {
                return Err(differs());
            }
            if position + size as u64 > POSITION_MAX {
                return Err(not_a_record());
            }
            let Some(record) = rest.get(..size) else { break };
            match scan(record, here, true) {
                Ok(Scan::Record(view)) => self.note(&view, dispatch),
                Ok(Scan::Blank(_)) => {}
                Ok(Scan::End) | Err(_) => return Err(not_a_record()),
            }
            self.len += size;
        }
        Ok(())
    }

    /// The record at `len`.
    fn note(&mut self, view: &RecordView<'_>, dispatch: &Dispatch) {
        let keys_from = self.key_hashes.len();
        let digest = dispatch.digest(view, &mut self.key_hashes);
        self.store_ms = self.store_ms.max(digest.store_ms);
        let topic = self.topic(view.topic);
        self.records.push(Checked {
            start: self.len,
            size: digest.size,
            topic,
            keys: keys_from..self.key_hashes.len(),
            queue_id: digest.queue_id,
            queue_offset: digest.queue_offset,
            tags_code: digest.tags_code,
            store_ms: digest.store_ms,
            kind: digest.kind,
        });
    }

    /// Number of a topic among those kept.
    fn topic(&mut self, topic: &str) -> usize {
        let mut looked_at = self.topics.iter().enumerate().rev().take(TOPICS_LOOKED_AT);
        let known = looked_at.find(|(_, known)| &***known == topic);
        if let Some((number, _)) = known {
            return number;
        }
        self.topics.push(topic.into());
        self.topics.len() - 1
    }
}

/// The size that a record or filler says it has, when its head is there.
fn total_size(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..BLANK_BYTES as usize)?;
    let size: [u8; 4] = head.get(..4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(size)).ok()
}
