//! One call on the sound thread: what the microphone caught is coded and sent, what came is made to sound.
//! Muted or held it says once that it pauses, and gives a sign of life now and then.

use super::level::{Level, Speech, turn};
use super::line::Line;
use super::opus::{Encoder, FRAME, OpusFault, USUAL_BITRATE};
use super::playout::Playout;
use crate::device::sound::{BLOCK, Block};
use crate::media::coded::ReceivedSound;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Packets' worth of time between two signs of life while muted: 400 ms.
const SIGN_OF_LIFE: u32 = 20;

/// Off by more than this, times are set anew instead of drawn near: the microphone changed.
const FAR_US: i64 = 100_000;

/// One call.
pub(super) struct Party {
    pub(super) line: Arc<Line>,
    encoder: Encoder,
    playout: Playout,
    coming: VecDeque<ReceivedSound>,
    frame: [f32; FRAME],
    filled: usize,
    /// The stream's time of the first sample of the frame.
    time: u32,
    /// How much later than its place in the stream sound is caught, in microseconds.
    offset_us: Option<i64>,
    samples: u64,
    began: u32,
    /// How loud the microphone is let in, 0 or 1 but while it changes.
    loud: f32,
    quiet_frames: u32,
    mine: Level,
    theirs: Level,
    unheard: Speech,
}

impl Party {
    /// One that has said and heard nothing yet, whose stream begins at a time.
    pub(super) fn new(line: Arc<Line>, began: u32) -> Result<Self, OpusFault> {
        Ok(Self {
            line,
            encoder: Encoder::new()?,
            playout: Playout::new()?,
            coming: VecDeque::new(),
            frame: [0.0; FRAME],
            filled: 0,
            time: began,
            offset_us: None,
            samples: 0,
            began,
            loud: 1.0,
            quiet_frames: 0,
            mine: Level::default(),
            theirs: Level::default(),
            unheard: Speech::default(),
        })
    }

    /// Whether nothing is heard of it.
    pub(super) fn is_silent(&self) -> bool {
        let plays = self.line.voice.as_ref().is_some_and(|voice| voice.plays());
        self.line.only_listens && !plays || self.is_held()
    }

    /// Whether nothing goes in or out.
    pub(super) fn is_held(&self) -> bool {
        self.line.held.load(Ordering::Relaxed)
    }

    /// Whether it has to do with what the microphone catches.
    pub(super) fn listens(&self) -> bool {
        let records = self.line.voice.as_ref().is_none_or(|voice| voice.records());
        records && !self.is_held()
    }

    /// Whether the call is over.
    pub(super) fn is_gone(&self) -> bool {
        self.line.gone.load(Ordering::Acquire)
    }

    /// Adds what the other says. It is taken now, when what came last has to be there, and heard `behind_us` later.
    pub(super) fn hear(&mut self, now_us: u64, behind_us: u64, into: &mut Block) {
        if let Some(voice) = self.line.voice.as_ref().filter(|voice| voice.plays()) {
            self.mine.hear(&voice.play(into));
            self.line.figures().mine = self.mine.get();
            return;
        }
        self.line.take(&mut self.coming);
        for sound in self.coming.drain(..) {
            self.playout.put(sound);
        }
        self.playout.set_least_delay(self.line.least_delay.load(Ordering::Relaxed).into());
        let mut block = [0.0; BLOCK];
        // A held call's stream goes on unheard, so that it is in time when it is taken up again.
        let time = self.playout.pull(now_us, &mut block);
        if self.is_held() {
            block.fill(0.0);
        }
        self.theirs.hear(&block);
        for (sum, sample) in into.iter_mut().zip(block) {
            *sum += sample;
        }
        let mut figures = self.line.figures();
        figures.theirs = self.theirs.get();
        figures.played = self.playout.played();
        figures.position = time.map(|time| (time, now_us + behind_us));
    }

    /// Takes what the microphone caught at `caught_us`, and sends what is full.
    pub(super) fn say(&mut self, block: &Block, caught_us: u64) -> Result<(), OpusFault> {
        if self.line.only_listens {
            if !self.listens() {
                return Ok(());
            }
            if let Some(voice) = &self.line.voice {
                voice.record(block);
            }
            self.mine.hear(block);
            self.line.figures().mine = self.mine.get();
            return Ok(());
        }
        let quiet = self.is_held() || self.line.muted.load(Ordering::Relaxed);
        let unheard = self.unheard.hear(block) && quiet && !self.is_held();
        let loud = if quiet { 0.0 } else { 1.0 };
        let mut block = *block;
        turn(&mut block, self.loud, loud);
        self.mine.hear(if quiet { &[0.0; BLOCK] } else { &block });
        // The frame in which it fell silent still goes out; those that hold nothing do not.
        let silent = quiet && self.loud == 0.0;
        self.loud = loud;
        if self.filled == 0 {
            self.quiet_frames = if silent { self.quiet_frames.saturating_add(1) } else { 0 };
        }
        self.keep_time(caught_us);
        self.frame[self.filled..self.filled + BLOCK].copy_from_slice(&block);
        self.filled += BLOCK;
        self.samples += BLOCK as u64;
        if self.filled == FRAME {
            self.filled = 0;
            let (time, frame) = (self.time, self.frame);
            self.time = self.time.wrapping_add(FRAME as u32);
            self.send(&frame, time)?;
        }
        let mut figures = self.line.figures();
        (figures.mine, figures.unheard) = (self.mine.get(), unheard);
        Ok(())
    }

    fn send(&mut self, frame: &[f32; FRAME], time: u32) -> Result<(), OpusFault> {
        let coded = match self.quiet_frames {
            0 => {
                let asked = self.line.bitrate.load(Ordering::Relaxed);
                self.encoder.set_bitrate(if asked == 0 { USUAL_BITRATE } else { asked })?;
                self.encoder.set_loss(self.line.loss.load(Ordering::Relaxed))?;
                self.encoder.encode(frame, time)?
            }
            frames if frames % SIGN_OF_LIFE == 0 => Some(self.encoder.pause_again(time)),
            _ => self.encoder.pause(time),
        };
        if let Some(coded) = coded {
            let mut figures = self.line.figures();
            figures.sent += 1;
            figures.sent_bytes += coded.data.len() as u64;
            drop(figures);
            self.line.send(coded);
        }
        Ok(())
    }

    /// Learns at which moment sound of which time is caught, without following each device's stumbling.
    fn keep_time(&mut self, caught_us: u64) {
        let place_us = (self.samples * 1000 / 48) as i64;
        let off_us = caught_us as i64 - place_us;
        let offset_us = match self.offset_us {
            Some(offset_us) if (off_us - offset_us).abs() < FAR_US => {
                offset_us + (off_us - offset_us) / 50
            }
            _ => off_us,
        };
        self.offset_us = Some(offset_us);
        let time = self.began.wrapping_add(self.samples as u32);
        self.line.figures().caught = Some((time, (place_us + offset_us).max(0) as u64));
    }
}
