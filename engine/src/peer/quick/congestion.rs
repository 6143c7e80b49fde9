//! How much QUIC may have under way: what the path carries, as BBR finds it out, and while a call is on no more than good
//! manners allow.

use super::manners::Manners;
use quinn::congestion::{BbrConfig, Controller, ControllerFactory};
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Makes controllers that give way.
#[derive(Debug)]
pub(super) struct YieldingConfig {
    calling: Arc<AtomicBool>,
    bbr: Arc<BbrConfig>,
}

impl YieldingConfig {
    /// They give way while `calling` says so.
    pub(super) fn new(calling: &Arc<AtomicBool>) -> Self {
        Self { calling: Arc::clone(calling), bbr: Arc::default() }
    }
}

impl ControllerFactory for YieldingConfig {
    fn build(self: Arc<Self>, now: Instant, mtu: u16) -> Box<dyn Controller> {
        let path = Arc::clone(&self.bbr).build(now, mtu);
        Box::new(Yielding { config: self, path, mtu, epoch: now, manners: None })
    }
}

struct Yielding {
    config: Arc<YieldingConfig>,
    path: Box<dyn Controller>,
    mtu: u16,
    epoch: Instant,
    /// While a call is on.
    manners: Option<Manners>,
}

impl Yielding {
    /// Takes manners up, or lays them down.
    fn manners(&mut self) -> Option<&mut Manners> {
        match self.config.calling.load(Ordering::Relaxed) {
            true => Some(self.manners.get_or_insert_with(|| Manners::new(self.mtu.into()))),
            false => {
                self.manners = None;
                None
            }
        }
    }

    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.epoch).as_micros()).unwrap_or(u64::MAX)
    }
}

impl Controller for Yielding {
    fn on_sent(&mut self, now: Instant, bytes: u64, last_packet_number: u64) {
        self.path.on_sent(now, bytes, last_packet_number);
    }

    fn on_ack(
        &mut self,
        now: Instant,
        sent: Instant,
        bytes: u64,
        app_limited: bool,
        rtt: &quinn_proto::RttEstimator,
    ) {
        self.path.on_ack(now, sent, bytes, app_limited, rtt);
        let (now_us, sent_us) = (self.micros(now), self.micros(sent));
        if let Some(manners) = self.manners() {
            manners.came_back(now_us, now_us.saturating_sub(sent_us), !app_limited);
        }
    }

    fn on_end_acks(
        &mut self,
        now: Instant,
        in_flight: u64,
        app_limited: bool,
        largest_packet_num_acked: Option<u64>,
    ) {
        self.path.on_end_acks(now, in_flight, app_limited, largest_packet_num_acked);
    }

    fn on_congestion_event(
        &mut self,
        now: Instant,
        sent: Instant,
        is_persistent_congestion: bool,
        lost_bytes: u64,
    ) {
        self.path.on_congestion_event(now, sent, is_persistent_congestion, lost_bytes);
        if let Some(manners) = self.manners() {
            manners.lost();
        }
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.mtu = new_mtu;
        self.path.on_mtu_update(new_mtu);
    }

    fn window(&self) -> u64 {
        let path = self.path.window();
        match self.config.calling.load(Ordering::Relaxed) {
            true => path.min(self.manners.as_ref().map_or(path, Manners::window)),
            false => path,
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(Self {
            config: Arc::clone(&self.config),
            path: self.path.clone_box(),
            mtu: self.mtu,
            epoch: self.epoch,
            manners: None,
        })
    }

    fn initial_window(&self) -> u64 {
        self.path.initial_window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
