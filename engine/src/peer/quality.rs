//! Whether the path is good enough, in one word, without wavering: a few bad seconds make it weak, and more good
//! ones make it good again. Pure: told once a second how the last one was.

/// Bad seconds in a row before the path is called weak.
const BAD: u32 = 3;
/// Good seconds in a row before it is called good again.
const GOOD: u32 = 5;

/// How the last second was.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Second {
    /// The part that was lost either way, whichever is more.
    pub(super) lost: f64,
    /// There and back.
    pub(super) round_trip_ms: f64,
    /// Holes that could not be filled.
    pub(super) gaps: u64,
}

/// What is said about the path.
#[derive(Debug, Default)]
pub(super) struct Quality {
    weak: bool,
    row: u32,
}

impl Quality {
    /// Takes a second in; gives the word where it changes.
    pub(super) fn hear(&mut self, second: Second) -> Option<bool> {
        let bad = second.lost > 0.08 || second.round_trip_ms > 600.0 || second.gaps > 0;
        if bad == self.weak {
            self.row = 0;
            return None;
        }
        self.row += 1;
        let enough = if self.weak { GOOD } else { BAD };
        if self.row < enough {
            return None;
        }
        self.row = 0;
        self.weak = bad;
        Some(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(seconds: &[bool]) -> Vec<Option<bool>> {
        let mut quality = Quality::default();
        let lost = |bad: &bool| if *bad { 0.2 } else { 0.0 };
        seconds
            .iter()
            .map(|bad| quality.hear(Second { lost: lost(bad), ..Second::default() }))
            .collect()
    }

    #[test]
    fn a_word_is_said_once_and_only_when_it_holds() {
        let (b, g) = (true, false);
        let mut said = words(&[b, b, g, b, b, b, b, g, g, g, g, b, g, g, g, g, g, g]);
        assert_eq!(said.remove(16), Some(false));
        assert_eq!(said.remove(5), Some(true));
        assert!(said.iter().all(Option::is_none));
    }

    #[test]
    fn each_kind_of_trouble_counts() {
        for second in [
            Second { lost: 0.09, ..Second::default() },
            Second { round_trip_ms: 601.0, ..Second::default() },
            Second { gaps: 1, ..Second::default() },
        ] {
            let mut quality = Quality::default();
            let last = (0..BAD).filter_map(|_| quality.hear(second)).next_back();
            assert_eq!(last, Some(true), "{second:?}");
        }
    }
}
