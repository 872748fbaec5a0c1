//! The frames of sends, up to their bodies.
//!
//! Thirteen fields take the driver longer than all else it does with a message, and it shares the
//! machine with the broker that is measured. So a queue's first binary frame is kept, and those
//! after it are its copies with their own numbers put in.

use turbopump_wire::codes::request_code;
use turbopump_wire::frame::PREFIX_BYTES;
use turbopump_wire::header::{HeaderEncoding, Request};

use crate::error::LoadError;
use crate::requests::GROUP;

/// The frames of more queues than this leave the processor's cache sooner than they come back.
const KEPT_FRAMES_MAX: usize = 1_024;
/// The length at the start of a frame does not count itself.
const LENGTH_BYTES: usize = 4;
/// Behind code, language and version.
const OPAQUE_AT: usize = PREFIX_BYTES + 5;
/// Field `g` with as many digits as milliseconds have from 2001 to 2286.
const BORN: &[u8] = b"\0\x01g\0\0\0\x0d";
const BORN_DIGITS: usize = 13;
/// The key is the run's digits, then the message's.
const UNIQUE_KEY: &str = "UNIQ_KEY\u{1}";
const NUMBER_DIGITS: usize = 16;

/// One message, but for its body.
pub(crate) struct Message<'a> {
    pub(crate) opaque: i32,
    pub(crate) topic: &'a str,
    pub(crate) queues: u32,
    pub(crate) queue_id: u32,
    pub(crate) born_ms: i64,
    /// Behind the run in its unique key.
    pub(crate) sequence: u64,
    pub(crate) body_bytes: usize,
}

/// The frames of one run.
pub(crate) struct SendFrames {
    encoding: HeaderEncoding,
    run: u64,
    kept: Vec<Option<Kept>>,
}

/// A queue's first frame, and where the numbers of its message are.
struct Kept {
    frame: Vec<u8>,
    born_at: usize,
    key_at: usize,
}

impl SendFrames {
    /// For messages to so many queues of all topics together.
    pub(crate) fn new(encoding: HeaderEncoding, run: u64, queues: usize) -> Self {
        let is_kept = encoding == HeaderEncoding::Binary && queues <= KEPT_FRAMES_MAX;
        let kept = std::iter::repeat_with(|| None).take(if is_kept { queues } else { 0 });
        Self { encoding, run, kept: kept.collect() }
    }

    /// Appends the frame; the body is to follow. `nth`: the queue's number among all.
    pub(crate) fn append(
        &mut self,
        out: &mut Vec<u8>,
        nth: usize,
        message: &Message<'_>,
    ) -> Result<(), LoadError> {
        match self.kept.get_mut(nth) {
            Some(Some(kept)) => kept.append(out, message),
            Some(place) => {
                let start = out.len();
                encode(out, self.encoding, self.run, message)?;
                *place = Kept::find(out.get(start..).unwrap_or_default());
                Ok(())
            }
            None => encode(out, self.encoding, self.run, message),
        }
    }
}

impl Kept {
    fn find(frame: &[u8]) -> Option<Self> {
        let behind = |text: &[u8]| {
            let at = frame.windows(text.len()).position(|place| place == text)?;
            Some(at + text.len())
        };
        let born_at = behind(BORN)?;
        let key_at = behind(UNIQUE_KEY.as_bytes())? + NUMBER_DIGITS;
        Some(Self { frame: frame.to_vec(), born_at, key_at })
    }

    fn append(&self, out: &mut Vec<u8>, message: &Message<'_>) -> Result<(), LoadError> {
        let start = out.len();
        out.extend_from_slice(&self.frame);
        let frame = out.get_mut(start..).unwrap_or_default();
        let mut put = |at: usize, bytes: &[u8]| {
            let place = frame.get_mut(at..at + bytes.len())?;
            place.copy_from_slice(bytes);
            Some(())
        };
        let length = self.frame.len() - LENGTH_BYTES + message.body_bytes;
        let written = i32::try_from(length).ok().and_then(|length| {
            put(0, &length.to_be_bytes())?;
            put(OPAQUE_AT, &message.opaque.to_be_bytes())?;
            put(self.born_at, &decimal(message.born_ms)?)?;
            put(self.key_at, &hexadecimal(message.sequence))
        });
        written.ok_or_else(|| LoadError::Protocol("a number of a send has no room".to_owned()))
    }
}

/// In the short names of `SendMessageRequestHeaderV2`.
fn encode(
    out: &mut Vec<u8>,
    encoding: HeaderEncoding,
    run: u64,
    message: &Message<'_>,
) -> Result<(), LoadError> {
    let mut properties = UNIQUE_KEY.to_owned();
    for number in [run, message.sequence] {
        properties.extend(hexadecimal(number).map(char::from));
    }
    properties.push_str("\u{2}WAIT\u{1}true\u{2}");
    Request::begin(out, encoding, request_code::SEND_MESSAGE_V2, message.opaque)
        .ext("a", GROUP)
        .ext("b", message.topic)
        .ext("c", "TBW102")
        .ext("d", message.queues)
        .ext("e", message.queue_id)
        .ext("f", 0)
        .ext("g", message.born_ms)
        .ext("h", 0)
        .ext("i", &properties)
        .ext("j", 0)
        .ext("k", false)
        .ext("l", 16)
        .ext("m", false)
        .finish(message.body_bytes)
        .map_err(|error| LoadError::Protocol(error.to_string()))
}

/// The formatter's way takes a tenth of the driver's time.
fn hexadecimal(value: u64) -> [u8; NUMBER_DIGITS] {
    const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
    std::array::from_fn(|nth| {
        let digit = (value >> (60 - 4 * nth)) as usize & 15;
        DIGITS.get(digit).copied().unwrap_or_default()
    })
}

/// `None` for what has not exactly the digits that there is room for.
fn decimal(value: i64) -> Option<[u8; BORN_DIGITS]> {
    let mut rest = u64::try_from(value).ok()?;
    let mut digits = [b'0'; BORN_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    (rest == 0 && digits.first() != Some(&b'0')).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sequence: u64) -> Message<'static> {
        Message {
            opaque: (sequence as i32).wrapping_mul(77_777),
            topic: "Load",
            queues: 8,
            queue_id: sequence as u32 % 8,
            born_ms: 1_700_000_000_000 + sequence as i64 * 12_345,
            sequence: sequence.wrapping_mul(0x0123_4567_89ab_cdef),
            body_bytes: 16 + sequence as usize * 100,
        }
    }

    #[test]
    fn a_copied_frame_is_the_one_that_would_be_written() {
        for encoding in [HeaderEncoding::Binary, HeaderEncoding::Json] {
            let mut frames = SendFrames::new(encoding, 0xfedc, 8);
            for sequence in 0..40 {
                let message = message(sequence);
                let (mut copied, mut written) = (b"before".to_vec(), b"before".to_vec());
                frames.append(&mut copied, message.queue_id as usize, &message).unwrap();
                encode(&mut written, encoding, 0xfedc, &message).unwrap();
                assert_eq!(copied, written, "{encoding:?} {sequence}");
            }
        }
    }

    #[test]
    fn frames_of_many_queues_are_not_kept() {
        let mut frames = SendFrames::new(HeaderEncoding::Binary, 1, KEPT_FRAMES_MAX + 1);
        let mut out = Vec::new();
        frames.append(&mut out, 0, &message(0)).unwrap();
        assert!(frames.kept.is_empty() && !out.is_empty());
    }

    #[test]
    fn numbers_have_all_their_digits() {
        for value in [0, 9, 0xab, u64::MAX, 0x0123_4567_89ab_cdef] {
            assert_eq!(hexadecimal(value)[..], *format!("{value:016X}").as_bytes());
        }
        assert_eq!(decimal(1_700_000_000_009), Some(*b"1700000000009"));
        for value in [-1, 999_999_999_999, 10_000_000_000_000] {
            assert_eq!(decimal(value), None);
        }
    }
}
