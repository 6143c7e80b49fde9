//! The microphone and the speaker as the sound thread has them: opened when wanted, on a thread of their own
//! because that may take long; closed when not; tried again after a while when they failed. Meanwhile there is
//! silence, and what is to be heard goes nowhere; but where another one is chosen, the last goes on until that is open.

use super::feed::{Caught, ToHear};
use crate::device::sound::pace::Pace;
use crate::device::sound::{Microphone, Sink, Source, Speaker, Told};
use crate::device::{DeviceFault, DeviceUri};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

/// Beats before a device that failed is tried again: 2 s.
const AGAIN: u32 = 200;

/// Whatever opens devices: the computer, as a rule.
pub(super) trait Doors: Send + Sync + 'static {
    fn microphone(&self, uri: &DeviceUri, sink: Sink, told: Told) -> Result<Held, DeviceFault>;
    fn speaker(&self, uri: &DeviceUri, source: Source, told: Told) -> Result<Held, DeviceFault>;
}

/// An open device, whatever it is; dropped, it is closed.
pub(super) type Held = Box<dyn Send>;

/// The computer's own.
pub(super) struct Computer {
    pub(super) pace: Pace,
}

impl Doors for Computer {
    fn microphone(&self, uri: &DeviceUri, sink: Sink, told: Told) -> Result<Held, DeviceFault> {
        Ok(Box::new(Microphone::open(uri, &self.pace, sink, told)?))
    }

    fn speaker(&self, uri: &DeviceUri, source: Source, told: Told) -> Result<Held, DeviceFault> {
        Ok(Box::new(Speaker::open(uri, &self.pace, source, told)?))
    }
}

/// What became of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    Opened,
    Failed(DeviceFault),
}

/// One side of a device: what is kept here while it is open.
pub(super) trait Side: Sized + Send + 'static {
    /// What the device's thread calls.
    type End: Send + 'static;
    fn make(pace: &Pace) -> Option<(Self, Self::End)>;
    fn open(
        doors: &dyn Doors,
        uri: &DeviceUri,
        end: Self::End,
        told: Told,
    ) -> Result<Held, DeviceFault>;
    /// Of the thread that opens it.
    const NAME: &str;
}

impl Side for Caught {
    type End = Sink;
    const NAME: &str = "open microphone";

    fn make(pace: &Pace) -> Option<(Self, Sink)> {
        Self::new(pace).ok()
    }

    fn open(
        doors: &dyn Doors,
        uri: &DeviceUri,
        end: Sink,
        told: Told,
    ) -> Result<Held, DeviceFault> {
        doors.microphone(uri, end, told)
    }
}

impl Side for ToHear {
    type End = Source;
    const NAME: &str = "open speaker";

    fn make(pace: &Pace) -> Option<(Self, Source)> {
        Self::new(pace).ok()
    }

    fn open(
        doors: &dyn Doors,
        uri: &DeviceUri,
        end: Source,
        told: Told,
    ) -> Result<Held, DeviceFault> {
        doors.speaker(uri, end, told)
    }
}

/// What the thread that opens a device, and the device itself, leave behind.
#[derive(Default)]
struct Tray {
    opened: Option<Result<Held, DeviceFault>>,
    fault: Option<DeviceFault>,
    /// Nobody waits for it any more.
    given_up: bool,
}

type SharedTray = Arc<Mutex<Tray>>;

/// Closes what nobody waits for any more: what lies on the tray, and what its thread is still opening.
fn give_up(tray: &SharedTray) {
    let mut tray = lock(tray);
    tray.given_up = true;
    let opened = tray.opened.take();
    drop(tray);
    drop(opened);
}

fn lock(tray: &SharedTray) -> MutexGuard<'_, Tray> {
    tray.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How far a device is.
enum State<S> {
    Closed,
    Opening {
        uri: DeviceUri,
        tray: SharedTray,
        side: S,
        before: Option<Before<S>>,
    },
    Open {
        uri: DeviceUri,
        tray: SharedTray,
        side: S,
        _held: Held,
    },
    /// It failed, and is tried again after so many beats.
    Failed {
        uri: DeviceUri,
        beats: u32,
    },
}

/// One that is still used while another is being opened.
struct Before<S> {
    side: S,
    _held: Held,
}

/// One device.
pub(super) struct Device<S> {
    doors: Arc<dyn Doors>,
    pace: Pace,
    state: State<S>,
    /// What was last said about it.
    said: Option<News>,
}

impl<S: Side> Device<S> {
    pub(super) fn new(doors: Arc<dyn Doors>, pace: Pace) -> Self {
        Self { doors, pace, state: State::Closed, said: None }
    }

    /// What is kept here, while the device is open.
    pub(super) fn side(&mut self) -> Option<&mut S> {
        match &mut self.state {
            State::Open { side, .. } | State::Opening { before: Some(Before { side, .. }), .. } => {
                Some(side)
            }
            _ => None,
        }
    }

    /// Whether it is closed and stays so.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Opens what is wanted and closes what is not. Once a beat. What became of it is said once.
    pub(super) fn want(&mut self, wanted: Option<&DeviceUri>) -> Option<News> {
        let same = match &self.state {
            State::Closed => wanted.is_none(),
            State::Opening { uri, .. } | State::Open { uri, .. } | State::Failed { uri, .. } => {
                wanted == Some(uri)
            }
        };
        if !same {
            let before = self.close();
            self.said = None;
            if let Some(uri) = wanted {
                self.open(uri.clone(), before);
            }
            return None;
        }
        let news = self.look();
        if news.is_some() && news != self.said {
            self.said.clone_from(&news);
            return news;
        }
        None
    }

    /// What is open goes to whoever opens another, or is closed.
    fn close(&mut self) -> Option<Before<S>> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Opening { tray, before, .. } => {
                give_up(&tray);
                before
            }
            State::Open { side, _held, .. } => Some(Before { side, _held }),
            State::Closed | State::Failed { .. } => None,
        }
    }

    fn look(&mut self) -> Option<News> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Opening { uri, tray, side, before } => {
                let opened = lock(&tray).opened.take();
                match opened {
                    None => self.state = State::Opening { uri, tray, side, before },
                    Some(Ok(held)) => {
                        self.state = State::Open { uri, tray, side, _held: held };
                        return Some(News::Opened);
                    }
                    // It may be the same device by another name, which can't be opened twice.
                    Some(Err(_)) if before.is_some() => {
                        drop(before);
                        self.open(uri, None);
                    }
                    Some(Err(fault)) => return Some(self.fail(uri, fault)),
                }
            }
            State::Open { uri, tray, side, _held } => {
                let fault = lock(&tray).fault.take();
                match fault {
                    None => self.state = State::Open { uri, tray, side, _held },
                    Some(fault) => return Some(self.fail(uri, fault)),
                }
            }
            State::Failed { uri, beats: 0 } => self.open(uri, None),
            State::Failed { uri, beats } => self.state = State::Failed { uri, beats: beats - 1 },
            State::Closed => (),
        }
        None
    }

    fn fail(&mut self, uri: DeviceUri, fault: DeviceFault) -> News {
        self.state = State::Failed { uri, beats: AGAIN };
        News::Failed(fault)
    }

    fn open(&mut self, uri: DeviceUri, before: Option<Before<S>>) {
        let tray = SharedTray::default();
        let Some((side, end)) = S::make(&self.pace) else {
            self.state = State::Failed { uri, beats: AGAIN };
            return;
        };
        let (from, doors, wanted) = (Arc::clone(&tray), Arc::clone(&self.doors), uri.clone());
        // A test's time stands still meanwhile.
        let hold = self.pace.hold();
        let opening = move || {
            // The device has it and may lie on the tray itself, so it must not keep the tray.
            let told_tray: Weak<_> = Arc::downgrade(&from);
            let told: Told = Box::new(move |fault| {
                if let Some(tray) = told_tray.upgrade() {
                    lock(&tray).fault.get_or_insert(fault);
                }
            });
            let opened = S::open(&*doors, &wanted, end, told);
            let mut tray = lock(&from);
            // Else it is closed as it leaves here.
            let unwanted = if tray.given_up {
                Some(opened)
            } else {
                tray.opened = Some(opened);
                None
            };
            drop(tray);
            drop(unwanted);
            drop(hold);
        };
        match thread::Builder::new().name(S::NAME.to_owned()).spawn(opening) {
            Ok(_) => self.state = State::Opening { uri, tray, side, before },
            Err(error) => {
                tracing::warn!(%error, "no thread to open a device with");
                self.state = State::Failed { uri, beats: AGAIN };
            }
        }
    }
}

/// Whoever is still opening one gives it up.
impl<S> Drop for Device<S> {
    fn drop(&mut self) {
        if let State::Opening { tray, .. } = &self.state {
            give_up(tray);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts the microphones that are open.
    struct Counted(Arc<AtomicUsize>);

    /// An open one; it keeps whom to tell of its faults, as real ones do.
    struct OpenOne {
        open: Arc<AtomicUsize>,
        _told: Told,
    }

    impl Drop for OpenOne {
        fn drop(&mut self) {
            self.open.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl Doors for Counted {
        fn microphone(&self, _: &DeviceUri, _: Sink, told: Told) -> Result<Held, DeviceFault> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(OpenOne { open: Arc::clone(&self.0), _told: told }))
        }

        fn speaker(&self, uri: &DeviceUri, _: Source, _: Told) -> Result<Held, DeviceFault> {
            Err(DeviceFault::Missing { device: uri.to_string() })
        }
    }

    /// Opens each device once at a time, and none that is called odd.
    struct Single(Arc<Mutex<Vec<String>>>);

    struct SingleOpen(Arc<Mutex<Vec<String>>>, String);

    impl Drop for SingleOpen {
        fn drop(&mut self) {
            self.0.lock().unwrap().retain(|open| *open != self.1);
        }
    }

    impl Doors for Single {
        fn microphone(&self, uri: &DeviceUri, _: Sink, _: Told) -> Result<Held, DeviceFault> {
            let device = uri.to_string();
            if device == "mic:odd" {
                return Err(DeviceFault::Missing { device });
            }
            // Two names of one device.
            let one = device.replace("mic:b again", "mic:b");
            let mut open = self.0.lock().unwrap();
            if open.contains(&one) {
                return Err(DeviceFault::Busy { device });
            }
            open.push(one.clone());
            Ok(Box::new(SingleOpen(Arc::clone(&self.0), one)))
        }

        fn speaker(&self, uri: &DeviceUri, _: Source, _: Told) -> Result<Held, DeviceFault> {
            Err(DeviceFault::Missing { device: uri.to_string() })
        }
    }

    #[test]
    fn another_device_is_open_before_the_last_is_closed() {
        let (pace, stepper) = Pace::stepped();
        let open = Arc::new(Mutex::new(Vec::new()));
        let mut device: Device<Caught> =
            Device::new(Arc::new(Single(Arc::clone(&open))), pace.clone());
        let now = || open.lock().unwrap().join(" ");
        let mic = |id: &str| DeviceUri::Microphone(id.into());
        let until = |device: &mut Device<Caught>, uri: &DeviceUri| {
            let mut used = true;
            for _ in 0..10 {
                let news = device.want(Some(uri));
                used &= device.side().is_some();
                if news.is_some() {
                    return (news, used);
                }
                stepper.step();
            }
            panic!("nothing came of {uri}");
        };
        assert_eq!(until(&mut device, &mic("a")).0, Some(News::Opened));
        assert_eq!(until(&mut device, &mic("b")), (Some(News::Opened), true));
        assert_eq!(now(), "mic:b");
        // By another name it can only be opened once it is closed.
        assert_eq!(until(&mut device, &mic("b again")).0, Some(News::Opened));
        assert_eq!(now(), "mic:b");
        // One that isn't there is told, and the last is not listened to any more.
        let gone = DeviceFault::Missing { device: "mic:odd".into() };
        assert_eq!(until(&mut device, &mic("odd")).0, Some(News::Failed(gone)));
        assert_eq!(now(), "");
        device.want(None);
        assert!(device.side().is_none());
    }

    #[test]
    fn what_has_just_been_opened_is_closed_although_nobody_looked() {
        let (pace, stepper) = Pace::stepped();
        let open = Arc::new(AtomicUsize::new(0));
        let mut device: Device<Caught> =
            Device::new(Arc::new(Counted(Arc::clone(&open))), pace.clone());
        let uri = DeviceUri::Microphone("here".into());
        for closes in [true, false] {
            device.want(Some(&uri));
            // Time passes when it is open.
            stepper.step();
            assert_eq!(open.load(Ordering::SeqCst), 1);
            if closes {
                device.want(None);
                assert_eq!(open.load(Ordering::SeqCst), 0);
            }
        }
        drop(device);
        assert_eq!(open.load(Ordering::SeqCst), 0);
    }
}
