//! Levels of H264: what a decoder must be able to do to follow a stream.

use super::super::codec::Rate;
use crate::media::picture::Size;
use openh264::encoder::Level;

/// Blocks of 16 by 16 in a picture, blocks a second, kbit/s.
const LEVELS: [(Level, u32, u32, u32); 8] = [
    (Level::Level_3_0, 1620, 40_500, 10_000),
    (Level::Level_3_1, 3600, 108_000, 14_000),
    (Level::Level_3_2, 5120, 216_000, 20_000),
    (Level::Level_4_0, 8192, 245_760, 20_000),
    (Level::Level_4_1, 8192, 245_760, 50_000),
    (Level::Level_4_2, 8704, 522_240, 50_000),
    (Level::Level_5_0, 22_080, 589_824, 135_000),
    (Level::Level_5_1, 36_864, 983_040, 240_000),
];

/// The lowest level, from 3.0 on, that a stream keeps within.
pub(super) fn least(size: Size, rate: Rate) -> Level {
    let blocks = size.width.div_ceil(16) * size.height.div_ceil(16);
    let fits = |(_, most_blocks, a_second, kbit_s): &&(Level, u32, u32, u32)| {
        blocks <= *most_blocks
            && f64::from(blocks) * f64::from(rate.fps) <= f64::from(*a_second)
            && rate.bit_s / 1000 <= *kbit_s
    };
    LEVELS.iter().find(fits).map_or(Level::Level_5_2, |(level, ..)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_sizes_have_their_usual_levels() {
        for (width, height, fps, level) in [
            (640, 360, 30.0, Level::Level_3_0),
            (1280, 720, 30.0, Level::Level_3_1),
            (720, 1280, 30.0, Level::Level_3_1),
            (1280, 720, 60.0, Level::Level_3_2),
            (1920, 1080, 30.0, Level::Level_4_0),
            (1920, 1080, 60.0, Level::Level_4_2),
            (3840, 2160, 30.0, Level::Level_5_1),
            (3840, 2160, 60.0, Level::Level_5_2),
        ] {
            let rate = Rate { bit_s: 1_500_000, fps };
            let found = least(Size::new(width, height).unwrap(), rate);
            assert_eq!(format!("{found:?}"), format!("{level:?}"));
        }
    }
}
