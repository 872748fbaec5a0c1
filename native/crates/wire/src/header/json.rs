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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_any_order_with_white_space_and_strangers() {
        let header = br#" { "x" : [ { "y" : [ ] , "z" : { } } , "\"" , -1.5e+3 ] , "opaque" : "7" ,
            "extFields" : { "n" : 12 , "b" : true , "gone" : null , "o" : {"k":[1]} , "e" : "" },
            "remark" : null , "language" : 9 , "flag" : 3 , "code" : 11 } "#;
        let read = decode(header).unwrap();
        assert_eq!((read.code, read.opaque, read.language), (11, 7, Language::Go));
        assert!(read.is_oneway() && read.is_response());
        assert_eq!(read.remark, None);
        let fields: Vec<_> = read.ext.iter().collect();
        assert_eq!(fields, [("n", "12"), ("b", "true"), ("o", r#"{"k":[1]}"#), ("e", "")]);
        assert_eq!(peek(header), Ok(Peeked { code: 11, opaque: 7, flag: 3 }));
    }

    #[test]
    fn escapes_are_undone() {
        let remark = |text: &str| {
            let header = format!("{{\"remark\":\"{text}\"}}");
            decode(header.as_bytes()).map(|read| read.remark.unwrap().into_owned())
        };
        assert_eq!(remark(r#"\"\\\/\b\f\n\r\t"#).unwrap(), "\"\\/\u{8}\u{c}\n\r\t");
        assert_eq!(remark(r"a\u00e9\uD83D\uDE00z").unwrap(), "a\u{e9}\u{1F600}z");
        assert_eq!(remark(r"\ud83dx\ude00\ud83d\u0041").unwrap(), "?x??A");
        assert_eq!(remark(r"\q").unwrap_err(), HeaderError::Json { at: 13 });
        assert!(remark(r"\u00g0").is_err());
        assert_eq!(remark(r"\u00").unwrap_err(), HeaderError::Json { at: 16 });
    }

    #[test]
    fn text_that_is_not_utf8_is_replaced_and_not_refused() {
        let read = decode(b"{\"extFields\":{\"i\":\"KEYS\xb2\xe2\"}}").unwrap();
        assert_eq!(read.ext.get("i"), Some("KEYS\u{FFFD}\u{FFFD}"));
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for header in
            ["", "{", "[]", "null", "{} x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 2}"]
        {
            assert!(decode(header.as_bytes()).is_err(), "{header}");
            assert!(peek(header.as_bytes()).is_err(), "{header}");
        }
        let number =
            |text: &str| decode(format!("{{\"code\":{text}}}").as_bytes()).map(|read| read.code);
        for text in ["2147483648", "1.5", "\"\"", "true", "{}", "-"] {
            assert_eq!(number(text), Err(HeaderError::Number { field: "code" }), "{text}");
        }
        assert_eq!(number("-2147483648"), Ok(i32::MIN));
    }

    #[test]
    fn nesting_and_fields_are_bounded() {
        let nested = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(decode(nested(32).as_bytes()).is_ok());
        assert_eq!(decode(nested(100_000).as_bytes()), Err(HeaderError::Depth));
        let fields =
            |count: usize| format!("{{\"extFields\":{{{}}}}}", vec!["\"a\":1"; count].join(","));
        assert!(decode(fields(512).as_bytes()).is_ok());
        assert_eq!(decode(fields(513).as_bytes()), Err(HeaderError::TooManyFields));
    }

    #[test]
    fn the_last_of_repeated_fields_counts() {
        let read = decode(br#"{"extFields":{"a":"1","b":"x","a":"2"}}"#).unwrap();
        assert_eq!(read.ext.i32("a"), Ok(Some(2)));
        assert!(read.ext.i64("b").is_err() && read.ext.required("c").is_err());
    }
}
