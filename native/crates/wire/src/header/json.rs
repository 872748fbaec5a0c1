//! The JSON header: a reader for exactly this object.
//!
//! Written by hand because a general parser builds a tree that this one does without: it walks the
//! text once, keeps borrowed slices, and steps over keys it does not know. It accepts what
//! fastjson accepts of clients seen: any key order, numbers as text, texts as numbers, null.

use super::json_reader::Reader;
use super::{ExtFields, HeaderError, Peeked, RequestHeader, text};
use crate::language::Language;
use std::borrow::Cow;

/// Objects and arrays inside each other that an unknown value may have.
const MAX_DEPTH: u32 = 32;

pub(super) fn decode(header: &[u8]) -> Result<RequestHeader<'_>, HeaderError> {
    let mut decoded = RequestHeader::default();
    let mut reader = Reader::new(header);
    reader.object(|reader, key| {
        match key {
            "code" => decoded.code = reader.number("code")?,
            "language" => decoded.language = language(reader.scalar()?.as_deref()),
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
fn language(name: Option<&str>) -> Language {
    let Some(name) = name else { return Language::default() };
    name.parse::<u8>().map_or_else(|_| Language::from_name(name), Language::from_code)
}

impl<'a> Reader<'a> {
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
