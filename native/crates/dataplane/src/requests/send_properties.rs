//! Properties of a message on their way into a record.
//!
//! One pass copies what stays, leaves out what the broker writes itself and what Java's parser
//! would not read back, and notes what the broker must know.

use turbopump_wire::properties::{NAME_END, VALUE_END, iter, name, texts};

use crate::message::Keys;

/// Builds property text in a reused buffer.
pub(crate) struct PropertyText<'o>(pub(crate) &'o mut Vec<u8>);

impl PropertyText<'_> {
    /// Appends a pair.
    pub(crate) fn add(&mut self, name: &str, value: &[u8]) {
        self.add_bytes(name.as_bytes(), value);
    }

    /// Appends the pairs of `text` but those of these names.
    pub(crate) fn copy_without(&mut self, text: &[u8], names: &[&str]) {
        for pair in iter(text) {
            if !names.iter().any(|name| name.as_bytes() == pair.name) {
                self.add_bytes(pair.name, pair.value);
            }
        }
    }

    fn add_bytes(&mut self, name: &[u8], value: &[u8]) {
        self.0.extend_from_slice(name);
        self.0.push(NAME_END);
        self.0.extend_from_slice(value);
        self.0.push(VALUE_END);
    }
}

/// What the broker must know of a client's properties.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "notes of four properties, not a state")]
pub(crate) struct SentProperties<'a> {
    pub(crate) tags: &'a str,
    pub(crate) keys: Keys<'a>,
    /// `WAIT=false`: the answer waits for no slave and no disk.
    pub(crate) no_wait: bool,
    /// `DELAY`, 0 when missing.
    pub(crate) delay_level: i64,
    /// `TRAN_MSG=true`: a half message.
    pub(crate) is_prepared: bool,
    /// `TIMER_DELIVER_MS` and its kin: due at a time of the client's choice.
    pub(crate) has_timer: bool,
    /// `DELAY` is there and not a number.
    pub(crate) bad_delay: bool,
}

impl<'a> SentProperties<'a> {
    /// Copies a client's properties and notes what matters.
    pub(crate) fn rewrite(text: &'a str, out: &mut PropertyText<'_>) -> Self {
        let mut seen = Self::default();
        for (name, value) in texts(text) {
            if seen.note(name, value) {
                out.add(name, value.as_bytes());
            }
        }
        seen
    }

    /// False for what the broker writes itself, and for a receipt that must not be forged.
    fn note(&mut self, property: &str, text: &'a str) -> bool {
        match property {
            name::MSG_REGION | name::TRACE_SWITCH | name::CLUSTER | name::POP_CK => return false,
            name::TAGS => self.tags = text,
            name::UNIQ_KEY => self.keys.unique_id = text,
            name::KEYS => self.keys.words = text,
            name::WAIT_STORE_MSG_OK => self.no_wait = !text.eq_ignore_ascii_case("true"),
            name::TRANSACTION_PREPARED => self.is_prepared = text.eq_ignore_ascii_case("true"),
            name::TIMER_DELIVER_MS | name::TIMER_DELAY_SEC | name::TIMER_DELAY_MS => {
                self.has_timer = true;
            }
            name::DELAY_TIME_LEVEL => match text.parse::<i32>() {
                Ok(level) => self.delay_level = level.into(),
                Err(_) => self.bad_delay = true,
            },
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> (String, SentProperties<'_>) {
        let mut out = Vec::new();
        let seen = SentProperties::rewrite(text, &mut PropertyText(&mut out));
        (String::from_utf8(out).unwrap(), seen)
    }

    #[test]
    fn the_brokers_own_names_and_receipts_are_taken_out() {
        let (out, seen) = rewritten(
            "TAGS\u{1}a\u{2}MSG_REGION\u{1}x\u{2}POP_CK\u{1}1 2\u{2}CLUSTER\u{1}c\u{2}k\u{1}ü",
        );
        assert_eq!(out, "TAGS\u{1}a\u{2}k\u{1}ü\u{2}", "and the last pair is ended");
        assert_eq!(seen.tags, "a");
    }

    #[test]
    fn what_the_broker_must_know_is_noted() {
        let (_, seen) = rewritten("UNIQ_KEY\u{1}id\u{2}DELAY\u{1}3\u{2}TRAN_MSG\u{1}TRUE\u{2}");
        let Keys { unique_id, words } = seen.keys;
        assert_eq!((unique_id, seen.delay_level, seen.is_prepared), ("id", 3, true));
        assert_eq!((words, seen.no_wait), ("", false));
        assert!(rewritten("DELAY\u{1}soon\u{2}").1.bad_delay);
        assert!(rewritten("TIMER_DELAY_MS\u{1}5\u{2}").1.has_timer);
        let (_, seen) = rewritten("KEYS\u{1}x\u{2}WAIT\u{1}False\u{2}KEYS\u{1}a b\u{2}");
        assert_eq!((seen.keys.words, seen.no_wait), ("a b", true), "of two the last");
        assert!(!rewritten("WAIT\u{1}TRUE\u{2}").1.no_wait);
    }
}
