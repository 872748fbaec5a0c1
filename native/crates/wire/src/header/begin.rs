//! Entry points of writing a frame in our own name.

use super::write::{HeaderLine, HeaderWriter};
use super::{FLAG_ONEWAY, FLAG_RESPONSE, HeaderEncoding};

/// Begins responses.
#[derive(Clone, Copy, Debug)]
pub struct Response;

impl Response {
    /// Begins a response as `RocketMQ` sends it: response flag, JAVA, our version.
    ///
    /// JAVA because clients and tools treat other languages as lesser peers, and ours must not
    /// be told apart.
    pub fn begin(
        out: &mut Vec<u8>,
        encoding: HeaderEncoding,
        code: i32,
        opaque: i32,
    ) -> HeaderWriter<'_> {
        HeaderWriter::begin(out, encoding, &HeaderLine::new(code, opaque, FLAG_RESPONSE))
    }
}

/// Begins requests.
#[derive(Clone, Copy, Debug)]
pub struct Request;

impl Request {
    /// Begins a request that waits for an answer.
    pub fn begin(
        out: &mut Vec<u8>,
        encoding: HeaderEncoding,
        code: i32,
        opaque: i32,
    ) -> HeaderWriter<'_> {
        HeaderWriter::begin(out, encoding, &HeaderLine::new(code, opaque, 0))
    }

    /// Begins a request that must not be answered.
    pub fn begin_oneway(
        out: &mut Vec<u8>,
        encoding: HeaderEncoding,
        code: i32,
        opaque: i32,
    ) -> HeaderWriter<'_> {
        HeaderWriter::begin(out, encoding, &HeaderLine::new(code, opaque, FLAG_ONEWAY))
    }
}
