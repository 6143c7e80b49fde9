//! The studio of the app: the devices, codecs and screens of calls, and how they are joined to a link.
//!
//! It is told what a call wants (to be seen, to be heard, to be held) and sees to it; what a call is and who may
//! call is decided elsewhere. No device is opened before a talk is begun, and all are closed when it is dropped.

mod camera;
mod figures;
mod ladder;
mod lens;
mod pictures;
mod sink;
mod talk;

pub(crate) use talk::Talk;

use crate::api::{ApiError, DeviceChoice, DeviceList};
use crate::device::{DeviceFault, DeviceUri, camera as cameras, sound as sounds};
use crate::engine::Screens;
use crate::media::sound::{Ring, Sound, SoundTold, Treatment};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) camera: DeviceUri,
    microphone: DeviceUri,
    speaker: DeviceUri,
    volume: u8,
}

/// The studio. One for the whole app.
pub(crate) struct Studio {
    sound: Sound,
    chosen: Arc<tokio::sync::watch::Sender<Chosen>>,
    screens: Screens,
    told: mpsc::Sender<StudioTold>,
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
        let nothing = Chosen {
            camera: DeviceUri::Null,
            microphone: DeviceUri::Null,
            speaker: DeviceUri::Null,
            volume: 100,
        };
        let chosen = Arc::new(tokio::sync::watch::channel(nothing).0);
        Ok(Self { sound, chosen, screens, told })
    }

    /// Uses these devices from now on, in talks that are on too.
    pub(crate) fn choose(&self, chosen: Chosen) {
        // What stands in for a microphone hears no room; taking a steady tone for noise would silence it.
        let real = matches!(chosen.microphone, DeviceUri::Microphone(_));
        self.sound.set_treatment(if real { Treatment::default() } else { Treatment::NONE });
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
        Talk::new(call.to_owned(), self.screens.clone(), self.chosen.subscribe(), self.told.clone())
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

/// What there is to choose from. It asks the system, so it is not for threads that must not wait.
pub(crate) fn devices() -> DeviceList {
    let (microphones, speakers) = sounds::list();
    DeviceList { cameras: cameras::list(), microphones, speakers }
}

/// Which devices a choice means, given what there is.
///
/// # Errors
/// Something chosen can't be read as a device.
pub(crate) fn resolve(choice: &DeviceChoice, list: &DeviceList) -> Result<Chosen, ApiError> {
    let pick = |wish: &Option<String>, there: &[crate::api::Device]| {
        let default = there.iter().find(|device| device.default).map(|device| &device.uri);
        match wish.as_ref().or(default) {
            Some(uri) => uri.parse().map_err(|reason: crate::device::OddUri| {
                ApiError::new(crate::api::Code::DeviceOdd, reason.to_string())
                    .with("device", uri)
                    .with("reason", reason)
            }),
            None => Ok(DeviceUri::Null),
        }
    };
    Ok(Chosen {
        camera: pick(&choice.camera, &list.cameras)?,
        microphone: pick(&choice.microphone, &list.microphones)?,
        speaker: pick(&choice.speaker, &list.speakers)?,
        volume: choice.volume.min(100),
    })
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
    use crate::api::{Code, Device};

    #[test]
    fn a_choice_is_what_was_chosen_or_what_is_there() {
        let device = |uri: &str, default| Device {
            uri: uri.to_owned(),
            name: String::new(),
            test: true,
            default,
        };
        let list = DeviceList {
            cameras: vec![device("null:", false), device("test:pattern?w=640&h=360&fps=30", true)],
            microphones: vec![device("test:tone?hz=1000", true)],
            speakers: vec![],
        };
        let chosen = resolve(&DeviceChoice::default(), &list).unwrap();
        assert_eq!(chosen.camera.to_string(), "test:pattern?w=640&h=360&fps=30");
        assert_eq!(chosen.microphone, DeviceUri::Tone { hz: 1000 });
        assert_eq!((chosen.speaker, chosen.volume), (DeviceUri::Null, 100));
        let wish =
            DeviceChoice { camera: Some("null:".into()), volume: 200, ..DeviceChoice::default() };
        let chosen = resolve(&wish, &list).unwrap();
        assert_eq!((chosen.camera, chosen.volume), (DeviceUri::Null, 100));
        let odd = DeviceChoice { speaker: Some("loud".into()), ..DeviceChoice::default() };
        assert_eq!(resolve(&odd, &list).unwrap_err().code, Code::DeviceOdd);
    }
}
