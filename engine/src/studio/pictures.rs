//! The user's pictures on their way from the camera to the link: an encoder while there is somebody to see them.
//!
//! The format is the answer's, so the encoder is made when the path is up; the rate and size follow the path.

use super::ladder::{Ladder, Target};
use super::lock;
use crate::media::clock::now_us;
use crate::media::coded::{CodedPicture, PictureFormat};
use crate::media::picture::Picture;
use crate::media::slot::Slot;
use crate::media::video::encode::{EncodeSettings, EncodeStatistics, EncodeThread};
use crate::peer::Feed;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Pictures between encoder and link; the encoder leaves raw ones out rather than fill it.
const ON_THE_WAY: usize = 4;
/// Whole pictures are large: one in so long is enough for whoever asks.
const WHOLE_EVERY_US: u64 = 250_000;
const FPS: u32 = 30;

pub(super) struct PicturesOut {
    from: Slot<Picture>,
    running: Mutex<Option<Running>>,
    ladder: Mutex<Ladder>,
    seen: AtomicBool,
    whole_us: AtomicU64,
}

struct Running {
    format: PictureFormat,
    target: Target,
    thread: EncodeThread,
    sender: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.sender.abort();
    }
}

impl PicturesOut {
    pub(super) fn new(from: Slot<Picture>) -> Self {
        Self {
            from,
            running: Mutex::default(),
            ladder: Mutex::default(),
            seen: AtomicBool::new(false),
            whole_us: AtomicU64::new(0),
        }
    }

    /// The path is up: makes the encoder that the other side can read, unless it is there already.
    pub(super) fn connected(&self, feed: &Feed) {
        let Ok(format) = feed.picture_format() else {
            lock(&self.running).take();
            return;
        };
        let mut running = lock(&self.running);
        if running.as_ref().is_some_and(|running| running.format == format) {
            return;
        }
        let path = feed.path().map_or(0.0, |(path, _)| path);
        let target = lock(&self.ladder).climb(path);
        let settings = EncodeSettings {
            format,
            bit_s: target.bit_s,
            most: target.size,
            fps: FPS,
            offset: getrandom::u32().unwrap_or(1),
        };
        let (to, coded) = mpsc::channel(ON_THE_WAY);
        let told = |fault| tracing::warn!(%fault, "the encoder failed");
        match EncodeThread::start(self.from.clone(), to, settings, told) {
            Ok(thread) => {
                thread.control().pause(!self.seen.load(Ordering::Relaxed));
                let sender = tokio::spawn(send(coded, feed.clone()));
                *running = Some(Running { format, target, thread, sender });
            }
            Err(fault) => tracing::error!(%fault, "there is no encoder"),
        }
    }

    /// Whether the user is to be seen.
    pub(super) fn set_seen(&self, seen: bool) {
        let was = self.seen.swap(seen, Ordering::Relaxed);
        if let Some(running) = &*lock(&self.running) {
            running.thread.control().pause(!seen);
            if seen && !was {
                running.thread.control().ask_keyframe();
            }
        }
    }

    /// The other side can't go on without a whole picture.
    pub(super) fn whole_wanted(&self) {
        let (now, last) = (now_us(), self.whole_us.load(Ordering::Relaxed));
        if last > 0 && now < last + WHOLE_EVERY_US {
            return;
        }
        if let Some(running) = &*lock(&self.running) {
            self.whole_us.store(now, Ordering::Relaxed);
            running.thread.control().ask_keyframe();
        }
    }

    /// Follows the path.
    pub(super) fn follow(&self, feed: &Feed) {
        let Some((path, _)) = feed.path() else { return };
        let target = lock(&self.ladder).climb(path);
        if let Some(running) = &mut *lock(&self.running)
            && running.target != target
        {
            let control = running.thread.control();
            if running.target.size != target.size {
                control.set_most(target.size, FPS);
            }
            control.set_bitrate(target.bit_s);
            running.target = target;
        }
    }

    /// Figures of the encoder, while there is one.
    pub(super) fn statistics(&self) -> Option<EncodeStatistics> {
        lock(&self.running).as_ref().map(|running| running.thread.control().statistics())
    }

    /// Nobody sees anything any more. Waits for the encoder's last picture.
    pub(super) fn stop(&self) {
        drop(lock(&self.running).take());
    }
}

async fn send(mut coded: mpsc::Receiver<CodedPicture>, feed: Feed) {
    while let Some(picture) = coded.recv().await {
        if let Err(error) = feed.picture(&picture).await {
            tracing::trace!(%error, "a picture was not sent");
        }
    }
}
