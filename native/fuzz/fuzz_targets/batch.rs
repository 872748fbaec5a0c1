//! A batch that reads to its end is written again with the same messages.
#![no_main]

use libfuzzer_sys::fuzz_target;
use turbopump_wire::batch;

fuzz_target!(|data: &[u8]| {
    let Ok(entries) = batch::iter(data).collect::<Result<Vec<_>, _>>() else { return };
    let mut out = Vec::new();
    for entry in &entries {
        batch::append(&mut out, entry).unwrap();
    }
    assert_eq!(out.len(), data.len());
    assert_eq!(batch::iter(&out).collect::<Result<Vec<_>, _>>(), Ok(entries));
});
