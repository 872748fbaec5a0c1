//! Reading a record without copying it.

use super::{BlankRecord, RecordError, RecordVersion, body_crc};
use crate::cursor::Cursor;
use crate::position::PhysicalOffset;
use crate::sys_flag;
use std::net::{IpAddr, SocketAddr};

/// One record whose lengths have been checked. Copying it copies the view, not the bytes.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    bytes: &'a [u8],
    /// Layout of the topic's length.
    pub version: RecordVersion,
    /// `bodyCRC` as stored.
    pub stored_crc: u32,
    /// Queue within [`RecordView::topic`], as stored.
    pub queue_id: i32,
    /// The user's flag.
    pub flag: i32,
    /// Number in its queue, as stored; 0 for prepared and rollback records.
    pub queue_offset: i64,
    /// Position in the log, as stored.
    pub physical_offset: i64,
    /// [`crate::sys_flag`] bits.
    pub sys_flag: i32,
    /// Milliseconds, from the producer.
    pub born_timestamp: i64,
    born_host: (IpAddr, i32),
    /// Milliseconds, from the broker.
    pub store_timestamp: i64,
    store_host: (IpAddr, i32),
    /// How often consumers have sent it back.
    pub reconsume_times: i32,
    /// Position of the half message of a commit, else 0.
    pub prepared_transaction_offset: i64,
    /// The body in its stored form.
    pub body: &'a [u8],
    /// The topic it is stored under.
    pub topic: &'a str,
    /// Property text, see [`crate::properties`].
    pub properties: &'a [u8],
}

impl<'a> RecordView<'a> {
    /// Reads the record at the start of `bytes`; what follows it is not looked at.
    ///
    /// # Errors
    /// See [`RecordError`]. A blank record is [`RecordError::Magic`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let truncated = RecordError::Truncated { need: 8, have: bytes.len() };
        let mut prefix = Cursor::new(bytes);
        let (Some(total), Some(magic)) = (prefix.i32(), prefix.i32()) else {
            return Err(truncated);
        };
        let version = RecordVersion::from_magic(magic).ok_or(RecordError::Magic(magic))?;
        let need = usize::try_from(total).map_err(|_| RecordError::Lengths { total })?;
        let whole = bytes.get(..need).ok_or(RecordError::Truncated { need, have: bytes.len() })?;
        let rest = whole.get(8..).ok_or(RecordError::Lengths { total })?;
        read_parts(whole, version, Cursor::new(rest), total)
    }

    /// The record's own bytes, exactly `totalSize` of them.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The producer's address; `None` when the stored port is not a port.
    #[must_use]
    pub fn born_host(&self) -> Option<SocketAddr> {
        socket_addr(self.born_host)
    }

    /// The storing broker's address; `None` when the stored port is not a port.
    #[must_use]
    pub fn store_host(&self) -> Option<SocketAddr> {
        socket_addr(self.store_host)
    }

    /// Compares the body with its CRC.
    ///
    /// # Errors
    /// [`RecordError::BodyCrc`].
    pub fn check_body(&self) -> Result<(), RecordError> {
        let computed = body_crc(self.body);
        if computed == self.stored_crc {
            Ok(())
        } else {
            Err(RecordError::BodyCrc { computed, stored: self.stored_crc })
        }
    }
}

fn read_parts<'a>(
    whole: &'a [u8],
    version: RecordVersion,
    mut cursor: Cursor<'a>,
    total: i32,
) -> Result<RecordView<'a>, RecordError> {
    let lengths = RecordError::Lengths { total };
    let at = &mut cursor;
    let stored_crc = at.i32().ok_or(lengths)?.cast_unsigned();
    let queue_id = at.i32().ok_or(lengths)?;
    let flag = at.i32().ok_or(lengths)?;
    let queue_offset = at.i64().ok_or(lengths)?;
    let physical_offset = at.i64().ok_or(lengths)?;
    let sys_flag = at.i32().ok_or(lengths)?;
    let born_timestamp = at.i64().ok_or(lengths)?;
    let born_host = host(at, sys_flag & sys_flag::BORN_HOST_V6 != 0).ok_or(lengths)?;
    let store_timestamp = at.i64().ok_or(lengths)?;
    let store_host = host(at, sys_flag & sys_flag::STORE_HOST_V6 != 0).ok_or(lengths)?;
    let reconsume_times = at.i32().ok_or(lengths)?;
    let prepared_transaction_offset = at.i64().ok_or(lengths)?;
    let body_length = at.i32().ok_or(lengths)?;
    let body = usize::try_from(body_length)
        .ok()
        .and_then(|len| at.take(len))
        .ok_or(RecordError::BodyLength(body_length))?;
    let topic_length = match version {
        RecordVersion::V1 => at.u8().map(usize::from),
        RecordVersion::V2 => at.i16().and_then(|len| usize::try_from(len).ok()),
    };
    let topic = topic_length.and_then(|len| at.take(len)).ok_or(lengths)?;
    let topic = std::str::from_utf8(topic).map_err(|_| RecordError::TopicText)?;
    let properties_length = at.i16().and_then(|len| usize::try_from(len).ok());
    let properties = properties_length.and_then(|len| at.take(len)).ok_or(lengths)?;
    if !at.rest().is_empty() {
        return Err(lengths);
    }
    Ok(RecordView {
        bytes: whole,
        version,
        stored_crc,
        queue_id,
        flag,
        queue_offset,
        physical_offset,
        sys_flag,
        born_timestamp,
        born_host,
        store_timestamp,
        store_host,
        reconsume_times,
        prepared_transaction_offset,
        body,
        topic,
        properties,
    })
}

fn host(cursor: &mut Cursor<'_>, is_v6: bool) -> Option<(IpAddr, i32)> {
    let ip = if is_v6 {
        IpAddr::from(*cursor.take(16)?.first_chunk::<16>()?)
    } else {
        IpAddr::from(*cursor.take(4)?.first_chunk::<4>()?)
    };
    Some((ip, cursor.i32()?))
}

fn socket_addr((ip, port): (IpAddr, i32)) -> Option<SocketAddr> {
    u16::try_from(port).ok().map(|port| SocketAddr::new(ip, port))
}

/// Reads the record that should stand at `at` and checks that it does.
///
/// # Errors
/// Those of [`RecordView::parse`], [`RecordError::Position`] when it was written for another
/// place, and with `check_crc` [`RecordError::BodyCrc`].
pub fn verify(
    bytes: &[u8],
    at: PhysicalOffset,
    check_crc: bool,
) -> Result<RecordView<'_>, RecordError> {
    let view = RecordView::parse(bytes)?;
    if u64::try_from(view.physical_offset) != Ok(at.get()) {
        return Err(RecordError::Position { stored: view.physical_offset, at: at.get() });
    }
    if check_crc {
        view.check_body()?;
    }
    Ok(view)
}

/// What stands at one position of the log.
#[derive(Clone, Copy, Debug)]
pub enum Scan<'a> {
    /// A verified record.
    Record(RecordView<'a>),
    /// The file ends here, go to the next one.
    Blank(BlankRecord),
    /// Size 0: nothing has been written here.
    End,
}

/// Reads whatever stands at `at`, as a recovery walking over the log does.
///
/// # Errors
/// Those of [`verify`] for bytes that are neither a record, a filler nor unwritten.
pub fn scan(bytes: &[u8], at: PhysicalOffset, check_crc: bool) -> Result<Scan<'_>, RecordError> {
    if let Some(blank) = BlankRecord::parse(bytes) {
        return Ok(Scan::Blank(blank));
    }
    if Cursor::new(bytes).i32() == Some(0) {
        return Ok(Scan::End);
    }
    verify(bytes, at, check_crc).map(Scan::Record)
}
