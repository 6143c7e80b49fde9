//! GIF pictures with the times that the file gives them. A picture that stands long is shown again each second, so
//! that whoever begins to look sees it.

use super::file::{from_rgba, odd_size, shown_size, unreadable};
use super::sequence::limits;
use super::{Moment, Source, bad_file};
use crate::device::DeviceFault;
use crate::media::picture::Picture;
use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, Frames, ImageDecoder};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Shorter than this is meant as [`USUAL`], as browsers take it.
const SHORTEST: Duration = Duration::from_millis(20);
const USUAL: Duration = Duration::from_millis(100);
/// A picture that stands longer is given again.
const LONGEST: Duration = Duration::from_secs(1);

/// Opens the file from its first byte.
type Opener<R> = Box<dyn Fn() -> std::io::Result<R>>;

/// A moving GIF.
pub(super) struct Gif<R> {
    open: Opener<R>,
    path: PathBuf,
    again: bool,
    frames: Frames<'static>,
    /// Pictures since it began, or began anew.
    shown: u64,
    last: Option<Picture>,
    /// How long the last picture stands yet, and how much of that the next interval takes.
    left: Duration,
    interval: Duration,
}

impl Gif<BufReader<File>> {
    pub(super) fn open(file: File, path: &Path, again: bool) -> Result<Self, DeviceFault> {
        let open = move || {
            let mut file = file.try_clone()?;
            file.seek(SeekFrom::Start(0))?;
            Ok(BufReader::new(file))
        };
        Self::new(Box::new(open), path, again)
    }
}

impl<R: BufRead + Seek + 'static> Gif<R> {
    fn new(open: Opener<R>, path: &Path, again: bool) -> Result<Self, DeviceFault> {
        let frames = frames(&open, path)?;
        let path = path.to_owned();
        let (left, interval) = (Duration::ZERO, USUAL);
        Ok(Self { open, path, again, frames, shown: 0, last: None, left, interval })
    }

    fn stand(&mut self, picture: &Picture, time: Duration) {
        self.interval = time.min(LONGEST);
        self.left = time - self.interval;
        self.last = Some(picture.clone());
    }
}

fn frames<R: BufRead + Seek + 'static>(
    open: &Opener<R>,
    path: &Path,
) -> Result<Frames<'static>, DeviceFault> {
    let reader = open().map_err(|error| unreadable(path, &error))?;
    let bad = |error: image::ImageError| bad_file(path, error.to_string());
    let mut decoder = GifDecoder::new(reader).map_err(bad)?;
    let (width, height) = decoder.dimensions();
    if shown_size(width, height).is_none() {
        return Err(bad_file(path, odd_size(width, height)));
    }
    decoder.set_limits(limits()).map_err(bad)?;
    Ok(decoder.into_frames())
}

impl<R: BufRead + Seek + 'static> Source for Gif<R> {
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault> {
        if !self.left.is_zero()
            && let Some(last) = self.last.take()
        {
            let picture = last.taken_at(moment.taken_us);
            self.stand(&picture, self.left);
            return Ok(Some(picture));
        }
        loop {
            match self.frames.next() {
                Some(Ok(frame)) => {
                    let (numerator, denominator) = frame.delay().numer_denom_ms();
                    let ms = u64::from(numerator) / u64::from(denominator.max(1));
                    let time = Duration::from_millis(ms);
                    let pixels = frame.buffer();
                    let picture =
                        from_rgba(pixels, pixels.width(), pixels.height(), moment.taken_us)
                            .map_err(|reason| bad_file(&self.path, reason))?;
                    self.shown += 1;
                    self.stand(&picture, if time < SHORTEST { USUAL } else { time });
                    return Ok(Some(picture));
                }
                Some(Err(error)) if self.shown == 0 || !self.again => {
                    return Err(bad_file(&self.path, error.to_string()));
                }
                None if self.shown == 0 => return Err(bad_file(&self.path, "it has no picture")),
                None if !self.again => return Ok(None),
                Some(Err(_)) | None => {
                    self.shown = 0;
                    self.frames = frames(&self.open, &self.path)?;
                }
            }
        }
    }

    fn interval(&self) -> Duration {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::gif::GifEncoder;
    use image::{Delay, Frame, Rgba, RgbaImage};
    use std::io::Cursor;

    fn written(times_ms: &[u64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for (number, ms) in times_ms.iter().enumerate() {
            let pixels = RgbaImage::from_pixel(5, 4, Rgba([number as u8 * 80, 0, 0, 255]));
            let delay = Delay::from_saturating_duration(Duration::from_millis(*ms));
            encoder.encode_frame(Frame::from_parts(pixels, 0, 0, delay)).unwrap();
        }
        drop(encoder);
        bytes
    }

    fn open(bytes: Vec<u8>, again: bool) -> Result<Gif<Cursor<Vec<u8>>>, DeviceFault> {
        Gif::new(Box::new(move || Ok(Cursor::new(bytes.clone()))), Path::new("a.gif"), again)
    }

    fn next(gif: &mut impl Source) -> Result<Option<(u8, u128)>, DeviceFault> {
        let picture = gif.next_picture(Moment { number: 0, taken_us: 0, wall_ms: 0 })?;
        Ok(picture.map(|picture| (picture.y()[0], gif.interval().as_millis())))
    }

    #[test]
    fn pictures_stand_as_long_as_the_file_says() {
        let mut gif = open(written(&[40, 2500, 0]), true).unwrap();
        let shown: Vec<_> = (0..7).map(|_| next(&mut gif).unwrap().unwrap()).collect();
        let [black, dark, red] = [shown[0].0, shown[1].0, shown[4].0];
        assert!(black < dark && dark < red);
        let expected =
            [(black, 40), (dark, 1000), (dark, 1000), (dark, 500), (red, 100), (black, 40)];
        assert_eq!(shown[..6], expected);
    }

    #[test]
    fn it_ends_where_it_does_not_begin_anew() {
        let mut gif = open(written(&[40]), false).unwrap();
        assert!(next(&mut gif).unwrap().is_some());
        assert_eq!(next(&mut gif).unwrap(), None);
    }

    #[test]
    fn one_that_is_cut_short_ends_with_a_fault_or_begins_anew() {
        let whole = written(&[40, 40]);
        let cut = whole[..whole.len() - 12].to_vec();
        let mut once = open(cut.clone(), false).unwrap();
        assert!(next(&mut once).unwrap().is_some());
        assert!(matches!(next(&mut once), Err(DeviceFault::BadFile { .. })));
        let mut again = open(cut, true).unwrap();
        assert!((0..5).all(|_| next(&mut again).unwrap().is_some()));
    }
}
