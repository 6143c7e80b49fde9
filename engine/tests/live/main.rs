//! Engines against a real server, over real sockets on loopback: people who find each other, letters that arrive
//! once, servers that lie, and everything that can be wrong at the start.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

mod booth;
#[cfg(target_os = "linux")]
mod browser;
#[cfg(target_os = "linux")]
mod by_hand;
mod calls;
mod check;
mod devices;
mod files;
mod guides;
mod kit;
mod lanes;
mod letters;
mod liar;
#[cfg(target_os = "linux")]
#[path = "../../../tests/shared/openings.rs"]
mod openings;
mod people;
#[cfg(target_os = "linux")]
mod puppet;
mod start;
mod talk;
mod trouble;
#[cfg(target_os = "linux")]
mod unasked;
mod words;
