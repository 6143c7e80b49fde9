//! Reads WAV files: integers of 8 to 32 bits, floats of 32 and 64, any rate and number of channels. Sizes that a
//! file claims count only as far as the file goes; whatever is cut, damaged or absurd is refused or ends early.

use super::super::chunk::{MOST_CHANNELS, RATES};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// Chunks before the sound that are passed over before a file is given up.
const MOST_CHUNKS: usize = 256;

/// Why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadWav {
    /// The disk said no.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// It is something else.
    #[error("it is no WAV file")]
    Foreign,
    /// It ends before its sound begins.
    #[error("there is no sound in it")]
    Empty,
    /// It says about its sound what can't be.
    #[error("what it says about its sound makes no sense")]
    Nonsense,
    /// Its samples are coded.
    #[error("its sound is coded in a way that is not known here (format {0})")]
    Coded(u16),
}

/// How a file's sound is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) channels: usize,
    pub(super) rate: u32,
    sample: Sample,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sample {
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
}

impl Sample {
    fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// One sample of [`Sample::bytes`] bytes.
    fn read(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::U8, [a]) => (f32::from(*a) - 128.0) / 128.0,
            (Self::I16, [a, b]) => f32::from(i16::from_le_bytes([*a, *b])) / 32_768.0,
            (Self::I24, [a, b, c]) => {
                (i32::from_le_bytes([0, *a, *b, *c]) >> 8) as f32 / 8_388_608.0
            }
            (Self::I32, [a, b, c, d]) => {
                i32::from_le_bytes([*a, *b, *c, *d]) as f32 / 2_147_483_648.0
            }
            (Self::F32, [a, b, c, d]) => f32::from_le_bytes([*a, *b, *c, *d]),
            (Self::F64, [a, b, c, d, e, f, g, h]) => {
                f64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as f32
            }
            _ => 0.0,
        }
    }
}

/// An open file.
pub(super) struct Wav<R> {
    file: R,
    shape: Shape,
    begins: u64,
    bytes: u64,
    left: u64,
    buffer: Vec<u8>,
}

impl<R: Read + Seek> Wav<R> {
    /// Reads as far as the sound.
    pub(super) fn open(mut file: R) -> Result<Self, BadWav> {
        let end = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        let mut head = [0; 12];
        exact(&mut file, &mut head, BadWav::Foreign)?;
        if &head[..4] != b"RIFF" || &head[8..] != b"WAVE" {
            return Err(BadWav::Foreign);
        }
        let mut shape = None;
        for _ in 0..MOST_CHUNKS {
            let mut chunk = [0; 8];
            exact(&mut file, &mut chunk, BadWav::Empty)?;
            let size = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
            let here = file.stream_position()?;
            match &chunk[..4] {
                b"fmt " => shape = Some(format(&mut file, size)?),
                b"data" => {
                    let shape: Shape = shape.ok_or(BadWav::Nonsense)?;
                    let frame = (shape.channels * shape.sample.bytes()) as u64;
                    let there = end.saturating_sub(here);
                    // A file that was cut, or written to where nobody could go back, does not know its size.
                    let says = if size == 0 { u64::MAX } else { u64::from(size) };
                    let bytes = there.min(says) / frame * frame;
                    if bytes == 0 {
                        return Err(BadWav::Empty);
                    }
                    let buffer = Vec::new();
                    return Ok(Self { file, shape, begins: here, bytes, left: bytes, buffer });
                }
                _ => (),
            }
            let next = here + u64::from(size) + u64::from(size % 2);
            if next > end {
                return Err(BadWav::Empty);
            }
            file.seek(SeekFrom::Start(next))?;
        }
        Err(BadWav::Nonsense)
    }

    /// How its sound is laid out.
    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// Puts up to `wanted` interleaved samples behind what is in `into`; fewer only at its end.
    pub(super) fn read(
        &mut self,
        into: &mut Vec<f32>,
        wanted: usize,
        again: bool,
    ) -> Result<(), BadWav> {
        let goal = into.len() + wanted;
        let sample = self.shape.sample;
        while into.len() < goal {
            if self.left == 0 {
                if !again {
                    break;
                }
                self.file.seek(SeekFrom::Start(self.begins))?;
                self.left = self.bytes;
            }
            let bytes = ((goal - into.len()) * sample.bytes()) as u64;
            let bytes = usize::try_from(bytes.min(self.left)).unwrap_or(0);
            self.buffer.resize(bytes, 0);
            exact(&mut self.file, &mut self.buffer, BadWav::Empty)?;
            self.left -= bytes as u64;
            into.extend(self.buffer.chunks_exact(sample.bytes()).map(|one| sample.read(one)));
        }
        Ok(())
    }
}

fn exact(file: &mut impl Read, buffer: &mut [u8], short: BadWav) -> Result<(), BadWav> {
    file.read_exact(buffer).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => short,
        _ => BadWav::Disk(error),
    })
}

fn format(file: &mut impl Read, size: u32) -> Result<Shape, BadWav> {
    let mut bytes = [0; 40];
    let known = bytes.len().min(size as usize);
    if known < 16 {
        return Err(BadWav::Nonsense);
    }
    exact(file, &mut bytes[..known], BadWav::Nonsense)?;
    let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let rate = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
    let (channels, frame, bits) = (usize::from(short(2)), usize::from(short(12)), short(14));
    // An extensible file says in a longer name what its samples are; it begins with the short one.
    let code = if short(0) == 0xFFFE && known == 40 { short(24) } else { short(0) };
    let sample = match (code, bits) {
        (1, 8) => Sample::U8,
        (1, 16) => Sample::I16,
        (1, 24) => Sample::I24,
        (1, 32) => Sample::I32,
        (3, 32) => Sample::F32,
        (3, 64) => Sample::F64,
        (1 | 3, _) => return Err(BadWav::Nonsense),
        _ => return Err(BadWav::Coded(code)),
    };
    let sensible = (1..=MOST_CHANNELS).contains(&channels)
        && RATES.contains(&rate)
        && frame == channels * sample.bytes();
    sensible.then_some(Shape { channels, rate, sample }).ok_or(BadWav::Nonsense)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn file(code: u16, channels: u16, rate: u32, bits: u16, sound: &[u8]) -> Vec<u8> {
        let frame = channels * (bits / 8);
        let mut bytes = b"RIFF\0\0\0\0WAVEJUNK\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        bytes.extend(code.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend((rate * u32::from(frame)).to_le_bytes());
        bytes.extend(frame.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend(u32::try_from(sound.len()).unwrap().to_le_bytes());
        bytes.extend(sound);
        bytes
    }

    fn all(bytes: Vec<u8>) -> Result<Vec<f32>, BadWav> {
        let mut wav = Wav::open(Cursor::new(bytes))?;
        let mut into = Vec::new();
        wav.read(&mut into, 10_000, false)?;
        Ok(into)
    }

    #[test]
    fn each_kind_of_sample_is_read() {
        for (code, bits, bytes) in [
            (1, 8, vec![0xC0, 0x40]),
            (1, 16, vec![0, 0x40, 0, 0xC0]),
            (1, 24, vec![0, 0, 0x40, 0, 0, 0xC0]),
            (1, 32, vec![0, 0, 0, 0x40, 0, 0, 0, 0xC0]),
            (3, 32, [0.5_f32, -0.5].into_iter().flat_map(f32::to_le_bytes).collect()),
            (3, 64, [0.5_f64, -0.5].into_iter().flat_map(f64::to_le_bytes).collect()),
        ] {
            let read = all(file(code, 1, 44_100, bits, &bytes)).unwrap();
            assert_eq!(read, [0.5, -0.5], "{code} {bits}");
        }
    }

    #[test]
    fn a_cut_file_plays_as_far_as_it_goes() {
        let whole = file(1, 2, 48_000, 16, &[1; 400]);
        for kept in [whole.len() - 1, whole.len() - 200] {
            let read = all(whole[..kept].to_vec()).unwrap();
            assert_eq!(read.len() % 2, 0);
            assert_eq!(read.len(), (400 - (whole.len() - kept)) / 4 * 2);
        }
    }

    #[test]
    fn absurd_files_are_refused() {
        for bytes in [
            Vec::new(),
            b"RIFF".to_vec(),
            b"RIFF\0\0\0\0AVI LIST".to_vec(),
            file(1, 0, 48_000, 16, &[0; 8]),
            file(1, 1, 0, 16, &[0; 8]),
            file(1, 1, 48_000, 12, &[0; 8]),
            file(1, 1, 48_000, 16, &[]),
            file(85, 1, 48_000, 16, &[0; 8]),
            file(1, 300, 48_000, 8, &[0; 800]),
        ] {
            assert!(all(bytes).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_file_is_too_odd(
            mut bytes in Just(file(1, 2, 44_100, 16, &[7; 64])),
            flips in prop::collection::vec((0_usize..120, any::<u8>()), 0..12),
            kept in 0_usize..140,
        ) {
            for (at, value) in flips {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            bytes.truncate(kept);
            if let Ok(mut wav) = Wav::open(Cursor::new(bytes)) {
                let mut into = Vec::new();
                drop(wav.read(&mut into, 1000, true));
                prop_assert!(into.len() <= 1000);
            }
        }
    }
}
