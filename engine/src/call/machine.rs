//! The calls of the user as a machine: told the time, what the user wants, what the others say and what the
//! links do, it says what is to be done. All calls are in one machine, because they know of each other: one is
//! held for another, and two people who call each other at once have one call.
//!
//! ```text
//!                 Ringing                Accept                     link up
//!  Call ─▶ Calling ─────▶ Ringing ──────────────────▶ Connecting ───────────▶ On ⇄ held
//!             │ Accept, link up or not ──────────────────▲  │                  │
//!  Ring ─▶ Incoming ── Answer ───────────────────────────┘  │ 20 s             │ End, hang-up, link gone,
//!             │                                             ▼                  ▼ no media for 30 s
//!             └ Decline, End, Taken, 50 s ──▶ over ◀── Unconnected          Ended ── dismissed ──▶ over
//!    (Calling, Ringing: Decline, End by the user, offline, 45 s ──▶ Ended or over)
//! ```
//! Accepting and connecting are two axes: links open while it rings, and a call is on when it is answered and its
//! link is up, whichever came first. Letters may be lost, come twice, or be overtaken by the same word on the
//! link: a word that was heard before is nothing, and whoever still asks for a call that is over is told how it
//! ended. The machine reads no clock, draws no number, and opens nothing by itself.

mod commands;
mod ending;
mod letters;
mod links;
mod outcome;
mod talk;

use super::signal::{CallId, CallSignal, Control};
use crate::api::{self, ApiError, CallSide, Code, PastCall, PublicKey};
use ending::Past;
use links::Link;
use outcome::Media;
use std::collections::{BTreeMap, VecDeque};
use talk::Talk;
use visavis_signaling::protocol::DeviceId;

/// A caller gives up after this long.
pub const RING_MS: u64 = 45_000;
/// A callee stops ringing after this long though no end was heard.
pub const SAFETY_MS: u64 = 50_000;
/// An answered call must be connected after this long.
pub const CONNECT_MS: u64 = 20_000;
/// A call whose media stopped is over after this long.
pub const LOST_MS: u64 = 30_000;
/// A ring from the device that has just been called, or has just answered, was sent before it knew.
pub const GLARE_MS: u64 = 5_000;
/// The busy tone sounds for this long.
pub const BUSY_MS: u64 = 3_000;
/// No more calls ring, are on or are held at a time.
pub const MOST_CALLS: usize = 3;
/// While so many ring, are on or are held, the next one that comes in is told that the user is busy.
pub const MOST_BEFORE_BUSY: usize = 2;
/// Someone who rings more often than this in a minute is not heard.
pub const MOST_RINGS: usize = 10;

/// The other end of a link: one device of somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer {
    /// Who.
    pub key: PublicKey,
    /// Which of their devices.
    pub device: DeviceId,
}

/// What happens to calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The user calls someone.
    Call {
        /// A fresh random name for it.
        call: CallId,
        /// Whom.
        to: PublicKey,
        /// Whether with picture.
        picture: bool,
    },
    /// The user answers.
    Answer {
        /// Which call.
        call: CallId,
        /// Whether to be seen.
        picture: bool,
    },
    /// The user says no.
    Decline(CallId),
    /// The user ends a call.
    HangUp(CallId),
    /// The user has read how it ended.
    Dismiss(CallId),
    /// The user holds a call or goes on with it.
    Hold {
        /// Which call.
        call: CallId,
        /// Whether to hold it.
        held: bool,
    },
    /// The user mutes or opens the microphone.
    SetMicrophone {
        /// Which call.
        call: CallId,
        /// Whether to be heard.
        on: bool,
    },
    /// The user turns the camera off or on.
    SetCamera {
        /// Which call.
        call: CallId,
        /// Whether to be seen.
        on: bool,
    },
    /// What became of a `Ring` that was to be sent.
    Rang {
        /// Which call.
        call: CallId,
        /// What.
        outcome: RingOutcome,
    },
    /// Somebody says something about a call, in a letter or on a link.
    Said {
        /// Who.
        from: Peer,
        /// About which call.
        call: CallId,
        /// What.
        signal: CallSignal,
    },
    /// Somebody says what their side of a call does now.
    Side {
        /// Who.
        from: Peer,
        /// Of which call.
        call: CallId,
        /// Grows with each.
        number: u64,
        /// What.
        side: CallSide,
    },
    /// A link has changed.
    Link {
        /// Which.
        peer: Peer,
        /// How.
        news: LinkNews,
    },
    /// Something is wrong with a device of the user's.
    Trouble {
        /// In which call.
        call: CallId,
        /// What.
        error: ApiError,
    },
    /// It is not wrong any more.
    Mended {
        /// In which call.
        call: CallId,
        /// As it was said.
        error: ApiError,
    },
    /// Someone is no contact any more, or blocked.
    Parted(PublicKey),
    /// Signed in again after a while without a server: what was said meanwhile was lost.
    SignedIn,
    /// All calls end: the user leaves the server, or the app stops.
    Leave,
    /// Time went on.
    Tick,
}

/// What became of a `Ring`.
#[derive(Debug, Clone, PartialEq)]
pub enum RingOutcome {
    /// A device of theirs has it.
    Delivered,
    /// They are not there.
    Offline,
    /// The server refused it.
    Refused(ApiError),
    /// Nobody can tell; it goes again when the server is back.
    Unknown,
}

/// How a link has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkNews {
    /// It is up, and its control channel is open. Also said of one that was up when it was asked for, and when
    /// media flows again.
    Connected,
    /// Nothing comes any more; it may come back.
    Disrupted,
    /// Its network is weak, or is not any more.
    Weak(bool),
    /// It broke down; the peer room tries to build it anew while it is wanted.
    Failed,
    /// The other's end is gone for good, such as with a program that was killed.
    Gone,
}

/// What is heard while calls ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing.
    #[default]
    Silent,
    /// It rings here.
    Incoming,
    /// It rings here, beside a call that is on: a soft sign in the ear.
    Waiting,
    /// It rings there.
    Ringback,
    /// They are in a call.
    Busy,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The command can't be carried out; nothing has changed.
    Refuse(ApiError),
    /// The answer to [`Input::Call`]: the call that is there now.
    Calling(CallId),
    /// Send a letter.
    Send {
        /// To whom.
        to: PublicKey,
        /// For which of their devices; for all where none is named.
        device: Option<DeviceId>,
        /// About which call.
        call: CallId,
        /// What.
        signal: CallSignal,
        /// Whether it waits for them in the mailbox.
        keep: bool,
    },
    /// Say something on a link that is up.
    Tell {
        /// On which.
        peer: Peer,
        /// What.
        control: Control,
    },
    /// A link is wanted; told by [`LinkNews`] from now on.
    OpenLink {
        /// To whom.
        peer: Peer,
        /// Whether this end makes the first offer.
        first: bool,
    },
    /// No call wants the link any more. What was told before is still to be said.
    ReleaseLink(Peer),
    /// Open the camera for the user's own eyes: nothing is sent.
    Preview(CallId),
    /// The call is answered: open devices as `mine` says, and send as soon as the link is up.
    BeginMedia {
        /// Which call.
        call: CallId,
        /// By which link.
        peer: Peer,
        /// The user's side.
        mine: CallSide,
        /// The other's side.
        theirs: CallSide,
    },
    /// One of the sides has changed.
    ChangeMedia {
        /// Which call.
        call: CallId,
        /// The user's side.
        mine: CallSide,
        /// The other's side.
        theirs: CallSide,
    },
    /// Close what [`Effect::Preview`] or [`Effect::BeginMedia`] opened.
    EndMedia(CallId),
    /// What is heard from now on.
    Sound(Tone),
    /// A call is over: put it into the history, once.
    Record {
        /// The call.
        past: PastCall,
        /// Whether the user has missed it.
        missed: bool,
    },
    /// Both had ended a call at the same time and now agree: the history of it is otherwise.
    Correct(PastCall),
    /// What [`Calls::shown`] gives has changed.
    Changed,
}

/// All calls of the user.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    talks: Vec<Talk>,
    past: VecDeque<Past>,
    links: BTreeMap<Peer, Link>,
    media: BTreeMap<CallId, Media>,
    rings: VecDeque<(u64, PublicKey)>,
    tone: Tone,
    busy_until: Option<u64>,
    shown: Vec<api::Call>,
}

/// One input being taken.
#[derive(Debug)]
struct Turn {
    now: u64,
    wall_ms: u64,
    effects: Vec<Effect>,
}

impl Turn {
    fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn refuse(&mut self, code: Code, message: &str) {
        self.push(Effect::Refuse(ApiError::new(code, message)));
    }
}

impl Calls {
    /// Takes one input at `now` (milliseconds of any steady clock) and `wall_ms` (milliseconds since 1970).
    pub fn handle(&mut self, now: u64, wall_ms: u64, input: Input) -> Vec<Effect> {
        let mut turn = Turn { now, wall_ms, effects: Vec::new() };
        let t = &mut turn;
        match input {
            Input::Call { call, to, picture } => self.call(t, call, to, picture),
            Input::Answer { call, picture } => self.answer(t, call, picture),
            Input::Decline(call) => self.decline(t, call),
            Input::HangUp(call) => self.hang_up(t, call),
            Input::Dismiss(call) => self.dismiss(t, call),
            Input::Hold { call, held } => self.hold(t, call, held),
            Input::SetMicrophone { call, on } => {
                self.set_side(t, call, |side| side.microphone = on)
            }
            Input::SetCamera { call, on } => self.set_side(t, call, |side| side.camera = on),
            Input::Rang { call, outcome } => self.rang(t, call, outcome),
            Input::Said { from, call, signal } => self.said(t, from, call, signal),
            Input::Side { from, call, number, side } => self.side(from, call, number, side),
            Input::Link { peer, news } => self.link(t, peer, news),
            Input::Trouble { call, error } => self.trouble(call, error),
            Input::Mended { call, error } => self.mended(call, &error),
            Input::Parted(key) => self.part(t, |talk| talk.key == key),
            Input::SignedIn => self.say_again(t),
            Input::Leave => self.leave(t),
            Input::Tick => self.tick(t),
        }
        self.settle(t);
        turn.effects
    }

    /// When `Tick` is due, if ever.
    pub fn next_deadline(&self) -> Option<u64> {
        let talks = self.talks.iter().filter_map(|talk| talk.due(self.link_of(talk)));
        talks.chain(self.busy_until).min()
    }

    /// The calls as a shell shows them, the oldest first.
    pub fn shown(&self) -> Vec<api::Call> {
        self.shown.clone()
    }

    /// With whom a call is, and by which link, once it is answered.
    pub fn peer(&self, call: CallId) -> Option<Peer> {
        let talk = self.talks.get(self.find(call)?)?;
        talk.peer().filter(|_| talk.is_answered())
    }

    fn find(&self, call: CallId) -> Option<usize> {
        let call = self.became(call);
        self.talks.iter().position(|talk| talk.id == call)
    }

    /// One that is not over.
    fn find_live(&self, call: CallId) -> Option<usize> {
        self.find(call).filter(|&at| self.talks[at].is_live())
    }

    fn live(&self) -> usize {
        self.talks.iter().filter(|talk| talk.is_live()).count()
    }

    fn link_of(&self, talk: &Talk) -> Option<&Link> {
        self.links.get(&talk.peer()?)
    }

    fn is_up(&self, peer: &Peer) -> bool {
        self.links.get(peer).is_some_and(|link| link.up)
    }

    /// Says a word about a call to one device, by letter and, where it is up, by link.
    fn say(&self, turn: &mut Turn, peer: Peer, call: CallId, signal: CallSignal) {
        if self.is_up(&peer) {
            let control = Control::Call { call, signal: signal.clone() };
            turn.push(Effect::Tell { peer, control });
        }
        let (to, device) = (peer.key, Some(peer.device));
        turn.push(Effect::Send { to, device, call, signal, keep: false });
    }
}

#[cfg(test)]
mod tests;
