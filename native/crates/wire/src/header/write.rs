//! Writing frames: a header straight into the connection's buffer, no allocation of its own.
//!
//! The order of calls is the order of the binary encoding: line, remark, ext fields, finish. The
//! types enforce it. The body follows [`ExtWriter::finish`] and is appended by the caller, who
//! may also send it from elsewhere: only its length enters the frame.

use super::HeaderEncoding;
use super::value::{ExtValue, escape_into};
use crate::cursor::put;
use crate::frame::{MAX_HEADER_BYTES, PREFIX_BYTES};
use crate::language::Language;
use crate::version;
use thiserror::Error;

/// The fixed fields of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// Request or response code. Binary headers keep its lower 16 bits, as Java's do.
    pub code: i32,
    /// The sender's language.
    pub language: Language,
    /// The sender's `MQVersion` ordinal. Binary headers keep its lower 16 bits.
    pub version: i32,
    /// The requester's number of the request.
    pub opaque: i32,
    /// [`super::FLAG_RESPONSE`] and [`super::FLAG_ONEWAY`].
    pub flag: i32,
}

/// Why a frame cannot be written. The buffer is then as it was before `begin`.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum EncodeError {
    /// The header is longer than its 24 bits can say.
    #[error("header of {0} bytes is above {MAX_HEADER_BYTES}")]
    HeaderLength(usize),
    /// Header and body are longer than an i32 can say.
    #[error("body of {0} bytes does not fit a frame")]
    BodyLength(usize),
    /// A field's name is longer than the i16 of a binary header can say.
    #[error("an ext field's name is longer than 32767 bytes")]
    FieldName,
}

impl HeaderLine {
    /// A line in our own name.
    #[must_use]
    pub const fn new(code: i32, opaque: i32, flag: i32) -> Self {
        Self { code, language: Language::Java, version: version::CURRENT, opaque, flag }
    }
}

/// A frame whose line is written.
#[derive(Debug)]
#[must_use = "a frame is complete only after finish"]
pub struct HeaderWriter<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    encoding: HeaderEncoding,
}

impl<'o> HeaderWriter<'o> {
    /// Appends the start of a frame to `out`.
    pub fn begin(out: &'o mut Vec<u8>, encoding: HeaderEncoding, line: &HeaderLine) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0; PREFIX_BYTES]);
        match encoding {
            HeaderEncoding::Json => json_line(out, line),
            HeaderEncoding::Binary => {
                out.extend_from_slice(&(line.code as i16).to_be_bytes());
                out.push(line.language.code());
                out.extend_from_slice(&(line.version as i16).to_be_bytes());
                out.extend_from_slice(&line.opaque.to_be_bytes());
                out.extend_from_slice(&line.flag.to_be_bytes());
            }
        }
        Self { out, start, encoding }
    }

    /// Writes the remark.
    pub fn remark(self, remark: &str) -> ExtWriter<'o> {
        match self.encoding {
            HeaderEncoding::Json => {
                self.out.extend_from_slice(b",\"remark\":\"");
                escape_into(self.out, remark);
                self.out.push(b'"');
            }
            HeaderEncoding::Binary => {
                self.out.extend_from_slice(&(remark.len() as u32).to_be_bytes());
                self.out.extend_from_slice(remark.as_bytes());
            }
        }
        self.fields()
    }

    /// Writes the remark if there is one.
    pub fn remark_opt(self, remark: Option<&str>) -> ExtWriter<'o> {
        match remark {
            Some(remark) => self.remark(remark),
            None => self.no_remark(),
        }
    }

    /// Goes on without a remark.
    pub fn no_remark(self) -> ExtWriter<'o> {
        if self.encoding == HeaderEncoding::Binary {
            self.out.extend_from_slice(&[0; 4]);
        }
        self.fields()
    }

    /// Goes on without a remark and writes the first field.
    pub fn ext(self, name: &str, value: impl ExtValue) -> ExtWriter<'o> {
        self.no_remark().ext(name, value)
    }

    /// Completes a frame that has neither remark nor fields.
    ///
    /// # Errors
    /// See [`ExtWriter::finish`].
    pub fn finish(self, body_bytes: usize) -> Result<(), EncodeError> {
        self.no_remark().finish(body_bytes)
    }

    fn fields(self) -> ExtWriter<'o> {
        let fields_at = self.out.len();
        if self.encoding == HeaderEncoding::Binary {
            self.out.extend_from_slice(&[0; 4]);
        }
        let Self { out, start, encoding } = self;
        ExtWriter { out, start, encoding, fields_at, is_empty: true, name_too_long: false }
    }
}

/// A frame whose remark is decided.
#[derive(Debug)]
#[must_use = "a frame is complete only after finish"]
pub struct ExtWriter<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    encoding: HeaderEncoding,
    fields_at: usize,
    is_empty: bool,
    name_too_long: bool,
}

impl ExtWriter<'_> {
    /// Writes a field. An empty text is written, and read back from a binary header as no field.
    pub fn ext(mut self, name: &str, value: impl ExtValue) -> Self {
        match self.encoding {
            HeaderEncoding::Json => {
                let open: &[u8] = if self.is_empty { b",\"extFields\":{\"" } else { b",\"" };
                self.out.extend_from_slice(open);
                escape_into(self.out, name);
                self.out.extend_from_slice(b"\":\"");
                value.with_text(|text| escape_into(self.out, text));
                self.out.push(b'"');
            }
            HeaderEncoding::Binary => {
                self.name_too_long |= name.len() > i16::MAX as usize;
                self.out.extend_from_slice(&(name.len() as u16).to_be_bytes());
                self.out.extend_from_slice(name.as_bytes());
                value.with_text(|text| {
                    self.out.extend_from_slice(&(text.len() as u32).to_be_bytes());
                    self.out.extend_from_slice(text.as_bytes());
                });
            }
        }
        self.is_empty = false;
        self
    }

    /// Writes a field if there is a value.
    pub fn ext_opt(self, name: &str, value: Option<impl ExtValue>) -> Self {
        match value {
            Some(value) => self.ext(name, value),
            None => self,
        }
    }

    /// Completes the frame for a body of `body_bytes`, which the caller appends or sends next.
    ///
    /// # Errors
    /// See [`EncodeError`]; everything written since `begin` is taken back.
    pub fn finish(self, body_bytes: usize) -> Result<(), EncodeError> {
        if self.encoding == HeaderEncoding::Json {
            self.out.extend_from_slice(if self.is_empty { b"}" } else { b"}}" });
        }
        let end = self.out.len();
        let header_bytes = end.saturating_sub(self.start + PREFIX_BYTES);
        let fields_bytes = end.saturating_sub(self.fields_at + 4);
        let frame = header_bytes.saturating_add(4).saturating_add(body_bytes);
        let refused = match i32::try_from(frame) {
            _ if self.name_too_long => Some(EncodeError::FieldName),
            _ if header_bytes > MAX_HEADER_BYTES => Some(EncodeError::HeaderLength(header_bytes)),
            Err(_) => Some(EncodeError::BodyLength(body_bytes)),
            Ok(_) => None,
        };
        if let Some(error) = refused {
            self.out.truncate(self.start);
            return Err(error);
        }
        if self.encoding == HeaderEncoding::Binary {
            let _fits = put(self.out, self.fields_at, (fields_bytes as u32).to_be_bytes());
        }
        let word = u32::from(self.encoding.to_byte()) << 24 | header_bytes as u32;
        let _fits = put(self.out, self.start, (frame as u32).to_be_bytes())
            && put(self.out, self.start + 4, word.to_be_bytes());
        Ok(())
    }
}

fn json_line(out: &mut Vec<u8>, line: &HeaderLine) {
    let mut number = itoa::Buffer::new();
    let mut pair = |out: &mut Vec<u8>, key: &[u8], value: i32| {
        out.extend_from_slice(key);
        out.extend_from_slice(number.format(value).as_bytes());
    };
    pair(out, b"{\"code\":", line.code);
    pair(out, b",\"flag\":", line.flag);
    out.extend_from_slice(b",\"language\":\"");
    out.extend_from_slice(line.language.name().as_bytes());
    pair(out, b"\",\"opaque\":", line.opaque);
    out.extend_from_slice(b",\"serializeTypeCurrentRPC\":\"JSON\"");
    pair(out, b",\"version\":", line.version);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{Request, RequestHeader, Response};

    #[test]
    fn a_refused_frame_leaves_the_buffer_as_it_was() {
        let mut out = b"before".to_vec();
        let huge = "x".repeat(MAX_HEADER_BYTES);
        let refused = Response::begin(&mut out, HeaderEncoding::Json, 1, 1).remark(&huge).finish(0);
        assert!(matches!(refused, Err(EncodeError::HeaderLength(_))));
        let name = "n".repeat(32_768);
        let refused = Response::begin(&mut out, HeaderEncoding::Binary, 1, 1).ext(&name, 1_i32);
        assert_eq!(refused.finish(0), Err(EncodeError::FieldName));
        let body = i32::MAX as usize;
        let refused = Response::begin(&mut out, HeaderEncoding::Binary, 1, 1).finish(body);
        assert_eq!(refused, Err(EncodeError::BodyLength(body)));
        assert_eq!(out, b"before");
    }

    #[test]
    fn requests_and_responses_say_which_they_are() {
        for encoding in [HeaderEncoding::Json, HeaderEncoding::Binary] {
            let mut out = Vec::new();
            Request::begin(&mut out, encoding, 310, 1).ext("m", true).finish(0).unwrap();
            Request::begin_oneway(&mut out, encoding, 200_051, 2).finish(0).unwrap();
            let response = Response::begin(&mut out, encoding, 0, 3).remark("r");
            response.ext("queueOffset", u64::MAX).ext_opt("no", None::<i32>).finish(0).unwrap();
            let mut rest = &out[..];
            let mut seen = Vec::new();
            while let Ok(Some(frame)) = crate::frame::cut(rest, out.len()) {
                let read = RequestHeader::decode(encoding, frame.header).unwrap();
                let fields = read.ext.iter().map(|(_, value)| value.to_owned()).collect::<Vec<_>>();
                seen.push((read.code, read.opaque, read.flag, fields));
                rest = &rest[frame.whole.len()..];
            }
            let fields = |text: &str| vec![text.to_owned()];
            assert_eq!(seen[0], (310, 1, 0, fields("true")));
            assert_eq!(seen[1], (200_051, 2, 2, vec![]));
            assert_eq!(seen[2], (0, 3, 1, fields("18446744073709551615")));
        }
    }
}
