//! A slot for the latest value: whoever puts never waits, whoever takes gets the newest, and what nobody took
//! is dropped whole. It carries pictures and states, never things of which each one counts.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// A slot. Clones are the same slot.
#[derive(Debug)]
pub struct Slot<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    put: Condvar,
    told: Notify,
}

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    latest: Option<T>,
    /// How the latest value is kept, where it is.
    keeps: Option<fn(&T) -> T>,
    closed: bool,
    dropped: u64,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        let state = State { value: None, latest: None, keeps: None, closed: false, dropped: 0 };
        let (put, told) = (Condvar::new(), Notify::new());
        Self { shared: Arc::new(Shared { state: Mutex::new(state), put, told }) }
    }
}

impl<T> Slot<T> {
    /// An empty slot.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty slot that knows the latest value also when somebody has taken it.
    pub fn keeping() -> Self
    where
        T: Clone,
    {
        let slot = Self::default();
        slot.lock().keeps = Some(T::clone);
        slot
    }

    /// The latest value that was put into a slot that keeps it.
    pub fn latest(&self) -> Option<T>
    where
        T: Clone,
    {
        self.lock().latest.clone()
    }

    /// Puts a value in; what was there is dropped.
    pub fn put(&self, value: T) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if let Some(keep) = state.keeps {
            state.latest = Some(keep(&value));
        }
        if state.value.replace(value).is_some() {
            state.dropped += 1;
        }
        drop(state);
        self.shared.put.notify_one();
        self.shared.told.notify_one();
    }

    /// Takes what is there now.
    pub fn try_take(&self) -> Option<T> {
        self.lock().value.take()
    }

    /// Waits for a value on a thread of its own; none once the slot is closed or after `patience`.
    pub fn take_within(&self, patience: Duration) -> Option<T> {
        let empty = |state: &mut State<T>| state.value.is_none() && !state.closed;
        let waited = self.shared.put.wait_timeout_while(self.lock(), patience, empty);
        waited.unwrap_or_else(PoisonError::into_inner).0.value.take()
    }

    /// Waits for a value; none once the slot is closed. For one taker at a time.
    pub async fn take(&self) -> Option<T> {
        loop {
            {
                let mut state = self.lock();
                if state.value.is_some() || state.closed {
                    return state.value.take();
                }
            }
            self.shared.told.notified().await;
        }
    }

    /// Ends the slot: takers get nothing any more, and what is put is dropped.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        (state.value, state.latest) = (None, None);
        drop(state);
        self.shared.put.notify_all();
        self.shared.told.notify_one();
    }

    /// Whether the slot is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// How many values nobody took.
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// A panic while the lock was held left whole values: every change is one assignment.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_wins_and_the_rest_is_counted() {
        let slot = Slot::new();
        for number in 0..3 {
            slot.put(number);
        }
        assert_eq!((slot.take().await, slot.try_take(), slot.dropped()), (Some(2), None, 2));
    }

    #[tokio::test]
    async fn a_taker_is_woken_by_a_value_and_by_the_end() {
        let slot: Slot<u32> = Slot::new();
        let taker = slot.clone();
        let taking = tokio::spawn(async move { (taker.take().await, taker.take().await) });
        tokio::task::yield_now().await;
        slot.put(7);
        tokio::task::yield_now().await;
        slot.close();
        slot.put(8);
        assert_eq!(taking.await.unwrap(), (Some(7), None));
        assert!(slot.is_closed());
    }

    #[test]
    fn a_thread_is_woken_by_a_value_and_by_the_end() {
        let slot: Slot<u32> = Slot::new();
        let taker = slot.clone();
        let thread = std::thread::spawn(move || {
            let patience = Duration::from_secs(60);
            (taker.take_within(patience), taker.take_within(patience))
        });
        slot.put(7);
        while slot.lock().value.is_some() {
            std::thread::yield_now();
        }
        slot.close();
        assert_eq!(thread.join().unwrap(), (Some(7), None));
    }

    #[test]
    fn an_empty_slot_gives_nothing_in_time() {
        assert_eq!(Slot::<u32>::new().take_within(Duration::ZERO), None);
    }
}
