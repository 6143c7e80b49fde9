//! Nothing: a microphone that hears silence, and a speaker that nobody hears. Both keep time.

use super::pace::{Pace, Turn};
use super::paced::Paced;
use super::{BLOCK, BLOCK_US, DeviceFault, Sink, Source};

/// Gives silence to `sink` until it is dropped.
pub(super) fn silence(pace: &Pace, mut sink: Sink) -> Result<Paced, DeviceFault> {
    Paced::start("silence", pace, Turn::Microphone, move |now_us| {
        sink(&[0.0; BLOCK], now_us.saturating_sub(BLOCK_US));
        true
    })
}

/// Takes sound from `source` and drops it.
pub(super) fn unheard(pace: &Pace, mut source: Source) -> Result<Paced, DeviceFault> {
    Paced::start("no speaker", pace, Turn::Speaker, move |now_us| {
        source(&mut [0.0; BLOCK], now_us);
        true
    })
}
