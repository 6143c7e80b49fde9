//! Makes a still picture of a moving one: with a look, mirrored or not, with a caption on it, as PNG, JPEG or WebP. A caption
//! comes drawn, as a PNG of the picture's size that can be seen through: letters of all languages are the shell's to set. It
//! takes its time: call it where nothing waits.

use super::picture::{Picture, Size};
use crate::api::Filter;
use image::codecs::jpeg::JpegEncoder;
use image::{
    ExtendedColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits, RgbImage,
    RgbaImage, imageops,
};
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_rgb};

const QUALITY: u8 = 92;
/// A caption as a file is no longer.
const LONGEST_CAPTION: usize = 8 * 1024 * 1024;

/// What a still picture is coded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As it is, pixel by pixel.
    #[default]
    Png,
    /// Smaller, and nearly as it is.
    Jpeg,
    /// As it is, and mostly smaller than PNG.
    WebP,
}

impl Kind {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::WebP];

    /// What such files end in.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
        }
    }
}

/// How a still picture is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finish {
    /// With which look.
    pub look: Filter,
    /// Whether left is right.
    pub mirrored: bool,
    /// What is drawn over it, where anything is.
    pub caption: Option<Vec<u8>>,
    /// As what it is coded.
    pub kind: Kind,
}

/// Why there is no still picture.
#[derive(Debug, thiserror::Error)]
pub enum NoPrint {
    /// The caption is no PNG of the picture's size.
    #[error("the caption does not belong to the picture: {0}")]
    Caption(String),
    /// It can't be coded.
    #[error("the picture can't be coded: {0}")]
    Coding(String),
}

/// Makes a still picture, coded.
///
/// # Errors
/// If the caption is none, or the picture can't be coded.
pub fn print(picture: &Picture, finish: &Finish) -> Result<Vec<u8>, NoPrint> {
    code(&draw(picture, finish)?, finish.kind)
}

/// A JPEG that fits into a place, without the caption.
///
/// # Errors
/// If it can't be coded.
pub fn glance(picture: &Picture, finish: &Finish, most: Size) -> Result<Vec<u8>, NoPrint> {
    let whole = draw(picture, &Finish { caption: None, ..finish.clone() })?;
    let fits = whole.width() <= most.width && whole.height() <= most.height;
    let small = match fits {
        true => whole,
        false => image::DynamicImage::from(whole).thumbnail(most.width, most.height).into_rgb8(),
    };
    code(&small, Kind::Jpeg)
}

fn draw(picture: &Picture, finish: &Finish) -> Result<RgbImage, NoPrint> {
    let mut drawn = colours(&finish.look.apply(picture))?;
    if finish.mirrored {
        imageops::flip_horizontal_in_place(&mut drawn);
    }
    if let Some(caption) = &finish.caption {
        lay(&read_caption(caption, picture.size())?, &mut drawn);
    }
    Ok(drawn)
}

fn colours(picture: &Picture) -> Result<RgbImage, NoPrint> {
    let Size { width, height } = picture.size();
    let planes = YuvPlanarImage {
        y_plane: picture.y(),
        y_stride: width,
        u_plane: picture.u(),
        u_stride: width / 2,
        v_plane: picture.v(),
        v_stride: width / 2,
        width,
        height,
    };
    let mut drawn = RgbImage::new(width, height);
    let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt601);
    yuv420_to_rgb(&planes, &mut drawn, width * 3, range, matrix)
        .map_err(|error| NoPrint::Coding(error.to_string()))?;
    Ok(drawn)
}

fn read_caption(bytes: &[u8], size: Size) -> Result<RgbaImage, NoPrint> {
    let odd = |why: &dyn std::fmt::Display| NoPrint::Caption(why.to_string());
    if bytes.len() > LONGEST_CAPTION {
        return Err(odd(&"too long"));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(size.width);
    limits.max_image_height = Some(size.height);
    // Four bytes a pixel, eight where somebody sent deep colours.
    limits.max_alloc = Some(size.luma() as u64 * 8 + (1 << 20));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| odd(&error))?;
    if decoder.dimensions() != (size.width, size.height) {
        return Err(odd(&"another size"));
    }
    let caption = image::DynamicImage::from_decoder(decoder).map_err(|error| odd(&error))?;
    Ok(caption.into_rgba8())
}

fn lay(caption: &RgbaImage, on: &mut RgbImage) {
    for (over, under) in caption.pixels().zip(on.pixels_mut()) {
        let [red, green, blue, strong] = over.0.map(u32::from);
        for (under, over) in under.0.iter_mut().zip([red, green, blue]) {
            let mixed = u32::from(*under) * (255 - strong) + over * strong;
            *under = u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX);
        }
    }
}

fn code(drawn: &RgbImage, kind: Kind) -> Result<Vec<u8>, NoPrint> {
    let mut bytes = Vec::new();
    let coded = match kind {
        Kind::Png => drawn.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png),
        Kind::WebP => drawn.write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP),
        Kind::Jpeg => JpegEncoder::new_with_quality(&mut bytes, QUALITY).write_image(
            drawn,
            drawn.width(),
            drawn.height(),
            ExtendedColorType::Rgb8,
        ),
    };
    coded.map_err(|error| NoPrint::Coding(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, guess_format};
    use proptest::prelude::*;

    /// Dark on the left, light on the right, and red all over.
    fn picture(width: u32, height: u32) -> Picture {
        let size = Size::new(width, height).unwrap();
        let row = (0..width).map(|x| if x < width / 2 { 60 } else { 180 });
        let mut planes: Vec<u8> = (0..height).flat_map(|_| row.clone()).collect();
        planes.extend(std::iter::repeat_n(100, size.chroma()));
        planes.extend(std::iter::repeat_n(170, size.chroma()));
        Picture::new(size, 5, planes).unwrap()
    }

    fn read(bytes: &[u8]) -> RgbImage {
        image::load_from_memory(bytes).unwrap().into_rgb8()
    }

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn each_kind_shows_the_picture_as_it_was() {
        for kind in Kind::ALL {
            let printed = print(&picture(64, 48), &Finish { kind, ..Finish::default() }).unwrap();
            let format = guess_format(&printed).unwrap();
            assert!(format.extensions_str().contains(&kind.ending()), "{kind:?} {format:?}");
            let shown = read(&printed);
            assert_eq!(shown.dimensions(), (64, 48));
            // By BT.601 in its usual range.
            for (x, wanted) in [(10, [118, 28, 0]), (50, [255, 168, 134])] {
                let pixel = shown.get_pixel(x, 20).0;
                let near = pixel.iter().zip(wanted).all(|(is, was)| is.abs_diff(was) <= 6);
                assert!(near, "{kind:?}: {pixel:?} at {x}, not {wanted:?}");
            }
        }
    }

    #[test]
    fn it_is_mirrored_and_looks_as_is_wished() {
        let light = |picture: &RgbImage, x| picture.get_pixel(x, 3).0[0];
        let finish = Finish { mirrored: true, look: Filter::Grey, ..Finish::default() };
        let mirrored = read(&print(&picture(64, 48), &finish).unwrap());
        assert!(light(&mirrored, 5) > light(&mirrored, 60));
        let [red, green, blue] = mirrored.get_pixel(5, 3).0;
        assert!(red == green && green == blue);
    }

    #[test]
    fn a_caption_lies_over_it_as_far_as_it_can_not_be_seen_through() {
        let mut caption = RgbaImage::new(64, 48);
        caption.put_pixel(1, 40, Rgba([0, 255, 0, 255]));
        caption.put_pixel(2, 40, Rgba([255, 255, 255, 128]));
        let plain = read(&print(&picture(64, 48), &Finish::default()).unwrap());
        // Letters are not mirrored with the picture.
        let finish = Finish { caption: Some(png(&caption)), mirrored: true, ..Finish::default() };
        let shown = read(&print(&picture(64, 48), &finish).unwrap());
        assert_eq!(shown.get_pixel(1, 40).0, [0, 255, 0]);
        let half = plain.get_pixel(61, 40).0.map(|one| u8::midpoint(one, 255));
        let near = shown.get_pixel(2, 40).0.iter().zip(half).all(|(is, was)| is.abs_diff(was) < 3);
        assert!(near, "{:?} {half:?}", shown.get_pixel(2, 40));
        assert_eq!(shown.get_pixel(3, 40), plain.get_pixel(60, 40));
    }

    #[test]
    fn what_is_no_caption_of_the_picture_is_refused() {
        let other = png(&RgbaImage::new(64, 50));
        let whole = png(&RgbaImage::new(64, 48));
        let huge = vec![0; LONGEST_CAPTION + 1];
        for bytes in [&other[..], &whole[..whole.len() / 2], b"", b"GIF89a", &huge] {
            let finish = Finish { caption: Some(bytes.to_vec()), ..Finish::default() };
            assert!(matches!(print(&picture(64, 48), &finish), Err(NoPrint::Caption(_))));
        }
    }

    #[test]
    fn a_glance_fits_and_never_grows() {
        let most = Size::new(32, 32).unwrap();
        for (width, height, shown) in [(64, 48, (32, 24)), (20, 10, (20, 10)), (20, 64, (10, 32))] {
            let glance = glance(&picture(width, height), &Finish::default(), most).unwrap();
            assert_eq!(guess_format(&glance).unwrap(), ImageFormat::Jpeg);
            assert_eq!(read(&glance).dimensions(), shown);
        }
    }

    proptest! {
        #[test]
        fn no_caption_brings_it_down(bytes: Vec<u8>, cut in 0_usize..200) {
            let mut whole = png(&RgbaImage::new(64, 48));
            whole.truncate(whole.len().saturating_sub(cut % 40));
            whole.splice(cut.min(whole.len()).., bytes);
            let finish = Finish { caption: Some(whole), ..Finish::default() };
            let _ = print(&picture(64, 48), &finish);
        }
    }
}
