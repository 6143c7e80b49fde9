//! Pictures to coded pictures and back: codecs, each behind one trait; a thread that codes what a camera gives, one
//! that decodes what comes, and one that shows each picture when it is due. Where pictures come from and go to is
//! others' business.

#[cfg(not(any(feature = "h264", feature = "vp8")))]
compile_error!("pictures need a codec: turn on the feature `h264` or `vp8`");

pub mod codec;
pub mod decode;
pub mod encode;
#[cfg(feature = "h264")]
mod h264;
mod meter;
pub mod present;
#[cfg(test)]
mod tests;
#[cfg(feature = "vp8")]
mod vp8;
