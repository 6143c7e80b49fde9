//! Talks at the desk: the media of calls, the devices they use, and what rings.
//!
//! The studio is made at the first need, and what devices there are is asked of the system beside the loop, for
//! that may take its time.

use super::desk::{Desk, Message};
use super::screens::Screens;
use crate::api::{ApiError, CallSide, CallStatistics, Code, DeviceChoice, DeviceList};
use crate::call::machine::{Input, Peer, Tone};
use crate::call::signal::CallId;
use crate::media::sound::Ring;
use crate::studio::{self, Studio, StudioTold, Talk, Which};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// News of devices that may wait; more are only logged.
const NEWS: usize = 64;

/// The studio, and the talks in it.
#[derive(Debug, Default)]
pub(super) struct Talks {
    screens: Screens,
    studio: Option<Studio>,
    talks: HashMap<CallId, Talking>,
    devices: Option<DeviceList>,
    troubles: Vec<(Which, ApiError)>,
}

#[derive(Debug)]
struct Talking {
    talk: Talk,
    /// With whom, once somebody answered.
    peer: Option<Peer>,
}

impl Talks {
    pub(super) fn new(screens: Screens) -> Self {
        Self { screens, ..Self::default() }
    }
}

impl Desk {
    /// Opens the camera for the user's own eyes.
    pub(super) fn show_preview(&mut self, call: CallId) {
        let side = CallSide { microphone: true, camera: true, held: false };
        if let Some(talking) = self.talking(call) {
            talking.talk.set_sides(side, CallSide::default());
        }
    }

    /// Opens devices for a call that is answered, and sends and plays as soon as the link is up.
    pub(super) fn open_media(
        &mut self,
        call: CallId,
        peer: Peer,
        mine: CallSide,
        theirs: CallSide,
    ) {
        if self.talking(call).is_none() {
            return;
        }
        let Talks { studio: Some(studio), talks, .. } = &mut self.talks else { return };
        let Some(talking) = talks.get_mut(&call) else { return };
        talking.peer = Some(peer);
        studio.open_sound(&mut talking.talk);
        talking.talk.set_sides(mine, theirs);
        self.join_talks(peer);
    }

    /// The path to someone is up: those who talk with them go on it.
    pub(super) fn join_talks(&mut self, peer: Peer) {
        let Some(link) = self.links.up(&peer) else { return };
        for talking in self.talks.talks.values().filter(|talking| talking.peer == Some(peer)) {
            talking.talk.join(link);
        }
    }

    /// A line in each call with someone to whose device no pictures can cross.
    pub(super) async fn say_no_pictures(&mut self, peer: Peer) {
        let Some(why) = self.links.no_pictures(&peer).map(ToString::to_string) else { return };
        let name = self.known.people.get(&peer.key).map(|person| person.name.clone());
        let error = ApiError::new(Code::NoCommonFormat, why).with("name", name.unwrap_or_default());
        let talks = self.talks.talks.iter();
        let with = talks.filter(|(_, talking)| talking.peer == Some(peer)).map(|(call, _)| *call);
        for call in with.collect::<Vec<_>>() {
            self.call_happens(Input::Trouble { call, error: error.clone() }).await;
        }
    }

    /// One of the sides of a call has changed. A device that failed is tried again.
    pub(super) fn change_sides(&mut self, call: CallId, mine: CallSide, theirs: CallSide) {
        if let Some(talking) = self.talks.talks.get_mut(&call) {
            talking.talk.set_sides(mine, theirs);
        }
    }

    /// The user wants the camera though it is wanted already: it failed, and is tried again.
    pub(super) fn retry_camera(&self, call: CallId) {
        let failed = self.talks.troubles.iter().any(|(which, _)| *which == Which::Camera);
        if let Some(talking) = self.talks.talks.get(&call).filter(|_| failed) {
            talking.talk.retry_camera();
        }
    }

    /// Closes what was opened for a call.
    pub(super) fn close_media(&mut self, call: CallId) {
        self.talks.talks.remove(&call);
        if self.talks.talks.is_empty() {
            self.talks.troubles.clear();
        }
    }

    /// What is heard while calls ring.
    pub(super) fn let_ring(&mut self, tone: Tone) {
        let ring = match tone {
            Tone::Silent => Ring::None,
            Tone::Incoming => Ring::Incoming,
            Tone::Waiting => Ring::Waiting,
            Tone::Ringback => Ring::Ringback,
            Tone::Busy => Ring::Busy,
        };
        self.make_studio();
        if let Some(studio) = &self.talks.studio {
            studio.ring(ring);
        }
    }

    /// A talk for a call, made where there is none.
    fn talking(&mut self, call: CallId) -> Option<&mut Talking> {
        self.make_studio();
        let Talks { studio: Some(studio), talks, .. } = &mut self.talks else { return None };
        let new = || Talking { talk: studio.begin(&call.to_string()), peer: None };
        Some(talks.entry(call).or_insert_with(new))
    }

    fn make_studio(&mut self) {
        if self.talks.studio.is_some() {
            return;
        }
        let (told, mut news) = mpsc::channel(NEWS);
        match Studio::new(self.talks.screens.clone(), told) {
            Ok(studio) => {
                let inbox = self.inbox.clone();
                tokio::spawn(async move {
                    while let Some(told) = news.recv().await {
                        let Some(inbox) = inbox.upgrade() else { return };
                        if inbox.send(Message::Studio(told)).await.is_err() {
                            return;
                        }
                    }
                });
                self.talks.studio = Some(studio);
                self.choose_devices();
                self.look_for_devices();
            }
            Err(error) => {
                self.raise(ApiError::new(Code::Internal, format!("no thread for sound: {error}")));
            }
        }
    }

    /// Asks the system what devices there are; the answer comes as a message.
    fn look_for_devices(&self) {
        let inbox = self.inbox.clone();
        tokio::task::spawn_blocking(move || {
            let list = studio::devices();
            if let Some(inbox) = inbox.upgrade() {
                // An engine that has stopped needs no devices.
                let _ = inbox.blocking_send(Message::Devices(list));
            }
        });
    }

    /// The system said what devices there are.
    pub(super) fn devices_found(&mut self, list: DeviceList) {
        self.talks.devices = Some(list);
        self.choose_devices();
    }

    /// Uses what the user chose, of what there is.
    pub(super) fn choose_devices(&mut self) {
        let (run, kept) = (&self.options.devices, &self.settings.devices);
        let choice = DeviceChoice {
            camera: run.camera.clone().or_else(|| kept.camera.clone()),
            microphone: run.microphone.clone().or_else(|| kept.microphone.clone()),
            speaker: run.speaker.clone().or_else(|| kept.speaker.clone()),
            volume: kept.volume,
        };
        let Some(studio) = &self.talks.studio else { return };
        let Some(list) = &self.talks.devices else { return };
        match studio::resolve(&choice, list) {
            Ok(chosen) => studio.choose(chosen),
            Err(error) => self.raise(error),
        }
    }

    /// A device failed, or works again: a line in each call that is on.
    pub(super) async fn studio_told(&mut self, told: StudioTold) {
        let before = self.talks.troubles.iter().position(|(which, _)| *which == told.which);
        let before = before.map(|place| self.talks.troubles.swap_remove(place).1);
        // What the system calls a device says nothing of what it is for.
        let error = told.fault.map(|fault| ApiError::from(fault).with("kind", told.which));
        if let Some(error) = &error {
            self.talks.troubles.push((told.which, error.clone()));
        }
        let calls: Vec<CallId> = self.talks.talks.keys().copied().collect();
        for call in calls {
            if let Some(error) = before.clone() {
                self.call_happens(Input::Mended { call, error }).await;
            }
            if let Some(error) = error.clone() {
                self.call_happens(Input::Trouble { call, error }).await;
            }
        }
    }

    /// Figures of a call that is on.
    pub(super) fn figures_of(&self, call: CallId) -> Result<CallStatistics, ApiError> {
        let not_yet = || ApiError::new(Code::NotNow, "the call has no media yet");
        let talking = self.talks.talks.get(&call).ok_or_else(not_yet)?;
        let link = talking.peer.as_ref().and_then(|peer| self.links.up(peer));
        talking.talk.statistics(link.map(crate::peer::Link::figures).unwrap_or_default())
    }
}
