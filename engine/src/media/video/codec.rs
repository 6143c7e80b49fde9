//! What all codecs of pictures have in common. Encoders take pictures of any size and follow a rate; decoders take
//! whatever comes from elsewhere and refuse what is hostile.

use crate::media::coded::PictureFormat;
use crate::media::picture::{Picture, Size};
use bytes::Bytes;

/// Pixels of the largest picture that is decoded: four times 1080p, whose lines are rounded up to blocks.
const MOST_PIXELS: u64 = 4 * 1920 * 1088;

/// The largest pictures that every encoder takes, lying; standing the other way round.
pub const MOST_CODED: Size = Size { width: 3840, height: 2160 };

/// How much may be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Bits a second.
    pub bit_s: u32,
    /// Pictures a second that are to be expected.
    pub fps: f32,
}

impl Rate {
    /// What codecs can do something with.
    pub(crate) fn held(self) -> Self {
        let fps = if self.fps.is_finite() { self.fps.clamp(1.0, 120.0) } else { 30.0 };
        Self { bit_s: self.bit_s.clamp(20_000, 50_000_000), fps }
    }
}

/// A picture that was coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// Annex B units (H264) or one frame (VP8).
    pub data: Bytes,
    /// Whether it can be read without those before it.
    pub key: bool,
}

/// Codes pictures. The first is a key picture, as is the first of another size.
pub trait PictureEncoder: Send {
    /// Codes a picture; as a key picture if that is asked for. None where the rate leaves no room for it, in which
    /// case a key picture that was asked for is the next.
    ///
    /// # Errors
    /// The codec failed. The next picture begins anew.
    fn encode(&mut self, picture: &Picture, key: bool) -> Result<Option<Coded>, CodecFault>;

    /// Sets the rate from the next picture on.
    fn set_rate(&mut self, rate: Rate);
}

/// Decodes pictures.
pub trait PictureDecoder: Send {
    /// Decodes what came. None where it gives no picture. The picture's time says nothing.
    ///
    /// # Errors
    /// It can't be read. Those that follow can't either, up to the next key picture.
    fn decode(&mut self, data: &[u8]) -> Result<Option<Picture>, CodecFault>;
}

/// What went wrong with a codec.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecFault {
    /// This program was built without it.
    #[error("this program was built without {}", .0.name())]
    Absent(PictureFormat),
    /// A picture that is too large to be decoded.
    #[error("a picture of {width} by {height} is too large")]
    TooLarge {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// What came is no picture, or can't be read without another.
    #[error("a picture can't be read: {0}")]
    Unreadable(String),
    /// The codec itself failed.
    #[error("{} failed: {reason}", format.name())]
    Failed {
        /// Which.
        format: PictureFormat,
        /// What it said.
        reason: String,
    },
}

/// The formats of this program, the preferred first.
pub fn formats() -> &'static [PictureFormat] {
    &[
        #[cfg(feature = "h264")]
        PictureFormat::H264,
        #[cfg(feature = "vp8")]
        PictureFormat::Vp8,
    ]
}

/// An encoder.
///
/// # Errors
/// This program has none for the format.
pub fn encoder(format: PictureFormat, rate: Rate) -> Result<Box<dyn PictureEncoder>, CodecFault> {
    match format {
        #[cfg(feature = "h264")]
        PictureFormat::H264 => Ok(Box::new(super::h264::H264Encoder::new(rate))),
        #[cfg(feature = "vp8")]
        PictureFormat::Vp8 => Ok(Box::new(super::vp8::Vp8Encoder::new(rate))),
        #[cfg(not(all(feature = "h264", feature = "vp8")))]
        other => Err(CodecFault::Absent(other)),
    }
}

/// A decoder.
///
/// # Errors
/// This program has none for the format, or it can't be made.
pub fn decoder(format: PictureFormat) -> Result<Box<dyn PictureDecoder>, CodecFault> {
    match format {
        #[cfg(feature = "h264")]
        PictureFormat::H264 => Ok(Box::new(super::h264::H264Decoder::new()?)),
        #[cfg(feature = "vp8")]
        PictureFormat::Vp8 => Ok(Box::new(super::vp8::Vp8Decoder::new()?)),
        #[cfg(not(all(feature = "h264", feature = "vp8")))]
        other => Err(CodecFault::Absent(other)),
    }
}

/// Whether a picture of this size, which the sender said, may be decoded at all.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), CodecFault> {
    let sides = width.max(height) <= Size::MOST;
    if sides && u64::from(width) * u64::from(height) <= MOST_PIXELS {
        Ok(())
    } else {
        Err(CodecFault::TooLarge { width, height })
    }
}

/// Takes the planes out of a decoder. An odd last column or row is left out.
pub(super) fn taken_over(
    [width, height]: [usize; 2],
    planes: [&[u8]; 3],
    strides: [usize; 3],
) -> Result<Picture, CodecFault> {
    let odd = || CodecFault::Unreadable(format!("it is {width} by {height}"));
    let side = |side: usize| u32::try_from(side / 2 * 2).ok();
    let size = side(width).zip(side(height)).and_then(|(width, height)| Size::new(width, height));
    let size = size.ok_or_else(odd)?;
    let mut bytes = Vec::with_capacity(size.bytes());
    for (part, (plane, stride)) in [1, 2, 2].into_iter().zip(planes.into_iter().zip(strides)) {
        let (width, height) = (size.width as usize / part, size.height as usize / part);
        for row in 0..height {
            bytes.extend(plane.get(row * stride..row * stride + width).ok_or_else(odd)?);
        }
    }
    Picture::new(size, 0, bytes).ok_or_else(odd)
}
