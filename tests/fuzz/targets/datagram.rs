//! Datagrams to the relay.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| visavis_signaling::server::fuzz::datagram(bytes));
