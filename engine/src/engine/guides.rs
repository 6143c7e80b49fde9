//! The servers that guide two links to find each other: as the signaling server named them last, and when to ask for
//! them anew, because a relay's credentials end. A session may last for weeks; a credential is good for hours.

use super::answers::Pending;
use super::desk::{Desk, wall_ms};
use visavis_signaling::protocol::{ClientMessage, IceServer};

/// The shortest time after which they are asked for again, whatever a server says.
const LEAST_MS: u64 = 30_000;
/// The longest.
const MOST_MS: u64 = 24 * 3_600_000;

#[derive(Debug, Default)]
pub(super) struct Guides {
    servers: Vec<IceServer>,
    /// By the engine's clock.
    renew_at: Option<u64>,
}

impl Guides {
    pub(super) fn servers(&self) -> Vec<IceServer> {
        self.servers.clone()
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.renew_at
    }
}

impl Desk {
    /// The server named them.
    pub(super) fn take_guides(&mut self, servers: Vec<IceServer>) {
        let server_now = wall_ms().saturating_add_signed(self.server_ahead_ms);
        let wait = renew_after_ms(&servers, server_now);
        self.links.guides = Guides { servers, renew_at: wait.map(|wait| self.now() + wait) };
    }

    /// Asks for them anew where it is time. Where there is no connection, the next welcome names them.
    pub(super) async fn renew_guides(&mut self) {
        let now = self.now();
        if self.links.guides.renew_at.is_none_or(|at| at > now) {
            return;
        }
        self.links.guides.renew_at = self.is_online().then_some(now + LEAST_MS);
        if self.is_online() {
            self.ask(ClientMessage::IceServers { id: 0 }, Pending::Guides).await;
        }
    }
}

/// Half the time that the shortest-lived credential has left; none where none ends. The user name of a credential for
/// a limited time begins with the second in which it ends.
fn renew_after_ms(servers: &[IceServer], server_now_ms: u64) -> Option<u64> {
    let ends = servers.iter().filter_map(|server| {
        let (second, _) = server.username.as_ref()?.split_once(':')?;
        second.parse::<u64>().ok()
    });
    let left = ends.min()?.saturating_mul(1000).saturating_sub(server_now_ms);
    Some((left / 2).clamp(LEAST_MS, MOST_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(username: Option<&str>) -> IceServer {
        IceServer {
            urls: vec!["turn:192.0.2.1:3478?transport=udp".to_owned()],
            username: username.map(str::to_owned),
            credential: username.map(|_| "x".to_owned()),
        }
    }

    #[test]
    fn they_are_renewed_at_half_time_within_bounds() {
        let now = 1_795_600_000_000;
        let after = |names: &[Option<&str>]| {
            let servers: Vec<_> = names.iter().map(|name| server(*name)).collect();
            renew_after_ms(&servers, now)
        };
        assert_eq!(after(&[Some("1795643200:abc"), None]), Some(6 * 3_600_000));
        assert_eq!(after(&[Some("1795643200:abc"), Some("1795600100:abc")]), Some(50_000));
        assert_eq!(after(&[Some("1795600001:abc")]), Some(LEAST_MS));
        assert_eq!(after(&[Some("5:abc")]), Some(LEAST_MS), "ended long ago");
        assert_eq!(after(&[Some("18446744073709551615:abc")]), Some(MOST_MS));
        for lasting in [None, Some("ana"), Some("ana:1"), Some("-5:x"), Some("")] {
            assert_eq!(after(&[lasting]), None, "{lasting:?}");
        }
    }
}
