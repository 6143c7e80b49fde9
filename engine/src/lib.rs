//! The whole of Visavis without a window.
//!
//! A shell opens an engine, sends it commands and draws what it reports; the engine decides everything.
//! It draws nothing and knows no window system.

pub mod api;
pub mod engine;
pub mod identity;
pub mod session;
pub mod store;
