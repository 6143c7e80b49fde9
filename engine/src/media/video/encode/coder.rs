//! What the encoding thread does with one picture: whether it is its turn, how large it becomes, what time it
//! carries. No clock is read here.

use super::super::codec::{self, CodecFault, PictureEncoder, Rate};
use crate::media::coded::{CodedPicture, PictureFormat};
use crate::media::picture::{Picture, Size};
use crate::media::scale::{Scaler, fit};

/// What the encoder is told again when the pictures come this much slower or faster than it was told.
const TOLERANCE: f64 = 0.15;
/// How much of the way to what it measures the mean interval goes with each picture.
const EASE: f64 = 1.0 / 16.0;

/// A time of the steady clock on a stream's clock of 90 kHz.
pub(super) fn time_of(us: u64, offset: u32) -> u32 {
    let ticks = u128::from(us) * 9 / 100;
    offset.wrapping_add(ticks as u32)
}

/// Codes picture after picture.
pub(super) struct Coder {
    format: PictureFormat,
    encoder: Box<dyn PictureEncoder>,
    scaler: Scaler,
    offset: u32,
    /// When the next picture is due, where there is a limit to how many come.
    due_us: u64,
    last_us: Option<u64>,
    /// Mean, in microseconds.
    interval: Option<f64>,
    told: Rate,
}

impl Coder {
    pub(super) fn new(format: PictureFormat, offset: u32) -> Result<Self, CodecFault> {
        let told = Rate { bit_s: 0, fps: 0.0 };
        let encoder = codec::encoder(format, told)?;
        let (scaler, due_us) = (Scaler::new(), 0);
        Ok(Self { format, encoder, scaler, offset, due_us, last_us: None, interval: None, told })
    }

    /// Whether a picture taken then is to be coded, at so many a second. Those that come a little early are taken
    /// as well: cameras are not exact, and at their own rate none is to be left out.
    pub(super) fn is_due(&mut self, taken_us: u64, fps: u32, key: bool) -> bool {
        let interval = 1_000_000 / u64::from(fps.clamp(1, 120));
        if !key && taken_us + interval / 4 < self.due_us {
            return false;
        }
        // On from when it was due, so that the mean is held; anew after a pause.
        let due = if taken_us > self.due_us + interval {
            taken_us
        } else {
            self.due_us.max(taken_us.saturating_sub(interval))
        };
        self.due_us = due + interval;
        true
    }

    /// Codes a picture; none where the rate left no room.
    pub(super) fn code(
        &mut self,
        picture: &Picture,
        bit_s: u32,
        most: Size,
        key: bool,
    ) -> Result<Option<(CodedPicture, Size)>, CodecFault> {
        let taken = picture.taken_us().max(self.last_us.map_or(0, |last| last + 1));
        self.measure(taken);
        self.tell_rate(bit_s);
        let size = fit(picture.size(), most);
        let scaled = self.scaler.scale(picture, size).taken_at(taken);
        let coded = self.encoder.encode(&scaled, key)?;
        let (format, time) = (self.format, time_of(taken, self.offset));
        Ok(coded
            .map(|coded| (CodedPicture { format, data: coded.data, time, key: coded.key }, size)))
    }

    fn measure(&mut self, taken_us: u64) {
        if let Some(last) = self.last_us.replace(taken_us) {
            let interval = ((taken_us - last) as f64).clamp(1_000_000.0 / 120.0, 1_000_000.0);
            let mean = self.interval.get_or_insert(interval);
            *mean += (interval - *mean) * EASE;
        }
    }

    /// The encoder spends the rate on as many pictures as it believes will come, so it has to know.
    fn tell_rate(&mut self, bit_s: u32) {
        let fps = self.interval.map_or(30.0, |interval| 1_000_000.0 / interval);
        let off = (f64::from(self.told.fps) - fps).abs() > fps * TOLERANCE;
        if off || self.told.bit_s != bit_s {
            self.told = Rate { bit_s, fps: if off { fps as f32 } else { self.told.fps } };
            self.encoder.set_rate(self.told);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn coder() -> Coder {
        Coder::new(codec::formats()[0], 7).unwrap()
    }

    fn taken(camera_us: u64, fps: u32, jitter: &[u64]) -> usize {
        let mut coder = coder();
        let times =
            (0..300_u64).map(|n| 1_000_000 + n * camera_us + jitter[n as usize % jitter.len()]);
        times.filter(|time| coder.is_due(*time, fps, false)).count()
    }

    #[test]
    fn the_limit_is_held_and_leaves_no_picture_out_that_it_needs_not() {
        assert_eq!(taken(33_333, 30, &[0]), 300);
        assert_eq!(taken(33_333, 30, &[0, 5000, 1000, 7000]), 300);
        assert_eq!(taken(33_333, 60, &[0]), 300);
        for (camera_us, fps, wanted) in [(33_333, 15, 150), (16_667, 30, 150), (33_333, 20, 200)] {
            let count = taken(camera_us, fps, &[0]);
            assert!(count.abs_diff(wanted) <= 3, "{count} of {wanted}");
        }
    }

    #[test]
    fn times_are_on_the_stream_s_clock() {
        assert_eq!(time_of(0, 7), 7);
        assert_eq!(time_of(1_000_000, 7), 90_007);
        assert_eq!(time_of(1_000_000, u32::MAX), 89_999);
        assert_eq!(time_of(u64::MAX, 0), (u128::from(u64::MAX) * 9 / 100) as u32);
    }

    #[test]
    fn two_pictures_never_carry_the_same_time() {
        let mut coder = coder();
        let size = Size::new(64, 64).unwrap();
        let mut times = Vec::new();
        for taken in [5_000_000, 5_000_000, 4_000_000, 5_100_000] {
            let picture = Picture::plain(size, taken, [90; 3]);
            let coded = coder.code(&picture, 500_000, size, true).unwrap();
            times.extend(coded.map(|(coded, _)| coded.time));
        }
        assert_eq!(times.len(), 4);
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    proptest! {
        #[test]
        fn arbitrary_times_do_no_harm(times: Vec<u32>, fps: u32) {
            let mut coder = coder();
            for time in times {
                coder.is_due(time.into(), fps, false);
                coder.measure(u64::from(time).max(coder.last_us.map_or(0, |last| last + 1)));
            }
        }
    }
}
