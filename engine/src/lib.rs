//! The whole of Visavis without a window.
//!
//! A shell opens an engine, sends it commands and draws what it reports; the engine decides everything.
//! It draws nothing and knows no window system.

pub mod api;
pub mod call;
pub mod chat;
pub mod device;
pub mod engine;
#[cfg(fuzzing)]
pub mod fuzz;
pub mod identity;
pub mod media;
pub mod name;
pub mod peer;
pub mod session;
pub mod store;
mod studio;
pub mod transfer;

/// For the log of whatever program runs an engine: an engine may host a server.
pub use visavis_signaling::server::quiet;
