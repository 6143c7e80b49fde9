//! Between what a device does and blocks of 10 ms of one channel at 48 kHz: any rate from 8 to 192 kHz, one to
//! many channels, callbacks of any size. It runs on the device's thread, and waits for nobody.

use super::rate::{Fixed, Rate};
use super::{BLOCK, BLOCK_US, Block, RATE, Sink, Source};

/// The lowest and highest rate that is taken.
pub(super) const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;

/// The most channels that are taken.
pub(super) const MOST_CHANNELS: usize = 64;

/// Why a device's shape can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{channels} channels at {rate} Hz is not what sound is made of")]
pub(super) struct OddShape {
    channels: usize,
    rate: u32,
}

fn rate_between(from: u32, to: u32, fixed: Fixed, odd: OddShape) -> Result<Option<Rate>, OddShape> {
    if from == to {
        return Ok(None);
    }
    Rate::new(from, to, BLOCK, fixed).map(Some).map_err(|_| odd)
}

fn checked(channels: usize, rate: u32) -> Result<OddShape, OddShape> {
    let odd = OddShape { channels, rate };
    let known = RATES.contains(&rate) && (1..=MOST_CHANNELS).contains(&channels);
    if known { Ok(odd) } else { Err(odd) }
}

/// What a device caught, on its way in.
pub(super) struct Inward {
    channels: usize,
    rate: u32,
    change: Option<Rate>,
    /// Of one channel, at the device's rate, not yet in a block.
    waiting: Vec<f32>,
    block: Block,
    filled: usize,
    sink: Sink,
}

impl Inward {
    /// For a device of this shape.
    pub(super) fn new(channels: usize, rate: u32, sink: Sink) -> Result<Self, OddShape> {
        let odd = checked(channels, rate)?;
        let change = rate_between(rate, RATE, Fixed::Output, odd)?;
        let waiting = Vec::with_capacity(8192);
        Ok(Self { channels, rate, change, waiting, block: [0.0; BLOCK], filled: 0, sink })
    }

    /// Takes interleaved frames whose first was caught at `caught_us`.
    pub(super) fn push(&mut self, samples: impl Iterator<Item = f32>, caught_us: u64) {
        let mut at_us = caught_us.saturating_sub(self.waits_us());
        let (mut sum, mut counted) = (0.0, 0);
        for sample in samples {
            sum += sample;
            counted += 1;
            if counted == self.channels {
                let mono = sum / self.channels as f32;
                (sum, counted) = (0.0, 0);
                self.take(if mono.is_finite() { mono.clamp(-1.0, 1.0) } else { 0.0 }, &mut at_us);
            }
        }
    }

    fn take(&mut self, sample: f32, at_us: &mut u64) {
        let Some(change) = &mut self.change else {
            self.block[self.filled] = sample;
            self.filled += 1;
            if self.filled == BLOCK {
                self.filled = 0;
                (self.sink)(&self.block, *at_us);
                *at_us += BLOCK_US;
            }
            return;
        };
        self.waiting.push(sample);
        if self.waiting.len() < change.needs() {
            return;
        }
        let made = change.change(&self.waiting);
        let fits = made.len().min(BLOCK);
        self.block[..fits].copy_from_slice(&made[..fits]);
        self.waiting.clear();
        (self.sink)(&self.block, *at_us);
        *at_us += BLOCK_US;
    }

    fn waits_us(&self) -> u64 {
        duration_us(self.filled, RATE) + duration_us(self.waiting.len(), self.rate)
    }
}

/// What a device is to play, on its way out.
pub(super) struct Outward {
    channels: usize,
    rate: u32,
    change: Option<Rate>,
    /// Of one channel, at the device's rate, not yet played.
    waiting: Vec<f32>,
    played: usize,
    source: Source,
}

impl Outward {
    /// For a device of this shape.
    pub(super) fn new(channels: usize, rate: u32, source: Source) -> Result<Self, OddShape> {
        let odd = checked(channels, rate)?;
        let change = rate_between(RATE, rate, Fixed::Input, odd)?;
        let waiting = Vec::with_capacity(8192);
        Ok(Self { channels, rate, change, waiting, played: 0, source })
    }

    /// Gives `samples` interleaved samples, the first of which will be heard at `heard_us`.
    pub(super) fn pull(&mut self, samples: usize, heard_us: u64, mut put: impl FnMut(usize, f32)) {
        let frames = samples.div_ceil(self.channels);
        let mut done = 0;
        while done < frames {
            if self.played == self.waiting.len() {
                self.fill(heard_us + duration_us(done, self.rate));
            }
            let Some(sample) = self.waiting.get(self.played) else { break };
            self.played += 1;
            for channel in 0..self.channels {
                let place = done * self.channels + channel;
                if place < samples {
                    put(place, *sample);
                }
            }
            done += 1;
        }
    }

    fn fill(&mut self, heard_us: u64) {
        let mut block = [0.0; BLOCK];
        self.waiting.clear();
        self.played = 0;
        // A change of rate may swallow its first block whole.
        for _ in 0..16 {
            (self.source)(&mut block, heard_us);
            match &mut self.change {
                Some(change) => self.waiting.extend_from_slice(change.change(&block)),
                None => self.waiting.extend_from_slice(&block),
            }
            if !self.waiting.is_empty() {
                break;
            }
        }
    }
}

fn duration_us(samples: usize, rate: u32) -> u64 {
    samples as u64 * 1_000_000 / u64::from(rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f32::consts::TAU;
    use std::sync::{Arc, Mutex};

    /// How much of `samples` is a tone of `hz`, from 0 to 1 (a sine of full scale).
    fn tone_in(samples: &[f32], hz: f32, rate: f32) -> f32 {
        let (mut re, mut im) = (0.0, 0.0);
        for (index, sample) in samples.iter().enumerate() {
            let turn = TAU * hz * index as f32 / rate;
            re += sample * turn.cos();
            im += sample * turn.sin();
        }
        2.0 * (re * re + im * im).sqrt() / samples.len() as f32
    }

    fn sine(hz: f32, rate: u32, frames: usize) -> impl Iterator<Item = f32> {
        (0..frames).map(move |at| 0.5 * (TAU * hz * at as f32 / rate as f32).sin())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn whatever_a_device_catches_comes_in_as_blocks(
            rate in prop::sample::select(vec![8_000_u32, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000]),
            channels in 1_usize..=8,
            callback in 24_usize..=1024,
        ) {
            let heard = Arc::new(Mutex::new((Vec::new(), Vec::new())));
            let into = Arc::clone(&heard);
            let sink: Sink = Box::new(move |block, at_us| {
                let mut heard = into.lock().unwrap();
                heard.0.extend_from_slice(block);
                heard.1.push(at_us);
            });
            let mut inward = Inward::new(channels, rate, sink).unwrap();
            let frames: Vec<f32> = sine(1000.0, rate, rate as usize / 2)
                .flat_map(|sample| std::iter::repeat_n(sample, channels))
                .collect();
            for (index, chunk) in frames.chunks(callback * channels).enumerate() {
                let at_us = 1_000_000 + duration_us(index * callback, rate);
                inward.push(chunk.iter().copied(), at_us);
            }
            let heard = heard.lock().unwrap();
            prop_assert!((22_500..=24_000).contains(&heard.0.len()), "{}", heard.0.len());
            let level = tone_in(&heard.0[4_800..19_200], 1000.0, 48_000.0);
            prop_assert!((level - 0.5).abs() < 0.03, "{level}");
            // Each block says when it was caught, to the length of a block at the device's rate.
            for (index, at_us) in heard.1.iter().enumerate() {
                let due = 1_000_000 + index as u64 * BLOCK_US;
                prop_assert!(at_us.abs_diff(due) < 15_000, "block {index}: {at_us} for {due}");
            }
        }

        #[test]
        fn whatever_a_device_wants_comes_from_blocks(
            rate in prop::sample::select(vec![8_000_u32, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000]),
            channels in 1_usize..=8,
            callback in 24_usize..=1024,
        ) {
            let mut at = 0;
            let source: Source = Box::new(move |block, _| {
                for sample in block {
                    *sample = 0.5 * (TAU * 1000.0 * at as f32 / 48_000.0).sin();
                    at = (at + 1) % 48_000;
                }
            });
            let mut outward = Outward::new(channels, rate, source).unwrap();
            let mut all = Vec::new();
            while all.len() < rate as usize / 2 {
                let mut out = vec![9.0; callback * channels];
                outward.pull(out.len(), 0, |place, sample| out[place] = sample);
                for frame in out.chunks(channels) {
                    prop_assert!(frame.iter().all(|sample| *sample == frame[0] && *sample < 1.0));
                    all.push(frame[0]);
                }
            }
            let whole = &all[rate as usize / 10..rate as usize * 4 / 10];
            let level = tone_in(whole, 1000.0, rate as f32);
            prop_assert!((level - 0.5).abs() < 0.03, "{level}");
        }
    }

    #[test]
    fn what_is_no_number_is_silence() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&heard);
        let sink: Sink = Box::new(move |block, _| into.lock().unwrap().extend_from_slice(block));
        let mut inward = Inward::new(1, RATE, sink).unwrap();
        inward.push([f32::NAN, f32::INFINITY, 7.0].into_iter().cycle().take(BLOCK), 0);
        assert_eq!(heard.lock().unwrap()[..3], [0.0, 0.0, 1.0]);
    }

    #[test]
    fn odd_shapes_are_refused() {
        for (channels, rate) in [(0, RATE), (65, RATE), (1, 0), (1, 400_000)] {
            assert!(Inward::new(channels, rate, Box::new(|_, _| ())).is_err());
            assert!(Outward::new(channels, rate, Box::new(|_, _| ())).is_err());
        }
    }
}
