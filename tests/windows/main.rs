//! The app as people meet it: real windows on a screen of their own, worked through WebDriver, against a
//! real signaling server. Linux only, for that is where a screen can be had without one.
//!
//! `stage.rs` is the screen and all that runs on it, `person.rs` someone before a window, `server.rs` the
//! server; every other file holds scenarios.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

mod driver;
mod eyes;
mod person;
mod process;
mod server;
mod stage;
mod steps;

mod hands;
mod people;
mod shell;
mod troubles;
