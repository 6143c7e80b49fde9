//! How pictures come: which was the quickest on its way, and how much later others are. From that follows how long
//! pictures are held back so that they can be shown evenly.

use super::{MOST_DELAY_US, Ticket};

/// A clock that goes this much off from one picture to the next has jumped.
const JUMP_US: i64 = 2_000_000;
/// The quickest is forgotten by this many parts in a million, so that a clock that goes faster or slower is followed.
const FORGET: i64 = 1000;
/// How long it takes for a delay to shrink by two thirds once pictures come evenly again.
const SHRINK_US: f64 = 4_000_000.0;

/// How the pictures of a stream come.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    last: Option<Last>,
    run: u32,
    /// From a picture's time to when the quickest came.
    base_us: i64,
    jitter_us: f64,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    time: u32,
    us: i64,
    at_us: i64,
}

impl Arrival {
    /// Notes a picture, and says whether the stream's clock has jumped.
    pub(super) fn note(&mut self, time: u32, at_us: u64) -> (Ticket, bool) {
        let at = i64::try_from(at_us).unwrap_or(i64::MAX / 4);
        let Some(last) = self.last else { return (self.begin(time, at), false) };
        let change = i64::from(time.wrapping_sub(last.time).cast_signed()) * 100 / 9;
        let passed = at - last.at_us;
        if (change - passed).abs() > JUMP_US {
            self.restart();
            return (self.begin(time, at), true);
        }
        let us = last.us + change;
        self.last = Some(Last { time, us, at_us: at });
        let late = at - us - self.base_us;
        if late < 0 {
            self.base_us += late;
        } else {
            self.base_us += (passed.max(0) * FORGET / 1_000_000).min(late);
        }
        self.follow((at - us - self.base_us) as f64, passed.max(0) as f64);
        (Ticket { time, us, run: self.run, first: false }, false)
    }

    /// Another stream begins.
    pub(super) fn restart(&mut self) {
        self.last = None;
        self.run = self.run.wrapping_add(1);
    }

    fn begin(&mut self, time: u32, at_us: i64) -> Ticket {
        self.last = Some(Last { time, us: 0, at_us });
        (self.base_us, self.jitter_us) = (at_us, 0.0);
        Ticket { time, us: 0, run: self.run, first: true }
    }

    /// Quickly up, slowly down.
    fn follow(&mut self, late_us: f64, passed_us: f64) {
        let off = late_us - self.jitter_us;
        self.jitter_us +=
            if off > 0.0 { off / 2.0 } else { off * (passed_us / SHRINK_US).min(1.0) };
    }

    /// Whether a picture belongs to the stream that comes now.
    pub(super) fn is_current(&self, ticket: Ticket) -> bool {
        ticket.run == self.run
    }

    /// When a picture would have come if it had been as quick as the quickest.
    pub(super) fn earliest(&self, ticket: Ticket) -> i64 {
        self.base_us.saturating_add(ticket.us)
    }

    /// When a picture is due by this alone.
    pub(super) fn due(&self, ticket: Ticket) -> i64 {
        self.earliest(ticket).saturating_add(self.delay_us())
    }

    pub(super) fn delay_us(&self) -> i64 {
        (self.jitter_us as i64).min(MOST_DELAY_US)
    }
}
