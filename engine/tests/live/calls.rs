//! Calls between engines as far as they go by letters: ringing, answering and every way not to, what both
//! remember, and a server that lies about it. Links are not needed for any of it.

use super::kit::{Someone, Town, befriend, contact, stand_ins};
use super::liar::{found_out, town_with_a_liar};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use visavis_engine::api::{
    Call, CallEnd, CallStage, Code, Command, Event, LastWhat, PastCall, Presence, PublicKey, Reply,
    State,
};
use visavis_signaling::protocol::ServerMessage;

impl Someone {
    async fn call(&mut self, key: PublicKey) -> String {
        match self.tell(Command::Call { key, picture: true }).await {
            Ok(Reply::Calling { id }) => id,
            other => panic!("no call but {other:?}"),
        }
    }

    /// Does something with a call.
    async fn does(&mut self, id: &str, command: fn(String) -> Command) {
        assert_eq!(self.tell(command(id.into())).await, Ok(Reply::Done));
    }

    async fn stage(&mut self, id: &str, so: impl Fn(CallStage) -> bool) {
        self.until(|state| shown(state, id).is_some_and(|call| so(call.stage))).await;
    }

    async fn ended(&mut self, id: &str, end: CallEnd) {
        self.stage(id, |stage| matches!(stage, CallStage::Ended { how, .. } if how == end)).await;
    }

    async fn no_call(&mut self) {
        self.until(|state| state.calls.is_empty()).await;
    }

    async fn history(&mut self, key: Option<PublicKey>) -> Vec<PastCall> {
        match self.tell(Command::CallHistory { key, before: None }).await {
            Ok(Reply::CallHistory { calls, more: false }) => calls,
            other => panic!("no history but {other:?}"),
        }
    }

    async fn missed(&mut self, from: PublicKey, count: u32) {
        self.until(|state| contact(state, &from).is_some_and(|c| c.missed == count)).await;
    }
}

fn shown<'a>(state: &'a State, id: &str) -> Option<&'a Call> {
    state.calls.iter().find(|call| call.id == id)
}

fn is_missed(event: &Event) -> bool {
    matches!(event, Event::CallMissed { .. })
}

const RINGING: fn(CallStage) -> bool = |stage| stage == CallStage::Ringing;
const INCOMING: fn(CallStage) -> bool = |stage| stage == CallStage::Incoming;
const CONNECTING: fn(CallStage) -> bool =
    |stage| matches!(stage, CallStage::Connecting | CallStage::On { .. });
const ANSWER: fn(String) -> Command = |id| Command::Answer { id, picture: true };
const DECLINE: fn(String) -> Command = |id| Command::Decline { id };
const HANG_UP: fn(String) -> Command = |id| Command::HangUp { id };

/// Ana calls Bo, and it rings.
async fn ringing(ana: &mut Someone, bo: &mut Someone) -> String {
    let id = ana.call(bo.key().await).await;
    bo.stage(&id, INCOMING).await;
    ana.stage(&id, RINGING).await;
    id
}

/// The same, and Bo answers.
async fn answered(ana: &mut Someone, bo: &mut Someone) -> String {
    let id = ringing(ana, bo).await;
    bo.does(&id, ANSWER).await;
    bo.stage(&id, CONNECTING).await;
    ana.stage(&id, CONNECTING).await;
    id
}

/// Both have the same calls in their history, told from each one's own side.
async fn same_story(ana: &mut Someone, bo: &mut Someone) -> Vec<CallEnd> {
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let (one, other) = (ana.history(Some(bo_key)).await, bo.history(Some(ana_key)).await);
    let told = |calls: &[PastCall], turned: bool| {
        let told = calls.iter().map(|call| {
            (call.id.clone(), call.outgoing != turned, call.picture, call.how, call.talked_ms)
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(told(&one, false), told(&other, true));
    one.into_iter().map(|call| call.how).collect()
}

#[tokio::test]
async fn both_remember_the_same_also_after_a_restart() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let id = ringing(&mut ana, &mut bo).await;
    let state = bo.state().await;
    let call = shown(&state, &id).unwrap();
    assert_eq!((call.key, call.outgoing, call.picture), (ana_key, false, true));
    bo.does(&id, DECLINE).await;
    ana.ended(&id, CallEnd::Declined).await;
    bo.no_call().await;
    ana.does(&id, |id| Command::DismissCall { id }).await;
    ana.no_call().await;
    let id = answered(&mut bo, &mut ana).await;
    // The camera is for both to set before there is a link.
    ana.tell(Command::SetCamera { id: id.clone(), on: false }).await.unwrap();
    assert!(!shown(&ana.state().await, &id).unwrap().mine.camera);
    bo.does(&id, HANG_UP).await;
    ana.ended(&id, CallEnd::HungUp).await;
    let id = ringing(&mut ana, &mut bo).await;
    ana.does(&id, HANG_UP).await;
    bo.no_call().await;
    ana.no_call().await;
    let all = [CallEnd::Cancelled, CallEnd::HungUp, CallEnd::Declined];
    assert_eq!(same_story(&mut ana, &mut bo).await, all);
    let (mut ana, mut bo) = (ana.restart().await, bo.restart().await);
    assert_eq!(same_story(&mut ana, &mut bo).await, all);
    let last = contact(&ana.until_online().await, &bo_key).unwrap().last.unwrap();
    assert_eq!(last.what, LastWhat::CalledInVain);
    bo.missed(ana_key, 1).await;
    assert!(bo.state().await.troubles.is_empty() && ana.state().await.troubles.is_empty());
}

#[tokio::test]
async fn a_missed_call_is_counted_until_it_is_seen() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let ana_key = ana.key().await;
    for n in 1..=2 {
        let id = ringing(&mut ana, &mut bo).await;
        ana.does(&id, HANG_UP).await;
        bo.event(|event| matches!(event, Event::CallMissed { key, .. } if *key == ana_key)).await;
        bo.missed(ana_key, n).await;
    }
    assert_eq!(contact(&bo.state().await, &ana_key).unwrap().last.unwrap().what, LastWhat::Missed);
    assert_eq!(bo.tell(Command::SeeMissedCalls { key: ana_key }).await, Ok(Reply::Done));
    bo.missed(ana_key, 0).await;
    let mut bo = bo.restart().await;
    bo.missed(ana_key, 0).await;
    assert_eq!(bo.count(is_missed), 0);
    // One that the user declined was not missed.
    ana.presence(&bo.key().await, Presence::Online).await;
    let id = ringing(&mut ana, &mut bo).await;
    bo.does(&id, DECLINE).await;
    ana.ended(&id, CallEnd::Declined).await;
    assert_eq!(contact(&bo.state().await, &ana_key).unwrap().missed, 0);
}

#[tokio::test]
async fn nobody_answers_for_45_seconds() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let ana_key = ana.key().await;
    let id = ringing(&mut ana, &mut bo).await;
    ana.pass(Duration::from_secs(40)).await;
    bo.pass(Duration::from_secs(40)).await;
    assert_eq!(shown(&ana.state().await, &id).unwrap().stage, CallStage::Ringing);
    ana.pass(Duration::from_secs(5)).await;
    ana.ended(&id, CallEnd::NoAnswer).await;
    bo.no_call().await;
    bo.missed(ana_key, 1).await;
    assert_eq!(same_story(&mut ana, &mut bo).await, [CallEnd::NoAnswer]);
    // An answered call without a link is given up too.
    let id = answered(&mut ana, &mut bo).await;
    ana.pass(Duration::from_secs(20)).await;
    ana.ended(&id, CallEnd::Unconnected).await;
    bo.ended(&id, CallEnd::Unconnected).await;
    assert_eq!(same_story(&mut ana, &mut bo).await[0], CallEnd::Unconnected);
}

#[tokio::test]
async fn what_one_device_does_the_other_hears() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let ana_key = ana.key().await;
    let mut laptop = town.laptop(&mut bo, stand_ins()).await;
    for (does, how) in [(ANSWER, CallEnd::AnsweredElsewhere), (DECLINE, CallEnd::DeclinedElsewhere)]
    {
        let id = ringing(&mut ana, &mut bo).await;
        laptop.stage(&id, INCOMING).await;
        bo.does(&id, does).await;
        laptop.no_call().await;
        let past = laptop.history(Some(ana_key)).await;
        assert_eq!((&past[0].id, past[0].how), (&id, how));
        if how == CallEnd::AnsweredElsewhere {
            ana.stage(&id, CONNECTING).await;
            bo.stage(&id, CONNECTING).await;
            ana.does(&id, HANG_UP).await;
            bo.ended(&id, CallEnd::HungUp).await;
        } else {
            ana.ended(&id, CallEnd::Declined).await;
        }
    }
    assert_eq!(laptop.count(is_missed), 0);
    assert_eq!(contact(&laptop.state().await, &ana_key).unwrap().missed, 0);
}

#[tokio::test]
async fn whoever_is_away_finds_it_among_missed_calls() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    bo.engine.stop().await;
    ana.presence(&bo_key, Presence::Offline).await;
    for _ in 0..2 {
        let id = ana.call(bo_key).await;
        ana.ended(&id, CallEnd::Away).await;
    }
    bo = Someone::start(bo.folder).await;
    bo.missed(ana_key, 2).await;
    for _ in 0..2 {
        bo.event(is_missed).await;
    }
    assert_eq!(bo.state().await.calls, []);
    assert_eq!(same_story(&mut ana, &mut bo).await, [CallEnd::Away, CallEnd::Away]);
    // What waited and what is live do not get in each other's way.
    let id = ringing(&mut ana, &mut bo).await;
    ana.tell(Command::Wave { key: bo_key }).await.unwrap();
    bo.wave_from(&ana_key).await;
    bo.does(&id, DECLINE).await;
    ana.ended(&id, CallEnd::Declined).await;
    bo.tell(Command::Wave { key: ana_key }).await.unwrap();
    ana.wave_from(&bo_key).await;
    assert!(bo.state().await.troubles.is_empty() && ana.state().await.troubles.is_empty());
}

#[tokio::test]
async fn both_call_at_once_and_have_one_call() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    // What comes to Ana is held back until both have called.
    let held = Arc::new(Mutex::new((true, Vec::new())));
    let way = Arc::clone(&held);
    liar.lies(move |message| {
        let (holds, kept) = &mut *way.lock().unwrap();
        if *holds && matches!(message, ServerMessage::Deliver { .. }) {
            kept.push(message);
            return Vec::new();
        }
        let mut said = if *holds { Vec::new() } else { std::mem::take(kept) };
        said.push(message);
        said
    });
    let his = bo.call(ana_key).await;
    let hers = ana.call(bo_key).await;
    bo.until(|state| state.calls.iter().any(|call| call.id == his.clone().min(hers.clone()))).await;
    held.lock().unwrap().0 = false;
    let one = his.clone().min(hers.clone());
    // Anything from the server lets what was held go first.
    ana.tell(Command::CheckHandle { handle: "zoe".into() }).await.unwrap();
    assert!(held.lock().unwrap().1.is_empty(), "they did cross");
    for someone in [&mut ana, &mut bo] {
        someone.stage(&one, CONNECTING).await;
        let state = someone.until(|state| state.calls.len() == 1).await;
        assert!(state.calls[0].mine.camera && state.calls[0].theirs.camera);
    }
    // The name that was given first still ends it.
    ana.does(&hers, HANG_UP).await;
    bo.ended(&one, CallEnd::HungUp).await;
    assert_eq!(same_story(&mut ana, &mut bo).await, [CallEnd::HungUp]);
    assert_eq!((ana.count(is_missed), bo.count(is_missed)), (0, 0));
}

#[tokio::test]
async fn a_second_call_rings_and_can_be_refused_as_busy() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let mut chen = town.settle("chen").await;
    befriend(&mut chen, &mut bo).await;
    let first = answered(&mut ana, &mut bo).await;
    let second = ringing(&mut chen, &mut bo).await;
    bo.does(&second, DECLINE).await;
    chen.ended(&second, CallEnd::Busy).await;
    let third = ringing(&mut chen, &mut bo).await;
    bo.does(&third, ANSWER).await;
    let state = bo.until(|state| shown(state, &first).is_some_and(|call| call.mine.held)).await;
    assert!(!shown(&state, &third).unwrap().mine.held);
    bo.does(&first, |id| Command::Hold { id, held: false }).await;
    bo.until(|state| shown(state, &third).is_some_and(|call| call.mine.held)).await;
    // The app is closed: both are told.
    bo.engine.stop().await;
    ana.ended(&first, CallEnd::HungUp).await;
    chen.ended(&third, CallEnd::HungUp).await;
}

#[tokio::test]
async fn blocking_or_removing_someone_ends_the_call_with_them() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let id = answered(&mut ana, &mut bo).await;
    assert_eq!(ana.tell(Command::RemoveContact { key: bo_key }).await, Ok(Reply::Done));
    bo.ended(&id, CallEnd::HungUp).await;
    bo.until(|state| state.contacts.is_empty()).await;
    assert_eq!(ana.history(None).await[0].how, CallEnd::HungUp);
    assert_eq!(ana.refused(Command::Call { key: bo_key, picture: false }).await, Code::NotAContact);
    befriend(&mut ana, &mut bo).await;
    let id = ringing(&mut ana, &mut bo).await;
    assert_eq!(bo.tell(Command::Block { key: ana_key }).await, Ok(Reply::Done));
    ana.ended(&id, CallEnd::Declined).await;
    bo.no_call().await;
    let id = ana.call(bo_key).await;
    ana.ended(&id, CallEnd::Away).await;
    assert_eq!(bo.state().await.calls, []);
}

#[tokio::test]
async fn commands_that_make_no_sense_are_refused() {
    let mut town = Town::open().await;
    let (mut ana, bo) = town.friends().await;
    let bo_key = bo.key().await;
    let nothing = || "0".repeat(32);
    for id in [nothing(), "nonsense".into()] {
        let refused = [
            Command::Answer { id: id.clone(), picture: true },
            Command::Decline { id: id.clone() },
            Command::HangUp { id: id.clone() },
            Command::DismissCall { id: id.clone() },
            Command::Hold { id: id.clone(), held: true },
            Command::SetCamera { id: id.clone(), on: true },
            Command::SetMicrophone { id: id.clone(), on: true },
            Command::CallStatistics { id },
        ];
        for command in refused {
            assert_eq!(ana.refused(command).await, Code::NoSuchCall);
        }
    }
    assert!(matches!(ana.tell(Command::ListDevices).await, Ok(Reply::Devices(_))));
    assert_eq!(ana.history(None).await, []);
    town.stop().await;
    ana.presence(&bo_key, Presence::Offline).await;
    let call = Command::Call { key: bo_key, picture: true };
    assert_eq!(ana.refused(call).await, Code::NotConnected);
    assert_eq!(ana.state().await.calls, []);
}

#[tokio::test]
async fn a_ring_that_is_said_twice_or_again_later_rings_once() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let bo_key = bo.key().await;
    let rings = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&rings);
    liar.lies(move |message| match message {
        ServerMessage::Deliver { .. } => {
            heard.lock().unwrap().push(message.clone());
            vec![message.clone(), message]
        }
        other => vec![other],
    });
    let id = ringing(&mut bo, &mut ana).await;
    ana.until(|state| found_out(state) == Some("replayed")).await;
    assert_eq!(ana.state().await.calls.len(), 1);
    ana.does(&id, DECLINE).await;
    bo.ended(&id, CallEnd::Declined).await;
    // All of it again, now and after a restart, when nothing is remembered but what the store has.
    let all = std::mem::take(&mut *rings.lock().unwrap());
    assert!(!all.is_empty());
    for _ in 0..2 {
        let mut again = all.clone();
        liar.lies(move |message| {
            let mut said = match message {
                ServerMessage::Deliver { .. } => std::mem::take(&mut again),
                _ => Vec::new(),
            };
            said.push(message);
            said
        });
        bo.tell(Command::Wave { key: ana.key().await }).await.unwrap();
        ana.wave_from(&bo_key).await;
        let state = ana.state().await;
        assert_eq!((found_out(&state), &*state.calls), (Some("replayed"), &[][..]));
        assert_eq!(ana.history(None).await.len(), 1);
        ana = ana.restart().await;
        ana.until_online().await;
    }
    liar.is_honest();
    ringing(&mut bo, &mut ana).await;
}

#[tokio::test]
async fn a_ring_that_was_altered_or_put_into_the_mailbox_does_not_ring() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    liar.lies(|mut message| {
        if let ServerMessage::Deliver { envelope, .. } = &mut message {
            let middle = envelope.len() / 2;
            let other = if envelope.as_bytes()[middle] == b'A' { "B" } else { "A" };
            envelope.replace_range(middle..=middle, other);
        }
        vec![message]
    });
    let id = bo.call(ana_key).await;
    ana.until(|state| found_out(state) == Some("forged")).await;
    bo.does(&id, HANG_UP).await;
    let moved = Arc::new(Mutex::new(0));
    let count = Arc::clone(&moved);
    liar.lies(move |mut message| {
        if let ServerMessage::Deliver { mail, .. } = &mut message
            && mail.is_none()
        {
            *count.lock().unwrap() += 1;
            *mail = Some(1);
        }
        vec![message]
    });
    let id = bo.call(ana_key).await;
    bo.does(&id, HANG_UP).await;
    bo.tell(Command::Wave { key: ana_key }).await.unwrap();
    ana.wave_from(&bo_key).await;
    assert!(*moved.lock().unwrap() >= 2, "the ring and its end");
    assert_eq!(ana.state().await.calls, []);
    assert_eq!(ana.history(None).await, []);
    liar.is_honest();
    ringing(&mut bo, &mut ana).await;
}

#[tokio::test]
async fn a_ring_that_was_held_back_is_a_missed_call() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    liar.lies(|mut message| {
        if let ServerMessage::Deliver { at_ms, .. } = &mut message {
            *at_ms -= 60_000;
        }
        vec![message]
    });
    let id = bo.call(ana_key).await;
    ana.event(|event| matches!(event, Event::CallMissed { key, .. } if *key == bo_key)).await;
    ana.missed(bo_key, 1).await;
    assert_eq!(ana.state().await.calls, []);
    assert_eq!(shown(&bo.state().await, &id).unwrap().stage, CallStage::Calling);
}
