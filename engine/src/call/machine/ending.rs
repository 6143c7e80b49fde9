//! How calls end, once, and what is remembered of them for a while: whoever still asks for a call that is over is
//! told so, and two who ended it at the same time come to tell the same story.

use super::talk::{Stage, Talk};
use super::{BUSY_MS, Calls, Effect, Peer, Turn};
use crate::api::{CallEnd, PastCall, PublicKey};
use crate::call::signal::{CallId, CallSignal, Control};
use visavis_signaling::protocol::DeviceId;

/// Calls that are over and still known.
const REMEMBERED: usize = 64;
/// What was said about the end of a call is said again for so long, when the server comes back.
const SAY_AGAIN_MS: u64 = 60_000;
/// Two clocks that count the same talk differ by no more; whoever says otherwise is not believed.
const CLOSE_MS: u64 = 3_000;

/// Whose doing an end was, as far as other devices of the callee have to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Over,
    Declined,
    /// It is another call now: both had called at once.
    Became(CallId),
    /// It was to become the user's own call: both had called at once.
    Aside,
}

#[derive(Debug, Clone)]
pub(super) struct Past {
    id: CallId,
    /// The device that called, answered or declined.
    device: Option<DeviceId>,
    answered: bool,
    verdict: Verdict,
    at: u64,
    /// Ended here, not by a word of the other.
    own: bool,
    /// Whether the other's own end was heard of too.
    agreed: bool,
    record: PastCall,
}

impl Past {
    fn end(&self) -> CallSignal {
        match (self.record.how, self.record.outgoing || self.answered) {
            (CallEnd::Declined, false) => CallSignal::Decline { busy: false },
            (CallEnd::Busy, false) => CallSignal::Decline { busy: true },
            (how, _) => CallSignal::End { how, talked_ms: self.record.talked_ms },
        }
    }

    /// What the caller says to a device of the callee's that still takes part.
    fn told(&self, device: DeviceId) -> CallSignal {
        match self.verdict {
            Verdict::Became(_) => CallSignal::Taken { answered: true },
            _ if self.device.is_none() || self.device == Some(device) => self.end(),
            Verdict::Declined => CallSignal::Taken { answered: false },
            Verdict::Over | Verdict::Aside => CallSignal::Taken { answered: true },
        }
    }
}

impl Calls {
    /// Whether a call of that name is here or was not long ago.
    pub(super) fn is_known(&self, call: CallId) -> bool {
        self.talks.iter().any(|talk| talk.id == call) || self.past.iter().any(|p| p.id == call)
    }

    /// Whether a call was left aside for one of the user's own.
    pub(super) fn was_set_aside(&self, call: CallId, key: PublicKey) -> bool {
        let aside = |past: &Past| past.id == call && past.verdict == Verdict::Aside;
        self.past.iter().any(|past| aside(past) && past.record.key == key)
    }

    /// The call that this one has become.
    pub(super) fn became(&self, call: CallId) -> CallId {
        self.past
            .iter()
            .find_map(|past| match past.verdict {
                Verdict::Became(one) if past.id == call => Some(one),
                _ => None,
            })
            .unwrap_or(call)
    }

    /// Ends a call from this side, and says so to whom it concerns.
    pub(super) fn end_here(&mut self, turn: &mut Turn, at: usize, how: CallEnd) {
        let talk = &self.talks[at];
        let stopped = self.link_of(talk).and_then(|link| link.stopped);
        let until = stopped.filter(|_| how == CallEnd::Lost).map_or(turn.now, |(now, _)| now);
        let talked_ms = match (how, talk.talked_ms(until)) {
            (CallEnd::HungUp, None) => Some(0),
            (_, talked_ms) => talked_ms,
        };
        let signal = match how {
            CallEnd::Declined if talk.rings_here() => CallSignal::Decline { busy: false },
            CallEnd::Busy if talk.rings_here() => CallSignal::Decline { busy: true },
            how => CallSignal::End { how, talked_ms },
        };
        if talk.rings_there() {
            let (to, call) = (talk.key, talk.id);
            for peer in talk.wanted().filter(|peer| self.is_up(peer)) {
                let control = Control::Call { call, signal: signal.clone() };
                turn.push(Effect::Tell { peer, control });
            }
            turn.push(Effect::Send { to, device: None, call, signal, keep: false });
        } else if let Some(peer) = talk.peer() {
            self.say(turn, peer, talk.id, signal);
        }
        if how == CallEnd::Away {
            self.say_missed(turn, at);
        }
        self.finish(turn, at, how, talked_ms, true, Verdict::Over);
    }

    /// Leaves word in the mailbox of someone who is not there.
    pub(super) fn say_missed(&self, turn: &mut Turn, at: usize) {
        let talk = &self.talks[at];
        let signal = CallSignal::Missed { picture: talk.picture, at_ms: talk.at_ms };
        let (to, call) = (talk.key, talk.id);
        turn.push(Effect::Send { to, device: None, call, signal, keep: true });
    }

    /// The other says that a call is over.
    pub(super) fn end_there(
        &mut self,
        turn: &mut Turn,
        at: usize,
        how: CallEnd,
        talked_ms: Option<u64>,
    ) {
        let talk = &self.talks[at];
        let how = match (is_theirs_to_say(talk.outgoing, how), talk.is_answered()) {
            (true, true) => how,
            (true, false) if how != CallEnd::HungUp => how,
            (_, true) => CallEnd::HungUp,
            (_, false) => CallEnd::Cancelled,
        };
        let talked_ms = match (talk.is_answered(), talk.talked_ms(turn.now)) {
            (true, own) if is_close(own, talked_ms) => talked_ms,
            (_, own) => own,
        };
        self.finish(turn, at, how, talked_ms, false, Verdict::Over);
    }

    /// The one place where a call is over.
    pub(super) fn finish(
        &mut self,
        turn: &mut Turn,
        at: usize,
        how: CallEnd,
        talked_ms: Option<u64>,
        own: bool,
        verdict: Verdict,
    ) {
        let stage = Stage::Ended { how, talked_ms };
        let before = std::mem::replace(&mut self.talks[at].stage, stage);
        let talk = &self.talks[at];
        let unseen = match how {
            CallEnd::Cancelled | CallEnd::NoAnswer | CallEnd::Away => true,
            CallEnd::Lost | CallEnd::Unconnected => true,
            CallEnd::Busy => talk.unheard,
            _ => false,
        };
        let missed = before == Stage::Incoming && unseen;
        turn.push(Effect::Record { past: talk.past(how, talked_ms), missed });
        let stays = match talk.outgoing {
            true => how != CallEnd::Cancelled,
            false => talk.answered.is_some(),
        };
        if talk.outgoing && how == CallEnd::Busy {
            self.busy_until = Some(turn.now + BUSY_MS);
        }
        let talk = if stays { talk.clone() } else { self.talks.remove(at) };
        self.remember(turn.now, &talk, verdict, own);
    }

    pub(super) fn remember(&mut self, now: u64, talk: &Talk, verdict: Verdict, own: bool) {
        let (how, talked_ms) = match talk.stage {
            Stage::Ended { how, talked_ms } => (how, talked_ms),
            _ => (CallEnd::Cancelled, None),
        };
        self.past.truncate(REMEMBERED - 1);
        self.past.push_front(Past {
            id: talk.id,
            device: talk.device,
            answered: talk.answered.is_some(),
            verdict,
            at: now,
            own,
            agreed: false,
            record: talk.past(how, talked_ms),
        });
    }

    /// A call that was over is not.
    pub(super) fn forget(&mut self, call: CallId) {
        self.past.retain(|past| past.id != call);
    }

    /// It rings for a call that is over.
    pub(super) fn ring_of_past(&self, turn: &mut Turn, from: Peer, call: CallId) {
        let past = self.past.iter().find(|past| past.id == call && past.record.key == from.key);
        if let Some(past) = past.filter(|past| past.own && past.device == Some(from.device)) {
            self.say(turn, from, call, past.end());
        }
    }

    /// A word about a call that is over.
    pub(super) fn said_of_past(
        &mut self,
        turn: &mut Turn,
        from: Peer,
        call: CallId,
        signal: &CallSignal,
    ) {
        let meant = |past: &Past| past.id == call && past.record.key == from.key;
        let Some(at) = self.past.iter().position(meant) else { return };
        let past = &self.past[at];
        let with = past.device.is_none_or(|device| device == from.device);
        match *signal {
            CallSignal::Ringing | CallSignal::Accept { .. } if past.record.outgoing => {
                let signal = match past.verdict {
                    Verdict::Became(one) if self.find_live(one).is_none() => {
                        CallSignal::End { how: CallEnd::Cancelled, talked_ms: None }
                    }
                    _ => past.told(from.device),
                };
                self.say(turn, from, call, signal);
            }
            CallSignal::Accept { .. } | CallSignal::Ringing => {}
            CallSignal::Decline { busy } if past.record.outgoing && with => {
                let how = if busy { CallEnd::Busy } else { CallEnd::Declined };
                self.agree(turn, at, how, None);
            }
            // They gave it up before they knew.
            CallSignal::End { .. } if with && past.verdict == Verdict::Aside => {
                let past = &mut self.past[at];
                past.verdict = Verdict::Over;
                turn.push(Effect::Record { past: past.record.clone(), missed: false });
            }
            CallSignal::End { how, talked_ms }
                if with && is_theirs_to_say(past.record.outgoing, how) =>
            {
                self.agree(turn, at, how, talked_ms);
            }
            CallSignal::Taken { answered: true } if !past.record.outgoing && with => {
                self.agree(turn, at, CallEnd::AnsweredElsewhere, None);
            }
            _ => {}
        }
    }

    /// Both had ended a call before they heard of each other: the same rule on both sides says how it was.
    fn agree(&mut self, turn: &mut Turn, at: usize, how: CallEnd, talked_ms: Option<u64>) {
        let past = &mut self.past[at];
        if !past.own || past.agreed || matches!(past.verdict, Verdict::Became(_)) {
            return;
        }
        past.agreed = true;
        let own = past.record.talked_ms;
        let close = is_close(own, talked_ms);
        let (how, talked_ms) = match weight(how).cmp(&weight(past.record.how)) {
            std::cmp::Ordering::Less => return,
            std::cmp::Ordering::Greater => (how, if close { talked_ms } else { own }),
            std::cmp::Ordering::Equal => (how, if close { own.min(talked_ms) } else { own }),
        };
        if (how, talked_ms) == (past.record.how, own) {
            return;
        }
        (past.record.how, past.record.talked_ms) = (how, talked_ms);
        turn.push(Effect::Correct(past.record.clone()));
        let call = past.id;
        for talk in self.talks.iter_mut().filter(|talk| talk.id == call && !talk.is_live()) {
            talk.stage = Stage::Ended { how, talked_ms };
        }
    }

    pub(super) fn tick(&mut self, turn: &mut Turn) {
        self.busy_until = self.busy_until.filter(|until| *until > turn.now);
        let now = turn.now;
        let due = |talk: &&Talk| talk.due(self.link_of(talk)).is_some_and(|due| due <= now);
        let due: Vec<CallId> = self.talks.iter().filter(due).map(|talk| talk.id).collect();
        for call in due {
            let Some(at) = self.find_live(call) else { continue };
            let how = match self.talks[at].stage {
                Stage::Calling | Stage::Ringing if !self.talks[at].rang => CallEnd::Away,
                Stage::Calling | Stage::Ringing | Stage::Incoming => CallEnd::NoAnswer,
                Stage::Connecting { .. } => CallEnd::Unconnected,
                Stage::On { .. } | Stage::Ended { .. } => CallEnd::Lost,
            };
            self.end_here(turn, at, how);
        }
    }

    /// The server is back: what may have been lost meanwhile is said again.
    pub(super) fn say_again(&mut self, turn: &mut Turn) {
        for at in 0..self.talks.len() {
            let talk = &self.talks[at];
            match (talk.stage, talk.peer()) {
                (Stage::Calling | Stage::Ringing, _) => self.ring_there(turn, talk.id),
                (Stage::Incoming, Some(peer)) => {
                    self.say(turn, peer, talk.id, CallSignal::Ringing);
                }
                (Stage::Connecting { .. }, Some(_)) if !talk.outgoing => self.say_accept(turn, at),
                _ => {}
            }
        }
        let now = turn.now;
        let fresh = |past: &&Past| past.own && now.saturating_sub(past.at) < SAY_AGAIN_MS;
        for past in self.past.iter().filter(fresh) {
            let (to, call, device) = (past.record.key, past.id, past.device);
            let signal = past.end();
            turn.push(Effect::Send { to, device, call, signal, keep: false });
        }
    }
}

/// Whether an end can be of the other's doing: of the callee's, if the user called.
fn is_theirs_to_say(outgoing: bool, how: CallEnd) -> bool {
    match how {
        CallEnd::HungUp | CallEnd::NoAnswer | CallEnd::Unconnected | CallEnd::Lost => true,
        CallEnd::Declined | CallEnd::Busy => outgoing,
        CallEnd::Cancelled | CallEnd::Away => !outgoing,
        CallEnd::AnsweredElsewhere | CallEnd::DeclinedElsewhere => false,
    }
}

fn is_close(own: Option<u64>, theirs: Option<u64>) -> bool {
    own.unwrap_or(0).abs_diff(theirs.unwrap_or(0)) <= CLOSE_MS
}

/// Of two ends at the same time, the weightier is how it was.
fn weight(how: CallEnd) -> u8 {
    match how {
        CallEnd::Unconnected => 0,
        CallEnd::Lost => 1,
        CallEnd::NoAnswer => 2,
        CallEnd::Away => 3,
        CallEnd::Cancelled => 4,
        CallEnd::Busy => 5,
        CallEnd::Declined => 6,
        CallEnd::HungUp => 7,
        CallEnd::DeclinedElsewhere => 8,
        CallEnd::AnsweredElsewhere => 9,
    }
}
