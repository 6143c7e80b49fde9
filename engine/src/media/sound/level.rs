//! How loud sound is, and what keeps it from being too loud when several sounds meet.

use crate::device::sound::Block;

/// How loud something is, from 0 to 1 (a sine of full scale): up at once, down slowly.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Level(f32);

impl Level {
    /// What is left of a level after 10 ms of silence: a tenth after 0.25 s.
    const DECAY: f32 = 0.91;

    /// Hears a block.
    pub(super) fn hear(&mut self, block: &Block) {
        let power = block.iter().map(|sample| sample * sample).sum::<f32>() / block.len() as f32;
        let level = (2.0 * power).sqrt().min(1.0);
        self.0 = level.max(self.0 * Self::DECAY);
        if self.0 < 1e-4 {
            self.0 = 0.0;
        }
    }

    /// How loud it is.
    pub(super) fn get(self) -> f32 {
        self.0
    }
}

/// Whether somebody speaks: loud for much of the last second, but not all the time as an engine is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Speech {
    /// Loud blocks of late, as a part: down to a third in a second.
    loud: f32,
    floor: f32,
}

impl Speech {
    /// What counts as loud at the least: a voice that was brought to a usual loudness is ten times that.
    const LEAST: f32 = 0.02;
    const FORGETS: f32 = 0.01;

    /// Hears a block, and says whether it is speech by now.
    pub(super) fn hear(&mut self, block: &Block) -> bool {
        let power = block.iter().map(|sample| sample * sample).sum::<f32>() / block.len() as f32;
        let level = (2.0 * power).sqrt();
        // Down at once, up slowly: what is there all the time is the room.
        self.floor =
            if level < self.floor { level } else { self.floor + (level - self.floor) * 0.002 };
        let loud = level > Self::LEAST && level > 3.0 * self.floor;
        self.loud += (f32::from(u8::from(loud)) - self.loud) * Self::FORGETS;
        self.loud > 0.25
    }
}

/// Bends what is too loud instead of cutting it off: nothing is louder than full scale after it, and nothing
/// below seven tenths is changed.
pub(super) fn limit(block: &mut Block) {
    const KNEE: f32 = 0.7;
    for sample in block {
        let over = sample.abs() - KNEE;
        if over > 0.0 {
            *sample = sample.signum() * (KNEE + (1.0 - KNEE) * (over / (1.0 - KNEE)).tanh());
        }
    }
}

/// Turns a block up or down, from one loudness to another without a step.
pub(super) fn turn(block: &mut Block, from: f32, to: f32) {
    let all = block.len() as f32;
    for (at, sample) in block.iter_mut().enumerate() {
        *sample *= from + (to - from) * at as f32 / all;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::sound::BLOCK;

    #[test]
    fn a_level_rises_at_once_and_falls_slowly() {
        let mut level = Level::default();
        let tone: Block =
            std::array::from_fn(|at| 0.1 * (std::f32::consts::TAU * at as f32 / 48.0).sin());
        level.hear(&tone);
        assert!((level.get() - 0.1).abs() < 1e-3, "{}", level.get());
        for _ in 0..25 {
            level.hear(&[0.0; BLOCK]);
        }
        assert!((0.005..0.02).contains(&level.get()), "{}", level.get());
        for _ in 0..100 {
            level.hear(&[0.0; BLOCK]);
        }
        assert_eq!(level.get(), 0.0);
    }

    /// Noise of a loudness that changes from block to block.
    fn heard(seconds: usize, loud: impl Fn(usize) -> f32) -> bool {
        let (mut speech, mut seed, mut is) = (Speech::default(), 1_u32, false);
        for beat in 0..seconds * 100 {
            let block: Block = std::array::from_fn(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                loud(beat) * (seed as f32 / u32::MAX as f32 - 0.5)
            });
            is = speech.hear(&block);
        }
        is
    }

    #[test]
    fn speech_is_told_from_silence_a_knock_and_an_engine() {
        // Syllables with short breaks, after a second of a quiet room.
        let speech = |beat: usize| if beat > 100 && beat % 25 < 17 { 0.4 } else { 0.002 };
        assert!(heard(3, speech));
        assert!(!heard(3, |_| 0.002));
        assert!(!heard(3, |beat| if (200..206).contains(&beat) { 0.9 } else { 0.002 }), "a knock");
        assert!(!heard(30, |_| 0.4), "an engine");
        assert!(!heard(6, |beat| if beat < 300 { speech(beat) } else { 0.002 }), "it is over");
    }

    #[test]
    fn nothing_is_louder_than_it_can_be() {
        let mut block: Block = std::array::from_fn(|at| at as f32 / 100.0 - 2.4);
        let before = block;
        limit(&mut block);
        for (after, before) in block.iter().zip(before) {
            assert!(after.abs() <= 1.0);
            assert!(before.abs() > 0.7 || *after == before);
        }
        assert!(block.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
