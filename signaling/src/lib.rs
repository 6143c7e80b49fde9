//! Introduces people to each other: the signaling protocol, and (feature `server`) the server that speaks it.
//! It knows who may reach whom; it never sees what they say, which travels in sealed envelopes.

pub mod protocol;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "testkit")]
pub mod testkit;
