//! Frames as cameras give them: raw ones of any size and stride, and JPEG.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| visavis_engine::fuzz::camera(bytes));
