//! Cameras, microphones and speakers: which there are, which are used, and how.

use super::{ApiError, PublicKey};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which devices calls use; the system's own choice where none is named, or a test source where the system has
/// none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct DeviceChoice {
    /// A device address such as `test:pattern?w=1280&h=720&fps=30`.
    pub camera: Option<String>,
    /// As `mic:ID` or `test:tone?hz=1000`.
    pub microphone: Option<String>,
    /// As `speaker:ID` or `null:`.
    pub speaker: Option<String>,
    /// Of the speaker, from 0 to 100.
    pub volume: u8,
    /// What is wished of the camera's pictures: `360p`, `720p`, `1080p`, `save-data`, or as in `width>=1280,fps=25`; 720p
    /// where nothing is.
    pub picture: Option<String>,
    /// What is done to the microphone's sound.
    pub treatment: SoundTreatment,
    /// The look of the user's own picture.
    pub filter: Filter,
    /// Whether others see that look too.
    pub filter_out: bool,
}

/// Which devices calls with one person use instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DevicesWith {
    /// With whom.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// As in [`DeviceChoice`]; what is chosen there, where none is named.
    #[serde(default)]
    pub camera: Option<String>,
    /// As in [`DeviceChoice`].
    #[serde(default)]
    pub microphone: Option<String>,
    /// As in [`DeviceChoice`].
    #[serde(default)]
    pub speaker: Option<String>,
}

/// What is done to the sound of a microphone; nothing is done to what stands in for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct SoundTreatment {
    /// How loud it is taken, in a hundred parts of how loud it is; 200 at the most.
    pub gain: u8,
    /// Whether what the speaker plays is taken out of it.
    pub echo: bool,
    /// How much noise is turned down.
    pub noise: NoiseTreatment,
    /// Whether the voice is brought to a usual loudness.
    pub level: bool,
}

impl Default for SoundTreatment {
    fn default() -> Self {
        Self { gain: 100, echo: true, noise: NoiseTreatment::Standard, level: true }
    }
}

/// How much noise is turned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoiseTreatment {
    /// Not at all.
    Off,
    /// So that voices keep their colour.
    #[default]
    Standard,
    /// As much as can be.
    Strong,
}

/// A look that is laid over the user's own picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// As it is.
    #[default]
    None,
    /// Without colours.
    Grey,
    /// As old prints are.
    Sepia,
    /// Dark for light, and each colour for its opposite.
    Invert,
    /// As by lamplight.
    Warm,
    /// As on a winter's day.
    Cool,
    /// Stronger in colour and light.
    Vivid,
    /// Without colours, and hard.
    Noir,
    /// As prints that lay in the sun.
    Faded,
}

/// The user's own picture and sound, beside or before any call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct Preview {
    /// What is wrong with the devices.
    pub troubles: Vec<ApiError>,
}

impl Default for DeviceChoice {
    fn default() -> Self {
        Self {
            camera: None,
            microphone: None,
            speaker: None,
            volume: 100,
            picture: None,
            treatment: SoundTreatment::default(),
            filter: Filter::None,
            filter_out: false,
        }
    }
}

/// What there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct DeviceList {
    /// To be seen by.
    pub cameras: Vec<Device>,
    /// To be heard by.
    pub microphones: Vec<Device>,
    /// To hear with.
    pub speakers: Vec<Device>,
}

/// One that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Device {
    /// Its address.
    pub uri: String,
    /// As the system names it; of a test source, in English.
    pub name: String,
    /// Whether it stands in for a device.
    pub test: bool,
    /// Whether it is what is used where none is chosen.
    pub default: bool,
    /// To which side a camera looks, where that is known.
    pub facing: Option<Facing>,
}

/// To which side a camera looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Facing {
    /// To who holds it.
    Front,
    /// Away from them.
    Back,
}
