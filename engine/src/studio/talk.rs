//! One talk: the media of one call, from the moment the user may be seen or heard until its end.
//!
//! It begins with nothing open. A preview opens the camera alone; sound is opened once somebody answered. It is
//! joined to a link when there is one, and to another when that one is replaced; meanwhile devices stay open.

use super::eye::Look;
use super::figures::{Known, Rates};
use super::pictures::PicturesOut;
use super::sink::Ears;
use super::{Chosen, lens, lock};
use crate::api::{ApiError, CallSide, CallStatistics, Code};
use crate::engine::{Levels, Screens, Whose};
use crate::media::slot::Slot;
use crate::media::sound::{CallSound, Outgoing};
use crate::media::sync::SharedSync;
use crate::media::video::decode::DecodeThread;
use crate::media::video::present::PresentThread;
use crate::peer::{Feed, Link, LinkFigures, Sink};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often levels, lips and rates are looked after.
const BEAT: Duration = Duration::from_millis(20);

/// One talk. Dropping it closes its devices.
pub(crate) struct Talk {
    call: String,
    screens: Screens,
    look: Look,
    pictures: Arc<PicturesOut>,
    media: Option<Media>,
    joined: Joined,
    mine: CallSide,
    theirs: CallSide,
    rates: Mutex<Rates>,
    tasks: Vec<JoinHandle<()>>,
}

/// To which link the talk is joined, if to any. Shared with its tasks.
#[derive(Clone, Default)]
struct Joined(Arc<Mutex<Option<Feed>>>);

impl Joined {
    fn get(&self) -> Option<Feed> {
        lock(&self.0).clone()
    }
}

/// What there is once somebody answered.
struct Media {
    sound: Arc<CallSound>,
    sync: SharedSync,
    decode: Arc<DecodeThread>,
    present: PresentThread,
    ears: Arc<Ears>,
}

impl Talk {
    pub(super) fn new(
        call: String,
        screens: Screens,
        look: Look,
        chosen: watch::Receiver<Chosen>,
    ) -> Self {
        screens.open(&call);
        let to_code = Slot::new();
        let screen = screens.picture(&call, Whose::Mine).unwrap_or_default();
        tokio::spawn(lens::pass(look.slot.clone(), screen, to_code.clone(), chosen));
        Self {
            call,
            screens,
            look,
            pictures: Arc::new(PicturesOut::new(to_code)),
            media: None,
            joined: Joined::default(),
            mine: CallSide::default(),
            theirs: CallSide::default(),
            rates: Mutex::default(),
            tasks: Vec::new(),
        }
    }

    /// From now on the user can be heard, and hears.
    pub(super) fn open_sound(&mut self, (sound, outgoing): (CallSound, Outgoing)) {
        if self.media.is_some() {
            return;
        }
        match self.make(Arc::new(sound)) {
            Ok(media) => {
                self.tasks.push(tokio::spawn(speak(outgoing, self.joined.clone())));
                let beat = Beat {
                    call: self.call.clone(),
                    screens: self.screens.clone(),
                    sound: Arc::clone(&media.sound),
                    sync: media.sync.clone(),
                    pictures: Arc::clone(&self.pictures),
                    joined: self.joined.clone(),
                };
                self.tasks.push(tokio::spawn(beat.work()));
                self.media = Some(media);
                self.apply();
            }
            Err(error) => tracing::error!(%error, "the system has no thread for a call"),
        }
    }

    fn make(&self, sound: Arc<CallSound>) -> std::io::Result<Media> {
        let sync = SharedSync::default();
        let screen = self.screens.picture(&self.call, Whose::Theirs).unwrap_or_default();
        let present = PresentThread::start(sync.clone(), screen)?;
        let (inbox, joined) = (present.inbox(), self.joined.clone());
        let runtime = tokio::runtime::Handle::current();
        let ask = move || {
            if let Some(feed) = joined.get() {
                runtime.spawn(async move { feed.ask_picture().await });
            }
        };
        let decode = Arc::new(DecodeThread::start(move |decoded| inbox.put(decoded), ask)?);
        let ears = Arc::new(Ears {
            sound: Arc::clone(&sound),
            decode: Arc::clone(&decode),
            sync: sync.clone(),
            pictures: Arc::clone(&self.pictures),
        });
        Ok(Media { sound, sync, decode, present, ears })
    }

    /// What the two sides do now.
    pub(crate) fn set_sides(&mut self, mine: CallSide, theirs: CallSide) {
        (self.mine, self.theirs) = (mine, theirs);
        self.apply();
    }

    fn apply(&self) {
        let held = self.mine.held || self.theirs.held;
        let camera = self.mine.camera && !held;
        self.look.set_open(camera);
        self.pictures.set_seen(camera);
        if let Some(media) = &self.media {
            media.sound.set_muted(!self.mine.microphone);
            media.sound.set_held(held);
        }
    }

    /// The path of a link is up: what is caught goes out on it, and what comes in is shown. Nothing happens before
    /// there is sound.
    pub(crate) fn join(&self, link: &Link) {
        let Some(media) = &self.media else { return };
        let feed = link.feed();
        link.set_sink(Some(Arc::clone(&media.ears) as Arc<dyn Sink>));
        self.pictures.connected(&feed);
        *lock(&self.joined.0) = Some(feed);
        self.pictures.whole_wanted();
        // A new decoder begins with a whole picture; the other side may have sent its first before this one looked.
        link.ask_picture();
    }

    /// How long the user's own voice takes from the mouth to the ear, where it comes back from the other end as it is.
    pub(crate) fn echo_ms(&self) -> Option<f64> {
        let sound = &self.media.as_ref()?.sound;
        let (heard, at_us) = sound.position()?;
        let late = sound.time_of(at_us)?.wrapping_sub(heard) as i32;
        Some(f64::from(late) / 48.0).filter(|ms| (0.0..5_000.0).contains(ms))
    }

    /// The figures, with those of the link it is joined to.
    pub(crate) fn statistics(&self, link: LinkFigures) -> Result<CallStatistics, ApiError> {
        let not_yet = || ApiError::new(Code::NotNow, "the call has no media yet");
        let media = self.media.as_ref().ok_or_else(not_yet)?;
        let known = Known {
            link,
            encode: self.pictures.statistics(),
            decode: media.decode.statistics(),
            present: media.present.statistics(),
            sound: Some(media.sound.statistics()),
            levels: media.sound.levels(),
        };
        Ok(lock(&self.rates).take(&known))
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        *lock(&self.joined.0) = None;
        self.screens.close(&self.call);
        let pictures = Arc::clone(&self.pictures);
        let media = self.media.take();
        // The link's own hand on it may outlive this one.
        if let Some(media) = &media {
            media.sound.end();
        }
        // Those of sound and beat have to be told; the lens ends with the look.
        for task in self.tasks.drain(..) {
            task.abort();
        }
        // Threads finish what they have in hand, which is not for a thread that must not wait.
        tokio::task::spawn_blocking(move || {
            drop(media);
            pictures.stop();
        });
    }
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Talk({})", self.call)
    }
}

/// Sends what is said. While there is no link nobody hears it.
async fn speak(mut outgoing: Outgoing, joined: Joined) {
    while let Some(sound) = outgoing.recv().await {
        let Some(feed) = joined.get() else { continue };
        if let Err(error) = feed.sound(&sound).await {
            tracing::trace!(%error, "sound was not sent");
        }
    }
}

/// What has to be looked after all the time.
struct Beat {
    call: String,
    screens: Screens,
    sound: Arc<CallSound>,
    sync: SharedSync,
    pictures: Arc<PicturesOut>,
    joined: Joined,
}

impl Beat {
    async fn work(self) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            let (mine, theirs) = self.sound.levels();
            let unheard = self.sound.is_unheard();
            self.screens.set_levels(&self.call, Levels { mine, theirs, unheard });
            if let Some((time, at_us)) = self.sound.position() {
                let held_us = self.sound.statistics().played.delay_ms * 1000;
                let needs_us = self.sync.with(|sync| {
                    sync.sound_played(time, at_us, held_us);
                    sync.sound_needs_us(at_us)
                });
                self.sound.set_least_delay(needs_us);
            }
            if let Some(feed) = self.joined.get() {
                self.pictures.follow(&feed);
            }
        }
    }
}
