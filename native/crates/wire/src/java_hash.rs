//! Java's string hash and the two values of the store that are made from it.

/// `String.hashCode()`: over UTF-16 units, not characters or bytes, wrapping at 32 bits.
#[must_use]
pub fn java_string_hash(text: &str) -> i32 {
    extend(0, text)
}

fn extend(hash: i32, text: &str) -> i32 {
    let step = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
    if text.is_ascii() {
        // Four at once: each step would wait for the multiplication before it.
        let (fours, rest) = text.as_bytes().as_chunks::<4>();
        let hash = fours.iter().fold(hash, |hash, four| {
            let [a, b, c, d] = four.map(i32::from);
            let four = a * 29_791 + b * 961 + c * 31 + d;
            hash.wrapping_mul(923_521).wrapping_add(four)
        });
        return rest.iter().fold(hash, |hash, byte| step(hash, u16::from(*byte)));
    }
    text.encode_utf16().fold(hash, step)
}

/// The tags code of a consume queue entry: the hash of the whole tags text, sign-extended; 0 for
/// no tag (`MessageExtBrokerInner.tagsString2tagsCode`).
#[must_use]
pub fn tags_code(tags: &str) -> i64 {
    i64::from(java_string_hash(tags))
}

/// The hash of `topic#key` as index files keep it: its absolute value, 0 for the one number that
/// has none (`IndexFile.indexKeyHashMethod`).
#[must_use]
pub fn index_key_hash(topic: &str, key: &str) -> i32 {
    let hash = extend(extend(java_string_hash(topic), "#"), key);
    hash.checked_abs().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_without_an_absolute_value_is_zero() {
        // Found by search: IndexFile maps the one hash without a positive twin to 0.
        assert_eq!(java_string_hash("T#iedrsttci"), i32::MIN);
        assert_eq!(index_key_hash("T", "iedrsttci"), 0);
        assert_eq!(tags_code("T#iedrsttci"), -2_147_483_648);
    }

    #[test]
    fn four_at_once_are_four_one_by_one() {
        let text = "~0Zz}{|_-#\u{0}\u{7f}TopicA#0123456789ABCDEF";
        let one_by_one = |text: &str| {
            text.bytes()
                .fold(0_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
        };
        for len in 0..=text.len() {
            let text = text.get(..len).expect("ASCII");
            assert_eq!(java_string_hash(text), one_by_one(text), "{text:?}");
        }
    }

    #[test]
    fn units_are_utf16_and_not_characters() {
        let pair: [u16; 2] = [0xD83D, 0xDE00];
        let expected = i32::from(pair[0]) * 31 + i32::from(pair[1]);
        assert_eq!(java_string_hash("\u{1F600}"), expected);
    }
}
