//! The CRC property that may close a record's properties (`MessageDecoder.createCrc32`).

use crate::properties::{NAME_END, VALUE_END};

/// The name of the property that may end a record's properties (`enabledAppendPropCRC`).
const CRC_NAME: &[u8] = b"__CRC32#";

/// Bytes of the closing CRC property: name, separator, 10 digits, separator.
pub const CRC_BYTES: usize = 20;

/// The closing CRC property for `crc`: decimal digits, least significant first, padded with `0`.
#[must_use]
pub fn crc_property(crc: u32) -> [u8; CRC_BYTES] {
    let mut text = [b'0'; CRC_BYTES];
    let mut rest = crc;
    for (place, byte) in text.iter_mut().zip(CRC_NAME.iter().chain(&[NAME_END])) {
        *place = *byte;
    }
    for place in text.iter_mut().skip(CRC_NAME.len() + 1) {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if let Some(last) = text.last_mut() {
        *last = VALUE_END;
    }
    text
}

/// The CRC that closes `properties`, `None` when they do not end with one.
#[must_use]
pub fn closing_crc(properties: &[u8]) -> Option<u32> {
    let (_, tail) = properties.split_last_chunk::<CRC_BYTES>()?;
    let tail = tail.strip_prefix(CRC_NAME)?;
    let digits = tail.strip_prefix(&[NAME_END])?.strip_suffix(&[VALUE_END])?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().rev().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    u32::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_written_backwards() {
        assert_eq!(&crc_property(311_015_260), b"__CRC32#\x010625101130\x02");
        assert_eq!(closing_crc(b"A\x01b\x02__CRC32#\x010625101130\x02"), Some(311_015_260));
        assert_eq!(closing_crc(b"__CRC32#\x0106251011x0\x02"), None);
        assert_eq!(closing_crc(b"__CRC32#\x019999999999\x02"), None);
    }
}
