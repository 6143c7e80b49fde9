//! The shortest way of late: what a packet takes where nothing stands in its way. It is forgotten after a while, because
//! paths change.

use std::collections::VecDeque;

/// The shortest of what was seen within a window, kept by parts of it.
#[derive(Debug)]
pub(super) struct Shortest {
    window_us: u64,
    part_us: u64,
    parts: VecDeque<(u64, i64)>,
}

impl Shortest {
    /// Of so long, in parts of so long.
    pub(super) const fn new(window_us: u64, part_us: u64) -> Self {
        Self { window_us, part_us, parts: VecDeque::new() }
    }

    /// Something took so long; gives the shortest by now.
    pub(super) fn see(&mut self, now_us: u64, way_us: i64) -> i64 {
        forget(&mut self.parts, now_us, self.window_us);
        match self.parts.back_mut() {
            Some((since, shortest)) if now_us.saturating_sub(*since) < self.part_us => {
                *shortest = way_us.min(*shortest);
            }
            _ => self.parts.push_back((now_us, way_us)),
        }
        self.parts.iter().map(|(_, way)| *way).min().unwrap_or(way_us)
    }
}

/// Leaves out what is older than a window.
pub(super) fn forget<T>(past: &mut VecDeque<(u64, T)>, now_us: u64, window_us: u64) {
    while past.front().is_some_and(|(at, _)| now_us.saturating_sub(*at) > window_us) {
        past.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_past_counts_no_more() {
        let mut shortest = Shortest::new(10, 2);
        assert_eq!(shortest.see(0, 5), 5);
        assert_eq!(shortest.see(1, 7), 5);
        assert_eq!(shortest.see(10, 9), 5);
        assert_eq!(shortest.see(11, 8), 8);
        assert_eq!(shortest.see(100, 20), 20);
    }
}
