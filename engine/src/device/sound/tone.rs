//! The test tone: a clean, steady sine at -20 dBFS, as a microphone. Its phase never jumps, so whoever hears it
//! can tell a gap from a whole.

use super::pace::{Pace, Turn};
use super::paced::Paced;
use super::{BLOCK_US, Block, DeviceFault, RATE, Sink};
use std::f64::consts::TAU;

/// -20 dBFS.
pub(super) const LOUDNESS: f64 = 0.1;

/// Gives the tone to `sink` until it is dropped.
pub(super) fn play(hz: u32, pace: &Pace, mut sink: Sink) -> Result<Paced, DeviceFault> {
    let mut tone = Tone::new(hz);
    Paced::start("test tone", pace, Turn::Microphone, move |now_us| {
        sink(&tone.block(), now_us.saturating_sub(BLOCK_US));
        true
    })
}

/// A sine that goes on from block to block.
struct Tone {
    turn: f64,
    step: f64,
}

impl Tone {
    fn new(hz: u32) -> Self {
        Self { turn: 0.0, step: f64::from(hz) / f64::from(RATE) }
    }

    fn block(&mut self) -> Block {
        std::array::from_fn(|_| {
            let sample = LOUDNESS * (self.turn * TAU).sin();
            self.turn = (self.turn + self.step).fract();
            sample as f32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Microphone;
    use super::*;
    use crate::device::DeviceUri;
    use std::sync::mpsc;

    #[test]
    fn the_tone_is_steady_over_blocks() {
        let mut tone = Tone::new(997);
        let all: Vec<f32> = (0..100).flat_map(|_| tone.block()).collect();
        let steps = all.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        let steepest = LOUDNESS * TAU * 997.0 / f64::from(RATE);
        assert!(steps.fold(0.0, f32::max) < steepest as f32 * 1.01);
        let loudest = all.iter().copied().fold(0.0, f32::max);
        assert!((loudest - 0.1).abs() < 1e-3, "{loudest}");
    }

    #[test]
    fn a_block_is_given_on_each_beat_until_it_is_closed() {
        let (pace, stepper) = Pace::stepped();
        let (heard, blocks) = mpsc::sync_channel(8);
        let sink: Sink = Box::new(move |_, at_us| heard.send(at_us).unwrap());
        let uri = DeviceUri::Tone { hz: 440 };
        let microphone = Microphone::open(&uri, &pace, sink, Box::new(|_| ())).unwrap();
        stepper.step();
        stepper.step();
        drop(microphone);
        stepper.step();
        assert_eq!(blocks.iter().collect::<Vec<_>>(), [0, 10_000]);
        assert_eq!(stepper.beating(), 0);
    }
}
