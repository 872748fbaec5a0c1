//! `--name value` and `--flag` arguments.

use std::fmt::Display;
use std::str::FromStr;

use crate::error::LoadError;

/// Arguments not yet asked for; what is left at the end is an error.
pub(crate) struct Arguments {
    words: Vec<String>,
}

impl Arguments {
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self { words: words.into_iter().collect() }
    }

    pub(crate) fn command(&mut self) -> Option<String> {
        let first = self.words.first()?;
        (!first.starts_with("--")).then(|| self.words.remove(0))
    }

    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let found = self.words.iter().position(|word| word == name);
        found.map(|at| self.words.remove(at)).is_some()
    }

    pub(crate) fn get<T>(&mut self, name: &str) -> Result<Option<T>, LoadError>
    where
        T: FromStr<Err: Display>,
    {
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 >= self.words.len() {
            return Err(LoadError::Usage(format!("{name} wants a value")));
        }
        self.words.remove(at);
        let value = self.words.remove(at);
        value
            .parse()
            .map(Some)
            .map_err(|error| LoadError::Usage(format!("{name} {value}: {error}")))
    }

    pub(crate) fn or<T>(&mut self, name: &str, default: T) -> Result<T, LoadError>
    where
        T: FromStr<Err: Display>,
    {
        Ok(self.get(name)?.unwrap_or(default))
    }

    pub(crate) fn end(self) -> Result<(), LoadError> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(LoadError::Usage(format!("what is {word}?"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments::new(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn names_values_and_flags_are_taken_in_any_order() {
        let mut all = arguments("produce --json --seconds 3 --topic T");
        assert_eq!(all.command().as_deref(), Some("produce"));
        assert_eq!(all.or("--seconds", 1_u64).unwrap(), 3);
        assert_eq!(all.get::<String>("--topic").unwrap().as_deref(), Some("T"));
        assert!(all.flag("--json"));
        assert!(!all.flag("--json"));
        assert_eq!(all.or("--body-bytes", 7_usize).unwrap(), 7);
        all.end().unwrap();
    }

    #[test]
    fn what_nobody_asked_for_or_does_not_parse_is_refused() {
        assert!(arguments("--sconds 3").end().is_err());
        assert!(arguments("--seconds x").or("--seconds", 1_u64).is_err());
        assert!(arguments("--seconds").or("--seconds", 1_u64).is_err());
    }
}
