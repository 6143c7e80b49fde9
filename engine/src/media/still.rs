//! Still pictures in files: whether bytes really are one, and a small one of it to show. What they hold may come from
//! anybody, so a name says nothing, and how much is read, how large a picture may be and how much memory it may take are
//! limited before anything is decoded. It takes its time: call it where nothing waits.

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits, guess_format,
};
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

/// A file that is longer is shown as a file, and not kept as a picture.
pub const LARGEST: usize = 32 * 1024 * 1024;
/// So many pixels a side at most.
const LONGEST_SIDE: u32 = 16_384;
/// So much memory for the whole picture at most.
const MEMORY: u64 = 256 * 1024 * 1024;
/// A small picture fits into this.
const SMALL: (u32, u32) = (640, 400);
const QUALITY: u8 = 82;

/// Why bytes are not shown as a picture.
#[derive(Debug, thiserror::Error)]
pub enum NoPicture {
    /// They are none of the kinds that are shown.
    #[error("this is no PNG, JPEG, GIF or WebP")]
    Other,
    /// They are too many, or the picture has too many pixels.
    #[error("the picture is too large")]
    Large,
    /// They are damaged, or too much for the memory allowed.
    #[error("the picture can't be decoded: {0}")]
    Damaged(#[from] image::ImageError),
    /// The file can't be read.
    #[error("the file can't be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

/// What a picture is, and a small one of it.
#[derive(Debug)]
pub struct Still {
    /// What such files are called: `png`, `jpg`, `gif` or `webp`.
    pub ending: &'static str,
    /// What the small one is: `image/png` or `image/jpeg`.
    pub small_kind: &'static str,
    /// The small one, coded.
    pub small: Vec<u8>,
}

/// Reads a file and looks at it as `look` does.
///
/// # Errors
/// If it is no file, can't be read, or is no picture.
pub fn look_at(path: &Path) -> Result<Still, NoPicture> {
    // What is not a plain file could keep whoever opens it waiting.
    if !std::fs::metadata(path)?.is_file() {
        return Err(NoPicture::Other);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    look(&bytes)
}

/// Decodes a picture whole, and makes a small one.
///
/// # Errors
/// If it is not one, or goes beyond the limits.
pub fn look(bytes: &[u8]) -> Result<Still, NoPicture> {
    if bytes.len() > LARGEST {
        return Err(NoPicture::Large);
    }
    let format = guess_format(bytes).map_err(|_| NoPicture::Other)?;
    let ending = match format {
        ImageFormat::Png => "png",
        ImageFormat::Jpeg => "jpg",
        ImageFormat::Gif => "gif",
        ImageFormat::WebP => "webp",
        _ => return Err(NoPicture::Other),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > LONGEST_SIDE || decoder.total_bytes() > MEMORY {
        return Err(NoPicture::Large);
    }
    decoder.set_limits(limits())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut whole = DynamicImage::from_decoder(decoder)?;
    if width > SMALL.0 || height > SMALL.1 {
        whole = whole.thumbnail(SMALL.0, SMALL.1);
    }
    whole.apply_orientation(orientation);
    let (small_kind, small) = coded(&whole)?;
    Ok(Still { ending, small_kind, small })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    limits
}

/// With what can be seen through, as PNG; else as JPEG, which is smaller.
fn coded(small: &DynamicImage) -> Result<(&'static str, Vec<u8>), NoPicture> {
    let mut bytes = Vec::new();
    if small.color().has_alpha() {
        small.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
        return Ok(("image/png", bytes));
    }
    let rgb = small.to_rgb8();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    encoder.write_image(&rgb, rgb.width(), rgb.height(), image::ExtendedColorType::Rgb8)?;
    Ok(("image/jpeg", bytes))
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, LONGEST_SIDE, NoPicture, SMALL, look, look_at};
    use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
    use std::io::Cursor;

    fn coded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn plain(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_pixel(width, height, Rgb([200, 40, 90])).into()
    }

    #[test]
    fn each_kind_is_known_by_what_it_holds_and_gets_a_small_one() {
        let clear: DynamicImage = RgbaImage::from_pixel(9, 9, Rgba([1, 2, 3, 90])).into();
        for (bytes, ending, small_kind) in [
            (coded(&plain(1_600, 500), ImageFormat::Png), "png", "image/jpeg"),
            (coded(&plain(1_600, 500), ImageFormat::Jpeg), "jpg", "image/jpeg"),
            (coded(&plain(30, 20), ImageFormat::WebP), "webp", "image/jpeg"),
            (coded(&clear, ImageFormat::Png), "png", "image/png"),
            (coded(&clear, ImageFormat::Gif), "gif", "image/png"),
        ] {
            let still = look(&bytes).unwrap();
            assert_eq!((still.ending, still.small_kind), (ending, small_kind));
            let small = image::load_from_memory(&still.small).unwrap();
            assert!(small.width() <= SMALL.0 && small.height() <= SMALL.1);
        }
        let wide = look(&coded(&plain(1_600, 500), ImageFormat::Png)).unwrap();
        let small = image::load_from_memory(&wide.small).unwrap();
        assert_eq!((small.width(), small.height()), (640, 200));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let whole = coded(&plain(64, 64), ImageFormat::Png);
        for bytes in
            [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BM1234567890", b"GIF"]
        {
            assert!(matches!(look(bytes), Err(NoPicture::Other)), "{bytes:?}");
        }
        assert!(matches!(look(&whole[..whole.len() / 2]), Err(NoPicture::Damaged(_))));
        assert!(matches!(look(b"GIF89a"), Err(NoPicture::Damaged(_))));
        assert!(matches!(look(&vec![0; LARGEST + 1]), Err(NoPicture::Large)));
    }

    #[test]
    fn a_small_file_can_not_ask_for_much_memory() {
        // The head of a picture says how large it is; nothing of that size has to be in it.
        let mut bytes = coded(&plain(8, 8), ImageFormat::Png);
        for (width, height) in [(LONGEST_SIDE + 1, 1), (LONGEST_SIDE, LONGEST_SIDE)] {
            bytes[16..20].copy_from_slice(&width.to_be_bytes());
            bytes[20..24].copy_from_slice(&height.to_be_bytes());
            let sum = crc32(&bytes[12..29]);
            bytes[29..33].copy_from_slice(&sum.to_be_bytes());
            assert!(matches!(
                look(&bytes),
                Err(NoPicture::Large | NoPicture::Damaged(image::ImageError::Limits(_)))
            ));
        }
    }

    /// As PNG sums its parts.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
            })
        })
    }

    #[test]
    fn only_plain_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(look_at(folder.path()), Err(NoPicture::Other)));
        let path = folder.path().join("a.txt");
        assert!(matches!(look_at(&path), Err(NoPicture::Unreadable(_))));
        std::fs::write(&path, coded(&plain(8, 8), ImageFormat::Jpeg)).unwrap();
        assert_eq!(look_at(&path).unwrap().ending, "jpg");
    }
}
