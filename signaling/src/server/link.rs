//! What the server has to say to one client: a bounded outbox of whole frames, and the signs of life of the
//! client. Any thread may add to it; the client's own task empties it onto the socket.
//! When the outbox is full the client reads too slowly: what waits is dropped, and the link ends with
//! `too_slow`. Idle links hold no buffer.

use super::frame::{self, Kind, close};
use super::room::Line;
use crate::protocol::{ErrorCode, PublicKey, ServerMessage};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

#[derive(Debug, Default)]
struct Outbox {
    bytes: Vec<u8>,
    messages: u32,
    /// Bytes that don't count against the bound: a welcome's.
    free: u32,
    waker: Option<Waker>,
    ending: bool,
    killed: bool,
    wants_letters: bool,
    acknowledgement_waits: bool,
    /// The highest letter that the client acknowledged, and that the database was told of.
    acknowledging: u64,
    acknowledged: u64,
}

/// One client's outbox.
#[derive(Debug)]
pub(crate) struct Link {
    outbox: Mutex<Outbox>,
    most_bytes: u32,
    most_messages: u32,
    /// When the client was heard last, and (once it ends) when that began; in milliseconds of the server's.
    heard_ms: AtomicU64,
    ended_ms: AtomicU64,
    pinged: AtomicBool,
    /// Requests of this client that wait for the database.
    in_flight: AtomicU32,
}

/// What the client's task finds in the outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Frames to write.
    Frames,
    /// Nothing; the task will be woken.
    Nothing,
    /// Nothing, and letters wait in the mailbox.
    WantsLetters,
    /// Nothing, and there will be nothing more.
    Ended,
    /// There is no use in writing any more.
    Killed,
}

impl Link {
    pub(crate) fn new(most_bytes: u32, most_messages: u32, now_ms: u64) -> Self {
        Self {
            outbox: Mutex::default(),
            most_bytes,
            most_messages,
            heard_ms: AtomicU64::new(now_ms),
            ended_ms: AtomicU64::new(0),
            pinged: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
        }
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds frames, unless the link ends already.
    fn push(&self, messages: u32, write: impl FnOnce(&mut Vec<u8>)) {
        let mut outbox = self.outbox();
        if outbox.ending {
            return;
        }
        write(&mut outbox.bytes);
        outbox.messages += messages;
        let full = outbox.bytes.len() > self.most_bytes as usize + outbox.free as usize
            || outbox.messages > self.most_messages;
        if full {
            outbox.bytes = Vec::new();
            end(&mut outbox, ErrorCode::TooSlow);
        }
        wake(outbox);
    }

    /// Adds a message that may be longer than the outbox is.
    pub(crate) fn tell_at_length(&self, message: &ServerMessage) {
        let text = serde_json::to_vec(message).unwrap_or_default();
        let mut outbox = self.outbox();
        if !outbox.ending {
            outbox.free = text.len() as u32;
            frame::write(&mut outbox.bytes, Kind::Text, &text);
            wake(outbox);
        }
    }

    /// Answers a ping.
    pub(crate) fn pong(&self, payload: &[u8]) {
        self.push(1, |out| frame::write(out, Kind::Pong, payload));
    }

    /// Asks the client for a sign of life.
    pub(crate) fn ping(&self) {
        self.pinged.store(true, Relaxed);
        self.push(0, |out| frame::write(out, Kind::Ping, b""));
    }

    /// Ends the link: what waits is still written, then a close frame.
    pub(crate) fn close(&self, code: u16, reason: &str) {
        let mut outbox = self.outbox();
        if !outbox.ending {
            frame::write_close(&mut outbox.bytes, code, reason);
            outbox.ending = true;
            wake(outbox);
        }
    }

    /// Says goodbye with a message, after what waits.
    pub(crate) fn going_down(&self, message: &ServerMessage, code: u16) {
        let text = serde_json::to_vec(message).unwrap_or_default();
        self.push(1, |out| frame::write(out, Kind::Text, &text));
        self.close(code, &ErrorCode::GoingDown.as_str());
    }

    /// Ends the link with an error, after what waits.
    pub(crate) fn end_with(&self, code: ErrorCode) {
        let mut outbox = self.outbox();
        if !outbox.ending {
            end(&mut outbox, code);
            wake(outbox);
        }
    }

    /// Ends the link without writing any more.
    pub(crate) fn kill(&self) {
        let mut outbox = self.outbox();
        outbox.killed = true;
        outbox.ending = true;
        wake(outbox);
    }

    /// Takes what is to be written into an empty buffer. Before the task sleeps it gives its waker.
    pub(crate) fn take(&self, into: &mut Vec<u8>, waker: Option<&Waker>) -> Taken {
        let mut outbox = self.outbox();
        if outbox.killed {
            return Taken::Killed;
        }
        if !outbox.bytes.is_empty() {
            outbox.messages = 0;
            outbox.free = 0;
            outbox.waker = None;
            std::mem::swap(&mut outbox.bytes, into);
            return Taken::Frames;
        }
        if outbox.ending {
            return Taken::Ended;
        }
        if outbox.wants_letters {
            outbox.wants_letters = false;
            return Taken::WantsLetters;
        }
        match (waker, &mut outbox.waker) {
            (Some(waker), Some(held)) => held.clone_from(waker),
            (waker, held) => *held = waker.cloned(),
        }
        Taken::Nothing
    }

    /// The task sleeps until the socket takes more; only a kill wakes it otherwise.
    pub(crate) fn sleep(&self, waker: &Waker) -> bool {
        let mut outbox = self.outbox();
        if outbox.killed {
            return false;
        }
        outbox.waker = Some(waker.clone());
        true
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.outbox().ending
    }

    pub(crate) fn heard(&self, now_ms: u64) {
        self.heard_ms.store(now_ms, Relaxed);
        self.pinged.store(false, Relaxed);
    }

    pub(crate) fn heard_ms(&self) -> u64 {
        self.heard_ms.load(Relaxed)
    }

    pub(crate) fn was_pinged(&self) -> bool {
        self.pinged.load(Relaxed)
    }

    /// When the link began to end, which is now at the first call.
    pub(crate) fn ended_ms(&self, now_ms: u64) -> u64 {
        match self.ended_ms.compare_exchange(0, now_ms.max(1), Relaxed, Relaxed) {
            Ok(_) => now_ms,
            Err(before) => before,
        }
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Relaxed)
    }

    pub(crate) fn began(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// A request is answered; wakes the task, which may wait for that to read on.
    pub(crate) fn finished(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
        wake(self.outbox());
    }

    /// Notes an acknowledgement; true if one has to be sent to the database.
    pub(crate) fn acknowledge(&self, mail: u64) -> bool {
        let mut outbox = self.outbox();
        outbox.acknowledging = outbox.acknowledging.max(mail);
        let begins = !outbox.acknowledgement_waits && mail > outbox.acknowledged;
        outbox.acknowledgement_waits |= begins;
        begins
    }

    /// The highest letter that the waiting acknowledgement covers.
    pub(crate) fn acknowledging(&self) -> u64 {
        let mut outbox = self.outbox();
        outbox.acknowledged = outbox.acknowledging;
        outbox.acknowledged
    }

    /// The database is done with it; true if another has to be sent, because more came meanwhile.
    pub(crate) fn acknowledged(&self) -> bool {
        let mut outbox = self.outbox();
        let more = outbox.acknowledging > outbox.acknowledged;
        outbox.acknowledgement_waits = more;
        more
    }
}

fn wake(mut outbox: MutexGuard<'_, Outbox>) {
    let waker = outbox.waker.take();
    drop(outbox);
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn end(outbox: &mut Outbox, code: ErrorCode) {
    let message = ServerMessage::Error {
        id: None,
        code,
        message: code.sentence().to_owned(),
        retry_after_ms: None,
    };
    let text = serde_json::to_vec(&message).unwrap_or_default();
    frame::write(&mut outbox.bytes, Kind::Text, &text);
    frame::write_close(&mut outbox.bytes, close::for_error(code), &code.as_str());
    outbox.ending = true;
}

impl Line for Arc<Link> {
    fn tell(&self, message: &ServerMessage) {
        let text = serde_json::to_vec(message).unwrap_or_default();
        self.push(1, |out| frame::write(out, Kind::Text, &text));
    }

    fn welcome(&self, message: &ServerMessage) {
        self.tell_at_length(message);
    }

    fn sent(&self, id: u32, delivered: bool) {
        self.push(1, |out| {
            let mut text = [0; 64];
            let mut rest = &mut text[..];
            // The longest text has 53 bytes.
            drop(write!(rest, r#"{{"type":"sent","id":{id},"delivered":{delivered}}}"#));
            let length = 64 - rest.len();
            frame::write(out, Kind::Text, &text[..length]);
        });
    }

    fn deliver(&self, from: &PublicKey, envelope: &str, at_ms: u64, mail: Option<u64>) {
        // Written by hand: this runs for every envelope, and neither text needs escaping.
        let mut tail = [0; 72];
        let mut rest = &mut tail[..];
        drop(match mail {
            Some(mail) => write!(rest, r#"","at_ms":{at_ms},"mail":{mail}}}"#),
            None => write!(rest, r#"","at_ms":{at_ms}}}"#),
        });
        let tail_length = 72 - rest.len();
        const HEAD: &[u8] = br#"{"type":"deliver","from":""#;
        const MIDDLE: &[u8] = br#"","envelope":""#;
        let key = from.text();
        let length = HEAD.len() + key.len() + MIDDLE.len() + envelope.len() + tail_length;
        self.push(1, |out| {
            out.reserve(length + 10);
            frame::begin(out, Kind::Text, length);
            out.extend_from_slice(HEAD);
            out.extend_from_slice(&key);
            out.extend_from_slice(MIDDLE);
            out.extend_from_slice(envelope.as_bytes());
            out.extend_from_slice(&tail[..tail_length]);
        });
    }

    fn has_room(&self) -> bool {
        let outbox = self.outbox();
        outbox.bytes.len() < self.most_bytes as usize / 4
            && outbox.messages < self.most_messages / 4
    }

    fn want_letters(&self) {
        let mut outbox = self.outbox();
        outbox.wants_letters = true;
        wake(outbox);
    }

    fn end(&self, code: ErrorCode) {
        self.end_with(code);
    }
}
