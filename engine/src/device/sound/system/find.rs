//! Finds the system's sound devices: which there are, which it uses itself, and one by its id. Nothing is opened.

use super::super::super::{DeviceUri, tell_apart};
use super::super::DeviceFault;
use crate::api::Device;
use cpal::traits::{DeviceTrait, HostTrait};
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Which way sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

/// The id that stands for whatever the system uses at the time.
const USUAL: &str = "default";

/// Longer than this nobody waits for a list: connecting may take two seconds of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// What ALSA lists beside devices: its own plugins, ways to servers that would have answered by themselves, and
/// every way to wire one card.
const NO_DEVICES: [&str; 26] = [
    "hw:",
    "surround",
    "iec958",
    "hdmi",
    "spdif",
    "dmix",
    "dsnoop",
    "front",
    "rear",
    "center_lfe",
    "side",
    "null",
    "samplerate",
    "speex",
    "lavrate",
    "upmix",
    "vdownmix",
    "usbstream",
    "jack",
    "oss",
    "pulse",
    "pipewire",
    "a52",
    "arcam",
    // The same devices again, by other names.
    "default:",
    "sysdefault",
];

/// Microphones and speakers; none where the system does not answer in time.
pub(in super::super) fn list() -> (Vec<Device>, Vec<Device>) {
    let (ready, listed) = mpsc::sync_channel(1);
    let look = move || {
        let host = cpal::default_host();
        drop(ready.send((of(&host, Way::In), of(&host, Way::Out))));
    };
    // A system that hangs keeps its thread; nobody waits for it.
    match thread::Builder::new().name("sound list".to_owned()).spawn(look) {
        Ok(_) => listed.recv_timeout(PATIENCE).unwrap_or_default(),
        Err(_) => Default::default(),
    }
}

fn of(host: &cpal::Host, way: Way) -> Vec<Device> {
    let usual = usual(host, way).and_then(|device| device.id().ok());
    let mut devices = Vec::new();
    for device in host.devices().into_iter().flatten().filter(|device| goes(device, way)) {
        let Ok(id) = device.id() else { continue };
        if !is_for_people(&id) {
            continue;
        }
        let uri = match way {
            Way::In => DeviceUri::Microphone(id.to_string()),
            Way::Out => DeviceUri::Speaker(id.to_string()),
        };
        let uri = uri.to_string();
        let default = usual.as_ref() == Some(&id);
        if !devices.iter().any(|other: &Device| other.uri == uri) {
            devices.push(Device { uri, name: name(&device), test: false, default, facing: None });
        }
    }
    numbered(devices)
}

/// Gives devices that are called the same a number.
fn numbered(mut devices: Vec<Device>) -> Vec<Device> {
    tell_apart(&mut devices, |one| &mut one.name, |name, number| format!("{name} ({number})"));
    devices
}

fn name(device: &cpal::Device) -> String {
    let described = device.description().map(|description| description.name().to_owned());
    let name = described.unwrap_or_else(|_| device.to_string());
    name.lines().next().unwrap_or_default().trim().to_owned()
}

fn usual(host: &cpal::Host, way: Way) -> Option<cpal::Device> {
    match way {
        Way::In => host.default_input_device(),
        Way::Out => host.default_output_device(),
    }
}

/// What the device says of itself, without asking it for all that it can do: that would open it.
fn goes(device: &cpal::Device, way: Way) -> bool {
    device.description().is_ok_and(|description| match way {
        Way::In => description.supports_input(),
        Way::Out => description.supports_output(),
    })
}

/// A monitor hears what a speaker plays: as a microphone it would send everyone back to themselves.
fn is_for_people(id: &cpal::DeviceId) -> bool {
    let name = id.id();
    let by_number = |name: &str| name.starts_with(|first: char| first.is_ascii_digit());
    if name.strip_prefix("plughw:CARD=").is_some_and(by_number) {
        return false;
    }
    !name.ends_with(".monitor") && !NO_DEVICES.iter().any(|prefix| name.starts_with(prefix))
}

/// A device by its id, with the connection that it hangs on.
pub(super) fn open(id: &str, way: Way) -> Result<(cpal::Host, cpal::Device), DeviceFault> {
    let missing = || DeviceFault::Missing { device: id.to_owned() };
    if id == USUAL {
        let host = cpal::default_host();
        let device = usual(&host, way).ok_or_else(missing)?;
        return Ok((host, device));
    }
    let known = cpal::DeviceId::from_str(id).map_err(|_| missing())?;
    let host = cpal::host_from_id(known.host()).map_err(|_| missing())?;
    let device = by_id(&host, &known, way).ok_or_else(missing)?;
    Ok((host, device))
}

/// Whether a device that was opened is still there; yes where that can't be said.
pub(super) fn is_there(host: &cpal::Host, id: &str, way: Way) -> bool {
    if id == USUAL {
        return usual(host, way).is_some();
    }
    match (cpal::DeviceId::from_str(id), host.devices()) {
        (Ok(known), Ok(mut devices)) => {
            devices.any(|device| device.id().is_ok_and(|id| id == known))
        }
        (Ok(_), Err(error)) => error.kind() != cpal::ErrorKind::HostUnavailable,
        (Err(_), _) => false,
    }
}

fn by_id(host: &cpal::Host, known: &cpal::DeviceId, way: Way) -> Option<cpal::Device> {
    let is_it = |device: &cpal::Device| device.id().is_ok_and(|id| id == *known);
    host.devices().ok()?.find(|device| is_it(device) && goes(device, way))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str) -> Device {
        Device {
            uri: String::new(),
            name: name.to_owned(),
            test: false,
            default: false,
            facing: None,
        }
    }

    #[test]
    fn devices_that_are_called_the_same_are_told_apart() {
        let all = numbered(["Mic", "Loop", "Mic", "Mic"].map(device).into());
        let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["Mic", "Loop", "Mic (2)", "Mic (3)"]);
    }

    #[test]
    fn of_a_card_each_device_is_listed_once() {
        let known = |name: &str| cpal::DeviceId::from_str(&format!("alsa:{name}")).unwrap();
        for (name, listed) in [
            ("default", true),
            ("plughw:CARD=PCH,DEV=0", true),
            ("plughw:CARD=0,DEV=0", false),
            ("sysdefault:CARD=PCH", false),
            ("default:CARD=PCH", false),
            ("hw:CARD=PCH,DEV=0", false),
        ] {
            assert_eq!(is_for_people(&known(name)), listed, "{name}");
        }
    }
}
