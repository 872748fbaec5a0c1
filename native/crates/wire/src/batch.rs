//! The body of a batch send: messages without topic, one after another
//! (`MessageDecoder.encodeMessage`).
//!
//! Invariant: the iterator ends after its first error. Refuses: lengths that do not add up and
//! bytes left over; a batch is stored whole or not at all.

use crate::cursor::Cursor;
use crate::record::MAX_PROPERTIES_BYTES;
use thiserror::Error;

/// Bytes of an entry without body and properties.
pub const FIXED_BYTES: usize = 22;

/// One message of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchEntry<'a> {
    /// The user's flag.
    pub flag: i32,
    /// The body in its stored form.
    pub body: &'a [u8],
    /// Property text, see [`crate::properties`].
    pub properties: &'a [u8],
}

/// Why a body is not a batch.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BatchError {
    /// The body ends inside an entry.
    #[error("batch ends inside message {index}")]
    Truncated {
        /// Number of the message, from 0.
        index: usize,
    },
    /// The entry's size is not the sum of its parts.
    #[error("lengths of message {index} of the batch disagree")]
    Lengths {
        /// Number of the message, from 0.
        index: usize,
    },
}

/// Why a message cannot be put into a batch. Nothing has been appended.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("message with {body_bytes} B of body and {properties_bytes} B of properties is too long")]
pub struct EntryTooLong {
    /// Bytes of the body.
    pub body_bytes: usize,
    /// Bytes of the properties; 32767 are allowed.
    pub properties_bytes: usize,
}

/// Reads the messages in order.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    rest: &'a [u8],
    index: usize,
}

/// Iterates over a batch body.
#[must_use]
pub const fn iter(body: &[u8]) -> Batch<'_> {
    Batch { rest: body, index: 0 }
}

impl<'a> Iterator for Batch<'a> {
    type Item = Result<BatchEntry<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = self.entry();
        self.index += 1;
        if entry.is_err() {
            self.rest = &[];
        }
        Some(entry)
    }
}

impl<'a> Batch<'a> {
    fn entry(&mut self) -> Result<BatchEntry<'a>, BatchError> {
        let truncated = BatchError::Truncated { index: self.index };
        let lengths = BatchError::Lengths { index: self.index };
        let size = Cursor::new(self.rest).i32().ok_or(truncated)?;
        let size = usize::try_from(size).map_err(|_| lengths)?;
        if size < FIXED_BYTES {
            return Err(lengths);
        }
        let (entry, rest) = self.rest.split_at_checked(size).ok_or(truncated)?;
        self.rest = rest;
        // Magic and body CRC are written as 0 and read by nobody.
        let mut cursor = Cursor::new(entry.get(12..).ok_or(lengths)?);
        let flag = cursor.i32().ok_or(lengths)?;
        let body_length = cursor.i32().and_then(|len| usize::try_from(len).ok());
        let body = body_length.and_then(|len| cursor.take(len)).ok_or(lengths)?;
        let properties_length = cursor.i16().and_then(|len| usize::try_from(len).ok());
        let properties = properties_length.and_then(|len| cursor.take(len)).ok_or(lengths)?;
        if !cursor.rest().is_empty() {
            return Err(lengths);
        }
        Ok(BatchEntry { flag, body, properties })
    }
}

/// Appends one message to a batch body.
///
/// # Errors
/// [`EntryTooLong`].
pub fn append(out: &mut Vec<u8>, entry: &BatchEntry<'_>) -> Result<(), EntryTooLong> {
    let (body_bytes, properties_bytes) = (entry.body.len(), entry.properties.len());
    let size = FIXED_BYTES.saturating_add(body_bytes).saturating_add(properties_bytes);
    let Ok(size) = i32::try_from(size) else {
        return Err(EntryTooLong { body_bytes, properties_bytes });
    };
    if properties_bytes > MAX_PROPERTIES_BYTES {
        return Err(EntryTooLong { body_bytes, properties_bytes });
    }
    out.extend_from_slice(&size.to_be_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&entry.flag.to_be_bytes());
    out.extend_from_slice(&(body_bytes as u32).to_be_bytes());
    out.extend_from_slice(entry.body);
    out.extend_from_slice(&(properties_bytes as u16).to_be_bytes());
    out.extend_from_slice(entry.properties);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_is_not_the_sum_of_its_parts_ends_the_batch() {
        let mut body = Vec::new();
        append(&mut body, &BatchEntry { flag: 1, body: b"b", properties: b"p" }).unwrap();
        let with_size = |size: i32| {
            let mut changed = [&body[..], &[0; 8]].concat();
            changed[..4].copy_from_slice(&size.to_be_bytes());
            iter(&changed).map(|entry| entry.map(|entry| entry.flag)).collect::<Vec<_>>()
        };
        for size in [25, 23, 21, 0, -1] {
            assert_eq!(with_size(size), [Err(BatchError::Lengths { index: 0 })], "{size}");
        }
        assert_eq!(with_size(24), [Ok(1), Err(BatchError::Lengths { index: 1 })]);
        assert_eq!(with_size(i32::MAX), [Err(BatchError::Truncated { index: 0 })]);
    }
}
