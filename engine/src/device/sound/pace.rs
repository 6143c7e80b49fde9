//! The beat of every thread that makes or takes sound without a device to drive it: one each 10 ms.
//!
//! By the steady clock as a rule. A test steps it instead, and then time is what was stepped: in a step every
//! beating thread does the work of one beat, one after the other in the order of their turns.

use crate::media::clock::now_us;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// From one beat to the next.
pub const BEAT: Duration = Duration::from_millis(10);

/// Behind by more than this, beats are left out: the computer slept.
const TOO_FAR_BEHIND: Duration = Duration::from_millis(200);

/// Who is first in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Whoever makes sound.
    Microphone,
    /// Whoever passes it on.
    Sound,
    /// Whoever takes it.
    Speaker,
}

/// Where beats come from. Clones are the same.
#[derive(Clone, Default)]
pub struct Pace {
    steps: Option<Arc<Steps>>,
}

impl Pace {
    /// Beats by the steady clock.
    pub fn steady() -> Self {
        Self { steps: None }
    }

    /// Beats as they are stepped.
    pub fn stepped() -> (Self, Stepper) {
        let steps = Arc::new(Steps::default());
        (Self { steps: Some(Arc::clone(&steps)) }, Stepper { steps })
    }

    /// The time that goes with the beats, in microseconds.
    pub fn now_us(&self) -> u64 {
        self.steps.as_ref().map_or_else(now_us, |steps| steps.now_us.load(Ordering::SeqCst))
    }

    /// A beat for one thread, and the leash by which its owner ends it.
    pub fn beat(&self, turn: Turn) -> (Beat, Leash) {
        let signal = Arc::new(Signal { turn, state: Mutex::default(), changed: Condvar::new() });
        if let Some(steps) = &self.steps {
            lock(&steps.signals).push(Arc::clone(&signal));
        }
        let stepped = self.steps.is_some();
        (Beat { signal: Arc::clone(&signal), stepped, due: None }, Leash { signal })
    }

    /// Keeps the next step from being taken, while something is under way that it has to wait for.
    pub fn hold(&self) -> Hold {
        if let Some(steps) = &self.steps {
            *lock(&steps.holds) += 1;
        }
        Hold { steps: self.steps.clone() }
    }
}

/// Keeps the next step from being taken until it is dropped.
pub struct Hold {
    steps: Option<Arc<Steps>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(steps) = &self.steps {
            *lock(&steps.holds) -= 1;
            steps.released.notify_all();
        }
    }
}

/// The beat of one thread.
pub struct Beat {
    signal: Arc<Signal>,
    stepped: bool,
    due: Option<Instant>,
}

impl Beat {
    /// Waits for the next beat; false once its owner has ended it.
    pub fn wait(&mut self) -> bool {
        if self.stepped { self.next_step() } else { self.next_due() }
    }

    fn next_due(&mut self) -> bool {
        let now = Instant::now();
        let mut due = self.due.unwrap_or(now) + BEAT;
        if now > due + TOO_FAR_BEHIND {
            due = now;
        }
        self.due = Some(due);
        let patience = due.saturating_duration_since(now);
        let going = |state: &mut Waiting| !state.ended;
        let waited = self.signal.changed.wait_timeout_while(self.signal.lock(), patience, going);
        !waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    fn next_step(&mut self) -> bool {
        let mut state = self.signal.lock();
        state.waiting = true;
        self.signal.changed.notify_all();
        let idle = |state: &mut Waiting| !state.ended && !state.granted;
        let waited = self.signal.changed.wait_while(state, idle);
        state = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting = false;
        state.granted = false;
        !state.ended
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.signal.lock().gone = true;
        self.signal.changed.notify_all();
    }
}

/// Ends a beat, at the latest when it is dropped.
pub struct Leash {
    signal: Arc<Signal>,
}

impl Leash {
    /// Wakes the thread and tells it to end.
    pub fn end(&self) {
        self.signal.lock().ended = true;
        self.signal.changed.notify_all();
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.end();
    }
}

struct Signal {
    turn: Turn,
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    ended: bool,
    waiting: bool,
    granted: bool,
    gone: bool,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.state)
    }

    /// Grants one beat, and waits until its work is done. False where nobody beats any more.
    fn step(&self) -> bool {
        let mut state = self.settled(self.lock());
        if state.ended || state.gone {
            return !state.gone;
        }
        state.granted = true;
        self.changed.notify_all();
        let state = self.settled(state);
        !state.gone
    }

    fn settled<'a>(&self, state: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        let working =
            |state: &mut Waiting| (!state.waiting || state.granted) && !state.gone && !state.ended;
        self.changed.wait_while(state, working).unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Steps {
    now_us: AtomicU64,
    signals: Mutex<Vec<Arc<Signal>>>,
    holds: Mutex<usize>,
    released: Condvar,
}

/// Steps a [`Pace`].
pub struct Stepper {
    steps: Arc<Steps>,
}

impl Stepper {
    /// Lets 10 ms pass: every beating thread has done the work of one beat when it returns.
    pub fn step(&self) {
        self.settle();
        let beat = u64::try_from(BEAT.as_micros()).unwrap_or(u64::MAX);
        self.steps.now_us.fetch_add(beat, Ordering::SeqCst);
        for turn in [Turn::Microphone, Turn::Sound, Turn::Speaker] {
            let signals = lock(&self.steps.signals).clone();
            for signal in signals.iter().filter(|signal| signal.turn == turn) {
                if !signal.step() {
                    lock(&self.steps.signals).retain(|other| !Arc::ptr_eq(signal, other));
                }
            }
        }
        self.settle();
    }

    /// Lets time pass until a moment without a beat.
    pub fn pass_until(&self, now_us: u64) {
        self.steps.now_us.fetch_max(now_us, Ordering::SeqCst);
    }

    /// How many threads beat.
    pub fn beating(&self) -> usize {
        self.settle();
        let signals = lock(&self.steps.signals);
        let beats = |signal: &&Arc<Signal>| {
            let state = signal.lock();
            !state.gone && !state.ended
        };
        signals.iter().filter(beats).count()
    }

    fn settle(&self) {
        let held = |holds: &mut usize| *holds > 0;
        drop(self.steps.released.wait_while(lock(&self.steps.holds), held));
    }
}

/// A panic while a lock was held left whole values: every change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_step_is_one_beat_for_each_in_the_order_of_their_turns() {
        let (pace, stepper) = Pace::stepped();
        let said = Arc::new(Mutex::new(Vec::new()));
        let mut threads = Vec::new();
        for turn in [Turn::Speaker, Turn::Microphone, Turn::Sound] {
            let (mut beat, leash) = pace.beat(turn);
            let (said, pace) = (Arc::clone(&said), pace.clone());
            let beating = thread::spawn(move || {
                while beat.wait() {
                    lock(&said).push((pace.now_us(), turn));
                }
            });
            threads.push((beating, leash));
        }
        stepper.step();
        stepper.step();
        let turns = [Turn::Microphone, Turn::Sound, Turn::Speaker];
        let expected: Vec<_> =
            [10_000, 20_000].iter().flat_map(|at| turns.map(|turn| (*at, turn))).collect();
        assert_eq!(*lock(&said), expected);
        for (beating, leash) in threads {
            drop(leash);
            beating.join().unwrap();
        }
        stepper.step();
        assert_eq!(stepper.beating(), 0);
    }

    #[test]
    fn the_end_wakes_at_once_and_the_clock_beats() {
        let (mut beat, leash) = Pace::steady().beat(Turn::Sound);
        let beating = thread::spawn(move || {
            let mut beats = 0;
            while beat.wait() {
                beats += 1;
                if beats == 3 {
                    leash.end();
                }
            }
            beats
        });
        assert_eq!(beating.join().unwrap(), 3);
    }

    #[test]
    fn a_step_waits_for_what_is_under_way() {
        let (pace, stepper) = Pace::stepped();
        let hold = pace.hold();
        let (done, under_way) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (set, seen) = (Arc::clone(&done), Arc::clone(&under_way));
        let working = thread::spawn(move || {
            while seen.load(Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
            set.store(1, Ordering::SeqCst);
            drop(hold);
        });
        under_way.store(1, Ordering::SeqCst);
        stepper.step();
        assert_eq!(done.load(Ordering::SeqCst), 1);
        working.join().unwrap();
    }
}
