//! From one sampling rate to another, one channel, block by block. It may be made to run a little faster or
//! slower while it runs: so clocks that drift apart are held together.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Adjustable, Async, FixedAsync, PolynomialDegree, Resampler, SincInterpolationParameters,
    SincInterpolationType, WindowFunction,
};

/// How far from its own rate it may be made to run, as a part of it.
pub const MOST_DRIFT: f64 = 0.01;

/// A change of rate that can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no way from one sampling rate to another: {0}")]
pub struct OddRate(String);

/// Which side has blocks of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// What goes in.
    Input,
    /// What comes out.
    Output,
}

/// Changes the rate of what passes.
pub struct Rate {
    change: Async<f32>,
    out: Vec<f32>,
}

impl Rate {
    /// From `from` to `to` samples a second, with a filter against what the new rate can't hold.
    ///
    /// # Errors
    ///
    /// Where one of the rates is zero.
    pub fn new(from: u32, to: u32, block: usize, fixed: Fixed) -> Result<Self, OddRate> {
        let shape = SincInterpolationParameters::new(96, WindowFunction::BlackmanHarris2)
            .interpolation(SincInterpolationType::Quadratic);
        let ratio = f64::from(to) / f64::from(from.max(1));
        let change = Async::new_sinc(ratio, 1.0, &shape, block, 1, side(fixed));
        Self::with(change.map_err(|error| OddRate(error.to_string()))?)
    }

    /// From a rate to nearly the same, to be adjusted as it runs.
    ///
    /// # Errors
    ///
    /// Where the block is empty.
    pub fn adjustable(block: usize, fixed: Fixed) -> Result<Self, OddRate> {
        let degree = PolynomialDegree::Septic;
        let change = Async::new_poly(1.0, 1.0 + MOST_DRIFT, degree, block, 1, side(fixed));
        Self::with(change.map_err(|error| OddRate(error.to_string()))?)
    }

    fn with(change: Async<f32>) -> Result<Self, OddRate> {
        let out = vec![0.0; change.output_frames_max()];
        Ok(Self { change, out })
    }

    /// How many samples the next block needs.
    pub fn needs(&self) -> usize {
        self.change.input_frames_next()
    }

    /// How many samples it may ever need for a block.
    pub fn needs_at_most(&self) -> usize {
        self.change.input_frames_max()
    }

    /// Makes more (above 1) or fewer samples of the same from now on.
    pub fn adjust(&mut self, relative: f64) {
        let bounded = relative.clamp(1.0 - MOST_DRIFT / 2.0, 1.0 + MOST_DRIFT / 2.0);
        // Within the bounds that it was made with, so it is never refused.
        self.change.set_resample_ratio_relative(bounded, true).ok();
    }

    /// Changes the rate of one block of [`Rate::needs`] samples. What is short is silence.
    pub fn change(&mut self, samples: &[f32]) -> &[f32] {
        let makes = self.change.output_frames_next().min(self.out.len());
        let needs = self.change.input_frames_next();
        let made = match (
            SequentialSlice::new(samples, 1, samples.len()),
            SequentialSlice::new_mut(&mut self.out, 1, makes),
        ) {
            (Ok(from), Ok(mut to)) => {
                let partial = rubato::Indexing::new().partial_len(samples.len());
                let indexing = (samples.len() < needs).then_some(&partial);
                self.change.process_into_buffer(&from, &mut to, indexing).map_or(0, |(_, out)| out)
            }
            _ => 0,
        };
        &self.out[..made]
    }
}

fn side(fixed: Fixed) -> FixedAsync {
    match fixed {
        Fixed::Input => FixedAsync::Input,
        Fixed::Output => FixedAsync::Output,
    }
}
