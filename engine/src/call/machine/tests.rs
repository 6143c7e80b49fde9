//! The call machine: single ways through it, and what all tests of it share.

mod any;
mod pair;
mod table;

use super::*;
use crate::api::{CallEnd, CallQuality, CallStage};

const BO: PublicKey = PublicKey([2; 32]);
const CHEN: PublicKey = PublicKey([3; 32]);
const WALL: u64 = 1_800_000_000_000;

fn id(n: u8) -> CallId {
    CallId([n; 16])
}

fn peer(key: PublicKey, device: u8) -> Peer {
    Peer { key, device: DeviceId([device; 16]) }
}

fn bo() -> Peer {
    peer(BO, 1)
}

fn ring() -> CallSignal {
    CallSignal::Ring { picture: true, at_ms: WALL }
}

fn said(from: Peer, call: CallId, signal: CallSignal) -> Input {
    Input::Said { from, call, signal }
}

fn link(peer: Peer, news: LinkNews) -> Input {
    Input::Link { peer, news }
}

fn call(n: u8, to: PublicKey) -> Input {
    Input::Call { call: id(n), to, picture: true }
}

fn answer(n: u8) -> Input {
    Input::Answer { call: id(n), picture: true }
}

/// A machine and its time.
#[derive(Debug, Clone, Default)]
struct One {
    calls: Calls,
    now: u64,
}

impl One {
    fn take(&mut self, input: Input) -> Vec<Effect> {
        self.calls.handle(self.now, WALL + self.now, input)
    }

    fn all(&mut self, inputs: impl IntoIterator<Item = Input>) -> Vec<Effect> {
        inputs.into_iter().flat_map(|input| self.take(input)).collect()
    }

    fn after(&mut self, ms: u64) -> Vec<Effect> {
        self.now += ms;
        self.take(Input::Tick)
    }

    fn stage(&self, call: CallId) -> Option<CallStage> {
        let shown = self.calls.shown();
        shown.into_iter().find(|shown| shown.id == call.to_string()).map(|shown| shown.stage)
    }

    fn shown(&self, n: u8) -> api::Call {
        let shown = self.calls.shown();
        shown.into_iter().find(|shown| shown.id == id(n).to_string()).expect("the call")
    }
}

fn recorded(effects: &[Effect]) -> Option<(CallEnd, Option<u64>, bool)> {
    let mut records = effects.iter().filter_map(|effect| match effect {
        Effect::Record { past, missed } => Some((past.how, past.talked_ms, *missed)),
        _ => None,
    });
    let record = records.next();
    assert_eq!(records.next(), None, "a call is recorded once");
    record
}

fn sent(effects: &[Effect]) -> Vec<CallSignal> {
    let signals = effects.iter().filter_map(|effect| match effect {
        Effect::Send { signal, .. } => Some(signal.clone()),
        _ => None,
    });
    signals.collect()
}

/// A call that is on, made by the user.
fn on() -> One {
    let mut one = One::default();
    one.all([
        call(1, BO),
        said(bo(), id(1), CallSignal::Ringing),
        link(bo(), LinkNews::Connected),
        said(bo(), id(1), CallSignal::Accept { picture: true }),
    ]);
    assert!(matches!(one.stage(id(1)), Some(CallStage::On { .. })));
    one
}

#[test]
fn the_camera_opens_for_the_caller_and_media_after_the_answer() {
    let mut one = One::default();
    let effects = one.take(call(1, BO));
    assert_eq!(effects[0], Effect::Calling(id(1)));
    assert!(effects.contains(&Effect::Preview(id(1))));
    let off = Input::SetCamera { call: id(1), on: false };
    assert!(one.take(off).contains(&Effect::EndMedia(id(1))));
    let on = Input::SetCamera { call: id(1), on: true };
    assert!(one.take(on).contains(&Effect::Preview(id(1))));
    let effects = one.take(said(bo(), id(1), CallSignal::Ringing));
    assert!(effects.contains(&Effect::OpenLink { peer: bo(), first: true }));
    assert!(effects.contains(&Effect::Sound(Tone::Ringback)));
    let effects = one.take(said(bo(), id(1), CallSignal::Accept { picture: false }));
    let mine = CallSide { microphone: true, camera: true, held: false };
    let theirs = CallSide { camera: false, ..mine };
    let begin = Effect::BeginMedia { call: id(1), peer: bo(), mine, theirs };
    assert!(effects.contains(&begin), "{effects:?}");
    assert!(effects.contains(&Effect::Sound(Tone::Silent)));
    one.now += 100;
    one.take(link(bo(), LinkNews::Connected));
    assert_eq!(one.stage(id(1)), Some(CallStage::On { since_ms: WALL + 100 }));
    one.now += 5_000;
    let effects = one.take(Input::HangUp(id(1)));
    assert_eq!(recorded(&effects), Some((CallEnd::HungUp, Some(5_000), false)));
    assert!(effects.contains(&Effect::EndMedia(id(1))));
    let release = effects.iter().position(|e| *e == Effect::ReleaseLink(bo())).unwrap();
    let tell = effects.iter().position(|e| matches!(e, Effect::Tell { .. })).unwrap();
    assert!(tell < release, "the link is let go after the last word on it");
}

#[test]
fn nothing_opens_where_it_rings_before_the_answer() {
    let mut one = One::default();
    let effects = one.all([
        said(bo(), id(1), ring()),
        link(bo(), LinkNews::Connected),
        Input::SetCamera { call: id(1), on: true },
    ]);
    assert!(effects.contains(&Effect::OpenLink { peer: bo(), first: false }));
    let opens = |e: &Effect| matches!(e, Effect::Preview(_) | Effect::BeginMedia { .. });
    assert!(!effects.iter().any(opens));
    let effects = one.take(Input::Answer { call: id(1), picture: false });
    let mine = CallSide { microphone: true, camera: false, held: false };
    let theirs = CallSide { camera: true, ..mine };
    assert!(effects.contains(&Effect::BeginMedia { call: id(1), peer: bo(), mine, theirs }));
    assert!(matches!(one.stage(id(1)), Some(CallStage::On { .. })));
}

#[test]
fn the_first_device_that_answers_has_the_call() {
    let (first, second, third) = (bo(), peer(BO, 2), peer(BO, 3));
    let mut one = One::default();
    one.all([
        call(1, BO),
        said(first, id(1), CallSignal::Ringing),
        said(second, id(1), CallSignal::Ringing),
        link(first, LinkNews::Connected),
        link(second, LinkNews::Connected),
    ]);
    let effects = one.take(said(second, id(1), CallSignal::Accept { picture: true }));
    let taken = CallSignal::Taken { answered: true };
    assert_eq!(sent(&effects), std::slice::from_ref(&taken));
    let told = Control::Call { call: id(1), signal: taken.clone() };
    assert!(effects.contains(&Effect::Tell { peer: first, control: told }));
    assert!(effects.contains(&Effect::ReleaseLink(first)));
    for late in [CallSignal::Ringing, CallSignal::Accept { picture: true }] {
        assert_eq!(sent(&one.take(said(third, id(1), late))), std::slice::from_ref(&taken));
    }
    let decline = CallSignal::Decline { busy: false };
    assert_eq!(one.take(said(first, id(1), decline)), []);
    assert_eq!(one.calls.peer(id(1)), Some(second));
    one.take(Input::HangUp(id(1)));
    assert_eq!(sent(&one.take(said(third, id(1), CallSignal::Ringing))), [taken]);
    let end = CallSignal::End { how: CallEnd::HungUp, talked_ms: Some(0) };
    let accept = CallSignal::Accept { picture: true };
    assert_eq!(sent(&one.take(said(second, id(1), accept))), [end]);
}

#[test]
fn a_decline_is_the_persons_and_other_devices_stop() {
    let mut one = One::default();
    one.all([
        call(1, BO),
        said(bo(), id(1), CallSignal::Ringing),
        said(peer(BO, 2), id(1), CallSignal::Ringing),
    ]);
    let effects = one.take(said(bo(), id(1), CallSignal::Decline { busy: true }));
    assert_eq!(sent(&effects), [CallSignal::Taken { answered: false }]);
    assert_eq!(recorded(&effects), Some((CallEnd::Busy, None, false)));
    assert!(effects.contains(&Effect::Sound(Tone::Busy)));
    let effects = one.after(BUSY_MS);
    assert_eq!(effects, [Effect::Sound(Tone::Silent)]);
    assert_eq!(one.calls.next_deadline(), None);
    let late = one.take(said(peer(BO, 3), id(1), CallSignal::Ringing));
    assert_eq!(sent(&late), [CallSignal::Taken { answered: false }]);
    one.take(Input::Dismiss(id(1)));
    assert_eq!(one.calls.shown(), []);
}

#[test]
fn what_another_device_did_ends_the_ringing_without_a_sign() {
    for (answered, how) in [(true, CallEnd::AnsweredElsewhere), (false, CallEnd::DeclinedElsewhere)]
    {
        let mut one = One::default();
        one.take(said(bo(), id(1), ring()));
        let effects = one.take(said(bo(), id(1), CallSignal::Taken { answered }));
        assert_eq!(recorded(&effects), Some((how, None, false)));
        assert_eq!(one.calls.shown(), []);
    }
}

#[test]
fn nobody_there_is_told_in_the_mailbox() {
    let mut one = One::default();
    one.take(call(1, BO));
    let outcome = RingOutcome::Offline;
    let effects = one.take(Input::Rang { call: id(1), outcome: outcome.clone() });
    assert_eq!(sent(&effects), [CallSignal::Missed { picture: true, at_ms: WALL }]);
    assert_eq!(recorded(&effects), Some((CallEnd::Away, None, false)));
    assert_eq!(one.take(Input::Rang { call: id(1), outcome }), []);
    let missed = CallSignal::Missed { picture: false, at_ms: WALL + 1 };
    let effects = one.take(said(bo(), id(9), missed));
    assert_eq!(recorded(&effects), Some((CallEnd::Away, None, true)));
}

#[test]
fn a_caller_gives_up_after_45_seconds_and_a_callee_after_50() {
    let mut one = One::default();
    one.all([call(1, BO), said(bo(), id(1), CallSignal::Ringing)]);
    assert_eq!(one.calls.next_deadline(), Some(RING_MS));
    assert_eq!(one.after(RING_MS - 1), []);
    let effects = one.after(1);
    assert_eq!(recorded(&effects), Some((CallEnd::NoAnswer, None, false)));
    let end = CallSignal::End { how: CallEnd::NoAnswer, talked_ms: None };
    assert_eq!(sent(&effects), [end]);
    let mut one = One::default();
    one.take(said(bo(), id(1), ring()));
    assert_eq!(one.after(SAFETY_MS - 1), []);
    let effects = one.after(1);
    assert_eq!(recorded(&effects), Some((CallEnd::NoAnswer, None, true)));
    let mut one = One::default();
    one.take(call(1, BO));
    let effects = one.after(RING_MS);
    assert_eq!(recorded(&effects), Some((CallEnd::Away, None, false)), "it rang nowhere");
    assert_eq!(sent(&effects).len(), 2);
}

#[test]
fn media_that_stops_reconnects_or_is_lost() {
    let mut one = on();
    one.take(link(bo(), LinkNews::Weak(true)));
    assert_eq!(one.shown(1).quality, CallQuality::Poor);
    one.now = 10_000;
    one.take(link(bo(), LinkNews::Disrupted));
    let since_ms = WALL + 10_000;
    assert_eq!(one.shown(1).quality, CallQuality::Reconnecting { since_ms });
    one.now = 12_000;
    one.take(link(bo(), LinkNews::Failed));
    assert_eq!(one.shown(1).quality, CallQuality::Reconnecting { since_ms });
    let effects = one.take(link(bo(), LinkNews::Connected));
    assert!(matches!(effects[0], Effect::Tell { control: Control::Side { number: 2, .. }, .. }));
    assert_eq!(one.shown(1).quality, CallQuality::Poor);
    one.take(link(bo(), LinkNews::Disrupted));
    assert_eq!(one.calls.next_deadline(), Some(12_000 + LOST_MS));
    let effects = one.after(LOST_MS);
    assert_eq!(recorded(&effects), Some((CallEnd::Lost, Some(12_000), false)));
    let mut one = on();
    one.now = 3_000;
    let effects = one.take(link(bo(), LinkNews::Gone));
    assert_eq!(recorded(&effects), Some((CallEnd::Lost, Some(3_000), false)));
    assert!(effects.contains(&Effect::EndMedia(id(1))));
    assert_eq!(one.take(call(2, BO))[0], Effect::Calling(id(2)), "and can call again");
}

#[test]
fn whoever_restarted_and_calls_again_rings() {
    let mut one = on();
    one.now = GLARE_MS;
    let effects = one.take(said(bo(), id(2), ring()));
    assert_eq!(recorded(&effects), Some((CallEnd::Lost, Some(GLARE_MS), false)));
    assert_eq!(one.stage(id(2)), Some(CallStage::Incoming));
}

#[test]
fn one_call_is_held_for_another() {
    let mut one = on();
    let chen = peer(CHEN, 1);
    let effects = one.take(said(chen, id(2), ring()));
    assert!(effects.contains(&Effect::Sound(Tone::Waiting)));
    let effects = one.take(answer(2));
    assert!(one.shown(1).mine.held && !one.shown(2).mine.held);
    let held =
        |e: &Effect| matches!(e, Effect::Tell { control: Control::Side { held: true, .. }, .. });
    assert!(effects.iter().any(held), "they are told: {effects:?}");
    one.take(Input::Hold { call: id(1), held: false });
    assert!(!one.shown(1).mine.held && one.shown(2).mine.held);
    // A third is told that the user is busy, and the user sees that it was missed.
    let effects = one.take(said(peer(PublicKey([4; 32]), 1), id(3), ring()));
    assert_eq!(sent(&effects), [CallSignal::Decline { busy: true }]);
    assert_eq!(recorded(&effects), Some((CallEnd::Busy, None, true)));
    assert_eq!(one.take(call(4, PublicKey([5; 32])))[0], Effect::Calling(id(4)));
    assert!(one.shown(1).mine.held && one.shown(2).mine.held);
    let refused = one.take(call(5, PublicKey([6; 32])));
    assert!(matches!(&refused[..], [Effect::Refuse(e)] if e.code == Code::TooManyCalls));
    // Calling who is there already gives the call that is there.
    assert_eq!(one.take(call(6, BO)), [Effect::Calling(id(1))]);
    let mut one = on();
    one.take(said(chen, id(2), ring()));
    let effects = one.take(Input::Decline(id(2)));
    assert_eq!(sent(&effects), [CallSignal::Decline { busy: true }]);
    assert_eq!(recorded(&effects), Some((CallEnd::Busy, None, false)));
}

#[test]
fn sides_are_told_at_once_and_old_ones_are_left_aside() {
    let mut one = on();
    let effects = one.take(Input::SetMicrophone { call: id(1), on: false });
    let told =
        Control::Side { call: id(1), number: 2, microphone: false, camera: true, held: false };
    assert_eq!(effects[1], Effect::Tell { peer: bo(), control: told });
    assert_eq!(one.take(Input::SetMicrophone { call: id(1), on: false }), []);
    let off = CallSide { microphone: true, camera: false, held: true };
    let side = |number, side| Input::Side { from: bo(), call: id(1), number, side };
    let effects = one.take(side(4, off));
    assert!(matches!(effects[..], [Effect::ChangeMedia { .. }, Effect::Changed]), "{effects:?}");
    assert_eq!(one.take(side(4, CallSide::default())), []);
    assert_eq!(one.take(side(3, CallSide::default())), []);
    assert_eq!(one.shown(1).theirs, off);
    let other = peer(BO, 2);
    let aside = Input::Side { from: other, call: id(1), number: 9, side: CallSide::default() };
    assert_eq!(one.take(aside), []);
}

#[test]
fn two_ends_at_once_are_one_story() {
    let end = |how, talked_ms| said(bo(), id(1), CallSignal::End { how, talked_ms });
    let mut one = on();
    one.now = 10_000;
    one.take(Input::HangUp(id(1)));
    let effects = one.take(end(CallEnd::HungUp, Some(9_000)));
    let Some(Effect::Correct(past)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(past.talked_ms, Some(9_000));
    let ended = CallStage::Ended { how: CallEnd::HungUp, talked_ms: Some(9_000) };
    assert_eq!(one.stage(id(1)), Some(ended));
    assert_eq!(one.take(end(CallEnd::HungUp, Some(8_000))), [], "once");
    // Nobody can claim hours of talk.
    let mut one = on();
    one.now = 10_000;
    let effects = one.take(end(CallEnd::HungUp, Some(3_600_000)));
    assert_eq!(recorded(&effects), Some((CallEnd::HungUp, Some(10_000), false)));
    // Nor that another device of the user's answered.
    let mut one = on();
    let effects = one.take(end(CallEnd::AnsweredElsewhere, None));
    assert_eq!(recorded(&effects), Some((CallEnd::HungUp, None, false)));
    let mut one = One::default();
    one.all([call(1, BO), said(bo(), id(1), CallSignal::Ringing), Input::HangUp(id(1))]);
    let effects = one.take(said(bo(), id(1), CallSignal::Decline { busy: false }));
    assert!(matches!(&effects[..], [Effect::Correct(past)] if past.how == CallEnd::Declined));
}

#[test]
fn a_flood_of_rings_is_not_heard() {
    let mut one = One::default();
    let mut heard = 0;
    for n in 1..=100 {
        one.now += 10;
        heard += usize::from(!one.take(said(bo(), id(n), ring())).is_empty());
    }
    // The last of those that were heard was given up for the first that was not.
    assert_eq!(heard, MOST_RINGS + 1);
    one.now += 60_000;
    one.take(said(bo(), id(200), ring()));
    assert_eq!(one.stage(id(200)), Some(CallStage::Incoming));
}

#[test]
fn what_may_be_lost_is_said_again_when_the_server_is_back() {
    let mut one = One::default();
    one.take(call(1, BO));
    assert_eq!(sent(&one.take(Input::SignedIn)), [ring()]);
    one.all([said(bo(), id(1), CallSignal::Ringing), Input::HangUp(id(1))]);
    let end = CallSignal::End { how: CallEnd::Cancelled, talked_ms: None };
    assert_eq!(sent(&one.take(Input::SignedIn)), [end]);
    one.now += 60_000;
    assert_eq!(one.take(Input::SignedIn), []);
    let mut one = One::default();
    one.take(said(bo(), id(1), ring()));
    assert_eq!(sent(&one.take(Input::SignedIn)), [CallSignal::Ringing]);
    one.take(answer(1));
    assert_eq!(sent(&one.take(Input::SignedIn)), [CallSignal::Accept { picture: true }]);
}

#[test]
fn a_call_that_became_another_is_known_by_both_names() {
    let mut one = One::default();
    one.all([call(7, BO), said(peer(BO, 2), id(7), CallSignal::Ringing)]);
    let effects = one.take(said(bo(), id(1), ring()));
    let taken = CallSignal::Taken { answered: true };
    assert_eq!(sent(&effects), [taken.clone(), CallSignal::Accept { picture: true }]);
    assert_eq!(recorded(&effects), None);
    assert_eq!(one.stage(id(1)), Some(CallStage::Connecting));
    assert_eq!(one.stage(id(7)), None);
    let late = one.take(said(peer(BO, 3), id(7), CallSignal::Ringing));
    assert_eq!(sent(&late), [taken]);
    let effects = one.take(Input::HangUp(id(7)));
    assert_eq!(recorded(&effects), Some((CallEnd::HungUp, Some(0), false)));
}
