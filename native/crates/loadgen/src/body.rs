//! Message bodies that can be recognised and checked without keeping them.
//!
//! Layout: run id u64, sequence u64, then bytes that follow from both. All big-endian.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Bytes that name a message; the smallest body.
pub(crate) const NAME_BYTES: usize = 16;
/// Bytes of a body that one number makes.
const BLOCK_BYTES: usize = 64;

/// Sizes of bodies, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BodySizes(RangeInclusive<usize>);

impl BodySizes {
    /// The size of one message's body: the same for the same sequence, spread over the range.
    pub(crate) fn of(&self, sequence: u64) -> usize {
        let width = (self.0.end() - self.0.start() + 1) as u64;
        self.0.start() + (mix(sequence) % width) as usize
    }
}

impl FromStr for BodySizes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let size = |text: &str| text.parse::<usize>().map_err(|error| error.to_string());
        let (from, to) = (size(from)?, size(to)?);
        if from < NAME_BYTES || to < from || to > 64 << 20 {
            return Err(format!("bodies of {NAME_BYTES} bytes to 64 MiB are possible"));
        }
        Ok(Self(from..=to))
    }
}

impl fmt::Display for BodySizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.start(), self.0.end())
    }
}

/// Appends a body of `size` bytes.
pub(crate) fn write_body(out: &mut Vec<u8>, run: u64, sequence: u64, size: usize) {
    out.reserve(size);
    out.extend_from_slice(&run.to_be_bytes());
    out.extend_from_slice(&sequence.to_be_bytes());
    let rest = size.saturating_sub(NAME_BYTES);
    let seed = mix(run ^ mix(sequence));
    // One mix for 64 bytes, and none waits for the one before it: the driver's own time must stay
    // small.
    let word = |nth| mix(seed.wrapping_add(nth)).to_be_bytes();
    let mut block = [0; BLOCK_BYTES];
    for nth in 0..rest.div_ceil(BLOCK_BYTES) {
        block.as_chunks_mut().0.fill(word(nth as u64));
        let left = rest - nth * BLOCK_BYTES;
        out.extend_from_slice(block.get(..left).unwrap_or(&block));
    }
}

/// Run and sequence of a body.
pub(crate) fn name_of(body: &[u8]) -> Option<(u64, u64)> {
    let (run, rest) = body.split_first_chunk::<8>()?;
    let (sequence, _) = rest.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*run), u64::from_be_bytes(*sequence)))
}

/// Spreads the bits of a number (the finaliser of splitmix64).
pub(crate) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_its_size_and_its_name() {
        for size in [16, 17, 79, 80, 1_024] {
            let mut body = b"before".to_vec();
            write_body(&mut body, 7, 9, size);
            assert_eq!(body.len(), size + 6);
            assert_eq!(name_of(&body[6..]), Some((7, 9)));
        }
        assert_eq!(name_of(&[0; 15]), None);
    }

    #[test]
    fn sizes_stay_in_their_range_and_use_it() {
        let sizes: BodySizes = "100-110".parse().unwrap();
        let seen: std::collections::BTreeSet<_> = (0..1_000).map(|n| sizes.of(n)).collect();
        assert_eq!(seen, (100..=110).collect());
        assert!("15".parse::<BodySizes>().is_err());
        assert!("20-19".parse::<BodySizes>().is_err());
    }
}
