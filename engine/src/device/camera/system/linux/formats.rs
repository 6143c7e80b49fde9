//! What a camera of Linux says it can give: codings, sizes and rates, single ones or any between two.

use crate::device::camera::wish::{Coding, Format};
use crate::media::picture::Size;
use std::io::Error;
use v4l::Device;
use v4l::format::FourCC;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::{FrameSizeEnum, Stepwise};
use v4l::video::Capture;

/// Formats of one camera that are looked at.
const MOST_FORMATS: usize = 1_000;
/// Sizes and rates that are asked for where a camera gives any between two.
const SIZES: [(u32, u32); 7] =
    [(3840, 2160), (1920, 1080), (1280, 720), (960, 540), (640, 480), (640, 360), (320, 240)];
const RATES: [f64; 5] = [60.0, 30.0, 24.0, 15.0, 10.0];

/// The codings that can be read here.
pub(super) const CODINGS: [(&[u8; 4], Coding); 6] = [
    (b"YUYV", Coding::Yuyv),
    (b"NV12", Coding::Nv12),
    (b"YU12", Coding::I420),
    (b"MJPG", Coding::Mjpeg),
    (b"JPEG", Coding::Mjpeg),
    (b"YUY2", Coding::Yuyv),
];

pub(super) fn coding(fourcc: FourCC) -> Option<Coding> {
    CODINGS.iter().find(|(name, _)| **name == fourcc.repr).map(|(_, coding)| *coding)
}

/// All that a camera says it can give and that can be read here.
pub(super) fn of(device: &Device) -> Result<Vec<Format>, Error> {
    let mut formats = Vec::new();
    for described in device.enum_formats()? {
        let Some(coding) = coding(described.fourcc) else { continue };
        for size in device.enum_framesizes(described.fourcc)? {
            for size in sizes(&size.size) {
                // Some drivers name no rates: then it is as fast as it is.
                let rates = rates(device, described.fourcc, size).unwrap_or_else(|_| vec![30.0]);
                formats.extend(rates.into_iter().map(|fps| Format { size, fps, coding }));
                if formats.len() > MOST_FORMATS {
                    return Ok(formats);
                }
            }
        }
    }
    Ok(formats)
}

fn sizes(given: &FrameSizeEnum) -> Vec<Size> {
    match given {
        FrameSizeEnum::Discrete(one) => Size::new(one.width, one.height).into_iter().collect(),
        FrameSizeEnum::Stepwise(steps) => {
            let all = SIZES.iter().filter(|(width, height)| fits(steps, *width, *height));
            all.filter_map(|(width, height)| Size::new(*width, *height)).collect()
        }
    }
}

fn fits(steps: &Stepwise, width: u32, height: u32) -> bool {
    let on = |value: u32, least: u32, most: u32, step: u32| {
        (least..=most).contains(&value) && (value - least).is_multiple_of(step.max(1))
    };
    on(width, steps.min_width, steps.max_width, steps.step_width)
        && on(height, steps.min_height, steps.max_height, steps.step_height)
}

fn rates(device: &Device, fourcc: FourCC, size: Size) -> Result<Vec<f64>, Error> {
    let mut rates = Vec::new();
    for interval in device.enum_frameintervals(fourcc, size.width, size.height)? {
        match interval.interval {
            FrameIntervalEnum::Discrete(one) => rates.extend(rate(one)),
            FrameIntervalEnum::Stepwise(steps) => {
                let (Some(most), Some(least)) = (rate(steps.min), rate(steps.max)) else {
                    continue;
                };
                rates.extend(RATES.iter().filter(|one| (least..=most).contains(*one)));
                rates.push(most);
            }
        }
    }
    Ok(rates)
}

/// Pictures a second of an interval, where it makes sense.
pub(super) fn rate(interval: v4l::Fraction) -> Option<f64> {
    let fps = f64::from(interval.denominator) / f64::from(interval.numerator);
    (fps.is_finite() && (0.1..=1000.0).contains(&fps)).then_some(fps)
}

/// The interval of a rate as drivers know it: 30 is 1/30, 12.5 is 2/25, 29.97 is 1001/30000.
pub(super) fn interval(fps: f64) -> v4l::Fraction {
    let whole = |numerator: f64| (fps * numerator - (fps * numerator).round()).abs() < 1e-3;
    if let Some(numerator) = [1.0, 2.0, 3.0].into_iter().find(|one| whole(*one)) {
        return v4l::Fraction::new(numerator as u32, (fps * numerator).round() as u32);
    }
    let television = fps.round() * 1000.0 / 1001.0;
    if (fps - television).abs() < 0.006 {
        return v4l::Fraction::new(1001, fps.round() as u32 * 1000);
    }
    v4l::Fraction::new(1000, (fps * 1000.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_intervals_as_drivers_know_them() {
        for (fps, parts) in [
            (30.0, (1, 30)),
            (12.5, (2, 25)),
            (29.97, (1001, 30_000)),
            (7.5, (2, 15)),
            (15.3, (1000, 15_300)),
        ] {
            let interval = interval(fps);
            assert_eq!((interval.numerator, interval.denominator), parts, "{fps}");
        }
        for odd in [v4l::Fraction::new(0, 1), v4l::Fraction::new(1, 0), v4l::Fraction::new(0, 0)] {
            assert_eq!(rate(odd), None);
        }
    }

    #[test]
    fn of_sizes_between_two_the_usual_ones_are_taken() {
        let steps = |step| Stepwise {
            min_width: 48,
            max_width: 1280,
            step_width: step,
            min_height: 32,
            max_height: 800,
            step_height: step,
        };
        let sizes = sizes(&FrameSizeEnum::Stepwise(steps(2)));
        assert_eq!(sizes.first(), Size::new(1280, 720).as_ref());
        assert_eq!(sizes.len(), 5);
        assert!(fits(&steps(0), 640, 360), "no step is as good as one");
        assert!(!fits(&steps(1000), 640, 360));
    }
}
