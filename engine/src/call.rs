//! Calls: who rings whom, who answers, and how two ends agree on one link.
//!
//! Machines here are pure; letters and control messages are plain data. Nothing here opens a device, a
//! connection or the store.

pub mod machine;
pub mod negotiation;
pub mod signal;
