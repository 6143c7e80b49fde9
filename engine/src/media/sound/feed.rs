//! Between the devices' threads and the sound thread: what a microphone caught waits here for the next beat, and
//! what is to be heard waits for the speaker. Each device has a clock of its own; here the sound is made to fit
//! by running a little faster or slower. Locks are held for no longer than it takes to copy a block.

use super::drift::Drift;
use crate::device::sound::pace::Pace;
use crate::device::sound::rate::{Fixed, OddRate, Rate};
use crate::device::sound::{BLOCK, BLOCK_US, Block, RATE, Sink, Source};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The least that should wait, 5 ms.
const GOAL: usize = 240;

/// For so many blocks the largest pause between two pieces is remembered, at least: 10 s.
const REMEMBERED: u32 = 1000;

/// More than this is never held back: 100 ms. Something stood still, and what it left is old.
const MOST: usize = 4800;

/// Over so many samples sound rises and falls where it begins and ends.
const SEAM: usize = 96;

fn us_of(samples: usize) -> u64 {
    samples as u64 * 1_000_000 / u64::from(RATE)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn samples_of(us: u64) -> f64 {
    us as f64 * f64::from(RATE) / 1e6
}

/// How long the pauses between pieces are.
#[derive(Default)]
struct Pauses {
    last_us: Option<u64>,
    longest_us: [u64; 2],
    blocks: u32,
}

impl Pauses {
    fn block(&mut self, now_us: u64) {
        let pause = now_us.saturating_sub(self.last_us.unwrap_or(now_us));
        self.last_us = Some(now_us);
        self.longest_us[0] = self.longest_us[0].max(pause.min(us_of(MOST)));
        self.blocks += 1;
        if self.blocks == REMEMBERED {
            self.blocks = 0;
            self.longest_us = [0, self.longest_us[0]];
        }
    }

    fn longest_us(&self) -> u64 {
        self.longest_us[0].max(self.longest_us[1])
    }

    /// How long ago the last piece was, as far as that is no longer than usual.
    fn since_us(&self, now_us: u64) -> u64 {
        let since = now_us.saturating_sub(self.last_us.unwrap_or(now_us));
        since.min(self.longest_us())
    }
}

/// What a microphone caught.
pub(super) struct Caught {
    pool: Arc<Mutex<CaughtPool>>,
    rate: Rate,
    drift: Drift,
    flowing: bool,
    piece: Vec<f32>,
    age_us: u64,
}

#[derive(Default)]
struct CaughtPool {
    samples: VecDeque<f32>,
    /// When the last of them was caught.
    until_us: u64,
    pauses: Pauses,
}

impl Caught {
    /// A place for what a microphone will catch, and what to open the microphone with.
    pub(super) fn new(pace: &Pace) -> Result<(Self, Sink), OddRate> {
        let pool = Arc::new(Mutex::new(CaughtPool::default()));
        let (into, pace) = (Arc::clone(&pool), pace.clone());
        let sink = move |block: &Block, caught_us: u64| {
            let now_us = pace.now_us();
            let mut pool = lock(&into);
            pool.pauses.block(now_us);
            let over = (pool.samples.len() + BLOCK).saturating_sub(2 * MOST);
            pool.samples.drain(..over);
            pool.samples.extend(block);
            pool.until_us = caught_us + BLOCK_US;
        };
        let rate = Rate::adjustable(BLOCK, Fixed::Output)?;
        let (drift, piece) = (Drift::default(), Vec::with_capacity(2 * BLOCK));
        let caught = Self { pool, rate, drift, flowing: false, piece, age_us: 0 };
        Ok((caught, Box::new(sink)))
    }

    /// Fills the next block; silence where nothing was caught. False where that is so.
    pub(super) fn pull(&mut self, now_us: u64, block: &mut Block) -> bool {
        block.fill(0.0);
        let needs = self.rate.needs();
        let mut pool = lock(&self.pool);
        let begins = !self.flowing;
        let pause = samples_of(pool.pauses.longest_us());
        if begins && (pool.samples.len() as f64) < needs as f64 + GOAL as f64 + pause - BLOCK as f64
        {
            return false;
        }
        self.flowing = pool.samples.len() >= needs;
        if pool.samples.len() > needs + MOST {
            let over = pool.samples.len() - needs - GOAL;
            pool.samples.drain(..over);
            self.drift.jumped();
        }
        let oldest_us = pool.until_us.saturating_sub(us_of(pool.samples.len()));
        let takes = needs.min(pool.samples.len());
        self.piece.clear();
        self.piece.extend(pool.samples.drain(..takes));
        // As if it came in a steady stream.
        let left = pool.samples.len() as f64 + samples_of(pool.pauses.since_us(now_us));
        let over = left - pause - GOAL as f64;
        drop(pool);
        self.age_us = now_us.saturating_sub(oldest_us);
        if !self.flowing {
            // It ran out: what is left dies away.
            self.drift.jumped();
            fall(&mut self.piece);
        }
        let made = self.rate.change(&self.piece);
        let fits = made.len().min(BLOCK);
        block[..fits].copy_from_slice(&made[..fits]);
        if begins {
            rise(block);
        }
        if self.flowing && self.drift.see(over) {
            self.rate.adjust(self.drift.ratio());
        }
        self.flowing
    }

    /// How long ago the first sample of the last block was caught.
    pub(super) fn age_us(&self) -> u64 {
        self.age_us
    }
}

/// What is to be heard.
pub(super) struct ToHear {
    pool: Arc<Mutex<ToHearPool>>,
    rate: Rate,
    drift: Drift,
    pace: Pace,
}

struct ToHearPool {
    samples: VecDeque<f32>,
    /// Whether the speaker takes anything yet; whether it flows; with how much it begins to.
    taking: bool,
    flowing: bool,
    begins_with: usize,
    /// What has to wait because it ran out before; it fades.
    wary: f64,
    pauses: Pauses,
    /// How much later than it is taken sound is heard.
    behind_us: u64,
    ran_out: u64,
}

impl ToHear {
    /// A place for what will be heard, and what to open the speaker with.
    pub(super) fn new(pace: &Pace) -> Result<(Self, Source), OddRate> {
        let pool = Arc::new(Mutex::new(ToHearPool {
            samples: VecDeque::with_capacity(3 * MOST),
            taking: false,
            flowing: false,
            begins_with: BLOCK + GOAL,
            wary: 0.0,
            pauses: Pauses::default(),
            behind_us: 0,
            ran_out: 0,
        }));
        let (from, clock) = (Arc::clone(&pool), pace.clone());
        let source = move |block: &mut Block, heard_us: u64| {
            lock(&from).take(block, clock.now_us(), heard_us);
        };
        let rate = Rate::adjustable(BLOCK, Fixed::Input)?;
        let to_hear = Self { pool, rate, drift: Drift::default(), pace: pace.clone() };
        Ok((to_hear, Box::new(source)))
    }

    /// Puts in the next block.
    pub(super) fn push(&mut self, block: &Block) {
        let made = self.rate.change(block);
        let now_us = self.pace.now_us();
        let mut pool = lock(&self.pool);
        let waits = pool.samples.len();
        if !pool.taking || waits > MOST {
            // Nobody takes it, or nobody took it for long: only the newest counts.
            let keeps = pool.begins_with.saturating_sub(made.len());
            pool.samples.drain(..waits.saturating_sub(keeps));
            pool.samples.extend(made);
            self.drift.jumped();
            return;
        }
        pool.samples.extend(made);
        let flows = pool.flowing;
        // As if it were taken in a steady stream.
        let left = waits as f64 - samples_of(pool.pauses.since_us(now_us));
        let over = left - GOAL as f64 - pool.wary;
        pool.wary *= 0.9998;
        drop(pool);
        if !flows {
            self.drift.jumped();
        } else if self.drift.see(over) {
            self.rate.adjust(self.drift.ratio());
        }
    }

    /// How much later than it is put in a block is heard.
    pub(super) fn behind_us(&self) -> u64 {
        let pool = lock(&self.pool);
        us_of(pool.samples.len()) + pool.behind_us
    }

    /// How often there was nothing to be heard.
    #[cfg(test)]
    pub(super) fn ran_out(&self) -> u64 {
        lock(&self.pool).ran_out
    }
}

impl ToHearPool {
    fn take(&mut self, block: &mut Block, now_us: u64, heard_us: u64) {
        self.taking = true;
        self.pauses.block(now_us);
        let behind_us = heard_us.saturating_sub(now_us);
        // A single figure of a system's counts little.
        self.behind_us =
            if self.behind_us == 0 { behind_us } else { (self.behind_us * 15 + behind_us) / 16 };
        let begins = !self.flowing;
        if begins && self.samples.len() < self.begins_with {
            return;
        }
        self.flowing = self.samples.len() >= BLOCK;
        let takes = self.samples.len().min(BLOCK);
        for (sample, waiting) in block.iter_mut().zip(self.samples.drain(..takes)) {
            *sample = waiting;
        }
        if !self.flowing {
            // The speaker takes more at a time than was thought.
            self.begins_with = (self.begins_with + BLOCK).min(MOST);
            self.wary = (self.wary + GOAL as f64).min(MOST as f64 / 2.0);
            self.ran_out += 1;
            fall(&mut block[..takes]);
        }
        if begins {
            rise(block);
        }
    }
}

fn rise(sound: &mut [f32]) {
    for (at, sample) in sound.iter_mut().take(SEAM).enumerate() {
        *sample *= at as f32 / SEAM as f32;
    }
}

fn fall(sound: &mut [f32]) {
    for (at, sample) in sound.iter_mut().rev().take(SEAM).enumerate() {
        *sample *= at as f32 / SEAM as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::sound::pace::Stepper;
    use std::f64::consts::TAU;

    /// A tone that a device's clock makes, in blocks.
    fn tone(at: &mut usize) -> Block {
        std::array::from_fn(|_| {
            *at += 1;
            (0.2 * (TAU * 500.0 * *at as f64 / 48_000.0).sin()) as f32
        })
    }

    fn steepest(sound: &[f32]) -> f32 {
        sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    /// A minute of beats of the sound thread, and between them a device whose clock is wrong by `ppm`.
    fn minute(stepper: &Stepper, ppm: f64, mut beat: impl FnMut(), mut device: impl FnMut(u64)) {
        let mut device_us = 3_000.0;
        for beat_us in (1..6_000).map(|beat| beat * BLOCK_US) {
            while device_us <= beat_us as f64 {
                stepper.pass_until(device_us as u64);
                device(device_us as u64);
                device_us += 10_000.0 * (1.0 - ppm * 1e-6);
            }
            stepper.pass_until(beat_us);
            beat();
        }
    }

    #[test]
    fn a_microphone_with_a_wrong_clock_is_heard_whole() {
        for ppm in [-500.0, 500.0] {
            let (pace, stepper) = Pace::stepped();
            let (caught, mut sink) = Caught::new(&pace).unwrap();
            let (caught, heard) = (Mutex::new(caught), Mutex::new(Vec::new()));
            let (mut at, mut flowed) = (0, 0);
            let pull = || {
                let mut block = [0.0; BLOCK];
                let flows = lock(&caught).pull(pace.now_us(), &mut block);
                lock(&heard).extend_from_slice(&block);
                flowed += usize::from(flows);
            };
            minute(&stepper, ppm, pull, |at_us| {
                sink(&tone(&mut at), at_us.saturating_sub(BLOCK_US));
            });
            assert!(flowed > 5_990, "{ppm} ppm: ran out {}", 6_000 - flowed);
            let age_us = lock(&caught).age_us();
            assert!(age_us < 45_000, "{ppm} ppm: {age_us}");
            let clean = 0.2 * (TAU * 500.0 / 48_000.0) as f32;
            assert!(steepest(&lock(&heard)[9_600..]) < clean * 1.05, "{ppm} ppm: a click");
        }
    }

    #[test]
    fn a_speaker_with_a_wrong_clock_plays_whole() {
        for ppm in [-500.0, 500.0] {
            let (pace, stepper) = Pace::stepped();
            let (mut to_hear, mut source) = ToHear::new(&pace).unwrap();
            let (mut at, mut heard) = (0, Vec::new());
            minute(
                &stepper,
                ppm,
                || to_hear.push(&tone(&mut at)),
                |_| {
                    let mut block = [0.0; BLOCK];
                    source(&mut block, 0);
                    heard.extend_from_slice(&block);
                },
            );
            assert_eq!(to_hear.ran_out(), 0, "{ppm} ppm");
            assert!(to_hear.behind_us() < 35_000, "{ppm} ppm: {}", to_hear.behind_us());
            let clean = 0.2 * (TAU * 500.0 / 48_000.0) as f32;
            assert!(steepest(&heard[9_600..]) < clean * 1.05, "{ppm} ppm: a click");
        }
    }

    #[test]
    fn what_stood_still_leaves_nothing_old() {
        let (pace, _stepper) = Pace::stepped();
        let (mut caught, mut sink) = Caught::new(&pace).unwrap();
        let mut at = 0;
        for block in 0..100 {
            sink(&tone(&mut at), block * BLOCK_US);
        }
        let mut block = [0.0; BLOCK];
        assert!(caught.pull(1_000_000, &mut block));
        assert!(caught.age_us() < 20_000, "{}", caught.age_us());
        let (mut to_hear, mut source) = ToHear::new(&pace).unwrap();
        for _ in 0..100 {
            to_hear.push(&tone(&mut at));
        }
        assert!(to_hear.behind_us() < 20_000, "{}", to_hear.behind_us());
        source(&mut block, 0);
        for _ in 0..100 {
            to_hear.push(&tone(&mut at));
        }
        assert!(to_hear.behind_us() <= 120_000, "{}", to_hear.behind_us());
    }

    #[test]
    fn a_speaker_that_takes_much_at_once_runs_out_only_at_first() {
        let (pace, stepper) = Pace::stepped();
        let (mut to_hear, mut source) = ToHear::new(&pace).unwrap();
        let (mut at, mut ran_out) = (0, 0);
        for beat in 0..6_000 {
            stepper.step();
            to_hear.push(&tone(&mut at));
            if beat % 4 == 3 {
                for _ in 0..4 {
                    source(&mut [0.0; BLOCK], 0);
                }
            }
            if beat == 100 {
                ran_out = to_hear.ran_out();
            }
        }
        assert!(ran_out > 0, "it did run out");
        assert_eq!(to_hear.ran_out(), ran_out);
    }
}
