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
#[derive(Clone, Debug, Default)]
pub struct ExtFields<'a> {
    /// Name, value, name, value. Two words each, which stay in registers until they are stored: as
    /// pairs of `Cow`s they took half the time of decoding a send.
    texts: Vec<&'a str>,
    /// What had to be unescaped or mended, by its place in `texts`, which is empty there.
    owned: Vec<(usize, String)>,
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
    /// With room for the fields of nearly every request, far below [`MAX_EXT_FIELDS`].
    pub(super) fn with_usual_room() -> Self {
        Self { texts: Vec::with_capacity(2 * USUAL_FIELDS), owned: Vec::new() }
    }

    #[inline]
    pub(super) fn push(
        &mut self,
        name: Cow<'a, str>,
        value: Cow<'a, str>,
    ) -> Result<(), HeaderError> {
        if self.len() >= MAX_EXT_FIELDS {
            return Err(HeaderError::TooManyFields);
        }
        if self.texts.is_empty() {
            self.texts.reserve(2 * USUAL_FIELDS);
        }
        self.add(name);
        self.add(value);
        Ok(())
    }

    /// Adds a field unless it would take more memory.
    #[inline]
    pub(super) fn push_within_room(&mut self, name: &'a str, value: &'a str) -> bool {
        let has_room = self.texts.capacity() - self.texts.len() >= 2;
        if has_room {
            self.texts.push(name);
            self.texts.push(value);
        }
        has_room
    }

    #[inline]
    fn add(&mut self, text: Cow<'a, str>) {
        match text {
            Cow::Borrowed(text) => self.texts.push(text),
            Cow::Owned(text) => {
                self.owned.push((self.texts.len(), text));
                self.texts.push("");
            }
        }
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let (first, len) = (name.as_bytes().first(), name.len());
        // Most names of a send are one letter: without a look at it each comparison is a call.
        let is_wanted = |key: &str| {
            key.len() == len && key.as_bytes().first() == first && (len == 1 || key == name)
        };
        self.iter().rev().find(|(key, _)| is_wanted(key)).map(|(_, value)| value)
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
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        let texts = self.texts.chunks_exact(2).enumerate();
        texts.map(|(nth, pair)| match pair {
            [name, value] if self.owned.is_empty() => (*name, *value),
            [name, value] => (self.own(2 * nth, name), self.own(2 * nth + 1, value)),
            _ => ("", ""),
        })
    }

    fn own<'t>(&'t self, place: usize, borrowed: &'t str) -> &'t str {
        let found = self.owned.binary_search_by_key(&place, |(place, _)| *place);
        found.ok().and_then(|at| self.owned.get(at)).map_or(borrowed, |(_, text)| text)
    }

    /// Number of fields, repeated names included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len() / 2
    }

    /// No field was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    fn number<N: std::str::FromStr>(&self, name: &'static str) -> Result<Option<N>, FieldError> {
        let parse = |value: &str| value.parse().map_err(|_| FieldError::Malformed(name));
        self.get(name).map(parse).transpose()
    }
}

/// Equal when they say the same, wherever the texts are kept.
impl PartialEq for ExtFields<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for ExtFields<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_wherever_they_are_kept() {
        let mut ext = ExtFields::default();
        let texts: [(Cow<'_, str>, Cow<'_, str>); 4] = [
            ("a".into(), "first".into()),
            (Cow::Owned("b".to_owned()), "2".into()),
            ("topic".into(), Cow::Owned("mended".to_owned())),
            ("a".into(), Cow::Owned("last".to_owned())),
        ];
        for (name, value) in texts.clone() {
            ext.push(name, value).unwrap();
        }
        assert_eq!(ext.len(), 4);
        assert_eq!((ext.get("a"), ext.get("b")), (Some("last"), Some("2")));
        assert_eq!((ext.get("topic"), ext.get("")), (Some("mended"), None));
        assert!(ext.iter().eq(texts.iter().map(|(name, value)| (&**name, &**value))));
        let mut borrowed = ExtFields::default();
        for (name, value) in &texts {
            borrowed.push(name.as_ref().into(), value.as_ref().into()).unwrap();
        }
        assert_eq!(ext, borrowed, "the same texts");
        borrowed.push("c".into(), "more".into()).unwrap();
        assert_ne!(ext, borrowed);
    }

    #[test]
    fn the_list_ends_at_its_limit() {
        let mut ext = ExtFields::default();
        for _ in 0..MAX_EXT_FIELDS {
            ext.push("a".into(), "b".into()).unwrap();
        }
        assert_eq!(ext.push("a".into(), "b".into()), Err(HeaderError::TooManyFields));
        assert_eq!(ext.len(), MAX_EXT_FIELDS);
    }
}
