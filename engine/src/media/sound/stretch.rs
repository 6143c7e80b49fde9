//! Makes decoded sound a little shorter or longer without a change of pitch: one period is left out or played
//! twice, where the sound is like itself or next to silent, with one melting into the other.

/// The shortest and longest piece that is left out or played twice: 2.5 to 10 ms.
const SHORTEST: usize = 120;
const LONGEST: usize = 480;

/// Every how manieth sample is looked at in the first search.
const STRIDE: usize = 4;

/// So alike two pieces have to be, where 1 is the same.
const ALIKE: f32 = 0.85;
const ALIKE_ENOUGH: f32 = 0.4;

/// Below this power it is silent enough for anything: -50 dBFS.
const QUIET: f32 = 1e-5;

/// Leaves out up to `most` samples; says how many. An `eager` one also where it may be heard.
pub(super) fn shorten(sound: &mut Vec<f32>, most: usize, eager: bool) -> usize {
    let Some(period) = period(sound, most, eager) else { return 0 };
    for at in 0..period {
        let part = at as f32 / period as f32;
        sound[at] = sound[at] * (1.0 - part) + sound[at + period] * part;
    }
    sound.drain(period..2 * period);
    period
}

/// Plays up to `most` samples twice; says how many.
pub(super) fn lengthen(sound: &mut Vec<f32>, most: usize) -> usize {
    let Some(period) = period(sound, most, false) else { return 0 };
    let melted: Vec<f32> = (0..period)
        .map(|at| {
            let part = at as f32 / period as f32;
            sound[at + period] * (1.0 - part) + sound[at] * part
        })
        .collect();
    sound.splice(period..period, melted);
    period
}

/// After how many samples the beginning of a sound is most like itself, if it is enough so.
fn period(sound: &[f32], most: usize, eager: bool) -> Option<usize> {
    let longest = LONGEST.min(most).min(sound.len() / 2);
    if longest < SHORTEST {
        return None;
    }
    let power = sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32;
    if power < QUIET {
        return Some(longest);
    }
    let rough = (SHORTEST / STRIDE..=longest / STRIDE).map(|step| step * STRIDE);
    let likeness = |period: usize, stride: usize| alike(sound, period, stride);
    let best = rough.max_by(|a, b| likeness(*a, STRIDE).total_cmp(&likeness(*b, STRIDE)))?;
    let near = best.saturating_sub(STRIDE - 1).max(SHORTEST)..=(best + STRIDE - 1).min(longest);
    let best = near.max_by(|a, b| likeness(*a, 1).total_cmp(&likeness(*b, 1)))?;
    let needed = if eager { ALIKE_ENOUGH } else { ALIKE };
    (likeness(best, 1) > needed).then_some(best)
}

fn alike(sound: &[f32], period: usize, stride: usize) -> f32 {
    let (mut both, mut first, mut second) = (0.0, 1e-9, 1e-9);
    for at in (0..period).step_by(stride) {
        let (a, b) = (sound[at], sound[at + period]);
        both += a * b;
        first += a * a;
        second += b * b;
    }
    both / (first * second).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f32::consts::TAU;

    fn sine(hz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|at| 0.3 * (TAU * hz * at as f32 / 48_000.0).sin()).collect()
    }

    fn steepest(sound: &[f32]) -> f32 {
        sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    proptest! {
        #[test]
        fn a_tone_stays_whole(hz in 110_f32..3000.0) {
            let whole = sine(hz, 960);
            let mut short = whole.clone();
            let left_out = shorten(&mut short, 480, false);
            prop_assert!(left_out > 0);
            prop_assert_eq!(short.len(), 960 - left_out);
            let mut long = whole.clone();
            let added = lengthen(&mut long, 480);
            prop_assert_eq!(long.len(), 960 + added);
            for changed in [&short, &long] {
                // Its first and last samples are where they were, so it fits what is before and behind it.
                prop_assert_eq!(changed[0], whole[0]);
                prop_assert!((changed[changed.len() - 1] - whole[959]).abs() < 1e-2);
                prop_assert!(steepest(changed) < steepest(&whole) * 1.35 + 1e-3);
            }
        }

        #[test]
        fn no_sound_is_too_odd(
            sound in prop::collection::vec(-1.0_f32..1.0, 0..2000),
            most in 0_usize..3000,
            eager in any::<bool>(),
        ) {
            let mut changed = sound.clone();
            let left_out = shorten(&mut changed, most, eager);
            prop_assert!(left_out <= most && changed.len() == sound.len() - left_out);
            let mut changed = sound.clone();
            let added = lengthen(&mut changed, most);
            prop_assert!(added <= most && changed.len() == sound.len() + added);
        }
    }

    #[test]
    fn noise_is_left_alone_and_silence_gives_all_it_can() {
        let mut seed = 7_u32;
        let mut noise: Vec<f32> = (0..960)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed as f32 / u32::MAX as f32 - 0.5
            })
            .collect();
        assert_eq!(shorten(&mut noise, 480, false), 0);
        assert_eq!(shorten(&mut vec![0.0; 960], 480, false), 480);
        assert_eq!(shorten(&mut vec![0.0; 960], 200, false), 200);
    }
}
