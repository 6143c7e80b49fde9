//! Figures over the last second, for statistics.

use std::collections::VecDeque;

const SECOND_US: u64 = 1_000_000;
/// More pictures than this in a second are not counted one by one.
const MOST: usize = 256;

/// Pictures of the last second.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter {
    /// When, how many bytes, how long it took.
    marks: VecDeque<(u64, usize, u64)>,
}

/// What a [`Meter`] says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Figures {
    pub(super) fps: f64,
    pub(super) kbit_s: f64,
    /// Mean of a picture.
    pub(super) ms: f64,
}

impl Meter {
    pub(super) fn note(&mut self, now_us: u64, bytes: usize, took_us: u64) {
        if self.marks.len() == MOST {
            self.marks.pop_front();
        }
        self.marks.push_back((now_us, bytes, took_us));
    }

    pub(super) fn figures(&self, now_us: u64) -> Figures {
        let begin = now_us.saturating_sub(SECOND_US);
        let recent = || self.marks.iter().filter(|(at, ..)| *at > begin || begin == 0);
        let count = recent().count() as f64;
        if count == 0.0 {
            return Figures::default();
        }
        let bytes: usize = recent().map(|(_, bytes, _)| bytes).sum();
        let took: u64 = recent().map(|(.., took)| took).sum();
        Figures {
            fps: count,
            kbit_s: bytes as f64 * 8.0 / 1000.0,
            ms: took as f64 / count / 1000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_second_counts() {
        let mut meter = Meter::default();
        assert_eq!(meter.figures(5), Figures::default());
        for number in 0..60 {
            meter.note(10_000_000 + number * 33_333, 1000, 2000);
        }
        assert_eq!(meter.figures(11_980_000), Figures { fps: 30.0, kbit_s: 240.0, ms: 2.0 });
        assert_eq!(meter.figures(14_000_000), Figures::default());
        for number in 0..1000 {
            meter.note(20_000_000 + number, 1, 1);
        }
        assert_eq!(meter.marks.len(), MOST);
    }
}
