//! A thread that stands in for a device: it does one piece of work on each beat, and ends when it is dropped.
//! What the work is, others say.

use super::pace::{Leash, Pace, Turn};
use super::{DeviceFault, Open};
use std::thread::{self, JoinHandle};

/// The thread, as long as it lives.
pub(super) struct Paced {
    leash: Leash,
    thread: Option<JoinHandle<()>>,
}

impl Open for Paced {}

impl Paced {
    /// Does `work` on each beat, told the time, until it says that it is over or the owner drops it.
    pub(super) fn start(
        name: &str,
        pace: &Pace,
        turn: Turn,
        mut work: impl FnMut(u64) -> bool + Send + 'static,
    ) -> Result<Self, DeviceFault> {
        let (mut beat, leash) = pace.beat(turn);
        let pace = pace.clone();
        let beating = move || while beat.wait() && work(pace.now_us()) {};
        let thread =
            thread::Builder::new().name(name.to_owned()).spawn(beating).map_err(|error| {
                DeviceFault::Failed { device: name.to_owned(), reason: error.to_string() }
            })?;
        Ok(Self { leash, thread: Some(thread) })
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        self.leash.end();
        if let Some(thread) = self.thread.take()
            // Its own work may be what drops it.
            && thread.thread().id() != thread::current().id()
        {
            // A panic in there has been reported by the thread itself.
            drop(thread.join());
        }
    }
}
