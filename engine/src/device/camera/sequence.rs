//! A folder of pictures in PNG or JPEG, shown in the order of the numbers in their names. Names are read once, the
//! pictures one by one; what is no picture is left aside when the folder is opened.

use super::file::{
    Begins, MOST_CODED, MOST_MEMORY, begins, from_rgba, interval, odd_size, shown_size, unreadable,
};
use super::{Moment, Source, bad_file, jpeg};
use crate::device::DeviceFault;
use crate::media::picture::{Picture, Size};
use image::{DynamicImage, ImageDecoder, Limits, codecs::png::PngDecoder};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names of a folder that are looked at.
const MOST_NAMES: usize = 100_000;

/// Pictures in files of their own.
#[derive(Debug)]
pub(super) struct Sequence {
    files: Vec<PathBuf>,
    next: usize,
    again: bool,
    fps: u32,
    /// The folder or file stays open as long as the camera is.
    _held: Option<File>,
}

impl Sequence {
    pub(super) fn of_folder(path: &Path, again: bool, fps: u32) -> Result<Self, DeviceFault> {
        let failed = |error: std::io::Error| unreadable(path, &error);
        let mut named = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)?.take(MOST_NAMES) {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_picture(&name) {
                named.push((number(&name), name, entry.path()));
            }
        }
        if named.is_empty() {
            return Err(bad_file(path, "there is no PNG or JPEG in this folder"));
        }
        named.sort();
        let files = named.into_iter().map(|(_, _, path)| path).collect();
        // Not every system lets a folder be opened; where one does, it shows who uses it.
        Ok(Self { files, next: 0, again, fps, _held: File::open(path).ok() })
    }

    pub(super) fn of_one(path: &Path, file: File, again: bool, fps: u32) -> Self {
        Self { files: vec![path.to_owned()], next: 0, again, fps, _held: Some(file) }
    }
}

impl Source for Sequence {
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault> {
        if self.next == self.files.len() && self.again {
            self.next = 0;
        }
        let Some(path) = self.files.get(self.next) else { return Ok(None) };
        self.next += 1;
        show(path, moment.taken_us).map(Some)
    }

    fn interval(&self) -> Duration {
        interval(self.fps)
    }
}

fn is_picture(name: &str) -> bool {
    let kind = name.rsplit_once('.').map(|(_, kind)| kind.to_ascii_lowercase());
    kind.is_some_and(|kind| ["png", "jpg", "jpeg"].contains(&kind.as_str()))
}

/// The last number in a name; names without come first.
fn number(name: &str) -> Option<u64> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let digits = |c: char| c.is_ascii_digit();
    let end = stem.rfind(digits)? + 1;
    let begin = stem[..end].rfind(|c| !digits(c)).map_or(0, |at| at + 1);
    // Behind a letter of several bytes no digit begins in its middle.
    let begin = (begin..end).find(|at| stem.is_char_boundary(*at))?;
    Some(stem[begin..end].parse().unwrap_or(u64::MAX))
}

fn show(path: &Path, taken_us: u64) -> Result<Picture, DeviceFault> {
    let failed = |error: std::io::Error| unreadable(path, &error);
    let is_file = std::fs::metadata(path).map_err(failed)?.is_file();
    if !is_file {
        return Err(bad_file(path, "it is no file"));
    }
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let shown = match begins(&mut reader).map_err(failed)? {
        Begins::Png => png(reader, taken_us),
        Begins::Jpeg => {
            let mut bytes = Vec::new();
            reader.take(MOST_CODED as u64).read_to_end(&mut bytes).map_err(failed)?;
            jpeg::decode(&bytes, taken_us)
        }
        _ => Err("it is neither PNG nor JPEG".to_owned()),
    };
    shown.map_err(|reason| bad_file(path, reason))
}

fn png(reader: impl BufRead + Seek, taken_us: u64) -> Result<Picture, String> {
    let said = |error: image::ImageError| error.to_string();
    let decoder = PngDecoder::with_limits(reader, limits()).map_err(said)?;
    let (width, height) = decoder.dimensions();
    if shown_size(width, height).is_none() {
        return Err(odd_size(width, height));
    }
    let pixels = DynamicImage::from_decoder(decoder).map_err(said)?.into_rgba8();
    from_rgba(&pixels, width, height, taken_us)
}

/// What decoders of the `image` crate may take.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(Size::MOST);
    limits.max_image_height = Some(Size::MOST);
    limits.max_alloc = Some(MOST_MEMORY);
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_counts() {
        for (name, expected) in [
            ("a.png", None),
            ("7.png", Some(7)),
            ("take2_0010.jpg", Some(10)),
            ("é3x.png", Some(3)),
            ("é3.png", Some(3)),
            ("99999999999999999999999.png", Some(u64::MAX)),
            ("5.2.png", Some(2)),
        ] {
            assert_eq!(number(name), expected, "{name}");
        }
    }
}
