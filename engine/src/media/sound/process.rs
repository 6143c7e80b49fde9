//! What is done to a microphone's sound before it is coded: what the speaker plays is taken out of it, noise is
//! turned down, and the voice is brought to a usual loudness. Each can be switched off.

use crate::device::sound::{Block, RATE};
use sonora::config::{
    AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, MaxProcessingRate,
    NoiseSuppression, NoiseSuppressionLevel, Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};

/// How much noise is turned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Noise {
    /// Not at all.
    Off,
    /// So that voices keep their colour.
    #[default]
    Standard,
    /// As much as can be.
    Strong,
}

impl Noise {
    fn level(self) -> Option<NoiseSuppressionLevel> {
        match self {
            Self::Off => None,
            Self::Standard => Some(NoiseSuppressionLevel::Moderate),
            Self::Strong => Some(NoiseSuppressionLevel::VeryHigh),
        }
    }
}

/// What is done to the microphone's sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Treatment {
    /// Whether what the speaker plays is taken out of it.
    pub echo: bool,
    /// How much noise is turned down.
    pub noise: Noise,
    /// Whether the voice is brought to a usual loudness.
    pub gain: bool,
}

impl Default for Treatment {
    fn default() -> Self {
        Self { echo: true, noise: Noise::Standard, gain: true }
    }
}

impl Treatment {
    /// Sound as it is.
    pub const NONE: Self = Self { echo: false, noise: Noise::Off, gain: false };
}

/// The treatment at work.
pub struct Process {
    inner: Option<AudioProcessing>,
    treatment: Treatment,
}

impl Process {
    /// One for this treatment.
    pub fn new(treatment: Treatment) -> Self {
        Self { inner: build(treatment), treatment }
    }

    /// Treats sound in another way from now on.
    pub fn set(&mut self, treatment: Treatment) {
        if treatment != self.treatment {
            *self = Self::new(treatment);
        }
    }

    /// Hears what the speaker is given.
    pub fn far(&mut self, block: &Block) {
        if let Some(inner) = self.inner.as_mut().filter(|_| self.treatment.echo) {
            let mut unused = [0.0; crate::device::sound::BLOCK];
            // The shapes are those that it was built with, so it is never refused.
            inner.process_render_f32(&[block], &mut [&mut unused]).ok();
        }
    }

    /// Treats what the microphone caught. `delay_us` is how much later than it was given to the speaker sound
    /// would be in this block.
    pub fn near(&mut self, block: &mut Block, delay_us: u64) {
        let Some(inner) = &mut self.inner else { return };
        let delay_ms = i32::try_from(delay_us / 1000).unwrap_or(500).min(500);
        inner.set_stream_delay_ms(delay_ms).ok();
        let caught = *block;
        if inner.process_capture_f32(&[&caught], &mut [block.as_mut_slice()]).is_err() {
            *block = caught;
        }
        for sample in block.iter_mut().filter(|sample| !sample.is_finite()) {
            *sample = 0.0;
        }
    }
}

fn build(treatment: Treatment) -> Option<AudioProcessing> {
    if treatment == Treatment::NONE {
        return None;
    }
    let pipeline = Pipeline {
        maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
        ..Pipeline::default()
    };
    let noise = treatment.noise.level();
    let noise = noise.map(|level| NoiseSuppression { level, ..Default::default() });
    // A quiet voice comes up slowly, and a loud room is not made louder.
    let adaptive =
        AdaptiveDigital { max_gain_db: 30.0, initial_gain_db: 6.0, ..Default::default() };
    let gain = GainController2 { adaptive_digital: Some(adaptive), ..Default::default() };
    let config = Config {
        pipeline,
        high_pass_filter: Some(HighPassFilter::default()),
        echo_canceller: treatment.echo.then(EchoCanceller::default),
        noise_suppression: noise,
        gain_controller2: treatment.gain.then_some(gain),
        ..Config::default()
    };
    let shape = StreamConfig::new(RATE, 1);
    let builder = AudioProcessing::builder().config(config);
    Some(builder.capture_config(shape).render_config(shape).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::sound::BLOCK;
    use std::collections::VecDeque;

    struct Chance(u32);

    impl Chance {
        fn next(&mut self) -> f32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            self.0 as f32 / u32::MAX as f32 - 0.5
        }
    }

    /// Noise that comes and goes as speech does.
    fn speech(noise: &mut Chance, beat: usize) -> Block {
        let loud = if (beat / 15) % 3 == 2 { 0.01 } else { 0.3 };
        let mut last = 0.0;
        std::array::from_fn(|_| {
            last = 0.6 * last + 0.4 * noise.next();
            last * loud
        })
    }

    fn power(block: &Block) -> f64 {
        block.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / BLOCK as f64
    }

    /// The echo of a room, 60 ms late, before and after treatment, in dB over the third and fourth second.
    fn echo_left(treatment: Treatment) -> f64 {
        let mut process = Process::new(treatment);
        let mut noise = Chance(1);
        let mut air: VecDeque<f32> = vec![0.0; 60 * 48].into();
        let (mut before, mut after) = (0.0, 0.0);
        for beat in 0..400 {
            let far = speech(&mut noise, beat);
            process.far(&far);
            air.extend(far);
            let mut near: Block = std::array::from_fn(|at| {
                0.5 * air[at] + 0.2 * air[at + 100] - 0.1 * air[at + 230] + 1e-4 * noise.next()
            });
            air.drain(..BLOCK);
            if beat >= 200 {
                before += power(&near);
            }
            process.near(&mut near, 60_000);
            if beat >= 200 {
                after += power(&near);
            }
        }
        10.0 * (after / before).log10()
    }

    #[test]
    fn an_echo_is_taken_out() {
        let left = echo_left(Treatment { gain: false, ..Treatment::default() });
        println!("echo after 2 s: {left:.1} dB");
        assert!(left < -20.0, "{left}");
        let untouched = echo_left(Treatment::NONE);
        assert!(untouched.abs() < 0.01, "{untouched}");
    }

    #[test]
    fn noise_is_turned_down_and_switches_switch() {
        let level = |treatment: Treatment| {
            let (mut process, mut noise) = (Process::new(treatment), Chance(3));
            let mut last = 0.0;
            for beat in 0..300 {
                let mut block: Block = std::array::from_fn(|_| 0.02 * noise.next());
                process.near(&mut block, 0);
                if beat >= 200 {
                    last += power(&block);
                }
            }
            10.0 * last.log10()
        };
        let plain = level(Treatment::NONE);
        let treated = |noise| level(Treatment { noise, ..Treatment::NONE });
        let (standard, strong) = (treated(Noise::Standard), treated(Noise::Strong));
        assert!(standard < plain - 8.0, "{plain} to {standard} dB");
        assert!(strong < standard - 3.0, "{standard} to {strong} dB");
        let mut process = Process::new(Treatment::default());
        process.set(Treatment::NONE);
        let mut block = [0.25; BLOCK];
        process.near(&mut block, 0);
        assert_eq!(block, [0.25; BLOCK]);
    }

    #[test]
    fn the_voice_passes() {
        let mut process = Process::new(Treatment { gain: false, ..Treatment::default() });
        let mut noise = Chance(9);
        let (mut before, mut after) = (0.0, 0.0);
        for beat in 0..300 {
            let mut block = speech(&mut noise, beat);
            if beat >= 100 {
                before += power(&block);
            }
            process.far(&[0.0; BLOCK]);
            process.near(&mut block, 40_000);
            if beat >= 100 {
                after += power(&block);
            }
        }
        let change = 10.0 * (after / before).log10();
        assert!(change > -8.0 && change < 3.0, "{change} dB");
    }
}
