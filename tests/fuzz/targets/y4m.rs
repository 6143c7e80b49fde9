//! A file of raw pictures that plays as a camera.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| visavis_engine::fuzz::y4m(bytes));
