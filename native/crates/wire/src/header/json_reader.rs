//! The tokens under the JSON header: white space, words, strings with their escapes.

use super::{HeaderError, text};
use memchr::memchr2;
use std::borrow::Cow;

/// Bytes an escaped text may still need without growing; enough for usual properties.
const USUAL_REST: usize = 512;

/// Texts this long are searched eight bytes at a time; calling the vector search costs more.
const SHORT_BYTES: usize = 32;

/// Where the first quote or backslash is.
fn special(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < SHORT_BYTES {
        let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) else { break };
        let word = u64::from_le_bytes(*word);
        let hits = zero_bytes(word ^ repeat(b'"')) | zero_bytes(word ^ repeat(b'\\'));
        if hits != 0 {
            return Some(at + (hits.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    memchr2(b'"', b'\\', bytes.get(at..)?).map(|found| at + found)
}

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The top bit of every byte that is 0, and perhaps of higher ones behind it: the lowest is exact.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeat(0x01)) & !word & repeat(0x80)
}

/// A place in the header's text.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// The same as `bytes` when all of it is UTF-8: one check for the whole header is several
    /// times cheaper than one for each of some thirty short texts.
    text: Option<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, text: std::str::from_utf8(bytes).ok() }
    }

    pub(super) const fn unexpected(&self) -> HeaderError {
        HeaderError::Json { at: self.at }
    }

    #[inline]
    fn next(&mut self) -> Result<u8, HeaderError> {
        let byte = *self.bytes.get(self.at).ok_or(HeaderError::Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    /// The next byte that is not white space, not consumed.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, HeaderError> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(HeaderError::Truncated),
            }
        }
    }

    #[inline]
    pub(super) fn expect(&mut self, wanted: u8) -> Result<(), HeaderError> {
        if self.peek()? != wanted {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn literal(&mut self, word: &[u8]) -> Result<(), HeaderError> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(self.unexpected());
        }
        self.at += word.len();
        Ok(())
    }

    /// The bytes up to the next quote or backslash, which is consumed and returned.
    #[inline]
    fn plain_run(&mut self) -> Result<(&'a [u8], u8), HeaderError> {
        let rest = self.bytes.get(self.at..).ok_or(HeaderError::Truncated)?;
        let len = special(rest).ok_or(HeaderError::Truncated)?;
        let (run, after) = rest.split_at_checked(len).ok_or(HeaderError::Truncated)?;
        let stop = *after.first().ok_or(HeaderError::Truncated)?;
        self.at += len + 1;
        Ok((run, stop))
    }

    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, HeaderError> {
        self.expect(b'"')?;
        let from = self.at;
        let (run, stop) = self.plain_run()?;
        if stop == b'"' {
            let checked = self.text.and_then(|text| text.get(from..from + run.len()));
            return Ok(checked.map_or_else(|| text(run), Cow::Borrowed));
        }
        self.escaped_string(run)
    }

    fn escaped_string(&mut self, run: &[u8]) -> Result<Cow<'a, str>, HeaderError> {
        let rest = self.bytes.len().saturating_sub(self.at);
        let mut bytes = Vec::with_capacity(run.len() + rest.min(USUAL_REST));
        bytes.extend_from_slice(run);
        loop {
            self.escape(&mut bytes)?;
            // Escapes come in close succession in property text; looking at the next byte first
            // saves the search for an empty run.
            if self.bytes.get(self.at) == Some(&b'\\') {
                self.at += 1;
                continue;
            }
            let (run, stop) = self.plain_run()?;
            bytes.extend_from_slice(run);
            if stop == b'"' {
                break;
            }
        }
        Ok(Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }))
    }

    /// The escape whose backslash has been consumed.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), HeaderError> {
        let plain = match self.next()? {
            byte @ (b'"' | b'\\' | b'/' | b'\'') => byte,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0B,
            b'0' => 0,
            b'x' => self.hex(2)? as u8,
            b'u' => {
                let unit = self.hex(4)?;
                if unit < 0x80 {
                    out.push(unit as u8);
                    return Ok(());
                }
                let scalar = self.scalar_of(unit)?;
                out.extend_from_slice(scalar.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected()),
        };
        out.push(plain);
        Ok(())
    }

    /// Joins a surrogate pair. A lone surrogate has no UTF-8 form: Java's encoder writes `?`.
    fn scalar_of(&mut self, unit: u16) -> Result<char, HeaderError> {
        let follows = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"));
        if (0xD800..0xDC00).contains(&unit) && follows {
            let before = self.at;
            self.at += 2;
            let low = self.hex(4)?;
            if let Some(Ok(scalar)) = char::decode_utf16([unit, low]).next() {
                return Ok(scalar);
            }
            self.at = before;
        }
        Ok(char::from_u32(unit.into()).unwrap_or('?'))
    }

    fn hex(&mut self, digits: usize) -> Result<u16, HeaderError> {
        let mut value: u16 = 0;
        for _ in 0..digits {
            let digit = char::from(self.next()?).to_digit(16).ok_or(self.unexpected())?;
            value = (value << 4) | digit as u16;
        }
        Ok(value)
    }

    pub(super) fn skip_string(&mut self) -> Result<(), HeaderError> {
        self.expect(b'"')?;
        while self.plain_run()?.1 == b'\\' {
            self.next()?;
        }
        Ok(())
    }
}
