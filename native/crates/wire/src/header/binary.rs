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
    let mut ext = ExtFields::default();
    let mut cursor = Cursor::new(bytes);
    while !cursor.rest().is_empty() {
        let length = cursor.i16().ok_or(HeaderError::Truncated)?;
        let name_bytes =
            usize::try_from(length).map_err(|_| HeaderError::NegativeLength(length.into()))?;
        let name = cursor.take(name_bytes).ok_or(HeaderError::Truncated)?;
        let value = prefixed(&mut cursor)?;
        if !name.is_empty() && !value.is_empty() {
            ext.push(text(name), text(value))?;
        }
    }
    Ok(ext)
}
