//! Writing a record before its offsets are known, and filling them in under the put lock.

use super::{
    MAX_PROPERTIES_BYTES, RecordError, RecordVersion, body_crc,
    layout::{FIXED_BYTES, PHYSICAL_OFFSET, QUEUE_OFFSET, STORE_TIMESTAMP_V4, SYS_FLAG},
};
use crate::cursor::{Cursor, put};
use crate::position::{PhysicalOffset, QueueId, QueueOffset};
use crate::sys_flag;
use std::net::{IpAddr, SocketAddr};
use thiserror::Error;

/// What the broker knows of a message before the log gives it offsets and a store time.
#[derive(Clone, Copy, Debug)]
pub struct RecordFields<'a> {
    /// See [`RecordVersion::for_topic`].
    pub version: RecordVersion,
    /// The topic it is stored under (the system topic of a delayed or half message).
    pub topic: &'a str,
    /// The queue within `topic`.
    pub queue_id: QueueId,
    /// The user's flag, kept as it is.
    pub flag: i32,
    /// [`crate::sys_flag`] bits; the two IPv6 bits are set here from the hosts.
    pub sys_flag: i32,
    /// Milliseconds, from the producer.
    pub born_timestamp: i64,
    /// The producer's address.
    pub born_host: SocketAddr,
    /// This broker's address as clients dial it (`brokerIP1`, `listenPort`).
    pub store_host: SocketAddr,
    /// How often consumers have sent it back.
    pub reconsume_times: i32,
    /// Position of the half message for a commit, else 0.
    pub prepared_transaction_offset: i64,
    /// The body in its stored form, compressed when `sys_flag` says so.
    pub body: &'a [u8],
    /// Property text in pieces that are written one after another, so that the broker can add its
    /// own without joining them first. Each piece must end in 0x02 or be the last.
    pub properties: &'a [&'a [u8]],
}

/// Why a message cannot be written as a record. Nothing has been appended.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum EncodeRecordError {
    /// The topic is empty or longer than the version's length field can say.
    #[error("topic of {0} bytes does not fit the record")]
    TopicLength(usize),
    /// More than [`MAX_PROPERTIES_BYTES`].
    #[error("properties of {0} bytes, {MAX_PROPERTIES_BYTES} are allowed")]
    PropertiesLength(usize),
    /// The record's size does not fit an i32.
    #[error("body of {0} bytes does not fit a record")]
    BodyLength(usize),
}

/// Bytes `fields` takes as a record.
///
/// # Errors
/// The same as [`encode_record`].
pub fn record_bytes(fields: &RecordFields<'_>) -> Result<usize, EncodeRecordError> {
    sizes(fields).map(|sizes| sizes.total as usize)
}

struct Sizes {
    total: i32,
    body: i32,
    topic: u16,
    properties: u16,
}

fn sizes(fields: &RecordFields<'_>) -> Result<Sizes, EncodeRecordError> {
    let topic_max = match fields.version {
        RecordVersion::V1 => i8::MAX as usize,
        RecordVersion::V2 => i16::MAX as usize,
    };
    let topic = fields.topic.len();
    if topic == 0 || topic > topic_max {
        return Err(EncodeRecordError::TopicLength(topic));
    }
    let properties = fields.properties.iter().fold(0_usize, |sum, p| sum.saturating_add(p.len()));
    if properties > MAX_PROPERTIES_BYTES {
        return Err(EncodeRecordError::PropertiesLength(properties));
    }
    let wide = usize::from(fields.born_host.is_ipv6()) + usize::from(fields.store_host.is_ipv6());
    let fixed = FIXED_BYTES - 1 + fields.version.topic_length_bytes() + 12 * wide;
    let body = fields.body.len();
    let total = (fixed + topic + properties).saturating_add(body);
    match (i32::try_from(total), i32::try_from(body)) {
        (Ok(total), Ok(body)) => {
            Ok(Sizes { total, body, topic: topic as u16, properties: properties as u16 })
        }
        _ => Err(EncodeRecordError::BodyLength(body)),
    }
}

/// Appends the record to `out` and returns its size in bytes.
///
/// Queue offset, physical offset and store time are 0 until [`patch_offsets`]; the body's CRC is
/// final, since nothing that is patched enters it.
///
/// # Errors
/// See [`EncodeRecordError`]; `out` is then as it was.
pub fn encode_record(
    out: &mut Vec<u8>,
    fields: &RecordFields<'_>,
) -> Result<usize, EncodeRecordError> {
    let sizes = sizes(fields)?;
    out.reserve(sizes.total as usize);
    out.extend_from_slice(&sizes.total.to_be_bytes());
    out.extend_from_slice(&fields.version.magic().to_be_bytes());
    out.extend_from_slice(&body_crc(fields.body).to_be_bytes());
    out.extend_from_slice(&fields.queue_id.get().to_be_bytes());
    out.extend_from_slice(&fields.flag.to_be_bytes());
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&host_bits(fields).to_be_bytes());
    out.extend_from_slice(&fields.born_timestamp.to_be_bytes());
    put_host(out, fields.born_host);
    out.extend_from_slice(&[0; 8]);
    put_host(out, fields.store_host);
    out.extend_from_slice(&fields.reconsume_times.to_be_bytes());
    out.extend_from_slice(&fields.prepared_transaction_offset.to_be_bytes());
    out.extend_from_slice(&sizes.body.to_be_bytes());
    out.extend_from_slice(fields.body);
    match fields.version {
        RecordVersion::V1 => out.push(sizes.topic as u8),
        RecordVersion::V2 => out.extend_from_slice(&sizes.topic.to_be_bytes()),
    }
    out.extend_from_slice(fields.topic.as_bytes());
    out.extend_from_slice(&sizes.properties.to_be_bytes());
    for piece in fields.properties {
        out.extend_from_slice(piece);
    }
    Ok(sizes.total as usize)
}

fn host_bits(fields: &RecordFields<'_>) -> i32 {
    let mut bits = fields.sys_flag & !(sys_flag::BORN_HOST_V6 | sys_flag::STORE_HOST_V6);
    if fields.born_host.is_ipv6() {
        bits |= sys_flag::BORN_HOST_V6;
    }
    if fields.store_host.is_ipv6() {
        bits |= sys_flag::STORE_HOST_V6;
    }
    bits
}

fn put_host(out: &mut Vec<u8>, host: SocketAddr) {
    match host.ip() {
        IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
    }
    out.extend_from_slice(&u32::from(host.port()).to_be_bytes());
}

/// Fills in what only the log knows. `record` is one encoded record, `store_ms` the wall clock in
/// milliseconds.
///
/// # Errors
/// [`RecordError::Truncated`] when `record` is shorter than the fields; nothing is then written.
pub fn patch_offsets(
    record: &mut [u8],
    queue_offset: QueueOffset,
    physical_offset: PhysicalOffset,
    store_ms: i64,
) -> Result<(), RecordError> {
    let have = record.len();
    let flag = record.get(SYS_FLAG..).and_then(|rest| Cursor::new(rest).i32());
    let born_is_v6 = flag.is_some_and(|flag| flag & sys_flag::BORN_HOST_V6 != 0);
    let store_at = STORE_TIMESTAMP_V4 + if born_is_v6 { 12 } else { 0 };
    // The last field first: when it fits, so do the others, and a short record stays untouched.
    let written = put(record, store_at, store_ms.to_be_bytes())
        && put(record, QUEUE_OFFSET, queue_offset.get().to_be_bytes())
        && put(record, PHYSICAL_OFFSET, physical_offset.get().to_be_bytes());
    if written { Ok(()) } else { Err(RecordError::Truncated { need: store_at + 8, have }) }
}
