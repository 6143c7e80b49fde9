//! Cameras of Linux: nodes are listed by `nokhwa`, told apart and read through `v4l`. A node is opened to ask what it
//! is and what it gives, which lights nothing; only a stream does.

mod formats;

use super::{Found, Opened, choose, numbered, uri};
use crate::device::DeviceFault;
use crate::device::camera::live::{Came, Live};
use crate::device::camera::pixels::Raw;
use crate::device::camera::wish::{Coding, Format, Wishes};
use crate::media::picture::Size;
use nokhwa::utils::{ApiBackend, CameraIndex};
use std::io::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use v4l::Device;
use v4l::buffer::Type;
use v4l::capability::Flags;
use v4l::format::FourCC;
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;

/// Pictures that may be under way between the device and here.
const BUFFERS: u32 = 4;
/// Errors in a row after which a stream is given up. The system says that one may be nothing.
const MOST_ERRORS: u32 = 8;
// Of the kernel's errno.h.
const EPERM: i32 = 1;
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const EACCES: i32 = 13;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;

/// The nodes that the system has, by number.
fn nodes() -> Vec<(u32, String)> {
    let all = nokhwa::query(ApiBackend::Video4Linux).unwrap_or_default();
    let mut nodes: Vec<_> = all
        .iter()
        .filter_map(|one| match one.index() {
            CameraIndex::Index(number) => Some((*number, one.human_name())),
            CameraIndex::String(_) => None,
        })
        .collect();
    nodes.sort();
    nodes
}

pub(super) fn trace() -> Vec<String> {
    nodes().into_iter().map(|(number, name)| format!("{number} {name}")).collect()
}

/// What the system has at a node.
enum At {
    Camera(Box<Node>),
    /// It may not be opened; only its name is known.
    Closed(Found),
    Nothing,
}

/// A camera's node.
struct Node {
    path: String,
    device: Device,
    found: Found,
}

impl Node {
    fn of(path: String, device: Device) -> Option<Self> {
        let caps = device.query_caps().ok()?;
        if !caps.capabilities.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING) {
            return None;
        }
        let name = caps.card.trim().to_owned();
        let found = Found { id: format!("{name}@{}", caps.bus), name };
        Some(Self { path, device, found })
    }
}

/// What is at a node. What a library makes of odd names is not for here.
fn at(number: u32, name: &str) -> At {
    let path = format!("/dev/video{number}");
    match Device::with_path(&path) {
        Ok(device) => {
            let node = catch_unwind(AssertUnwindSafe(|| Node::of(path, device)));
            node.unwrap_or_default().map_or(At::Nothing, |node| At::Camera(Box::new(node)))
        }
        Err(error) if matches!(fault("", &error), DeviceFault::Denied { .. }) => {
            At::Closed(Found { id: format!("{name}@{path}"), name: name.to_owned() })
        }
        Err(_) => At::Nothing,
    }
}

/// All cameras. Of one that may not be opened several nodes look the same, and count as one.
fn all() -> Vec<At> {
    let mut all: Vec<At> = Vec::new();
    for (number, name) in nodes() {
        let one = at(number, &name);
        let again = |other: &At| matches!((other, &one), (At::Closed(a), At::Closed(b)) if a.name == b.name);
        if !matches!(one, At::Nothing) && !all.iter().any(again) {
            all.push(one);
        }
    }
    all
}

fn found(at: &At) -> Option<Found> {
    match at {
        At::Camera(node) => Some(node.found.clone()),
        At::Closed(found) => Some(found.clone()),
        At::Nothing => None,
    }
}

pub(super) fn list() -> Vec<Found> {
    all().iter().filter_map(found).collect()
}

/// The camera of an id. Where it can't be found and one may not be opened, it may be that one.
fn find(id: &str) -> Result<Box<Node>, DeviceFault> {
    let all = all();
    let device = || uri(id);
    let ids = numbered(all.iter().filter_map(found).collect());
    let denied = all.iter().any(|at| matches!(at, At::Closed(_)));
    match all.into_iter().zip(ids).find(|(_, found)| found.id == id) {
        Some((At::Camera(node), _)) => Ok(node),
        Some((At::Closed(_), _)) => Err(DeviceFault::Denied { device: device() }),
        _ if denied => Err(DeviceFault::Denied { device: device() }),
        _ => Err(DeviceFault::Missing { device: device() }),
    }
}

fn fault(id: &str, error: &Error) -> DeviceFault {
    let device = uri(id);
    match error.raw_os_error() {
        Some(EPERM | EACCES) => DeviceFault::Denied { device },
        Some(EBUSY) => DeviceFault::Busy { device },
        Some(ENXIO | ENODEV) => DeviceFault::Missing { device },
        _ => DeviceFault::Failed { device, reason: error.to_string() },
    }
}

pub(super) fn formats(id: &str) -> Result<Vec<Format>, DeviceFault> {
    formats::of(&find(id)?.device).map_err(|error| fault(id, &error))
}

pub(super) fn open(id: &str, wishes: &Wishes) -> Result<Opened, DeviceFault> {
    let fault = |error: Error| fault(id, &error);
    let Node { path, device, found } = *find(id)?;
    let mut taken = choose(id, &formats::of(&device).map_err(fault)?, &found.name, wishes)?;
    let wished = taken.format;
    let known = formats::CODINGS.iter().filter(|(_, coding)| *coding == wished.coding);
    let mut given = None;
    for (name, _) in known {
        let Size { width, height } = wished.size;
        let asked = v4l::Format::new(width, height, FourCC::new(name));
        let got = device.set_format(&asked).map_err(fault)?;
        if formats::coding(got.fourcc) == Some(wished.coding) {
            given = Some(got);
            break;
        }
    }
    let failed = |reason: &str| DeviceFault::Failed { device: uri(id), reason: reason.to_owned() };
    let given = given.ok_or_else(|| failed("it gives other pictures than it says"))?;
    let size = Size::new(given.width, given.height)
        .ok_or_else(|| failed("it gives pictures of an odd size"))?;
    if size != wished.size {
        // It has a will of its own; what is shown is no larger than what comes.
        taken.format.size = size;
        taken.size = crate::media::scale::fit(size, taken.size);
    }
    // A camera without a choice of rates says that it can't do this.
    match device.set_params(&Parameters::new(formats::interval(wished.fps))) {
        Ok(params) => taken.format.fps = formats::rate(params.interval).unwrap_or(wished.fps),
        Err(error) if matches!(error.raw_os_error(), Some(EBUSY | ENODEV)) => {
            return Err(fault(error));
        }
        Err(error) => tracing::debug!(%error, path, "a camera has a rate of its own"),
    }
    let stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS).map_err(fault)?;
    tracing::info!(path, ?taken, "a camera is open");
    let (coding, stride) = (wished.coding, given.stride);
    let stream = Frames {
        id: id.to_owned(),
        stream: Some(stream),
        coding,
        size,
        stride,
        waits: false,
        errors: 0,
        _device: device,
    };
    Ok(Opened { live: Box::new(stream), taken })
}

/// A stream of frames.
struct Frames {
    id: String,
    stream: Option<Stream<'static>>,
    coding: Coding,
    size: Size,
    stride: u32,
    /// Every buffer is with the device.
    waits: bool,
    errors: u32,
    _device: Device,
}

impl Live for Frames {
    fn next(&mut self, patience: Duration) -> Result<Came<'_>, DeviceFault> {
        let Some(stream) = &mut self.stream else { return Ok(Came::Nothing) };
        stream.set_timeout(patience);
        if self.waits {
            // The library gives a buffer back before it waits for one, and now it has none. What comes first is not
            // to be seen, as it doesn't tell which it was.
            match stream.dequeue() {
                Ok(_) => self.waits = false,
                Err(error) => return waited(&self.id, &mut self.errors, &error),
            }
        }
        match stream.next() {
            Ok((bytes, meta)) => {
                self.errors = 0;
                let used = bytes.get(..meta.bytesused as usize).unwrap_or(bytes);
                if meta.flags.contains(v4l::buffer::Flags::ERROR) {
                    return Ok(Came::Spoilt("the driver says that it is damaged"));
                }
                let (coding, size, stride) = (self.coding, self.size, self.stride);
                Ok(Came::Frame(Raw { coding, size, stride, bytes: used }))
            }
            Err(error) => {
                self.waits = true;
                waited(&self.id, &mut self.errors, &error)
            }
        }
    }
}

/// What it means that no frame came.
fn waited(id: &str, errors: &mut u32, error: &Error) -> Result<Came<'static>, DeviceFault> {
    if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted | ErrorKind::WouldBlock)
    {
        return Ok(Came::Nothing);
    }
    *errors += 1;
    if error.raw_os_error() == Some(EIO) && *errors < MOST_ERRORS {
        return Ok(Came::Spoilt("it was lost between the camera and its driver"));
    }
    Err(fault(id, error))
}

impl Drop for Frames {
    fn drop(&mut self) {
        // The library panics where a stream can't be stopped.
        if let Some(stream) = self.stream.take()
            && catch_unwind(AssertUnwindSafe(|| drop(stream))).is_err()
        {
            tracing::warn!(device = self.id, "a camera could not be stopped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_has_a_sentence_of_its_own() {
        let of = |errno| fault("x", &Error::from_raw_os_error(errno));
        let device = "camera:x".to_owned();
        assert_eq!(of(EBUSY), DeviceFault::Busy { device: device.clone() });
        assert_eq!(of(EACCES), DeviceFault::Denied { device: device.clone() });
        assert_eq!(of(ENODEV), DeviceFault::Missing { device: device.clone() });
        assert!(matches!(of(EIO), DeviceFault::Failed { .. }));
        assert_eq!(
            open("no such@camera", &Wishes::default()).err(),
            Some(DeviceFault::Missing { device: "camera:no such@camera".into() })
        );
    }

    #[test]
    fn errors_are_borne_for_a_while() {
        let mut errors = 0;
        let io = Error::from_raw_os_error(EIO);
        for _ in 1..MOST_ERRORS {
            assert!(matches!(waited("x", &mut errors, &io), Ok(Came::Spoilt(_))));
        }
        assert!(matches!(waited("x", &mut errors, &io), Err(DeviceFault::Failed { .. })));
        let gone = Error::from_raw_os_error(ENODEV);
        assert!(matches!(waited("x", &mut 0, &gone), Err(DeviceFault::Missing { .. })));
    }
}
