//! Token buckets: how much of something may be done over time, and at once after a rest.
//! Pure: the time is told, in milliseconds since any beginning, and never goes back.

/// A bucket that fills at a rate up to a depth; what it lacks is kept in millionths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    /// Millionths of tokens that it lacks: 0 is full.
    debt: u64,
    at_ms: u64,
}

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Tokens in a thousand seconds, so that slow rates can be said.
    pub(crate) per_kilosecond: u64,
    /// Tokens at most.
    pub(crate) depth: u64,
}

impl Rate {
    pub(crate) fn per_second(rate: u32, depth: u32) -> Self {
        Self { per_kilosecond: u64::from(rate) * 1000, depth: u64::from(depth) }
    }

    pub(crate) fn per_hour(count: u32) -> Self {
        let count = u64::from(count);
        Self { per_kilosecond: (count * 1000).div_ceil(3600), depth: count }
    }
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(now_ms: u64) -> Self {
        Self { debt: 0, at_ms: now_ms }
    }

    fn settle(&mut self, rate: Rate, now_ms: u64) {
        // Tokens in a thousand seconds are millionths of tokens in a millisecond.
        let gained = now_ms.saturating_sub(self.at_ms).saturating_mul(rate.per_kilosecond);
        self.debt = self.debt.saturating_sub(gained);
        self.at_ms = self.at_ms.max(now_ms);
    }

    /// Takes tokens, or says in how many milliseconds they will be there.
    pub(crate) fn take(&mut self, rate: Rate, now_ms: u64, tokens: u64) -> Result<(), u64> {
        self.settle(rate, now_ms);
        let cost = tokens.saturating_mul(1_000_000);
        let depth = rate.depth.saturating_mul(1_000_000);
        let after = self.debt.saturating_add(cost);
        if after > depth {
            return Err((after - depth).div_ceil(rate.per_kilosecond.max(1)));
        }
        self.debt = after;
        Ok(())
    }

    /// Whether it lacks nothing, so that a new one would be the same.
    pub(crate) fn is_full(&mut self, rate: Rate, now_ms: u64) -> bool {
        self.settle(rate, now_ms);
        self.debt == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bucket_empties_and_says_when_it_has_enough() {
        let rate = Rate::per_second(10, 3);
        let mut bucket = Bucket::new(0);
        for _ in 0..3 {
            bucket.take(rate, 0, 1).unwrap();
        }
        assert_eq!(bucket.take(rate, 0, 1), Err(100));
        assert_eq!(bucket.take(rate, 99, 1), Err(1));
        assert_eq!(bucket.take(rate, 100, 1), Ok(()));
        assert!(!bucket.is_full(rate, 399));
        assert!(bucket.is_full(rate, 400));
    }

    proptest! {
        #[test]
        fn no_more_passes_than_depth_and_rate(
            steps in proptest::collection::vec((0u64..500, 1u64..5), 1..200)
        ) {
            let rate = Rate::per_second(20, 30);
            let mut bucket = Bucket::new(0);
            let (mut now, mut passed) = (0, 0);
            for (wait, tokens) in steps {
                now += wait;
                match bucket.take(rate, now, tokens) {
                    Ok(()) => passed += tokens,
                    Err(retry) => {
                        let mut later = bucket;
                        prop_assert!(later.take(rate, now + retry, tokens).is_ok());
                    }
                }
                prop_assert!(passed * 1000 <= 30 * 1000 + now * 20);
            }
        }
    }
}
