//! The watch over all links: who is silent is asked, then let go; who ends too slowly is cut off. One clock
//! for all of them, since a timer for each would cost more than the connection does.

use super::core::Core;
use super::link::Link;
use crate::protocol::ErrorCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};

/// What is due for one link.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    Ping,
    Silent,
}

fn due(silent_ms: u64, pinged: bool, ping_after: Duration, silence: Duration) -> Due {
    let silent = Duration::from_millis(silent_ms);
    if silent >= silence {
        Due::Silent
    } else if silent >= ping_after && !pinged {
        Due::Ping
    } else {
        Due::Nothing
    }
}

/// Looks at all links once.
fn look(core: &Core) {
    let times = &core.config.times;
    let now_ms = core.uptime_ms();
    core.each_link(false, |link: &Link| {
        if link.is_ending() {
            if now_ms - link.ended_ms(now_ms) >= times.farewell.as_millis() as u64 {
                link.kill();
            }
            return;
        }
        let silent_ms = now_ms.saturating_sub(link.heard_ms());
        match due(silent_ms, link.was_pinged(), times.ping_after, times.silence) {
            Due::Nothing => {}
            Due::Ping => link.ping(),
            Due::Silent => {
                core.counters.error(ErrorCode::Silent);
                link.end_with(ErrorCode::Silent);
            }
        }
    });
}

/// Keeps watch until the server stops.
pub(crate) async fn keep(core: Arc<Core>) {
    let times = core.config.times;
    let tick = (times.silence / 5)
        .min(times.farewell)
        .clamp(Duration::from_millis(5), Duration::from_secs(1));
    let mut links = interval(tick);
    links.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut certificate = interval_at(Instant::now() + times.certificate, times.certificate);
    let mut sweep = interval(times.sweep);
    loop {
        tokio::select! {
            _ = links.tick() => look(&core),
            _ = certificate.tick() => {
                if let Some(tls) = &core.tls {
                    tls.look();
                }
            }
            _ = sweep.tick() => core.sweep(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_silent_are_asked_once_and_then_let_go() {
        let [ping, silence] = [10, 25].map(Duration::from_secs);
        let due = |ms, pinged| due(ms, pinged, ping, silence);
        assert_eq!(due(9_999, false), Due::Nothing);
        assert_eq!(due(10_000, false), Due::Ping);
        assert_eq!(due(10_000, true), Due::Nothing);
        assert_eq!(due(25_000, true), Due::Silent);
    }
}
