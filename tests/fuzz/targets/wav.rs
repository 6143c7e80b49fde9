//! A file that plays as a microphone.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| visavis_engine::fuzz::wav(bytes));
