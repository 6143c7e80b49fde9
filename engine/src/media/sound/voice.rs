//! The user's own voice: recorded for a while, then played to them, and gone. It lies in memory alone, as many samples as
//! were asked for and no more; nothing of it is coded or sent.

use super::Wake;
use super::line::Line;
use crate::device::sound::{BLOCK, Block, RATE};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const RECORDS: u8 = 0;
const PLAYS: u8 = 1;
const OVER: u8 = 2;

/// What both sides share of it.
pub(super) struct Voice {
    most: usize,
    stage: AtomicU8,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    samples: Vec<f32>,
    /// What was played.
    at: usize,
}

impl Voice {
    fn new(most_ms: u32) -> Self {
        let most = most_ms as usize * RATE as usize / 1000 / BLOCK * BLOCK;
        let kept = Kept { samples: Vec::with_capacity(most), at: 0 };
        Self { most, stage: AtomicU8::new(RECORDS), kept: Mutex::new(kept) }
    }

    /// A panic while the lock was held left whole values: samples are added in one step.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, stage: u8) -> bool {
        self.stage.load(Ordering::Acquire) == stage
    }

    pub(super) fn records(&self) -> bool {
        self.is(RECORDS)
    }

    pub(super) fn plays(&self) -> bool {
        self.is(PLAYS)
    }

    /// Keeps what was caught; once there is enough it is played.
    pub(super) fn record(&self, block: &Block) {
        if !self.records() {
            return;
        }
        let mut kept = self.kept();
        if kept.samples.len() + BLOCK <= self.most {
            kept.samples.extend_from_slice(block);
        }
        if kept.samples.len() + BLOCK > self.most {
            self.stage.store(PLAYS, Ordering::Release);
        }
    }

    /// Adds what is played next, and gives it.
    pub(super) fn play(&self, into: &mut Block) -> Block {
        let mut block = [0.0; BLOCK];
        if !self.plays() {
            return block;
        }
        let mut kept = self.kept();
        let at = kept.at;
        let next = kept.samples.get(at..at + BLOCK);
        let Some(next) = next else {
            self.stage.store(OVER, Ordering::Release);
            return block;
        };
        block.copy_from_slice(next);
        kept.at += BLOCK;
        for (sum, sample) in into.iter_mut().zip(block) {
            *sum += sample;
        }
        block
    }
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingStage {
    /// So many milliseconds are there.
    Records(u32),
    /// So many were played.
    Plays(u32),
    /// All was played.
    Over,
}

/// The user's own voice, recorded and played to them. Dropping it closes the devices, unless a call has them.
pub struct Recording {
    line: Arc<Line>,
    voice: Arc<Voice>,
    wake: Wake,
}

impl Recording {
    pub(super) fn new(most_ms: u32, wake: Wake) -> (Self, Arc<Line>) {
        let voice = Arc::new(Voice::new(most_ms));
        let line = Arc::new(Line::for_own_ears(Some(Arc::clone(&voice))));
        (Self { line: Arc::clone(&line), voice, wake }, line)
    }

    /// How far it is.
    pub fn stage(&self) -> RecordingStage {
        let kept = self.voice.kept();
        let ms = |samples: usize| u32::try_from(samples * 1000 / RATE as usize).unwrap_or(u32::MAX);
        match self.voice.stage.load(Ordering::Acquire) {
            RECORDS => RecordingStage::Records(ms(kept.samples.len())),
            PLAYS => RecordingStage::Plays(ms(kept.at)),
            _ => RecordingStage::Over,
        }
    }

    /// Plays what is there.
    pub fn play(&self) {
        let kept = self.voice.kept();
        if self.voice.records() {
            self.voice.stage.store(PLAYS, Ordering::Release);
        }
        drop(kept);
        self.wake.wake();
    }

    /// How loud it is now, from 0 to 1 (a sine of full scale).
    pub fn level(&self) -> f32 {
        self.line.figures().mine
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recording({:?})", self.stage())
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.line.end();
        self.wake.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_microphone_is_open_while_it_records_and_the_speaker_while_it_plays() {
        use crate::device::DeviceUri;
        use crate::device::sound::pace::Pace;
        use crate::media::sound::{Sound, SoundTold};
        let (pace, stepper) = Pace::stepped();
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&told);
        let sound = Sound::paced(pace, move |one| tell.lock().unwrap().push(one)).unwrap();
        sound.set_devices(DeviceUri::Tone { hz: 440 }, DeviceUri::Null);
        let recording = sound.record(200);
        let mut stages = Vec::new();
        for _ in 0..100 {
            stages.push((recording.stage(), recording.level()));
            stepper.step();
        }
        let (middle, loud) = stages[25];
        assert!(matches!(middle, RecordingStage::Plays(_)) && loud > 0.01, "{middle:?} {loud}");
        assert_eq!(recording.stage(), RecordingStage::Over);
        let opened = [SoundTold::MicrophoneOpened, SoundTold::SpeakerOpened];
        assert_eq!(*told.lock().unwrap(), opened);

        let short = sound.record(200);
        for _ in 0..10 {
            stepper.step();
        }
        let RecordingStage::Records(ms) = short.stage() else { panic!("{:?}", short.stage()) };
        assert!(ms > 0 && ms < 200, "{ms}");
        short.play();
        assert!(matches!(short.stage(), RecordingStage::Plays(_)));
    }

    #[test]
    fn as_much_is_kept_as_was_asked_for_and_played_once() {
        let voice = Voice::new(25);
        let room = voice.kept().samples.capacity();
        for number in 1..=2_u8 {
            voice.record(&[f32::from(number) / 10.0; BLOCK]);
        }
        assert!(voice.plays(), "two blocks are as many as fit");
        voice.record(&[1.0; BLOCK]);
        assert_eq!(voice.kept().samples.len(), 2 * BLOCK);
        assert_eq!(voice.kept().samples.capacity(), room, "no more memory is taken");
        let mut heard = [0.5; BLOCK];
        assert_eq!(voice.play(&mut heard), [0.1; BLOCK]);
        assert_eq!(heard, [0.6; BLOCK], "others are heard beside it");
        assert_eq!(voice.play(&mut heard), [0.2; BLOCK]);
        assert_eq!(voice.play(&mut heard), [0.0; BLOCK]);
        assert!(voice.is(OVER));
    }
}
