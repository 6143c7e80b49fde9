//! The process's steady clock, by which pictures and sound are timed.

use std::sync::OnceLock;
use std::time::Instant;

/// Microseconds since the clock was first read in this process; never goes back.
pub fn now_us() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let passed = START.get_or_init(Instant::now).elapsed();
    u64::try_from(passed.as_micros()).unwrap_or(u64::MAX)
}
