//! How large and how often pictures are sent for what the path carries: the size follows the rate, not the
//! quality. Pure; steps up only with room to spare, so that it does not waver.

use crate::media::picture::Size;

/// What sound and its headers take, in bit/s; it is served first.
const SOUND: f64 = 48_000.0;
/// A step up needs so many times the rate of the step.
const SPARE: f64 = 1.2;

/// A step: from this rate on, pictures so large, at most so many bit/s.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    from: f64,
    size: (u32, u32),
    most: f64,
}

const STEPS: [Step; 5] = [
    Step { from: 0.0, size: (320, 180), most: 250e3 },
    Step { from: 180e3, size: (480, 270), most: 450e3 },
    Step { from: 330e3, size: (640, 360), most: 900e3 },
    Step { from: 700e3, size: (1280, 720), most: 2_500e3 },
    Step { from: 2_600e3, size: (1920, 1080), most: 5_000e3 },
];

/// What to encode at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) size: Size,
    pub(super) bit_s: u32,
}

/// Where on the ladder it stands.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    step: Option<usize>,
}

impl Ladder {
    /// What to encode at where the path carries so many bit/s.
    pub(super) fn climb(&mut self, path: f64) -> Target {
        let rate = (path - SOUND).max(0.0) / 1.05;
        let fits = STEPS.iter().rposition(|step| rate >= step.from).unwrap_or(0);
        let step = match self.step {
            // The first step is taken as it fits; later ones up need room to spare.
            Some(step) if fits > step => {
                let roomy = STEPS.iter().rposition(|step| rate >= step.from * SPARE).unwrap_or(0);
                roomy.max(step)
            }
            _ => fits,
        };
        self.step = Some(step);
        let Step { size: (width, height), most, .. } = STEPS[step];
        let size = Size::new(width, height).unwrap_or(Size { width: 320, height: 180 });
        Target { size, bit_s: rate.clamp(40e3, most) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_follows_the_rate_without_wavering() {
        let mut ladder = Ladder::default();
        let heights: Vec<u32> = [1_000e3, 700e3, 760e3, 820e3, 1_000e3, 100e3, 0.0, 9_000e3]
            .iter()
            .map(|rate| ladder.climb(*rate).size.height)
            .collect();
        assert_eq!(heights, [720, 360, 360, 360, 720, 180, 180, 1080]);
    }

    #[test]
    fn sound_is_served_first_and_rates_are_bounded() {
        let mut ladder = Ladder::default();
        assert_eq!(ladder.climb(0.0).bit_s, 40_000);
        assert!(ladder.climb(300e3).bit_s <= 252_000);
        assert_eq!(ladder.climb(1e9).bit_s, 5_000_000);
    }
}
