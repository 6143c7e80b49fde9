//! Microphones and speakers, real ones and those that stand in for them.
//!
//! Whatever a device does, its sound is exchanged in blocks of 10 ms, one channel, 48 kHz, on the device's own
//! thread: whoever is called there must not wait. A microphone or speaker is open while its owner lives, and is
//! closed within 200 ms after. Nothing here codes, mixes or cancels echoes.

mod chunk;
mod null;
pub mod pace;
mod paced;
pub mod rate;
mod system;
mod tone;
mod wav;

#[cfg(fuzzing)]
pub(crate) use wav::fuzz;

use super::{DeviceFault, DeviceUri};
use crate::api::Device;
use pace::Pace;

/// Samples a second, everywhere but in the devices themselves.
pub const RATE: u32 = 48_000;

/// Samples in a block: 10 ms.
pub const BLOCK: usize = 480;

/// How long a block lasts, in microseconds.
pub const BLOCK_US: u64 = 10_000;

/// 10 ms of one channel.
pub type Block = [f32; BLOCK];

/// Takes a block that a microphone gave, and when its first sample was caught, in microseconds of the process's
/// steady clock. Called on the device's thread.
pub type Sink = Box<dyn FnMut(&Block, u64) + Send>;

/// Fills a block that a speaker wants, told when its first sample will be heard. It comes filled with silence.
/// Called on the device's thread.
pub type Source = Box<dyn FnMut(&mut Block, u64) + Send>;

/// Hears what went wrong with an open device, once: it gives and takes nothing after that.
pub type Told = Box<dyn FnOnce(DeviceFault) + Send>;

/// Whatever keeps a device open until it is dropped.
trait Open: Send {}

/// An open microphone.
pub struct Microphone(#[expect(dead_code, reason = "it is there to be dropped")] Box<dyn Open>);

/// An open speaker.
pub struct Speaker(#[expect(dead_code, reason = "it is there to be dropped")] Box<dyn Open>);

impl Microphone {
    /// Opens a microphone or what stands in for one. It may take up to two seconds.
    ///
    /// # Errors
    ///
    /// Where there is no such microphone, or it can't be opened.
    pub fn open(uri: &DeviceUri, pace: &Pace, sink: Sink, told: Told) -> Result<Self, DeviceFault> {
        let open: Box<dyn Open> = match uri {
            DeviceUri::Microphone(id) => Box::new(system::microphone(id, sink, told)?),
            DeviceUri::Tone { hz } => Box::new(tone::play(*hz, pace, sink)?),
            DeviceUri::File { path, again, .. } => {
                Box::new(wav::play(path, *again, pace, sink, told)?)
            }
            DeviceUri::Null => Box::new(null::silence(pace, sink)?),
            _ => return Err(DeviceFault::Missing { device: uri.to_string() }),
        };
        Ok(Self(open))
    }
}

impl Speaker {
    /// Opens a speaker or what stands in for one. It may take up to two seconds.
    ///
    /// # Errors
    ///
    /// Where there is no such speaker, or it can't be opened.
    pub fn open(
        uri: &DeviceUri,
        pace: &Pace,
        source: Source,
        told: Told,
    ) -> Result<Self, DeviceFault> {
        let open: Box<dyn Open> = match uri {
            DeviceUri::Speaker(id) => Box::new(system::speaker(id, source, told)?),
            DeviceUri::File { path, .. } => Box::new(wav::record(path, pace, source, told)?),
            DeviceUri::Null => Box::new(null::unheard(pace, source)?),
            _ => return Err(DeviceFault::Missing { device: uri.to_string() }),
        };
        Ok(Self(open))
    }
}

/// The microphones and speakers that there are, the system's first, then those that stand in for one. None is
/// opened. It may take up to three seconds where the system's sound hangs.
pub fn list() -> (Vec<Device>, Vec<Device>) {
    let (mut microphones, mut speakers) = system::list();
    let stand_in = |uri: DeviceUri, name: &str| Device {
        uri: uri.to_string(),
        name: name.to_owned(),
        test: true,
        default: false,
        facing: None,
    };
    microphones.push(stand_in(DeviceUri::Tone { hz: 1000 }, "Test tone"));
    microphones.push(stand_in(DeviceUri::Null, "Silence"));
    speakers.push(stand_in(DeviceUri::Null, "Silence"));
    for devices in [&mut microphones, &mut speakers] {
        // The first of the system's where it has no choice of its own; the first stand-in where it has nothing.
        if !devices.iter().any(|device| device.default)
            && let Some(first) = devices.first_mut()
        {
            first.default = true;
        }
    }
    (microphones, speakers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_one_to_be_used_where_none_is_chosen() {
        let (microphones, speakers) = list();
        for devices in [&microphones, &speakers] {
            assert_eq!(devices.iter().filter(|device| device.default).count(), 1, "{devices:?}");
            for device in devices {
                assert!(device.uri.parse::<DeviceUri>().is_ok(), "{device:?}");
            }
        }
        let uris = |devices: &[Device]| -> Vec<String> {
            devices.iter().filter(|one| one.test).map(|one| one.uri.clone()).collect()
        };
        assert_eq!(uris(&microphones), ["test:tone?hz=1000", "null:"]);
        assert_eq!(uris(&speakers), ["null:"]);
    }

    #[test]
    fn what_is_no_sound_device_is_missing() {
        let pace = Pace::steady();
        for uri in ["camera:0", "test:pattern", "speaker:x"] {
            let uri: DeviceUri = uri.parse().unwrap();
            let opened = Microphone::open(&uri, &pace, Box::new(|_, _| ()), Box::new(|_| ()));
            let missing = DeviceFault::Missing { device: uri.to_string() };
            assert_eq!(opened.err(), Some(missing), "{uri}");
        }
        for uri in ["mic:x", "test:tone"] {
            let uri: DeviceUri = uri.parse().unwrap();
            let opened = Speaker::open(&uri, &pace, Box::new(|_, _| ()), Box::new(|_| ()));
            assert!(matches!(opened.err(), Some(DeviceFault::Missing { .. })), "{uri}");
        }
    }
}
