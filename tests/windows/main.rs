//! The app as people meet it: real windows on a screen of their own, worked through WebDriver, against a
//! real signaling server. Linux only, for that is where a screen can be had without one.
//!
//! `stage.rs` is the screen and all that runs on it, `person.rs` someone before a window, `server.rs` the
//! server; every other file holds scenarios.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

mod drag;
mod driver;
mod ears;
mod eyes;
#[path = "../shared/openings.rs"]
mod openings;
mod person;
mod process;
#[path = "../shared/pulse.rs"]
mod pulse;
mod server;
mod stage;
mod steps;
mod window;

mod booth;
mod calls;
mod check;
mod devices;
mod files;
mod hands;
mod more_calls;
mod people;
mod rings;
mod shell;
mod sounds;
mod troubles;
mod unasked;
mod words;
