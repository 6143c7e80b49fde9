//! Who offers and who answers: perfect negotiation with rollback, for one link.
//!
//! ```text
//!             Wish                            answer
//!   Stable ---------> [Offer] ---> Offered ----------> Stable
//!     |  ^                            |  |
//!     |  | [Accept]       offer, and  |  | offer, and this side is not polite: [Ignore]
//!     +--+ offer          polite:     |  | long without an answer: [Repeat]
//!                [Rollback, Accept]   v  +--> Offered
//!                                  Stable (the wish is kept, and its turn comes)
//! ```
//! Pure: effects are carried out whole, in order, before the next input. One offer at a time: a wish in the
//! middle of a negotiation waits. Letters can get lost, so an offer without an answer is repeated.

/// How long an answer is waited for.
const ANSWER_MS: u64 = 5_000;
/// How often an offer is repeated.
const REPEATS: u32 = 6;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// Something is to be agreed on; with `restart` a new path.
    Wish {
        /// Whether a new path is looked for.
        restart: bool,
    },
    /// The other side offers.
    Offer,
    /// The other side answers.
    Answer,
    /// The last effect could not be carried out.
    Failed,
    /// Time has passed.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Make an offer, and send it.
    Offer {
        /// Whether a new path is looked for.
        restart: bool,
    },
    /// Send the last offer again.
    Repeat,
    /// Take the own offer back.
    Rollback,
    /// Take the other's offer, answer it, and send the answer.
    Accept,
    /// Take the answer.
    Finish,
    /// Leave what came aside.
    Ignore(&'static str),
    /// It leads to nothing.
    GiveUp,
}

/// Where a negotiation stands.
#[derive(Debug)]
pub(crate) struct Negotiation {
    polite: bool,
    offered: Option<Offered>,
    wish: Option<bool>,
    failures: u32,
}

#[derive(Debug, Clone, Copy)]
struct Offered {
    restart: bool,
    repeat_at: u64,
    repeats: u32,
}

impl Negotiation {
    pub(crate) fn new(polite: bool) -> Self {
        Self { polite, offered: None, wish: None, failures: 0 }
    }

    /// When `Tick` is due.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.offered.map(|offered| offered.repeat_at)
    }

    pub(crate) fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match (input, &mut self.offered) {
            (Input::Wish { restart }, _) => {
                self.wish = Some(restart || self.wish == Some(true));
            }
            (Input::Offer, None) => effects.push(Effect::Accept),
            (Input::Offer, Some(_)) if !self.polite => {
                effects.push(Effect::Ignore("an offer while ours stands"));
            }
            (Input::Offer, Some(offered)) => {
                self.wish = Some(offered.restart || self.wish == Some(true));
                self.offered = None;
                effects.extend([Effect::Rollback, Effect::Accept]);
            }
            (Input::Answer, Some(_)) => {
                self.offered = None;
                effects.push(Effect::Finish);
            }
            (Input::Answer, None) => effects.push(Effect::Ignore("an answer to nothing")),
            (Input::Failed, _) => {
                self.failures += 1;
                if self.offered.take().is_some() {
                    effects.push(Effect::Rollback);
                }
                if self.failures > REPEATS {
                    self.wish = None;
                    effects.push(Effect::GiveUp);
                }
                return effects;
            }
            (Input::Tick, Some(offered)) if now_ms >= offered.repeat_at => {
                if offered.repeats < REPEATS {
                    offered.repeats += 1;
                    offered.repeat_at = now_ms + ANSWER_MS;
                    effects.push(Effect::Repeat);
                } else {
                    self.offered = None;
                    effects.extend([Effect::Rollback, Effect::GiveUp]);
                }
            }
            (Input::Tick, _) => {}
        }
        if self.offered.is_none()
            && let Some(restart) = self.wish.take()
        {
            let repeat_at = now_ms + ANSWER_MS;
            self.offered = Some(Offered { restart, repeat_at, repeats: 0 });
            effects.push(Effect::Offer { restart });
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    #[test]
    fn each_state_and_input() {
        let offer = Effect::Offer { restart: false };
        let again = Effect::Offer { restart: true };
        let wish = |restart| Input::Wish { restart };
        let cases: [(bool, &[Input], &[Effect]); 12] = [
            (true, &[wish(false)], &[offer]),
            (true, &[wish(false), wish(true)], &[offer]),
            (
                true,
                &[wish(false), wish(true), wish(false), Input::Answer],
                &[offer, Effect::Finish, again],
            ),
            (true, &[Input::Offer], &[Effect::Accept]),
            (true, &[Input::Answer], &[Effect::Ignore("an answer to nothing")]),
            (true, &[wish(true), Input::Offer], &[again, Effect::Rollback, Effect::Accept, again]),
            (
                false,
                &[wish(false), Input::Offer],
                &[offer, Effect::Ignore("an offer while ours stands")],
            ),
            (false, &[wish(false), Input::Answer], &[offer, Effect::Finish]),
            (
                false,
                &[wish(false), Input::Answer, Input::Answer],
                &[offer, Effect::Finish, Effect::Ignore("an answer to nothing")],
            ),
            (false, &[wish(false), Input::Failed], &[offer, Effect::Rollback]),
            (false, &[Input::Failed, wish(false)], &[offer]),
            (false, &[Input::Tick], &[]),
        ];
        for (polite, inputs, expected) in cases {
            let mut negotiation = Negotiation::new(polite);
            let effects: Vec<Effect> =
                inputs.iter().flat_map(|input| negotiation.handle(0, *input)).collect();
            assert_eq!(effects, expected, "{polite} {inputs:?}");
        }
    }

    #[test]
    fn an_offer_without_an_answer_is_repeated_and_then_given_up() {
        let mut negotiation = Negotiation::new(false);
        negotiation.handle(0, Input::Wish { restart: false });
        let mut repeats = 0;
        let end = loop {
            let at = negotiation.next_deadline().unwrap();
            assert_eq!(negotiation.handle(at - 1, Input::Tick), []);
            match negotiation.handle(at, Input::Tick)[..] {
                [Effect::Repeat] => repeats += 1,
                ref end => break end.to_vec(),
            }
        };
        assert_eq!((repeats, end), (REPEATS, vec![Effect::Rollback, Effect::GiveUp]));
        assert_eq!(negotiation.next_deadline(), None);
    }

    /// Two sides over two ordered wires.
    #[derive(Default)]
    struct Pair {
        wires: [VecDeque<Input>; 2],
        met: [u32; 2],
    }

    impl Pair {
        fn carry_out(&mut self, side: usize, effects: Vec<Effect>) {
            for effect in effects {
                match effect {
                    Effect::Offer { .. } | Effect::Repeat => {
                        self.wires[side].push_back(Input::Offer)
                    }
                    Effect::Accept => self.wires[side].push_back(Input::Answer),
                    Effect::Finish => self.met[side] += 1,
                    Effect::Rollback | Effect::Ignore(_) => {}
                    Effect::GiveUp => panic!("nothing failed"),
                }
            }
        }
    }

    proptest! {
        #[test]
        fn two_sides_agree_in_whatever_order_things_happen(
            steps in prop::collection::vec((0_usize..2, any::<bool>(), any::<bool>()), 1..60),
        ) {
            let mut sides = [Negotiation::new(true), Negotiation::new(false)];
            let mut pair = Pair::default();
            let mut wished = [false; 2];
            for (side, wish, restart) in steps {
                let input = if wish {
                    wished[side] = true;
                    Input::Wish { restart }
                } else {
                    let Some(input) = pair.wires[1 - side].pop_front() else { continue };
                    input
                };
                let effects = sides[side].handle(0, input);
                pair.carry_out(side, effects);
            }
            while let Some(side) = (0..2).find(|side| !pair.wires[1 - side].is_empty()) {
                let input = pair.wires[1 - side].pop_front().unwrap();
                let effects = sides[side].handle(0, input);
                pair.carry_out(side, effects);
            }
            for side in 0..2 {
                prop_assert!(sides[side].offered.is_none() && sides[side].wish.is_none());
                prop_assert!(!wished[side] || pair.met[side] > 0 || pair.met[1 - side] > 0);
            }
        }
    }
}
