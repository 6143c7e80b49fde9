//! What the user wants of calls: each command, and what refuses it.

use super::talk::{Stage, Talk};
use super::{Calls, Effect, MOST_CALLS, Turn};
use crate::api::{CallEnd, CallSide, Code, PublicKey};
use crate::call::signal::{CallId, CallSignal};

impl Calls {
    pub(super) fn call(&mut self, turn: &mut Turn, call: CallId, to: PublicKey, picture: bool) {
        let with = |wanted: fn(&Talk) -> bool| {
            self.talks.iter().find(|talk| talk.key == to && wanted(talk)).map(|talk| talk.id)
        };
        if let Some(there) = with(Talk::is_answered).or_else(|| with(Talk::rings_there)) {
            return turn.push(Effect::Calling(there));
        }
        if let Some(rings) = with(Talk::rings_here) {
            turn.push(Effect::Calling(rings));
            return self.answer(turn, rings, picture);
        }
        if self.live() >= MOST_CALLS || self.talks.iter().any(Talk::rings_there) {
            return turn.refuse(Code::TooManyCalls, "as many calls as there may be");
        }
        if self.is_known(call) {
            return turn.refuse(Code::Internal, "the call's name is taken");
        }
        self.clear_ended();
        self.hold_others(call);
        self.talks.push(Talk::new(call, to, None, picture, (turn.now, turn.wall_ms)));
        turn.push(Effect::Calling(call));
        self.ring_there(turn, call);
    }

    /// Rings on all of their devices.
    pub(super) fn ring_there(&self, turn: &mut Turn, call: CallId) {
        if let Some(at) = self.find_live(call) {
            let talk = &self.talks[at];
            let signal = CallSignal::Ring { picture: talk.picture, at_ms: talk.at_ms };
            let (to, device) = (talk.key, None);
            turn.push(Effect::Send { to, device, call: talk.id, signal, keep: false });
        }
    }

    pub(super) fn answer(&mut self, turn: &mut Turn, call: CallId, picture: bool) {
        let Some(at) = self.find_live(call) else {
            return turn.refuse(Code::NoSuchCall, "the call is over");
        };
        if self.talks[at].rings_here() {
            self.talks[at].mine.camera = picture;
            let id = self.talks[at].id;
            if let Some(at) = self.answered(turn, id) {
                self.say_accept(turn, at);
            }
        } else if !self.talks[at].is_answered() {
            turn.refuse(Code::NotNow, "it rings there, not here");
        }
    }

    /// Tells the caller that this device answers.
    pub(super) fn say_accept(&self, turn: &mut Turn, at: usize) {
        let talk = &self.talks[at];
        if let Some(peer) = talk.peer() {
            let signal = CallSignal::Accept { picture: talk.mine.camera };
            self.say(turn, peer, talk.id, signal);
        }
    }

    /// A call is answered, here or there: the others are held. Gives its place.
    pub(super) fn answered(&mut self, turn: &Turn, call: CallId) -> Option<usize> {
        self.hold_others(call);
        self.clear_ended();
        let at = self.find(call)?;
        self.talks[at].answered = Some(turn.now);
        self.talks[at].stage = Stage::Connecting { since: turn.now };
        self.connect(turn, at);
        Some(at)
    }

    pub(super) fn decline(&mut self, turn: &mut Turn, call: CallId) {
        let Some(at) = self.find_live(call) else {
            return turn.refuse(Code::NoSuchCall, "the call is over");
        };
        if self.talks[at].rings_here() {
            let busy = self.talks.iter().any(Talk::is_answered);
            self.end_here(turn, at, if busy { CallEnd::Busy } else { CallEnd::Declined });
        } else {
            turn.refuse(Code::NotNow, "it does not ring here");
        }
    }

    pub(super) fn hang_up(&mut self, turn: &mut Turn, call: CallId) {
        match self.find_live(call) {
            Some(at) if self.talks[at].rings_here() => self.decline(turn, call),
            Some(at) if self.talks[at].rings_there() => {
                self.end_here(turn, at, CallEnd::Cancelled);
            }
            Some(at) => self.end_here(turn, at, CallEnd::HungUp),
            None => turn.refuse(Code::NoSuchCall, "the call is over"),
        }
    }

    pub(super) fn dismiss(&mut self, turn: &mut Turn, call: CallId) {
        match self.find(call) {
            Some(at) if self.talks[at].is_live() => {
                turn.refuse(Code::NotNow, "the call is not over");
            }
            Some(at) => drop(self.talks.remove(at)),
            None => turn.refuse(Code::NoSuchCall, "there is no such call"),
        }
    }

    pub(super) fn hold(&mut self, turn: &mut Turn, call: CallId, held: bool) {
        let Some(at) = self.find_live(call) else {
            return turn.refuse(Code::NoSuchCall, "the call is over");
        };
        if !self.talks[at].is_answered() {
            return turn.refuse(Code::NotNow, "the call is not answered");
        }
        if !held {
            let id = self.talks[at].id;
            self.hold_others(id);
        }
        self.talks[at].mine.held = held;
    }

    pub(super) fn set_side(
        &mut self,
        turn: &mut Turn,
        call: CallId,
        set: impl FnOnce(&mut CallSide),
    ) {
        match self.find_live(call) {
            Some(at) => set(&mut self.talks[at].mine),
            None => turn.refuse(Code::NoSuchCall, "the call is over"),
        }
    }

    /// At most one call is on and not held.
    fn hold_others(&mut self, call: CallId) {
        for talk in self.talks.iter_mut().filter(|talk| talk.id != call && talk.is_answered()) {
            talk.mine.held = true;
        }
    }

    /// The next call begins: what has ended is not shown any more.
    pub(super) fn clear_ended(&mut self) {
        self.talks.retain(Talk::is_live);
    }

    /// All calls that are meant end as if the user had ended them.
    pub(super) fn part(&mut self, turn: &mut Turn, meant: impl Fn(&Talk) -> bool) {
        let meant = self.talks.iter().filter(|talk| talk.is_live() && meant(talk));
        for call in meant.map(|talk| talk.id).collect::<Vec<_>>() {
            if let Some(at) = self.find_live(call) {
                let talk = &self.talks[at];
                let how = match talk.stage {
                    Stage::Incoming => CallEnd::Declined,
                    Stage::Calling | Stage::Ringing => CallEnd::Cancelled,
                    _ => CallEnd::HungUp,
                };
                self.end_here(turn, at, how);
            }
        }
    }

    /// The app goes away. What rings here may go on ringing on other devices.
    pub(super) fn leave(&mut self, turn: &mut Turn) {
        while let Some(at) = self.talks.iter().position(Talk::rings_here) {
            self.end_here(turn, at, CallEnd::NoAnswer);
        }
        self.part(turn, |_| true);
        self.clear_ended();
        self.busy_until = None;
    }
}
