//! Whatever lies in a store's folder, opening it neither panics nor hangs, and what was opened
//! obeys the laws of recovery (`store_laws`). The input's layout: `store_image`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use turbopump_fuzz::store_image::image_of;
use turbopump_fuzz::store_laws::check;

fuzz_target!(|data: &[u8]| {
    if let Some((disk, flags)) = image_of(data) {
        check(&disk, flags);
    }
});
