//! The sounds of a call before it is one, made here of pure tones: it rings, it rings there, they are busy.

use crate::device::sound::{Block, RATE};
use std::f32::consts::TAU;

/// What is to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ring {
    /// Nothing.
    #[default]
    None,
    /// Somebody calls.
    Incoming,
    /// Somebody calls beside a call that is on.
    Waiting,
    /// It rings at the other's.
    Ringback,
    /// The other is busy.
    Busy,
    /// A tune to try the speaker by.
    Trial,
}

/// Tones in one pattern: when it begins and ends, in milliseconds, and its two pitches.
struct Tone {
    from: u32,
    to: u32,
    pitches: [f32; 2],
    loud: f32,
}

/// How long it takes for a tone to come and to go, in milliseconds.
const EDGE: u32 = 12;

const INCOMING: [Tone; 4] = [
    Tone { from: 0, to: 240, pitches: [659.25, 783.99], loud: 0.16 },
    Tone { from: 240, to: 560, pitches: [523.25, 659.25], loud: 0.16 },
    Tone { from: 700, to: 940, pitches: [659.25, 783.99], loud: 0.16 },
    Tone { from: 940, to: 1400, pitches: [523.25, 659.25], loud: 0.16 },
];
const WAITING: [Tone; 2] = [
    Tone { from: 0, to: 160, pitches: [659.25, 783.99], loud: 0.05 },
    Tone { from: 240, to: 400, pitches: [659.25, 783.99], loud: 0.05 },
];
const RINGBACK: [Tone; 1] = [Tone { from: 0, to: 1000, pitches: [440.0, 480.0], loud: 0.07 }];
const BUSY: [Tone; 1] = [Tone { from: 0, to: 400, pitches: [480.0, 620.0], loud: 0.07 }];

const TRIAL: [Tone; 4] = [
    Tone { from: 0, to: 220, pitches: [523.25, 523.25], loud: 0.12 },
    Tone { from: 220, to: 440, pitches: [659.25, 659.25], loud: 0.12 },
    Tone { from: 440, to: 660, pitches: [783.99, 783.99], loud: 0.12 },
    Tone { from: 660, to: 1300, pitches: [523.25, 1046.5], loud: 0.12 },
];

impl Ring {
    /// Its tones, and after how many milliseconds they begin again.
    fn pattern(self) -> (&'static [Tone], u32) {
        match self {
            Self::None => (&[], 1000),
            Self::Incoming => (&INCOMING, 3000),
            Self::Waiting => (&WAITING, 5000),
            Self::Ringback => (&RINGBACK, 4000),
            Self::Busy => (&BUSY, 800),
            Self::Trial => (&TRIAL, 60_000),
        }
    }
}

/// A ring that goes on from block to block.
#[derive(Debug, Default)]
pub(super) struct Ringing {
    ring: Ring,
    /// Samples since it began.
    at: u32,
    /// Falls to nothing when it ends, so that nothing clicks.
    loud: f32,
    next: Ring,
}

impl Ringing {
    /// What is to be heard from now on; it begins at its beginning.
    pub(super) fn set(&mut self, ring: Ring) {
        self.next = ring;
    }

    /// Whether anything is heard, or will be.
    pub(super) fn is_on(&self) -> bool {
        self.ring != Ring::None || self.next != Ring::None
    }

    /// Adds the next block of it.
    pub(super) fn add(&mut self, block: &mut Block) {
        for sample in block {
            if self.ring != self.next {
                self.loud -= 1.0 / (EDGE * RATE / 1000) as f32;
                if self.loud <= 0.0 || self.ring == Ring::None {
                    (self.ring, self.at, self.loud) = (self.next, 0, 1.0);
                }
            }
            *sample += self.loud * self.sample();
        }
    }

    fn sample(&mut self) -> f32 {
        let (tones, every) = self.ring.pattern();
        let at = self.at;
        self.at = (at + 1) % (every * RATE / 1000);
        let samples = |ms: u32| ms * RATE / 1000;
        let sounds = |tone: &&Tone| (samples(tone.from)..samples(tone.to)).contains(&at);
        tones.iter().find(sounds).map_or(0.0, |tone| {
            let (since, left) = (at - samples(tone.from), samples(tone.to) - at);
            let edge = (since.min(left) as f32 / samples(EDGE) as f32).min(1.0);
            let t = since as f32 / RATE as f32;
            tone.loud * edge * tone.pitches.map(|pitch| (TAU * pitch * t).sin()).iter().sum::<f32>()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::sound::BLOCK;

    fn play(ringing: &mut Ringing, blocks: usize) -> Vec<f32> {
        let mut all = Vec::new();
        for _ in 0..blocks {
            let mut block = [0.0; BLOCK];
            ringing.add(&mut block);
            all.extend(block);
        }
        all
    }

    #[test]
    fn each_ring_has_its_tones_and_its_pauses_and_never_clicks() {
        for (ring, sounds_percent) in
            [(Ring::Incoming, 42), (Ring::Waiting, 6), (Ring::Ringback, 25), (Ring::Busy, 50)]
        {
            let mut ringing = Ringing::default();
            ringing.set(ring);
            let mut all = play(&mut ringing, 1200);
            let sounding = all.chunks(BLOCK).filter(|block| block.iter().any(|s| s.abs() > 1e-3));
            let percent = sounding.count() * 100 / 1200;
            assert!(percent.abs_diff(sounds_percent) < 4, "{ring:?}: {percent}");
            ringing.set(Ring::None);
            all.extend(play(&mut ringing, 3));
            assert!(!ringing.is_on(), "{ring:?} is over");
            let steepest = all.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(steepest < 0.05, "{ring:?}: {steepest}");
            assert!(all.iter().all(|sample| sample.abs() < 0.5));
        }
    }

    #[test]
    fn nothing_is_nothing() {
        let mut ringing = Ringing::default();
        assert!(play(&mut ringing, 10).iter().all(|sample| *sample == 0.0));
    }
}
