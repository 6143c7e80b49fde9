//! Cameras, and what stands in for them: a test pattern, files, nothing at all. One thread owns one camera and
//! puts its pictures into a slot; dropping the [`Camera`] ends the thread and closes whatever it had open.
//! What a source shows is apart from when it is shown: a [`Source`] draws the picture of a moment, a
//! [`pace::Pace`] says when the next moment is there.

mod black;
mod file;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod gif;
mod jpeg;
mod mjpeg;
pub mod pace;
mod pattern;
mod sequence;
#[cfg(test)]
mod tests;
mod y4m;

use super::{DeviceFault, DeviceUri};
use crate::api::Device;
use crate::media::picture::Picture;
use crate::media::slot::Slot;
use pace::{Pace, SteadyPace, Wake};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a camera may take until its first picture is there.
const OPENING: Duration = Duration::from_secs(2);

/// What a picture is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Which one since the camera was opened, from 0. Moments that came too late are left out.
    pub number: u64,
    /// In microseconds of the process's steady clock.
    pub taken_us: u64,
    /// In milliseconds since 1970.
    pub wall_ms: u64,
}

/// What a camera shows. It is driven from outside, at whatever times.
pub trait Source {
    /// The picture of a moment; none at the end, and ever after.
    ///
    /// # Errors
    /// What is wrong with the device or file. Nothing comes after that.
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault>;

    /// How long the picture that was given last is shown.
    fn interval(&self) -> Duration;
}

/// The source behind an address. It may wait for disks.
///
/// # Errors
/// There is no such device, or the file can't be shown.
pub fn source(uri: &DeviceUri) -> Result<Box<dyn Source>, DeviceFault> {
    match uri {
        DeviceUri::Pattern { size, fps } => Ok(Box::new(pattern::Pattern::new(*size, *fps))),
        DeviceUri::File { path, again, fps } => file::open(path, *again, *fps),
        DeviceUri::Null => Ok(Box::new(black::Black::new())),
        DeviceUri::Camera(_)
        | DeviceUri::Microphone(_)
        | DeviceUri::Speaker(_)
        | DeviceUri::Tone { .. } => Err(DeviceFault::Missing { device: uri.to_string() }),
    }
}

/// The cameras there are to choose from.
pub fn list() -> Vec<Device> {
    let test = |uri: &str, name: &str, default| Device {
        uri: uri.to_owned(),
        name: name.to_owned(),
        test: true,
        default,
    };
    vec![
        test("test:pattern?w=1280&h=720&fps=30", "Test picture", true),
        test("null:", "No picture", false),
    ]
}

/// An open camera.
#[derive(Debug)]
pub struct Camera {
    wake: Arc<Wake>,
    thread: Option<JoinHandle<()>>,
}

impl Camera {
    /// Opens a camera, whose pictures go into the slot from then on; the first is there when this returns. It
    /// waits for that, 2 seconds at most, so it is not for threads that must not wait. What goes wrong later is
    /// told once, from the camera's thread, as is the end of a file that doesn't begin anew (as
    /// [`DeviceFault::Stalled`]); the camera gives nothing after that. The slot stays open.
    ///
    /// # Errors
    /// The camera can't be opened, or has no first picture.
    pub fn open(
        uri: &DeviceUri,
        into: Slot<Picture>,
        told: impl Fn(DeviceFault) + Send + 'static,
    ) -> Result<Self, DeviceFault> {
        let uri = uri.clone();
        let name = uri.to_string();
        let wake = Arc::new(Wake::default());
        let pace = SteadyPace::new(Arc::clone(&wake));
        Self::start(name, wake, pace, move || source(&uri), into, told)
    }

    /// Opens a camera of a source and pace of one's own.
    ///
    /// # Errors
    /// As with [`Camera::open`].
    pub fn start<P: Pace + Send + 'static>(
        name: String,
        wake: Arc<Wake>,
        pace: P,
        source: impl FnOnce() -> Result<Box<dyn Source>, DeviceFault> + Send + 'static,
        into: Slot<Picture>,
        told: impl Fn(DeviceFault) + Send + 'static,
    ) -> Result<Self, DeviceFault> {
        let (opened, opening) = sync_channel(1);
        let device = name.clone();
        let body = move || show(source, &pace, &into, &opened, device, &told);
        let failed = |reason: String| DeviceFault::Failed { device: name.clone(), reason };
        let thread = std::thread::Builder::new()
            .name("camera".to_owned())
            .spawn(body)
            .map_err(|error| failed(error.to_string()))?;
        let camera = Self { wake, thread: Some(thread) };
        match opening.recv_timeout(OPENING) {
            Ok(Ok(())) => Ok(camera),
            Ok(Err(fault)) => Err(fault),
            Err(RecvTimeoutError::Disconnected) => Err(failed("its thread ended".to_owned())),
            Err(RecvTimeoutError::Timeout) => {
                camera.abandon();
                Err(DeviceFault::Stalled { device: name })
            }
        }
    }

    /// Tells the thread to end as soon as it can, without waiting for that.
    fn abandon(mut self) {
        self.wake.end();
        self.thread = None;
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.wake.end();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a camera panicked");
        }
    }
}

/// What the camera's thread does, from opening to the end.
fn show<P: Pace>(
    source: impl FnOnce() -> Result<Box<dyn Source>, DeviceFault>,
    pace: &P,
    into: &Slot<Picture>,
    opened: &SyncSender<Result<(), DeviceFault>>,
    device: String,
    told: &impl Fn(DeviceFault),
) {
    let begun = source().and_then(|mut source| {
        let first = source.next_picture(pace.moment(0))?;
        let first = first.ok_or_else(|| DeviceFault::Stalled { device: device.clone() })?;
        into.put(first);
        Ok(source)
    });
    match begun {
        Err(fault) => {
            // Whoever opened it may have lost patience.
            let _ = opened.try_send(Err(fault));
        }
        Ok(mut source) => {
            let _ = opened.try_send(Ok(()));
            match pace::run(&mut *source, pace, into) {
                Ok(pace::Ended::ByOwner) => {}
                Ok(pace::Ended::BySource) => told(DeviceFault::Stalled { device }),
                Err(fault) => told(fault),
            }
        }
    }
}

/// What a file can't be shown for.
fn bad_file(path: &Path, reason: impl Into<String>) -> DeviceFault {
    DeviceFault::BadFile { path: path.to_owned(), reason: reason.into() }
}
