//! The far end of a call to oneself: whatever comes goes back as it is, pictures, sound and wishes for whole pictures.

use crate::media::coded::{ClockReport, CodedPicture, CodedSound, ReceivedSound};
use crate::peer::{Feed, Link, Sink};
use std::sync::{Arc, Weak};
use tokio::sync::mpsc;

/// Pictures that wait to go back; where there are more, the next is left out and a whole one asked for.
const PICTURES: usize = 8;
/// Pieces of sound that wait; further ones are left out.
const SOUNDS: usize = 16;

/// Lets a link send back what comes on it, for as long as it lasts.
pub(super) fn reflect(link: &Arc<Link>) {
    let (pictures, coming) = mpsc::channel(PICTURES);
    let (sounds, heard) = mpsc::channel(SOUNDS);
    tokio::spawn(send_pictures(coming, link.feed()));
    tokio::spawn(send_sounds(heard, link.feed()));
    link.set_sink(Some(Arc::new(Mirror { link: Arc::downgrade(link), pictures, sounds })));
}

struct Mirror {
    link: Weak<Link>,
    pictures: mpsc::Sender<CodedPicture>,
    sounds: mpsc::Sender<CodedSound>,
}

impl Mirror {
    fn ask(&self) {
        if let Some(link) = self.link.upgrade() {
            link.ask_picture();
        }
    }
}

impl Sink for Mirror {
    fn picture(&self, picture: CodedPicture, _: u64) {
        if self.pictures.try_send(picture).is_err() {
            self.ask();
        }
    }

    fn gap(&self) {
        self.ask();
    }

    fn sound(&self, sound: ReceivedSound) {
        let ReceivedSound { data, time, .. } = sound;
        // Sound is of now or of no use.
        let _ = self.sounds.try_send(CodedSound { data, time, begins: false });
    }

    fn picture_clock(&self, _: ClockReport) {}

    fn sound_clock(&self, _: ClockReport) {}

    fn picture_wanted(&self) {
        self.ask();
    }

    fn sound_lost(&self, _: f64) {}
}

async fn send_pictures(mut coming: mpsc::Receiver<CodedPicture>, feed: Feed) {
    while let Some(picture) = coming.recv().await {
        if let Err(error) = feed.picture(&picture).await {
            tracing::trace!(%error, "a picture did not go back");
        }
    }
}

async fn send_sounds(mut coming: mpsc::Receiver<CodedSound>, feed: Feed) {
    while let Some(sound) = coming.recv().await {
        if let Err(error) = feed.sound(&sound).await {
            tracing::trace!(%error, "sound did not go back");
        }
    }
}
