//! Frames on a lane of files, lists of files, and the names in them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| visavis_engine::fuzz::frame(bytes));
