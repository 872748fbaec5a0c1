//! The header of a frame, in both encodings (`RemotingCommand`, `RocketMQSerializable`).
//!
//! Invariants: a decoded header borrows from the frame unless a text had to be unescaped; a binary
//! frame and a JSON frame that say the same decode to the same header.
//! Refuses: more than [`MAX_EXT_FIELDS`] fields, nesting deeper than a fixed bound, numbers that
//! do not fit. Text that is not UTF-8 is read as Java reads it, with replacement characters.

mod begin;
mod binary;
mod ext;
mod json;
mod json_reader;
mod value;
mod write;

pub use begin::{Request, Response};
pub use ext::{ExtFields, FieldError, MAX_EXT_FIELDS};
pub use value::ExtValue;
pub use write::{EncodeError, ExtWriter, HeaderLine, HeaderWriter};

use crate::language::Language;
use std::borrow::Cow;
use thiserror::Error;

/// `flag` bit 0: this frame answers a request.
pub const FLAG_RESPONSE: i32 = 0x1;
/// `flag` bit 1: nobody waits for an answer, and none may be sent.
pub const FLAG_ONEWAY: i32 = 0x2;

/// How a header is written. Every frame says its own; there is no negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderEncoding {
    /// One JSON object.
    Json,
    /// Fixed binary fields, `ROCKETMQ` in Java.
    Binary,
}

impl HeaderEncoding {
    /// The byte in the frame.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Json => 0,
            Self::Binary => 1,
        }
    }

    /// Reads the byte in the frame.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Json),
            1 => Some(Self::Binary),
            _ => None,
        }
    }
}

/// Why a header cannot be read. Each one closes the connection, as in Java.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum HeaderError {
    /// The header ends inside a field, or a length runs over its end.
    #[error("header ends too early")]
    Truncated,
    /// Not the JSON that is expected at this byte of the header.
    #[error("unexpected JSON at byte {at} of the header")]
    Json {
        /// Bytes from the header's start.
        at: usize,
    },
    /// A number that is not an i32.
    #[error("{field} is not a 32 bit number")]
    Number {
        /// Name of the header's field.
        field: &'static str,
    },
    /// A length below 0.
    #[error("negative length {0}")]
    NegativeLength(i32),
    /// Objects or arrays inside each other beyond the bound.
    #[error("JSON is nested too deeply")]
    Depth,
    /// More ext fields than [`MAX_EXT_FIELDS`].
    #[error("more than {MAX_EXT_FIELDS} ext fields")]
    TooManyFields,
}

/// A decoded header, of a request or of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestHeader<'a> {
    /// Request or response code; the 16 bit aliases of binary requests are mapped back.
    pub code: i32,
    /// The sender's language.
    pub language: Language,
    /// The sender's `MQVersion` ordinal, see [`crate::version`].
    pub version: i32,
    /// The requester's number of the request, echoed by its response.
    pub opaque: i32,
    /// [`FLAG_RESPONSE`] and [`FLAG_ONEWAY`].
    pub flag: i32,
    /// Error text of a response.
    pub remark: Option<Cow<'a, str>>,
    /// The request's own fields.
    pub ext: ExtFields<'a>,
}

/// The same bytes with the response flag set.
pub type ResponseHeader<'a> = RequestHeader<'a>;

impl<'a> RequestHeader<'a> {
    /// Reads a header.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn decode(encoding: HeaderEncoding, header: &'a [u8]) -> Result<Self, HeaderError> {
        match encoding {
            HeaderEncoding::Json => json::decode(header),
            HeaderEncoding::Binary => binary::decode(header),
        }
    }

    /// Nobody waits for an answer, and none may be sent, not even an error.
    #[must_use]
    pub const fn is_oneway(&self) -> bool {
        self.flag & FLAG_ONEWAY != 0
    }

    /// This answers a request of ours.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        self.flag & FLAG_RESPONSE != 0
    }
}

/// What routing needs of a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peeked {
    /// As [`RequestHeader::code`].
    pub code: i32,
    /// As [`RequestHeader::opaque`].
    pub opaque: i32,
    /// As [`RequestHeader::flag`].
    pub flag: i32,
}

impl Peeked {
    /// As [`RequestHeader::is_response`].
    #[must_use]
    pub const fn is_response(&self) -> bool {
        self.flag & FLAG_RESPONSE != 0
    }

    /// As [`RequestHeader::is_oneway`].
    #[must_use]
    pub const fn is_oneway(&self) -> bool {
        self.flag & FLAG_ONEWAY != 0
    }
}

/// Reads code, opaque and flag without decoding texts or fields. A JSON header is still walked
/// to its end, since its keys come in any order.
///
/// # Errors
/// See [`HeaderError`].
pub fn peek(encoding: HeaderEncoding, header: &[u8]) -> Result<Peeked, HeaderError> {
    match encoding {
        HeaderEncoding::Json => json::peek(header),
        HeaderEncoding::Binary => binary::peek(header),
    }
}

/// The code alone, see [`peek`].
///
/// # Errors
/// See [`HeaderError`].
pub fn peek_code(encoding: HeaderEncoding, header: &[u8]) -> Result<i32, HeaderError> {
    peek(encoding, header).map(|peeked| peeked.code)
}

/// Text as Java decodes it: malformed bytes become U+FFFD. C++ and PHP clients do send keys in
/// local code pages, and a broker that closed their connection would not be a replacement.
#[inline]
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match well_formed(bytes) {
        Some(text) => Cow::Borrowed(text),
        None => String::from_utf8_lossy(bytes),
    }
}

/// The text that the bytes are, if they are UTF-8. A send has some twenty names and values of one
/// letter or digit: those are found in a table, which is less than a call for each.
#[inline]
fn well_formed(bytes: &[u8]) -> Option<&str> {
    if let [byte] = bytes {
        let at = usize::from(*byte);
        return ASCII.get(at..at + 1);
    }
    std::str::from_utf8(bytes).ok()
}

/// Every text of one byte, one behind the other.
const ASCII: &str = match std::str::from_utf8(&ASCII_BYTES) {
    Ok(text) => text,
    Err(_) => unreachable!(),
};

const ASCII_BYTES: [u8; 128] = {
    let mut bytes = [0; 128];
    let mut rest: &mut [u8] = &mut bytes;
    let mut byte = 0;
    while let Some((first, others)) = rest.split_first_mut() {
        *first = byte;
        byte += 1;
        rest = others;
    }
    bytes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_one_byte_is_read_like_any_other() {
        for byte in 0..=u8::MAX {
            assert_eq!(text(&[byte]), String::from_utf8_lossy(&[byte]), "{byte}");
        }
    }
}
