//! WAV files in the place of devices: one that plays as a microphone, streamed and never held in memory, and one
//! that is recorded to as a speaker. A file may say anything about itself, so everything it says is checked.

#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod read;
mod write;

use super::chunk::Inward;
use super::pace::{Pace, Turn};
use super::paced::Paced;
use super::{BLOCK, DeviceFault, RATE, Sink, Source, Told};
use read::Wav;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use write::Recording;

fn bad(path: &Path, reason: impl ToString) -> DeviceFault {
    DeviceFault::BadFile { path: path.to_owned(), reason: reason.to_string() }
}

/// Plays a file to `sink` as fast as it sounds; silence follows its end, or its beginning if it plays `again`.
pub(super) fn play(
    path: &Path,
    again: bool,
    pace: &Pace,
    sink: Sink,
    told: Told,
) -> Result<Paced, DeviceFault> {
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => DeviceFault::Missing { device: path.display().to_string() },
        std::io::ErrorKind::PermissionDenied => {
            DeviceFault::Denied { device: path.display().to_string() }
        }
        _ => bad(path, error),
    })?;
    let mut wav = Wav::open(BufReader::new(file)).map_err(|error| bad(path, error))?;
    let shape = wav.shape();
    let mut inward = Inward::new(shape.channels, shape.rate, sink).map_err(|odd| bad(path, odd))?;
    let (path, mut told, mut frames, mut owed) = (path.to_owned(), Some(told), Vec::new(), 0);
    Paced::start("sound file", pace, Turn::Microphone, move |now_us| {
        // What 10 ms are in the file's rate, without losing a part of a frame over time.
        owed += u64::from(shape.rate);
        let wanted = owed / 100;
        owed %= 100;
        let wanted = usize::try_from(wanted).unwrap_or(BLOCK) * shape.channels;
        frames.clear();
        if let Err(error) = wav.read(&mut frames, wanted, again) {
            if let Some(told) = told.take() {
                told(bad(&path, error));
            }
            return false;
        }
        frames.resize(wanted, 0.0);
        inward.push(frames.iter().copied(), now_us.saturating_sub(super::BLOCK_US));
        true
    })
}

/// Records what `source` gives, as one channel of 16 bits at 48 kHz, after what the file already holds.
pub(super) fn record(
    path: &Path,
    pace: &Pace,
    mut source: Source,
    told: Told,
) -> Result<Paced, DeviceFault> {
    let mut recording = Recording::open(path, RATE).map_err(|error| bad(path, error))?;
    let (path, mut told) = (path.to_owned(), Some(told));
    Paced::start("recording", pace, Turn::Speaker, move |now_us| {
        let mut block = [0.0; BLOCK];
        source(&mut block, now_us);
        let kept = recording.write(&block);
        if let (Err(error), Some(told)) = (&kept, told.take_if(|_| kept.is_err())) {
            told(bad(&path, error));
        }
        kept.is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Microphone, Speaker};
    use super::*;
    use crate::device::DeviceUri;
    use std::sync::mpsc;

    #[test]
    fn what_is_recorded_plays_again_and_recording_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.wav");
        let (pace, stepper) = Pace::stepped();
        let uri = DeviceUri::File { path: path.clone(), again: true, fps: None };
        for level in [0.25_f32, 0.5] {
            let source: Source = Box::new(move |block, _| block.fill(level));
            let speaker = Speaker::open(&uri, &pace, source, Box::new(|_| ())).unwrap();
            stepper.step();
            drop(speaker);
        }
        let (heard, blocks) = mpsc::sync_channel(8);
        let sink: Sink = Box::new(move |block, _| heard.send(block[100]).unwrap());
        let microphone = Microphone::open(&uri, &pace, sink, Box::new(|_| ())).unwrap();
        for _ in 0..3 {
            stepper.step();
        }
        drop(microphone);
        let levels: Vec<f32> = blocks.iter().map(|level| (level * 100.0).round()).collect();
        assert_eq!(levels, [25.0, 50.0, 25.0]);
    }

    #[test]
    fn silence_follows_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("short.wav");
        let mut recording = Recording::open(&path, RATE).unwrap();
        recording.write(&[0.5; 100]).unwrap();
        drop(recording);
        let (pace, stepper) = Pace::stepped();
        let (heard, blocks) = mpsc::sync_channel(8);
        let sink: Sink = Box::new(move |block, _| heard.send((block[99], block[100])).unwrap());
        let uri = DeviceUri::File { path, again: false, fps: None };
        let microphone = Microphone::open(&uri, &pace, sink, Box::new(|_| ())).unwrap();
        stepper.step();
        stepper.step();
        drop(microphone);
        let heard: Vec<_> = blocks.iter().collect();
        assert!(heard[0].0 > 0.49 && heard[0].1 == 0.0, "{heard:?}");
        assert_eq!(heard[1], (0.0, 0.0));
    }

    #[test]
    fn nothing_that_is_not_ours_is_recorded_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.txt");
        std::fs::write(&path, "Dear Ana, this is longer than a header of a sound file would be.")
            .unwrap();
        let uri = DeviceUri::File { path: path.clone(), again: false, fps: None };
        let pace = Pace::steady();
        let opened = Speaker::open(&uri, &pace, Box::new(|_, _| ()), Box::new(|_| ()));
        assert!(matches!(opened.err(), Some(DeviceFault::BadFile { .. })));
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("Dear Ana"));
    }

    #[test]
    fn a_file_that_is_not_there_is_missing() {
        let uri: DeviceUri = "file:/there/is/no/such.wav".parse().unwrap();
        let pace = Pace::steady();
        let opened = Microphone::open(&uri, &pace, Box::new(|_, _| ()), Box::new(|_| ()));
        assert!(matches!(opened.err(), Some(DeviceFault::Missing { .. })));
    }
}
