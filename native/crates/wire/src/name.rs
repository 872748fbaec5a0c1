//! Names of topics and groups that have been checked (`TopicValidator`).
//!
//! Invariant: a name holds only `%`, `|`, `-`, `_`, ASCII letters and digits, so it is safe as
//! the name of a folder: no separator, no `..`, no NUL. Refuses everything else, for names of
//! clients and for names found on disk alike.

use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Longest topic, in bytes.
pub const TOPIC_MAX_BYTES: usize = 127;
/// Longest topic whose name begins with [`RETRY_PREFIX`] or [`DLQ_PREFIX`], in bytes.
pub const RETRY_TOPIC_MAX_BYTES: usize = 255;
/// Longest consumer or producer group, in bytes.
pub const GROUP_MAX_BYTES: usize = 120;
/// Begins the topic of a group's retries.
pub const RETRY_PREFIX: &str = "%RETRY%";
/// Begins the topic of a group's dead letters.
pub const DLQ_PREFIX: &str = "%DLQ%";

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// No character but blanks.
    #[error("the name is blank")]
    Blank,
    /// Longer than its kind may be.
    #[error("the name has {len} bytes, {max} are allowed")]
    TooLong {
        /// Bytes of the text.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A character outside `^[%|a-zA-Z0-9_-]+$`.
    #[error("the name holds a character outside ^[%|a-zA-Z0-9_-]+$")]
    Character,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks a text.
            ///
            /// # Errors
            /// See [`NameError`].
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check(text, $max(text))?;
                Ok(Self(Arc::from(text)))
            }

            /// Checks a text without keeping it.
            ///
            /// # Errors
            /// See [`NameError`].
            pub fn check(text: &str) -> Result<(), NameError> {
                check(text, $max(text))
            }

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// A topic. Cloning it shares the text.
    TopicName, topic_max
}

name! {
    /// A consumer or producer group. Cloning it shares the text.
    GroupName, |_: &str| GROUP_MAX_BYTES
}

impl TopicName {
    /// It holds a group's retries or dead letters.
    #[must_use]
    pub fn is_retry_or_dlq(&self) -> bool {
        is_retry_or_dlq(&self.0)
    }
}

fn is_retry_or_dlq(topic: &str) -> bool {
    topic.starts_with(RETRY_PREFIX) || topic.starts_with(DLQ_PREFIX)
}

fn topic_max(topic: &str) -> usize {
    if is_retry_or_dlq(topic) { RETRY_TOPIC_MAX_BYTES } else { TOPIC_MAX_BYTES }
}

fn check(text: &str, max: usize) -> Result<(), NameError> {
    if text.trim().is_empty() {
        return Err(NameError::Blank);
    }
    let is_legal =
        |byte: u8| matches!(byte, b'%' | b'|' | b'-' | b'_') || byte.is_ascii_alphanumeric();
    if !text.bytes().all(is_legal) {
        return Err(NameError::Character);
    }
    let len = text.len();
    if len > max { Err(NameError::TooLong { len, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_could_leave_the_folder_are_refused() {
        for text in ["..", "a/b", "a\0b", "a.b", "a b", "ä", "a\\b"] {
            assert_eq!(TopicName::check(text), Err(NameError::Character), "{text:?}");
            assert_eq!(GroupName::check(text), Err(NameError::Character), "{text:?}");
        }
        assert_eq!(TopicName::check(" "), Err(NameError::Blank));
    }

    #[test]
    fn limits_depend_on_the_kind() {
        let retry = |len: usize| format!("%RETRY%{}", "g".repeat(len - 7));
        assert!(TopicName::parse(&"t".repeat(127)).is_ok());
        assert_eq!(
            TopicName::check(&"t".repeat(128)),
            Err(NameError::TooLong { len: 128, max: 127 })
        );
        assert!(TopicName::check(&retry(255)).is_ok());
        assert!(TopicName::check(&retry(256)).is_err());
        assert!(GroupName::check(&"g".repeat(120)).is_ok());
        assert!(GroupName::check(&"g".repeat(121)).is_err());
    }
}
