//! The offset message id: where a message is stored, as text (`MessageDecoder.createMessageId`).
//!
//! Invariant: what [`OffsetMessageId::text`] writes, [`OffsetMessageId::parse`] reads back.
//! Refuses: any length but 32 and 56, and digits that are not hexadecimal. Ids made by clients
//! (`UNIQ_KEY`) look the same; whether one was meant is the caller's question.

use crate::cursor::Cursor;
use crate::header::ExtValue;
use crate::position::PhysicalOffset;
use std::net::{IpAddr, SocketAddr};
use thiserror::Error;

/// Digits of an id with an IPv6 host, the longest.
pub const MAX_TEXT_BYTES: usize = 56;

/// The broker a message is stored at, and where in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetMessageId {
    /// The storing broker as clients dial it.
    pub store_host: SocketAddr,
    /// Position of the record.
    pub offset: PhysicalOffset,
}

/// Why a text is not an offset message id.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum MessageIdError {
    /// Neither 32 nor 56 bytes long.
    #[error("message id of {0} bytes, 32 or 56 are expected")]
    Length(usize),
    /// Not all hexadecimal digits.
    #[error("message id is not hexadecimal")]
    Digits,
    /// The port or the offset is not one.
    #[error("message id names no port or offset")]
    Range,
}

/// An id's text, without allocation.
#[derive(Clone, Copy, Debug)]
pub struct MessageIdText {
    digits: [u8; MAX_TEXT_BYTES],
    len: usize,
}

impl MessageIdText {
    /// The upper-case hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let digits = self.digits.get(..self.len).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }

    fn push(&mut self, bytes: &[u8]) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let digit = |half: u8| DIGITS.get(usize::from(half & 0xF)).copied().unwrap_or(b'0');
        let places = self.digits.get_mut(self.len..).unwrap_or_default();
        for (place, byte) in places.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
            *place = [digit(byte >> 4), digit(*byte)];
        }
        self.len += 2 * bytes.len();
    }
}

impl ExtValue for &MessageIdText {
    fn with_text<R>(self, write: impl FnOnce(&str) -> R) -> R {
        write(self.as_str())
    }
}

impl OffsetMessageId {
    /// The id as clients see it: 32 digits, 56 for an IPv6 host.
    #[must_use]
    pub fn text(&self) -> MessageIdText {
        let mut text = MessageIdText { digits: [b'0'; MAX_TEXT_BYTES], len: 0 };
        match self.store_host.ip() {
            IpAddr::V4(ip) => text.push(&ip.octets()),
            IpAddr::V6(ip) => text.push(&ip.octets()),
        }
        text.push(&u32::from(self.store_host.port()).to_be_bytes());
        text.push(&self.offset.get().to_be_bytes());
        text
    }

    /// Reads an id, in either case of digits.
    ///
    /// # Errors
    /// See [`MessageIdError`].
    pub fn parse(text: &str) -> Result<Self, MessageIdError> {
        let mut bytes = [0_u8; MAX_TEXT_BYTES / 2];
        if !matches!(text.len(), 32 | MAX_TEXT_BYTES) {
            return Err(MessageIdError::Length(text.len()));
        }
        for (place, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            *place = match pair {
                [high, low] => match (digit(high), digit(low)) {
                    (Some(high), Some(low)) => (high << 4 | low) as u8,
                    _ => return Err(MessageIdError::Digits),
                },
                _ => return Err(MessageIdError::Length(text.len())),
            };
        }
        let mut cursor = Cursor::new(&bytes);
        Self::read(&mut cursor, text.len() == MAX_TEXT_BYTES).ok_or(MessageIdError::Range)
    }

    fn read(cursor: &mut Cursor<'_>, is_v6: bool) -> Option<Self> {
        let ip = if is_v6 {
            IpAddr::from(*cursor.take(16)?.first_chunk::<16>()?)
        } else {
            IpAddr::from(*cursor.take(4)?.first_chunk::<4>()?)
        };
        let port = u16::try_from(cursor.i32()?).ok()?;
        let offset = u64::try_from(cursor.i64()?).ok()?;
        let store_host = SocketAddr::new(ip, port);
        Some(Self { store_host, offset: PhysicalOffset::new(offset) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_are_refused() {
        let parse = OffsetMessageId::parse;
        assert_eq!(parse(""), Err(MessageIdError::Length(0)));
        assert_eq!(parse(&"G".repeat(32)), Err(MessageIdError::Digits));
        assert_eq!(parse(&"ä".repeat(16)), Err(MessageIdError::Digits));
        assert_eq!(parse(&"F".repeat(32)), Err(MessageIdError::Range));
    }
}
