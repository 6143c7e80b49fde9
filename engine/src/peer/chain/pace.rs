//! The estimator in its place in the row: fed with the fates of packets, its target put where the encoder looks.

use crate::media::clock::now_us;
use crate::peer::estimator::{Estimator, FIRST, Fate};
use rtc::interceptor::{BandwidthEstimator, PacketReport};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The pacer lets out so many times the target.
pub(super) const ROOM: f64 = 2.5;

/// What the path carries, as it is known now. Written by the row, read by whoever likes.
#[derive(Debug)]
pub(in crate::peer) struct Path {
    target: AtomicU64,
    loss: AtomicU64,
    queued_us: AtomicU64,
    /// How often there was news.
    news: AtomicU64,
}

impl Default for Path {
    fn default() -> Self {
        let target = AtomicU64::new(FIRST.to_bits());
        Self {
            target,
            loss: AtomicU64::new(0),
            queued_us: AtomicU64::new(0),
            news: AtomicU64::new(0),
        }
    }
}

impl Path {
    /// In bit/s.
    pub(in crate::peer) fn target(&self) -> f64 {
        f64::from_bits(self.target.load(Ordering::Relaxed))
    }

    /// The part of what is sent that is lost, from 0 to 1.
    pub(in crate::peer) fn loss(&self) -> f64 {
        f64::from_bits(self.loss.load(Ordering::Relaxed))
    }

    /// How long packets stood in queues of late, and how often there was news of that.
    pub(in crate::peer) fn queued(&self) -> (u64, u64) {
        (self.news.load(Ordering::Acquire), self.queued_us.load(Ordering::Relaxed))
    }
}

/// The estimator as the row wants it.
pub(super) struct Paced {
    estimator: Estimator,
    path: Arc<Path>,
    epoch: Instant,
}

impl Paced {
    pub(super) fn new(path: Arc<Path>) -> Self {
        // Any fixed moment serves: only differences count.
        let epoch = Instant::now();
        Self { estimator: Estimator::default(), path, epoch }
    }
}

impl BandwidthEstimator for Paced {
    fn on_reports(&mut self, _now: Instant, reports: &[PacketReport]) {
        let micros =
            |span: std::time::Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let fates: Vec<Fate> = reports
            .iter()
            .map(|report| Fate {
                sent_us: micros(report.departure.saturating_duration_since(self.epoch)),
                arrived_us: report.arrived.then(|| report.arrival.map(micros)).flatten(),
                size: report.size,
            })
            // One that came, but nobody knows when, says nothing.
            .zip(reports)
            .filter(|(fate, report)| fate.arrived_us.is_some() || !report.arrived)
            .map(|(fate, _)| fate)
            .collect();
        self.estimator.hear(now_us(), &fates);
        self.path.target.store(self.estimator.target().to_bits(), Ordering::Relaxed);
        self.path.loss.store(self.estimator.loss().to_bits(), Ordering::Relaxed);
        self.path.queued_us.store(self.estimator.queued_us(), Ordering::Relaxed);
        self.path.news.fetch_add(1, Ordering::Release);
    }

    fn target_bitrate(&self) -> f64 {
        ROOM * self.estimator.target()
    }
}
