//! How often strangers are answered: by address, and in all. Whoever has no good credentials can write any
//! address on a packet, so an answer is a favour that somebody else may have to take. Pure: told the time.
//! The table is bounded: addresses that owe nothing are dropped, and while all owe, new ones are held by the
//! bound on all alone.

use super::config::RelayConfig;
use crate::server::bucket::{Bucket, Rate};
use crate::server::gate::subscriber;
use std::collections::HashMap;
use std::net::IpAddr;

/// Addresses that are remembered at once.
pub(super) const MOST_ADDRESSES: usize = 20_000;
/// A full table is looked through no more often, in milliseconds.
const SWEEP_MS: u64 = 1000;
/// After a rest, so many seconds' answers may come at once.
const BURST_S: u32 = 3;

/// Counts answers to strangers.
#[derive(Debug)]
pub(super) struct Throttle {
    addresses: HashMap<IpAddr, Bucket>,
    all: Bucket,
    rate: Rate,
    rate_of_all: Rate,
    swept_ms: u64,
}

impl Throttle {
    pub(super) fn new(config: &RelayConfig) -> Self {
        let rate =
            |per_second: u32| Rate::per_second(per_second, per_second.saturating_mul(BURST_S));
        Self {
            addresses: HashMap::new(),
            all: Bucket::new(0),
            rate: rate(config.unauthenticated_per_address),
            rate_of_all: rate(config.unauthenticated),
            swept_ms: 0,
        }
    }

    /// Whether a stranger at an address is answered once more.
    pub(super) fn admit(&mut self, now_ms: u64, address: IpAddr) -> bool {
        let address = subscriber(address);
        if self.addresses.len() >= MOST_ADDRESSES
            && now_ms >= self.swept_ms.saturating_add(SWEEP_MS)
            && !self.addresses.contains_key(&address)
        {
            self.sweep(now_ms);
        }
        let known = self.addresses.contains_key(&address);
        if known || self.addresses.len() < MOST_ADDRESSES {
            let bucket = self.addresses.entry(address).or_insert_with(|| Bucket::new(now_ms));
            if bucket.take(self.rate, now_ms, 1).is_err() {
                return false;
            }
        }
        self.all.take(self.rate_of_all, now_ms, 1).is_ok()
    }

    /// Forgets addresses that a new entry would say the same of.
    pub(super) fn sweep(&mut self, now_ms: u64) {
        let rate = self.rate;
        self.addresses.retain(|_, bucket| !bucket.is_full(rate, now_ms));
        self.swept_ms = now_ms;
    }

    /// Addresses that are remembered now.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(per_address: u32, all: u32) -> Throttle {
        Throttle::new(&RelayConfig {
            unauthenticated_per_address: per_address,
            unauthenticated: all,
            ..RelayConfig::default()
        })
    }

    #[test]
    fn one_address_is_held_and_others_are_not() {
        let mut throttle = throttle(2, 100);
        let [one, other]: [IpAddr; 2] =
            ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        assert_eq!((0..20).filter(|_| throttle.admit(0, one)).count(), 6);
        assert!(throttle.admit(0, other));
        assert!(!throttle.admit(499, one));
        assert!(throttle.admit(500, one));
        // One subscriber of IPv6 has a whole /64.
        let count = (0..20u128)
            .map(|n| IpAddr::from((0x2001_0db8_u128 << 96 | n).to_be_bytes()))
            .filter(|address| throttle.admit(0, *address))
            .count();
        assert_eq!(count, 6);
    }

    #[test]
    fn all_together_are_held_and_the_table_stays_bounded() {
        let mut throttle = throttle(1, 100);
        let addresses = (0..u32::try_from(3 * MOST_ADDRESSES).unwrap())
            .map(|n| IpAddr::from((0x0b00_0000 + n).to_be_bytes()));
        let admitted = addresses.filter(|address| throttle.admit(0, *address)).count();
        assert_eq!(admitted, 300);
        assert_eq!(throttle.len(), MOST_ADDRESSES);
        // A rest later they are forgotten, and others have their turn.
        assert!(throttle.admit(60_000, "192.0.2.1".parse().unwrap()));
        assert_eq!(throttle.len(), 1);
    }
}
