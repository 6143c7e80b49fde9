//! Devices at the desk: which there are, which are used of what the user chose, what is wrong with them, and the preview.
//! What there is is asked of the system beside the loop, for that may take its time: once when something needs devices, and
//! each second while any are used or somebody looks at a list of them.

use super::desk::{Desk, Message};
use crate::api::{self, ApiError, Code, DeviceChoice, DeviceList, Event, PublicKey};
use crate::call::machine::Input;
use crate::studio::{self, Lookout, PREVIEW, StudioTold, Which};

/// How often it is looked which there are.
const LOOK_MS: u64 = 1_000;

/// What is known of devices.
#[derive(Debug)]
pub(super) struct Devices {
    list: Option<DeviceList>,
    /// Away while it looks.
    lookout: Option<Box<Lookout>>,
    look_at: Option<u64>,
    /// Whether somebody looks at a list of them.
    watched: bool,
    /// Who is talked with.
    with: Option<PublicKey>,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            list: None,
            lookout: Some(Box::default()),
            look_at: None,
            watched: false,
            with: None,
        }
    }
}

impl Devices {
    pub(super) fn look_at(&self) -> Option<u64> {
        self.look_at
    }

    /// Whether it is known which there are.
    pub(super) fn are_known(&self) -> bool {
        self.list.is_some()
    }
}

impl Desk {
    pub(super) fn watch_devices(&mut self, on: bool) {
        self.talks.devices.watched = on;
        if on {
            self.look_for_devices_now();
        }
    }

    pub(super) fn look_for_devices_now(&mut self) {
        self.talks.devices.look_at = Some(self.now());
        self.look_for_devices();
    }

    /// Sends the lookout, where it is time and it is not on its way.
    pub(super) fn look_for_devices(&mut self) {
        let now = self.now();
        let devices = &mut self.talks.devices;
        if devices.look_at.is_none_or(|at| at > now) {
            return;
        }
        let Some(mut lookout) = devices.lookout.take() else { return };
        devices.look_at = None;
        let inbox = self.inbox.clone();
        tokio::task::spawn_blocking(move || {
            let list = lookout.look();
            if let Some(inbox) = inbox.upgrade() {
                // An engine that has stopped needs no devices.
                let _ = inbox.blocking_send(Message::Devices(lookout, list));
            }
        });
    }

    /// The lookout is back.
    pub(super) async fn devices_seen(&mut self, lookout: Lookout, list: Option<DeviceList>) {
        let (now, again) = (self.now(), self.talks.devices.watched || self.talks.are_on());
        let devices = &mut self.talks.devices;
        devices.lookout = Some(Box::new(lookout));
        // Somebody may have asked while it was away.
        let asked = devices.look_at.filter(|_| again);
        devices.look_at = asked.or_else(|| again.then_some(now + LOOK_MS));
        if let Some(list) = list {
            devices.list = Some(list.clone());
            self.board.publish(Event::DevicesChanged { devices: list });
            self.choose_devices();
            self.try_camera_again();
        } else if self.camera_is_back() {
            self.try_camera_again();
        }
    }

    /// Whether the camera that is meant was missing and is there: it may have gone and come between two looks.
    fn camera_is_back(&self) -> bool {
        let is_missing = |(which, error): &(Which, ApiError)| {
            *which == Which::Camera && error.code == Code::DeviceMissing
        };
        let list = self.talks.devices.list.as_ref();
        let (Some(list), Some(studio)) = (list, &self.talks.studio) else { return false };
        let meant = studio.chosen().camera.to_string();
        self.talks.troubles.iter().any(is_missing)
            && list.cameras.iter().any(|camera| camera.uri == meant)
    }

    /// Uses what the user chose for calls with someone, or for all where it is nobody.
    pub(super) fn use_devices_with(&mut self, with: Option<PublicKey>) {
        let before = std::mem::replace(&mut self.talks.devices.with, with);
        if before != with && !self.settings.devices_with.is_empty() {
            self.choose_devices();
        }
    }

    /// Uses what the user chose, of what there is.
    pub(super) fn choose_devices(&mut self) {
        let (run, kept) = (&self.options.devices, &self.settings.devices);
        let Some(studio) = &self.talks.studio else { return };
        let Some(list) = &self.talks.devices.list else { return };
        // A headset that is not there is remembered, and the usual device used meanwhile. One that was named for this
        // run need not be in the list.
        let kept_of = |wish: &Option<String>, there: &[api::Device]| {
            wish.clone().filter(|uri| studio::is_there(uri, there))
        };
        let own = self
            .talks
            .devices
            .with
            .and_then(|key| self.settings.devices_with.iter().find(|one| one.key == key));
        let own = |pick: fn(&api::DevicesWith) -> &Option<String>| own.map_or(&None, pick);
        let either = |own: &Option<String>, kept: &Option<String>, there: &[api::Device]| {
            kept_of(own, there).or_else(|| kept_of(kept, there))
        };
        let microphone = either(own(|own| &own.microphone), &kept.microphone, &list.microphones);
        let speaker = either(own(|own| &own.speaker), &kept.speaker, &list.speakers);
        let camera = own(|own| &own.camera).clone().or_else(|| kept.camera.clone());
        let choice = DeviceChoice {
            camera: run.camera.clone().or(camera),
            microphone: run.microphone.clone().or(microphone),
            speaker: run.speaker.clone().or(speaker),
            volume: kept.volume,
            picture: run.picture.clone().or_else(|| kept.picture.clone()),
            treatment: kept.treatment,
            filter: kept.filter,
            filter_out: kept.filter_out,
        };
        let used = self.talks.are_on().then(|| studio.chosen());
        match studio::resolve(&choice, list, used.as_ref()) {
            Ok(chosen) => studio.choose(chosen),
            Err(error) => self.raise(error),
        }
    }

    /// Opens the camera anew, if it failed.
    pub(super) fn try_camera_again(&self) {
        let failed = self.talks.troubles.iter().any(|(which, _)| *which == Which::Camera);
        if let Some(studio) = self.talks.studio.as_ref().filter(|_| failed) {
            studio.retry_camera();
        }
    }

    /// A device failed, or works again: a line in each call that is on, and in the preview.
    pub(super) async fn studio_told(&mut self, told: StudioTold) {
        let before = self.talks.troubles.iter().position(|(which, _)| *which == told.which);
        let before = before.map(|place| self.talks.troubles.swap_remove(place).1);
        // What the system calls a device says nothing of what it is for.
        let error = told.fault.map(|fault| ApiError::from(fault).with("kind", told.which));
        if let Some(error) = &error {
            self.talks.troubles.push((told.which, error.clone()));
        }
        self.show_preview_state();
        self.check_told(told.which, error.as_ref()).await;
        for call in self.talks.calls() {
            if let Some(error) = before.clone() {
                self.call_happens(Input::Mended { call, error }).await;
            }
            if let Some(error) = error.clone() {
                self.call_happens(Input::Trouble { call, error }).await;
            }
        }
    }

    /// Opens camera and microphone for the user's own eyes. What failed before is tried again.
    pub(super) fn open_preview(&mut self) -> Result<(), ApiError> {
        self.make_studio();
        let none = || ApiError::new(Code::Internal, "there is no thread for sound");
        let studio = self.talks.studio.as_ref().ok_or_else(none)?;
        if self.talks.preview.is_none() {
            self.talks.preview = Some(studio.preview(PREVIEW));
        }
        self.try_camera_again();
        self.show_preview_state();
        self.look_for_devices_now();
        Ok(())
    }

    pub(super) fn close_preview(&mut self) {
        self.talks.preview = None;
        if !self.talks.are_on() {
            self.talks.troubles.clear();
        }
        self.show_preview_state();
    }

    fn show_preview_state(&self) {
        let troubles = self.talks.troubles.iter().map(|(_, error)| error.clone()).collect();
        let preview = self.talks.preview.as_ref().map(|_| api::Preview { troubles });
        if self.board.look(|state| state.preview != preview) {
            self.board.publish(Event::PreviewChanged { preview });
        }
    }

    pub(super) fn try_speaker(&mut self) {
        self.make_studio();
        if let Some(studio) = &self.talks.studio {
            studio.try_speaker();
        }
    }
}
