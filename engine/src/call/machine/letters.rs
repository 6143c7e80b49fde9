//! What others say about calls: each word, by whom it counts, and what it means for a call that lives. Words about
//! calls that are over are answered in `ending`.

use super::ending::Verdict;
use super::talk::{Stage, Talk};
use super::{Calls, MOST_BEFORE_BUSY, MOST_RINGS, Peer, Turn};
use super::{Effect, GLARE_MS, RingOutcome};
use crate::api::{CallEnd, CallSide, PublicKey};
use crate::call::signal::{CallId, CallSignal};

/// Of one person it rings on no more devices at a time; a server allows fewer.
const MOST_RINGING: usize = 8;
/// In which rings are counted.
const MINUTE_MS: u64 = 60_000;
/// Clocks of two computers may differ by so much without anybody minding.
const CLOCKS_MS: u64 = 10 * MINUTE_MS;

impl Calls {
    pub(super) fn said(&mut self, turn: &mut Turn, from: Peer, call: CallId, signal: CallSignal) {
        let live = |talk: &Talk| talk.id == call && talk.key == from.key && talk.is_live();
        match (signal, self.talks.iter().position(live)) {
            (CallSignal::Ring { picture, at_ms }, None) => {
                self.ring(turn, from, call, picture, at_ms);
            }
            (CallSignal::Missed { picture, at_ms }, None) => {
                self.missed(turn, from, call, picture, at_ms);
            }
            (signal, None) => self.said_of_past(turn, from, call, &signal),
            (signal, Some(at)) if self.talks[at].outgoing => {
                self.said_to_caller(turn, from, at, &signal);
            }
            (signal, Some(at)) if self.talks[at].is_with(&from) => {
                self.said_to_callee(turn, at, &signal);
            }
            (_, Some(_)) => {}
        }
    }

    fn said_to_caller(&mut self, turn: &mut Turn, from: Peer, at: usize, signal: &CallSignal) {
        match *signal {
            CallSignal::Ringing => self.rings(turn, from, at),
            CallSignal::Accept { picture } => self.accepted(turn, from, at, picture),
            CallSignal::Decline { busy } if self.talks[at].rings_there() => {
                self.declined(turn, from, at, busy);
            }
            CallSignal::End { how: CallEnd::Declined, .. } if self.talks[at].rings_there() => {
                self.declined(turn, from, at, false);
            }
            CallSignal::End { .. } if self.talks[at].rings_there() => {
                self.talks[at].rings_less(from.device);
            }
            CallSignal::End { how, talked_ms } if self.talks[at].is_with(&from) => {
                self.end_there(turn, at, how, talked_ms);
            }
            _ => {}
        }
    }

    fn said_to_callee(&mut self, turn: &mut Turn, at: usize, signal: &CallSignal) {
        let talk = &self.talks[at];
        match *signal {
            // They ask again: what they were told may have been lost.
            CallSignal::Ring { .. } if talk.rings_here() => self.say_rings(turn, at),
            CallSignal::Ring { .. } => self.say_accept(turn, at),
            CallSignal::Taken { answered } => {
                let how =
                    if answered { CallEnd::AnsweredElsewhere } else { CallEnd::DeclinedElsewhere };
                self.finish(turn, at, how, None, false, Verdict::Over);
            }
            CallSignal::End { how: CallEnd::Cancelled, .. } if talk.before.is_some() => {
                self.go_back(turn, at);
            }
            CallSignal::End { how, talked_ms } => self.end_there(turn, at, how, talked_ms),
            CallSignal::Missed { .. } if talk.rings_here() => {
                self.end_there(turn, at, CallEnd::Away, None);
            }
            _ => {}
        }
    }

    /// Somebody calls.
    fn ring(&mut self, turn: &mut Turn, from: Peer, call: CallId, picture: bool, at_ms: u64) {
        let with = |talk: &Talk| talk.key == from.key && talk.is_live();
        if self.was_set_aside(call, from.key) && !self.talks.iter().any(with) {
            // The user's own call, which theirs was to become, is over, and they still ring.
            self.forget(call);
        }
        if self.is_known(call) {
            return self.ring_of_past(turn, from, call);
        }
        let theirs = |talk: &Talk| talk.key == from.key && talk.rings_there();
        if let Some(at) = self.talks.iter().position(theirs) {
            return self.glare(turn, from, at, call, picture);
        }
        if let Some(at) = self.talks.iter().position(|talk| talk.is_live() && talk.is_with(&from)) {
            // Who calls has no call with us: the one that is here ended there unheard.
            let talk = &self.talks[at];
            let young = talk.answered.is_some_and(|at| turn.now.saturating_sub(at) < GLARE_MS);
            if talk.outgoing && young {
                return;
            }
            let how = if talk.rings_here() { CallEnd::Cancelled } else { CallEnd::Lost };
            self.end_there(turn, at, how, self.talks[at].talked_ms(turn.now));
        }
        if !self.may_ring(turn.now, from.key) {
            return;
        }
        let at_ms = at_ms.clamp(turn.wall_ms.saturating_sub(CLOCKS_MS), turn.wall_ms);
        let talk = Talk::new(call, from.key, Some(from.device), picture, (turn.now, at_ms));
        let busy = self.live() >= MOST_BEFORE_BUSY;
        if !busy {
            self.clear_ended();
        }
        self.talks.push(talk);
        let at = self.talks.len() - 1;
        if busy {
            self.talks[at].unheard = true;
            self.end_here(turn, at, CallEnd::Busy);
        } else {
            self.say_rings(turn, at);
        }
    }

    fn say_rings(&self, turn: &mut Turn, at: usize) {
        let talk = &self.talks[at];
        if let Some(peer) = talk.peer() {
            self.say(turn, peer, talk.id, CallSignal::Ringing);
        }
    }

    /// Both call at once. The call with the smaller name is the one that both have from now on; whoever made the
    /// other one answers.
    fn glare(&mut self, turn: &mut Turn, from: Peer, at: usize, call: CallId, picture: bool) {
        let talk = &self.talks[at];
        if talk.id < call {
            // They may not have it yet. Theirs is nothing from now on.
            let signal = CallSignal::Ring { picture: talk.picture, at_ms: talk.at_ms };
            let id = talk.id;
            self.rings(turn, from, at);
            self.say(turn, from, id, signal);
            let when = (turn.now, turn.wall_ms);
            let theirs = Talk::new(call, from.key, Some(from.device), picture, when);
            return self.remember(turn.now, &theirs, Verdict::Aside, false);
        }
        let mine = talk.id;
        for device in talk.ringing.clone() {
            let peer = Peer { device, ..from };
            if peer != from {
                self.say(turn, peer, mine, CallSignal::Taken { answered: true });
            }
        }
        let (now, wall_ms) = (turn.now, turn.wall_ms);
        let mut one = Talk::new(call, from.key, Some(from.device), picture, (now, wall_ms));
        one.mine = talk.mine;
        one.troubles.clone_from(&talk.troubles);
        let before = std::mem::replace(&mut self.talks[at], one);
        self.remember(turn.now, &before, Verdict::Became(call), false);
        self.talks[at].before = Some(Box::new(before));
        if let Some(at) = self.answered(turn, call) {
            self.say_accept(turn, at);
        }
    }

    /// Both called at once, and the other gave up before knowing it: the user's own call goes on.
    fn go_back(&mut self, turn: &mut Turn, at: usize) {
        let Some(mut own) = self.talks[at].before.take() else { return };
        own.rings_nowhere();
        let call = own.id;
        let other = std::mem::replace(&mut self.talks[at], *own);
        let past = other.past(CallEnd::Cancelled, None);
        turn.push(Effect::Record { past, missed: false });
        self.forget(call);
        self.remember(turn.now, &other, Verdict::Over, false);
        self.ring_there(turn, call);
    }

    /// It rings there.
    fn rings(&mut self, turn: &mut Turn, from: Peer, at: usize) {
        let talk = &mut self.talks[at];
        if talk.rings_there() {
            if talk.ringing.len() < MOST_RINGING && !talk.ringing.contains(&from.device) {
                talk.ringing.push(from.device);
            }
            (talk.stage, talk.rang) = (Stage::Ringing, true);
        } else if !talk.is_with(&from) {
            let call = talk.id;
            self.say(turn, from, call, CallSignal::Taken { answered: true });
        }
    }

    fn accepted(&mut self, turn: &mut Turn, from: Peer, at: usize, picture: bool) {
        let talk = &mut self.talks[at];
        let call = talk.id;
        if !talk.rings_there() {
            if !talk.is_with(&from) {
                self.say(turn, from, call, CallSignal::Taken { answered: true });
            }
            return;
        }
        talk.device = Some(from.device);
        talk.theirs = CallSide { microphone: true, camera: picture, held: false };
        self.say_taken(turn, at, true);
        self.answered(turn, call);
    }

    fn declined(&mut self, turn: &mut Turn, from: Peer, at: usize, busy: bool) {
        self.talks[at].device = Some(from.device);
        self.say_taken(turn, at, false);
        let how = if busy { CallEnd::Busy } else { CallEnd::Declined };
        self.finish(turn, at, how, None, false, Verdict::Declined);
    }

    /// Tells the devices that ring that another one has dealt with it.
    fn say_taken(&mut self, turn: &mut Turn, at: usize, answered: bool) {
        let talk = &mut self.talks[at];
        let (key, call, with) = (talk.key, talk.id, talk.device);
        for device in std::mem::take(&mut talk.ringing) {
            if Some(device) != with {
                self.say(turn, Peer { key, device }, call, CallSignal::Taken { answered });
            }
        }
    }

    /// A call that the user was not there for.
    fn missed(&mut self, turn: &mut Turn, from: Peer, call: CallId, picture: bool, at_ms: u64) {
        if self.is_known(call) {
            return;
        }
        let when = (turn.now, at_ms.min(turn.wall_ms));
        let talk = Talk::new(call, from.key, Some(from.device), picture, when);
        let past = talk.past(CallEnd::Away, None);
        self.remember(turn.now, &talk, Verdict::Over, false);
        turn.push(Effect::Record { past, missed: true });
    }

    pub(super) fn rang(&mut self, turn: &mut Turn, call: CallId, outcome: RingOutcome) {
        let silent = |talk: &Talk| talk.id == call && talk.rings_there() && !talk.rang;
        let Some(at) = self.talks.iter().position(silent) else { return };
        match outcome {
            RingOutcome::Delivered | RingOutcome::Unknown => {}
            RingOutcome::Offline => {
                self.say_missed(turn, at);
                self.finish(turn, at, CallEnd::Away, None, true, Verdict::Over);
            }
            RingOutcome::Refused(error) => {
                self.talks[at].troubles.push(error);
                self.finish(turn, at, CallEnd::Unconnected, None, true, Verdict::Over);
            }
        }
    }

    /// What their side of a call does now.
    pub(super) fn side(&mut self, from: Peer, call: CallId, number: u64, side: CallSide) {
        let with = |talk: &&mut Talk| talk.id == call && talk.is_answered() && talk.is_with(&from);
        if let Some(talk) = self.talks.iter_mut().find(with)
            && number > talk.heard_number
        {
            (talk.heard_number, talk.theirs) = (number, side);
        }
    }

    fn may_ring(&mut self, now: u64, key: PublicKey) -> bool {
        self.rings.retain(|(at, _)| now.saturating_sub(*at) < MINUTE_MS);
        let often = self.rings.iter().filter(|(_, other)| *other == key).count() >= MOST_RINGS;
        if !often {
            self.rings.push_back((now, key));
        }
        !often
    }
}
