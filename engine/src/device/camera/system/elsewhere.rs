//! Cameras of macOS and Windows, through `nokhwa`. Its calls may block for as long as a device likes, so frames are read on
//! a thread of its own, which nobody waits for. It compiles on every system; on Linux only its tests use it.

use super::{Found, Opened, choose, uri};
use crate::device::DeviceFault;
use crate::device::camera::live::{Came, Live};
use crate::device::camera::pixels::Raw;
use crate::device::camera::wish::{Coding, Format, Taken, Wishes};
use crate::media::picture::Size;
use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, CameraInfo, FrameFormat, RequestedFormat,
    RequestedFormatType,
};
use nokhwa::{Buffer, NokhwaError};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Pictures that may wait; a newer one is left to the device where they do.
const WAITING: usize = 2;

/// The codings that can be read here.
const READ: [FrameFormat; 3] = [FrameFormat::MJPEG, FrameFormat::YUYV, FrameFormat::NV12];

fn all() -> Vec<CameraInfo> {
    nokhwa::query(ApiBackend::Auto).unwrap_or_default()
}

/// What the system calls it, which is the same each time on those systems.
fn found(info: &CameraInfo) -> Found {
    let unique = if info.misc().is_empty() { info.index().as_string() } else { info.misc() };
    let name = info.human_name();
    Found { id: format!("{name}@{unique}"), name }
}

pub(super) fn list() -> Vec<Found> {
    all().iter().map(found).collect()
}

pub(super) fn trace() -> Vec<String> {
    list().into_iter().map(|one| one.id).collect()
}

fn fault(id: &str, error: &NokhwaError) -> DeviceFault {
    let (device, reason) = (uri(id), error.to_string());
    let said = reason.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["denied", "not authorized", "permission", "0x80070005"]) {
        return DeviceFault::Denied { device };
    }
    if says(&["busy", "in use", "being used", "lock", "0xc00d3704"]) {
        return DeviceFault::Busy { device };
    }
    if says(&["not found", "no such", "disconnected", "0xc00d3ea2"]) {
        return DeviceFault::Missing { device };
    }
    DeviceFault::Failed { device, reason }
}

fn coding(format: FrameFormat) -> Option<Coding> {
    match format {
        FrameFormat::MJPEG => Some(Coding::Mjpeg),
        FrameFormat::YUYV => Some(Coding::Yuyv),
        FrameFormat::NV12 => Some(Coding::Nv12),
        FrameFormat::GRAY | FrameFormat::RAWRGB | FrameFormat::RAWBGR => None,
    }
}

fn known(format: &CameraFormat) -> Option<Format> {
    let size = Size::new(format.width(), format.height())?;
    Some(Format { size, fps: f64::from(format.frame_rate()), coding: coding(format.format())? })
}

fn camera(id: &str, wish: RequestedFormatType) -> Result<nokhwa::Camera, DeviceFault> {
    let info = all().into_iter().find(|info| found(info).id == id);
    let info = info.ok_or_else(|| DeviceFault::Missing { device: uri(id) })?;
    let wish = RequestedFormat::with_formats(wish, &READ);
    let index: CameraIndex = info.index().clone();
    nokhwa::Camera::new(index, wish).map_err(|error| fault(id, &error))
}

fn offered(id: &str) -> Result<Vec<CameraFormat>, DeviceFault> {
    let mut camera = camera(id, RequestedFormatType::None)?;
    camera.compatible_camera_formats().map_err(|error| fault(id, &error))
}

pub(super) fn formats(id: &str) -> Result<Vec<Format>, DeviceFault> {
    Ok(offered(id)?.iter().filter_map(known).collect())
}

pub(super) fn open(id: &str, wishes: &Wishes) -> Result<Opened, DeviceFault> {
    let offered = offered(id)?;
    let formats: Vec<Format> = offered.iter().filter_map(known).collect();
    let name = id.rsplit_once('@').map_or(id, |(name, _)| name);
    let taken = choose(id, &formats, name, wishes)?;
    let exact = offered.into_iter().find(|one| known(one) == Some(taken.format));
    let missing = || DeviceFault::Missing { device: uri(id) };
    let exact = exact.ok_or_else(missing)?;
    let (give, frames) = sync_channel(WAITING);
    let owned = id.to_owned();
    let read = move || {
        // A device belongs to the thread that opened it.
        let opened = camera(&owned, RequestedFormatType::Exact(exact)).and_then(|mut camera| {
            camera.open_stream().map_err(|error| fault(&owned, &error))?;
            Ok(camera)
        });
        let mut camera = match opened {
            Ok(camera) => camera,
            Err(fault) => return drop(give.send(Err(fault))),
        };
        loop {
            let frame = camera.frame().map_err(|error| fault(&owned, &error));
            let failed = frame.is_err();
            if give.send(frame).is_err() || failed {
                return;
            }
        }
    };
    let failed =
        |error: std::io::Error| DeviceFault::Failed { device: uri(id), reason: error.to_string() };
    std::thread::Builder::new().name("camera read".to_owned()).spawn(read).map_err(failed)?;
    let live = Frames { id: id.to_owned(), frames, last: None, taken };
    Ok(Opened { live: Box::new(live), taken })
}

/// What the reading thread gives. Dropping it ends the thread once the device gives its next frame.
struct Frames {
    id: String,
    frames: Receiver<Result<Buffer, DeviceFault>>,
    last: Option<Buffer>,
    taken: Taken,
}

impl Live for Frames {
    fn next(&mut self, patience: Duration) -> Result<Came<'_>, DeviceFault> {
        match self.frames.recv_timeout(patience) {
            Ok(frame) => {
                let frame = self.last.insert(frame?);
                let Some(coding) = coding(frame.source_frame_format()) else {
                    return Ok(Came::Spoilt("it has another coding than was agreed on"));
                };
                let (size, bytes) = (self.taken.format.size, frame.buffer());
                Ok(Came::Frame(Raw { coding, size, stride: 0, bytes }))
            }
            Err(RecvTimeoutError::Timeout) => Ok(Came::Nothing),
            Err(RecvTimeoutError::Disconnected) => {
                let reason = "its driver panicked".to_owned();
                Err(DeviceFault::Failed { device: uri(&self.id), reason })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_has_a_sentence_of_its_own() {
        let of = |said: &str| fault("x", &NokhwaError::GeneralError(said.to_owned()));
        let device = "camera:x".to_owned();
        assert_eq!(
            of("Device is in use by another app"),
            DeviceFault::Busy { device: device.clone() }
        );
        assert_eq!(of("Access denied"), DeviceFault::Denied { device: device.clone() });
        assert_eq!(of("Device not found"), DeviceFault::Missing { device });
        assert!(matches!(of("HRESULT 0x1"), DeviceFault::Failed { .. }));
    }

    #[test]
    fn a_camera_that_is_not_there_is_missing() {
        let opened = open("no such@camera", &Wishes::default());
        assert_eq!(
            opened.err(),
            Some(DeviceFault::Missing { device: "camera:no such@camera".into() })
        );
        assert!(formats("no such@camera").is_err());
        assert_eq!(list().len(), trace().len());
    }
}
