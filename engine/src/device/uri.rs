//! The addresses of devices: `camera:ID`, `screen:ID`, `window:ID`, `mic:ID`, `speaker:ID`, `test:pattern?w=1280&h=720&fps=30`,
//! `test:tone?hz=1000`, `file:PATH?loop=1`, `null:`. They are read from settings, command lines and the page,
//! so whatever can't be read is refused with what is wrong about it.

use crate::media::picture::Size;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A device's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DeviceUri {
    /// A camera of the system's.
    Camera(String),
    /// A screen, by the name of the monitor.
    Screen(String),
    /// A window, by its number.
    Window(u32),
    /// A microphone of the system's.
    Microphone(String),
    /// A speaker of the system's.
    Speaker(String),
    /// A moving picture that says when it was drawn.
    Pattern {
        /// How large.
        size: Size,
        /// Pictures a second, 1 to 120.
        fps: u32,
    },
    /// A steady tone.
    Tone {
        /// How high, 20 to 20,000.
        hz: u32,
    },
    /// A file that plays as a camera or microphone, or a folder of pictures, or a file to record to as a speaker.
    File {
        /// Where.
        path: PathBuf,
        /// Whether it begins anew at its end.
        again: bool,
        /// Pictures a second where the file doesn't say, 1 to 120.
        fps: Option<u32>,
    },
    /// Nothing: black, silence, or unheard.
    Null,
}

/// Why an address can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OddUri {
    /// It begins with none of the known words.
    #[error(
        "a device begins with camera:, screen:, window:, mic:, speaker:, test:, file: or null:"
    )]
    Kind,
    /// It names nothing.
    #[error("the device has no name")]
    Empty,
    /// There is no such test source.
    #[error("the test sources are test:pattern and test:tone")]
    Test,
    /// It is a device, but not one for this.
    #[error("this is no {0}")]
    Unfit(&'static str),
    /// A parameter is unknown or out of bounds.
    #[error("{0} is not what this device takes")]
    Parameter(String),
}

impl DeviceUri {
    /// Reads the address of something to be seen by.
    ///
    /// # Errors
    /// It can't be read, or is no such thing.
    pub fn camera(text: &str) -> Result<Self, OddUri> {
        let fits = |one: &_| {
            matches!(
                one,
                Self::Camera(_) | Self::Screen(_) | Self::Window(_) | Self::Pattern { .. }
            )
        };
        Self::fitting(text, fits, "camera")
    }

    /// Reads the address of something to be heard by.
    ///
    /// # Errors
    /// It can't be read, or is no such thing.
    pub fn microphone(text: &str) -> Result<Self, OddUri> {
        let fits = |one: &_| matches!(one, Self::Microphone(_) | Self::Tone { .. });
        Self::fitting(text, fits, "microphone")
    }

    /// Reads the address of something to hear with.
    ///
    /// # Errors
    /// It can't be read, or is no such thing.
    pub fn speaker(text: &str) -> Result<Self, OddUri> {
        Self::fitting(text, |one| matches!(one, Self::Speaker(_)), "speaker")
    }

    /// Files and nothing at all can stand in for any device.
    fn fitting(text: &str, fits: fn(&Self) -> bool, what: &'static str) -> Result<Self, OddUri> {
        let device: Self = text.parse()?;
        let fits = fits(&device) || matches!(device, Self::File { .. } | Self::Null);
        if fits { Ok(device) } else { Err(OddUri::Unfit(what)) }
    }
}

impl FromStr for DeviceUri {
    type Err = OddUri;

    fn from_str(text: &str) -> Result<Self, OddUri> {
        let (kind, rest) = text.split_once(':').ok_or(OddUri::Kind)?;
        let named = |name: &str| {
            if name.is_empty() { Err(OddUri::Empty) } else { Ok(name.to_owned()) }
        };
        match kind {
            "camera" => named(rest).map(Self::Camera),
            "screen" => named(rest).map(Self::Screen),
            "window" => number(rest, rest).map(Self::Window),
            "mic" => named(rest).map(Self::Microphone),
            "speaker" => named(rest).map(Self::Speaker),
            "test" => test(rest),
            "file" => file(rest),
            "null" if rest.is_empty() => Ok(Self::Null),
            "null" => Err(OddUri::Parameter(rest.to_owned())),
            _ => Err(OddUri::Kind),
        }
    }
}

fn test(rest: &str) -> Result<DeviceUri, OddUri> {
    let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
    match name {
        "pattern" => {
            let (mut width, mut height, mut fps) = (1280, 720, 30);
            for (name, value, whole) in parameters(query)? {
                match name {
                    "w" => width = number(value, whole)?,
                    "h" => height = number(value, whole)?,
                    "fps" => fps = bounded(value, whole, 1, 120)?,
                    _ => return Err(OddUri::Parameter(whole.to_owned())),
                }
            }
            let size = Size::new(width, height)
                .ok_or_else(|| OddUri::Parameter(format!("w={width}&h={height}")))?;
            Ok(DeviceUri::Pattern { size, fps })
        }
        "tone" => {
            let mut hz = 1000;
            for (name, value, whole) in parameters(query)? {
                match name {
                    "hz" => hz = bounded(value, whole, 20, 20_000)?,
                    _ => return Err(OddUri::Parameter(whole.to_owned())),
                }
            }
            Ok(DeviceUri::Tone { hz })
        }
        _ => Err(OddUri::Test),
    }
}

/// A path may hold a question mark: only what reads as known parameters after the last one counts as such.
fn file(rest: &str) -> Result<DeviceUri, OddUri> {
    let (mut path, mut again, mut fps) = (rest, false, None);
    if let Some((before, query)) = rest.rsplit_once('?')
        && query.split('&').all(|one| one.starts_with("loop=") || one.starts_with("fps="))
    {
        path = before;
        for (name, value, whole) in parameters(query)? {
            match (name, value) {
                ("loop", "1") => again = true,
                ("loop", "0") => again = false,
                ("fps", _) => fps = Some(bounded(value, whole, 1, 120)?),
                _ => return Err(OddUri::Parameter(whole.to_owned())),
            }
        }
    }
    if path.is_empty() {
        return Err(OddUri::Empty);
    }
    Ok(DeviceUri::File { path: path.into(), again, fps })
}

fn parameters(query: &str) -> Result<Vec<(&str, &str, &str)>, OddUri> {
    let each = query.split('&').filter(|one| !one.is_empty());
    each.map(|one| {
        let (name, value) = one.split_once('=').ok_or_else(|| OddUri::Parameter(one.to_owned()))?;
        Ok((name, value, one))
    })
    .collect()
}

fn number(value: &str, whole: &str) -> Result<u32, OddUri> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { value.parse().ok() } else { None };
    number.ok_or_else(|| OddUri::Parameter(whole.to_owned()))
}

fn bounded(value: &str, whole: &str, least: u32, most: u32) -> Result<u32, OddUri> {
    number(value, whole)
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| OddUri::Parameter(whole.to_owned()))
}

impl fmt::Display for DeviceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Camera(id) => write!(f, "camera:{id}"),
            Self::Screen(name) => write!(f, "screen:{name}"),
            Self::Window(number) => write!(f, "window:{number}"),
            Self::Microphone(id) => write!(f, "mic:{id}"),
            Self::Speaker(id) => write!(f, "speaker:{id}"),
            Self::Pattern { size, fps } => {
                write!(f, "test:pattern?w={}&h={}&fps={fps}", size.width, size.height)
            }
            Self::Tone { hz } => write!(f, "test:tone?hz={hz}"),
            Self::File { path, again, fps } => {
                write!(f, "file:{}?loop={}", path.display(), u8::from(*again))?;
                fps.map_or(Ok(()), |fps| write!(f, "&fps={fps}"))
            }
            Self::Null => f.write_str("null:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_is_read() {
        let pattern = |width, height, fps| DeviceUri::Pattern {
            size: Size::new(width, height).unwrap(),
            fps,
        };
        let file = |path: &str, again, fps| DeviceUri::File { path: path.into(), again, fps };
        for (text, uri) in [
            ("camera:0", DeviceUri::Camera("0".into())),
            ("screen:DP-1", DeviceUri::Screen("DP-1".into())),
            ("window:4194311", DeviceUri::Window(4_194_311)),
            ("mic:alsa:hw:0,0", DeviceUri::Microphone("alsa:hw:0,0".into())),
            ("speaker:x", DeviceUri::Speaker("x".into())),
            ("test:pattern", pattern(1280, 720, 30)),
            ("test:pattern?w=640&h=360&fps=15", pattern(640, 360, 15)),
            ("test:tone", DeviceUri::Tone { hz: 1000 }),
            ("test:tone?hz=440", DeviceUri::Tone { hz: 440 }),
            ("file:/a/b.y4m", file("/a/b.y4m", false, None)),
            ("file:c?d.y4m?loop=1&fps=25", file("c?d.y4m", true, Some(25))),
            ("file:what?.gif", file("what?.gif", false, None)),
            ("null:", DeviceUri::Null),
        ] {
            assert_eq!(text.parse(), Ok(uri), "{text}");
        }
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        let parameter = |text: &str| OddUri::Parameter(text.to_owned());
        for (text, odd) in [
            ("", OddUri::Kind),
            ("webcam:1", OddUri::Kind),
            ("camera:", OddUri::Empty),
            ("screen:", OddUri::Empty),
            ("window:", parameter("")),
            ("window:x", parameter("x")),
            ("window:99999999999", parameter("99999999999")),
            ("file:", OddUri::Empty),
            ("file:?loop=1", OddUri::Empty),
            ("null:x", parameter("x")),
            ("test:card", OddUri::Test),
            ("test:pattern?w=641", parameter("w=641&h=720")),
            ("test:pattern?w=99999999999", parameter("w=99999999999")),
            ("test:pattern?fps=0", parameter("fps=0")),
            ("test:pattern?loop=1", parameter("loop=1")),
            ("test:tone?hz=+440", parameter("hz=+440")),
            ("file:a.y4m?loop=2", parameter("loop=2")),
        ] {
            assert_eq!(text.parse::<DeviceUri>(), Err(odd), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_read_reads_the_same_again(text in "(camera|screen|window|mic|speaker|test|file|null):[ -~]{0,30}") {
            if let Ok(uri) = text.parse::<DeviceUri>() {
                prop_assert_eq!(uri.to_string().parse(), Ok(uri));
            }
        }
    }
}
