//! Packets of a picture stream put back into order and into whole pictures.
//!
//! Pure: told the time, never asks for it. A hole is waited for, because what was lost is sent again; after
//! that the pictures it touches are given up, and the reader is told that there is a gap. What comes late,
//! twice or from nowhere is dropped and counted. The number of packets kept is bounded.

use super::payload;
use crate::media::coded::{CodedPicture, PictureFormat};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Packets that may wait for a hole to be filled: two seconds of 8 Mbit/s.
const MOST: usize = 2048;
/// A step in the sequence beyond which it is another stream.
const JUMP: i64 = 3000;

/// One packet of a picture stream.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) format: PictureFormat,
    pub(super) sequence: u16,
    pub(super) time: u32,
    /// Whether it is the last of its picture.
    pub(super) last: bool,
    pub(super) payload: Bytes,
}

/// What comes out.
#[derive(Debug, Clone)]
pub(super) enum Assembled {
    /// A whole picture, and when its last packet came.
    Picture(CodedPicture, u64),
    /// Pictures are missing here.
    Gap,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Came again, or too late to be of use.
    pub(super) useless: u64,
    /// Made no sense.
    pub(super) odd: u64,
    /// Holes that were given up.
    pub(super) gaps: u64,
}

/// Packets of one stream on their way to pictures.
#[derive(Debug)]
pub(super) struct Assembler {
    waiting: BTreeMap<i64, (Part, u64)>,
    /// The place of the next packet that is due; none before the first.
    next: Option<i64>,
    highest: i64,
    hole_since: Option<u64>,
    patience_us: u64,
    counts: Counts,
}

impl Assembler {
    /// One that waits so long for what is missing.
    pub(super) fn new(patience_us: u64) -> Self {
        let counts = Counts::default();
        let waiting = BTreeMap::new();
        Self { waiting, next: None, highest: 0, hole_since: None, patience_us, counts }
    }

    /// Waits so long from now on: a little more than a packet that is sent again takes.
    pub(super) fn set_patience(&mut self, patience_us: u64) {
        self.patience_us = patience_us;
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// When `poll` has to be called again, if nothing comes before.
    pub(super) fn deadline_us(&self) -> Option<u64> {
        self.hole_since.map(|since| since + self.patience_us)
    }

    /// Takes a packet.
    pub(super) fn push(&mut self, now_us: u64, part: Part) {
        if part.payload.is_empty() {
            // Padding and probes fill their place in the sequence and hold nothing.
            if self.next.is_none() {
                return;
            }
        } else if self.next.is_none() && !payload::begins(part.format, &part.payload) {
            self.counts.useless += 1;
            return;
        }
        let place = self.place_of(part.sequence);
        let next = *self.next.get_or_insert(place);
        if (place - next).abs() > JUMP {
            self.waiting.clear();
            self.next = None;
            self.highest = 0;
            self.hole_since = None;
            self.counts.gaps += 1;
            return self.push(now_us, part);
        }
        if place < next || self.waiting.contains_key(&place) {
            self.counts.useless += 1;
            return;
        }
        self.highest = self.highest.max(place);
        self.waiting.insert(place, (part, now_us));
        if self.waiting.len() > MOST {
            self.hole_since = Some(0);
        }
    }

    /// The place of a sequence number that is nearest to the highest so far.
    fn place_of(&self, sequence: u16) -> i64 {
        if self.next.is_none() {
            return i64::from(sequence) + (1 << 20);
        }
        let step = sequence.wrapping_sub(self.highest as u16) as i16;
        self.highest + i64::from(step)
    }

    /// The next picture or gap, if there is one by now.
    pub(super) fn poll(&mut self, now_us: u64) -> Option<Assembled> {
        loop {
            let next = self.next?;
            match self.reach(next) {
                Reach::Whole(last) => {
                    self.hole_since = None;
                    if let Some(picture) = self.take(next, last) {
                        return Some(picture);
                    }
                }
                Reach::Hole => {
                    let since = *self.hole_since.get_or_insert(now_us);
                    if now_us < since.saturating_add(self.patience_us) {
                        return None;
                    }
                    self.give_up(next);
                    return Some(Assembled::Gap);
                }
                Reach::Open => {
                    self.hole_since = None;
                    return None;
                }
            }
        }
    }

    /// How far the picture that begins here is there.
    fn reach(&self, first: i64) -> Reach {
        let mut place = first;
        let mut time = None;
        loop {
            match self.waiting.get(&place) {
                // The end of a picture may be marked by nothing but the next one's beginning.
                Some((part, _)) if time.is_some_and(|time| time != part.time) => {
                    return Reach::Whole(place - 1);
                }
                Some((part, _)) if part.last || (part.payload.is_empty() && time.is_none()) => {
                    return Reach::Whole(place);
                }
                Some((part, _)) if part.payload.is_empty() => {}
                Some((part, _)) => time = Some(part.time),
                None if place <= self.highest => return Reach::Hole,
                None => return Reach::Open,
            }
            place += 1;
        }
    }

    /// Takes the packets from first to last out and puts them together.
    fn take(&mut self, first: i64, last: i64) -> Option<Assembled> {
        self.next = Some(last + 1);
        let parts: Vec<(Part, u64)> =
            (first..=last).filter_map(|place| self.waiting.remove(&place)).collect();
        let arrived = parts.iter().map(|(_, arrived)| *arrived).max()?;
        let full = || parts.iter().map(|(part, _)| part).filter(|part| !part.payload.is_empty());
        let head = full().next()?;
        let one_format = full().all(|part| part.format == head.format);
        let joined = payload::join(head.format, full().map(|part| part.payload.as_ref()));
        match joined {
            Ok((data, key)) if one_format => {
                let (format, time) = (head.format, head.time);
                let picture = CodedPicture { format, data: data.into(), time, key };
                Some(Assembled::Picture(picture, arrived))
            }
            _ => {
                self.counts.odd += 1;
                Some(Assembled::Gap)
            }
        }
    }

    /// Leaves out all pictures that the first hole touches.
    fn give_up(&mut self, first: i64) {
        self.counts.gaps += 1;
        self.hole_since = None;
        let mut hole = first;
        while self.waiting.contains_key(&hole) {
            hole += 1;
        }
        let start = self.waiting.range(hole..).find_map(|(&place, (part, _))| {
            let before = self.waiting.get(&(place - 1)).map(|(part, _)| part);
            let after_an_end = before.is_some_and(|before| before.last || before.time != part.time);
            let begins = before.is_none() && payload::begins(part.format, &part.payload);
            (after_an_end || begins).then_some(place)
        });
        let start = start.unwrap_or(self.highest + 1);
        self.waiting = self.waiting.split_off(&start);
        self.next = Some(start);
    }
}

/// How far a picture is there.
enum Reach {
    /// Up to this place.
    Whole(i64),
    /// Something is missing, and later packets are there.
    Hole,
    /// The rest has not been sent yet.
    Open,
}

#[cfg(test)]
mod tests;
