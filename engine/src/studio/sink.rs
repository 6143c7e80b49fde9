//! What comes in on the link, given to those who make pictures and sound of it. Nothing here waits.

use super::pictures::PicturesOut;
use crate::media::coded::{ClockReport, CodedPicture, ReceivedSound};
use crate::media::sound::CallSound;
use crate::media::sync::SharedSync;
use crate::media::video::decode::DecodeThread;
use crate::peer::Sink;
use std::sync::Arc;

pub(super) struct Ears {
    pub(super) sound: Arc<CallSound>,
    pub(super) decode: Arc<DecodeThread>,
    pub(super) sync: SharedSync,
    pub(super) pictures: Arc<PicturesOut>,
}

impl Sink for Ears {
    fn picture(&self, picture: CodedPicture, arrived_us: u64) {
        self.decode.push(picture, arrived_us);
    }

    fn gap(&self) {
        self.decode.push_gap();
    }

    fn sound(&self, sound: ReceivedSound) {
        self.sound.push(sound);
    }

    fn picture_clock(&self, report: ClockReport) {
        self.sync.with(|sync| sync.picture_report(report));
    }

    fn sound_clock(&self, report: ClockReport) {
        self.sync.with(|sync| sync.sound_report(report));
    }

    fn picture_wanted(&self) {
        self.pictures.whole_wanted();
    }

    fn sound_lost(&self, part: f64) {
        self.sound.set_loss((part.clamp(0.0, 1.0) * 100.0).round() as u8);
    }
}
