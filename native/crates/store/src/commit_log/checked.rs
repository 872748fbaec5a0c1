//! A master's records, looked at and taken apart before anybody holds the log's lock, so that one
//! thread can do it while another one appends.
//!
//! Invariant: what [`RawRun`] calls whole are records and fillers that belong at its position, one
//! after the other, each with its size, magic, CRC, stored position and segment bounds verified;
//! bytes come in only by [`RawRun::unchecked`], which makes all of it unlooked at again.
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

/// Bytes of a master's log, and what is known of them. Reusable: its buffers stay.
#[derive(Debug, Default)]
pub struct RawRun {
    at: u64,
    bytes: Vec<u8>,
    /// Of `bytes`: whole records and fillers.
    len: usize,
    /// Largest store time among them.
    store_ms: i64,
    records: Vec<Checked>,
    key_hashes: Vec<i32>,
}

/// One record. Ranges are of `bytes` and of `key_hashes`.
#[derive(Debug)]
struct Checked {
    start: usize,
    size: u32,
    topic: Range<usize>,
    keys: Range<usize>,
    queue_id: i32,
    queue_offset: i64,
    tags_code: i64,
    store_ms: i64,
    kind: RecordKind,
}

impl RawRun {
    /// The bytes, to add to; nothing of them counts as looked at any more.
    pub fn unchecked(&mut self) -> &mut Vec<u8> {
        self.forget();
        &mut self.bytes
    }

    /// Bytes held, whole or not.
    #[must_use]
    pub fn held_len(&self) -> usize {
        self.bytes.len()
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
        next.forget();
        next.bytes.clear();
        next.bytes.extend_from_slice(self.bytes.get(self.len..).unwrap_or_default());
        self.bytes.truncate(self.len);
    }

    fn forget(&mut self) {
        self.len = 0;
        self.store_ms = 0;
        self.records.clear();
        self.key_hashes.clear();
    }

    pub(super) const fn store_ms(&self) -> i64 {
        self.store_ms
    }

    pub(super) fn digests(&self) -> impl Iterator<Item = (Digest<'_>, &[i32])> {
        self.records.iter().map(|record| {
            let topic = self.bytes.get(record.topic.clone()).unwrap_or_default();
            let digest = Digest {
                // It was UTF-8 when the record was read.
                topic: std::str::from_utf8(topic).unwrap_or_default(),
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
        let looked = self.look_through(&bytes, segment_bytes, dispatch);
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
        // A record ends with its topic, the i16 length of its properties, and these.
        let behind = size_of::<i16>() + view.properties.len();
        let topic_end = self.len + view.bytes().len().saturating_sub(behind);
        self.store_ms = self.store_ms.max(digest.store_ms);
        self.records.push(Checked {
            start: self.len,
            size: digest.size,
            topic: topic_end.saturating_sub(view.topic.len())..topic_end,
            keys: keys_from..self.key_hashes.len(),
            queue_id: digest.queue_id,
            queue_offset: digest.queue_offset,
            tags_code: digest.tags_code,
            store_ms: digest.store_ms,
            kind: digest.kind,
        });
    }
}

/// The size that a record or filler says it has, when its head is there.
fn total_size(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..BLANK_BYTES as usize)?;
    let size: [u8; 4] = head.get(..4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(size)).ok()
}
