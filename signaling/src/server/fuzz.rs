//! Doors for the fuzzer to all that the server reads from outside. Built for it alone.

use super::connection::fuzz as connection;
use super::relay::fuzz as relay;

/// What comes over a connection, cut in any way: a head, then frames.
pub fn client(bytes: &[u8]) {
    connection::head(bytes);
    connection::frames(bytes);
    let _ = serde_json::from_slice::<crate::protocol::ClientMessage>(bytes);
}

/// A datagram to the relay.
pub fn datagram(bytes: &[u8]) {
    relay::datagram(bytes);
}
