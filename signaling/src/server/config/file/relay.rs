//! The section `[relay]` of the configuration file: it is there where a relay is to run.

use crate::server::relay::{RelayConfig, RelaySecret};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Relay {
    listen: Vec<SocketAddr>,
    advertise: Vec<IpAddr>,
    ports: (u16, u16),
    allow_private: bool,
    realm: String,
    secret: Option<RelaySecret>,
    credential_hours: u32,
    allocation_minutes: u32,
    allocations_per_identity: u32,
    allocations: u32,
    kilobits_per_second: u32,
    unauthenticated_per_address: u32,
    unauthenticated: u32,
}

impl Default for Relay {
    fn default() -> Self {
        let config = RelayConfig::default();
        Self {
            listen: config.listen,
            advertise: config.advertise,
            ports: config.ports,
            allow_private: config.allow_private,
            realm: config.realm,
            secret: config.secret,
            credential_hours: (config.credential_lifetime.as_secs() / 3600) as u32,
            allocation_minutes: (config.allocation_lifetime.as_secs() / 60) as u32,
            allocations_per_identity: config.allocations_per_identity,
            allocations: config.allocations,
            kilobits_per_second: config.kilobits_per_second,
            unauthenticated_per_address: config.unauthenticated_per_address,
            unauthenticated: config.unauthenticated,
        }
    }
}

impl Relay {
    pub(super) fn config(self) -> Result<RelayConfig, String> {
        let config = RelayConfig {
            listen: self.listen,
            advertise: self.advertise,
            ports: self.ports,
            allow_private: self.allow_private,
            realm: self.realm,
            secret: self.secret,
            credential_lifetime: Duration::from_secs(u64::from(self.credential_hours) * 3600),
            allocation_lifetime: Duration::from_secs(u64::from(self.allocation_minutes) * 60),
            allocations_per_identity: self.allocations_per_identity,
            allocations: self.allocations,
            kilobits_per_second: self.kilobits_per_second,
            unauthenticated_per_address: self.unauthenticated_per_address,
            unauthenticated: self.unauthenticated,
        };
        config.check()?;
        Ok(config)
    }
}

/// The section with every key, its default, and what it is for.
pub(super) fn commented_defaults() -> String {
    // Taken apart, so that a key that is not described here does not compile.
    let Relay {
        listen,
        advertise: _,
        ports,
        allow_private,
        realm,
        secret: _,
        credential_hours,
        allocation_minutes,
        allocations_per_identity,
        allocations,
        kilobits_per_second,
        unauthenticated_per_address,
        unauthenticated,
    } = Relay::default();
    let listen: Vec<String> = listen.iter().map(SocketAddr::to_string).collect();
    format!(
        r#"
# STUN and TURN of its own, over UDP: without this section there is none.
#[relay]
# Where to listen: one address, or one of each family.
#listen = {listen:?}
# The addresses that clients and peers reach, where they are not this machine's own: one of each family.
#advertise = ["203.0.113.5"]
# The first and the last port of relayed addresses.
#ports = [{}, {}]
# Relay to loopback and private addresses too: only in a network at home.
#allow_private = {allow_private}
# What clients know their credentials by.
#realm = "{realm}"
# What credentials are made with; random at each start where it is not given. The same for servers that are to
# take each other's credentials.
#secret = "at least sixteen random characters"
# For how long credentials are good.
#credential_hours = {credential_hours}
# For how long an allocation lives without being refreshed, at most: up to 60.
#allocation_minutes = {allocation_minutes}
# Allocations of one identity.
#allocations_per_identity = {allocations_per_identity}
# Allocations in all.
#allocations = {allocations}
# Kilobits a second of one identity, each way.
#kilobits_per_second = {kilobits_per_second}
# Answers a second to one address (IPv6: /64) that has no good credentials.
#unauthenticated_per_address = {unauthenticated_per_address}
# Answers a second to all who have none.
#unauthenticated = {unauthenticated}
"#,
        ports.0, ports.1
    )
}

/// What the section says when all its keys are spoken.
#[cfg(test)]
pub(super) fn spoken() -> RelayConfig {
    RelayConfig {
        advertise: vec![IpAddr::from([203, 0, 113, 5])],
        secret: Some(RelaySecret("at least sixteen random characters".to_owned())),
        ..RelayConfig::default()
    }
}
