//! The sound devices of the system: through PulseAudio (or what speaks like it) where it answers, else what the
//! system has of its own.
//!
//! One thread owns an open device and all that may hang with it; whoever opens one waits two seconds at most.
//! Servers don't always say that a device went, so the thread looks for itself each second. Sound comes and goes
//! in pieces of 10 ms; on a computer too busy for that, where frames get lost, in larger ones.

mod find;
mod stream;

use super::chunk::{Inward, Outward};
use super::{DeviceFault, Open, Sink, Source, Told};
use cpal::traits::StreamTrait;
use find::Way;
pub(super) use find::list;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use stream::Opened;

/// Longer than this nobody waits for a device.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it is looked whether sound flows; at every other look, whether the device is still there.
const LOOK: Duration = Duration::from_millis(500);

/// So many looks without a sound, and the device counts as stalled.
const MOST_IDLE_LOOKS: u32 = 4;

/// How large the pieces are at the most, in milliseconds.
const LARGEST_PIECE: u32 = 40;

/// How large the pieces have to be on this computer, in milliseconds: learned while the program runs.
static PIECES_IN: AtomicU32 = AtomicU32::new(10);
static PIECES_OUT: AtomicU32 = AtomicU32::new(10);

/// What the owner, the device's callbacks and its thread tell each other.
#[derive(Default)]
struct Watch {
    state: Mutex<Watched>,
    changed: Condvar,
    /// Counts frames that came or went.
    frames: AtomicU64,
    /// Whether callbacks still reach the media side.
    closed: AtomicBool,
}

#[derive(Default)]
struct Watched {
    ended: bool,
    fault: Option<DeviceFault>,
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From a callback of the device's.
    fn fail(&self, fault: DeviceFault) {
        self.lock().fault.get_or_insert(fault);
        self.changed.notify_all();
    }

    fn end(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.lock().ended = true;
        self.changed.notify_all();
    }
}

/// An open device of the system's.
pub(super) struct SystemDevice {
    watch: Arc<Watch>,
}

impl Open for SystemDevice {}

/// The thread closes the device; nobody waits for it, for a server may hang.
impl Drop for SystemDevice {
    fn drop(&mut self) {
        self.watch.end();
    }
}

/// Opens a microphone by its id.
pub(super) fn microphone(id: &str, sink: Sink, told: Told) -> Result<SystemDevice, DeviceFault> {
    let sink = Arc::new(Mutex::new(sink));
    open(id, Way::In, told, move |device, watch, piece_ms| {
        let shared = Arc::clone(&sink);
        // One stream at a time: nobody waits for the lock.
        let sink: Sink = Box::new(move |block, at_us| lock(&shared)(block, at_us));
        stream::catch(device, watch, piece_ms, |channels, rate| Inward::new(channels, rate, sink))
    })
}

/// Opens a speaker by its id.
pub(super) fn speaker(id: &str, source: Source, told: Told) -> Result<SystemDevice, DeviceFault> {
    let source = Arc::new(Mutex::new(source));
    open(id, Way::Out, told, move |device, watch, piece_ms| {
        let shared = Arc::clone(&source);
        let source: Source = Box::new(move |block, at_us| lock(&shared)(block, at_us));
        stream::play(device, watch, piece_ms, |channels, rate| Outward::new(channels, rate, source))
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a stream on a device, with pieces of so many milliseconds.
trait Build:
    FnMut(&cpal::Device, &Arc<Watch>, u32) -> Result<Opened, DeviceFault> + Send + 'static
{
}

impl<B> Build for B where
    B: FnMut(&cpal::Device, &Arc<Watch>, u32) -> Result<Opened, DeviceFault> + Send + 'static
{
}

fn open(id: &str, way: Way, told: Told, build: impl Build) -> Result<SystemDevice, DeviceFault> {
    let (ready, opened) = mpsc::sync_channel(1);
    let watch = Arc::new(Watch::default());
    let device = SystemDevice { watch: Arc::clone(&watch) };
    let name = id.to_owned();
    let run = move || match Keeper::open(name, way, watch, build) {
        Ok(keeper) => {
            // Else nobody waits any more, and the device closes at once.
            if ready.send(Ok(())).is_ok() {
                keeper.keep(told);
            }
        }
        Err(fault) => drop(ready.send(Err(fault))),
    };
    let thread = if way == Way::In { "microphone" } else { "speaker" };
    thread::Builder::new().name(thread.to_owned()).spawn(run).map_err(|error| {
        DeviceFault::Failed { device: id.to_owned(), reason: error.to_string() }
    })?;
    match opened.recv_timeout(PATIENCE) {
        Ok(result) => result.map(|()| device),
        Err(_) => Err(DeviceFault::Stalled { device: id.to_owned() }),
    }
}

/// Keeps a device open on its thread. The stream is closed before the connection that it hangs on.
struct Keeper<B> {
    id: String,
    way: Way,
    watch: Arc<Watch>,
    build: B,
    opened: Option<Opened>,
    device: cpal::Device,
    host: cpal::Host,
    flow: Flow,
}

impl<B: Build> Keeper<B> {
    fn open(id: String, way: Way, watch: Arc<Watch>, build: B) -> Result<Self, DeviceFault> {
        let (host, device) = find::open(&id, way)?;
        let flow = Flow::default();
        let mut keeper = Self { id, way, watch, build, opened: None, device, host, flow };
        keeper.stream()?;
        Ok(keeper)
    }

    fn pieces(&self) -> &'static AtomicU32 {
        if self.way == Way::In { &PIECES_IN } else { &PIECES_OUT }
    }

    fn stream(&mut self) -> Result<(), DeviceFault> {
        let piece_ms = self.pieces().load(Ordering::Relaxed);
        let opened = (self.build)(&self.device, &self.watch, piece_ms)?;
        opened.stream.play().map_err(|error| stream::fault(&self.id, &error))?;
        self.flow = Flow::default();
        self.opened = Some(opened);
        Ok(())
    }

    /// Until its owner drops it or it fails.
    fn keep(mut self, told: Told) {
        let fault = loop {
            let watch = Arc::clone(&self.watch);
            let quiet = |state: &mut Watched| !state.ended && state.fault.is_none();
            let waited = watch.changed.wait_timeout_while(watch.lock(), LOOK, quiet);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.ended {
                break None;
            }
            let fault = state.fault.take();
            drop(state);
            if let Some(fault) = fault.or_else(|| self.look().err()) {
                break Some(fault);
            }
        };
        self.watch.closed.store(true, Ordering::Relaxed);
        // Some systems report an error while they close: nothing may be locked here.
        drop(self);
        if let Some(fault) = fault {
            told(fault);
        }
    }

    /// Whether all is well; what is not is mended if it can be.
    fn look(&mut self) -> Result<(), DeviceFault> {
        let frames = self.watch.frames.load(Ordering::Relaxed);
        let rate = self.opened.as_ref().map_or(0, |opened| opened.rate);
        let flows = self.flow.look(frames, Instant::now(), rate);
        if self.flow.looks.is_multiple_of(2) && !find::is_there(&self.host, &self.id, self.way) {
            return Err(DeviceFault::Missing { device: self.id.clone() });
        }
        if self.flow.idle_looks >= MOST_IDLE_LOOKS {
            return Err(DeviceFault::Stalled { device: self.id.clone() });
        }
        let pieces = self.pieces();
        let piece_ms = pieces.load(Ordering::Relaxed);
        if !flows && piece_ms < LARGEST_PIECE {
            let larger = (piece_ms * 2).min(LARGEST_PIECE);
            tracing::debug!(
                device = self.id,
                larger,
                "sound gets lost, so it comes in larger pieces"
            );
            pieces.store(larger, Ordering::Relaxed);
            self.opened = None;
            self.stream()?;
        }
        Ok(())
    }
}

/// How much of the sound that should come or go does.
#[derive(Default)]
struct Flow {
    looks: u32,
    idle_looks: u32,
    last: Option<(u64, Instant)>,
}

impl Flow {
    /// Notes how many frames there were by now; false where more than a hundredth is missing.
    fn look(&mut self, frames: u64, now: Instant, rate: u32) -> bool {
        let last = self.last.replace((frames, now));
        self.looks += 1;
        // How a stream begins says nothing.
        let Some((before, then)) = last else { return true };
        let came = frames - before;
        self.idle_looks = if came == 0 { self.idle_looks + 1 } else { 0 };
        let due = now.saturating_duration_since(then).as_secs_f64() * f64::from(rate);
        // By a piece more or less, for they come when they come.
        let piece = f64::from(LARGEST_PIECE * rate) / 1000.0;
        came == 0 || came as f64 > due * 0.99 - piece.min(due * 0.03)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_lost_is_seen() {
        let begin = Instant::now();
        let look = |flow: &mut Flow, frames, ms| {
            flow.look(frames, begin + Duration::from_millis(ms), 48_000)
        };
        let mut flow = Flow::default();
        assert!(look(&mut flow, 100, 500), "how it begins says nothing");
        assert!(look(&mut flow, 100 + 24_000, 1_000));
        assert!(look(&mut flow, 100 + 47_400, 1_500), "a piece may be on its way");
        assert!(!look(&mut flow, 100 + 70_000, 2_000));
        assert_eq!((flow.looks, flow.idle_looks), (4, 0));
        assert!(look(&mut flow, 100 + 70_000, 2_500), "nothing at all is another matter");
        assert_eq!(flow.idle_looks, 1);
    }

    #[test]
    fn a_device_that_is_not_there_is_missing() {
        let opened = microphone("no-such:device", Box::new(|_, _| ()), Box::new(|_| ()));
        assert!(matches!(opened.err(), Some(DeviceFault::Missing { .. })));
        let opened = speaker("nothing at all", Box::new(|_, _| ()), Box::new(|_| ()));
        assert!(matches!(opened.err(), Some(DeviceFault::Missing { .. })));
    }
}
