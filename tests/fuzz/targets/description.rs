//! Session descriptions and candidates.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| visavis_engine::fuzz::description(text));
