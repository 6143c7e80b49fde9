//! What all listeners and allocations of one relay share: who may use it, where bytes may go, what is counted.
//! It opens no socket of its own.

use super::config::RelayConfig;
use super::credentials::Credentials;
use super::filter::may_reach;
use super::table::{Relayed, Table};
use super::tally::Tally;
use super::throttle::Throttle;
use crate::protocol::{IceServer, PublicKey};
use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::time::Instant;

/// One relay's shared state.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(super) config: RelayConfig,
    pub(super) credentials: Credentials,
    pub(super) table: Arc<Table>,
    pub(super) tally: Tally,
    /// Where it listens.
    pub(super) listening: Vec<SocketAddr>,
    throttle: Mutex<Throttle>,
    own: RwLock<HashSet<IpAddr>>,
    began: Instant,
}

impl Desk {
    pub(super) fn new(
        config: RelayConfig,
        listening: Vec<SocketAddr>,
    ) -> Result<Self, getrandom::Error> {
        let desk = Self {
            credentials: Credentials::new(&config)?,
            table: Arc::new(Table::new(&config)),
            tally: Tally::default(),
            listening,
            throttle: Mutex::new(Throttle::new(&config)),
            own: RwLock::default(),
            began: Instant::now(),
            config,
        };
        desk.look_around();
        Ok(desk)
    }

    /// Milliseconds since the relay started: for what lasts.
    pub(super) fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Seconds since 1970: for credentials.
    pub(super) fn now_s(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    pub(super) fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns this machine's addresses, which may have changed.
    fn look_around(&self) {
        let found = match turn_conn::ifaces::ifaces() {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "this machine's addresses can't be listed");
                Vec::new()
            }
        };
        let mut own: HashSet<IpAddr> =
            found.iter().filter_map(|interface| interface.addr).map(|addr| addr.ip()).collect();
        own.extend(self.listening.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()));
        own.extend(&self.config.advertise);
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = own;
    }

    /// Forgets what need not be remembered, and looks for changed addresses.
    pub(super) fn sweep(&self) {
        let now_ms = self.now_ms();
        self.throttle().sweep(now_ms);
        self.table.sweep(now_ms);
        self.look_around();
    }

    fn is_own(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.own.read().unwrap_or_else(PoisonError::into_inner).contains(&ip)
    }

    /// Where a datagram to a peer has to be sent; none where nothing is relayed to. This machine's own addresses
    /// are peers only as relayed addresses of other clients, or where private ones are allowed; what this
    /// server listens on never is.
    pub(super) fn way_to(&self, peer: SocketAddr) -> Option<SocketAddr> {
        let is_own = self.is_own(peer.ip());
        if is_own
            && let Some(Relayed { near, far }) = self.table.relayed(peer.is_ipv4(), peer.port())
            && (far.ip() == peer.ip() || self.config.allow_private)
        {
            return Some(near);
        }
        let open = may_reach(peer.ip(), self.config.allow_private)
            && peer.port() != 0
            && !(is_own
                && (!self.config.allow_private
                    || self.listening.iter().any(|listening| listening.port() == peer.port())));
        open.then_some(peer)
    }

    /// By which address a peer is known that a datagram came from: another client's relayed address may be
    /// another than the one it is sent from here.
    pub(super) fn known_as(&self, from: SocketAddr) -> SocketAddr {
        if self.is_own(from.ip())
            && let Some(relayed) = self.table.relayed(from.is_ipv4(), from.port())
        {
            return relayed.far;
        }
        from
    }

    /// The servers that an identity is told, and the credentials for them. `host` is where the client finds this
    /// machine if nothing else was configured.
    pub(crate) fn ice_servers(&self, identity: &PublicKey, host: &str) -> Vec<IceServer> {
        let Some(port) = self.listening.first().map(SocketAddr::port) else { return Vec::new() };
        let host = match self.config.advertise.first() {
            Some(advertised) => bracketed(&advertised.to_string()),
            None => bracketed(host),
        };
        let (username, credential) = self.credentials.issue(identity, self.now_s());
        vec![
            IceServer {
                urls: vec![format!("stun:{host}:{port}")],
                username: None,
                credential: None,
            },
            IceServer {
                urls: vec![format!("turn:{host}:{port}?transport=udp")],
                username: Some(username),
                credential: Some(credential),
            },
        ]
    }

    /// What is counted, for Prometheus.
    pub(crate) fn metrics(&self) -> String {
        self.tally.text(*self.table.count().borrow())
    }

    /// How many allocations there are, now and whenever that changes.
    pub(crate) fn allocations(&self) -> watch::Receiver<usize> {
        self.table.count()
    }

    /// Where it listens.
    pub(crate) fn listening(&self) -> &[SocketAddr] {
        &self.listening
    }
}

/// A host as it stands before a port.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(allow_private: bool) -> Desk {
        let config = RelayConfig {
            allow_private,
            advertise: vec!["203.0.113.5".parse().unwrap()],
            ..RelayConfig::default()
        };
        Desk::new(config, vec!["198.51.100.7:3478".parse().unwrap()]).unwrap()
    }

    #[tokio::test]
    async fn own_addresses_are_peers_only_as_relayed_ones() {
        let desk = desk(false);
        let way = |peer: &str| desk.way_to(peer.parse().unwrap()).map(|way| way.to_string());
        let relayed = Relayed {
            near: "127.0.0.1:50000".parse().unwrap(),
            far: "203.0.113.5:50000".parse().unwrap(),
        };
        let mut lease = desk.table.lease(0, (0, relayed.near), &"ana".into()).unwrap();
        for peer in ["203.0.113.5:50000", "127.0.0.1:50000", "198.51.100.7:22", "127.0.0.1:3478"] {
            assert_eq!(way(peer), None, "{peer}");
        }
        lease.open(relayed);
        assert_eq!(way("203.0.113.5:50000").as_deref(), Some("127.0.0.1:50000"));
        for peer in ["203.0.113.5:50001", "127.0.0.1:50000", "198.51.100.7:50000", "10.0.0.1:9"] {
            assert_eq!(way(peer), None, "{peer}");
        }
        assert_eq!(way("1.1.1.1:9").as_deref(), Some("1.1.1.1:9"));
        assert_eq!(way("1.1.1.1:0"), None);
        assert_eq!(way("[::ffff:1.1.1.1]:9"), None);
        assert_eq!(desk.known_as(relayed.near), relayed.far);
        let other = "127.0.0.1:50001".parse().unwrap();
        assert_eq!(desk.known_as(other), other);
        drop(lease);
        assert_eq!(way("203.0.113.5:50000"), None);
    }

    #[tokio::test]
    async fn where_private_addresses_are_allowed_the_server_itself_is_not() {
        let desk = desk(true);
        let way = |peer: &str| desk.way_to(peer.parse().unwrap()).is_some();
        assert!(way("127.0.0.1:9") && way("10.0.0.1:3478") && way("198.51.100.7:9"));
        assert!(!way("127.0.0.1:3478") && !way("198.51.100.7:3478") && !way("224.0.0.1:9"));
    }

    #[tokio::test]
    async fn servers_are_told_by_the_address_that_reaches_them() {
        let told = |desk: &Desk, host: &str| {
            let servers = desk.ice_servers(&PublicKey([1; 32]), host);
            servers.into_iter().flat_map(|server| server.urls).collect::<Vec<_>>()
        };
        let advertised = ["stun:203.0.113.5:3478", "turn:203.0.113.5:3478?transport=udp"];
        assert_eq!(told(&desk(false), "call.example.org"), advertised);
        let listening = vec!["0.0.0.0:3479".parse().unwrap()];
        let plain = Desk::new(RelayConfig::default(), listening).unwrap();
        assert_eq!(told(&plain, "call.example.org")[0], "stun:call.example.org:3479");
        assert_eq!(told(&plain, "2001:db8::1")[1], "turn:[2001:db8::1]:3479?transport=udp");
    }
}
