//! The studio of the app: the devices, codecs and screens of calls, and how they are joined to a link.
//!
//! It is told what a call wants (to be seen, to be heard, to be held) and sees to it; what a call is and who may
//! call is decided elsewhere. No device is opened before a talk is begun, and all are closed when it is dropped.

mod camera;
mod eye;
mod figures;
mod ladder;
mod lens;
mod lookout;
mod pictures;
mod preview;
mod sink;
mod talk;

pub(crate) use lookout::Lookout;
pub(crate) use preview::{PREVIEW, Preview};
pub(crate) use talk::Talk;

use crate::api::{
    ApiError, Device, DeviceChoice, DeviceList, Filter, NoiseTreatment, SoundTreatment,
};
use crate::device::camera::wish::{OddWish, Preset, Wishes};
use crate::device::{DeviceFault, DeviceUri, OddUri};
use crate::engine::Screens;
use crate::media::sound::{Noise, Recording, Ring, Sound, SoundTold, Treatment};
use eye::Eye;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// Which device a trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Camera,
    Microphone,
    Speaker,
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Camera => "camera",
            Self::Microphone => "microphone",
            Self::Speaker => "speaker",
        })
    }
}

/// What became of a device: a fault, or none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StudioTold {
    pub(crate) which: Which,
    pub(crate) fault: Option<DeviceFault>,
}

/// What devices there are, and which are used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) camera: DeviceUri,
    wishes: Wishes,
    microphone: DeviceUri,
    speaker: DeviceUri,
    volume: u8,
    gain: u8,
    treatment: Treatment,
    filter: Filter,
    filter_out: bool,
}

impl Chosen {
    /// Whether what stands in for a device is used.
    pub(crate) fn stands_in(&self, which: Which) -> bool {
        !is_real(match which {
            Which::Camera => &self.camera,
            Which::Microphone => &self.microphone,
            Which::Speaker => &self.speaker,
        })
    }

    /// No devices.
    fn nothing() -> Self {
        Self {
            camera: DeviceUri::Null,
            wishes: Preset::P720.into(),
            microphone: DeviceUri::Null,
            speaker: DeviceUri::Null,
            volume: 100,
            gain: 100,
            treatment: Treatment::default(),
            filter: Filter::None,
            filter_out: false,
        }
    }
}

/// The studio. One for the whole app.
pub(crate) struct Studio {
    sound: Sound,
    chosen: tokio::sync::watch::Sender<Chosen>,
    screens: Screens,
    eye: Eye,
}

impl Studio {
    /// A studio with everything closed. What becomes of devices is told to `told`; where that is full, only the
    /// log hears it.
    pub(crate) fn new(screens: Screens, told: mpsc::Sender<StudioTold>) -> std::io::Result<Self> {
        let tell = told.clone();
        let sound = Sound::new(move |news| {
            let (which, fault) = match news {
                SoundTold::MicrophoneOpened => (Which::Microphone, None),
                SoundTold::MicrophoneFailed(fault) => (Which::Microphone, Some(fault)),
                SoundTold::SpeakerOpened => (Which::Speaker, None),
                SoundTold::SpeakerFailed(fault) => (Which::Speaker, Some(fault)),
            };
            say(&tell, StudioTold { which, fault });
        })?;
        let chosen = tokio::sync::watch::channel(Chosen::nothing()).0;
        let eye = Eye::new(chosen.subscribe(), told);
        Ok(Self { sound, chosen, screens, eye })
    }

    /// The devices that are used.
    pub(crate) fn chosen(&self) -> Chosen {
        self.chosen.borrow().clone()
    }

    /// Uses these devices from now on, in talks that are on too.
    pub(crate) fn choose(&self, chosen: Chosen) {
        // What stands in for a microphone hears no room; taking a steady tone for noise would silence it.
        let real = matches!(chosen.microphone, DeviceUri::Microphone(_));
        self.sound.set_treatment(if real { chosen.treatment } else { Treatment::NONE });
        self.sound.set_gain(chosen.gain);
        self.sound.set_devices(chosen.microphone.clone(), chosen.speaker.clone());
        self.sound.set_volume(chosen.volume);
        self.chosen.send_replace(chosen);
    }

    /// Lets it ring, or stop.
    pub(crate) fn ring(&self, ring: Ring) {
        self.sound.ring(ring);
    }

    /// Begins a talk, with nothing open yet.
    pub(crate) fn begin(&self, call: &str) -> Talk {
        Talk::new(call.to_owned(), self.screens.clone(), self.eye.look(), self.chosen.subscribe())
    }

    /// Opens camera and microphone for the user's own eyes, on the screen of a call of this name.
    pub(crate) fn preview(&self, call: &str) -> Preview {
        let chosen = self.chosen.subscribe();
        Preview::new(call, self.screens.clone(), self.eye.look(), self.sound.listen(), chosen)
    }

    /// Records the user's voice for their own ears.
    pub(crate) fn record(&self, most_ms: u32) -> Recording {
        self.sound.record(most_ms)
    }

    /// Opens the camera anew, where it failed.
    pub(crate) fn retry_camera(&self) {
        self.eye.retry();
    }

    /// Plays a short tune.
    pub(crate) fn try_speaker(&self) {
        self.sound.try_speaker();
    }

    /// Gives a talk its sound: from now on the microphone is open.
    pub(crate) fn open_sound(&self, talk: &mut Talk) {
        talk.open_sound(self.sound.begin_call());
    }
}

fn say(told: &mpsc::Sender<StudioTold>, news: StudioTold) {
    if let Some(fault) = &news.fault {
        tracing::warn!(%fault, "a device failed");
    }
    if told.try_send(news).is_err() {
        tracing::debug!("nobody hears of devices now");
    }
}

fn is_real(uri: &DeviceUri) -> bool {
    matches!(uri, DeviceUri::Camera(_) | DeviceUri::Microphone(_) | DeviceUri::Speaker(_))
}

/// Whether a device that was chosen can be used: a real one has to be there.
pub(crate) fn is_there(uri: &str, there: &[Device]) -> bool {
    !uri.parse().is_ok_and(|uri| is_real(&uri)) || there.iter().any(|device| device.uri == uri)
}

/// Which devices a choice means, given what there is. Where a real device is `used` and only what stands in for one is
/// left, it stays the one that is meant: nobody who pulls a plug wants others to see a test picture.
///
/// # Errors
/// Something chosen can't be read as a device.
pub(crate) fn resolve(
    choice: &DeviceChoice,
    list: &DeviceList,
    used: Option<&Chosen>,
) -> Result<Chosen, ApiError> {
    let odd = |wish: &str, reason: String| {
        ApiError::new(crate::api::Code::DeviceOdd, reason.clone())
            .with("device", wish)
            .with("reason", reason)
    };
    let pick = |wish: &Option<String>, there: &[Device], used: Option<&DeviceUri>| {
        let default = there.iter().find(|device| device.default);
        match (wish, default, used) {
            (None, Some(Device { test: true, .. }), Some(used)) if is_real(used) => {
                Ok(used.clone())
            }
            (Some(uri), ..) | (None, Some(Device { uri, .. }), _) => {
                uri.parse().map_err(|reason: OddUri| odd(uri, reason.to_string()))
            }
            (None, None, _) => Ok(DeviceUri::Null),
        }
    };
    let wishes = choice.picture.as_deref().map_or_else(
        || Ok(Preset::P720.into()),
        |wish| wish.parse().map_err(|reason: OddWish| odd(wish, reason.to_string())),
    )?;
    Ok(Chosen {
        wishes,
        camera: pick(&choice.camera, &list.cameras, used.map(|used| &used.camera))?,
        microphone: pick(&choice.microphone, &list.microphones, used.map(|used| &used.microphone))?,
        speaker: pick(&choice.speaker, &list.speakers, None)?,
        volume: choice.volume.min(100),
        gain: choice.treatment.gain.min(200),
        treatment: treatment(choice.treatment),
        filter: choice.filter,
        filter_out: choice.filter_out,
    })
}

fn treatment(wish: SoundTreatment) -> Treatment {
    let noise = match wish.noise {
        NoiseTreatment::Off => Noise::Off,
        NoiseTreatment::Standard => Noise::Standard,
        NoiseTreatment::Strong => Noise::Strong,
    };
    Treatment { echo: wish.echo, noise, gain: wish.level }
}

/// A panic while such a lock was held left whole values: every change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Studio")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Code;

    #[test]
    fn a_choice_is_what_was_chosen_or_what_is_there() {
        let device = |uri: &str, default| Device {
            uri: uri.to_owned(),
            name: String::new(),
            test: true,
            default,
            facing: None,
        };
        let list = DeviceList {
            cameras: vec![device("null:", false), device("test:pattern?w=640&h=360&fps=30", true)],
            microphones: vec![device("test:tone?hz=1000", true)],
            speakers: vec![],
        };
        let chosen = resolve(&DeviceChoice::default(), &list, None).unwrap();
        assert_eq!(chosen.camera.to_string(), "test:pattern?w=640&h=360&fps=30");
        assert_eq!(chosen.microphone, DeviceUri::Tone { hz: 1000 });
        assert_eq!((chosen.speaker, chosen.volume), (DeviceUri::Null, 100));
        let wish =
            DeviceChoice { camera: Some("null:".into()), volume: 200, ..DeviceChoice::default() };
        let chosen = resolve(&wish, &list, None).unwrap();
        assert_eq!((chosen.camera, chosen.volume), (DeviceUri::Null, 100));
        assert!(
            is_there("null:", &[]) && is_there("odd", &[]),
            "what is wrong with it is said elsewhere"
        );
        assert!(!is_there("mic:headset", &list.microphones));
        assert!(is_there("mic:headset", &[device("mic:headset", false)]));
        let odd = DeviceChoice { speaker: Some("loud".into()), ..DeviceChoice::default() };
        assert_eq!(resolve(&odd, &list, None).unwrap_err().code, Code::DeviceOdd);
    }
}
