//! The sound thread. Each 10 ms it takes what the microphone caught, makes what is to be heard of all calls and
//! rings, and gives both on. It beats by the steady clock, whatever the devices do: so calls go on when a device
//! fails. With nothing to be heard or said it sleeps, and both devices are closed.

use super::devices::{Device, Doors, News};
use super::feed::{Caught, ToHear};
use super::level::{limit, turn};
use super::line::Line;
use super::party::Party;
use super::process::Process;
use super::ring::{Ring, Ringing};
use super::{SoundTold, Wish, Wishes};
use crate::device::DeviceUri;
use crate::device::sound::pace::{Beat, Pace, Turn};
use crate::device::sound::{BLOCK, BLOCK_US};
use std::sync::Arc;

/// Beats for which a speaker stays open after the last sound, until it has been heard: 80 ms.
const LINGER: u32 = 8;

/// Beats that the tune for trying a speaker lasts.
const TRIAL: u32 = 150;

/// What the thread has.
pub(super) struct Desk {
    wishes: Arc<Wishes>,
    pace: Pace,
    told: Box<dyn Fn(SoundTold) + Send>,
    wish: Wish,
    parties: Vec<Party>,
    ringing: Ringing,
    /// What is played to try the speaker, and for how many beats still.
    trial: Ringing,
    trial_beats: u32,
    process: Process,
    microphone: Device<Caught>,
    speaker: Device<ToHear>,
    volume: f32,
    /// By how much the microphone's sound is multiplied.
    gain: f32,
    linger: u32,
}

impl Desk {
    pub(super) fn new(
        wishes: Arc<Wishes>,
        pace: Pace,
        doors: Arc<dyn Doors>,
        told: Box<dyn Fn(SoundTold) + Send>,
    ) -> Self {
        let wish = Wish::default();
        Self {
            process: Process::new(wish.treatment),
            volume: wish.loudness(),
            gain: wish.gain(),
            microphone: Device::new(Arc::clone(&doors), pace.clone()),
            speaker: Device::new(doors, pace.clone()),
            wishes,
            pace,
            told,
            wish,
            parties: Vec::new(),
            ringing: Ringing::default(),
            trial: Ringing::default(),
            trial_beats: 0,
            linger: 0,
        }
    }

    /// Beats and sleeps until the owner ends it.
    pub(super) fn run(mut self) {
        let mut beat: Option<Beat> = None;
        loop {
            let idle = beat.is_none();
            let Some((wish, lines, hold)) = self.wishes.take(idle) else { return };
            self.follow(wish, lines);
            if !self.has_work() && self.speaker.is_closed() && self.microphone.is_closed() {
                self.wishes.keep(None);
                beat = None;
                drop(hold);
                continue;
            }
            let beat = beat.get_or_insert_with(|| {
                let (beat, leash) = self.pace.beat(Turn::Sound);
                self.wishes.keep(Some(leash));
                beat
            });
            drop(hold);
            if beat.wait() {
                self.work();
            }
        }
    }

    fn follow(&mut self, wish: Wish, lines: Vec<Arc<Line>>) {
        if wish.ring != self.wish.ring {
            self.ringing.set(wish.ring);
        }
        if wish.trials != self.wish.trials {
            self.trial.set(Ring::Trial);
            self.trial_beats = TRIAL;
        }
        self.process.set(wish.treatment);
        self.wish = wish;
        for line in lines {
            match Party::new(Arc::clone(&line), began()) {
                Ok(party) => self.parties.push(party),
                Err(error) => {
                    tracing::error!(%error, "a call has no sound");
                    line.end();
                }
            }
        }
        self.parties.retain(|party| !party.is_gone());
    }

    fn has_work(&self) -> bool {
        let rings = self.ringing.is_on() || self.trial.is_on();
        rings || !self.parties.is_empty() || self.linger > 0
    }

    /// One beat.
    fn work(&mut self) {
        self.keep_devices();
        if !self.has_work() {
            return;
        }
        self.trial_beats = self.trial_beats.saturating_sub(1);
        if self.trial_beats == 0 {
            self.trial.set(Ring::None);
        }
        let now_us = self.pace.now_us();
        let behind_us = self.speaker.side().map_or(0, |to_hear| to_hear.behind_us());
        let mut far = [0.0; BLOCK];
        for party in &mut self.parties {
            party.hear(now_us, behind_us, &mut far);
        }
        self.ringing.add(&mut far);
        self.trial.add(&mut far);
        let volume = self.wish.loudness();
        turn(&mut far, self.volume, volume);
        self.volume = volume;
        limit(&mut far);
        if let Some(to_hear) = self.speaker.side() {
            to_hear.push(&far);
        }
        let mut near = [0.0; BLOCK];
        let mut age_us = BLOCK_US;
        if let Some(caught) = self.microphone.side() {
            if caught.pull(now_us, &mut near) {
                age_us = caught.age_us();
            }
            let gain = self.wish.gain();
            turn(&mut near, self.gain, gain);
            self.gain = gain;
            self.process.far(&far);
            self.process.near(&mut near, behind_us + age_us);
        }
        for party in &mut self.parties {
            if let Err(error) = party.say(&near, now_us.saturating_sub(age_us)) {
                tracing::warn!(%error, "sound was not coded");
            }
        }
    }

    fn keep_devices(&mut self) {
        let listens = self.parties.iter().any(Party::listens);
        let speaks = self.parties.iter().any(|party| !party.is_silent());
        let heard = speaks || self.ringing.is_on() || self.trial.is_on();
        self.linger = if heard { LINGER } else { self.linger.saturating_sub(1) };
        let microphone = listens.then_some(&self.wish.microphone);
        let speaker = (heard || self.linger > 0).then_some(&self.wish.speaker);
        match self.microphone.want(microphone) {
            Some(News::Opened) => (self.told)(SoundTold::MicrophoneOpened),
            Some(News::Failed(fault)) => (self.told)(SoundTold::MicrophoneFailed(fault)),
            None => (),
        }
        match self.speaker.want(speaker) {
            Some(News::Opened) => (self.told)(SoundTold::SpeakerOpened),
            Some(News::Failed(fault)) => (self.told)(SoundTold::SpeakerFailed(fault)),
            None => (),
        }
    }
}

/// A stream begins anywhere, so that nobody can guess it.
fn began() -> u32 {
    let mut bytes = [0; 4];
    // Without chance it begins at its beginning.
    getrandom::fill(&mut bytes).ok();
    u32::from_le_bytes(bytes)
}

/// Wanted devices, as long as none is.
pub(super) const NO_DEVICE: DeviceUri = DeviceUri::Null;
