//! How far a transfer is, for whoever wants to look: numbers that the transfer's thread sets and others read.

use std::sync::atomic::{AtomicU64, Ordering};

/// One transfer's.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
    moved: AtomicU64,
}

impl Progress {
    /// So much is there of so much.
    pub fn begin(&self, done: u64, total: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Bytes came and are checked; or were sent.
    pub fn landed(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        self.moved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes that are there, and all bytes; nothing is known before it begins.
    pub fn get(&self) -> Option<(u64, u64)> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| (self.done.load(Ordering::Relaxed).min(total), total))
    }

    /// Bytes that went over the lane since the app was started.
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }
}
