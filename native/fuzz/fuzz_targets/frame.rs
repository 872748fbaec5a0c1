//! Cuts frames off the input until it is used up, as a connection does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use turbopump_wire::frame;
use turbopump_wire::header::{RequestHeader, peek_code};

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(Some(cut)) = frame::cut(rest, 1 << 20) {
        assert_eq!(cut.whole.len(), 8 + cut.header.len() + cut.body.len());
        let _ = peek_code(cut.encoding, cut.header);
        let _ = RequestHeader::decode(cut.encoding, cut.header);
        rest = &rest[cut.whole.len()..];
    }
});
