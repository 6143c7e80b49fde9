//! The gate: how many connections, failures and new identities one address may bring.
//! Pure: told the time and the address. IPv6 addresses count by their /64, since one subscriber has all of
//! that. The table is bounded: addresses that owe nothing are dropped, and when all owe, new ones are let in
//! unwatched rather than kept out (the bound on all connections still holds).

use super::bucket::{Bucket, Rate};
use super::limits::ServerLimits;
use crate::protocol::ErrorCode;
use std::collections::HashMap;
use std::net::IpAddr;

const MOST_ADDRESSES: usize = 100_000;

#[derive(Debug)]
struct Visitor {
    connections: u32,
    failures: Bucket,
    identities: Bucket,
}

/// Counts by address.
#[derive(Debug)]
pub(crate) struct Gate {
    visitors: HashMap<IpAddr, Visitor>,
    connections: u32,
    most: u32,
    most_per_address: u32,
    failures: Rate,
    identities: Rate,
}

/// The part of an address that one subscriber has.
pub(crate) fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::from(octets)
        }
        other => other,
    }
}

impl Gate {
    pub(crate) fn new(limits: &ServerLimits) -> Self {
        Self {
            visitors: HashMap::new(),
            connections: 0,
            most: limits.connections,
            most_per_address: limits.connections_per_address,
            failures: Rate::per_hour(limits.failures_per_address),
            identities: Rate::per_hour(limits.new_identities_per_address),
        }
    }

    fn visitor(&mut self, now_ms: u64, address: IpAddr) -> Option<&mut Visitor> {
        let address = subscriber(address);
        if self.visitors.len() >= MOST_ADDRESSES && !self.visitors.contains_key(&address) {
            return None;
        }
        Some(self.visitors.entry(address).or_insert_with(|| Visitor {
            connections: 0,
            failures: Bucket::new(now_ms),
            identities: Bucket::new(now_ms),
        }))
    }

    /// Someone knocks. Whoever is let in must [`Gate::leave`].
    pub(crate) fn enter(&mut self, now_ms: u64, address: IpAddr) -> Result<(), ErrorCode> {
        if self.connections >= self.most {
            return Err(ErrorCode::ServerFull);
        }
        let most = self.most_per_address;
        if let Some(visitor) = self.visitor(now_ms, address) {
            if visitor.connections >= most {
                return Err(ErrorCode::TooManyConnections);
            }
            visitor.connections += 1;
        }
        self.connections += 1;
        Ok(())
    }

    /// Someone who was let in goes.
    pub(crate) fn leave(&mut self, address: IpAddr) {
        self.connections = self.connections.saturating_sub(1);
        if let Some(visitor) = self.visitors.get_mut(&subscriber(address)) {
            visitor.connections = visitor.connections.saturating_sub(1);
        }
    }

    /// Whether an address may try to sign in; the error says in how many milliseconds.
    pub(crate) fn may_try(&mut self, now_ms: u64, address: IpAddr) -> Result<(), u64> {
        let rate = self.failures;
        match self.visitor(now_ms, address) {
            Some(visitor) => {
                let mut looked_at = visitor.failures;
                looked_at.take(rate, now_ms, 1)
            }
            None => Ok(()),
        }
    }

    /// A sign-in failed, or an invite code was wrong.
    pub(crate) fn failed(&mut self, now_ms: u64, address: IpAddr) {
        let rate = self.failures;
        if let Some(visitor) = self.visitor(now_ms, address) {
            // More failures than the bucket holds come from connections made before; they count as one empty.
            let _ = visitor.failures.take(rate, now_ms, 1);
        }
    }

    /// An address brings a new identity; the error says in how many milliseconds it may.
    pub(crate) fn new_identity(&mut self, now_ms: u64, address: IpAddr) -> Result<(), u64> {
        let rate = self.identities;
        self.visitor(now_ms, address).map_or(Ok(()), |v| v.identities.take(rate, now_ms, 1))
    }

    /// Connections now.
    pub(crate) fn connections(&self) -> u32 {
        self.connections
    }

    /// Forgets addresses that a new entry would say the same of.
    pub(crate) fn sweep(&mut self, now_ms: u64) {
        let (failures, identities) = (self.failures, self.identities);
        self.visitors.retain(|_, visitor| {
            visitor.connections > 0
                || !visitor.failures.is_full(failures, now_ms)
                || !visitor.identities.is_full(identities, now_ms)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new(&ServerLimits {
            connections: 4,
            connections_per_address: 2,
            failures_per_address: 3,
            ..ServerLimits::default()
        })
    }

    #[test]
    fn connections_are_counted_by_subscriber() {
        let mut gate = gate();
        let [one, other]: [IpAddr; 2] =
            ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2"].map(|a| a.parse().unwrap());
        let apart: IpAddr = "192.0.2.1".parse().unwrap();
        gate.enter(0, one).unwrap();
        gate.enter(0, other).unwrap();
        assert_eq!(gate.enter(0, one), Err(ErrorCode::TooManyConnections));
        gate.enter(0, apart).unwrap();
        gate.enter(0, "::ffff:192.0.2.1".parse().unwrap()).unwrap();
        gate.leave(one);
        assert_eq!(gate.enter(0, apart), Err(ErrorCode::TooManyConnections));
        gate.enter(0, other).unwrap();
        assert_eq!(gate.enter(0, other), Err(ErrorCode::ServerFull));
    }

    #[test]
    fn failures_shut_the_gate_for_a_while() {
        let mut gate = gate();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..3 {
            gate.may_try(0, address).unwrap();
            gate.failed(0, address);
        }
        let wait = gate.may_try(0, address).unwrap_err();
        gate.sweep(0);
        assert!(gate.may_try(0, address).is_err());
        gate.may_try(wait, address).unwrap();
        gate.sweep(10_000_000);
        assert!(gate.visitors.is_empty());
    }
}
