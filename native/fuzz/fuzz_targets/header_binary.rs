//! A header that decodes is written and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use turbopump_wire::frame;
use turbopump_wire::header::{HeaderEncoding, HeaderLine, HeaderWriter, RequestHeader, peek};

fuzz_target!(|data: &[u8]| {
    let encoding = HeaderEncoding::Binary;
    let Ok(read) = RequestHeader::decode(encoding, data) else { return };
    let peeked = peek(encoding, data).unwrap();
    assert_eq!((peeked.code, peeked.opaque, peeked.flag), (read.code, read.opaque, read.flag));
    let line = HeaderLine {
        code: read.code,
        language: read.language,
        version: read.version,
        opaque: read.opaque,
        flag: read.flag,
    };
    let mut out = Vec::new();
    let mut writer =
        HeaderWriter::begin(&mut out, encoding, &line).remark_opt(read.remark.as_deref());
    for (name, value) in read.ext.iter() {
        writer = writer.ext(name, value);
    }
    // Replacement characters are longer than the bytes they stand for, so a name may outgrow its
    // length field; that refusal is the right answer.
    if writer.finish(0).is_err() {
        return;
    }
    let cut = frame::cut(&out, out.len()).unwrap().unwrap();
    assert_eq!(RequestHeader::decode(encoding, cut.header), Ok(read));
});
