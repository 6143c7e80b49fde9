//! Records to a WAV file: one channel, 16 bits. Its header is brought up to date each second, so a file that is
//! cut by a crash still plays as far as it was kept. A recording goes on behind what a file of this kind already
//! holds; any other file is left alone.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

const HEADER: u32 = 44;

/// Why a file can't be recorded to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unrecorded {
    /// The disk said no.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// It holds something else.
    #[error("it is there already, and it is no recording of this kind")]
    Foreign,
    /// A WAV file has 4 GiB at most.
    #[error("it is full")]
    Full,
}

/// A file that is recorded to.
pub(super) struct Recording {
    file: BufWriter<File>,
    rate: u32,
    /// Of sound in the file.
    bytes: u32,
    /// Of those, how many the header knows of.
    known: u32,
}

impl Recording {
    /// Opens a file, or makes one.
    pub(super) fn open(path: &Path, rate: u32) -> Result<Self, Unrecorded> {
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options?;
        let length = file.metadata()?.len();
        let bytes = if length == 0 { 0 } else { sound_in(&mut file, length, rate)? };
        let mut recording = Self { file: BufWriter::new(file), rate, bytes, known: bytes };
        recording.note()?;
        Ok(recording)
    }

    /// Puts samples behind those that are there.
    pub(super) fn write(&mut self, samples: &[f32]) -> Result<(), Unrecorded> {
        let more = u32::try_from(samples.len() * 2).map_err(|_| Unrecorded::Full)?;
        let bytes = self.bytes.checked_add(more).filter(|bytes| *bytes < u32::MAX - HEADER);
        let bytes = bytes.ok_or(Unrecorded::Full)?;
        for sample in samples {
            let whole = (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
            self.file.write_all(&whole.to_le_bytes())?;
        }
        self.bytes = bytes;
        if self.bytes - self.known >= self.rate * 2 {
            self.note()?;
        }
        Ok(())
    }

    /// Brings the header up to date, and stands behind the sound again.
    fn note(&mut self) -> Result<(), Unrecorded> {
        let header = header(self.rate, self.bytes);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header)?;
        self.file.seek(SeekFrom::Start(u64::from(HEADER) + u64::from(self.bytes)))?;
        self.file.flush()?;
        self.known = self.bytes;
        Ok(())
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Err(error) = self.note() {
            tracing::warn!(%error, "a recording was not closed");
        }
    }
}

/// How many bytes of sound there are behind a header of ours.
fn sound_in(file: &mut File, length: u64, rate: u32) -> Result<u32, Unrecorded> {
    let mut there = [0; HEADER as usize];
    if length < u64::from(HEADER) {
        return Err(Unrecorded::Foreign);
    }
    file.read_exact(&mut there)?;
    let ours = header(rate, 0);
    // All but the two sizes is the same in each.
    let same = there[..4] == ours[..4] && there[8..40] == ours[8..40];
    let bytes = u32::try_from(length - u64::from(HEADER)).map_err(|_| Unrecorded::Full)?;
    match same {
        true if bytes < u32::MAX - HEADER => Ok(bytes / 2 * 2),
        true => Err(Unrecorded::Full),
        false => Err(Unrecorded::Foreign),
    }
}

fn header(rate: u32, bytes: u32) -> [u8; HEADER as usize] {
    let mut header = [0; HEADER as usize];
    header[..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&(bytes + HEADER - 8).to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16_u32.to_le_bytes());
    header[20..22].copy_from_slice(&1_u16.to_le_bytes());
    header[22..24].copy_from_slice(&1_u16.to_le_bytes());
    header[24..28].copy_from_slice(&rate.to_le_bytes());
    header[28..32].copy_from_slice(&(rate * 2).to_le_bytes());
    header[32..34].copy_from_slice(&2_u16.to_le_bytes());
    header[34..36].copy_from_slice(&16_u16.to_le_bytes());
    header[36..40].copy_from_slice(b"data");
    header[40..44].copy_from_slice(&bytes.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::super::read::Wav;
    use super::*;

    #[test]
    fn a_recording_that_is_cut_plays_as_far_as_its_header_knows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.wav");
        let mut recording = Recording::open(&path, 48_000).unwrap();
        for _ in 0..150 {
            recording.write(&[0.5; 480]).unwrap();
        }
        // As a crash leaves it: nobody brings the header up to date.
        let cut = std::fs::read(&path).unwrap();
        let mut samples = Vec::new();
        let mut wav = Wav::open(io::Cursor::new(cut)).unwrap();
        wav.read(&mut samples, 100_000, false).unwrap();
        assert_eq!(samples.len(), 48_000);
        drop(recording);
        let mut wav = Wav::open(io::Cursor::new(std::fs::read(&path).unwrap())).unwrap();
        samples.clear();
        wav.read(&mut samples, 100_000, false).unwrap();
        assert_eq!(samples.len(), 72_000);
    }

    #[test]
    fn a_full_file_takes_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut recording = Recording::open(&folder.path().join("full.wav"), 48_000).unwrap();
        recording.bytes = u32::MAX - HEADER - 100;
        recording.known = recording.bytes;
        assert!(matches!(recording.write(&[0.0; 480]), Err(Unrecorded::Full)));
        recording.bytes = 0;
    }
}
