//! Words between two people: what is said about messages, and which words are taken.
//!
//! Pure: what was written stands in the store, and how it gets across is the engine's. Text is text: nothing in here
//! looks for markup, and whoever shows it shows it as it is.

pub mod signal;
pub mod text;
