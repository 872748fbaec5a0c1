//! Bytes of an index file, as Java's `IndexFile` and `IndexHeader` write them, big-endian:
//!
//! ```text
//! 0    header   | begin ms 8 | end ms 8 | begin position 8 | end position 8 |
//!               | slots used 4 | next entry 4 |
//! 40   slots    | newest entry of the chain 4 | × slots
//! ...  entries  | key hash 4 | position 8 | seconds since begin 4 | previous entry 4 | × entries
//! ```
//!
//! Entry 0 does not exist: 0 means "none" in slots and chains.

use turbopump_wire::PhysicalOffset;

pub(crate) const HEADER_BYTES: usize = 40;
pub(crate) const SLOT_BYTES: usize = 4;
pub(crate) const ENTRY_BYTES: usize = 20;

/// How many slots and entries a file has; fixed by configuration, not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub(crate) slots: u32,
    pub(crate) entries: u32,
}

impl Geometry {
    pub(crate) fn entry_at(self, number: u32) -> u64 {
        slot_at(self.slots) + u64::from(number) * ENTRY_BYTES as u64
    }

    pub(crate) fn file_bytes(self) -> u64 {
        self.entry_at(self.entries)
    }

    /// The slot of a key hash; negative hashes do not occur (`abs`), one from outside counts as 0.
    pub(crate) fn slot_of(self, key_hash: i32) -> u32 {
        key_hash.max(0).cast_unsigned() % self.slots
    }
}

/// Place of a slot.
pub(crate) fn slot_at(slot: u32) -> u64 {
    HEADER_BYTES as u64 + u64::from(slot) * SLOT_BYTES as u64
}

/// The first 40 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) begin_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) begin: PhysicalOffset,
    pub(crate) end: PhysicalOffset,
    pub(crate) slots_used: u32,
    /// Number the next entry gets; 1 in an empty file.
    pub(crate) next_entry: u32,
}

impl Header {
    /// Header of a file without entries, which starts with the end values of the one before it.
    pub(crate) const fn empty(end_ms: i64, end: PhysicalOffset) -> Self {
        Self { begin_ms: end_ms, end_ms, begin: end, end, slots_used: 0, next_entry: 1 }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.next_entry <= 1
    }

    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let fields: [&[u8]; 6] = [
            &self.begin_ms.to_be_bytes(),
            &self.end_ms.to_be_bytes(),
            &self.begin.get().to_be_bytes(),
            &self.end.get().to_be_bytes(),
            &self.slots_used.to_be_bytes(),
            &self.next_entry.to_be_bytes(),
        ];
        for (into, from) in bytes.iter_mut().zip(fields.iter().flat_map(|field| field.iter())) {
            *into = *from;
        }
        bytes
    }

    /// `None` when no writer can have left such a header. A count of 0 is what a new file of
    /// Java's reads as before its first flush.
    pub(crate) fn decode(bytes: &[u8; HEADER_BYTES], geometry: Geometry) -> Option<Self> {
        let (begin_ms, rest) = bytes.split_first_chunk::<8>()?;
        let (end_ms, rest) = rest.split_first_chunk::<8>()?;
        let (begin, rest) = rest.split_first_chunk::<8>()?;
        let (end, rest) = rest.split_first_chunk::<8>()?;
        let (slots_used, rest) = rest.split_first_chunk::<4>()?;
        let next_entry = rest.first_chunk::<4>()?;
        let header = Self {
            begin_ms: i64::from_be_bytes(*begin_ms),
            end_ms: i64::from_be_bytes(*end_ms),
            begin: PhysicalOffset::new(u64::from_be_bytes(*begin)),
            end: PhysicalOffset::new(u64::from_be_bytes(*end)),
            slots_used: u32::from_be_bytes(*slots_used),
            next_entry: u32::from_be_bytes(*next_entry).max(1),
        };
        let plausible = header.next_entry <= geometry.entries
            && header.slots_used <= geometry.slots
            && header.begin <= header.end
            && i64::try_from(header.end.get()).is_ok();
        plausible.then_some(header)
    }
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    pub(crate) key_hash: i32,
    pub(crate) physical: PhysicalOffset,
    /// Whole seconds between the header's begin and the record's store time, never negative.
    pub(crate) seconds: i32,
    /// The entry before it in the same slot, 0 for none.
    pub(crate) previous: u32,
}

impl IndexEntry {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key_hash.to_be_bytes());
        out.extend_from_slice(&self.physical.get().to_be_bytes());
        out.extend_from_slice(&self.seconds.to_be_bytes());
        out.extend_from_slice(&self.previous.to_be_bytes());
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (key_hash, rest) = bytes.split_first_chunk::<4>()?;
        let (physical, rest) = rest.split_first_chunk::<8>()?;
        let (seconds, rest) = rest.split_first_chunk::<4>()?;
        let previous = rest.first_chunk::<4>()?;
        Some(Self {
            key_hash: i32::from_be_bytes(*key_hash),
            physical: PhysicalOffset::new(u64::from_be_bytes(*physical)),
            seconds: i32::from_be_bytes(*seconds),
            previous: u32::from_be_bytes(*previous),
        })
    }
}

/// Seconds field of an entry stored at `store_ms` in a file that begins at `begin_ms`.
pub(crate) fn seconds_since(begin_ms: i64, store_ms: i64) -> i32 {
    if begin_ms <= 0 {
        return 0;
    }
    let seconds = store_ms.saturating_sub(begin_ms) / 1000;
    i32::try_from(seconds.max(0)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEOMETRY: Geometry = Geometry { slots: 5_000_000, entries: 20_000_000 };

    #[test]
    fn javas_default_file_length() {
        assert_eq!(GEOMETRY.file_bytes(), 420_000_040);
        assert_eq!(GEOMETRY.entry_at(1), 20_000_060);
    }

    #[test]
    fn header_survives_and_nonsense_is_refused() {
        let header = Header {
            begin_ms: 1,
            end_ms: 2,
            begin: PhysicalOffset::new(3),
            end: PhysicalOffset::new(4),
            slots_used: 5,
            next_entry: 6,
        };
        let bytes = header.encode();
        assert_eq!(bytes[31], 4, "end position");
        assert_eq!(bytes[39], 6, "next entry");
        assert_eq!(Header::decode(&bytes, GEOMETRY), Some(header));
        let fresh = Header::decode(&[0; 40], GEOMETRY).expect("a new file of Java's");
        assert!(fresh.is_empty());
        for (place, value) in [(36, 0x7F), (32, 0x7F), (24, 0x80), (16, 0x01)] {
            let mut bad = bytes;
            bad[place] = value;
            assert_eq!(Header::decode(&bad, GEOMETRY), None, "byte {place}");
        }
    }

    #[test]
    fn seconds_follow_java() {
        assert_eq!(seconds_since(0, 5_000), 0, "no begin time yet");
        assert_eq!(seconds_since(1_000, 3_999), 2);
        assert_eq!(seconds_since(9_000, 1_000), 0, "the clock went back");
        assert_eq!(seconds_since(1, i64::MAX), i32::MAX);
    }

    #[test]
    fn entry_survives() {
        let entry = IndexEntry {
            key_hash: 79_072_524,
            physical: PhysicalOffset::new(1 << 40),
            seconds: 7,
            previous: 3,
        };
        let mut bytes = Vec::new();
        entry.encode(&mut bytes);
        assert_eq!(bytes.len(), ENTRY_BYTES);
        assert_eq!(IndexEntry::decode(&bytes), Some(entry));
        assert_eq!(IndexEntry::decode(&bytes[..19]), None);
    }
}
