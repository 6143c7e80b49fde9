//! Two clocks that count the same and never agree: how much faster one has to be emptied than it says, so that
//! what waits between them stays little and never runs out.
//!
//! Whoever asks counts what waits as if it came and went in a steady stream, not in pieces: else two clocks that
//! nearly agree would seem to disagree now and then by a whole piece.

use crate::device::sound::RATE;

/// Beats of 10 ms between two corrections.
const BEATS: u32 = 50;

/// The most that is corrected: five hundredths of a semitone.
const MOST: f64 = 0.003;

/// Seconds in which a wrong level would be made good, and in which a steady drift is learned.
const LEVEL_SECONDS: f64 = 5.0;
const DRIFT_SECONDS: f64 = 20.0;

/// One clock against another.
#[derive(Debug, Clone, Default)]
pub(super) struct Drift {
    over: f64,
    beats: u32,
    learned: f64,
    faster: f64,
}

impl Drift {
    /// Notes how many samples wait beyond what should, once a beat. True where the pace has changed.
    pub(super) fn see(&mut self, over: f64) -> bool {
        self.over += over;
        self.beats += 1;
        if self.beats < BEATS {
            return false;
        }
        let seconds = f64::from(self.beats) / 100.0;
        let level = self.over / f64::from(self.beats) / (LEVEL_SECONDS * f64::from(RATE));
        (self.over, self.beats) = (0.0, 0);
        let learned = self.learned + level / DRIFT_SECONDS * seconds;
        self.faster = (level + learned).clamp(-MOST, MOST);
        // What can't be done is not learned either.
        if self.faster.abs() < MOST {
            self.learned = learned;
        }
        true
    }

    /// Forgets what was seen, but not the drift that was learned: sound was left out or ran out.
    pub(super) fn jumped(&mut self) {
        (self.over, self.beats) = (0.0, 0);
        self.faster = self.learned;
    }

    /// How many samples to make of one, so that what waits is used up faster (below 1) or slower.
    pub(super) fn ratio(&self) -> f64 {
        1.0 / (1.0 + self.faster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour of a device that gives `piece` samples at a time by a clock that is wrong by `ppm`: the least and
    /// the most that waited after the first minute.
    fn hour(ppm: f64, piece: f64, wander: bool) -> (f64, f64) {
        let mut drift = Drift::default();
        let (mut waiting, mut coming) = (480.0 + piece, 0.0);
        let (mut least, mut most) = (f64::MAX, 0.0_f64);
        for beat in 0..360_000_u32 {
            // A crystal that warms up changes its mind over minutes.
            let swing = if wander { (f64::from(beat) / 30_000.0).sin() } else { 1.0 };
            coming += 480.0 * (1.0 + ppm * swing * 1e-6);
            while coming >= piece {
                coming -= piece;
                waiting += piece;
            }
            waiting -= 480.0 / drift.ratio();
            drift.see(waiting + coming - piece - 240.0);
            if beat > 6_000 {
                least = least.min(waiting);
                most = most.max(waiting);
            }
        }
        (least, most)
    }

    #[test]
    fn in_an_hour_nothing_runs_out_and_nothing_piles_up() {
        for ppm in [-500.0, -100.0, 0.0, 100.0, 500.0] {
            for piece in [24.0, 441.0, 480.0, 1024.0] {
                for wander in [false, true] {
                    let (least, most) = hour(ppm, piece, wander);
                    println!(
                        "{ppm} ppm, pieces of {piece}, wander {wander}: {least:.0} to {most:.0}"
                    );
                    assert!(least > 150.0, "{ppm} ppm, pieces of {piece}: ran down to {least}");
                    assert!(most < 240.0 + piece + 100.0, "{ppm} ppm, pieces of {piece}: {most}");
                }
            }
        }
    }
}
