//! Files that play as a camera. What a file is, its first bytes say, never its name. Files may be hostile: sizes
//! and memory are limited, what is cut short or damaged ends with a fault, and each is read as it is shown.

use super::{Source, bad_file, gif, mjpeg, sequence, y4m};
use crate::device::DeviceFault;
use crate::media::picture::{Picture, Size};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
    rgb_to_yuv420,
};

/// Pixels of the largest picture that is shown from a file.
pub(super) const MOST_PIXELS: u64 = 4096 * 2304;
/// Bytes of the longest coded picture.
pub(super) const MOST_CODED: usize = 32 << 20;
/// Bytes that a decoder may take for one picture.
pub(super) const MOST_MEMORY: u64 = 256 << 20;
/// Pictures a second where neither the file nor the address says.
pub(super) const USUAL_FPS: u32 = 30;

/// The source of a file or folder.
pub(super) fn open(
    path: &Path,
    again: bool,
    fps: Option<u32>,
) -> Result<Box<dyn Source>, DeviceFault> {
    let fps = fps.unwrap_or(USUAL_FPS);
    // Before it is opened: opening a pipe waits for whoever writes to it.
    let kind = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if kind.is_dir() {
        return Ok(Box::new(sequence::Sequence::of_folder(path, again, fps)?));
    }
    if !kind.is_file() {
        return Err(bad_file(path, "it is neither a file nor a folder"));
    }
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    match begins(&mut file).map_err(|error| unreadable(path, &error))? {
        Begins::Y4m => Ok(Box::new(y4m::Y4m::open(BufReader::new(file), path, again, fps)?)),
        Begins::Jpeg => Ok(Box::new(mjpeg::Mjpeg::new(BufReader::new(file), path, again, fps))),
        Begins::Gif => Ok(Box::new(gif::Gif::open(file, path, again)?)),
        Begins::Png => Ok(Box::new(sequence::Sequence::of_one(path, file, again, fps))),
        Begins::Otherwise => {
            Err(bad_file(path, "it is none of Y4M, MJPEG, GIF, PNG and a folder of PNG or JPEG"))
        }
    }
}

/// What a file begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    Y4m,
    Jpeg,
    Png,
    Gif,
    Otherwise,
}

/// Looks at the first bytes, and goes back to the first.
pub(super) fn begins(file: &mut (impl Read + Seek)) -> std::io::Result<Begins> {
    let mut first = Vec::new();
    file.by_ref().take(10).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    let known: [(&[u8], Begins); 5] = [
        (b"YUV4MPEG2 ", Begins::Y4m),
        (&[0xFF, 0xD8, 0xFF], Begins::Jpeg),
        (b"\x89PNG\r\n\x1A\n", Begins::Png),
        (b"GIF87a", Begins::Gif),
        (b"GIF89a", Begins::Gif),
    ];
    let found = known.iter().find(|(begin, _)| first.starts_with(begin));
    Ok(found.map_or(Begins::Otherwise, |(_, kind)| *kind))
}

/// Why the system does not let a file be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> DeviceFault {
    let device = path.display().to_string();
    match error.kind() {
        ErrorKind::NotFound => DeviceFault::Missing { device },
        ErrorKind::PermissionDenied => DeviceFault::Denied { device },
        _ => DeviceFault::Failed { device, reason: error.to_string() },
    }
}

/// The interval of so many pictures a second.
pub(super) fn interval(fps: u32) -> Duration {
    Duration::from_secs(1) / fps.max(1)
}

/// The size that a picture of a file is shown in: an odd last column or row is left out. None where it is too
/// small or too large.
pub(super) fn shown_size(width: u32, height: u32) -> Option<Size> {
    let within = u64::from(width) * u64::from(height) <= MOST_PIXELS;
    let (width, height) = (width / 2 * 2, height / 2 * 2);
    if within { Size::new(width, height) } else { None }
}

/// Why a size is not shown.
pub(super) fn odd_size(width: impl Into<u64>, height: impl Into<u64>) -> String {
    format!("its pictures are {} by {}", width.into(), height.into())
}

/// A picture of pixels of red, green and blue.
pub(super) fn from_rgb(
    rgb: &[u8],
    width: u32,
    height: u32,
    taken_us: u64,
) -> Result<Picture, String> {
    let size = shown_size(width, height).ok_or_else(|| odd_size(width, height))?;
    let mut planes = vec![0; size.bytes()];
    let (y, colours) = planes.split_at_mut(size.luma());
    let (u, v) = colours.split_at_mut(size.chroma());
    let half = size.width / 2;
    let mut image = YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(y),
        y_stride: size.width,
        u_plane: BufferStoreMut::Borrowed(u),
        u_stride: half,
        v_plane: BufferStoreMut::Borrowed(v),
        v_stride: half,
        width: size.width,
        height: size.height,
    };
    let pixels = rgb.get(..3 * width as usize * size.height as usize);
    let pixels = pixels.ok_or("it has fewer pixels than it says")?;
    let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt601);
    rgb_to_yuv420(&mut image, pixels, 3 * width, range, matrix, YuvConversionMode::Balanced)
        .map_err(|error| error.to_string())?;
    Picture::new(size, taken_us, planes).ok_or_else(|| odd_size(width, height))
}

/// The same of pixels that may let black through.
pub(super) fn from_rgba(
    rgba: &[u8],
    width: u32,
    height: u32,
    taken_us: u64,
) -> Result<Picture, String> {
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for [red, green, blue, alpha] in rgba.as_chunks().0 {
        let over_black = |colour: &u8| (u16::from(*colour) * u16::from(*alpha) / 255) as u8;
        rgb.extend([red, green, blue].map(over_black));
    }
    from_rgb(&rgb, width, height, taken_us)
}
