//! Refuses envelopes that were seen, overtaken, kept back or dated ahead: what sealing alone can't tell.
//!
//! One [`ReplayGuard`] stands for one device of one sender and is stored with the contact. Pure: a check gives
//! the next state, and whoever asked stores it before acting on the envelope, so that a crash between can lose
//! an envelope's effect but never repeat it. Servers deliver in order, so anything not above the last counter
//! is refused; the bitmap only says whether such a one was seen before.

use super::envelope::Stamp;
use serde::{Deserialize, Serialize};

/// Envelopes sent longer ago are refused: the longest that a mailbox keeps, and a day.
pub const MAX_AGE_MS: u64 = 31 * 24 * 60 * 60 * 1000;
/// Envelopes dated further ahead are refused: a wrong time zone and then some.
pub const MAX_AHEAD_MS: u64 = 26 * 60 * 60 * 1000;

/// How far the envelopes of one sender's device have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplayGuard {
    /// The highest counter that was accepted; none yet is 0.
    pub last: u64,
    /// Bit `i` says whether counter `last - 1 - i` was accepted.
    pub seen: u64,
}

/// Why an envelope is refused though it is authentic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was accepted before, or is too far back to tell.
    #[error("the envelope was seen before")]
    Replayed,
    /// A later one was accepted before it.
    #[error("the envelope was overtaken by a later one")]
    Reordered,
    /// Sent more than 31 days ago.
    #[error("the envelope is too old")]
    Old,
    /// Dated more than 26 hours ahead.
    #[error("the envelope is dated in the future")]
    FromTheFuture,
}

impl ReplayGuard {
    /// The state to store if the envelope may be acted on.
    ///
    /// # Errors
    /// Why it may not. Counters are looked at before times. A counter of 0 counts as seen.
    pub fn check(&self, stamp: &Stamp, now_ms: u64) -> Result<Self, Refusal> {
        if stamp.counter <= self.last {
            return Err(self.below(self.last - stamp.counter));
        }
        if now_ms.saturating_sub(stamp.sent_at_ms) > MAX_AGE_MS {
            return Err(Refusal::Old);
        }
        if stamp.sent_at_ms.saturating_sub(now_ms) > MAX_AHEAD_MS {
            return Err(Refusal::FromTheFuture);
        }
        Ok(self.advanced(stamp.counter - self.last, stamp.counter))
    }

    fn below(&self, distance: u64) -> Refusal {
        let skipped = (1..=64).contains(&distance) && self.seen & (1 << (distance - 1)) == 0;
        if skipped { Refusal::Reordered } else { Refusal::Replayed }
    }

    fn advanced(&self, step: u64, last: u64) -> Self {
        let older = if step < 64 { self.seen << step } else { 0 };
        let before = if step <= 64 { 1 << (step - 1) } else { 0 };
        Self { last, seen: older | before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use visavis_signaling::protocol::DeviceId;

    const NOW: u64 = 1_800_000_000_000;

    fn at(counter: u64, sent_at_ms: u64) -> Stamp {
        Stamp { device: DeviceId([0; 16]), counter, sent_at_ms }
    }

    #[test]
    fn counters_only_grow() {
        let guard = ReplayGuard::default();
        assert_eq!(guard.check(&at(0, NOW), NOW), Err(Refusal::Replayed));
        let guard = guard.check(&at(1, NOW), NOW).unwrap();
        let guard = guard.check(&at(4, NOW), NOW).unwrap();
        assert_eq!(guard, ReplayGuard { last: 4, seen: 0b1100 });
        for (counter, refusal) in [
            (0, Refusal::Replayed),
            (1, Refusal::Replayed),
            (2, Refusal::Reordered),
            (3, Refusal::Reordered),
            (4, Refusal::Replayed),
        ] {
            assert_eq!(guard.check(&at(counter, NOW), NOW), Err(refusal), "{counter}");
        }
        let guard = guard.check(&at(u64::MAX, NOW), NOW).unwrap();
        assert_eq!(guard, ReplayGuard { last: u64::MAX, seen: 0 });
        assert_eq!(guard.check(&at(u64::MAX - 64, NOW), NOW), Err(Refusal::Reordered));
        assert_eq!(guard.check(&at(u64::MAX - 65, NOW), NOW), Err(Refusal::Replayed));
    }

    #[test]
    fn times_are_held_to_the_millisecond() {
        let guard = ReplayGuard::default();
        let check = |sent| guard.check(&at(1, sent), NOW).map(drop);
        assert_eq!(check(NOW - MAX_AGE_MS), Ok(()));
        assert_eq!(check(NOW - MAX_AGE_MS - 1), Err(Refusal::Old));
        assert_eq!(check(NOW + MAX_AHEAD_MS), Ok(()));
        assert_eq!(check(NOW + MAX_AHEAD_MS + 1), Err(Refusal::FromTheFuture));
        assert_eq!(check(0), Err(Refusal::Old));
        assert_eq!(check(u64::MAX), Err(Refusal::FromTheFuture));
    }

    #[test]
    fn the_state_is_stored_as_it_is() {
        let guard = ReplayGuard { last: u64::MAX, seen: u64::MAX };
        let text = serde_json::to_string(&guard).unwrap();
        assert_eq!(text, r#"{"last":18446744073709551615,"seen":18446744073709551615}"#);
        assert_eq!(serde_json::from_str::<ReplayGuard>(&text).unwrap(), guard);
    }

    /// Remembers every counter it accepted.
    struct Model(BTreeSet<u64>);

    impl Model {
        fn check(&mut self, stamp: &Stamp, now_ms: u64) -> Result<(), Refusal> {
            let last = *self.0.last().unwrap();
            if self.0.contains(&stamp.counter) || stamp.counter < last.saturating_sub(64) {
                return Err(Refusal::Replayed);
            }
            if stamp.counter < last {
                return Err(Refusal::Reordered);
            }
            let age = i128::from(now_ms) - i128::from(stamp.sent_at_ms);
            if age > i128::from(MAX_AGE_MS) {
                return Err(Refusal::Old);
            }
            if -age > i128::from(MAX_AHEAD_MS) {
                return Err(Refusal::FromTheFuture);
            }
            self.0.insert(stamp.counter);
            Ok(())
        }
    }

    fn counters() -> impl Strategy<Value = u64> {
        prop_oneof![8 => 0_u64..200, 1 => 0_u64..100_000, 1 => any::<u64>()]
    }

    fn times() -> impl Strategy<Value = u64> {
        prop_oneof![
            6 => NOW - 1000..NOW + 1000,
            1 => NOW - MAX_AGE_MS - 2..NOW - MAX_AGE_MS + 3,
            1 => NOW + MAX_AHEAD_MS - 2..NOW + MAX_AHEAD_MS + 3,
            1 => any::<u64>(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn it_decides_as_one_who_forgets_nothing(
            stamps in proptest::collection::vec((counters(), times()), 0..200),
        ) {
            let (mut guard, mut model) = (ReplayGuard::default(), Model(BTreeSet::from([0])));
            for (counter, sent) in stamps {
                let stamp = at(counter, sent);
                let decided = guard.check(&stamp, NOW);
                prop_assert_eq!(decided.map(drop), model.check(&stamp, NOW));
                if let Ok(next) = decided {
                    prop_assert_eq!(next.last, counter);
                    guard = next;
                }
            }
        }

        #[test]
        fn nothing_is_accepted_twice(
            stamps in proptest::collection::vec((0_u64..300, times()), 0..300),
        ) {
            let (mut guard, mut accepted) = (ReplayGuard::default(), BTreeSet::new());
            for (counter, sent) in stamps {
                if let Ok(next) = guard.check(&at(counter, sent), NOW) {
                    prop_assert!(accepted.insert(counter));
                    guard = next;
                }
            }
        }

        #[test]
        fn any_stored_state_can_be_asked(last: u64, seen: u64, counter: u64, sent: u64, now: u64) {
            let _ = ReplayGuard { last, seen }.check(&at(counter, sent), now);
        }
    }
}
