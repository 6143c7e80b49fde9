//! One direction between two hosts: which packets are lost, which find no room, and when the others come out. Pure: it
//! is told the time, and its chance has a seed. What a packet is, it does not know; it counts them and their bytes.
//!
//! A packet first may be lost, then waits for its turn in a queue where there is a rate, then takes its way for as long
//! as the delay says. Packets keep their order, but for those that `late` picks to come later than others after them.

use crate::chance::Chance;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Bytes under way in one direction. What is more finds no room: no delay of a laboratory needs as much.
const UNDER_WAY: usize = 256 << 20;

/// How one direction treats what goes through it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// How long each packet takes at least.
    pub delay: Duration,
    /// Up to how much longer, by chance.
    pub jitter: Duration,
    /// The part of packets that is lost, from 0 to 1.
    pub loss: f64,
    /// How many packets in a row are lost on average, where any are.
    pub burst: f64,
    /// The part of packets that others overtake, from 0 to 1.
    pub late: f64,
    /// By how much those come later.
    pub late_by: Duration,
    /// Bits a second, where it is not as fast as can be.
    pub rate: Option<u64>,
    /// How much waits for its turn, where there is a rate.
    pub queue: Queue,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            burst: 1.0,
            late: 0.0,
            late_by: Duration::from_millis(5),
            rate: None,
            queue: Queue::Time(Duration::from_millis(200)),
        }
    }
}

/// What finds room to wait for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// So many bytes.
    Bytes(u64),
    /// What is sent in so much time.
    Time(Duration),
}

/// What was done in one direction so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that were to go there.
    pub entered: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Dropped because the queue was full.
    pub full: u64,
    /// Dropped because the path is blocked.
    pub blocked: u64,
    /// Dropped because UDP is barred.
    pub barred: u64,
    /// Of those that go on: how many did not at once.
    pub delayed: u64,
    /// Of those that go on: how many were picked to be overtaken.
    pub late: u64,
    /// Packets that came out.
    pub forwarded: u64,
    /// Their bytes, with all headers from IP on.
    pub bytes: u64,
    /// The most bytes that waited for their turn.
    pub most_queued: u64,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is lost.
    Lost,
    /// It finds no room.
    Full,
    /// It comes out then.
    Leaves(Instant),
}

struct Waiting<P> {
    leaves: Instant,
    length: usize,
    packet: P,
}

/// One direction.
pub struct Pipe<P> {
    shape: Shape,
    chance: Chance,
    counts: Counts,
    /// When the last of the queue will have been sent.
    free_at: Option<Instant>,
    /// When the last that keeps the order comes out.
    last: Option<Instant>,
    losing: bool,
    under_way: usize,
    waiting: VecDeque<Waiting<P>>,
}

impl<P> std::fmt::Debug for Pipe<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pipe({:?}, {:?})", self.shape, self.counts)
    }
}

impl<P> Pipe<P> {
    /// One that lets everything through at once.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            shape: Shape::default(),
            chance: Chance::new(seed),
            counts: Counts::default(),
            free_at: None,
            last: None,
            losing: false,
            under_way: 0,
            waiting: VecDeque::new(),
        }
    }

    /// Treats what enters from now on in another way; what is under way stays so.
    pub fn shape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// What it did so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Notes a packet that does not even enter, as its path is blocked.
    pub fn block(&mut self) {
        self.counts.entered += 1;
        self.counts.blocked += 1;
    }

    /// Notes a packet that does not even enter, as UDP is barred.
    pub fn bar(&mut self) {
        self.counts.entered += 1;
        self.counts.barred += 1;
    }

    /// Takes a packet of so many bytes.
    pub fn handle(&mut self, now: Instant, packet: P, length: usize) -> Fate {
        self.counts.entered += 1;
        if self.loses() {
            self.counts.lost += 1;
            return Fate::Lost;
        }
        let Some(sent) = self.sent(now, length) else {
            self.counts.full += 1;
            return Fate::Full;
        };
        let mut leaves = sent + self.shape.delay;
        if !self.shape.jitter.is_zero() {
            leaves += self.shape.jitter.mul_f64(self.chance.draw());
        }
        leaves = self.last.map_or(leaves, |last| leaves.max(last));
        if self.shape.late > 0.0 && self.chance.draw() < self.shape.late {
            leaves += self.shape.late_by;
            self.counts.late += 1;
        } else {
            self.last = Some(leaves);
        }
        self.counts.delayed += u64::from(leaves > now);
        self.under_way += length;
        let after = self.waiting.back().is_none_or(|back| back.leaves <= leaves);
        let place = match after {
            true => self.waiting.len(),
            false => self.waiting.partition_point(|other| other.leaves <= leaves),
        };
        self.waiting.insert(place, Waiting { leaves, length, packet });
        Fate::Leaves(leaves)
    }

    /// Two states, one of which loses all: so much is lost in all, in runs of so many on average.
    fn loses(&mut self) -> bool {
        let loss = self.shape.loss.clamp(0.0, 1.0);
        if loss <= 0.0 || loss >= 1.0 {
            self.losing = false;
            return loss >= 1.0;
        }
        let leave = 1.0 / self.shape.burst.max(1.0);
        let enter = (loss * leave / (1.0 - loss)).min(1.0);
        let draw = self.chance.draw();
        // A run of one packet on average still may be followed by another: that keeps single losses independent.
        self.losing = match self.shape.burst <= 1.0 {
            true => draw < loss,
            false if self.losing => draw >= leave,
            false => draw < enter,
        };
        self.losing
    }

    /// When a packet will have been sent, or none where it finds no room.
    fn sent(&mut self, now: Instant, length: usize) -> Option<Instant> {
        if self.under_way + length > UNDER_WAY {
            return None;
        }
        let Some(rate) = self.shape.rate else {
            self.free_at = None;
            return Some(now);
        };
        let rate = rate.max(1) as f64;
        let start = self.free_at.map_or(now, |free| free.max(now));
        let before = start.saturating_duration_since(now);
        let queued = (before.as_secs_f64() * rate / 8.0).round() as u64;
        let has_room = match self.shape.queue {
            // What is sent next waits for nobody, so that also a queue of nothing lets one through.
            _ if before.is_zero() => true,
            Queue::Bytes(most) => queued + length as u64 <= most,
            Queue::Time(most) => before <= most,
        };
        if !has_room {
            return None;
        }
        self.counts.most_queued = self.counts.most_queued.max(queued);
        let sent = start + Duration::from_secs_f64(length as f64 * 8.0 / rate);
        self.free_at = Some(sent);
        Some(sent)
    }

    /// The next packet that comes out by now.
    pub fn due(&mut self, now: Instant) -> Option<P> {
        self.waiting.front().filter(|front| front.leaves <= now)?;
        let front = self.waiting.pop_front()?;
        self.under_way -= front.length;
        self.counts.forwarded += 1;
        self.counts.bytes += front.length as u64;
        Some(front.packet)
    }

    /// When the next packet comes out.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|front| front.leaves)
    }
}

#[cfg(test)]
mod tests;
