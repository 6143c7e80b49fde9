//! JPEG pictures one after the other in a file, as cameras and recorders write them. Pictures are cut out by their
//! markers, so that what lies inside one (a small preview) or between two does no harm. A damaged picture is left
//! out, until too many in a row are.

use super::file::{MOST_CODED, interval, unreadable};
use super::{Moment, Source, bad_file, jpeg};
use crate::device::DeviceFault;
use crate::media::picture::Picture;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Damaged pictures in a row after which the file is given up.
const MOST_DAMAGED: u32 = 30;
/// Bytes without a picture after which the file is given up.
const MOST_BETWEEN: u64 = 1 << 20;

/// A stream of JPEG pictures.
#[derive(Debug)]
pub(super) struct Mjpeg<R> {
    reader: R,
    path: PathBuf,
    again: bool,
    fps: u32,
    image: Vec<u8>,
    /// Pictures since it began, or began anew.
    shown: u64,
}

/// What was cut out.
#[derive(Debug, PartialEq, Eq)]
enum Cut {
    Whole,
    Damaged,
    End,
}

impl<R: BufRead + Seek> Mjpeg<R> {
    pub(super) fn new(reader: R, path: &Path, again: bool, fps: u32) -> Self {
        Self { reader, path: path.to_owned(), again, fps, image: Vec::new(), shown: 0 }
    }
}

impl<R: BufRead + Seek> Source for Mjpeg<R> {
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault> {
        let mut damaged = 0;
        let mut reason = "it has no whole picture".to_owned();
        loop {
            let cut = cut_out(&mut self.reader, &mut self.image);
            match cut.map_err(|error| unreadable(&self.path, &error))? {
                Cut::Whole => match jpeg::decode(&self.image, moment.taken_us) {
                    Ok(picture) => {
                        self.shown += 1;
                        return Ok(Some(picture));
                    }
                    Err(why) => (damaged, reason) = (damaged + 1, why),
                },
                Cut::Damaged => damaged += 1,
                Cut::End if self.shown == 0 => return Err(bad_file(&self.path, reason)),
                Cut::End if !self.again => return Ok(None),
                Cut::End => {
                    self.shown = 0;
                    let rewound = self.reader.seek(SeekFrom::Start(0));
                    rewound.map_err(|error| unreadable(&self.path, &error))?;
                }
            }
            if damaged > MOST_DAMAGED {
                return Err(bad_file(&self.path, reason));
            }
        }
    }

    fn interval(&self) -> Duration {
        interval(self.fps)
    }
}

/// Reads on to the end of the next picture.
fn cut_out(reader: &mut impl BufRead, image: &mut Vec<u8>) -> std::io::Result<Cut> {
    image.clear();
    if !skip_to_begin(reader)? {
        return Ok(Cut::End);
    }
    image.extend([0xFF, 0xD8]);
    let mut code = next_marker(reader)?;
    while let Some(marker) = code {
        image.extend([0xFF, marker]);
        code = match marker {
            0xD9 => return Ok(Cut::Whole),
            0x01 | 0xD0..=0xD7 => next_marker(reader)?,
            // Something else begins where a segment should: give up this one.
            0x00 | 0xD8 => return Ok(Cut::Damaged),
            _ => {
                if !segment(reader, image)? {
                    return Ok(Cut::End);
                }
                if marker == 0xDA { scan(reader, image)? } else { next_marker(reader)? }
            }
        };
        if image.len() > MOST_CODED {
            return Ok(Cut::Damaged);
        }
    }
    Ok(if reader.fill_buf()?.is_empty() { Cut::End } else { Cut::Damaged })
}

/// Goes on behind the next begin of a picture, if there is one near.
fn skip_to_begin(reader: &mut impl BufRead) -> std::io::Result<bool> {
    let mut last = 0;
    for byte in reader.by_ref().take(MOST_BETWEEN).bytes() {
        let byte = byte?;
        if (last, byte) == (0xFF, 0xD8) {
            return Ok(true);
        }
        last = byte;
    }
    Ok(false)
}

fn byte(reader: &mut impl BufRead) -> std::io::Result<Option<u8>> {
    let Some(byte) = reader.fill_buf()?.first().copied() else { return Ok(None) };
    reader.consume(1);
    Ok(Some(byte))
}

/// The marker that stands here; none where none does.
fn next_marker(reader: &mut impl BufRead) -> std::io::Result<Option<u8>> {
    if byte(reader)? != Some(0xFF) {
        return Ok(None);
    }
    loop {
        match byte(reader)? {
            Some(0xFF) => {}
            other => return Ok(other),
        }
    }
}

/// Takes a segment with its length over, if it is there as a whole.
fn segment(reader: &mut impl BufRead, image: &mut Vec<u8>) -> std::io::Result<bool> {
    let (Some(high), Some(low)) = (byte(reader)?, byte(reader)?) else { return Ok(false) };
    image.extend([high, low]);
    let length = u64::from(u16::from_be_bytes([high, low])).saturating_sub(2);
    Ok(reader.by_ref().take(length).read_to_end(image)? as u64 == length)
}

/// Takes the pixels over, up to the next marker that is not one of theirs.
fn scan(reader: &mut impl BufRead, image: &mut Vec<u8>) -> std::io::Result<Option<u8>> {
    while image.len() <= MOST_CODED {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let plain = buffer.iter().position(|byte| *byte == 0xFF).unwrap_or(buffer.len());
        image.extend(&buffer[..plain]);
        reader.consume(plain);
        if reader.fill_buf()?.first() == Some(&0xFF) {
            match next_marker(reader)? {
                Some(within @ (0x00 | 0xD0..=0xD7)) => image.extend([0xFF, within]),
                other => return Ok(other),
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn cuts(bytes: &[u8]) -> Vec<(Cut, Vec<u8>)> {
        let mut reader = Cursor::new(bytes);
        let mut all = Vec::new();
        loop {
            let mut image = Vec::new();
            match cut_out(&mut reader, &mut image).unwrap() {
                Cut::End => return all,
                cut => all.push((cut, image)),
            }
        }
    }

    #[test]
    fn a_preview_inside_does_not_end_a_picture() {
        let one = b"\xFF\xD8\xFF\xE1\x00\x08\xFF\xD8\xFF\xD9ab\xFF\xDA\x00\x02pix\xFF\x00els\xFF\xD3\xFF\xD9";
        let two = b"\xFF\xD8\xFF\xFF\xD9";
        let stream = [&b"--boundary\r\n"[..], one, b"between", two, b"\xFF"].concat();
        let filled = b"\xFF\xD8\xFF\xD9".to_vec();
        assert_eq!(cuts(&stream), [(Cut::Whole, one.to_vec()), (Cut::Whole, filled)]);
    }

    #[test]
    fn what_is_cut_short_is_the_end_and_what_is_damaged_is_left_out() {
        assert_eq!(cuts(b""), []);
        assert_eq!(cuts(b"\xFF\xD8\xFF\xE1\x00\x08ab"), []);
        assert_eq!(cuts(b"\xFF\xD8\xFF\xDA\x00\x02pixels"), []);
        let both = cuts(b"\xFF\xD8\xFF\xE1\x00\x02xx\xFF\xD8\xFF\xD9");
        let kinds: Vec<_> = both.iter().map(|(cut, _)| cut).collect();
        assert_eq!(kinds, [&Cut::Damaged, &Cut::Whole]);
    }
}
