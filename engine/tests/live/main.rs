//! Engines against a real server, over real sockets on loopback: people who find each other, letters that arrive
//! once, servers that lie, and everything that can be wrong at the start.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

mod devices;
mod kit;
mod letters;
mod liar;
mod people;
mod start;
mod trouble;
