//! Whether lanes go the quick way. Pure: told the time with each input, says what to do.
//!
//! ```text
//!            a lane is wanted, or their key came: say ours
//!   Off  ──────────────────────────────────────────────────>  Coming ──── up ───> Up
//!    ^                                                           │                 │
//!    └───────────────── down, or not direct any more ────────────┴─────────────────┘
//! ```
//!
//! Lanes that are wanted while it is coming wait for a second; then they go over channels, and what comes up later is for
//! the next. Whoever loses it says the key again when the next lane is wanted.

/// Lanes wait so long for the quick way.
const WAIT_MS: u64 = 1_000;
/// After it came to nothing, or broke off, it is tried again after so long.
const AGAIN_MS: u64 = 5_000;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::peer) enum Input {
    /// A lane is wanted, or one that goes over a channel would rather go the quick way.
    Wanted,
    /// The other side said its key.
    Key,
    /// The two are connected.
    Up,
    /// They are not, or not any more.
    Down,
    /// Whether the link's way leads straight to the other side.
    Direct(bool),
    /// It may be time.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::peer) enum Effect {
    /// Say our key.
    Say,
    /// Go to the other side, or let it come.
    Begin,
    /// Let all lanes that wait go the quick way, and those of ours that go over channels begin anew.
    OpenQuick,
    /// Let all lanes that wait go over channels.
    OpenChannels,
    /// Leave the quick way.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Off,
    /// Until when lanes wait, if they still do.
    Coming(Option<u64>),
    Up,
}

/// The machine.
#[derive(Debug)]
pub(in crate::peer) struct Machine {
    stage: Stage,
    direct: bool,
    knows_key: bool,
    not_before: u64,
}

impl Machine {
    pub(in crate::peer) fn new() -> Self {
        Self { stage: Stage::Off, direct: false, knows_key: false, not_before: 0 }
    }

    /// When `Tick` is due, if ever.
    pub(in crate::peer) fn next_deadline(&self) -> Option<u64> {
        match self.stage {
            Stage::Coming(until) => until,
            Stage::Off | Stage::Up => None,
        }
    }

    pub(in crate::peer) fn handle(&mut self, now: u64, input: Input) -> Vec<Effect> {
        match (input, self.stage) {
            (Input::Wanted, Stage::Up) => vec![Effect::OpenQuick],
            (Input::Wanted, Stage::Coming(Some(_))) => vec![],
            (Input::Wanted, Stage::Off) if self.direct && now >= self.not_before => {
                self.stage = Stage::Coming(Some(now.saturating_add(WAIT_MS)));
                if self.knows_key { vec![Effect::Say, Effect::Begin] } else { vec![Effect::Say] }
            }
            (Input::Wanted, Stage::Off | Stage::Coming(None)) => vec![Effect::OpenChannels],
            (Input::Key, stage) => {
                let knew = std::mem::replace(&mut self.knows_key, true);
                match stage {
                    Stage::Off => {
                        self.stage = Stage::Coming(Some(now.saturating_add(WAIT_MS)));
                        vec![Effect::Say, Effect::Begin]
                    }
                    // Said in answer to ours, on which it has begun already.
                    Stage::Coming(_) if knew => vec![],
                    // Said again where it is up: the other side has lost it.
                    Stage::Coming(_) | Stage::Up => vec![Effect::Begin],
                }
            }
            (Input::Up, Stage::Coming(_) | Stage::Up) => {
                self.stage = Stage::Up;
                vec![Effect::OpenQuick]
            }
            (Input::Down, Stage::Coming(_) | Stage::Up) => {
                self.stage = Stage::Off;
                self.not_before = now.saturating_add(AGAIN_MS);
                vec![Effect::OpenChannels]
            }
            (Input::Direct(direct), stage) => {
                self.direct = direct;
                if direct || stage == Stage::Off {
                    return vec![];
                }
                self.stage = Stage::Off;
                vec![Effect::End, Effect::OpenChannels]
            }
            (Input::Tick, Stage::Coming(Some(until))) if now >= until => {
                self.stage = Stage::Coming(None);
                vec![Effect::OpenChannels]
            }
            (Input::Up | Input::Down, Stage::Off) | (Input::Tick, _) => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn direct() -> Machine {
        let mut machine = Machine::new();
        assert_eq!(machine.handle(0, Input::Direct(true)), vec![]);
        machine
    }

    #[test]
    fn who_wants_it_says_the_key_and_goes_once_it_knows_the_others() {
        let (mut wants, mut other) = (direct(), Machine::new());
        assert_eq!(wants.handle(0, Input::Wanted), vec![Effect::Say]);
        assert_eq!(other.handle(1, Input::Key), vec![Effect::Say, Effect::Begin]);
        assert_eq!(wants.handle(2, Input::Key), vec![Effect::Begin]);
        assert_eq!(wants.handle(3, Input::Wanted), vec![]);
        for machine in [&mut wants, &mut other] {
            assert_eq!(machine.handle(4, Input::Up), vec![Effect::OpenQuick]);
            assert_eq!(machine.next_deadline(), None);
            assert_eq!(machine.handle(5, Input::Wanted), vec![Effect::OpenQuick]);
        }
    }

    #[test]
    fn both_may_want_it_at_once() {
        for machine in [&mut direct(), &mut direct()] {
            assert_eq!(machine.handle(0, Input::Wanted), vec![Effect::Say]);
            assert_eq!(machine.handle(1, Input::Key), vec![Effect::Begin]);
        }
    }

    #[test]
    fn lanes_wait_for_a_second_and_the_next_may_be_quick() {
        let mut machine = direct();
        machine.handle(0, Input::Wanted);
        assert_eq!(machine.next_deadline(), Some(WAIT_MS));
        assert_eq!(machine.handle(WAIT_MS - 1, Input::Tick), vec![]);
        assert_eq!(machine.handle(WAIT_MS, Input::Tick), vec![Effect::OpenChannels]);
        assert_eq!(machine.handle(WAIT_MS + 1, Input::Wanted), vec![Effect::OpenChannels]);
        assert_eq!(machine.handle(3_000, Input::Key), vec![Effect::Begin]);
        assert_eq!(machine.handle(3_001, Input::Up), vec![Effect::OpenQuick]);
    }

    #[test]
    fn what_broke_off_is_tried_again_later_and_sooner_where_the_other_side_wants_it() {
        let mut machine = direct();
        for input in [Input::Wanted, Input::Key, Input::Up] {
            machine.handle(0, input);
        }
        assert_eq!(machine.handle(10, Input::Down), vec![Effect::OpenChannels]);
        assert_eq!(machine.handle(11, Input::Wanted), vec![Effect::OpenChannels]);
        let mut other = direct();
        for input in [Input::Key, Input::Up] {
            other.handle(0, input);
        }
        let again = 10 + AGAIN_MS;
        assert_eq!(machine.handle(again, Input::Wanted), vec![Effect::Say, Effect::Begin]);
        assert_eq!(other.handle(again, Input::Key), vec![Effect::Begin]);
        assert_eq!(machine.handle(again + 1, Input::Up), vec![Effect::OpenQuick]);
    }

    #[test]
    fn over_a_relay_there_is_none() {
        let mut machine = Machine::new();
        assert_eq!(machine.handle(0, Input::Wanted), vec![Effect::OpenChannels]);
        let mut machine = direct();
        for input in [Input::Wanted, Input::Key, Input::Up] {
            machine.handle(0, input);
        }
        let ended = vec![Effect::End, Effect::OpenChannels];
        assert_eq!(machine.handle(1, Input::Direct(false)), ended);
        assert_eq!(machine.handle(2, Input::Down), vec![]);
        assert_eq!(machine.handle(3, Input::Wanted), vec![Effect::OpenChannels]);
        machine.handle(4, Input::Direct(true));
        assert_eq!(machine.handle(5, Input::Wanted), vec![Effect::Say, Effect::Begin]);
    }

    proptest! {
        #[test]
        fn no_lane_waits_for_ever(inputs: Vec<(u8, u16)>) {
            let (mut machine, mut now, mut waiting) = (Machine::new(), 0_u64, false);
            for (input, ms) in inputs {
                now += u64::from(ms);
                let input = match input % 7 {
                    0 => Input::Key,
                    1 => Input::Up,
                    2 => Input::Down,
                    3 => Input::Direct(true),
                    4 => Input::Direct(false),
                    5 => Input::Tick,
                    _ => Input::Wanted,
                };
                waiting |= input == Input::Wanted;
                let effects = machine.handle(now, input);
                waiting &= !effects.iter().any(|e| matches!(e, Effect::OpenQuick | Effect::OpenChannels));
                prop_assert!(!waiting || machine.next_deadline().is_some());
            }
        }
    }
}
