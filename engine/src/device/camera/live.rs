//! Cameras that say themselves when a picture is there: they are waited for, taken apart and watched. One that gives
//! nothing for two seconds has stalled, unless it is as slow as that; one that gives nothing but damaged pictures is given
//! up too.
//! Which device it is, and how it is read, is not known here.

#[cfg(test)]
mod tests;

use super::fit::Fit;
use super::pace::Pace;
use super::pixels::Raw;
use super::system::Opened;
use super::wish::Taken;
use crate::device::DeviceFault;
use crate::media::picture::Picture;
use crate::media::slot::Slot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

/// So long a camera is waited for at a time: its owner may want to close it.
const PATIENCE: Duration = Duration::from_millis(200);
/// So long it may give nothing, or nothing that can be shown; or so many pictures long, where that is longer.
const SILENCE_US: u64 = 2_000_000;
const SILENT_PICTURES: f64 = 3.0;

/// What came.
#[derive(Debug, Clone, Copy)]
pub(super) enum Came<'a> {
    Frame(Raw<'a>),
    /// Something that was damaged on its way.
    Spoilt(&'static str),
    Nothing,
}

/// A camera that is open.
pub(super) trait Live {
    /// Waits for what comes next, as long as it is told.
    ///
    /// # Errors
    /// What is wrong with the device. Nothing comes after that.
    fn next(&mut self, patience: Duration) -> Result<Came<'_>, DeviceFault>;
}

/// What the camera's thread does, from opening to the end. Drivers' libraries panic over odd devices.
pub(super) fn show<P: Pace>(
    open: impl FnOnce() -> Result<Opened, DeviceFault>,
    pace: &P,
    into: &Slot<Picture>,
    opened: &SyncSender<Result<(), DeviceFault>>,
    device: String,
    told: &impl Fn(DeviceFault),
) {
    let mut is_open = false;
    let shown = catch_unwind(AssertUnwindSafe(|| {
        let Opened { mut live, taken } = open()?;
        let mut first = || {
            if !std::mem::replace(&mut is_open, true) {
                // Whoever opened it may have lost patience; the pace says so too.
                let _ = opened.try_send(Ok(()));
            }
        };
        let show = |picture| {
            into.put(picture);
            first();
        };
        run(&mut *live, pace, &taken, show, &device)
    }));
    let panicked = |_| {
        let reason = "its driver panicked".to_owned();
        Err(DeviceFault::Failed { device: device.clone(), reason })
    };
    match shown.unwrap_or_else(panicked) {
        Ok(()) => {}
        Err(fault) if is_open => told(fault),
        Err(fault) => drop(opened.try_send(Err(fault))),
    }
}

/// Takes what comes until the pace ends it.
fn run(
    live: &mut dyn Live,
    pace: &impl Pace,
    taken: &Taken,
    mut show: impl FnMut(Picture),
    device: &str,
) -> Result<(), DeviceFault> {
    let device = || device.to_owned();
    let mut fit = Fit::to(taken);
    let silence_us = ((SILENT_PICTURES * 1e6 / taken.format.fps) as u64).max(SILENCE_US);
    let mut came_us = pace.now_us();
    let mut spoilt_since: Option<u64> = None;
    // A time that has passed is not waited for: this only asks whether to go on.
    while pace.wait_until(0) {
        let came = live.next(PATIENCE)?;
        let now = pace.now_us();
        let reason = match came {
            Came::Nothing if now.saturating_sub(came_us) >= silence_us => {
                return Err(DeviceFault::Stalled { device: device() });
            }
            Came::Nothing => continue,
            Came::Frame(_) if !fit.is_due(now) => None,
            Came::Frame(raw) => match raw.picture(now) {
                Ok(picture) => {
                    spoilt_since = None;
                    show(fit.fit(picture));
                    None
                }
                Err(odd) => Some(odd.0),
            },
            Came::Spoilt(reason) => Some(reason.to_owned()),
        };
        came_us = now;
        let Some(reason) = reason else { continue };
        let since = *spoilt_since.get_or_insert(now);
        tracing::debug!(reason, "a picture of a camera's was left out");
        if now.saturating_sub(since) >= silence_us {
            return Err(DeviceFault::Damaged { device: device(), reason });
        }
    }
    Ok(())
}
