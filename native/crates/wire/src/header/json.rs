//! The JSON header: a reader for exactly this object.
//!
//! Written by hand because a general parser builds a tree that this one does without: it walks the
//! text once, keeps borrowed slices, and steps over keys it does not know. It accepts what
//! fastjson accepts of clients seen: any key order, numbers as text, texts as numbers, null.

use super::{ExtFields, HeaderError, Peeked, RequestHeader, text};
use crate::language::Language;
use memchr::memchr2;
use std::borrow::Cow;

/// Objects and arrays inside each other that an unknown value may have.
const MAX_DEPTH: u32 = 32;

pub(super) fn decode(header: &[u8]) -> Result<RequestHeader<'_>, HeaderError> {
    let mut decoded = RequestHeader::default();
    let mut reader = Reader::new(header);
    reader.object(|reader, key| {
        match key {
            "code" => decoded.code = reader.number("code")?,
            "language" => decoded.language = language(&reader.scalar()?),
            "version" => decoded.version = reader.number("version")?,
            "opaque" => decoded.opaque = reader.number("opaque")?,
            "flag" => decoded.flag = reader.number("flag")?,
            "remark" => decoded.remark = reader.scalar()?,
            "extFields" => decoded.ext = reader.ext_fields()?,
            _ => reader.skip(0)?,
        }
        Ok(())
    })?;
    reader.end()?;
    Ok(decoded)
}

pub(super) fn peek(header: &[u8]) -> Result<Peeked, HeaderError> {
    let mut peeked = Peeked::default();
    let mut reader = Reader::new(header);
    reader.object(|reader, key| {
        match key {
            "code" => peeked.code = reader.number("code")?,
            "opaque" => peeked.opaque = reader.number("opaque")?,
            "flag" => peeked.flag = reader.number("flag")?,
            _ => reader.skip(0)?,
        }
        Ok(())
    })?;
    reader.end()?;
    Ok(peeked)
}

/// fastjson writes enums as names and also reads their ordinals.
fn language(name: &Option<Cow<'_, str>>) -> Language {
    let Some(name) = name else { return Language::default() };
    name.parse::<u8>().map_or_else(|_| Language::from_name(name), Language::from_code)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    const fn unexpected(&self) -> HeaderError {
        HeaderError::Json { at: self.at }
    }

    fn next(&mut self) -> Result<u8, HeaderError> {
        let byte = *self.bytes.get(self.at).ok_or(HeaderError::Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    /// The next byte that is not white space, not consumed.
    fn peek(&mut self) -> Result<u8, HeaderError> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(HeaderError::Truncated),
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Result<(), HeaderError> {
        if self.peek()? != wanted {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    /// Only white space may follow.
    fn end(&mut self) -> Result<(), HeaderError> {
        match self.peek() {
            Err(HeaderError::Truncated) => Ok(()),
            Ok(_) | Err(_) => Err(self.unexpected()),
        }
    }

    /// Calls `member` for each key with the reader standing before its value.
    fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), HeaderError>,
    ) -> Result<(), HeaderError> {
        self.members(|reader, key| member(reader, &key))
    }

    fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), HeaderError>,
    ) -> Result<(), HeaderError> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.expect(b':')?;
            member(self, key)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn ext_fields(&mut self) -> Result<ExtFields<'a>, HeaderError> {
        let mut ext = ExtFields::default();
        if self.peek()? == b'n' {
            self.literal(b"null")?;
            return Ok(ext);
        }
        self.members(|reader, name| match reader.scalar()? {
            Some(value) => ext.push(name, value),
            None => Ok(()),
        })?;
        Ok(ext)
    }

    /// A string as its text, null as `None`, anything else as it is written.
    fn scalar(&mut self) -> Result<Option<Cow<'a, str>>, HeaderError> {
        match self.peek()? {
            b'"' => self.string().map(Some),
            b'n' => self.literal(b"null").map(|()| None),
            _ => {
                let from = self.at;
                self.skip(0)?;
                Ok(self.bytes.get(from..self.at).map(text))
            }
        }
    }

    fn number(&mut self, field: &'static str) -> Result<i32, HeaderError> {
        match self.scalar()? {
            Some(digits) => digits.parse().map_err(|_| HeaderError::Number { field }),
            None => Ok(0),
        }
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), HeaderError> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(self.unexpected());
        }
        self.at += word.len();
        Ok(())
    }

    /// The bytes up to the next quote or backslash, which is consumed and returned.
    fn plain_run(&mut self) -> Result<(&'a [u8], u8), HeaderError> {
        let rest = self.bytes.get(self.at..).ok_or(HeaderError::Truncated)?;
        let len = memchr2(b'"', b'\\', rest).ok_or(HeaderError::Truncated)?;
        let (run, after) = rest.split_at_checked(len).ok_or(HeaderError::Truncated)?;
        let stop = *after.first().ok_or(HeaderError::Truncated)?;
        self.at += len + 1;
        Ok((run, stop))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, HeaderError> {
        self.expect(b'"')?;
        let (run, stop) = self.plain_run()?;
        if stop == b'"' {
            return Ok(text(run));
        }
        let mut bytes = Vec::with_capacity(run.len() + 64);
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

    /// Steps over one value of any kind.
    fn skip(&mut self, depth: u32) -> Result<(), HeaderError> {
        if depth > MAX_DEPTH {
            return Err(HeaderError::Depth);
        }
        match self.peek()? {
            b'"' => self.skip_string(),
            b'{' => self.skip_members(depth),
            b'[' => self.skip_elements(depth),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            b'-' | b'0'..=b'9' => {
                let number =
                    |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                self.at += rest.iter().take_while(|byte| number(byte)).count();
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn skip_string(&mut self) -> Result<(), HeaderError> {
        self.expect(b'"')?;
        while self.plain_run()?.1 == b'\\' {
            self.next()?;
        }
        Ok(())
    }

    fn skip_members(&mut self, depth: u32) -> Result<(), HeaderError> {
        self.members(|reader, _| reader.skip(depth + 1))
    }

    fn skip_elements(&mut self, depth: u32) -> Result<(), HeaderError> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.skip(depth + 1)?;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected()),
            }
        }
    }
}
