//! How long to wait before trying a server again: doubling, capped, and spread so that the clients of a
//! restarted server do not come back in one moment. It draws no random numbers; it is told them.

/// First wait.
const FIRST_MS: u64 = 500;
/// Longest wait.
const CAP_MS: u64 = 30_000;
/// A connection that held this long starts the count anew.
const HELD_MS: u64 = 20_000;

/// How often it went wrong lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure. `spread` is drawn evenly from all of `u32`.
    pub fn next_wait_ms(&mut self, spread: u32) -> u64 {
        let full = FIRST_MS.saturating_mul(1 << self.failures.min(16)).min(CAP_MS);
        self.failures = self.failures.saturating_add(1);
        spread_over(full / 2, full, spread)
    }

    /// A connection ended after it had been good for `held_ms`.
    pub fn held(&mut self, held_ms: u64) {
        if held_ms >= HELD_MS {
            self.failures = 0;
        }
    }

    /// The user asked for another try now.
    pub fn forget(&mut self) {
        self.failures = 0;
    }
}

/// A point between `low` and `high`.
pub fn spread_over(low: u64, high: u64, spread: u32) -> u64 {
    low + (high - low).saturating_mul(u64::from(spread)) / u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_to_a_cap() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..9).map(|_| backoff.next_wait_ms(u32::MAX)).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn only_a_connection_that_held_starts_anew() {
        let mut backoff = Backoff::default();
        backoff.next_wait_ms(0);
        backoff.held(HELD_MS - 1);
        assert_eq!(backoff.next_wait_ms(u32::MAX), 1000);
        backoff.held(HELD_MS);
        assert_eq!(backoff.next_wait_ms(u32::MAX), 500);
    }

    proptest! {
        #[test]
        fn waits_stay_within_half_and_whole(failures in 0_u32..60, spread: u32) {
            let mut backoff = Backoff { failures };
            let wait = backoff.next_wait_ms(spread);
            prop_assert!((FIRST_MS / 2..=CAP_MS).contains(&wait));
        }
    }
}
