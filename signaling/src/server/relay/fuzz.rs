//! What comes to the relay, for the fuzzer.

use super::wire::{Packet, peers, read};

/// One datagram.
pub(in crate::server) fn datagram(bytes: &[u8]) {
    match read(bytes) {
        Some(Packet::Channel { data, .. }) => assert!(data.len() + 4 <= bytes.len()),
        Some(Packet::Message(message)) => drop(peers(&message)),
        None => {}
    }
}
