//! What lies in an envelope, and what is said on a control channel.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| visavis_engine::fuzz::letter(bytes));
