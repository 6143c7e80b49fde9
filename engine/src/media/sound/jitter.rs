//! The jitter buffer: it puts what came back in order, and says piece by piece what is to be decoded, mended,
//! made up or kept silent, so that sound flows although packets come late, twice, in the wrong order or not.
//!
//! It is told the time and reads no clock; it decodes nothing. How much later than the fastest packets sound is
//! played follows what the last seconds showed. Where nothing is said, the delay is set right for free.
//!
//! ```text
//!            a packet is due              nothing is there, or a pause is announced
//!   paused ------------------> playing ------------------------------------------> paused
//! ```

mod arrivals;
#[cfg(test)]
mod tests;

use super::opus;
use crate::media::coded::{CodedSound, ReceivedSound};
use arrivals::Arrivals;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Samples that are asked for at a time, 10 ms.
const PIECE: i64 = 480;

/// Samples in a millisecond.
const MS: i64 = (CodedSound::CLOCK / 1000) as i64;

/// The least and the most that sound is held back for the sake of jitter.
const LEAST_DELAY: i64 = 20 * MS;
const MOST_DELAY: i64 = 300 * MS;

/// What is pulled comes in pieces of 10 ms: a packet may just miss one, and a thread may be late.
const MARGIN: i64 = 15 * MS;

/// How far above what is wanted the delay may be before sound is left out.
const MOST_EXCESS: i64 = 100 * MS;

/// So long sound is made up for a packet that may still come; then it is a pause.
const MOST_STALL: i64 = 120 * MS;

/// A packet this far from the others, in sequence or time, is of another stream, or of none.
const FAR_SEQUENCE: i64 = 3_000;
const FAR_US: i64 = 3_000_000;

/// Packets that wait at most; then the oldest go.
const MOST_WAITING: usize = 200;

/// What is to be played next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// This packet.
    Decode(Bytes),
    /// What was lost right before this packet, of which the last so many samples.
    Mend {
        /// What follows the gap.
        next: Bytes,
        /// How much is missing.
        samples: usize,
    },
    /// Made up sound.
    Conceal {
        /// How much.
        samples: usize,
    },
    /// Nothing: the other side is silent.
    Silence {
        /// How much.
        samples: usize,
    },
}

/// How the delay is to change while sound plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// As it is.
    Keep,
    /// By leaving out up to so many samples; `eager` where it is far too long.
    Shorten {
        /// At most.
        most: usize,
        /// Even where it may be heard.
        eager: bool,
    },
    /// By playing up to so many samples twice.
    Lengthen {
        /// At most.
        most: usize,
    },
}

/// What became of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// That came, each once.
    pub received: u64,
    /// That did not come.
    pub lost: u64,
    /// That came after their time.
    pub late: u64,
    /// That came again.
    pub twice: u64,
    /// That made no sense.
    pub odd: u64,
    /// Times that the sender began anew.
    pub restarts: u64,
}

/// One stream's jitter buffer.
#[derive(Debug, Default)]
pub struct Jitter {
    stream: Option<Stream>,
    /// One that belongs to no stream that is known; a second one makes it a stream.
    stray: Option<ReceivedSound>,
    counts: Counts,
    /// For another reason than jitter, sound is held back so long at least.
    least: i64,
}

#[derive(Debug)]
struct Stream {
    packets: BTreeMap<i64, Waiting>,
    arrivals: Arrivals,
    /// The highest sequence number that came, and which of the 128 up to it came.
    highest: i64,
    seen: u128,
    newest_time: i64,
    /// The last sequence number that is over.
    taken: i64,
    /// The stream's time that is played next.
    plays: i64,
    paused: bool,
    /// Sound that was made up without time passing in the stream.
    stalled: i64,
    /// How many packets are lost, 0 to 1, of late; and whether that is many.
    loss: f32,
    lossy: bool,
    /// Samples in the last packet.
    frame: i64,
    delay: i64,
}

#[derive(Debug, Clone)]
struct Waiting {
    time: i64,
    samples: i64,
    mends: bool,
    data: Bytes,
}

fn samples_of(us: i64) -> i64 {
    us * MS / 1000
}

fn us_of(samples: i64) -> i64 {
    samples * 1000 / MS
}

impl Jitter {
    /// Takes a packet that came.
    pub fn put(&mut self, sound: ReceivedSound) {
        let Some(samples) = opus::samples_in(&sound.data) else {
            self.counts.odd += 1;
            return;
        };
        let samples = samples as i64;
        let Some(stream) = &mut self.stream else {
            let mut stream = Stream::new(&sound);
            stream.put(&sound, samples, &mut self.counts);
            self.stream = Some(stream);
            return;
        };
        if !stream.is_near(&sound) {
            self.take_stray(sound, samples);
            return;
        }
        self.stray = None;
        stream.put(&sound, samples, &mut self.counts);
    }

    /// Two in a row that fit each other and not the stream: the sender began anew.
    fn take_stray(&mut self, sound: ReceivedSound, samples: i64) {
        self.counts.odd += 1;
        let follows = self.stray.take().filter(|stray| {
            let mut stream = Stream::new(stray);
            let next = sound.sequence == stray.sequence.wrapping_add(1);
            stream.newest_time = i64::from(stray.time);
            next && stream.is_near(&sound)
        });
        let Some(first) = follows else {
            self.stray = Some(sound);
            return;
        };
        let mut stream = Stream::new(&first);
        let first_samples = opus::samples_in(&first.data).unwrap_or(0) as i64;
        self.counts.odd -= 2;
        self.counts.restarts += 1;
        stream.put(&first, first_samples, &mut self.counts);
        stream.put(&sound, samples, &mut self.counts);
        self.stream = Some(stream);
    }

    /// Holds sound back so many microseconds at least, whatever the jitter.
    pub fn set_least_delay(&mut self, us: u64) {
        self.least = samples_of(us.min(us_of(MOST_DELAY) as u64) as i64);
    }

    /// What is to be played next, in the piece that is taken at `due_us`.
    pub fn next(&mut self, due_us: u64) -> Step {
        match &mut self.stream {
            Some(stream) => stream.next(due_us as i64, self.least, &mut self.counts),
            None => Step::Silence { samples: PIECE as usize },
        }
    }

    /// How the delay is to change, after a packet is decoded.
    pub fn stretch(&self) -> Stretch {
        let Some(stream) = &self.stream else { return Stretch::Keep };
        let off = stream.delay - stream.wanted(self.least);
        if off > 10 * MS {
            Stretch::Shorten { most: off as usize, eager: off > 60 * MS }
        } else if off < -5 * MS {
            Stretch::Lengthen { most: -off as usize }
        } else {
            Stretch::Keep
        }
    }

    /// The stream's time that is played next; none before there is a stream.
    pub fn plays(&self) -> Option<u32> {
        self.stream.as_ref().map(|stream| stream.plays as u32)
    }

    /// How much later than the fastest packets sound plays, in samples.
    pub fn delay(&self) -> usize {
        self.stream.as_ref().map_or(0, |stream| stream.delay.max(0) as usize)
    }

    /// What became of packets so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

impl Stream {
    fn new(first: &ReceivedSound) -> Self {
        let (sequence, time) = (i64::from(first.sequence), i64::from(first.time));
        Self {
            packets: BTreeMap::new(),
            arrivals: Arrivals::default(),
            highest: sequence,
            seen: 0,
            newest_time: time,
            taken: sequence - 1,
            plays: time - LEAST_DELAY - MARGIN,
            paused: true,
            stalled: 0,
            loss: 0.0,
            lossy: false,
            frame: 20 * MS,
            delay: LEAST_DELAY + MARGIN,
        }
    }

    /// Sequence and time without wraps, next to the newest that came.
    fn unwrapped(&self, sound: &ReceivedSound) -> (i64, i64) {
        let sequence = sound.sequence.wrapping_sub(self.highest as u16) as i16;
        let time = sound.time.wrapping_sub(self.newest_time as u32) as i32;
        (self.highest + i64::from(sequence), self.newest_time + i64::from(time))
    }

    fn is_near(&self, sound: &ReceivedSound) -> bool {
        let (sequence, time) = self.unwrapped(sound);
        let transit = sound.arrived_us as i64 - us_of(time);
        let usual = self.arrivals.newest_us().unwrap_or(transit);
        (sequence - self.highest).abs() < FAR_SEQUENCE && (transit - usual).abs() < FAR_US
    }

    fn put(&mut self, sound: &ReceivedSound, samples: i64, counts: &mut Counts) {
        let (sequence, time) = self.unwrapped(sound);
        if !self.see(sequence) {
            counts.twice += 1;
            return;
        }
        counts.received += 1;
        let arrived = sound.arrived_us as i64;
        self.arrivals.put(arrived, arrived - us_of(time));
        self.newest_time = self.newest_time.max(time);
        if sequence <= self.taken {
            counts.late += 1;
            counts.lost = counts.lost.saturating_sub(1);
            return;
        }
        let (mends, data) = (opus::mends(&sound.data), sound.data.clone());
        self.packets.insert(sequence, Waiting { time, samples, mends, data });
        while self.packets.len() > MOST_WAITING {
            self.drop_first(counts);
        }
    }

    /// Notes that a sequence number came; false where it had come before.
    fn see(&mut self, sequence: i64) -> bool {
        let ahead = sequence - self.highest;
        if ahead > 0 {
            self.seen = self.seen.checked_shl(ahead as u32).unwrap_or(0) | 1;
            self.highest = sequence;
            return true;
        }
        // Older than what is remembered: it is over, whether it came or not.
        let Some(bit) = 1_u128.checked_shl(-ahead as u32) else { return false };
        let new = self.seen & bit == 0;
        self.seen |= bit;
        new
    }

    fn drop_first(&mut self, counts: &mut Counts) {
        if let Some((sequence, packet)) = self.packets.pop_first() {
            counts.late += 1;
            self.pass(sequence, counts);
            self.plays = self.plays.max(packet.time + packet.samples);
        }
    }

    /// Everything up to a sequence number is over; those in between are lost.
    fn pass(&mut self, sequence: i64, counts: &mut Counts) {
        let lost = (sequence - self.taken - 1).max(0);
        counts.lost += lost as u64;
        for _ in 0..lost.min(50) {
            self.loss += (1.0 - self.loss) * 0.01;
        }
        self.loss *= 0.99;
        self.lossy = self.loss > if self.lossy { 0.005 } else { 0.015 };
        self.taken = sequence;
    }

    /// The delay to be had: what jitter was seen; and where packets are lost, time for the next one to come, which
    /// mends them.
    fn wanted(&self, least: i64) -> i64 {
        let jitter = samples_of(self.arrivals.jitter_us()) + MARGIN;
        let mending = if self.lossy { self.frame.min(60 * MS) } else { 0 };
        (jitter + mending).max(least).clamp(LEAST_DELAY, MOST_DELAY)
    }

    /// The stream's time of which the fastest packet would come at a moment.
    fn live(&self, due_us: i64) -> i64 {
        samples_of(due_us - self.arrivals.least_us().unwrap_or(due_us))
    }

    fn next(&mut self, due_us: i64, least: i64, counts: &mut Counts) -> Step {
        let (live, wanted) = (self.live(due_us), self.wanted(least));
        self.delay = live - self.plays;
        if self.delay > wanted + MOST_EXCESS && !self.packets.is_empty() {
            self.skip_to(live - wanted, counts);
            self.delay = live - self.plays;
        }
        let Some((sequence, packet)) = self.packets.first_key_value() else {
            return self.without_packet();
        };
        let (sequence, packet) = (*sequence, packet.clone());
        let follows = sequence == self.taken + 1;
        let mut gap = packet.time - self.plays;
        if !self.paused && follows && gap > PIECE / 2 {
            // The sender was silent without saying so.
            self.paused = true;
        }
        if self.paused {
            // Nothing is being said, so the delay may be anything: as is wanted.
            let silent = packet.time - (live - wanted);
            if silent > 0 {
                let samples = silent.min(PIECE);
                self.plays = packet.time - silent + samples;
                return Step::Silence { samples: samples as usize };
            }
            return self.resume(live, wanted, counts);
        }
        if gap > 0 && self.stalled > 0 {
            // What was made up while nothing came stood in for a part of what is missing.
            let over = (self.delay - wanted).clamp(0, gap);
            self.plays += over;
            gap -= over;
        }
        if follows || gap < opus::GRAIN as i64 {
            return self.decode(sequence, &packet, counts);
        }
        self.fill(gap, &packet)
    }

    /// The first packet after a pause is due; or long due, where many come at once.
    fn resume(&mut self, live: i64, wanted: i64, counts: &mut Counts) -> Step {
        self.paused = false;
        if let Some((_, packet)) = self.packets.first_key_value() {
            self.plays = packet.time;
            if live - self.plays > wanted + MOST_EXCESS {
                self.skip_to(live - wanted, counts);
            }
        }
        self.delay = live - self.plays;
        match self.packets.first_key_value() {
            Some((sequence, packet)) => self.decode(*sequence, &packet.clone(), counts),
            None => self.without_packet(),
        }
    }

    /// A gap before a packet: mended from it, or made up until it can be.
    fn fill(&mut self, gap: i64, packet: &Waiting) -> Step {
        let grain = opus::GRAIN as i64;
        if packet.mends && gap <= packet.samples {
            self.plays += gap;
            return Step::Mend { next: packet.data.clone(), samples: gap as usize };
        }
        let until = if packet.mends { gap - packet.samples } else { gap };
        let samples = (until.min(PIECE) / grain * grain).max(grain);
        self.plays += samples;
        Step::Conceal { samples: samples as usize }
    }

    fn without_packet(&mut self) -> Step {
        let samples = PIECE as usize;
        if self.paused {
            self.plays += PIECE;
            return Step::Silence { samples };
        }
        // It may only be late: time stands still in the stream, so that nothing of it is left out.
        self.stalled += PIECE;
        self.paused = self.stalled >= MOST_STALL;
        Step::Conceal { samples }
    }

    fn decode(&mut self, sequence: i64, packet: &Waiting, counts: &mut Counts) -> Step {
        self.packets.remove(&sequence);
        self.pass(sequence, counts);
        self.stalled = 0;
        self.frame = packet.samples;
        if opus::is_pause(&packet.data) {
            self.paused = true;
            self.plays += PIECE;
            return Step::Silence { samples: PIECE as usize };
        }
        self.plays = packet.time + packet.samples;
        Step::Decode(packet.data.clone())
    }

    /// Leaves out all that comes before a time of the stream's.
    fn skip_to(&mut self, time: i64, counts: &mut Counts) {
        while let Some((_, packet)) = self.packets.first_key_value()
            && packet.time + packet.samples <= time
            && self.packets.len() > 1
        {
            self.drop_first(counts);
        }
        if let Some((_, packet)) = self.packets.first_key_value() {
            self.plays = packet.time.max(self.plays.min(time));
        }
    }
}
