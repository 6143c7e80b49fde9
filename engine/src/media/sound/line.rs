//! A call's sound as its owner holds it: packets out and in, switches, and figures. What is behind them runs on
//! the sound thread; here only what both sides share is touched, for a moment at a time.

use super::Wake;
use super::playout::Played;
use super::voice::Voice;
use crate::media::coded::{CodedSound, ReceivedSound};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Packets that wait to go out at most: 200 ms. Older ones are dropped, for sound is of now or of no use.
const MOST_OUT: usize = 10;

/// Packets that wait to be taken in at most, between two beats; older ones are dropped.
const MOST_IN: usize = 200;

/// What both sides share.
#[derive(Default)]
pub(super) struct Line {
    pub(super) gone: AtomicBool,
    /// Nothing goes out or comes in: the microphone is only listened to.
    pub(super) only_listens: bool,
    /// What is recorded for the user's own ears.
    pub(super) voice: Option<Arc<Voice>>,
    pub(super) muted: AtomicBool,
    pub(super) held: AtomicBool,
    pub(super) loss: AtomicU8,
    pub(super) bitrate: AtomicU32,
    /// In microseconds.
    pub(super) least_delay: AtomicU32,
    pub(super) figures: Mutex<Figures>,
    coming: Mutex<VecDeque<ReceivedSound>>,
    going: Mutex<Going>,
    goes: Notify,
}

#[derive(Default)]
struct Going {
    packets: VecDeque<CodedSound>,
    dropped: u64,
}

/// What is known of a call's sound.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) mine: f32,
    /// Whether the user speaks and is muted.
    pub(super) unheard: bool,
    pub(super) theirs: f32,
    pub(super) played: Played,
    /// The stream's time that is heard at a moment.
    pub(super) position: Option<(u32, u64)>,
    /// The time of the sound that was caught at a moment.
    pub(super) caught: Option<(u32, u64)>,
    pub(super) sent: u64,
    pub(super) sent_bytes: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    /// One on which nothing goes out or comes in.
    pub(super) fn for_own_ears(voice: Option<Arc<Voice>>) -> Self {
        Self { only_listens: true, voice, ..Self::default() }
    }

    /// Sends a packet on its way out.
    pub(super) fn send(&self, sound: CodedSound) {
        let mut going = lock(&self.going);
        while going.packets.len() >= MOST_OUT {
            going.packets.pop_front();
            going.dropped += 1;
        }
        going.packets.push_back(sound);
        drop(going);
        self.goes.notify_one();
    }

    /// What has come since it was last asked.
    pub(super) fn take(&self, into: &mut VecDeque<ReceivedSound>) {
        std::mem::swap(&mut *lock(&self.coming), into);
    }

    /// Ends what goes out.
    pub(super) fn end(&self) {
        self.gone.store(true, Ordering::Release);
        self.goes.notify_one();
    }

    pub(super) fn figures(&self) -> MutexGuard<'_, Figures> {
        lock(&self.figures)
    }
}

/// The sound of one call. Its end closes the microphone, and the speaker if nothing else is heard; so does dropping it.
pub struct CallSound {
    line: Arc<Line>,
    wake: Wake,
}

/// The microphone, listened to by nobody but the user's own eyes. Dropping it closes the microphone, unless a call has it.
pub struct Listening {
    line: Arc<Line>,
    wake: Wake,
}

impl Listening {
    pub(super) fn new(wake: Wake) -> (Self, Arc<Line>) {
        let line = Arc::new(Line::for_own_ears(None));
        (Self { line: Arc::clone(&line), wake }, line)
    }

    /// How loud it is, from 0 to 1 (a sine of full scale).
    pub fn level(&self) -> f32 {
        self.line.figures().mine
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.line.end();
        self.wake.wake();
    }
}

/// The packets of a call that are to be sent.
pub struct Outgoing {
    line: Arc<Line>,
}

impl Outgoing {
    /// Waits for the next packet; none once the call is over.
    pub async fn recv(&mut self) -> Option<CodedSound> {
        loop {
            if let Some(sound) = self.try_recv() {
                return Some(sound);
            }
            if self.line.gone.load(Ordering::Acquire) {
                return None;
            }
            self.line.goes.notified().await;
        }
    }

    /// The next packet, if there is one.
    pub fn try_recv(&mut self) -> Option<CodedSound> {
        lock(&self.line.going).packets.pop_front()
    }
}

/// Figures of a call's sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SoundFigures {
    /// What became of what came.
    pub played: Played,
    /// Packets that were made to be sent, and their bytes.
    pub sent: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Of those, how many nobody took in time.
    pub dropped: u64,
}

impl CallSound {
    pub(super) fn new(line: Arc<Line>, wake: Wake) -> (Self, Outgoing) {
        (Self { line: Arc::clone(&line), wake }, Outgoing { line })
    }

    /// Takes a packet that came. Never waits.
    pub fn push(&self, sound: ReceivedSound) {
        let mut coming = lock(&self.line.coming);
        if coming.len() >= MOST_IN {
            coming.pop_front();
        }
        coming.push_back(sound);
    }

    /// Keeps what the microphone catches from being heard.
    pub fn set_muted(&self, muted: bool) {
        self.line.muted.store(muted, Ordering::Relaxed);
    }

    /// Lets nothing in or out. The microphone is closed while every call is held.
    pub fn set_held(&self, held: bool) {
        self.line.held.store(held, Ordering::Relaxed);
        self.wake.wake();
    }

    /// Ends it, whoever still has a hand on it.
    pub fn end(&self) {
        self.line.end();
        self.wake.wake();
    }

    /// How many of a hundred packets the network loses on the way out.
    pub fn set_loss(&self, percent: u8) {
        self.line.loss.store(percent, Ordering::Relaxed);
    }

    /// Aims at a bitrate, in bits a second; kept between 16,000 and 64,000.
    pub fn set_bitrate(&self, bits: u32) {
        self.line.bitrate.store(bits, Ordering::Relaxed);
    }

    /// Holds what is heard back so many microseconds at least, for pictures that come later.
    pub fn set_least_delay(&self, us: u64) {
        self.line.least_delay.store(u32::try_from(us).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// How loud the user and the other are, from 0 to 1 (a sine of full scale).
    pub fn levels(&self) -> (f32, f32) {
        let figures = self.line.figures();
        (figures.mine, figures.theirs)
    }

    /// Whether the user speaks while muted.
    pub fn is_unheard(&self) -> bool {
        self.line.figures().unheard
    }

    /// Figures since the call began.
    pub fn statistics(&self) -> SoundFigures {
        let dropped = lock(&self.line.going).dropped;
        let figures = self.line.figures();
        SoundFigures {
            played: figures.played,
            sent: figures.sent,
            sent_bytes: figures.sent_bytes,
            dropped,
        }
    }

    /// The time of the other's stream that is heard at a moment, in microseconds of the process's steady clock;
    /// none before anything came. Both go on together from there.
    pub fn position(&self) -> Option<(u32, u64)> {
        self.line.figures().position
    }

    /// The time in the outgoing stream of what was caught at a moment; none before the call has sound.
    pub fn time_of(&self, us: u64) -> Option<u32> {
        let (time, at_us) = self.line.figures().caught?;
        let off = (us as i64).wrapping_sub(at_us as i64) * i64::from(CodedSound::CLOCK) / 1_000_000;
        Some(time.wrapping_add(off as u32))
    }
}

impl Drop for CallSound {
    fn drop(&mut self) {
        self.end();
    }
}
