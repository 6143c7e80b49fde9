//! Y4M: raw pictures one after the other behind a line of text. 4:2:0 is taken as it is, 4:2:2, 4:4:4 and grey are
//! converted; interlaced pictures and more than eight bits are refused in words.

use super::file::{USUAL_FPS, odd_size, shown_size, unreadable};
use super::{Moment, Source, bad_file};
use crate::device::DeviceFault;
use crate::media::picture::{Picture, Size};
use std::io::{BufRead, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of the longest line of text.
const MOST_LINE: u64 = 1024;

/// A file of raw pictures.
#[derive(Debug)]
pub(super) struct Y4m<R> {
    reader: R,
    path: PathBuf,
    again: bool,
    head: Head,
    /// Where the first picture begins.
    first: u64,
    /// Pictures since it began, or began anew.
    shown: u64,
    raw: Vec<u8>,
}

/// What the first line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    width: usize,
    height: usize,
    shown: Size,
    interval: Duration,
    colours: Colours,
    full_range: bool,
}

/// How many colours there are for the bright pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colours {
    /// One for four.
    Quarter,
    /// One for two side by side.
    Half,
    /// One for each.
    All,
    None,
}

impl Head {
    /// Width and height of a plane of colours in the file.
    fn chroma(&self) -> (usize, usize) {
        match self.colours {
            Colours::Quarter => (self.width.div_ceil(2), self.height.div_ceil(2)),
            Colours::Half => (self.width.div_ceil(2), self.height),
            Colours::All => (self.width, self.height),
            Colours::None => (0, 0),
        }
    }

    fn bytes(&self) -> usize {
        let (width, height) = self.chroma();
        self.width * self.height + 2 * width * height
    }

    fn read(line: &str, fps: u32) -> Result<Self, String> {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        if words.next() != Some("YUV4MPEG2") {
            return Err("it does not begin as Y4M".to_owned());
        }
        let (mut width, mut height) = (0, 0);
        let mut interval = super::file::interval(fps);
        let (mut colours, mut full_range) = (Colours::Quarter, false);
        for word in words {
            let (tag, value) = word.split_at_checked(1).unwrap_or((word, ""));
            match tag {
                "W" => width = value.parse().map_err(|_| format!("its width is {value:.20}"))?,
                "H" => height = value.parse().map_err(|_| format!("its height is {value:.20}"))?,
                "F" => interval = rate(value).unwrap_or(interval),
                "I" if matches!(value, "p" | "?" | "") => {}
                "I" => return Err("it is interlaced".to_owned()),
                "C" => colours = colours_of(value)?,
                "X" if value == "COLORRANGE=FULL" => full_range = true,
                _ => {}
            }
        }
        let shown = shown_size(width, height).ok_or_else(|| odd_size(width, height))?;
        let (width, height) = (width as usize, height as usize);
        Ok(Self { width, height, shown, interval, colours, full_range })
    }
}

/// As in `30000:1001`.
fn rate(value: &str) -> Option<Duration> {
    let (many, seconds) = value.split_once(':')?;
    let (many, seconds): (u32, u32) = (many.parse().ok()?, seconds.parse().ok()?);
    let interval = Duration::from_secs(seconds.into()).checked_div(many)?;
    (Duration::from_millis(4)..=Duration::from_secs(10)).contains(&interval).then_some(interval)
}

fn colours_of(value: &str) -> Result<Colours, String> {
    match value {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Ok(Colours::Quarter),
        "422" => Ok(Colours::Half),
        "444" => Ok(Colours::All),
        "mono" => Ok(Colours::None),
        _ => Err(format!("its colours are {value:.20}")),
    }
}

impl<R: BufRead + Seek> Y4m<R> {
    pub(super) fn open(
        mut reader: R,
        path: &Path,
        again: bool,
        fps: u32,
    ) -> Result<Self, DeviceFault> {
        let failed = |error: std::io::Error| unreadable(path, &error);
        let line = line(&mut reader).map_err(failed)?;
        let line = line.ok_or_else(|| bad_file(path, "it does not begin as Y4M"))?;
        let fps = if fps == 0 { USUAL_FPS } else { fps };
        let head = Head::read(&line, fps).map_err(|reason| bad_file(path, reason))?;
        let first = reader.stream_position().map_err(failed)?;
        let raw = vec![0; head.bytes()];
        Ok(Self { reader, path: path.to_owned(), again, head, first, shown: 0, raw })
    }

    /// Reads the next picture's bytes, if there is a whole one.
    fn read(&mut self) -> Result<Reading, DeviceFault> {
        let failed = |error: std::io::Error| unreadable(&self.path, &error);
        if self.reader.fill_buf().map_err(failed)?.is_empty() {
            return Ok(Reading::End);
        }
        match line(&mut self.reader).map_err(failed)? {
            Some(line) if line == "FRAME" || line.starts_with("FRAME ") => {}
            _ => return Ok(Reading::Damaged),
        }
        match self.reader.read_exact(&mut self.raw) {
            Ok(()) => Ok(Reading::Whole),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Reading::Short),
            Err(error) => Err(failed(error)),
        }
    }
}

/// How reading a picture went.
enum Reading {
    Whole,
    End,
    Short,
    Damaged,
}

impl<R: BufRead + Seek> Source for Y4m<R> {
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault> {
        loop {
            let read = self.read()?;
            let bad = |reason: &str| Err(bad_file(&self.path, reason));
            match read {
                Reading::Whole => {
                    self.shown += 1;
                    let planes = convert(&self.head, &self.raw);
                    return Ok(Picture::new(self.head.shown, moment.taken_us, planes));
                }
                Reading::Damaged => return bad("it has something else where a picture should be"),
                Reading::End if self.shown == 0 => return bad("it has no picture"),
                Reading::Short if self.shown == 0 || !self.again => {
                    return bad("it ends in the middle of a picture");
                }
                Reading::End if !self.again => return Ok(None),
                Reading::End | Reading::Short => {
                    self.shown = 0;
                    let rewound = self.reader.seek(SeekFrom::Start(self.first));
                    rewound.map_err(|error| unreadable(&self.path, &error))?;
                }
            }
        }
    }

    fn interval(&self) -> Duration {
        self.head.interval
    }
}

/// A line of text without its end; none where there is no line, or a long one.
fn line(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    reader.by_ref().take(MOST_LINE).read_until(b'\n', &mut bytes)?;
    let text = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
    Ok(text.map(str::to_owned))
}

fn convert(head: &Head, raw: &[u8]) -> Vec<u8> {
    let size = head.shown;
    let (width, height) = (size.width as usize, size.height as usize);
    let (luma, colours) = raw.split_at(head.width * head.height);
    let mut planes = Vec::with_capacity(size.bytes());
    for row in luma.chunks_exact(head.width).take(height) {
        planes.extend(&row[..width]);
    }
    let (across, down) = head.chroma();
    if head.colours == Colours::None {
        planes.resize(size.bytes(), 128);
    } else {
        for plane in colours.chunks_exact(across * down) {
            halve(head.colours, plane, across, [width / 2, height / 2], &mut planes);
        }
    }
    if head.full_range {
        let (bright, colours) = planes.split_at_mut(size.luma());
        let limit = |plane: &mut [u8], least: u32, range: u32| {
            let table: [u8; 256] =
                std::array::from_fn(|full| (least + (full as u32 * range + 127) / 255) as u8);
            plane.iter_mut().for_each(|pixel| *pixel = table[usize::from(*pixel)]);
        };
        limit(bright, 16, 219);
        limit(colours, 16, 224);
    }
    planes
}

/// Brings a plane of colours down to one for four.
fn halve(
    colours: Colours,
    plane: &[u8],
    across: usize,
    [width, height]: [usize; 2],
    to: &mut Vec<u8>,
) {
    let row = |number: usize| &plane[number * across..][..across];
    for y in 0..height {
        match colours {
            Colours::Half => {
                let pairs = row(2 * y).iter().zip(row(2 * y + 1));
                to.extend(pairs.take(width).map(|(a, b)| a.midpoint(*b)));
            }
            Colours::All => {
                let pairs = row(2 * y).chunks_exact(2).zip(row(2 * y + 1).chunks_exact(2));
                let mean = |(a, b): (&[u8], &[u8])| {
                    let sum: u16 = a.iter().chain(b).map(|colour| u16::from(*colour)).sum();
                    ((sum + 2) / 4) as u8
                };
                to.extend(pairs.take(width).map(mean));
            }
            Colours::Quarter | Colours::None => to.extend(&row(y)[..width]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn head(line: &str) -> Result<Head, String> {
        Head::read(line, 30)
    }

    fn open(bytes: Vec<u8>, again: bool) -> Result<Y4m<Cursor<Vec<u8>>>, DeviceFault> {
        Y4m::open(Cursor::new(bytes), Path::new("a.y4m"), again, 30)
    }

    fn next(source: &mut impl Source) -> Result<Option<Picture>, DeviceFault> {
        source.next_picture(Moment { number: 0, taken_us: 5, wall_ms: 0 })
    }

    #[test]
    fn the_first_line_is_read_or_refused_in_words() {
        let read = head("YUV4MPEG2 W3 H5 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420").unwrap();
        assert_eq!((read.width, read.height, read.shown), (3, 5, Size::new(2, 4).unwrap()));
        assert_eq!(read.interval.as_micros(), 33_366);
        for (line, reason) in [
            ("YUV4MPEG W2 H2", "it does not begin as Y4M"),
            ("YUV4MPEG2 W2 H2 It", "it is interlaced"),
            ("YUV4MPEG2 W2 H2 C420p10", "its colours are 420p10"),
            ("YUV4MPEG2 W99999999999 H2", "its width is 99999999999"),
            ("YUV4MPEG2 W4098 H2", "its pictures are 4098 by 2"),
            ("YUV4MPEG2 W1 H2", "its pictures are 1 by 2"),
            ("YUV4MPEG2 W4096 H4096", "its pictures are 4096 by 4096"),
        ] {
            assert_eq!(head(line), Err(reason.to_owned()));
        }
        for odd in ["F0:0", "F1:0", "F0:1", "F1:999999", "F9:", "F"] {
            let read = head(&format!("YUV4MPEG2 W2 H2 {odd}")).unwrap();
            assert_eq!(read.interval, Duration::from_secs(1) / 30, "{odd}");
        }
    }

    #[test]
    fn every_kind_of_colours_comes_down_to_one_for_four() {
        // 3 by 3, of which 2 by 2 are shown.
        let luma = [1, 2, 99, 3, 4, 99, 99, 99, 99];
        let (quarter, half, all) = (
            [50, 99, 99, 99, 60, 99, 99, 99].to_vec(),
            [40, 99, 60, 99, 99, 99, 50, 99, 70, 99, 99, 99].to_vec(),
            [40, 60, 99, 50, 50, 99, 99, 99, 99, 50, 70, 99, 60, 60, 99, 99, 99, 99].to_vec(),
        );
        for (name, colours, expected) in [
            ("420jpeg", quarter, [50, 60]),
            ("422", half, [50, 60]),
            ("444", all, [50, 60]),
            ("mono", Vec::new(), [128, 128]),
        ] {
            let head = format!("YUV4MPEG2 W3 H3 C{name}\nFRAME Ip\n");
            let bytes = [head.as_bytes(), &luma, &colours].concat();
            let picture = next(&mut open(bytes, false).unwrap()).unwrap().unwrap();
            assert_eq!(picture.bytes(), [&[1, 2, 3, 4][..], &expected].concat(), "{name}");
        }
    }

    #[test]
    fn full_range_is_brought_to_the_range_of_television() {
        let bytes = b"YUV4MPEG2 W2 H2 XCOLORRANGE=FULL\nFRAME\n\x00\xFF\x80\x80\x00\x80".to_vec();
        let picture = next(&mut open(bytes, false).unwrap()).unwrap().unwrap();
        assert_eq!(picture.bytes(), [16, 235, 126, 126, 16, 128]);
    }

    #[test]
    fn a_file_ends_or_begins_anew() {
        let file = |tail: &[u8]| [b"YUV4MPEG2 W2 H2\nFRAME\nabcdef", tail].concat();
        let told = |fault: DeviceFault| match fault {
            DeviceFault::BadFile { reason, .. } => reason,
            other => other.to_string(),
        };
        let mut whole = open(file(b""), false).unwrap();
        assert!(next(&mut whole).unwrap().is_some());
        assert!(next(&mut whole).unwrap().is_none());
        assert!(next(&mut whole).unwrap().is_none());
        let mut cut = open(file(b"FRAME\nab"), false).unwrap();
        assert!(next(&mut cut).unwrap().is_some());
        assert_eq!(told(next(&mut cut).unwrap_err()), "it ends in the middle of a picture");
        for tail in [&b""[..], b"FRAME\nab"] {
            let mut again = open(file(tail), true).unwrap();
            for _ in 0..5 {
                assert_eq!(next(&mut again).unwrap().unwrap().bytes(), b"abcdef");
            }
        }
        let mut none = open(b"YUV4MPEG2 W2 H2\n".to_vec(), true).unwrap();
        assert_eq!(told(next(&mut none).unwrap_err()), "it has no picture");
        let mut short = open(b"YUV4MPEG2 W2 H2\nFRAME\nab".to_vec(), true).unwrap();
        assert_eq!(told(next(&mut short).unwrap_err()), "it ends in the middle of a picture");
        let mut odd = open(file(b"FRAMES\nabcdef"), true).unwrap();
        assert!(next(&mut odd).unwrap().is_some());
        assert!(next(&mut odd).is_err());
    }
}
