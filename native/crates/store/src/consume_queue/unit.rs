//! One queue unit, 20 bytes big-endian, as Java's `ConsumeQueue` writes it:
//!
//! ```text
//! 0        8      12       20
//! | physical | size | tags code |
//! ```
//!
//! A unit whose size is not positive ends the queue: files are longer than their content and the
//! rest reads as zeros. `(0, 0x7FFFFFFF, 0)` fills a queue's first file up to where it starts.

use turbopump_wire::PhysicalOffset;

/// Bytes of a unit.
pub const UNIT_BYTES: u64 = 20;

/// Size field of the filler in front of a queue that does not start at 0.
const BLANK_SIZE: u32 = 0x7FFF_FFFF;

/// Where a message lies in the log, and what a consumer filters by before reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// Byte 0 of the record in the log.
    pub physical: PhysicalOffset,
    /// Bytes of the whole record.
    pub size: u32,
    /// Java hash of the tag, sign-extended; the due time in ms for delayed messages.
    pub tags_code: i64,
}

impl QueueEntry {
    /// The filler unit.
    pub(crate) const BLANK: Self =
        Self { physical: PhysicalOffset::ZERO, size: BLANK_SIZE, tags_code: 0 };

    /// True for the filler unit, which is no message.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        *self == Self::BLANK
    }

    /// First log byte behind the record; 0 for the filler, which names no byte of the log.
    #[must_use]
    pub fn end(&self) -> PhysicalOffset {
        if self.is_blank() {
            return PhysicalOffset::ZERO;
        }
        self.physical.advance(u64::from(self.size))
    }

    /// Appends the 20 bytes.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.physical.get().to_be_bytes());
        out.extend_from_slice(&self.size.to_be_bytes());
        out.extend_from_slice(&self.tags_code.to_be_bytes());
    }

    /// The unit in `bytes`, `None` when they are not a unit (zero tail, negative fields, short).
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (physical, rest) = bytes.split_first_chunk::<8>()?;
        let (size, rest) = rest.split_first_chunk::<4>()?;
        let tags_code = rest.first_chunk::<8>()?;
        let physical = i64::from_be_bytes(*physical);
        let size = i32::from_be_bytes(*size);
        if physical < 0 || size <= 0 {
            return None;
        }
        Some(Self {
            physical: PhysicalOffset::new(physical as u64),
            size: size as u32,
            tags_code: i64::from_be_bytes(*tags_code),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_unit_java_wrote() {
        let entry = QueueEntry {
            physical: PhysicalOffset::new(0x0102_0304_0506_0708),
            size: 206,
            tags_code: 2_598_919,
        };
        let mut bytes = Vec::new();
        entry.encode(&mut bytes);
        let expected = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 206, 0, 0, 0, 0, 0, 0x27, 0xA8, 0x07];
        assert_eq!(bytes, expected);
        assert_eq!(QueueEntry::decode(&bytes), Some(entry));
        assert_eq!(entry.end(), PhysicalOffset::new(0x0102_0304_0506_0708 + 206));
    }

    #[test]
    fn zeros_negatives_and_short_bytes_are_no_unit() {
        assert_eq!(QueueEntry::decode(&[0; 20]), None);
        assert_eq!(QueueEntry::decode(&[0; 19]), None);
        assert_eq!(QueueEntry::decode(&[0xFF; 20]), None);
        let mut negative_size = [0; 20];
        negative_size[8] = 0x80;
        assert_eq!(QueueEntry::decode(&negative_size), None);
    }

    #[test]
    fn the_filler_survives_and_names_no_log_byte() {
        let mut bytes = Vec::new();
        QueueEntry::BLANK.encode(&mut bytes);
        assert_eq!(bytes.get(8..12), Some(&[0x7F, 0xFF, 0xFF, 0xFF][..]));
        let blank = QueueEntry::decode(&bytes).expect("a unit");
        assert!(blank.is_blank());
        assert_eq!(blank.end(), PhysicalOffset::ZERO);
    }
}
