//! Two links on this computer, joined by a wire that carries their signals.

use super::*;
use crate::call::signal::{CallSignal, Control, DescriptionKind, LinkSignal};
use crate::media::coded::{ClockReport, CodedPicture, CodedSound, ReceivedSound};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

mod hostile;
mod lanes;
mod together;

/// What a sink saw.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Picture(PictureFormat, u32, Vec<u8>),
    Gap,
    Sound(u16, u32, Vec<u8>),
    PictureClock,
    SoundClock,
    PictureWanted,
}

struct Eye(mpsc::Sender<Seen>);

impl Eye {
    fn see(&self, seen: Seen) {
        // A test that has seen enough has gone.
        let _ = self.0.try_send(seen);
    }
}

impl Sink for Eye {
    fn picture(&self, picture: CodedPicture, _: u64) {
        self.see(Seen::Picture(picture.format, picture.time, picture.data.to_vec()));
    }
    fn gap(&self) {
        self.see(Seen::Gap);
    }
    fn sound(&self, sound: ReceivedSound) {
        self.see(Seen::Sound(sound.sequence, sound.time, sound.data.to_vec()));
    }
    fn picture_clock(&self, _: ClockReport) {
        self.see(Seen::PictureClock);
    }
    fn sound_clock(&self, _: ClockReport) {
        self.see(Seen::SoundClock);
    }
    fn picture_wanted(&self) {
        self.see(Seen::PictureWanted);
    }
    fn sound_lost(&self, _: f64) {}
}

/// One end: a link, what it reports, and what its sink sees.
struct End {
    link: Link,
    events: mpsc::Receiver<LinkEvent>,
    seen: mpsc::Receiver<Seen>,
}

fn local(polite: bool) -> LinkOptions {
    let udp = vec!["127.0.0.1:0".to_owned()];
    LinkOptions { udp, tcp: vec![], ..LinkOptions::everywhere(polite, vec![]) }
}

impl End {
    async fn open(options: LinkOptions) -> Self {
        let (link, events) = Link::open(options).await.unwrap();
        let (see, seen) = mpsc::channel(1024);
        link.set_sink(Some(Arc::new(Eye(see))));
        Self { link, events, seen }
    }

    async fn see(&mut self, wanted: impl Fn(&Seen) -> bool) -> Seen {
        loop {
            let seen = self.seen.recv().await.unwrap();
            if wanted(&seen) {
                return seen;
            }
        }
    }
}

/// Carries signals both ways until both ends have reported what is waited for.
async fn carry(a: &mut End, b: &mut End, wanted: impl Fn(&LinkEvent) -> bool) {
    carry_and_look(a, b, |event, _| wanted(event)).await;
}

/// The same; what is waited for is told which end reports.
async fn carry_and_look(a: &mut End, b: &mut End, wanted: impl Fn(&LinkEvent, bool) -> bool) {
    let (mut done_a, mut done_b) = (false, false);
    while !(done_a && done_b) {
        let (event, from_a) = tokio::select! {
            event = a.events.recv() => (event.unwrap(), true),
            event = b.events.recv() => (event.unwrap(), false),
        };
        if wanted(&event, from_a) {
            *(if from_a { &mut done_a } else { &mut done_b }) = true;
        }
        if let LinkEvent::Signal(signal) = event {
            (if from_a { &b.link } else { &a.link }).take(signal);
        }
    }
}

async fn together(a: LinkOptions, b: LinkOptions) -> (End, End) {
    let (mut a, mut b) = (End::open(a).await, End::open(b).await);
    a.link.negotiate();
    carry(&mut a, &mut b, |event| *event == LinkEvent::Connected).await;
    (a, b)
}

fn picture(format: PictureFormat, time: u32, length: usize) -> CodedPicture {
    let head: &[u8] = match format {
        PictureFormat::H264 => &[0, 0, 0, 1, 0x65],
        PictureFormat::Vp8 => &[0x10],
    };
    let body = (0..length).map(|n| 1 + (n % 255) as u8);
    let data: Vec<u8> = head.iter().copied().chain(body).collect();
    CodedPicture { format, data: data.into(), time, key: true }
}
