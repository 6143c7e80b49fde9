//! The relay on real sockets of loopback, spoken to by a client of STUN and TURN that is written by hand, and
//! by coturn's own.

mod answers;
mod coturn;
mod hostile;
mod logs;
mod quotas;
mod relaying;
mod told;
mod turning;

use crate::operation::get;
use crate::stage::Stage;
use std::net::SocketAddr;
use visavis_signaling::server::{RelayConfig, RelaySecret};

pub(crate) const SECRET: &str = "north, north-east, by north";

/// A server with a relay that answers strangers as often as a test needs.
pub(crate) async fn staged(change: impl FnOnce(&mut RelayConfig)) -> Stage {
    let mut relay = RelayConfig {
        secret: Some(RelaySecret(SECRET.to_owned())),
        unauthenticated_per_address: 10_000,
        unauthenticated: 10_000,
        ..RelayConfig::loopback()
    };
    change(&mut relay);
    Stage::with(|config| config.relay = Some(relay)).await
}

/// Where its relay listens.
pub(crate) fn relay_of(stage: &Stage) -> SocketAddr {
    stage.server.relay_addrs()[0]
}

/// What the relay has counted by a name.
pub(crate) async fn counted(stage: &Stage, name: &str) -> u64 {
    let metrics = get(stage.address(), "/metrics").await;
    let line = format!("visavis_relay_{name} ");
    let found = metrics.lines().find_map(|text| text.strip_prefix(&line));
    found.map_or(0, |count| count.parse().unwrap())
}

/// Waits until the relay has so many allocations.
pub(crate) async fn allocations(stage: &Stage, count: usize) {
    let mut allocations = stage.server.relay_allocations().unwrap();
    let reached = allocations.wait_for(|now| *now == count);
    tokio::time::timeout(turning::PATIENCE, reached).await.unwrap().unwrap();
}
