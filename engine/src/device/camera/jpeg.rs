//! One JPEG picture to I420. What is damaged in it is shown as far as it goes; what is no JPEG is refused.

use super::file::{from_rgb, odd_size, shown_size};
use crate::media::picture::{Picture, Size};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Passes over a picture, each of which takes as long as the picture is large.
const MOST_SCANS: usize = 24;

/// Decodes a picture.
pub(super) fn decode(bytes: &[u8], taken_us: u64) -> Result<Picture, String> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .jpeg_set_max_scans(MOST_SCANS)
        .set_max_width(Size::MOST as usize)
        .set_max_height(Size::MOST as usize)
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| format!("{error:?}"))?;
    let info = decoder.info().ok_or("it has no head")?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    if shown_size(width, height).is_none() {
        return Err(odd_size(width, height));
    }
    let rgb = decoder.decode().map_err(|error| format!("{error:?}"))?;
    from_rgb(&rgb, width, height, taken_us)
}
