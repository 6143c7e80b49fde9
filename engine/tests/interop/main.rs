//! The engine's links with a real browser: each calls the other, and what arrives is looked at and listened to.
//! Needs the Debian package chromium.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]
#![cfg(target_os = "linux")]

mod codecs;
mod files;
mod kit;
mod losses;
mod lossy;
mod media;
mod odd;
mod paths;
mod relay;
mod talking;
