//! Pictures and sound on their way between devices and the wire: coding, buffering, timing, loudness.
//!
//! Codecs live on threads of their own. Nothing here names a network: coded pictures and sound go to the link and
//! come from it. Cameras are opened elsewhere; microphone and speaker by `sound`, which owns them.

pub mod barcode;
pub mod clock;
pub mod coded;
pub mod filter;
pub mod picture;
pub mod print;
pub mod scale;
pub mod slot;
pub mod sound;
pub mod still;
pub mod sync;
pub mod video;
