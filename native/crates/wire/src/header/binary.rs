//! The binary header: fixed fields, a remark, then length-prefixed names and values.

use super::{ExtFields, FLAG_RESPONSE, HeaderError, Peeked, RequestHeader, text};
use crate::cursor::Cursor;
use crate::language::Language;

/// Reads a binary header. Bytes after the ext fields are ignored, as in Java.
pub(super) fn decode(header: &[u8]) -> Result<RequestHeader<'_>, HeaderError> {
    let mut cursor = Cursor::new(header);
    let (peeked, language, version) = fixed(&mut cursor)?;
    let remark = prefixed(&mut cursor)?;
    let ext = fields(prefixed(&mut cursor)?)?;
    Ok(RequestHeader {
        code: peeked.code,
        language,
        version,
        opaque: peeked.opaque,
        flag: peeked.flag,
        remark: (!remark.is_empty()).then(|| text(remark)),
        ext,
    })
}

/// Reads code, opaque and flag.
pub(super) fn peek(header: &[u8]) -> Result<Peeked, HeaderError> {
    fixed(&mut Cursor::new(header)).map(|(peeked, _, _)| peeked)
}

fn fixed(cursor: &mut Cursor<'_>) -> Result<(Peeked, Language, i32), HeaderError> {
    let end = HeaderError::Truncated;
    let code = cursor.i16().ok_or(end)?;
    let language = Language::from_code(cursor.u8().ok_or(end)?);
    let version = i32::from(cursor.i16().ok_or(end)?);
    let opaque = cursor.i32().ok_or(end)?;
    let flag = cursor.i32().ok_or(end)?;
    let code = if flag & FLAG_RESPONSE == 0 { unwrap_code(code) } else { i32::from(code) };
    Ok((Peeked { code, opaque, flag }, language, version))
}

/// Codes above 32767 lose their upper half in the 16 bits. Java answers them "not supported";
/// the lower halves are no codes of their own, so the meaning can be restored.
fn unwrap_code(code: i16) -> i32 {
    let code = i32::from(code);
    if matches!(code, 3442..=3448 | 3543) { code + 0x3_0000 } else { code }
}

fn prefixed<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], HeaderError> {
    let length = cursor.i32().ok_or(HeaderError::Truncated)?;
    let bytes = usize::try_from(length).map_err(|_| HeaderError::NegativeLength(length))?;
    cursor.take(bytes).ok_or(HeaderError::Truncated)
}

/// An empty name or value is null in Java, and a null value is as good as no field.
fn fields(bytes: &[u8]) -> Result<ExtFields<'_>, HeaderError> {
    let mut ext = ExtFields::with_usual_room();
    let plain = plain_fields(bytes, &mut ext);
    let mut cursor = Cursor::new(bytes.get(plain..).unwrap_or_default());
    while !cursor.rest().is_empty() {
        let length = cursor.i16().ok_or(HeaderError::Truncated)?;
        let name_bytes =
            usize::try_from(length).map_err(|_| HeaderError::NegativeLength(length.into()))?;
        let name = text(cursor.take(name_bytes).ok_or(HeaderError::Truncated)?);
        let value = text(prefixed(&mut cursor)?);
        if !name.is_empty() && !value.is_empty() {
            ext.push(name, value)?;
        }
    }
    Ok(ext)
}

/// Takes the first fields, as long as they and the lengths between them are one text and there are
/// no more than usual; answers where they end. One check for all is cheaper than one for each of
/// some twenty texts. A length of 128 or more is not UTF-8.
fn plain_fields<'a>(bytes: &'a [u8], ext: &mut ExtFields<'a>) -> usize {
    let text = std::str::from_utf8(bytes)
        .or_else(|error| std::str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default()));
    let text = text.unwrap_or_default();
    let mut at = 0;
    while let Some((name, value, end)) = plain_field(text, at) {
        if !name.is_empty() && !value.is_empty() && !ext.push_within_room(name, value) {
            break;
        }
        at = end;
    }
    at
}

/// Name, value and end of the field at `at`.
#[inline]
fn plain_field(text: &str, at: usize) -> Option<(&str, &str, usize)> {
    let length = text.as_bytes().get(at..)?.first_chunk()?;
    let name_end = at + 2 + usize::try_from(i16::from_be_bytes(*length)).ok()?;
    let length = text.as_bytes().get(name_end..)?.first_chunk()?;
    let value_at = name_end + 4;
    let end = value_at + usize::try_from(i32::from_be_bytes(*length)).ok()?;
    Some((text.get(at + 2..name_end)?, text.get(value_at..end)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::MAX_EXT_FIELDS;

    fn header(code: i16, flag: i32, tail: &[u8]) -> Vec<u8> {
        let mut bytes = code.to_be_bytes().to_vec();
        bytes.extend_from_slice(&[9, 1, 0xDF, 0, 0, 0, 9]);
        bytes.extend_from_slice(&flag.to_be_bytes());
        bytes.extend_from_slice(tail);
        bytes
    }

    #[test]
    fn lost_upper_halves_of_request_codes_are_restored() {
        let none = [0; 8];
        for (low, code) in [(3442, 200_050), (3448, 200_056), (3543, 200_151), (3441, 3441)] {
            assert_eq!(decode(&header(low, 0, &none)).unwrap().code, code);
            assert_eq!(decode(&header(low, FLAG_RESPONSE, &none)).unwrap().code, low.into());
        }
    }

    #[test]
    fn empty_texts_are_none_and_later_bytes_are_ignored() {
        let tail = b"\0\0\0\0\0\0\0\x10\0\x01a\0\0\0\0\0\0\0\0\0\x03xyz more";
        let bytes = header(10, 0, tail);
        let read = decode(&bytes).unwrap();
        assert_eq!((read.remark, read.ext.len()), (None, 0));
    }

    #[test]
    fn a_text_behind_a_long_one_or_a_broken_one_is_read_by_itself() {
        let mut pairs = Vec::new();
        let long = "é".repeat(64);
        let broken = &b"x\xFFy"[..];
        for value in ["é".as_bytes(), long.as_bytes(), b"z", broken, "ü".as_bytes()] {
            pairs.extend_from_slice(b"\0\x01n");
            pairs.extend_from_slice(&(value.len() as u32).to_be_bytes());
            pairs.extend_from_slice(value);
        }
        let mut tail = vec![0; 4];
        tail.extend_from_slice(&(pairs.len() as u32).to_be_bytes());
        tail.extend_from_slice(&pairs);
        let bytes = header(10, 0, &tail);
        let read = decode(&bytes).unwrap();
        let values: Vec<_> = read.ext.iter().map(|(_, value)| value.to_owned()).collect();
        assert_eq!(values, ["é", &long, "z", "x\u{FFFD}y", "ü"]);
    }

    #[test]
    fn more_fields_than_usual_are_all_read_up_to_the_limit() {
        for (count, last) in [(40, "é"), (MAX_EXT_FIELDS, "z"), (MAX_EXT_FIELDS + 1, "z")] {
            let mut pairs = b"\0\x01n\0\0\0\x01v".repeat(count - 1);
            pairs.extend_from_slice(b"\0\x04last\0\0\0");
            pairs.push(last.len() as u8);
            pairs.extend_from_slice(last.as_bytes());
            let mut tail = vec![0; 4];
            tail.extend_from_slice(&(pairs.len() as u32).to_be_bytes());
            tail.extend_from_slice(&pairs);
            let bytes = header(10, 0, &tail);
            let read = decode(&bytes).map(|read| read.ext);
            if count > MAX_EXT_FIELDS {
                assert_eq!(read, Err(HeaderError::TooManyFields));
                continue;
            }
            let ext = read.unwrap();
            assert_eq!((ext.len(), ext.get("n"), ext.get("last")), (count, Some("v"), Some(last)));
        }
    }

    #[test]
    fn lengths_outside_the_header_are_refused() {
        let ext_cut = b"\0\0\0\0\0\0\0\x05\0\x01a\0\0";
        for (tail, error) in [
            (&b"\0\0\0\x01"[..], HeaderError::Truncated),
            (b"\xff\xff\xff\xff", HeaderError::NegativeLength(-1)),
            (b"\0\0\0\0\0\0\0\x02\xff\xff", HeaderError::NegativeLength(-1)),
            (ext_cut, HeaderError::Truncated),
            (b"", HeaderError::Truncated),
        ] {
            assert_eq!(decode(&header(10, 0, tail)), Err(error));
        }
    }
}
