//! Cameras, and what stands in for them: a test pattern, files, nothing at all. One thread owns one camera and
//! puts its pictures into a slot; dropping the [`Camera`] ends the thread and closes whatever it had open.
//! Of what stands in, what is shown is apart from when: a [`Source`] draws the picture of a moment, a [`pace::Pace`]
//! says when the next moment is there. A real camera says itself when a picture is there.

mod black;
mod file;
mod fit;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod gif;
mod jpeg;
mod live;
mod mjpeg;
pub mod pace;
mod pattern;
mod pixels;
mod sequence;
mod system;
#[cfg(test)]
mod tests;
pub mod wish;
mod y4m;

use super::screen::Desktop;
use super::{DeviceFault, DeviceUri};
use crate::api::Device;
use crate::media::picture::Picture;
use crate::media::slot::Slot;
use fit::Fit;
use pace::{Pace, SteadyPace, Wake};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use wish::{Coding, Format, Wishes};

/// How long what stands in for a camera may take until its first picture is there.
const OPENING: Duration = Duration::from_secs(2);
/// How long a real one may, which has to be woken first.
const WAKING: Duration = Duration::from_secs(5);

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
        DeviceUri::Screen(_) | DeviceUri::Window(_) => Desktop::default().source(uri),
        DeviceUri::Camera(_)
        | DeviceUri::Microphone(_)
        | DeviceUri::Speaker(_)
        | DeviceUri::Tone { .. } => Err(DeviceFault::Missing { device: uri.to_string() }),
    }
}

/// The cameras there are to choose from: the system's, then those that stand in for one. None is lit.
pub fn list() -> Vec<Device> {
    let found = system::list();
    let test = |uri: &str, name: &str, default| Device {
        uri: uri.to_owned(),
        name: name.to_owned(),
        test: true,
        default,
        facing: None,
    };
    let stand_ins = [
        test("test:pattern?w=1280&h=720&fps=30", "Test picture", found.is_empty()),
        test("null:", "No picture", false),
    ];
    let real = found.iter().enumerate().map(|(place, camera)| Device {
        uri: DeviceUri::Camera(camera.id.clone()).to_string(),
        name: camera.name.clone(),
        test: false,
        default: place == 0,
        facing: camera.facing(),
    });
    real.chain(stand_ins).collect()
}

/// What can be seen of the system's cameras without touching one: another answer means that one came or went.
pub fn trace() -> Vec<String> {
    system::trace()
}

/// What a camera of the system's can give.
///
/// # Errors
/// It can't be asked.
pub fn formats(id: &str) -> Result<Vec<Format>, DeviceFault> {
    system::formats(id)
}

/// An open camera.
#[derive(Debug)]
pub struct Camera {
    wake: Arc<Wake>,
    thread: Option<JoinHandle<()>>,
}

impl Camera {
    /// Opens a camera with what comes closest to the wishes. Its pictures go into the slot from then on; the first is
    /// there when this returns. It waits for that, for some seconds at most, so it is not for threads that must not wait. What goes wrong later is
    /// told once, from the camera's thread, as is the end of a file that doesn't begin anew (as
    /// [`DeviceFault::Stalled`]); the camera gives nothing after that. The slot stays open.
    ///
    /// # Errors
    /// The camera can't be opened, or has no first picture.
    pub fn open(
        uri: &DeviceUri,
        wishes: &Wishes,
        into: Slot<Picture>,
        told: impl Fn(DeviceFault) + Send + 'static,
    ) -> Result<Self, DeviceFault> {
        let (uri, wishes) = (uri.clone(), *wishes);
        let name = uri.to_string();
        let wake = Arc::new(Wake::default());
        let pace = SteadyPace::new(Arc::clone(&wake));
        let DeviceUri::Camera(id) = uri else {
            return Self::start(name, wishes, wake, pace, move || source(&uri), into, told);
        };
        let device = name.clone();
        let open = move || system::open(&id, &wishes);
        let body = move |opened| live::show(open, &pace, &into, &opened, device, &told);
        Self::spawn(name, wake, WAKING, body)
    }

    /// Opens a camera of a source and pace of one's own.
    ///
    /// # Errors
    /// As with [`Camera::open`].
    pub fn start<P: Pace + Send + 'static>(
        name: String,
        wishes: Wishes,
        wake: Arc<Wake>,
        pace: P,
        source: impl FnOnce() -> Result<Box<dyn Source>, DeviceFault> + Send + 'static,
        into: Slot<Picture>,
        told: impl Fn(DeviceFault) + Send + 'static,
    ) -> Result<Self, DeviceFault> {
        let device = name.clone();
        let body = move |opened| show(source, &pace, &wishes, &into, &opened, device, &told);
        Self::spawn(name, wake, OPENING, body)
    }

    fn spawn(
        name: String,
        wake: Arc<Wake>,
        patience: Duration,
        body: impl FnOnce(SyncSender<Result<(), DeviceFault>>) + Send + 'static,
    ) -> Result<Self, DeviceFault> {
        let (opened, opening) = sync_channel(1);
        let failed = |reason: String| DeviceFault::Failed { device: name.clone(), reason };
        let thread = std::thread::Builder::new()
            .name("camera".to_owned())
            .spawn(move || body(opened))
            .map_err(|error| failed(error.to_string()))?;
        let camera = Self { wake, thread: Some(thread) };
        match opening.recv_timeout(patience) {
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

/// What the thread of what stands in for a camera does, from opening to the end.
fn show<P: Pace>(
    source: impl FnOnce() -> Result<Box<dyn Source>, DeviceFault>,
    pace: &P,
    wishes: &Wishes,
    into: &Slot<Picture>,
    opened: &SyncSender<Result<(), DeviceFault>>,
    device: String,
    told: &impl Fn(DeviceFault),
) {
    let begun = source().and_then(|mut source| {
        let first = source.next_picture(pace.moment(0))?;
        let first = first.ok_or_else(|| DeviceFault::Stalled { device: device.clone() })?;
        let fps = 1.0 / source.interval().max(pace::LEAST).as_secs_f64();
        let format = Format { size: first.size(), fps, coding: Coding::I420 };
        let taken = wish::choose(&[format], None, wishes)
            .map_err(|unmet| DeviceFault::Unmet { device: device.clone(), unmet })?;
        let mut fit = Fit::to(&taken);
        fit.is_due(first.taken_us());
        into.put(fit.fit(first));
        Ok((source, fit))
    });
    match begun {
        Err(fault) => {
            // Whoever opened it may have lost patience.
            let _ = opened.try_send(Err(fault));
        }
        Ok((mut source, mut fit)) => {
            let _ = opened.try_send(Ok(()));
            let show = |picture: Picture| {
                if fit.is_due(picture.taken_us()) {
                    into.put(fit.fit(picture));
                }
            };
            match pace::run(&mut *source, pace, show) {
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
