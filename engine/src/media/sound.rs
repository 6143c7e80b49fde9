//! The sound of calls, from the microphone to packets and from packets to the speaker, and the rings before.
//!
//! One owner for the whole app. All work is done on one thread of its own, which beats each 10 ms while there is
//! anything to be heard or said. The microphone is open only while a call talks, the speaker only while something
//! is heard; both close within 200 ms after. A device that fails ends no call.

mod desk;
mod devices;
mod drift;
mod feed;
pub mod jitter;
mod level;
mod line;
pub mod opus;
mod party;
pub mod playout;
pub mod process;
mod ring;
mod stretch;
#[cfg(test)]
mod tests;
mod voice;

pub use line::{CallSound, Listening, Outgoing, SoundFigures};
pub use process::{Noise, Treatment};
pub use ring::Ring;
pub use voice::{Recording, RecordingStage};

use crate::device::sound::pace::{Hold, Leash, Pace};
use crate::device::{DeviceFault, DeviceUri};
use desk::Desk;
use devices::{Computer, Doors};
use line::Line;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// What became of the devices of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoundTold {
    /// The microphone is open; what was wrong with it is not any more.
    MicrophoneOpened,
    /// The microphone can't be had: silence is sent. It is tried again until it is there or another is chosen.
    MicrophoneFailed(DeviceFault),
    /// The speaker is open; what was wrong with it is not any more.
    SpeakerOpened,
    /// The speaker can't be had: nothing is heard. It is tried again until it is there or another is chosen.
    SpeakerFailed(DeviceFault),
}

/// What the owner wants; the thread looks at the newest.
#[derive(Debug, Clone)]
struct Wish {
    microphone: DeviceUri,
    speaker: DeviceUri,
    /// From 0 to 100.
    volume: u8,
    ring: Ring,
    /// How often the speaker was to be tried.
    trials: u32,
    /// Of the microphone, from 0 to 200.
    gain: u8,
    treatment: Treatment,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            microphone: desk::NO_DEVICE,
            speaker: desk::NO_DEVICE,
            volume: 100,
            ring: Ring::None,
            trials: 0,
            gain: 100,
            treatment: Treatment::default(),
        }
    }
}

impl Wish {
    /// By how much samples are multiplied: an ear finds the half of a hundred half as loud.
    fn loudness(&self) -> f32 {
        (f32::from(self.volume.min(100)) / 100.0).powi(2)
    }

    /// By how much the microphone's samples are: twice as far is four times.
    fn gain(&self) -> f32 {
        (f32::from(self.gain.min(200)) / 100.0).powi(2)
    }
}

#[derive(Default)]
struct Wished {
    wish: Wish,
    /// Calls that began since the thread last looked, as many as there are calls; those that ended are told by themselves.
    lines: Vec<Arc<Line>>,
    ended: bool,
    /// Whether something changed since the thread last looked.
    changed: bool,
    /// Keeps a test's time still until a thread that does not beat has seen the change.
    hold: Option<Hold>,
    /// Ends the thread's beat; none while it does not beat.
    leash: Option<Leash>,
}

/// Between the owner and the thread.
#[derive(Default)]
struct Wishes {
    wished: Mutex<Wished>,
    woken: Condvar,
}

impl Wishes {
    fn lock(&self) -> MutexGuard<'_, Wished> {
        self.wished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, pace: &Pace, change: impl FnOnce(&mut Wished)) {
        let mut wished = self.lock();
        change(&mut wished);
        wished.changed = true;
        if wished.leash.is_none() && wished.hold.is_none() {
            wished.hold = Some(pace.hold());
        }
        drop(wished);
        self.woken.notify_all();
    }

    /// What is wanted now; one that is `idle` sleeps until something changes. None at the end.
    fn take(&self, idle: bool) -> Option<(Wish, Vec<Arc<Line>>, Option<Hold>)> {
        let mut wished = self.lock();
        if idle {
            let sleeping = |wished: &mut Wished| !wished.changed && !wished.ended;
            let woken = self.woken.wait_while(wished, sleeping);
            wished = woken.unwrap_or_else(PoisonError::into_inner);
        }
        wished.changed = false;
        let hold = wished.hold.take();
        let lines = std::mem::take(&mut wished.lines);
        (!wished.ended).then(|| (wished.wish.clone(), lines, hold))
    }

    /// The thread beats from now on, or does not. The owner can end its beat.
    fn keep(&self, leash: Option<Leash>) {
        let mut wished = self.lock();
        if leash.is_some() {
            // What changed meanwhile is seen at the next beat.
            wished.hold = None;
        }
        // Of an owner that is gone already the beat ends at once.
        let kept = leash.filter(|_| !wished.ended);
        let before = std::mem::replace(&mut wished.leash, kept);
        drop(wished);
        drop(before);
    }
}

/// Wakes the thread if it sleeps.
#[derive(Clone)]
struct Wake {
    wishes: Arc<Wishes>,
    pace: Pace,
}

impl Wake {
    fn wake(&self) {
        self.wishes.change(&self.pace, |_| ());
    }
}

/// The sound of all calls. Dropping it closes the devices and ends its thread.
pub struct Sound {
    wishes: Arc<Wishes>,
    pace: Pace,
    thread: Option<JoinHandle<()>>,
}

impl Sound {
    /// Starts the thread; no device is opened. `told` hears on that thread what becomes of devices, and must not
    /// wait.
    ///
    /// # Errors
    ///
    /// Where the system gives no thread.
    pub fn new(told: impl Fn(SoundTold) + Send + 'static) -> io::Result<Self> {
        Self::paced(Pace::steady(), told)
    }

    /// The same, by another beat.
    ///
    /// # Errors
    ///
    /// Where the system gives no thread.
    pub fn paced(pace: Pace, told: impl Fn(SoundTold) + Send + 'static) -> io::Result<Self> {
        let doors = Arc::new(Computer { pace: pace.clone() });
        Self::with(pace, doors, told)
    }

    fn with(
        pace: Pace,
        doors: Arc<dyn Doors>,
        told: impl Fn(SoundTold) + Send + 'static,
    ) -> io::Result<Self> {
        let wishes = Arc::new(Wishes::default());
        let desk = Desk::new(Arc::clone(&wishes), pace.clone(), doors, Box::new(told));
        let thread = thread::Builder::new().name("sound".to_owned()).spawn(|| desk.run())?;
        Ok(Self { wishes, pace, thread: Some(thread) })
    }

    /// Uses these devices from now on, in calls that are on too.
    pub fn set_devices(&self, microphone: DeviceUri, speaker: DeviceUri) {
        self.change(|wish| {
            wish.microphone = microphone;
            wish.speaker = speaker;
        });
    }

    /// How loud everything is heard, from 0 to 100.
    pub fn set_volume(&self, volume: u8) {
        self.change(|wish| wish.volume = volume);
    }

    /// What is done to the microphone's sound.
    pub fn set_treatment(&self, treatment: Treatment) {
        self.change(|wish| wish.treatment = treatment);
    }

    /// How loud the microphone is taken, from 0 to 200; as it is at 100.
    pub fn set_gain(&self, gain: u8) {
        self.change(|wish| wish.gain = gain);
    }

    /// Plays a short tune, to try the speaker.
    pub fn try_speaker(&self) {
        self.change(|wish| wish.trials = wish.trials.wrapping_add(1));
    }

    /// Opens the microphone alone, to see how loud it is.
    pub fn listen(&self) -> Listening {
        let wake = Wake { wishes: Arc::clone(&self.wishes), pace: self.pace.clone() };
        let (listening, line) = Listening::new(wake);
        self.wishes.change(&self.pace, |wished| wished.lines.push(line));
        listening
    }

    /// Opens the microphone and records so many milliseconds, then plays them.
    pub fn record(&self, most_ms: u32) -> Recording {
        let wake = Wake { wishes: Arc::clone(&self.wishes), pace: self.pace.clone() };
        let (recording, line) = Recording::new(most_ms, wake);
        self.wishes.change(&self.pace, |wished| wished.lines.push(line));
        recording
    }

    /// Lets it ring, or stop. No microphone is opened for it.
    pub fn ring(&self, ring: Ring) {
        self.change(|wish| wish.ring = ring);
    }

    /// Opens microphone and speaker for a call.
    pub fn begin_call(&self) -> (CallSound, Outgoing) {
        let line = Arc::new(Line::default());
        let wake = Wake { wishes: Arc::clone(&self.wishes), pace: self.pace.clone() };
        let sound = CallSound::new(Arc::clone(&line), wake);
        self.wishes.change(&self.pace, |wished| wished.lines.push(line));
        sound
    }

    fn change(&self, change: impl FnOnce(&mut Wish)) {
        self.wishes.change(&self.pace, |wished| change(&mut wished.wish));
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        let mut wished = self.wishes.lock();
        wished.ended = true;
        wished.leash = None;
        drop(wished);
        self.wishes.woken.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by the thread itself.
            drop(thread.join());
        }
    }
}
