//! What the program can be told on its command line.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use visavis_engine::api::{DeviceChoice, KeyPlace};
use visavis_engine::device::DeviceUri;
use visavis_engine::device::camera::wish::Wishes;
use visavis_engine::engine::Options;
use visavis_engine::peer::LaneWays;

/// Visavis without a window, for scripts and bots: prints lines of JSON
#[derive(Debug, Parser)]
#[command(name = "visavis-cli", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The folder of the profile; no other program may use it at the same time. `devices` and `try` need none
    #[arg(long, value_name = "DIR", env = "VISAVIS_DATA")]
    data: Option<PathBuf>,
    /// Keep a new key in the system's keychain, not in a file in the profile
    #[arg(long)]
    keychain: bool,
    /// Trust the certificates in this PEM file beside the system's
    #[arg(long, value_name = "FILE", env = "VISAVIS_AUTHORITY")]
    authority: Option<PathBuf>,
    /// The port of the server that is hosted on this computer
    #[arg(long, value_name = "PORT", env = "VISAVIS_HOSTED_PORT", default_value_t = 8440)]
    hosted_port: u16,
    /// Be seen by this camera: camera:ID, test:pattern, file:PATH or null:
    #[arg(long, value_name = "URI", env = "VISAVIS_CAMERA", global = true, value_parser = camera)]
    camera: Option<String>,
    /// Be heard by this microphone: mic:ID, test:tone, file:PATH or null:
    #[arg(long, alias = "microphone", value_name = "URI", env = "VISAVIS_MICROPHONE", global = true, value_parser = microphone)]
    mic: Option<String>,
    /// Hear by this speaker: speaker:ID, file:PATH (recorded as WAV) or null:
    #[arg(long, value_name = "URI", env = "VISAVIS_SPEAKER", global = true, value_parser = speaker)]
    speaker: Option<String>,
    /// Be seen like this: 360p, 720p, 1080p, save-data, or as in width>=1280,fps=25
    #[arg(long, value_name = "WISH", env = "VISAVIS_PICTURE", global = true, value_parser = picture)]
    picture: Option<String>,
    /// Let files go this way alone, to measure it or to find out what is wrong: quick or channels
    #[arg(long, value_name = "WAY", env = "VISAVIS_LANES", global = true, value_parser = lanes)]
    lanes: Option<LaneWays>,
    #[command(subcommand)]
    pub(crate) errand: Errand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Errand {
    /// Make an identity, join a server and take a handle; what is there already stays
    Init(Init),
    /// Show who this profile is
    Me,
    /// Contacts, and requests to become one
    Contacts {
        #[command(subcommand)]
        what: Option<Contacts>,
    },
    /// List cameras, microphones and speakers
    Devices,
    /// Try a device without a call or a profile: prints what it gives, once a second, until it fails
    Try {
        /// Which one; it is named as for a call
        #[arg(value_enum)]
        what: Trial,
        /// For so long
        #[arg(long = "for", value_name = "SECONDS", default_value_t = 5)]
        seconds: u32,
    },
    /// Calls that were, newest first
    History {
        /// With this contact alone
        #[arg(long, value_name = "WHO")]
        with: Option<String>,
    },
    /// Write to a contact; whoever is away finds it later
    Write {
        /// A handle, a name, or a key or its beginning
        who: String,
        /// What to write; standard input, where there is none
        text: Option<String>,
    },
    /// What was written with a contact, newest first
    Messages {
        /// A handle, a name, or a key or its beginning
        who: String,
        /// Only so many
        #[arg(long, value_name = "COUNT")]
        last: Option<usize>,
    },
    /// Send files and folders to a contact; ends when they are there, or not wanted
    Send {
        /// A handle, a name, or a key or its beginning
        who: String,
        /// Files and folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Take the files that a contact sends next, or has offered already; what was broken off goes on
    Receive(Receive),
    /// Call a contact; the call ends by `hang up` on standard input, by SIGINT, or by the other
    Call(Call),
    /// Wait for a call and answer it
    Answer(Answer),
    /// Print all that happens, and take words on standard input
    Watch(Watch),
    /// Check devices, server, relay and a call to oneself; opens camera and microphone, and plays a tune
    Check {
        /// Print lines of JSON, each step as it is done, not a report as text
        #[arg(long)]
        json: bool,
    },
    /// Carry out one command of the engine's, written as JSON, and print its reply
    Do {
        /// Such as '{"type":"list_devices"}'
        command: String,
    },
}

/// A device that can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trial {
    /// What it can give, and its pictures
    Camera,
    /// How loud and how high it is where it listens
    Mic,
    /// A tone of 1000 Hz, softly
    Speaker,
}

#[derive(Debug, Args)]
pub(crate) struct Receive {
    /// From this contact alone
    #[arg(long, value_name = "WHO")]
    pub(crate) from: Option<String>,
    /// Into this folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) into: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The name that contacts see
    #[arg(long)]
    pub(crate) name: String,
    /// The server, such as call.example.org or ws://192.168.1.5:8440
    #[arg(long, value_name = "ADDRESS", conflicts_with = "this_computer")]
    pub(crate) server: Option<String>,
    /// Use the server on this computer; one that runs is joined, otherwise each run hosts it meanwhile
    #[arg(long)]
    pub(crate) this_computer: bool,
    /// For a server that takes new people by invite alone
    #[arg(long, value_name = "CODE")]
    pub(crate) invite: Option<String>,
    /// The handle to take on the server, for good
    #[arg(long)]
    pub(crate) handle: Option<String>,
}

#[derive(Debug, Default, Subcommand)]
pub(crate) enum Contacts {
    /// Show them
    #[default]
    List,
    /// Ask someone to become a contact
    Add {
        /// A handle, a handle with its server, or a visavis:add/ link
        address: String,
        /// A few words along
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Show who asks, and who was asked
    Requests,
    /// Say yes to someone who asks
    Accept {
        /// A handle, a name, or a key or its beginning
        who: String,
    },
    /// Say no to someone who asks
    Refuse {
        /// A handle, a name, or a key or its beginning
        who: String,
    },
    /// End being contacts
    Remove {
        /// A handle, a name, or a key or its beginning
        who: String,
    },
    /// Hear nothing more of someone
    Block {
        /// A handle, a name, or a key or its beginning
        who: String,
    },
    /// Take a block back
    Unblock {
        /// A handle, a name, or a key or its beginning
        who: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Manner {
    /// Without picture
    #[arg(long)]
    pub(crate) sound_only: bool,
    /// Hang up after talking this long
    #[arg(long = "for", value_name = "SECONDS")]
    pub(crate) seconds: Option<u32>,
    /// Print the figures of the call this often
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) statistics: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Call {
    /// A handle, a name, or a key or its beginning
    pub(crate) who: String,
    #[command(flatten)]
    pub(crate) manner: Manner,
}

#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// Only this contact's calls; others are left ringing
    #[arg(long, value_name = "WHO")]
    pub(crate) from: Option<String>,
    /// Go on with the next call after each; a call that comes during another is declined as busy
    #[arg(long)]
    pub(crate) always: bool,
    #[command(flatten)]
    pub(crate) manner: Manner,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Print the figures of calls that are on this often
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) statistics: Option<u32>,
}

impl Arguments {
    /// What this run was told; one that makes no sense ends here, and says so.
    pub(crate) fn read() -> Self {
        let read = Self::try_parse().and_then(Self::with_profile);
        read.unwrap_or_else(|error| error.exit())
    }

    /// The same, where there is a profile or none is needed.
    fn with_profile(self) -> Result<Self, clap::Error> {
        let needs = !matches!(self.errand, Errand::Devices | Errand::Try { .. });
        if needs && self.data.is_none() {
            let lacks = "say by --data (or VISAVIS_DATA) in which folder the profile is";
            return Err(Self::command().error(ErrorKind::MissingRequiredArgument, lacks));
        }
        Ok(self)
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            key_place: if self.keychain { KeyPlace::Keychain } else { KeyPlace::File },
            hosted_port: self.hosted_port,
            own_authority: self.authority.clone(),
            devices: DeviceChoice {
                camera: self.camera.clone(),
                microphone: self.mic.clone(),
                speaker: self.speaker.clone(),
                picture: self.picture.clone(),
                ..DeviceChoice::default()
            },
            lane_ways: self.lanes.unwrap_or_default(),
            ..Options::in_folder(self.data.as_deref().unwrap_or(Path::new("")))
        }
    }
}

fn lanes(text: &str) -> Result<LaneWays, String> {
    match text {
        "quick" => Ok(LaneWays::Quick),
        "channels" => Ok(LaneWays::Channels),
        _ => Err("say quick or channels".to_owned()),
    }
}

fn camera(text: &str) -> Result<String, String> {
    DeviceUri::camera(text).map(|_| text.to_owned()).map_err(|odd| odd.to_string())
}

fn picture(text: &str) -> Result<String, String> {
    text.parse::<Wishes>().map(|_| text.to_owned()).map_err(|odd| odd.to_string())
}

fn microphone(text: &str) -> Result<String, String> {
    DeviceUri::microphone(text).map(|_| text.to_owned()).map_err(|odd| odd.to_string())
}

fn speaker(text: &str) -> Result<String, String> {
    DeviceUri::speaker(text).map(|_| text.to_owned()).map_err(|odd| odd.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn only_what_tries_devices_needs_no_profile() {
        for (words, needs) in
            [(vec!["devices"], false), (vec!["try", "mic"], false), (vec!["me"], true)]
        {
            let read = Arguments::try_parse_from(["visavis-cli"].iter().chain(&words)).unwrap();
            // The computer that tests may name one for all.
            let read = Arguments { data: None, ..read }.with_profile();
            assert_eq!(read.is_err(), needs, "{words:?}");
        }
    }

    #[test]
    fn devices_go_before_or_after_the_errand() {
        for words in [
            ["--data", "/d", "--camera", "null:", "call", "bo"],
            ["--data", "/d", "call", "bo", "--camera", "null:"],
        ] {
            let read = Arguments::try_parse_from(["visavis-cli"].iter().chain(&words)).unwrap();
            assert_eq!(read.options().devices.camera.as_deref(), Some("null:"));
        }
        let odd = ["visavis-cli", "--data", "/d", "call", "bo", "--camera", "test:tone"];
        assert!(Arguments::try_parse_from(odd).is_err());
    }
}
