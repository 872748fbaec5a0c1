//! Values of ext fields as text, and text as the inside of a JSON string.

/// A value of an ext field; on the wire every one is text.
pub trait ExtValue {
    /// Calls `write` with the text.
    fn with_text<R>(self, write: impl FnOnce(&str) -> R) -> R;
}

impl ExtValue for &str {
    fn with_text<R>(self, write: impl FnOnce(&str) -> R) -> R {
        write(self)
    }
}

impl ExtValue for &String {
    fn with_text<R>(self, write: impl FnOnce(&str) -> R) -> R {
        write(self)
    }
}

impl ExtValue for bool {
    fn with_text<R>(self, write: impl FnOnce(&str) -> R) -> R {
        write(if self { "true" } else { "false" })
    }
}

macro_rules! decimal {
    ($($number:ty)*) => {$(
        impl ExtValue for $number {
            fn with_text<R>(self, write: impl FnOnce(&str) -> R) -> R {
                write(itoa::Buffer::new().format(self))
            }
        }
    )*};
}

decimal! { i32 i64 u32 u64 usize }

/// Appends `text` as the inside of a JSON string.
pub(super) fn escape_into(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        let Some((plain, [special, after @ ..])) = rest.split_at_checked(at) else { break };
        out.extend_from_slice(plain);
        match special {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *special]),
            _ => {
                let digit = HEX.get(usize::from(special & 0xF)).copied().unwrap_or(b'0');
                let tens = if *special >= 0x10 { b'1' } else { b'0' };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', tens, digit]);
            }
        }
        rest = after;
    }
    out.extend_from_slice(rest);
}
