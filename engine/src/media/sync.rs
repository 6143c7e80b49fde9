//! When a picture is to be shown, so that it goes with the sound. Sound is the clock: it is played as it must be, and
//! pictures follow. Both streams' senders say by reports how their clocks go together; without reports, without
//! sound, or where they make no sense, a picture is due a little after it came, just enough to make up for pictures
//! that come late. Everything here is told: no clock is read.
//!
//! A picture is due at the moment its arrival asks for, held to between `EARLY_US` before and `LATE_US` after the
//! sound that was taken with it. Where pictures come later than even that, the sound has to wait for them:
//! [`LipSync::sound_needs_us`] says how long it is to be held back.

mod arrival;
#[cfg(test)]
mod tests;

use super::coded::{ClockReport, CodedSound, PictureFormat};
use arrival::Arrival;
use std::sync::{Arc, Mutex, PoisonError};

/// How much earlier than its sound a picture may be shown.
const EARLY_US: i64 = 15_000;
/// How much later, if it came too late for better.
const LATE_US: i64 = 25_000;
/// The longest that pictures are held back after the quickest of them came.
const MOST_DELAY_US: i64 = 500_000;
/// Reports that would have a picture shown earlier than this before it can have come are not believed.
const MOST_BEHIND_US: i64 = 1_000_000;
/// Sound that was played longer ago says nothing about now.
const STALE_US: u64 = 1_000_000;
/// The longest that sound is held back for pictures: who talks needs an answer sooner than a face.
const MOST_WAIT_US: f64 = 250_000.0;
/// Sound's place is smoothed, but a jump as long as this is one.
const JUMP_US: i64 = 100_000;

/// A picture that came, for asking when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// On the stream's clock.
    time: u32,
    /// The same in microseconds, without wraps.
    us: i64,
    /// Which run of the stream's clock it belongs to.
    run: u32,
    /// Whether it is the first of its run.
    first: bool,
}

/// Brings pictures and sound together.
#[derive(Debug, Default)]
pub struct LipSync {
    arrival: Arrival,
    sound_report: Option<ClockReport>,
    picture_report: Option<ClockReport>,
    sound: Option<Played>,
    offset_us: Option<f64>,
    /// How long sound has to be held back for pictures, smoothed; and when a picture last said so.
    needs: Option<(f64, u64)>,
}

/// Where the sound is.
#[derive(Debug, Clone, Copy)]
struct Played {
    /// When it was said.
    at_us: u64,
    /// How much later than taken it is heard: from the sender's clock to ours. Smoothed.
    lag_us: f64,
    /// The same, if it were not held back at all.
    least_us: f64,
}

impl LipSync {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// At this moment of the steady clock, sound of this time of its stream leaves the speaker, held back so long. To
    /// be said often.
    pub fn sound_played(&mut self, time: u32, at_us: u64, held_us: u64) {
        let Some(report) = self.sound_report else { return };
        let lag = (at_us as i64 - on_sender_clock(report, time, CodedSound::CLOCK)) as f64;
        let least = lag - held_us as f64;
        let (lag_us, least_us) = match self.sound {
            Some(Played { lag_us, least_us, .. }) if (lag - lag_us).abs() < JUMP_US as f64 => {
                (lag_us + (lag - lag_us) / 16.0, least_us + (least - least_us) / 16.0)
            }
            _ => (lag, least),
        };
        self.sound = Some(Played { at_us, lag_us, least_us });
    }

    /// The sender's word about the clock of its sound.
    pub fn sound_report(&mut self, report: ClockReport) {
        self.sound_report = Some(report);
    }

    /// The sender's word about the clock of its pictures.
    pub fn picture_report(&mut self, report: ClockReport) {
        self.picture_report = Some(report);
    }

    /// Another stream of sound begins, or none comes any more.
    pub fn sound_restarted(&mut self) {
        (self.sound_report, self.sound, self.offset_us, self.needs) = (None, None, None, None);
    }

    /// Another stream of pictures begins.
    pub fn picture_restarted(&mut self) {
        self.picture_report = None;
        (self.offset_us, self.needs) = (None, None);
        self.arrival.restart();
    }

    /// A picture came as a whole.
    pub fn arrived(&mut self, time: u32, at_us: u64) -> Ticket {
        let (ticket, jumped) = self.arrival.note(time, at_us);
        if jumped {
            // A clock that jumped is another one, whatever was said about it.
            self.picture_report = None;
            (self.offset_us, self.needs) = (None, None);
        }
        self.note_need(ticket, at_us);
        ticket
    }

    /// What is asked of the sound does not depend on how long it is held back now, so nothing swings.
    fn note_need(&mut self, ticket: Ticket, at_us: u64) {
        let Some(by_sound) = self.due_by_sound(ticket, at_us) else { return };
        let Some(sound) = self.sound else { return };
        let unheld = by_sound as f64 - sound.lag_us + sound.least_us;
        let need = (self.arrival.due(ticket) - LATE_US) as f64 - unheld;
        let need = need.clamp(0.0, MOST_WAIT_US);
        let smooth = self.needs.map_or(need, |(before, _)| before + (need - before) / 32.0);
        self.needs = Some((smooth, at_us));
    }

    /// When a picture is due. The first is due at once, as is what belongs to a stream that is over.
    pub fn due_us(&self, ticket: Ticket, now_us: u64) -> u64 {
        if ticket.first || !self.arrival.is_current(ticket) {
            return 0;
        }
        let due = self.arrival.due(ticket);
        let due = match self.due_by_sound(ticket, now_us) {
            Some(sound) => due.clamp(sound - EARLY_US, sound + LATE_US),
            None => due,
        };
        u64::try_from(due.min(self.arrival.earliest(ticket) + MOST_DELAY_US)).unwrap_or(0)
    }

    /// A picture was shown.
    pub fn shown(&mut self, ticket: Ticket, at_us: u64) {
        if ticket.first || !self.arrival.is_current(ticket) {
            return;
        }
        if let Some(sound) = self.due_by_sound(ticket, at_us) {
            let offset = (at_us as i64 - sound) as f64;
            let mean = self.offset_us.get_or_insert(offset);
            *mean += (offset - *mean) / 8.0;
        } else {
            self.offset_us = None;
        }
    }

    /// How much later than their sound pictures are shown, in milliseconds; negative where they are earlier. None
    /// where that isn't known.
    pub fn offset_ms(&self) -> Option<f64> {
        self.offset_us.map(|us| us / 1000.0)
    }

    /// How long pictures are held back to make up for late ones, in milliseconds.
    pub fn delay_ms(&self) -> f64 {
        self.arrival.delay_us() as f64 / 1000.0
    }

    /// How long the sound is to be held back at least, in microseconds, so that pictures can go with it; 0 where none
    /// come.
    pub fn sound_needs_us(&self, now_us: u64) -> u64 {
        let recent = self.needs.filter(|(_, at_us)| now_us.saturating_sub(*at_us) < STALE_US);
        recent.map_or(0, |(needs_us, _)| needs_us as u64)
    }

    /// When the sound that was taken with a picture is heard; none where that isn't known or makes no sense.
    fn due_by_sound(&self, ticket: Ticket, now_us: u64) -> Option<i64> {
        let sound = self.sound.filter(|sound| now_us.saturating_sub(sound.at_us) < STALE_US)?;
        let report = self.picture_report?;
        let taken = on_sender_clock(report, ticket.time, PictureFormat::CLOCK);
        let due = taken.saturating_add(sound.lag_us as i64);
        let held = due.saturating_sub(self.arrival.earliest(ticket));
        (-MOST_BEHIND_US..=MOST_DELAY_US).contains(&held).then_some(due)
    }
}

/// A time of a stream on its sender's wall clock, in microseconds.
fn on_sender_clock(report: ClockReport, time: u32, clock: u32) -> i64 {
    let seconds = (report.ntp >> 32) as i64;
    let parts = (((report.ntp & 0xFFFF_FFFF) * 1_000_000) >> 32) as i64;
    let since = i64::from(time.wrapping_sub(report.time).cast_signed());
    seconds * 1_000_000 + parts + since * 1_000_000 / i64::from(clock)
}

/// A [`LipSync`] that several threads tell and ask. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct SharedSync(Arc<Mutex<LipSync>>);

impl SharedSync {
    /// Tells or asks it something. Others wait meanwhile, so it must not take long.
    pub fn with<T>(&self, act: impl FnOnce(&mut LipSync) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
