//! What comes, made to sound again: the jitter buffer says what is next, the decoder makes it, and seams are
//! smoothed. Whoever pulls gets exactly what they ask for, each time.

use super::jitter::{Counts, Jitter, Step, Stretch};
use super::opus::{Decoder, OpusFault};
use super::stretch;
use crate::device::sound::{BLOCK, Block};
use crate::media::coded::ReceivedSound;
use std::collections::VecDeque;

/// Over so many samples sound rises from silence, or from what was made up: 5 ms.
const SEAM: usize = 240;

/// Figures of what was played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Played {
    /// What became of packets.
    pub packets: Counts,
    /// How long sound is held back, in milliseconds.
    pub delay_ms: u64,
    /// Made up for what was lost or late, in samples.
    pub concealed: u64,
    /// Mended by what came after, in samples.
    pub mended: u64,
}

/// One stream on its way to the ear.
pub struct Playout {
    jitter: Jitter,
    decoder: Decoder,
    ready: VecDeque<f32>,
    piece: Vec<f32>,
    before: Before,
    concealed: u64,
    mended: u64,
}

/// What was played last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Sound,
    Silence,
}

impl Playout {
    /// One that plays nothing yet.
    ///
    /// # Errors
    ///
    /// Where there is no memory for the decoder.
    pub fn new() -> Result<Self, OpusFault> {
        Ok(Self {
            jitter: Jitter::default(),
            decoder: Decoder::new()?,
            ready: VecDeque::with_capacity(8192),
            piece: Vec::with_capacity(super::opus::LONGEST),
            before: Before::Silence,
            concealed: 0,
            mended: 0,
        })
    }

    /// Takes a packet that came.
    pub fn put(&mut self, sound: ReceivedSound) {
        self.jitter.put(sound);
    }

    /// Holds sound back so many microseconds at least.
    pub fn set_least_delay(&mut self, us: u64) {
        self.jitter.set_least_delay(us);
    }

    /// Fills the block that is taken at `now_us`, and says which time of the stream it begins with.
    pub fn pull(&mut self, now_us: u64, block: &mut Block) -> Option<u32> {
        while self.ready.len() < BLOCK {
            let behind_us = self.ready.len() as u64 * 1000 / 48;
            self.step(now_us + behind_us);
        }
        let ahead = self.ready.len() as u32;
        let time = self.jitter.plays().map(|plays| plays.wrapping_sub(ahead));
        for (sample, ready) in block.iter_mut().zip(self.ready.drain(..BLOCK)) {
            *sample = ready;
        }
        time
    }

    fn step(&mut self, due_us: u64) {
        let step = self.jitter.next(due_us);
        self.piece.clear();
        match step {
            Step::Decode(packet) => {
                if self.decoder.decode(&packet, &mut self.piece).is_err() || self.piece.is_empty() {
                    self.make_up(super::opus::samples_in(&packet).unwrap_or(BLOCK));
                }
                self.stretch();
                self.sound();
            }
            Step::Mend { next, samples } => {
                if self.decoder.mend(&next, &mut self.piece).is_err() || self.piece.len() < samples
                {
                    self.make_up(samples);
                } else {
                    self.mended += samples as u64;
                }
                let over = self.piece.len().saturating_sub(samples);
                self.piece.drain(..over);
                self.sound();
            }
            Step::Conceal { samples } => {
                self.make_up(samples);
                self.piece.truncate(samples);
                self.sound();
            }
            Step::Silence { samples } => self.silence(samples),
        }
    }

    fn make_up(&mut self, samples: usize) {
        if self.decoder.conceal(samples, &mut self.piece).is_err() {
            self.piece.clear();
            self.piece.resize(samples.max(1), 0.0);
        }
        self.concealed += samples as u64;
    }

    fn stretch(&mut self) {
        match self.jitter.stretch() {
            Stretch::Keep => (),
            Stretch::Shorten { most, eager } => {
                stretch::shorten(&mut self.piece, most, eager);
            }
            Stretch::Lengthen { most } => {
                stretch::lengthen(&mut self.piece, most);
            }
        }
    }

    fn sound(&mut self) {
        if self.before == Before::Silence {
            for (at, sample) in self.piece.iter_mut().take(SEAM).enumerate() {
                *sample *= at as f32 / SEAM as f32;
            }
        }
        self.before = Before::Sound;
        self.ready.extend(&self.piece);
    }

    /// What sounded last dies away, then nothing.
    fn silence(&mut self, samples: usize) {
        if self.before == Before::Sound && self.decoder.conceal(samples, &mut self.piece).is_ok() {
            self.piece.truncate(samples);
            let all = self.piece.len();
            for (at, sample) in self.piece.iter_mut().enumerate() {
                *sample *= 1.0 - at as f32 / all as f32;
            }
        }
        self.piece.resize(samples, 0.0);
        self.before = Before::Silence;
        self.ready.extend(&self.piece);
    }

    /// Figures so far.
    pub fn played(&self) -> Played {
        Played {
            packets: self.jitter.counts(),
            delay_ms: self.jitter.delay() as u64 / 48,
            concealed: self.concealed,
            mended: self.mended,
        }
    }
}
