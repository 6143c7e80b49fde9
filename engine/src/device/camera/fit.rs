//! Brings a camera's pictures down to what was agreed on: smaller where it gives larger ones, fewer where it gives more.
//! It knows no clock; it is told when each picture was taken.

use super::wish::Taken;
use crate::media::picture::{Picture, Size};
use crate::media::scale::Scaler;

/// What becomes of a camera's pictures.
pub(super) struct Fit {
    size: Size,
    /// Microseconds from one picture to the next; none where all are shown.
    interval_us: Option<u64>,
    due_us: u64,
    scaler: Scaler,
}

impl Fit {
    pub(super) fn to(taken: &Taken) -> Self {
        let fewer = taken.fps > 0.0 && taken.fps < taken.format.fps;
        let interval_us = fewer.then(|| (1e6 / taken.fps).round() as u64);
        Self { size: taken.size, interval_us, due_us: 0, scaler: Scaler::new() }
    }

    /// Whether a picture that came at a time is to be shown. They never come quite when they should: one that is early by
    /// a quarter is taken, and who is late is not made up for.
    pub(super) fn is_due(&mut self, at_us: u64) -> bool {
        let Some(interval) = self.interval_us else { return true };
        if at_us + interval / 4 < self.due_us {
            return false;
        }
        self.due_us = (self.due_us + interval).max(at_us + interval / 2);
        true
    }

    /// As large as agreed on.
    pub(super) fn fit(&mut self, picture: Picture) -> Picture {
        if picture.size() == self.size {
            return picture;
        }
        self.scaler.scale(&picture, self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::super::wish::{Coding, Format};
    use super::*;

    fn fit(comes: f64, fps: f64) -> Fit {
        let size = Size::new(64, 48).unwrap();
        let format = Format { size, fps: comes, coding: Coding::I420 };
        Fit::to(&Taken { format, size: Size::new(32, 24).unwrap(), fps })
    }

    /// How many of so many seconds' pictures are shown, which come as regularly as a bad clock lets them.
    fn shown(comes: f64, fps: f64, seconds: f64) -> usize {
        let mut fit = fit(comes, fps);
        let times = (0..(comes * seconds) as u64).map(|number| {
            let early = if number % 3 == 0 { 3_000.0 } else { 0.0 };
            (1e9 + number as f64 * 1e6 / comes - early) as u64
        });
        times.filter(|at| fit.is_due(*at)).count()
    }

    #[test]
    fn as_many_are_shown_as_were_agreed_on() {
        for (comes, fps) in [(30.0, 15.0), (60.0, 30.0), (30.0, 24.0), (29.97, 10.0), (25.0, 12.5)]
        {
            let count = shown(comes, fps, 20.0) as f64;
            assert!((count - fps * 20.0).abs() <= fps * 20.0 * 0.04, "{count} of {comes} at {fps}");
        }
        for (comes, fps) in [(30.0, 30.0), (12.5, 30.0), (15.0, 15.0)] {
            assert_eq!(shown(comes, fps, 20.0), (comes * 20.0) as usize, "{comes} at {fps}");
        }
    }

    #[test]
    fn after_a_break_none_are_made_up_for() {
        let mut fit = fit(30.0, 10.0);
        assert!(fit.is_due(1_000_000));
        assert!(fit.is_due(9_000_000));
        let soon = (1..30).filter(|number| fit.is_due(9_000_000 + number * 3_333)).count();
        assert!(soon <= 2, "{soon}");
    }

    #[test]
    fn a_picture_is_made_as_large_as_agreed_on() {
        let mut fit = fit(30.0, 30.0);
        let picture = Picture::plain(Size::new(64, 48).unwrap(), 7, [100, 110, 120]);
        let fitted = fit.fit(picture);
        let plain = Picture::plain(Size::new(32, 24).unwrap(), 7, [100, 110, 120]);
        assert_eq!((fitted.size(), fitted.taken_us()), (plain.size(), 7));
        assert_eq!(fitted.bytes(), plain.bytes());
    }
}
