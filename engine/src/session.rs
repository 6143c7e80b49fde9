//! The session with a signaling server: signing in, staying signed in, coming back, asking and being told.
//!
//! [`machine`] decides, told the time and every input; [`socket`] carries bytes; [`address`] reads what people
//! type. The room knows the protocol's sign-in and requests, not what contacts are or what envelopes say.

pub mod address;
pub mod backoff;
pub mod fault;
pub mod machine;
mod request;
pub mod socket;
