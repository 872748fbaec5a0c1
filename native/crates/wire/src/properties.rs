//! Property text: `name` 0x01 `value` 0x02, repeated (`MessageDecoder.string2messageProperties`).
//!
//! Invariants: reading copies nothing; a pair that Java's reader drops (no name or no value)
//! is never reported. Refuses: names and values that hold a separator.

use memchr::memchr;
use thiserror::Error;

/// Between name and value.
pub const NAME_END: u8 = 0x01;
/// After a value; the last one may be missing.
pub const VALUE_END: u8 = 0x02;

/// Names the broker itself reads or writes (`MessageConst`).
#[allow(missing_docs, reason = "the names are the protocol's own")]
pub mod name {
    pub const KEYS: &str = "KEYS";
    pub const TAGS: &str = "TAGS";
    pub const WAIT_STORE_MSG_OK: &str = "WAIT";
    pub const DELAY_TIME_LEVEL: &str = "DELAY";
    pub const RETRY_TOPIC: &str = "RETRY_TOPIC";
    pub const REAL_TOPIC: &str = "REAL_TOPIC";
    pub const REAL_QUEUE_ID: &str = "REAL_QID";
    pub const TRANSACTION_PREPARED: &str = "TRAN_MSG";
    pub const PRODUCER_GROUP: &str = "PGROUP";
    pub const MIN_OFFSET: &str = "MIN_OFFSET";
    pub const MAX_OFFSET: &str = "MAX_OFFSET";
    pub const BUYER_ID: &str = "BUYER_ID";
    pub const ORIGIN_MESSAGE_ID: &str = "ORIGIN_MESSAGE_ID";
    pub const MSG_REGION: &str = "MSG_REGION";
    pub const TRACE_SWITCH: &str = "TRACE_ON";
    pub const UNIQ_KEY: &str = "UNIQ_KEY";
    pub const CLUSTER: &str = "CLUSTER";
    pub const INNER_NUM: &str = "INNER_NUM";
    pub const INNER_BASE: &str = "INNER_BASE";
    pub const POP_CK: &str = "POP_CK";
    pub const SHARDING_KEY: &str = "__SHARDINGKEY";
    pub const TRANSACTION_ID: &str = "__transactionId__";
    pub const TIMER_DELAY_SEC: &str = "TIMER_DELAY_SEC";
    pub const TIMER_DELAY_MS: &str = "TIMER_DELAY_MS";
    pub const TIMER_DELIVER_MS: &str = "TIMER_DELIVER_MS";
}

/// Why a property cannot be written. The text is then as it was.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum PropertyError {
    /// The name is empty or holds a separator.
    #[error("a property's name is empty or holds a separator")]
    Name,
    /// The value holds a separator.
    #[error("a property's value holds a separator")]
    Value,
}

/// One pair, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its value, not empty.
    pub value: &'a [u8],
}

/// Reads the pairs in order.
#[derive(Clone, Debug)]
pub struct Properties<'a> {
    rest: &'a [u8],
}

/// Iterates over `text`.
#[must_use]
pub const fn iter(text: &[u8]) -> Properties<'_> {
    Properties { rest: text }
}

impl<'a> Properties<'a> {
    /// The next piece up to its separator, and whether it is a pair Java's reader keeps.
    fn piece(&mut self) -> Option<(&'a [u8], Option<Property<'a>>)> {
        if self.rest.is_empty() {
            return None;
        }
        let with_end = memchr(VALUE_END, self.rest).map_or(self.rest.len(), |at| at + 1);
        let (piece, rest) = self.rest.split_at_checked(with_end)?;
        self.rest = rest;
        Some((piece, pair(piece.strip_suffix(&[VALUE_END]).unwrap_or(piece))))
    }
}

/// A pair needs a name and a value; Java's reader drops one without either.
fn pair(piece: &[u8]) -> Option<Property<'_>> {
    let (name, after) = piece.split_at_checked(memchr(NAME_END, piece)?)?;
    let value = after.get(1..)?;
    (!name.is_empty() && !value.is_empty()).then_some(Property { name, value })
}

impl<'a> Iterator for Properties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        loop {
            if let (_, Some(property)) = self.piece()? {
                return Some(property);
            }
        }
    }
}

/// Iterates over the pairs of text that is known to be UTF-8: both separators are ASCII, so its
/// parts are as well.
pub fn texts(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut pieces = iter(text.as_bytes());
    std::iter::from_fn(move || {
        loop {
            let (piece, pair) = pieces.piece()?;
            let Some(Property { name, value }) = pair else { continue };
            let name_at = text.len() - pieces.rest.len() - piece.len();
            let value_at = name_at + name.len() + 1;
            let name = text.get(name_at..name_at + name.len())?;
            return Some((name, text.get(value_at..value_at + value.len())?));
        }
    })
}

/// The value of `name`; of several the last, as in Java's map.
#[must_use]
pub fn get<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    iter(text).filter(|property| property.name == name.as_bytes()).last().map(|found| found.value)
}

/// The values of several names in one pass, each as [`get`] gives it.
#[must_use]
pub fn get_all<'a, const N: usize>(text: &'a [u8], names: [&str; N]) -> [Option<&'a [u8]>; N] {
    let mut found = [None; N];
    for property in iter(text) {
        for (name, value) in names.iter().zip(&mut found) {
            if property.name == name.as_bytes() {
                *value = Some(property.value);
            }
        }
    }
    found
}

/// The value of `name` when it is UTF-8.
#[must_use]
pub fn get_str<'a>(text: &'a [u8], name: &str) -> Option<&'a str> {
    get(text, name).and_then(|value| std::str::from_utf8(value).ok())
}

/// Appends a pair without looking whether the name is there; ends an open last pair first.
///
/// # Errors
/// See [`PropertyError`].
pub fn append(text: &mut Vec<u8>, name: &str, value: &str) -> Result<(), PropertyError> {
    let clean = |part: &str| !part.bytes().any(|byte| matches!(byte, NAME_END | VALUE_END));
    if name.is_empty() || !clean(name) {
        return Err(PropertyError::Name);
    }
    if !clean(value) {
        return Err(PropertyError::Value);
    }
    if text.last().is_some_and(|last| *last != VALUE_END) {
        text.push(VALUE_END);
    }
    text.extend_from_slice(name.as_bytes());
    text.push(NAME_END);
    text.extend_from_slice(value.as_bytes());
    text.push(VALUE_END);
    Ok(())
}

/// Replaces every pair of that name by one at the end.
///
/// # Errors
/// See [`PropertyError`].
pub fn set(text: &mut Vec<u8>, name: &str, value: &str) -> Result<(), PropertyError> {
    let before = text.len();
    append(text, name, value)?;
    let added = text.split_off(before);
    remove(text, name);
    // The separator that closed an open pair came first in `added`; without that pair it is an
    // empty piece, which readers skip, but bytes on disk need not carry it.
    let starts_closed = text.last().is_none_or(|last| *last == VALUE_END);
    let added = added.strip_prefix(&[VALUE_END]).filter(|_| starts_closed).unwrap_or(&added);
    text.extend_from_slice(added);
    Ok(())
}

/// Takes out every pair of that name; true when there was one.
pub fn remove(text: &mut Vec<u8>, name: &str) -> bool {
    let mut kept = 0;
    let mut read = 0;
    let mut found = false;
    loop {
        let mut pieces = iter(text.get(read..).unwrap_or_default());
        let Some((piece, property)) = pieces.piece() else { break };
        let len = piece.len();
        // Also a pair that readers drop for its empty value: it must not come back to life when
        // something is appended behind it.
        let named = property.map_or_else(
            || piece.split(|byte| *byte == NAME_END).next() == Some(name.as_bytes()),
            |property| property.name == name.as_bytes(),
        );
        if named {
            found = true;
        } else {
            text.copy_within(read..read + len, kept);
            kept += len;
        }
        read += len;
    }
    text.truncate(kept);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_last_pair_is_closed_before_the_next() {
        let mut text = b"A\x01b".to_vec();
        append(&mut text, "C", "d").unwrap();
        assert_eq!(text, b"A\x01b\x02C\x01d\x02");
        let mut text = b"A\x01b".to_vec();
        set(&mut text, "A", "e").unwrap();
        assert_eq!(text, b"A\x01e\x02");
    }

    #[test]
    fn pairs_of_text_are_the_pairs_of_its_bytes() {
        for text in ["", "\u{2}", "é\u{1}ü\u{2}", "A\u{1}b\u{1}c\u{2}\u{2}D\u{1}\u{2}E\u{2}F\u{1}g"]
        {
            let of_bytes: Vec<_> =
                iter(text.as_bytes()).map(|pair| (pair.name, pair.value)).collect();
            let of_text: Vec<_> =
                texts(text).map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
            assert_eq!(of_text, of_bytes, "{text:?}");
        }
        assert_eq!(texts("A\u{1}b\u{1}c\u{2}\u{2}D\u{1}\u{2}E\u{2}F\u{1}g").count(), 2);
    }

    #[test]
    fn separators_cannot_be_smuggled_in() {
        let mut text = b"A\x01b\x02".to_vec();
        assert_eq!(set(&mut text, "A", "x\x02B\x01y"), Err(PropertyError::Value));
        assert_eq!(set(&mut text, "A\x01", "x"), Err(PropertyError::Name));
        assert_eq!(set(&mut text, "", "x"), Err(PropertyError::Name));
        assert_eq!(text, b"A\x01b\x02");
    }
}
