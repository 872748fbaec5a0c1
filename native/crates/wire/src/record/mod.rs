//! A message as the commit log keeps it, byte for byte what `CommitLog`, `MessageDecoder` and
//! `MessageVersion` write and read. Layout with offsets: `docs/formats/record.md`.
//!
//! Invariants: [`RecordView`] exists only for bytes whose lengths add up; [`encode_record`] writes
//! only records that [`RecordView::parse`] accepts.
//! Refuses: topics and properties that their length fields cannot say, and on [`verify`] a record
//! that is not at the position it names: a recycled file holds old records with a good CRC.

mod encode;
mod view;

pub use encode::{EncodeRecordError, RecordFields, encode_record, patch_offsets, record_bytes};
pub use view::{RecordView, Scan, scan, verify};

use thiserror::Error;

/// Layout constants: byte offsets from the start of a record.
pub mod layout {
    /// i32, size of the whole record, this field included.
    pub const TOTAL_SIZE: usize = 0;
    /// i32, [`super::RecordVersion::magic`] or [`super::BLANK_MAGIC`].
    pub const MAGIC: usize = 4;
    /// i32, [`super::body_crc`] of the stored body.
    pub const BODY_CRC: usize = 8;
    /// i32.
    pub const QUEUE_ID: usize = 12;
    /// i32, the user's flag.
    pub const FLAG: usize = 16;
    /// i64, number of the message in its queue.
    pub const QUEUE_OFFSET: usize = 20;
    /// i64, position of the record itself in the log.
    pub const PHYSICAL_OFFSET: usize = 28;
    /// i32, see [`crate::sys_flag`].
    pub const SYS_FLAG: usize = 36;
    /// i64, milliseconds, set by the producer.
    pub const BORN_TIMESTAMP: usize = 40;
    /// Address (4 or 16 bytes) and i32 port.
    pub const BORN_HOST: usize = 48;
    /// i64, milliseconds, when the born host is IPv4; 12 further on when it is IPv6.
    pub const STORE_TIMESTAMP_V4: usize = 56;
    /// Bytes of a record of version 1 with IPv4 hosts without body, topic and properties.
    pub const FIXED_BYTES: usize = 91;
}

/// Magic of the filler that ends a log file, as the i32 on disk.
pub const BLANK_MAGIC: i32 = 0xCBD4_3194_u32 as i32;

/// Bytes of a [`BlankRecord`]; a record goes to the next file when its size plus these do not fit.
pub const BLANK_BYTES: usize = 8;

/// Most bytes of properties a record can say in its i16.
pub const MAX_PROPERTIES_BYTES: usize = i16::MAX as usize;

/// How the topic's length is written (`MessageVersion`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordVersion {
    /// One byte, topics up to 127 bytes.
    V1,
    /// Two bytes.
    V2,
}

impl RecordVersion {
    /// The magic on disk.
    #[must_use]
    pub const fn magic(self) -> i32 {
        match self {
            Self::V1 => 0xDAA3_20A7_u32 as i32,
            Self::V2 => 0xDAA3_20AB_u32 as i32,
        }
    }

    /// The version of a magic, `None` for the blank record's and for anything else.
    #[must_use]
    pub const fn from_magic(magic: i32) -> Option<Self> {
        match magic.cast_unsigned() {
            0xDAA3_20A7 => Some(Self::V1),
            0xDAA3_20AB => Some(Self::V2),
            _ => None,
        }
    }

    /// Version 2 only for a topic above 127 bytes and only when `autoMessageVersionOnTopicLen`
    /// allows it; otherwise version 1, which then refuses the topic at encoding.
    #[must_use]
    pub const fn for_topic(topic: &str, auto_version_on_topic_len: bool) -> Self {
        if auto_version_on_topic_len && topic.len() > i8::MAX as usize {
            Self::V2
        } else {
            Self::V1
        }
    }

    pub(crate) const fn topic_length_bytes(self) -> usize {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

/// The filler written when the next record does not fit: the rest of the file means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlankRecord {
    /// Bytes left in the file from the start of this record, these 8 included.
    pub size: u32,
}

impl BlankRecord {
    /// The 8 bytes as they stand in the log.
    #[must_use]
    pub fn encode(self) -> [u8; BLANK_BYTES] {
        let both = u64::from(self.size) << 32 | u64::from(BLANK_MAGIC.cast_unsigned());
        both.to_be_bytes()
    }

    /// Reads one from the start of `bytes`; `None` when they are not a blank record or its size
    /// is not one a file's rest can have.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut cursor = crate::cursor::Cursor::new(bytes);
        let size = u32::try_from(cursor.i32()?).ok()?;
        (cursor.i32()? == BLANK_MAGIC && size as usize >= BLANK_BYTES).then_some(Self { size })
    }
}

/// CRC-32 (IEEE) of a stored body, its top bit cleared, as `UtilAll.crc32` gives it.
#[must_use]
pub fn body_crc(body: &[u8]) -> u32 {
    crc32fast::hash(body) & 0x7FFF_FFFF
}

/// Why bytes are not the record they should be.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum RecordError {
    /// Fewer bytes than the record says or its fixed part needs.
    #[error("record needs {need} bytes, {have} are there")]
    Truncated {
        /// Bytes needed.
        need: usize,
        /// Bytes at hand.
        have: usize,
    },
    /// The magic is of neither version (also the blank record's).
    #[error("magic {0:#010x} is not a record's")]
    Magic(i32),
    /// `totalSize` is negative or is not the sum of its parts.
    #[error("record says {total} bytes but its parts disagree")]
    Lengths {
        /// `totalSize` as stored.
        total: i32,
    },
    /// The body's length is negative or runs over the record's end.
    #[error("body length {0} does not fit")]
    BodyLength(i32),
    /// The topic is not UTF-8.
    #[error("topic is not UTF-8")]
    TopicText,
    /// The body does not match its CRC.
    #[error("body CRC {computed:#010x}, stored {stored:#010x}")]
    BodyCrc {
        /// CRC of the body as read.
        computed: u32,
        /// CRC as stored.
        stored: u32,
    },
    /// The record was written for another position.
    #[error("record names position {stored}, it stands at {at}")]
    Position {
        /// `physicalOffset` as stored.
        stored: i64,
        /// Where it was read.
        at: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::{PhysicalOffset, QueueId, QueueOffset};
    use std::net::SocketAddr;

    fn fields<'a>(topic: &'a str, properties: &'a [&'a [u8]]) -> RecordFields<'a> {
        let host = SocketAddr::from(([10, 0, 0, 1], 10911));
        RecordFields {
            version: RecordVersion::for_topic(topic, true),
            topic,
            queue_id: QueueId::ZERO,
            flag: 0,
            sys_flag: 0,
            born_timestamp: 0,
            born_host: host,
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: b"hi",
            properties,
        }
    }

    #[test]
    fn a_file_ends_with_its_filler_or_unwritten_bytes() {
        let filler = BlankRecord { size: 4096 }.encode();
        assert_eq!(filler, [0, 0, 0x10, 0, 0xCB, 0xD4, 0x31, 0x94]);
        let at = PhysicalOffset::ZERO;
        let expected = BlankRecord { size: 4096 };
        assert!(matches!(scan(&filler, at, true), Ok(Scan::Blank(blank)) if blank == expected));
        assert!(matches!(scan(&[0; 8], at, true), Ok(Scan::End)));
        assert!(matches!(RecordView::parse(&filler), Err(RecordError::Magic(BLANK_MAGIC))));
        assert_eq!(BlankRecord::parse(&[0, 0, 0, 7, 0xCB, 0xD4, 0x31, 0x94]), None);
    }

    #[test]
    fn long_topics_take_version_two() {
        let long = "t".repeat(128);
        assert_eq!(RecordVersion::for_topic(&long, true), RecordVersion::V2);
        assert_eq!(RecordVersion::for_topic(&long[1..], true), RecordVersion::V1);
        let mut out = b"before".to_vec();
        let narrow = RecordFields { version: RecordVersion::V1, ..fields(&long, &[]) };
        let refused = encode_record(&mut out, &narrow);
        assert_eq!(refused, Err(EncodeRecordError::TopicLength(128)));
        assert_eq!(out, b"before");
        assert_eq!(record_bytes(&fields(&long, &[])), Ok(92 + 2 + 128));
    }

    #[test]
    fn properties_are_bounded_over_all_pieces() {
        let (half, rest) = (vec![b'p'; 16_384], vec![b'p'; 16_383]);
        let mut out = Vec::new();
        assert!(encode_record(&mut out, &fields("T", &[&half, &rest])).is_ok());
        let refused = encode_record(&mut out, &fields("T", &[&half, &half]));
        assert_eq!(refused, Err(EncodeRecordError::PropertiesLength(32_768)));
    }

    #[test]
    fn lengths_inside_a_record_must_add_up() {
        let mut record = Vec::new();
        encode_record(&mut record, &fields("T", &[b"p"])).unwrap();
        let with = |at: usize, bytes: &[u8]| {
            let mut changed = record.clone();
            changed[at..at + bytes.len()].copy_from_slice(bytes);
            changed.push(0);
            RecordView::parse(&changed).map(|view| view.topic.len())
        };
        let total = record.len() as i32;
        assert_eq!(with(0, &total.to_be_bytes()), Ok(1));
        for wrong in [total + 1, total - 1, 8, 7, 0, -1, i32::MIN] {
            assert_eq!(with(0, &wrong.to_be_bytes()), Err(RecordError::Lengths { total: wrong }));
        }
        for body in [-1, i32::MAX] {
            assert_eq!(with(84, &body.to_be_bytes()), Err(RecordError::BodyLength(body)));
        }
        for wrong in [0_u8, 2, 255] {
            assert_eq!(with(90, &[wrong]), Err(RecordError::Lengths { total }));
        }
        assert_eq!(with(91, &[0xFF]), Err(RecordError::TopicText));
    }

    #[test]
    fn a_short_record_is_not_patched() {
        let mut short = vec![7; 63];
        let patched = patch_offsets(&mut short, QueueOffset::ZERO, PhysicalOffset::ZERO, 0);
        assert!(matches!(patched, Err(RecordError::Truncated { .. })));
        assert_eq!(short, vec![7; 63]);
    }
}
