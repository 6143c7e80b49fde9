//! What an operator or a host program may choose about the relay. Every value has a default.
//! The room holds values and checks that they fit together; who enforces each is said in `docs/server.md`.

use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The key that credentials are made with: whoever has it can let anyone use the relay. It is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct RelaySecret(pub String);

impl fmt::Debug for RelaySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelaySecret")
    }
}

/// No secret that is given is shorter, in bytes.
const LEAST_SECRET: usize = 16;

/// STUN and TURN over UDP beside the signaling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayConfig {
    /// Where to listen, on UDP: at most one address of each family; port 0 takes any.
    pub listen: Vec<SocketAddr>,
    /// The addresses by which clients and their peers reach this machine, where they are not its own (behind a
    /// NAT that forwards): at most one of each family.
    pub advertise: Vec<IpAddr>,
    /// The first and the last port that relayed addresses take.
    pub ports: (u16, u16),
    /// Whether bytes may be relayed to loopback and private addresses: for tests and networks at home.
    pub allow_private: bool,
    /// The name by which clients know what their credentials are for.
    pub realm: String,
    /// What credentials are made with; none takes a random one at each start. Servers that share it take each
    /// other's credentials.
    pub secret: Option<RelaySecret>,
    /// For how long new credentials are good.
    pub credential_lifetime: Duration,
    /// For how long an allocation lives at most without being refreshed.
    pub allocation_lifetime: Duration,
    /// Allocations of one identity.
    pub allocations_per_identity: u32,
    /// Allocations in all.
    pub allocations: u32,
    /// Kilobits a second that one identity may have relayed, each way.
    pub kilobits_per_second: u32,
    /// Answers a second to requests without good credentials, to one address (IPv4) or network (IPv6 /64).
    pub unauthenticated_per_address: u32,
    /// Answers a second to requests without good credentials, in all.
    pub unauthenticated: u32,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), stun::DEFAULT_PORT)],
            advertise: Vec::new(),
            ports: (49_152, 65_535),
            allow_private: false,
            realm: "visavis".to_owned(),
            secret: None,
            credential_lifetime: Duration::from_secs(12 * 3600),
            allocation_lifetime: Duration::from_secs(3600),
            allocations_per_identity: 8,
            allocations: 1000,
            kilobits_per_second: 8000,
            unauthenticated_per_address: 20,
            unauthenticated: 2000,
        }
    }
}

impl RelayConfig {
    /// On any free port of loopback, relaying to loopback: for tests.
    pub fn loopback() -> Self {
        Self {
            listen: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)],
            allow_private: true,
            ..Self::default()
        }
    }

    /// Whether the values fit together; the error is a sentence for the operator.
    pub(crate) fn check(&self) -> Result<(), String> {
        let families = |count: usize, v4: usize| v4 > 1 || count - v4 > 1;
        let v4 = self.listen.iter().filter(|address| address.is_ipv4()).count();
        if self.listen.is_empty() || families(self.listen.len(), v4) {
            return Err("relay.listen must have one address, or one of each family".to_owned());
        }
        let v4 = self.advertise.iter().filter(|address| address.is_ipv4()).count();
        if families(self.advertise.len(), v4) {
            return Err("relay.advertise must have at most one address of each family".to_owned());
        }
        if self.advertise.iter().any(IpAddr::is_unspecified) {
            return Err("relay.advertise must name the address that clients reach".to_owned());
        }
        let (first, last) = self.ports;
        if first < 1024 || last < first {
            return Err("relay.ports must be two ports from 1024 on, the lower first".to_owned());
        }
        if self.realm.is_empty() || self.realm.len() > 127 || self.realm.contains(['"', ':']) {
            return Err("relay.realm must be 1 to 127 bytes, without quotes and colons".to_owned());
        }
        if self.secret.as_ref().is_some_and(|secret| secret.0.len() < LEAST_SECRET) {
            return Err(format!("relay.secret must have at least {LEAST_SECRET} bytes"));
        }
        let hour = Duration::from_secs(3600);
        if self.allocation_lifetime < Duration::from_secs(1) || self.allocation_lifetime > hour {
            return Err("relay.allocation_lifetime must be from a second to an hour".to_owned());
        }
        if self.credential_lifetime < Duration::from_secs(60) {
            return Err("relay.credential_lifetime must be at least a minute".to_owned());
        }
        for (key, value) in [
            ("allocations_per_identity", self.allocations_per_identity),
            ("allocations", self.allocations),
            ("unauthenticated_per_address", self.unauthenticated_per_address),
            ("unauthenticated", self.unauthenticated),
        ] {
            if value == 0 {
                return Err(format!("relay.{key} must be at least 1"));
            }
        }
        // Below this not even sound passes.
        if self.kilobits_per_second < 64 {
            return Err("relay.kilobits_per_second must be at least 64".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_fit_together_and_odd_values_are_refused_with_a_sentence() {
        RelayConfig::default().check().unwrap();
        RelayConfig::loopback().check().unwrap();
        let wrong = |change: fn(&mut RelayConfig), key: &str| {
            let mut config = RelayConfig::default();
            change(&mut config);
            let error = config.check().unwrap_err();
            assert!(error.starts_with(&format!("relay.{key} must")), "{error}");
        };
        wrong(|c| c.listen.clear(), "listen");
        wrong(|c| c.listen.push("127.0.0.1:1".parse().unwrap()), "listen");
        wrong(|c| c.advertise = vec!["0.0.0.0".parse().unwrap()], "advertise");
        wrong(|c| c.advertise = vec!["192.0.2.1".parse().unwrap(); 2], "advertise");
        wrong(|c| c.ports = (5000, 4000), "ports");
        wrong(|c| c.ports = (1, 4000), "ports");
        wrong(|c| c.realm = "a:b".to_owned(), "realm");
        wrong(|c| c.secret = Some(RelaySecret("short".to_owned())), "secret");
        wrong(|c| c.allocation_lifetime = Duration::from_secs(3601), "allocation_lifetime");
        wrong(|c| c.credential_lifetime = Duration::ZERO, "credential_lifetime");
        wrong(|c| c.allocations = 0, "allocations");
        wrong(|c| c.kilobits_per_second = 63, "kilobits_per_second");
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Some(RelaySecret("a very secret secret".to_owned()));
        let config = RelayConfig { secret, ..RelayConfig::default() };
        assert!(!format!("{config:?}").contains("very"));
    }
}
