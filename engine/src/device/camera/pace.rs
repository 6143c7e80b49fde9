//! When a camera's pictures are taken: a schedule on the steady clock. Moments that have passed are left out,
//! never made up for. The clock is behind a trait, so that tests step through hours without waiting.

use super::{Moment, Source};
use crate::device::DeviceFault;
use crate::media::clock::now_us;
use crate::media::picture::Picture;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Intervals are held between these, whatever a file says.
pub(super) const LEAST: Duration = Duration::from_millis(1);
const MOST: Duration = Duration::from_secs(10);

/// A clock that can be waited for.
pub trait Pace {
    /// In microseconds of the process's steady clock.
    fn now_us(&self) -> u64;

    /// In milliseconds since 1970.
    fn wall_ms(&self) -> u64;

    /// Waits for a time of the steady clock, and says whether to go on.
    fn wait_until(&self, us: u64) -> bool;

    /// Now, as a moment.
    fn moment(&self, number: u64) -> Moment {
        Moment { number, taken_us: self.now_us(), wall_ms: self.wall_ms() }
    }
}

/// Ends a wait from outside.
#[derive(Debug, Default)]
pub struct Wake {
    ended: Mutex<bool>,
    told: Condvar,
}

impl Wake {
    /// Ends the wait that is on and all that come.
    pub fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Waits, and says whether to go on.
    fn wait(&self, patience: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(ended, patience, |ended| !*ended);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The clocks of the process and of the computer.
#[derive(Debug)]
pub struct SteadyPace {
    wake: Arc<Wake>,
}

impl SteadyPace {
    /// A pace that goes on until it is ended.
    pub fn new(wake: Arc<Wake>) -> Self {
        Self { wake }
    }
}

impl Pace for SteadyPace {
    fn now_us(&self) -> u64 {
        now_us()
    }

    fn wall_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn wait_until(&self, us: u64) -> bool {
        self.wake.wait(Duration::from_micros(us.saturating_sub(now_us())))
    }
}

/// Why no more pictures come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The pace said so.
    ByOwner,
    /// The source has no more.
    BySource,
}

/// Takes pictures after the first, each at its time, until the pace or the source ends.
pub(super) fn run(
    source: &mut dyn Source,
    pace: &impl Pace,
    mut show: impl FnMut(Picture),
) -> Result<Ended, DeviceFault> {
    let ns = |us: u64| u128::from(us) * 1000;
    let (mut number, mut due) = (0, ns(pace.now_us()));
    loop {
        let interval = source.interval().clamp(LEAST, MOST).as_nanos();
        due += interval;
        number += 1;
        let late = ns(pace.now_us()).saturating_sub(due) / interval;
        due += late * interval;
        number += u64::try_from(late).unwrap_or(0);
        // To the next whole microsecond, so that a picture is never early.
        if !pace.wait_until(u64::try_from(due.div_ceil(1000)).unwrap_or(u64::MAX)) {
            return Ok(Ended::ByOwner);
        }
        match source.next_picture(pace.moment(number))? {
            Some(picture) => show(picture),
            None => return Ok(Ended::BySource),
        }
    }
}
