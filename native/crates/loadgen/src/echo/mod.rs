//! What the transport can do with nothing behind it.
//!
//! A request is a frame of 1,200 bytes, a reply one of 200; both have a binary header, and the
//! reply repeats the request's opaque. The server decodes nothing else.

pub(crate) mod limit;
pub(crate) mod server;

/// Whole size of a request, in bytes.
pub(crate) const REQUEST_BYTES: usize = 1_200;
/// Whole size of a reply, in bytes.
pub(crate) const REPLY_BYTES: usize = 200;
/// Length word, encoding word and the 21 fixed bytes of a binary header.
const HEADER_BYTES: usize = 8 + 21;
