//! Addresses of servers and devices, as people type them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| visavis_engine::fuzz::address(text));
