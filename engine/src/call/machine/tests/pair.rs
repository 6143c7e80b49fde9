//! Two machines and what lies between them: letters that may be lost, come twice or be overtaken, and a link whose
//! words keep their order. Whatever happens, calls end, and both tell the same story of them.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

const ANA: PublicKey = PublicKey([1; 32]);

/// How bad the letters' way is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// All come, in order, once.
    Good,
    /// Some are lost, some come twice, some late.
    Bad,
}

#[derive(Default)]
struct End {
    one: One,
    /// Letters and words on their way here.
    letters: VecDeque<(CallId, CallSignal)>,
    words: VecDeque<Control>,
    /// Since when something has been on its way.
    oldest: Option<u64>,
    /// Whether this end wants the link, and whether it was told that it is up.
    wants: bool,
    up: bool,
    /// Whether this end's link broke since, and the other end has to be told.
    gone: bool,
    records: BTreeMap<String, PastCall>,
}

struct Pair {
    ends: [End; 2],
    way: Way,
    next: u8,
}

impl Pair {
    fn new(way: Way) -> Self {
        Self { ends: [End::default(), End::default()], way, next: 0 }
    }

    fn at(who: usize) -> Peer {
        peer([ANA, BO][who], 1)
    }

    fn take(&mut self, who: usize, input: Input) {
        for effect in self.ends[who].one.take(input) {
            let [one, two] = &mut self.ends;
            let (own, other) = if who == 0 { (one, two) } else { (two, one) };
            match effect {
                Effect::Send { call, signal, .. } => other.letters.push_back((call, signal)),
                Effect::Tell { control, .. } if own.up && other.wants => {
                    other.words.push_back(control);
                }
                Effect::OpenLink { .. } => (own.wants, own.gone) = (true, false),
                Effect::ReleaseLink(_) => {
                    (own.wants, own.up, own.gone) = (false, false, false);
                    own.words.clear();
                    other.gone = other.wants;
                }
                Effect::Record { past, .. } => {
                    let before = own.records.insert(past.id.clone(), past);
                    assert_eq!(before, None, "recorded twice");
                }
                Effect::Correct(past) => {
                    assert!(own.records.insert(past.id.clone(), past).is_some());
                }
                _ => {}
            }
        }
    }

    /// The way to `who` brings something. `pick` chooses what, and what goes wrong.
    fn bring(&mut self, who: usize, pick: u8) {
        let from = Self::at(1 - who);
        let (way, end) = (self.way, &mut self.ends[who]);
        let letter = match way {
            Way::Good => end.letters.pop_front(),
            Way::Bad if end.letters.is_empty() => None,
            Way::Bad => {
                let at = usize::from(pick) % end.letters.len();
                match pick >> 5 {
                    0 => end.letters.remove(at).filter(|_| false),
                    1 => end.letters.get(at).cloned(),
                    _ => end.letters.remove(at),
                }
            }
        };
        if let Some((call, signal)) = letter {
            self.take(who, said(from, call, signal));
        }
    }

    fn hear(&mut self, who: usize) {
        let from = Self::at(1 - who);
        match self.ends[who].words.pop_front() {
            Some(Control::Call { call, signal }) => self.take(who, said(from, call, signal)),
            Some(Control::Side { call, number, microphone, camera, held }) => {
                let side = CallSide { microphone, camera, held };
                self.take(who, Input::Side { from, call, number, side });
            }
            Some(_) | None => {}
        }
    }

    /// The link to the other comes up, or its end is noticed.
    fn connect(&mut self, who: usize) {
        let from = Self::at(1 - who);
        if self.ends[who].gone && self.ends[who].words.is_empty() {
            self.ends[who].gone = false;
            self.ends[who].up = false;
            if self.ends[who].wants && !self.ends[1 - who].wants {
                self.take(who, link(from, LinkNews::Gone));
            }
        } else if !self.ends[who].up && self.ends[who].wants && self.ends[1 - who].wants {
            self.ends[who].up = true;
            self.take(who, link(from, LinkNews::Connected));
        }
    }

    fn do_something(&mut self, who: usize, what: u8, pick: u8) {
        let shown = self.ends[who].one.calls.shown();
        let some = shown.get(usize::from(pick) % shown.len().max(1));
        let call: Option<CallId> = some.map(|call| call.id.parse().unwrap());
        match (what, call) {
            // Calls that cross have a test of their own.
            (0, _) if self.way == Way::Good && self.ends.iter().any(|e| !e.letters.is_empty()) => {}
            (0, _) => {
                self.next += 1;
                // Names that neither grow nor shrink with time.
                let n = self.next.wrapping_mul(77);
                self.take(who, super::call(n, [BO, ANA][who]));
            }
            (1 | 2, Some(call)) => self.take(who, Input::Answer { call, picture: pick > 99 }),
            (3, Some(call)) => self.take(who, Input::HangUp(call)),
            (4, Some(call)) => self.take(who, Input::Decline(call)),
            (5, Some(call)) => self.take(who, Input::SetCamera { call, on: pick > 99 }),
            (6, Some(call)) => self.take(who, Input::Hold { call, held: pick > 99 }),
            (7 | 8, _) => self.connect(who),
            (9..=11, _) => self.hear(who),
            (12..=17, _) => self.bring(who, pick),
            _ => {}
        }
    }

    fn wait(&mut self, ms: u64) {
        for who in 0..2 {
            self.ends[who].one.now += ms;
            self.take(who, Input::Tick);
        }
    }

    /// A good way is no slower than this.
    fn hurry(&mut self, most_ms: u64) {
        for who in 0..2 {
            let end = &mut self.ends[who];
            let waits = !end.letters.is_empty() || !end.words.is_empty();
            end.oldest = end.oldest.or(Some(end.one.now)).filter(|_| waits);
            if end.oldest.is_some_and(|since| end.one.now - since > most_ms) {
                end.oldest = None;
                for _ in 0..end.letters.len() {
                    self.bring(who, 255);
                }
                for _ in 0..self.ends[who].words.len() {
                    self.hear(who);
                }
            }
        }
    }

    /// All that is on its way comes.
    fn come_to_rest(&mut self) {
        for _ in 0..1000 {
            let busy = |end: &End| !end.letters.is_empty() || !end.words.is_empty() || end.gone;
            let joining =
                self.ends.iter().all(|end| end.wants) && self.ends.iter().any(|end| !end.up);
            if !joining && !self.ends.iter().any(busy) {
                return;
            }
            for who in 0..2 {
                self.bring(who, 255);
                self.hear(who);
                self.connect(who);
            }
        }
        panic!("they never come to rest");
    }

    fn live(&self, who: usize) -> Vec<api::Call> {
        let shown = self.ends[who].one.calls.shown();
        shown.into_iter().filter(|c| !matches!(c.stage, CallStage::Ended { .. })).collect()
    }

    /// The link breaks for good, and time goes by.
    fn end(&mut self) {
        for who in 0..2 {
            self.take(who, link(Self::at(1 - who), LinkNews::Failed));
        }
        for _ in 0..12 {
            self.ends.iter_mut().for_each(|end| end.letters.clear());
            self.wait(5_000);
        }
    }
}

fn acts() -> impl Strategy<Value = Vec<(usize, u8, u8, u64)>> {
    let act = (0_usize..2, 0_u8..18, any::<u8>(), 0_u64..200);
    proptest::collection::vec(act, 0..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_lost_all_calls_end_on_both_sides(acts in acts()) {
        let mut pair = Pair::new(Way::Bad);
        for (who, what, pick, ms) in acts {
            pair.do_something(who, what, pick);
            pair.wait(ms);
        }
        pair.end();
        prop_assert_eq!((pair.live(0), pair.live(1)), (vec![], vec![]));
    }

    #[test]
    fn both_tell_the_same_story(acts in acts(), slow in any::<bool>()) {
        let mut pair = Pair::new(Way::Good);
        for (who, what, pick, ms) in acts {
            pair.do_something(who, what, pick);
            pair.wait(if slow { ms * 20 } else { ms });
            pair.hurry(1_000);
        }
        pair.come_to_rest();
        let ids = |pair: &Pair, who: usize| {
            let live = pair.live(who);
            let ids: Vec<_> = live.iter().filter(|c| !matches!(c.stage, CallStage::Calling))
                .map(|call| call.id.clone()).collect();
            ids
        };
        prop_assert_eq!(ids(&pair, 0), ids(&pair, 1));
        for who in 0..2 {
            for call in pair.live(who) {
                pair.take(who, Input::HangUp(call.id.parse().unwrap()));
            }
        }
        pair.come_to_rest();
        let [ana, bo] = &pair.ends;
        let keys = |end: &End| end.records.keys().cloned().collect::<Vec<_>>();
        prop_assert_eq!(keys(ana), keys(bo));
        for (id, one) in &ana.records {
            let other = &bo.records[id];
            prop_assert_eq!(one.how, other.how, "{:?} {:?}", one, other);
            prop_assert_eq!((one.picture, one.outgoing), (other.picture, !other.outgoing));
            let (one, other) = (one.talked_ms, other.talked_ms);
            let apart = one.unwrap_or(0).abs_diff(other.unwrap_or(0));
            prop_assert!(one == other || apart > 3_000, "{one:?} {other:?}");
        }
    }

    #[test]
    fn two_who_call_at_once_have_one_call(
        first in 1_u8..100,
        second in 101_u8..200,
        swap: bool,
        pictures: (bool, bool),
        order in proptest::collection::vec((0_usize..2, any::<bool>()), 0..12),
    ) {
        let mut pair = Pair::new(Way::Good);
        let names = if swap { (second, first) } else { (first, second) };
        let call = |n, to, picture| Input::Call { call: id(n), to, picture };
        pair.take(0, call(names.0, BO, pictures.0));
        pair.take(1, call(names.1, ANA, pictures.1));
        for (who, letter) in order {
            if letter { pair.bring(who, 255) } else { pair.connect(who) }
        }
        pair.come_to_rest();
        for who in 0..2 {
            let [call] = &pair.live(who)[..] else { panic!("one call") };
            prop_assert_eq!(&call.id, &id(first).to_string());
            prop_assert!(matches!(call.stage, CallStage::On { .. }), "{:?}", call);
            let (mine, theirs) = if who == 0 { pictures } else { (pictures.1, pictures.0) };
            prop_assert_eq!((call.mine.camera, call.theirs.camera), (mine, theirs));
            prop_assert!(pair.ends[who].records.is_empty());
        }
    }
}
