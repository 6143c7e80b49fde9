//! The thread that decodes what comes. What waits for it is bounded: where it can't keep up, everything up to the
//! next key picture is dropped, and a key picture asked for. So it is after a gap and after a picture that can't be
//! read, for all that follow would be damaged.

mod inbox;

use super::codec::{self, CodecFault, PictureDecoder};
use super::meter::Meter;
use crate::media::clock::now_us;
use crate::media::coded::{CodedPicture, PictureFormat};
use crate::media::picture::{Picture, Size};
use inbox::{Ask, Inbox, Item};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A picture that was decoded, with what is needed to show it at its time.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// What was decoded; its own time is when that was done.
    pub picture: Picture,
    /// On the clock of its stream; wraps.
    pub time: u32,
    /// When it had come as a whole, in microseconds of the process's steady clock.
    pub arrived_us: u64,
}

/// Decodes pictures on a thread of its own. Dropping it ends the thread after the picture it has in hand.
pub struct DecodeThread {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    inbox: Mutex<Inbox>,
    told: Condvar,
    counts: Mutex<Counts>,
    needs_key: Box<dyn Fn() + Send + Sync>,
}

#[derive(Debug, Default)]
struct Counts {
    format: Option<PictureFormat>,
    pictures: u64,
    keys: u64,
    faults: u64,
    size: Option<Size>,
    meter: Meter,
}

/// Figures of a [`DecodeThread`]; rates and means are of the last second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodeStatistics {
    /// Of the last picture.
    pub format: Option<PictureFormat>,
    /// Decoded.
    pub pictures: u64,
    /// Key pictures among them.
    pub keys: u64,
    /// Pictures that could not be read.
    pub faults: u64,
    /// Pictures that were dropped, because one before them was missing or there was no time for them.
    pub dropped: u64,
    /// Of the last picture.
    pub size: Option<Size>,
    /// Pictures a second.
    pub fps: f64,
    /// What they take, coded.
    pub kbit_s: f64,
    /// How long one takes to decode.
    pub decode_ms: f64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl DecodeThread {
    /// Begins to decode. Decoded pictures are given to `shown`, on the thread. `needs_key` is called whenever a
    /// picture is dropped for want of a key picture, from the thread or from [`DecodeThread::push`]; it must return
    /// at once, and whoever asks the sender has to see to it that that is not done too often.
    ///
    /// # Errors
    /// The system has no thread.
    pub fn start(
        mut shown: impl FnMut(Decoded) + Send + 'static,
        needs_key: impl Fn() + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            inbox: Mutex::default(),
            told: Condvar::new(),
            counts: Mutex::default(),
            needs_key: Box::new(needs_key),
        });
        let mut work = Work { shared: Arc::clone(&shared), decoder: None };
        let thread = std::thread::Builder::new().name("decode".to_owned()).spawn(move || {
            while let Some(item) = work.shared.next() {
                if let Some(decoded) = work.decode(&item) {
                    shown(decoded);
                }
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Gives a picture to be decoded, which came as a whole at this time of the steady clock. Its format may be
    /// another than that of the one before, if it is a key picture.
    pub fn push(&self, picture: CodedPicture, arrived_us: u64) {
        let asks = locked(&self.shared.inbox).push(Item { picture, arrived_us });
        self.shared.told.notify_one();
        self.shared.ask(asks);
    }

    /// Says that pictures were lost here, or that another stream begins: what follows can't be read up to the next
    /// key picture. Those that were given before are decoded.
    pub fn push_gap(&self) {
        let asks = locked(&self.shared.inbox).gap();
        self.shared.ask(asks);
    }

    /// Figures up to now.
    pub fn statistics(&self) -> DecodeStatistics {
        let dropped = locked(&self.shared.inbox).dropped();
        let counts = locked(&self.shared.counts);
        let figures = counts.meter.figures(now_us());
        DecodeStatistics {
            format: counts.format,
            pictures: counts.pictures,
            keys: counts.keys,
            faults: counts.faults,
            dropped,
            size: counts.size,
            fps: figures.fps,
            kbit_s: figures.kbit_s,
            decode_ms: figures.ms,
        }
    }
}

impl Drop for DecodeThread {
    fn drop(&mut self) {
        locked(&self.shared.inbox).end();
        self.shared.told.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that decodes pictures panicked");
        }
    }
}

impl Shared {
    /// Waits for the next picture; none at the end.
    fn next(&self) -> Option<Item> {
        let waiting = self.told.wait_while(locked(&self.inbox), |inbox| inbox.is_empty());
        waiting.unwrap_or_else(PoisonError::into_inner).take()
    }

    fn ask(&self, asks: Ask) {
        if asks == Ask::Key {
            (self.needs_key)();
        }
    }
}

/// What the thread holds.
struct Work {
    shared: Arc<Shared>,
    decoder: Option<(PictureFormat, Box<dyn PictureDecoder>)>,
}

impl Work {
    fn decode(&mut self, item: &Item) -> Option<Decoded> {
        let begun = now_us();
        let result = self.run(&item.picture);
        let now = now_us();
        let mut counts = locked(&self.shared.counts);
        counts.format = Some(item.picture.format);
        match result {
            Ok(Some(picture)) => {
                counts.pictures += 1;
                counts.keys += u64::from(item.picture.key);
                counts.size = Some(picture.size());
                counts.meter.note(now, item.picture.data.len(), now - begun);
                let picture = picture.taken_at(now);
                Some(Decoded { picture, time: item.picture.time, arrived_us: item.arrived_us })
            }
            Err(CodecFault::Absent(_)) => {
                counts.faults += 1;
                None
            }
            other => {
                counts.faults += 1;
                drop(counts);
                match other {
                    Err(fault) => tracing::debug!(%fault, "a picture was not decoded"),
                    _ => tracing::debug!("a coded picture gave none"),
                }
                let asks = locked(&self.shared.inbox).failed();
                self.shared.ask(asks);
                None
            }
        }
    }

    fn run(&mut self, picture: &CodedPicture) -> Result<Option<Picture>, CodecFault> {
        let decoder = match &mut self.decoder {
            Some((format, decoder)) if *format == picture.format => decoder,
            open => {
                let decoder = codec::decoder(picture.format)?;
                &mut open.insert((picture.format, decoder)).1
            }
        };
        let decoded = decoder.decode(&picture.data);
        if matches!(decoded, Err(CodecFault::Failed { .. })) {
            self.decoder = None;
        }
        decoded
    }
}
