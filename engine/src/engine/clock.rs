//! The steady clock by which an engine waits. It can be put forward, so that a test need not wait for what takes
//! a minute; the time of day is not its business.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A steady clock. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    ahead: Arc<watch::Sender<Duration>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { started: Instant::now(), ahead: Arc::new(watch::Sender::new(Duration::ZERO)) }
    }
}

impl Clock {
    /// Puts it forward; whoever waits for a time that has come then wakes.
    pub fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead += by);
    }

    /// Milliseconds since it began.
    pub(super) fn now_ms(&self) -> u64 {
        let passed = self.started.elapsed() + *self.ahead.borrow();
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits until it shows a time; for ever, if there is none.
    pub(super) async fn until(&self, at_ms: Option<u64>) {
        let Some(at_ms) = at_ms else { return std::future::pending().await };
        let mut ahead = self.ahead.subscribe();
        loop {
            let shown = Duration::from_millis(at_ms).saturating_sub(*ahead.borrow_and_update());
            let Some(at) = self.started.checked_add(shown) else {
                return std::future::pending().await;
            };
            tokio::select! {
                () = tokio::time::sleep_until(at.into()) => return,
                // The clock itself holds the other end.
                _ = ahead.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn putting_it_forward_wakes_who_waits() {
        let clock = Clock::default();
        let hour = 3_600_000;
        let waits = {
            let clock = clock.clone();
            tokio::spawn(async move { clock.until(Some(hour)).await })
        };
        tokio::task::yield_now().await;
        clock.advance(Duration::from_millis(hour));
        waits.await.unwrap();
        assert!(clock.now_ms() >= hour);
    }
}
