//! Talks at the desk: the media of calls, and what rings. The studio is made at the first need. Which devices there are,
//! and which are used, is told in `devices`.

use super::booth::Booth;
use super::desk::{Desk, Message};
use super::devices::Devices;
use super::screens::{Screens, Whose};
use crate::api::{ApiError, CallSide, CallStatistics, Code};
use crate::call::machine::{Input, Peer, Tone};
use crate::call::signal::CallId;
use crate::media::picture::Picture;
use crate::media::sound::Ring;
use crate::studio::{Preview, Studio, Talk, Which};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// News of devices that may wait; more are only logged.
const NEWS: usize = 64;

/// The studio, and the talks in it.
#[derive(Debug, Default)]
pub(super) struct Talks {
    screens: Screens,
    pub(super) booth: Booth,
    pub(super) studio: Option<Studio>,
    talks: HashMap<CallId, Talking>,
    pub(super) preview: Option<Preview>,
    /// Camera and microphone that are tried.
    pub(super) trial: Option<Preview>,
    /// What is seen and heard of a call to oneself.
    pub(super) echo: Option<Talk>,
    pub(super) devices: Devices,
    pub(super) troubles: Vec<(Which, ApiError)>,
}

#[derive(Debug)]
struct Talking {
    talk: Talk,
    /// With whom, once somebody answered.
    peer: Option<Peer>,
}

impl Talks {
    pub(super) fn new(screens: Screens, booth: Booth) -> Self {
        Self { screens, booth, ..Self::default() }
    }

    /// The newest picture of one side of a call.
    pub(super) fn latest(&self, call: &str, whose: Whose) -> Option<Picture> {
        self.screens.picture(call, whose)?.latest()
    }

    /// With whom a call is, once somebody answered.
    pub(super) fn peer_of(&self, call: CallId) -> Option<Peer> {
        self.talks.get(&call)?.peer
    }

    /// Whether devices are in use.
    pub(super) fn are_on(&self) -> bool {
        let tried = self.trial.is_some() || self.echo.is_some();
        self.talk_is_on() || self.preview.is_some() || tried
    }

    /// Whether there are talks with others.
    pub(super) fn talk_is_on(&self) -> bool {
        !self.talks.is_empty()
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.devices.look_at()
    }

    pub(super) fn calls(&self) -> Vec<CallId> {
        self.talks.keys().copied().collect()
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
        if self.talks.talks.contains_key(&call) {
            self.try_camera_again();
        }
    }

    /// Closes what was opened for a call.
    pub(super) fn close_media(&mut self, call: CallId) {
        self.talks.talks.remove(&call);
        if !self.talks.are_on() {
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
        if !self.talks.talks.contains_key(&call) {
            self.check_gives_way();
            self.look_for_devices_now();
        }
        let Talks { studio: Some(studio), talks, .. } = &mut self.talks else { return None };
        let new = || Talking { talk: studio.begin(&call.to_string()), peer: None };
        Some(talks.entry(call).or_insert_with(new))
    }

    pub(super) fn make_studio(&mut self) {
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
                self.look_for_devices_now();
            }
            Err(error) => {
                self.raise(ApiError::new(Code::Internal, format!("no thread for sound: {error}")));
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
