//! One machine, any inputs: what holds whatever comes.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn inputs() -> impl Strategy<Value = Input> {
    let call = || (0_u8..6).prop_map(id);
    let from = || (prop_oneof![Just(BO), Just(CHEN)], 1_u8..3).prop_map(|(k, d)| peer(k, d));
    let side = (any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(microphone, camera, held)| CallSide { microphone, camera, held });
    let how = prop_oneof![
        Just(CallEnd::HungUp),
        Just(CallEnd::Cancelled),
        Just(CallEnd::Declined),
        Just(CallEnd::Busy),
        Just(CallEnd::NoAnswer),
        Just(CallEnd::Away),
        Just(CallEnd::AnsweredElsewhere),
        Just(CallEnd::DeclinedElsewhere),
        Just(CallEnd::Unconnected),
        Just(CallEnd::Lost),
    ];
    let signal = prop_oneof![
        4 => any::<bool>().prop_map(|picture| CallSignal::Ring { picture, at_ms: WALL }),
        3 => Just(CallSignal::Ringing),
        3 => any::<bool>().prop_map(|picture| CallSignal::Accept { picture }),
        1 => any::<bool>().prop_map(|busy| CallSignal::Decline { busy }),
        1 => any::<bool>().prop_map(|answered| CallSignal::Taken { answered }),
        1 => (how, any::<Option<u64>>())
            .prop_map(|(how, talked_ms)| CallSignal::End { how, talked_ms }),
        1 => (any::<bool>(), any::<u64>())
            .prop_map(|(picture, at_ms)| CallSignal::Missed { picture, at_ms }),
    ];
    let news = prop_oneof![
        4 => Just(LinkNews::Connected),
        1 => Just(LinkNews::Disrupted),
        1 => any::<bool>().prop_map(LinkNews::Weak),
        1 => Just(LinkNews::Failed),
        1 => Just(LinkNews::Gone),
    ];
    let error = ApiError::new(Code::DeviceBusy, "used").with("device", "camera:x");
    let outcome = prop_oneof![
        Just(RingOutcome::Delivered),
        Just(RingOutcome::Offline),
        Just(RingOutcome::Refused(error.clone())),
        Just(RingOutcome::Unknown),
    ];
    let on = any::<bool>;
    let mended = error.clone();
    prop_oneof![
        4 => (call(), from(), on()).prop_map(|(call, to, picture)| {
            Input::Call { call, to: to.key, picture }
        }),
        4 => (call(), on()).prop_map(|(call, picture)| Input::Answer { call, picture }),
        1 => call().prop_map(Input::Decline),
        1 => call().prop_map(Input::HangUp),
        1 => call().prop_map(Input::Dismiss),
        1 => (call(), on()).prop_map(|(call, held)| Input::Hold { call, held }),
        1 => (call(), on()).prop_map(|(call, on)| Input::SetMicrophone { call, on }),
        1 => (call(), on()).prop_map(|(call, on)| Input::SetCamera { call, on }),
        1 => (call(), outcome).prop_map(|(call, outcome)| Input::Rang { call, outcome }),
        16 => (from(), call(), signal).prop_map(|(from, call, signal)| said(from, call, signal)),
        2 => (from(), call(), any::<u64>(), side).prop_map(|(from, call, number, side)| {
            Input::Side { from, call, number, side }
        }),
        8 => (from(), news).prop_map(|(peer, news)| link(peer, news)),
        1 => call().prop_map(move |call| Input::Trouble { call, error: error.clone() }),
        1 => call().prop_map(move |call| Input::Mended { call, error: mended.clone() }),
        1 => from().prop_map(|peer| Input::Parted(peer.key)),
        1 => Just(Input::SignedIn),
        1 => Just(Input::Leave),
        3 => Just(Input::Tick),
    ]
}

/// One who believes nothing but effects.
#[derive(Default)]
struct Witness {
    open: BTreeSet<CallId>,
    links: BTreeMap<Peer, bool>,
    recorded: BTreeSet<String>,
    /// With whom the user wanted to speak, as long as there is a call with them.
    wanted: BTreeSet<PublicKey>,
    tone: Tone,
    shown: Vec<api::Call>,
}

fn is_over(call: &api::Call) -> bool {
    matches!(call.stage, CallStage::Ended { .. })
}

fn is_answered(call: &api::Call) -> bool {
    matches!(call.stage, CallStage::Connecting | CallStage::On { .. })
}

fn rings_there(call: &api::Call) -> bool {
    matches!(call.stage, CallStage::Calling | CallStage::Ringing)
}

impl Witness {
    fn see(&mut self, one: &One, input: &Input, effects: &[Effect]) {
        let refused = effects.iter().any(|effect| matches!(effect, Effect::Refuse(_)));
        match input {
            Input::Call { to, .. } if !refused => drop(self.wanted.insert(*to)),
            Input::Answer { call, .. } if !refused => {
                let call = call.to_string();
                self.wanted.extend(one.calls.shown().iter().find(|c| c.id == call).map(|c| c.key));
            }
            Input::Link { peer, news } => {
                if let Some(up) = self.links.get_mut(peer) {
                    match news {
                        LinkNews::Connected => *up = true,
                        LinkNews::Failed | LinkNews::Gone => *up = false,
                        LinkNews::Disrupted | LinkNews::Weak(_) => {}
                    }
                }
            }
            _ => {}
        }
        for effect in effects {
            self.effect(effect);
        }
        let shown = one.calls.shown();
        assert_eq!(shown != self.shown, effects.contains(&Effect::Changed));
        self.over(&shown, effects);
        let live = shown.iter().filter(|call| !is_over(call));
        let with: BTreeSet<PublicKey> = live.clone().map(|call| call.key).collect();
        self.wanted.retain(|key| with.contains(key));
        assert!(live.clone().count() <= MOST_CALLS);
        assert!(live.clone().filter(|call| rings_there(call)).count() <= 1);
        let free = live.clone().filter(|call| is_answered(call) && !call.mine.held).count();
        assert!(free <= 1, "one call is on and not held");
        let open: BTreeSet<CallId> = live
            .filter(|call| is_answered(call) || rings_there(call) && call.mine.camera)
            .inspect(|call| assert!(self.wanted.contains(&call.key), "nobody asked for {call:?}"))
            .map(|call| call.id.parse().unwrap())
            .collect();
        assert_eq!(self.open, open, "devices are open where the user called or answered");
        self.shown = shown;
        if *input == Input::Tick {
            assert!(one.calls.next_deadline().is_none_or(|due| due > one.now));
        }
    }

    fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Preview(call) => assert!(self.open.insert(*call), "opened twice"),
            Effect::BeginMedia { call, .. } => drop(self.open.insert(*call)),
            Effect::ChangeMedia { call, .. } => assert!(self.open.contains(call)),
            Effect::EndMedia(call) => assert!(self.open.remove(call), "closed twice"),
            Effect::OpenLink { peer, .. } => {
                assert_eq!(self.links.insert(*peer, false), None, "opened twice");
            }
            Effect::ReleaseLink(peer) => {
                assert!(self.links.remove(peer).is_some(), "let go twice");
            }
            Effect::Tell { peer, .. } => assert_eq!(self.links.get(peer), Some(&true)),
            Effect::Record { past, .. } => {
                assert!(self.recorded.insert(past.id.clone()), "recorded twice");
            }
            Effect::Correct(past) => assert!(self.recorded.contains(&past.id)),
            Effect::Sound(tone) => {
                assert_ne!(self.tone, *tone);
                self.tone = *tone;
            }
            Effect::Refuse(_) | Effect::Calling(_) | Effect::Send { .. } | Effect::Changed => {}
        }
    }

    /// Whatever was live and is not any more was recorded, or is another call now.
    fn over(&self, shown: &[api::Call], effects: &[Effect]) {
        for before in self.shown.iter().filter(|call| !is_over(call)) {
            let now = shown.iter().find(|call| call.id == before.id);
            let other = shown.iter().any(|call| {
                call.key == before.key && !self.shown.iter().any(|known| known.id == call.id)
            });
            if now.is_none_or(is_over) {
                let recorded = self.recorded.contains(&before.id);
                assert!(recorded || before.outgoing && other, "{before:?} left no trace");
            }
            let taken =
                |e: &Effect| matches!(e, Effect::Record { past, .. } if past.id == before.id);
            assert!(now.is_none_or(is_over) || !effects.iter().any(taken), "{before:?} lives on");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_device_is_open_unasked_and_every_call_leaves_one_trace(
        steps in proptest::collection::vec((inputs(), prop_oneof![0_u64..50, 0_u64..40_000]), 0..120),
    ) {
        let (mut one, mut witness) = (One::default(), Witness::default());
        for (input, ms) in steps {
            one.now += ms;
            let effects = one.take(input.clone());
            witness.see(&one, &input, &effects);
        }
        let effects = one.take(Input::Leave);
        witness.see(&one, &Input::Leave, &effects);
        prop_assert!(witness.open.is_empty() && witness.links.is_empty());
        prop_assert!(one.calls.shown().is_empty());
        prop_assert_eq!(witness.tone, Tone::Silent);
    }
}
