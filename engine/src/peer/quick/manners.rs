//! How much of a file may be under way while a call is on. Pure: told the time with each word.
//!
//! Once a round trip it looks how long packets stood in queues, and holds that to a little: less than what makes a call fall
//! back, so that the file gives way and the call does not. Now and then it lets the queue run dry, because what always
//! stands there can't be seen.

use crate::peer::shortest::Shortest;

/// So long packets may stand in queues because of a file.
const TARGET_US: f64 = 25_000.0;
/// The shortest way is that of so long; and it is measured again so often, for so many rounds.
const BASE_WINDOW_US: u64 = 60_000_000;
const BASE_PART_US: u64 = 5_000_000;
const DRAIN_EVERY_US: u64 = 15_000_000;
const DRAIN_ROUNDS: u32 = 2;
/// A round is not shorter than this.
const ROUND_US: u64 = 10_000;
/// Packets that may always be under way.
const LEAST: f64 = 2.0;
/// Packets with which it begins.
const FIRST: f64 = 4.0;
/// How much larger it gets in a round at most: what it does is seen two rounds later, and stands in a queue by then.
const GROWTH: f64 = 1.25;
const MOST: f64 = 64.0 * 1024.0 * 1024.0;

/// The window, and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Held to the target.
    Hold,
    /// Letting the queue run dry, for so many rounds yet.
    Drain(u32),
}

/// What may be under way.
#[derive(Debug)]
pub(in crate::peer) struct Manners {
    window: f64,
    packet: f64,
    phase: Phase,
    shortest: Shortest,
    drain_at: Option<u64>,
    round: Round,
}

#[derive(Debug, Default)]
struct Round {
    ends_at: u64,
    /// The shortest way that was seen in it.
    least_us: Option<i64>,
    lost: bool,
    /// Whether the window was ever used.
    full: bool,
}

impl Manners {
    /// With packets of so many bytes.
    pub(in crate::peer) fn new(packet: u64) -> Self {
        let packet = packet as f64;
        Self {
            window: FIRST * packet,
            packet,
            phase: Phase::Hold,
            shortest: Shortest::new(BASE_WINDOW_US, BASE_PART_US),
            drain_at: None,
            round: Round::default(),
        }
    }

    /// Bytes that may be under way.
    pub(in crate::peer) fn window(&self) -> u64 {
        let part = if let Phase::Drain(_) = self.phase { 0.25 } else { 1.0 };
        (self.window * part).max(LEAST * self.packet) as u64
    }

    /// Something came back after so long, while the window was used or was not.
    pub(in crate::peer) fn came_back(&mut self, now_us: u64, way_us: u64, full: bool) {
        let way = i64::try_from(way_us).unwrap_or(i64::MAX);
        let base = self.shortest.see(now_us, way);
        let least = self.round.least_us.map_or(way, |least| least.min(way));
        self.round.least_us = Some(least);
        self.round.full |= full;
        if now_us < self.round.ends_at {
            return;
        }
        self.decide(now_us, base as f64, least.saturating_sub(base) as f64);
        let ends_at = now_us.saturating_add(ROUND_US.max(way_us));
        self.round = Round { ends_at, ..Round::default() };
    }

    /// Something was lost.
    pub(in crate::peer) fn lost(&mut self) {
        self.round.lost = true;
    }

    fn decide(&mut self, now_us: u64, base_us: f64, queued_us: f64) {
        if let Phase::Drain(rounds) = self.phase {
            self.phase = if rounds > 1 { Phase::Drain(rounds - 1) } else { Phase::Hold };
            return;
        }
        let drain_at = *self.drain_at.get_or_insert(now_us.saturating_add(DRAIN_EVERY_US));
        if now_us >= drain_at {
            self.drain_at = Some(now_us.saturating_add(DRAIN_EVERY_US));
            self.phase = Phase::Drain(DRAIN_ROUNDS);
            return;
        }
        if self.round.lost {
            self.window *= 0.85;
        }
        // With so much under way the queue would stand at the target, if nobody else used it.
        let aim = self.window * (base_us + TARGET_US) / (base_us + queued_us);
        let step = (0.5 * (self.window + aim)).min(GROWTH * self.window);
        if step < self.window || (self.round.full && !self.round.lost) {
            self.window = step;
        }
        self.window = self.window.clamp(LEAST * self.packet, MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    const PACKET: u64 = 1200;

    /// A path of one queue, beside which something else sends at a steady rate.
    struct Path {
        bytes_per_ms: f64,
        way_us: f64,
        beside: f64,
        queue: f64,
    }

    /// Runs for so many milliseconds; gives what was carried a millisecond, and the longest stay in the last half.
    fn run(path: &mut Path, manners: &mut Manners, from_ms: u64, ms: u64) -> (f64, f64) {
        let (mut carried, mut longest) = (0.0, 0.0_f64);
        for now in from_ms..from_ms + ms {
            let stay = path.queue / path.bytes_per_ms * 1000.0;
            let way = path.way_us + stay;
            // What a window lets through in a millisecond.
            let rate = manners.window() as f64 / (way / 1000.0);
            path.queue = (path.queue + rate + path.beside - path.bytes_per_ms).max(0.0);
            manners.came_back(now * 1000, way as u64, true);
            if now >= from_ms + ms / 2 {
                carried += rate;
                longest = longest.max(stay);
            }
        }
        (carried / (ms / 2) as f64, longest)
    }

    #[test]
    fn it_takes_what_the_path_has_and_keeps_the_queue_short() {
        // 20 Mbit/s, 40 ms there and back, beside 2 Mbit/s of a call.
        for (rate, beside) in [(2500.0, 250.0), (2500.0, 0.0), (375.0, 180.0), (125_000.0, 250.0)] {
            let mut path = Path { bytes_per_ms: rate, way_us: 40_000.0, beside, queue: 0.0 };
            let mut manners = Manners::new(PACKET);
            let (carried, longest) = run(&mut path, &mut manners, 0, 60_000);
            assert!(longest < 60_000.0, "{rate} {beside}: stays of {longest} us");
            assert!(carried > 0.8 * (rate - beside), "{rate} {beside}: {carried} a ms");
        }
    }

    /// The longest stay in the queue from the very beginning on, where each packet comes back only after its way.
    fn longest_from_the_beginning(bytes_per_ms: f64, way_ms: f64) -> f64 {
        let (mut manners, mut back) = (Manners::new(PACKET), VecDeque::<(f64, f64, f64)>::new());
        let (mut queue, mut under_way, mut longest) = (0.0_f64, 0.0, 0.0_f64);
        for now in 0..20_000_u32 {
            let now = f64::from(now);
            while let Some((_, way, bytes)) = back.pop_front_if(|(at, _, _)| *at <= now) {
                under_way -= bytes;
                manners.came_back((now * 1000.0) as u64, (way * 1000.0) as u64, true);
            }
            let way = way_ms + queue / bytes_per_ms;
            let room = (manners.window() as f64 - under_way).max(0.0);
            let sent = room.min((1.25 * manners.window() as f64 / way).max(PACKET as f64));
            back.push_back((now + way, way, sent));
            under_way += sent;
            queue = (queue + sent - bytes_per_ms).max(0.0);
            longest = longest.max(queue / bytes_per_ms);
        }
        assert!(under_way > 0.8 * bytes_per_ms * way_ms, "{under_way} bytes under way");
        longest
    }

    #[test]
    fn it_comes_up_without_a_burst_that_a_call_would_hear() {
        for (rate, way) in [(2500.0, 20.0), (2500.0, 60.0), (1000.0, 100.0), (375.0, 40.0)] {
            let longest = longest_from_the_beginning(rate, way);
            assert!(longest < 80.0, "{rate} bytes a ms, {way} ms: {longest} ms");
        }
    }

    #[test]
    fn an_hour_of_it_makes_the_queue_no_longer() {
        let mut path = Path { bytes_per_ms: 2500.0, way_us: 40_000.0, beside: 250.0, queue: 0.0 };
        let mut manners = Manners::new(PACKET);
        let (_, longest) = run(&mut path, &mut manners, 0, 3_600_000);
        assert!(longest < 60_000.0, "{longest}");
    }

    #[test]
    fn it_gives_way_when_the_path_gets_narrow() {
        let mut path = Path { bytes_per_ms: 2500.0, way_us: 40_000.0, beside: 100.0, queue: 0.0 };
        let mut manners = Manners::new(PACKET);
        run(&mut path, &mut manners, 0, 10_000);
        path.bytes_per_ms = 400.0;
        let (_, longest) = run(&mut path, &mut manners, 10_000, 4_000);
        assert!(longest < 60_000.0, "{longest}");
    }

    #[test]
    fn what_is_lost_makes_it_smaller_and_what_is_not_used_does_not_grow() {
        let mut manners = Manners::new(PACKET);
        for round in 1..20 {
            manners.came_back(round * 50_000, 40_000, true);
        }
        let grown = manners.window();
        assert!(grown > 100 * PACKET, "{grown}");
        manners.lost();
        manners.came_back(1_000_000, 40_000, true);
        assert!(manners.window() < grown);
        let before = manners.window();
        for round in 21..50 {
            manners.came_back(round * 50_000, 40_000, false);
        }
        assert_eq!(manners.window(), before);
    }

    proptest! {
        #[test]
        fn it_stays_within_bounds(words: Vec<(u64, u64, bool, bool)>) {
            let mut manners = Manners::new(PACKET);
            for (now, way, full, lost) in words {
                if lost {
                    manners.lost();
                }
                manners.came_back(now, way, full);
                prop_assert!((2 * PACKET..=MOST as u64).contains(&manners.window()));
            }
        }
    }
}
