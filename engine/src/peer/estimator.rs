//! How much the path to the other side carries: a rule over what became of each packet that was sent.
//!
//! Pure: told the time with each word. Where packets begin to queue, the target falls below what got through;
//! where many are lost, it backs off; otherwise it grows, but never far beyond what was really carried, because
//! a rate that was never tried is only a guess.

use super::shortest::{Shortest, forget};
use std::collections::VecDeque;

/// What is tried first, in bit/s.
pub(super) const FIRST: f64 = 1_000_000.0;
const LEAST: f64 = 60_000.0;
const MOST: f64 = 12_000_000.0;

/// Standing in a queue for so long is too long.
const QUEUED_US: i64 = 60_000;
/// Over which the carried rate is taken.
const RATE_WINDOW_US: u64 = 500_000;
/// Over which the shortest way is remembered.
const BASE_WINDOW_US: u64 = 10_000_000;
/// Over which losses are counted.
const LOSS_WINDOW_US: u64 = 1_000_000;
/// After a step down, the path needs time to show what it did.
const HOLD_US: u64 = 300_000;
/// Growth in a second.
const GROWTH: f64 = 0.5;

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    /// When it left, on the sender's clock.
    pub(super) sent_us: u64,
    /// When it came, on the receiver's clock; none where it was lost.
    pub(super) arrived_us: Option<u64>,
    /// Bytes on the wire.
    pub(super) size: usize,
}

/// The estimate, and what it rests on.
#[derive(Debug)]
pub(super) struct Estimator {
    target: f64,
    carried: VecDeque<(u64, usize)>,
    shortest: Shortest,
    fates: VecDeque<(u64, bool)>,
    held_until: u64,
    last_us: Option<u64>,
    queued_us: i64,
}

impl Default for Estimator {
    fn default() -> Self {
        Self {
            target: FIRST,
            carried: VecDeque::new(),
            shortest: Shortest::new(BASE_WINDOW_US, RATE_WINDOW_US),
            fates: VecDeque::new(),
            held_until: 0,
            last_us: None,
            queued_us: 0,
        }
    }
}

impl Estimator {
    /// In bit/s.
    pub(super) fn target(&self) -> f64 {
        self.target
    }

    /// How long the last packets stood in queues, at least.
    pub(super) fn queued_us(&self) -> u64 {
        self.queued_us.unsigned_abs()
    }

    /// The part of the packets of the last second that was lost.
    pub(super) fn loss(&self) -> f64 {
        let lost = self.fates.iter().filter(|(_, lost)| *lost).count();
        if self.fates.len() < 10 { 0.0 } else { lost as f64 / self.fates.len() as f64 }
    }

    /// Hears what became of packets.
    pub(super) fn hear(&mut self, now_us: u64, fates: &[Fate]) {
        let mut quickest: Option<i64> = None;
        for fate in fates {
            self.fates.push_back((now_us, fate.arrived_us.is_none()));
            let Some(arrived) = fate.arrived_us else { continue };
            self.carried.push_back((now_us, fate.size));
            let way = arrived.wrapping_sub(fate.sent_us) as i64;
            quickest = Some(quickest.map_or(way, |least| least.min(way)));
        }
        forget(&mut self.fates, now_us, LOSS_WINDOW_US);
        forget(&mut self.carried, now_us, RATE_WINDOW_US);
        let Some(quickest) = quickest else { return };
        let queued = quickest.saturating_sub(self.shortest.see(now_us, quickest));
        self.queued_us = queued;
        let passed = now_us.saturating_sub(self.last_us.replace(now_us).unwrap_or(now_us));
        self.decide(now_us, passed.min(RATE_WINDOW_US), queued);
    }

    /// What got through, in bit/s.
    fn carried(&self) -> f64 {
        let bytes: usize = self.carried.iter().map(|(_, size)| size).sum();
        bytes as f64 * 8e6 / RATE_WINDOW_US as f64
    }

    fn decide(&mut self, now_us: u64, passed_us: u64, queued_us: i64) {
        let (carried, loss) = (self.carried(), self.loss());
        let free = now_us >= self.held_until;
        if queued_us > QUEUED_US && free {
            self.target = self.target.min(0.85 * carried);
            self.held_until = now_us.saturating_add(HOLD_US);
        } else if loss > 0.1 && free {
            self.target *= 1.0 - loss / 2.0;
            self.held_until = now_us.saturating_add(HOLD_US);
        } else if queued_us < QUEUED_US / 2 && loss < 0.05 && free {
            let grown = self.target * (1.0 + GROWTH * passed_us as f64 / 1e6);
            // Where little is sent, little is known: what was reached stays, but nothing is added.
            self.target = grown.min((1.5 * carried).max(self.target));
        }
        self.target = self.target.clamp(LEAST, MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A path of one queue: so many bit/s, so long, with every nth packet lost.
    struct Path {
        rate: f64,
        way_us: u64,
        lose_every: u64,
        free_at: f64,
        sent: u64,
    }

    impl Path {
        fn new(rate: f64) -> Self {
            Self { rate, way_us: 20_000, lose_every: 0, free_at: 0.0, sent: 0 }
        }

        fn carry(&mut self, sent_us: u64, size: usize) -> Fate {
            self.sent += 1;
            let lost = self.lose_every > 0 && self.sent.is_multiple_of(self.lose_every);
            self.free_at = self.free_at.max(sent_us as f64) + size as f64 * 8e6 / self.rate;
            let arrived_us = (!lost).then_some(self.free_at as u64 + self.way_us);
            Fate { sent_us, arrived_us, size }
        }
    }

    /// Sends at the target, at most `most`, for so many seconds; gives the longest stay in the queue at the end.
    fn run(
        estimator: &mut Estimator,
        path: &mut Path,
        from_s: u64,
        seconds: u64,
        most: f64,
    ) -> u64 {
        let mut stay = 0;
        for tick in from_s * 20..(from_s + seconds) * 20 {
            let begin = tick * 50_000;
            let bytes = estimator.target().min(most) / 8.0 / 20.0;
            let packets = (bytes / 1200.0).round().max(1.0) as u64;
            let fates: Vec<Fate> =
                (0..packets).map(|n| path.carry(begin + n * 50_000 / packets, 1200)).collect();
            let arrived = fates.iter().filter_map(|fate| fate.arrived_us).max();
            stay = arrived.unwrap_or(0).saturating_sub(begin + 50_000 + path.way_us);
            estimator.hear(arrived.unwrap_or(begin).max(begin + 50_000), &fates);
        }
        stay
    }

    #[test]
    fn it_grows_to_what_a_clean_path_carries() {
        let (mut estimator, mut path) = (Estimator::default(), Path::new(3e6));
        run(&mut estimator, &mut path, 0, 10, f64::MAX);
        assert!((1.8e6..3.6e6).contains(&estimator.target()), "{}", estimator.target());
    }

    #[test]
    fn it_falls_when_the_path_does_and_the_queue_drains() {
        let (mut estimator, mut path) = (Estimator::default(), Path::new(3e6));
        run(&mut estimator, &mut path, 0, 10, f64::MAX);
        path.rate = 1e6;
        let stay = run(&mut estimator, &mut path, 10, 4, f64::MAX);
        assert!(estimator.target() < 1.2e6, "{}", estimator.target());
        assert!(stay < 300_000, "{stay}");
    }

    #[test]
    fn many_losses_make_it_back_off_and_few_do_not() {
        let (mut many, mut path) = (Estimator::default(), Path::new(50e6));
        path.lose_every = 5;
        run(&mut many, &mut path, 0, 5, f64::MAX);
        assert!(many.target() < 0.5 * FIRST, "{}", many.target());
        let (mut few, mut path) = (Estimator::default(), Path::new(50e6));
        path.lose_every = 50;
        run(&mut few, &mut path, 0, 5, f64::MAX);
        assert!(few.target() > 2.0 * FIRST, "{}", few.target());
    }

    #[test]
    fn where_little_is_sent_it_neither_grows_nor_falls() {
        let (mut estimator, mut path) = (Estimator::default(), Path::new(50e6));
        run(&mut estimator, &mut path, 0, 10, 300e3);
        assert!((estimator.target() - FIRST).abs() < 1.0, "{}", estimator.target());
    }

    proptest! {
        #[test]
        fn it_stays_within_bounds(
            words in prop::collection::vec(
                (any::<u64>(), prop::collection::vec((any::<u64>(), any::<Option<u64>>(), 0_usize..70_000), 0..20)),
                0..50,
            ),
        ) {
            let mut estimator = Estimator::default();
            for (now, fates) in words {
                let fates: Vec<Fate> = fates
                    .into_iter()
                    .map(|(sent_us, arrived_us, size)| Fate { sent_us, arrived_us, size })
                    .collect();
                estimator.hear(now, &fates);
                prop_assert!((LEAST..=MOST).contains(&estimator.target()));
                prop_assert!((0.0..=1.0).contains(&estimator.loss()));
            }
        }
    }
}
