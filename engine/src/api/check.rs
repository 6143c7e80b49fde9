//! The check of the connection: what was tried, how it came out, and the figures. Nothing in it says who the user is,
//! whom they know or where exactly they are.

use super::ApiError;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The check, from the first time that something of it was asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct Check {
    /// Whether it goes on.
    pub running: bool,
    /// In the order in which they are done; none before a check was begun.
    pub steps: Vec<CheckStep>,
    /// A call to oneself that lasts until it is ended.
    pub echo: Option<EchoCall>,
    /// The user's own voice, while it is recorded and played.
    pub recording: Option<VoiceRecording>,
}

/// One thing that is tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CheckStep {
    /// Which.
    pub what: CheckWhat,
    /// How far it is.
    pub stage: CheckStage,
    /// What was measured.
    pub figures: CheckFigures,
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckWhat {
    /// Pictures come from the camera.
    Camera,
    /// Sound comes from the microphone.
    Microphone,
    /// The speaker takes sound; whether it is heard, the user knows.
    Speaker,
    /// The server answers.
    Server,
    /// Two ends on this computer find each other.
    Network,
    /// The server's helper tells an address by which others see this computer.
    Address,
    /// The server's relay lets a call through.
    Relay,
    /// How much goes through the relay and back, and what is lost.
    Bandwidth,
    /// The user's own picture and sound come back from a call to oneself.
    Echo,
    /// The links to contacts over which calls go.
    Contact,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CheckStage {
    /// Not begun, or broken off.
    Waiting,
    /// It goes on.
    Running,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad {
        /// Why.
        error: ApiError,
    },
    /// It could not be tried.
    Skipped {
        /// Why.
        why: ApiError,
    },
}

/// What was measured; nothing where it was not.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct CheckFigures {
    /// There and back.
    pub round_trip_ms: Option<f64>,
    /// Lost on the way, of a hundred.
    pub lost_percent: Option<f64>,
    /// What went through, or is believed to.
    pub kbit_s: Option<f64>,
    /// From the mouth to the ear.
    pub delay_ms: Option<f64>,
    /// Whole pictures that came.
    #[ts(type = "number | null")]
    pub pictures: Option<u64>,
    /// How wide they are.
    pub width: Option<u32>,
    /// How high they are.
    pub height: Option<u32>,
    /// How loud it was at most, from 0 to 1.
    pub level: Option<f64>,
    /// `udp` or `tcp`.
    pub way: Option<String>,
    /// The beginning of the address by which others see this computer, or `private`.
    pub address: Option<String>,
    /// Whether a test source stands in for the device.
    pub stand_in: Option<bool>,
}

/// A call to oneself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct EchoCall {
    /// What is measured; nothing before it is up.
    pub figures: CheckFigures,
    /// What is wrong.
    pub troubles: Vec<ApiError>,
}

/// The user's own voice.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct VoiceRecording {
    /// Whether it is played; it is recorded before.
    pub playing: bool,
    /// How much was recorded or played.
    pub ms: u32,
    /// How much is recorded at most.
    pub most_ms: u32,
    /// How loud it is now, from 0 to 1.
    pub level: f64,
    /// What is wrong.
    pub troubles: Vec<ApiError>,
}
