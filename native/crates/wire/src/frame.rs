//! The outermost layer: a length, a word with the header's encoding and length, header, body.
//!
//! Mirrors `RemotingCommand.decode` behind `NettyDecoder`. Invariant: a [`Frame`] borrows from the
//! buffer it was cut from and its parts lie inside it. Refuses: frames above the caller's limit and
//! lengths that contradict each other; the connection they came from cannot be resynchronised.

use crate::header::HeaderEncoding;
use thiserror::Error;

/// Largest frame `RocketMQ` accepts by default, in bytes, its 4 length bytes included
/// (`com.rocketmq.remoting.frameMaxLength`).
pub const DEFAULT_MAX_FRAME_BYTES: usize = 16_777_216;

/// Bytes before the header: the length and the encoding word.
pub const PREFIX_BYTES: usize = 8;

/// Largest header length its 24 bits can say, in bytes.
pub const MAX_HEADER_BYTES: usize = 0x00FF_FFFF;

/// One whole frame, borrowed from the buffer it was cut from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Every byte, the 4 length bytes included.
    pub whole: &'a [u8],
    /// How `header` is written.
    pub encoding: HeaderEncoding,
    /// The header's bytes, not decoded.
    pub header: &'a [u8],
    /// The body's bytes, may be empty.
    pub body: &'a [u8],
}

/// Why a buffer cannot hold a frame. Each one closes the connection.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// The length is above the limit.
    #[error("frame of {frame_bytes} bytes is above the limit of {max_frame_bytes}")]
    TooLarge {
        /// Bytes of the whole frame as announced.
        frame_bytes: u64,
        /// The caller's limit.
        max_frame_bytes: usize,
    },
    /// The length is negative or has no room for the encoding word.
    #[error("frame length {0} is too small")]
    TooSmall(i32),
    /// The header is longer than the frame.
    #[error("header of {header_bytes} bytes in a frame with {room} bytes for it")]
    HeaderLength {
        /// Header length as announced.
        header_bytes: usize,
        /// Bytes that follow the encoding word.
        room: usize,
    },
    /// The encoding byte is neither 0 (JSON) nor 1 (ROCKETMQ).
    #[error("unknown header encoding {0}")]
    Encoding(u8),
}

/// Cuts the first frame off `buf`; `None` when it is not complete yet.
///
/// The length is judged as soon as its 4 bytes are there, and the encoding word as soon as its 4
/// are, so that a hostile peer cannot make the caller buffer a frame that will be refused.
///
/// # Errors
/// See [`FrameError`]; none of them can be recovered from on the same connection.
pub fn cut(buf: &[u8], max_frame_bytes: usize) -> Result<Option<Frame<'_>>, FrameError> {
    let Some((length, after_length)) = buf.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = i32::from_be_bytes(*length);
    let rest_bytes = match usize::try_from(length) {
        Ok(bytes) if bytes >= 4 => bytes,
        _ => return Err(FrameError::TooSmall(length)),
    };
    let frame_bytes = rest_bytes.saturating_add(4);
    if frame_bytes > max_frame_bytes {
        return Err(FrameError::TooLarge { frame_bytes: frame_bytes as u64, max_frame_bytes });
    }
    let Some((word, _)) = after_length.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let [encoding, high, middle, low] = *word;
    let encoding = HeaderEncoding::from_byte(encoding).ok_or(FrameError::Encoding(encoding))?;
    let header_bytes = u32::from_be_bytes([0, high, middle, low]) as usize;
    let room = rest_bytes.saturating_sub(4);
    if header_bytes > room {
        return Err(FrameError::HeaderLength { header_bytes, room });
    }
    let Some(whole) = buf.get(..frame_bytes) else {
        return Ok(None);
    };
    let parts = whole.get(PREFIX_BYTES..).and_then(|rest| rest.split_at_checked(header_bytes));
    Ok(parts.map(|(header, body)| Frame { whole, encoding, header, body }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 64;

    fn bytes(length: i32, word: u32, rest: &[u8]) -> Vec<u8> {
        [&length.to_be_bytes()[..], &word.to_be_bytes(), rest].concat()
    }

    #[test]
    fn every_prefix_of_a_frame_is_incomplete() {
        let whole = bytes(4 + 3 + 2, 0x0100_0003, b"hhhbb");
        for len in 0..whole.len() {
            assert_eq!(cut(&whole[..len], LIMIT), Ok(None), "{len}");
        }
        let two = [&whole[..], &whole[..5]].concat();
        let frame = cut(&two, LIMIT).unwrap().unwrap();
        assert_eq!((frame.header, frame.body), (&b"hhh"[..], &b"bb"[..]));
        assert_eq!(frame.whole, whole);
    }

    #[test]
    fn the_limit_counts_the_length_bytes() {
        let fits = bytes(LIMIT as i32 - 4, 0, &[0; LIMIT - 8]);
        assert!(cut(&fits, LIMIT).unwrap().is_some());
        let above = (LIMIT as i32 - 3).to_be_bytes();
        assert!(matches!(cut(&above, LIMIT), Err(FrameError::TooLarge { frame_bytes: 65, .. })));
    }

    #[test]
    fn lengths_that_contradict_each_other_are_refused_before_the_rest_arrives() {
        for length in [3, 0, -1, i32::MIN] {
            assert_eq!(cut(&length.to_be_bytes(), LIMIT), Err(FrameError::TooSmall(length)));
        }
        let header_over_end = bytes(10, 7, b"");
        let expected = FrameError::HeaderLength { header_bytes: 7, room: 6 };
        assert_eq!(cut(&header_over_end, LIMIT), Err(expected));
        assert_eq!(cut(&bytes(10, 0x0200_0000, b""), LIMIT), Err(FrameError::Encoding(2)));
        assert!(matches!(cut(b"GET / HTTP/1.1\r\n", LIMIT), Err(FrameError::TooLarge { .. })));
    }
}
