//! An open stream of the system's: the shape that fits best, samples of any kind to and from floats, and the time
//! at which they are caught and heard.

use super::super::chunk::{Inward, OddShape, Outward};
use super::super::{DeviceFault, RATE};
use super::{PATIENCE, Watch};
use crate::media::clock::now_us;
use cpal::traits::DeviceTrait;
use cpal::{
    BufferSize, Data, Error, ErrorKind, FromSample, InputCallbackInfo, OutputCallbackInfo, Sample,
    SampleFormat, SizedSample, Stream, StreamConfig, SupportedBufferSize,
    SupportedStreamConfigRange,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A stream, and how many of its frames make a second.
pub(super) struct Opened {
    pub(super) stream: Stream,
    pub(super) rate: u32,
}

/// Catches what a microphone hears.
pub(super) fn catch(
    device: &cpal::Device,
    watch: &Arc<Watch>,
    piece_ms: u32,
    inward: impl FnOnce(usize, u32) -> Result<Inward, OddShape>,
) -> Result<Opened, DeviceFault> {
    let name = device.to_string();
    let shape =
        Shape::of(device.supported_input_configs(), device.default_input_config(), piece_ms)
            .map_err(|error| fault(&name, &error))?;
    let mut inward = inward(shape.channels(), shape.config.sample_rate)
        .map_err(|odd| DeviceFault::Failed { device: name.clone(), reason: odd.to_string() })?;
    let (alive, format) = (Arc::clone(watch), shape.format);
    let channels = shape.channels();
    let taken = move |data: &Data, info: &InputCallbackInfo| {
        alive.frames.fetch_add((data.len() / channels) as u64, Ordering::Relaxed);
        if alive.closed.load(Ordering::Relaxed) {
            return;
        }
        let times = info.timestamp();
        let age = times.callback.saturating_duration_since(times.capture);
        let caught_us = now_us().saturating_sub(bounded_us(age));
        read(data, format, |samples| inward.push(samples, caught_us));
    };
    let (config, rate) = (shape.config, shape.config.sample_rate);
    let built =
        device.build_input_stream_raw(config, format, taken, failed(&name, watch), Some(PATIENCE));
    let stream = built.map_err(|error| fault(&name, &error))?;
    Ok(Opened { stream, rate })
}

/// Plays through a speaker.
pub(super) fn play(
    device: &cpal::Device,
    watch: &Arc<Watch>,
    piece_ms: u32,
    outward: impl FnOnce(usize, u32) -> Result<Outward, OddShape>,
) -> Result<Opened, DeviceFault> {
    let name = device.to_string();
    let shape =
        Shape::of(device.supported_output_configs(), device.default_output_config(), piece_ms)
            .map_err(|error| fault(&name, &error))?;
    let mut outward = outward(shape.channels(), shape.config.sample_rate)
        .map_err(|odd| DeviceFault::Failed { device: name.clone(), reason: odd.to_string() })?;
    let (alive, format) = (Arc::clone(watch), shape.format);
    let channels = shape.channels();
    let wanted = move |data: &mut Data, info: &OutputCallbackInfo| {
        alive.frames.fetch_add((data.len() / channels) as u64, Ordering::Relaxed);
        if alive.closed.load(Ordering::Relaxed) {
            return;
        }
        let times = info.timestamp();
        let ahead = times.playback.saturating_duration_since(times.callback);
        write(data, format, &mut outward, now_us() + bounded_us(ahead));
    };
    let (config, rate) = (shape.config, shape.config.sample_rate);
    let built = device.build_output_stream_raw(
        config,
        format,
        wanted,
        failed(&name, watch),
        Some(PATIENCE),
    );
    let stream = built.map_err(|error| fault(&name, &error))?;
    Ok(Opened { stream, rate })
}

/// What a system says about its own delay is believed up to two seconds.
fn bounded_us(delay: Duration) -> u64 {
    u64::try_from(delay.min(PATIENCE).as_micros()).unwrap_or(0)
}

/// How a stream is opened.
struct Shape {
    config: StreamConfig,
    format: SampleFormat,
}

impl Shape {
    /// The best of what a device offers: 48 kHz or next above, one or two channels, floats or 16 bits.
    fn of(
        offered: Result<impl Iterator<Item = SupportedStreamConfigRange>, Error>,
        usual: Result<cpal::SupportedStreamConfig, Error>,
        piece_ms: u32,
    ) -> Result<Self, Error> {
        let best = offered.into_iter().flatten().filter_map(|range| {
            let (least, most) = (range.min_sample_rate(), range.max_sample_rate());
            let rate = RATE.clamp(least, most.max(least));
            let known = (1..=64).contains(&range.channels())
                && (8_000..=192_000).contains(&rate)
                && liking(range.sample_format()).is_some();
            known.then_some((range, rate))
        });
        let best = best.min_by_key(|(range, rate)| {
            let below = *rate < RATE;
            (
                below,
                rate.abs_diff(RATE),
                range.channels().abs_diff(2),
                liking(range.sample_format()),
            )
        });
        let chosen = match (best, usual) {
            (Some((range, rate)), _) => range.with_sample_rate(rate),
            (None, usual) => usual?,
        };
        let mut config = chosen.config();
        config.buffer_size = buffer(chosen.buffer_size(), config.sample_rate * piece_ms / 1000);
        Ok(Self { config, format: chosen.sample_format() })
    }

    fn channels(&self) -> usize {
        usize::from(self.config.channels)
    }
}

/// Callbacks of so many frames, or the next to it that the device can do.
fn buffer(offered: &SupportedBufferSize, wanted: u32) -> BufferSize {
    match offered {
        SupportedBufferSize::Range { min, max } if min <= max => {
            BufferSize::Fixed(wanted.clamp(*min, *max))
        }
        _ => BufferSize::Fixed(wanted),
    }
}

/// Lower is better.
fn liking(format: SampleFormat) -> Option<u8> {
    Some(match format {
        SampleFormat::F32 => 0,
        SampleFormat::I16 => 1,
        SampleFormat::I32 => 2,
        SampleFormat::I24 => 3,
        SampleFormat::U16 => 4,
        SampleFormat::U8 => 5,
        SampleFormat::I8 => 6,
        SampleFormat::F64 => 7,
        _ => return None,
    })
}

fn read(data: &Data, format: SampleFormat, mut take: impl FnMut(&mut dyn Iterator<Item = f32>)) {
    fn samples<T: SizedSample>(data: &Data, take: &mut dyn FnMut(&mut dyn Iterator<Item = f32>))
    where
        f32: FromSample<T>,
    {
        if let Some(samples) = data.as_slice::<T>() {
            take(&mut samples.iter().map(|sample| f32::from_sample(*sample)));
        }
    }
    let take: &mut dyn FnMut(&mut dyn Iterator<Item = f32>) = &mut take;
    match format {
        SampleFormat::F32 => samples::<f32>(data, take),
        SampleFormat::I16 => samples::<i16>(data, take),
        SampleFormat::I32 => samples::<i32>(data, take),
        SampleFormat::I24 => samples::<cpal::I24>(data, take),
        SampleFormat::U16 => samples::<u16>(data, take),
        SampleFormat::U8 => samples::<u8>(data, take),
        SampleFormat::I8 => samples::<i8>(data, take),
        SampleFormat::F64 => samples::<f64>(data, take),
        _ => (),
    }
}

fn write(data: &mut Data, format: SampleFormat, outward: &mut Outward, heard_us: u64) {
    fn samples<T: SizedSample + FromSample<f32>>(
        data: &mut Data,
        outward: &mut Outward,
        heard_us: u64,
    ) {
        if let Some(samples) = data.as_slice_mut::<T>() {
            outward.pull(samples.len(), heard_us, |place, sample| {
                samples[place] = sample.to_sample::<T>();
            });
        }
    }
    match format {
        SampleFormat::F32 => samples::<f32>(data, outward, heard_us),
        SampleFormat::I16 => samples::<i16>(data, outward, heard_us),
        SampleFormat::I32 => samples::<i32>(data, outward, heard_us),
        SampleFormat::I24 => samples::<cpal::I24>(data, outward, heard_us),
        SampleFormat::U16 => samples::<u16>(data, outward, heard_us),
        SampleFormat::U8 => samples::<u8>(data, outward, heard_us),
        SampleFormat::I8 => samples::<i8>(data, outward, heard_us),
        SampleFormat::F64 => samples::<f64>(data, outward, heard_us),
        _ => (),
    }
}

fn failed(name: &str, watch: &Arc<Watch>) -> impl FnMut(Error) + Send + use<> {
    let (name, watch) = (name.to_owned(), Arc::clone(watch));
    move |error| match error.kind() {
        // The sound goes on: a crackle, another route, or no better priority.
        ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {
            tracing::debug!(device = name, %error, "a sound device is in trouble");
        }
        _ => watch.fail(fault(&name, &error)),
    }
}

/// In the words that a shell has sentences for.
pub(super) fn fault(device: &str, error: &Error) -> DeviceFault {
    let device = device.to_owned();
    match error.kind() {
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
            DeviceFault::Missing { device }
        }
        ErrorKind::DeviceBusy => DeviceFault::Busy { device },
        ErrorKind::PermissionDenied => DeviceFault::Denied { device },
        _ => DeviceFault::Failed { device, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpal::SupportedStreamConfig;

    fn range(
        channels: u16,
        (least, most): (u32, u32),
        format: SampleFormat,
    ) -> SupportedStreamConfigRange {
        let buffer = SupportedBufferSize::Range { min: 64, max: 256 };
        SupportedStreamConfigRange::new(channels, least, most, buffer, format)
    }

    #[test]
    fn the_best_shape_is_chosen() {
        let usual = || Err::<SupportedStreamConfig, _>(Error::new(ErrorKind::Other));
        for (offered, expected) in [
            (
                vec![
                    range(8, (8_000, 192_000), SampleFormat::F32),
                    range(2, (8_000, 192_000), SampleFormat::I16),
                ],
                (2, 48_000, SampleFormat::I16),
            ),
            (
                vec![
                    range(1, (8_000, 16_000), SampleFormat::I16),
                    range(2, (44_100, 44_100), SampleFormat::I16),
                ],
                (2, 44_100, SampleFormat::I16),
            ),
            (
                vec![
                    range(2, (44_100, 44_100), SampleFormat::F32),
                    range(2, (96_000, 96_000), SampleFormat::I32),
                ],
                (2, 96_000, SampleFormat::I32),
            ),
            (
                vec![
                    range(2, (1, 384_000), SampleFormat::U8),
                    range(2, (1, 384_000), SampleFormat::F32),
                ],
                (2, 48_000, SampleFormat::F32),
            ),
        ] {
            let shape = Shape::of(Ok(offered.into_iter()), usual(), 10).unwrap();
            let is = (shape.config.channels, shape.config.sample_rate, shape.format);
            assert_eq!(is, expected);
            assert_eq!(shape.config.buffer_size, BufferSize::Fixed(256));
        }
        assert!(Shape::of(Ok(std::iter::empty()), usual(), 10).is_err());
    }

    #[test]
    fn samples_of_every_kind_pass_both_ways() {
        let mut outward = Outward::new(2, RATE, Box::new(|block, _| block.fill(0.5))).unwrap();
        assert!(matches!(fault("x", &Error::new(ErrorKind::DeviceBusy)), DeviceFault::Busy { .. }));
        let mut out = [0.0; 8];
        outward.pull(8, 0, |place, sample| out[place] = sample.to_sample::<f32>());
        assert_eq!(out, [0.5; 8]);
        assert_eq!(0.5_f32.to_sample::<i16>(), 16_384);
        assert_eq!(f32::from_sample(16_384_i16), 0.5);
    }
}
