//! What the app can be told on its command line or by its environment.
//!
//! Nobody needs any of it for everyday use. It lets a second profile run beside the first, which is how
//! the demonstration and the tests have two people on one computer.

use clap::Parser;
use std::path::PathBuf;
use std::str::FromStr;
use visavis_engine::api::{DeviceChoice, KeyPlace};
use visavis_engine::device::{DeviceUri, OddUri};
use visavis_engine::engine::Options;
use visavis_engine::peer::LaneWays;

/// Call the people you know.
#[derive(Debug, Parser)]
#[command(name = "visavis", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Keep the profile in this folder instead of the usual one
    #[arg(long, value_name = "DIR", env = "VISAVIS_DATA")]
    data: Option<PathBuf>,
    /// Keep a new key in a file in the profile, not in the system's keychain
    /// [env: VISAVIS_KEY_PLACE=file]
    #[arg(long)]
    key_in_file: bool,
    /// The port of the server that the app hosts on this computer
    #[arg(long, value_name = "PORT", env = "VISAVIS_HOSTED_PORT", default_value_t = 8440)]
    hosted_port: u16,
    /// Trust the certificates in this PEM file beside the system's, for a server with an authority of its own
    #[arg(long, value_name = "FILE", env = "VISAVIS_AUTHORITY")]
    authority: Option<PathBuf>,
    /// Be seen by this camera, whatever is chosen: camera:ID, test:pattern, file:PATH or null:
    #[arg(long, value_name = "URI", env = "VISAVIS_CAMERA", value_parser = camera)]
    camera: Option<String>,
    /// Be heard by this microphone, whatever is chosen: mic:ID, test:tone, file:PATH or null:
    #[arg(long, value_name = "URI", env = "VISAVIS_MICROPHONE", value_parser = microphone)]
    microphone: Option<String>,
    /// Hear by this speaker, whatever is chosen: speaker:ID, file:PATH or null:
    #[arg(long, value_name = "URI", env = "VISAVIS_SPEAKER", value_parser = speaker)]
    speaker: Option<String>,
    /// Open the window at this place and size, such as 640x800+0+0
    #[arg(long, value_name = "WxH+X+Y")]
    pub(crate) geometry: Option<Geometry>,
}

/// No folder of the user's own is known on this system.
#[derive(Debug)]
pub(crate) struct NoFolder;

impl std::fmt::Display for NoFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this account has no folder for data: name one with --data DIR")
    }
}

impl std::error::Error for NoFolder {}

impl Arguments {
    /// Where the engine keeps its things.
    pub(crate) fn options(&self) -> Result<Options, NoFolder> {
        let usual = dirs::data_local_dir().map(|folder| folder.join("visavis"));
        let place = std::env::var_os("VISAVIS_KEY_PLACE");
        let in_file = self.key_in_file || place.is_some_and(|place| place == "file");
        Ok(Options {
            data: match (&self.data, &usual) {
                (Some(data), _) => data.clone(),
                (None, Some(usual)) => usual.join("profile"),
                (None, None) => return Err(NoFolder),
            },
            key_place: if in_file { KeyPlace::File } else { KeyPlace::Keychain },
            hosted_data: match (&usual, &self.data) {
                (Some(usual), _) => usual.join("server"),
                (None, Some(data)) => data.join("server"),
                (None, None) => return Err(NoFolder),
            },
            hosted_port: self.hosted_port,
            own_authority: self.authority.clone(),
            downloads: dirs::download_dir(),
            devices: DeviceChoice {
                camera: self.camera.clone(),
                microphone: self.microphone.clone(),
                speaker: self.speaker.clone(),
                ..DeviceChoice::default()
            },
            lane_ways: LaneWays::default(),
        })
    }
}

/// A device's address as it was written, if it can be read and fits.
fn written(text: &str, read: Result<DeviceUri, OddUri>) -> Result<String, String> {
    read.map(|_| text.to_owned()).map_err(|odd| odd.to_string())
}

fn camera(text: &str) -> Result<String, String> {
    written(text, DeviceUri::camera(text))
}

fn microphone(text: &str) -> Result<String, String> {
    written(text, DeviceUri::microphone(text))
}

fn speaker(text: &str) -> Result<String, String> {
    written(text, DeviceUri::speaker(text))
}

/// Where a window stands, and how large it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Geometry {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) left: f64,
    pub(crate) top: f64,
}

impl FromStr for Geometry {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = |text: &str| -> Option<Self> {
            let (size, place) = text.split_once('+')?;
            let (width, height) = size.split_once('x')?;
            let (left, top) = place.split_once('+')?;
            let number = |text: &str| text.parse::<u16>().ok().map(f64::from);
            Some(Self {
                width: number(width)?,
                height: number(height)?,
                left: number(left)?,
                top: number(top)?,
            })
        };
        numbers(text).ok_or("write it as WIDTHxHEIGHT+LEFT+TOP, such as 640x800+0+0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geometry_is_read() {
        let read: Geometry = "640x800+10+0".parse().unwrap();
        assert_eq!(read, Geometry { width: 640.0, height: 800.0, left: 10.0, top: 0.0 });
        for odd in ["", "640", "640x800", "640x800+1", "ax1+1+1", "640x800+-5+0", "70000x1+0+0"] {
            assert!(odd.parse::<Geometry>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_profile_of_ones_own_leaves_the_usual_one_alone() {
        let arguments =
            Arguments::parse_from(["visavis", "--data", "/elsewhere/ana", "--key-in-file"]);
        let options = arguments.options().unwrap();
        assert_eq!(options.data, PathBuf::from("/elsewhere/ana"));
        assert_eq!(options.key_place, KeyPlace::File);
    }

    #[test]
    fn devices_are_read_where_they_fit() {
        let read = |name: &str, device: &str| {
            let arguments = Arguments::try_parse_from(["visavis", "--data", "/d", name, device]);
            arguments.ok().map(|arguments| arguments.options().unwrap().devices)
        };
        let named = |device: &str| Some(device.to_owned());
        for (name, good, bad) in [
            (
                "--camera",
                "test:pattern?w=640&h=360&fps=15",
                ["mic:1", "test:tone", "speaker:1", "x"],
            ),
            ("--microphone", "test:tone?hz=440", ["camera:1", "test:pattern", "speaker:1", "mic:"]),
            ("--speaker", "file:heard.wav", ["camera:1", "test:tone", "mic:1", "null:x"]),
        ] {
            let devices = read(name, good).unwrap();
            let chosen = [devices.camera, devices.microphone, devices.speaker];
            assert_eq!(chosen.into_iter().flatten().collect::<Vec<_>>(), [good]);
            assert!(read(name, "null:").is_some());
            assert!(bad.iter().all(|device| read(name, device).is_none()), "{name}");
        }
        assert_eq!(read("--camera", "camera:0").unwrap().camera, named("camera:0"));
    }
}
