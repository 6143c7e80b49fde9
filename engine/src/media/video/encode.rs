//! The thread that codes what a camera gives. It takes the newest picture from a slot, makes it as large as is
//! allowed, and gives the coded one on. A coded picture that nobody has room for would break those after it, so
//! room is made sure of first, and without it the raw picture is left out.

mod coder;

use super::codec::{CodecFault, MOST_CODED};
use super::meter::Meter;
use crate::media::clock::now_us;
use crate::media::coded::{CodedPicture, PictureFormat};
use crate::media::picture::{Picture, Size};
use crate::media::slot::Slot;
use coder::Coder;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// How long the thread waits for a picture before it looks whether something was asked of it.
const POLL: Duration = Duration::from_millis(50);
/// Failures in a row after which it gives up.
const MOST_FAULTS: u32 = 10;

/// What an [`EncodeThread`] begins with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EncodeSettings {
    /// How pictures are coded.
    pub format: PictureFormat,
    /// Bits a second.
    pub bit_s: u32,
    /// The largest picture, lying; standing pictures may be as large the other way round.
    pub most: Size,
    /// The most pictures a second.
    pub fps: u32,
    /// Where the stream's clock begins: random, so that it says nothing.
    pub offset: u32,
}

/// Codes pictures on a thread of its own. Dropping it ends the thread within a few pictures' time.
#[derive(Debug)]
pub struct EncodeThread {
    control: EncodeControl,
    thread: Option<JoinHandle<()>>,
}

/// Steers an [`EncodeThread`]. Clones steer the same.
#[derive(Debug, Clone)]
pub struct EncodeControl {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    format: PictureFormat,
    offset: u32,
    live: Mutex<Live>,
    counts: Mutex<Counts>,
}

/// What can be changed while it runs.
#[derive(Debug, Clone, Copy)]
struct Live {
    bit_s: u32,
    most: Size,
    fps: u32,
    key: bool,
    paused: bool,
    ended: bool,
}

#[derive(Debug, Default)]
struct Counts {
    pictures: u64,
    keys: u64,
    skipped: u64,
    size: Option<Size>,
    meter: Meter,
}

/// Figures of an [`EncodeThread`]; rates and means are of the last second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EncodeStatistics {
    /// How pictures are coded.
    pub format: PictureFormat,
    /// Coded and given on.
    pub pictures: u64,
    /// Key pictures among them.
    pub keys: u64,
    /// Raw pictures that were left out, because the rate or the far side had no room for them.
    pub skipped: u64,
    /// Of the last picture.
    pub size: Option<Size>,
    /// Pictures a second.
    pub fps: f64,
    /// What they take.
    pub kbit_s: f64,
    /// How long one takes to scale and code.
    pub encode_ms: f64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EncodeThread {
    /// Begins to code what the slot gives. It ends by itself when the slot is closed, when nobody receives any
    /// more, or when the codec fails ten times in a row; each failure is told, from the thread.
    ///
    /// # Errors
    /// This program has no such codec, or the system no thread.
    pub fn start(
        from: Slot<Picture>,
        to: Sender<CodedPicture>,
        settings: EncodeSettings,
        told: impl Fn(CodecFault) + Send + 'static,
    ) -> Result<Self, CodecFault> {
        let EncodeSettings { format, bit_s, most, fps, offset } = settings;
        let coder = Coder::new(format, offset)?;
        let live = Live { bit_s, most, fps, key: false, paused: false, ended: false };
        let shared = Shared { format, offset, live: Mutex::new(live), counts: Mutex::default() };
        let control = EncodeControl { shared: Arc::new(shared) };
        let mut work = Work { shared: Arc::clone(&control.shared), coder, last: None, faults: 0 };
        let thread = std::thread::Builder::new()
            .name("encode".to_owned())
            .spawn(move || while work.step(from.take_within(POLL), from.is_closed(), &to, &told) {})
            .map_err(|error| CodecFault::Failed { format, reason: error.to_string() })?;
        Ok(Self { control, thread: Some(thread) })
    }

    /// What steers it.
    pub fn control(&self) -> EncodeControl {
        self.control.clone()
    }
}

impl Drop for EncodeThread {
    fn drop(&mut self) {
        locked(&self.control.shared.live).ended = true;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that codes pictures panicked");
        }
    }
}

impl EncodeControl {
    /// Sets the rate in bits a second, from the next picture on.
    pub fn set_bitrate(&self, bit_s: u32) {
        locked(&self.shared.live).bit_s = bit_s;
    }

    /// Sets how large pictures may be (lying; standing pictures as large the other way round), and how many a
    /// second. Pictures keep their aspect.
    pub fn set_most(&self, size: Size, fps: u32) {
        let mut live = locked(&self.shared.live);
        (live.most, live.fps) = (size, fps);
    }

    /// Makes the next picture a key picture; where none comes soon, the last is coded again.
    pub fn ask_keyframe(&self) {
        locked(&self.shared.live).key = true;
    }

    /// Codes nothing, or goes on, then with a key picture. Pictures that come meanwhile are thrown away.
    pub fn pause(&self, paused: bool) {
        locked(&self.shared.live).paused = paused;
    }

    /// A time of the process's steady clock on the clock of the stream.
    pub fn time_of(&self, us: u64) -> u32 {
        coder::time_of(us, self.shared.offset)
    }

    /// Figures up to now.
    pub fn statistics(&self) -> EncodeStatistics {
        let counts = locked(&self.shared.counts);
        let figures = counts.meter.figures(now_us());
        EncodeStatistics {
            format: self.shared.format,
            pictures: counts.pictures,
            keys: counts.keys,
            skipped: counts.skipped,
            size: counts.size,
            fps: figures.fps,
            kbit_s: figures.kbit_s,
            encode_ms: figures.ms,
        }
    }
}

/// What the thread holds.
struct Work {
    shared: Arc<Shared>,
    coder: Coder,
    /// To be coded again where a key picture is wanted and none comes.
    last: Option<Picture>,
    faults: u32,
}

impl Work {
    /// Deals with a picture, or with none having come, and says whether to go on.
    fn step(
        &mut self,
        picture: Option<Picture>,
        closed: bool,
        to: &Sender<CodedPicture>,
        told: &impl Fn(CodecFault),
    ) -> bool {
        let live = *locked(&self.shared.live);
        if live.ended || (closed && picture.is_none()) || to.is_closed() {
            return false;
        }
        if live.paused {
            self.last = None;
            locked(&self.shared.live).key = true;
            return true;
        }
        let again = || live.key.then(|| self.last.clone()).flatten();
        let Some(picture) = picture.or_else(|| again().map(|last| last.taken_at(now_us()))) else {
            return true;
        };
        self.last = Some(picture.clone());
        if !self.coder.is_due(picture.taken_us(), live.fps, live.key) {
            return true;
        }
        let permit = match to.try_reserve() {
            Ok(permit) => permit,
            Err(TrySendError::Full(())) => {
                locked(&self.shared.counts).skipped += 1;
                return true;
            }
            Err(TrySendError::Closed(())) => return false,
        };
        let begun = now_us();
        let most = Size {
            width: live.most.width.min(MOST_CODED.width),
            height: live.most.height.min(MOST_CODED.height),
        };
        let coded = self.coder.code(&picture, live.bit_s, most, live.key);
        let took = now_us() - begun;
        match coded {
            Ok(Some((coded, size))) => {
                self.faults = 0;
                if coded.key && live.key {
                    locked(&self.shared.live).key = false;
                }
                let (key, bytes) = (coded.key, coded.data.len());
                // What is counted is there to be taken.
                permit.send(coded);
                self.count(key, bytes, size, took);
            }
            Ok(None) => locked(&self.shared.counts).skipped += 1,
            Err(fault) => {
                tracing::warn!(%fault, "a picture was not coded");
                told(fault);
                self.faults += 1;
            }
        }
        self.faults < MOST_FAULTS
    }

    fn count(&self, key: bool, bytes: usize, size: Size, took_us: u64) {
        let mut counts = locked(&self.shared.counts);
        counts.pictures += 1;
        counts.keys += u64::from(key);
        counts.size = Some(size);
        counts.meter.note(now_us(), bytes, took_us);
    }
}
