//! The `extFields` of a header.

use super::HeaderError;
use std::borrow::Cow;
use thiserror::Error;

/// Most ext fields one header may have. A send has 14, a signed one with every optional field
/// fewer than 30; the bound keeps a 16 MiB header from growing into ten times its size.
pub const MAX_EXT_FIELDS: usize = 512;

/// Room for every field of a usual request, so that decoding allocates once.
const USUAL_FIELDS: usize = 20;

/// Names and values in the order they were sent. A list, because a search over some fifteen short
/// names is cheaper than hashing them all; later entries win, as in Java's map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtFields<'a> {
    fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Why a field cannot be used.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FieldError {
    /// The field is not there.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// The field is not of its type.
    #[error("the field {0} is malformed")]
    Malformed(&'static str),
}

impl<'a> ExtFields<'a> {
    #[inline]
    pub(super) fn push(
        &mut self,
        name: Cow<'a, str>,
        value: Cow<'a, str>,
    ) -> Result<(), HeaderError> {
        if self.fields.len() >= MAX_EXT_FIELDS {
            return Err(HeaderError::TooManyFields);
        }
        if self.fields.is_empty() {
            self.fields.reserve(USUAL_FIELDS);
        }
        self.fields.push((name, value));
        Ok(())
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let (first, len) = (name.as_bytes().first(), name.len());
        // Most names of a send are one letter: without a look at it each comparison is a call.
        let is_wanted = |key: &str| {
            key.len() == len && key.as_bytes().first() == first && (len == 1 || key == name)
        };
        self.fields.iter().rev().find(|(key, _)| is_wanted(key)).map(|(_, value)| value.as_ref())
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// [`FieldError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<&str, FieldError> {
        self.get(name).ok_or(FieldError::Missing(name))
    }

    /// A decimal `Long` field, `None` when it is not there.
    ///
    /// # Errors
    /// [`FieldError::Malformed`].
    pub fn i64(&self, name: &'static str) -> Result<Option<i64>, FieldError> {
        self.number(name)
    }

    /// A decimal `Integer` field, `None` when it is not there.
    ///
    /// # Errors
    /// [`FieldError::Malformed`].
    pub fn i32(&self, name: &'static str) -> Result<Option<i32>, FieldError> {
        self.number(name)
    }

    /// A `Boolean` field, `None` when it is not there. As `Boolean.parseBoolean`: `true` in any
    /// case is true, everything else is false.
    #[must_use]
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A decimal `Long` field that must be there.
    ///
    /// # Errors
    /// See [`FieldError`].
    pub fn required_i64(&self, name: &'static str) -> Result<i64, FieldError> {
        self.i64(name)?.ok_or(FieldError::Missing(name))
    }

    /// A decimal `Integer` field that must be there.
    ///
    /// # Errors
    /// See [`FieldError`].
    pub fn required_i32(&self, name: &'static str) -> Result<i32, FieldError> {
        self.i32(name)?.ok_or(FieldError::Missing(name))
    }

    /// Names and values in the order they were sent, repeated names included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// Number of fields, repeated names included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// No field was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn number<N: std::str::FromStr>(&self, name: &'static str) -> Result<Option<N>, FieldError> {
        let parse = |value: &str| value.parse().map_err(|_| FieldError::Malformed(name));
        self.get(name).map(parse).transpose()
    }
}
