//! What the last seconds showed of a network: how fast its fastest packets are, and how much later the others
//! come. It grows wise at the second late packet, and forgets within three seconds of sound.

use std::collections::VecDeque;

/// Arrivals older than this count no more, unless they are among the last few.
const WINDOW_US: i64 = 3_000_000;
const FEW: usize = 25;

/// Arrivals older than this never count.
const LONG_AGO_US: i64 = 60_000_000;

/// Arrivals that are remembered at most.
const MOST: usize = 256;

/// The times of arrivals.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// When each came, and how much later than its place in the stream.
    times: VecDeque<(i64, i64)>,
    least_us: Option<i64>,
    jitter_us: i64,
}

impl Arrivals {
    /// Notes that a packet came at a time, so much later than its place in the stream.
    pub(super) fn put(&mut self, arrived_us: i64, transit_us: i64) {
        self.times.push_back((arrived_us, transit_us));
        while let Some((oldest, _)) = self.times.front() {
            let age = arrived_us - oldest;
            let enough = self.times.len() > FEW;
            if self.times.len() > MOST || (age > WINDOW_US && enough) || age > LONG_AGO_US {
                self.times.pop_front();
            } else {
                break;
            }
        }
        self.least_us = self.times.iter().map(|(_, transit)| *transit).min();
        let all = self.times.len();
        // Of all but the worst fiftieth; and of the last few all but the worst one, so that it is seen at once
        // when a network turns bad.
        let long = self.worst_but(all / 50, all);
        let short = self.worst_but(1, FEW);
        self.jitter_us = long.max(short);
    }

    /// The worst of the last `of`, but for the `but` worst.
    fn worst_but(&self, but: usize, of: usize) -> i64 {
        let least = self.least_us.unwrap_or(0);
        let last = self.times.iter().rev().take(of);
        let mut late: Vec<i64> = last.map(|(_, transit)| transit - least).collect();
        let place = but.min(late.len().saturating_sub(1));
        late.sort_unstable_by(|a, b| b.cmp(a));
        late.get(place).copied().unwrap_or(0)
    }

    /// How much later than its place in the stream the fastest packet came.
    pub(super) fn least_us(&self) -> Option<i64> {
        self.least_us
    }

    /// How much later than its place in the stream the last packet came.
    pub(super) fn newest_us(&self) -> Option<i64> {
        self.times.back().map(|(_, transit)| *transit)
    }

    /// How much later than the fastest nearly all come.
    pub(super) fn jitter_us(&self) -> i64 {
        self.jitter_us
    }
}
