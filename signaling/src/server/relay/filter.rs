//! Which addresses bytes may be relayed to, by the address alone. Whoever relays is inside a network that its
//! clients are not in: without this they could reach what stands there, and what listens on loopback.
//! Pure. Which addresses are this machine's own is known to the desk.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Anyone's, as far as the address tells.
    Public,
    /// Of this machine, this network or this provider.
    Private,
    /// No single machine's, or a way round this filter.
    Never,
}

fn v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        // "This network", multicast, reserved and broadcast.
        (0 | 224..=255, ..) => Reach::Never,
        // Protocol assignments, and networks for measurements.
        (192, 0, 0) | (198, 18..=19, _) => Reach::Never,
        (10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) => Reach::Private,
        // Link-local, and between providers and their customers (CGNAT).
        (169, 254, _) | (100, 64..=127, _) => Reach::Private,
        _ => Reach::Public,
    }
}

fn v6(address: Ipv6Addr) -> Reach {
    let [a, b, c, d, e, f, ..] = address.segments();
    if address.is_loopback() {
        return Reach::Private;
    }
    match (a, b) {
        // Unspecified, IPv4-mapped and IPv4-compatible: an IPv4 peer needs an IPv4 allocation.
        (0, 0) if [c, d, e] == [0; 3] => Reach::Never,
        // NAT64 and 6to4 hold an IPv4 address, and are as good as it. The rest of 64:ff9b::/16 is NAT64 of a
        // network's own.
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => {
            let [.., g, h] = address.segments();
            v4(embedded(g, h))
        }
        (0x64, 0xff9b) => Reach::Private,
        (0x2002, _) => v4(embedded(b, c)),
        // Teredo and other protocol assignments (2001::/23), discard-only (100::/64).
        (0x2001, 0..=0x1ff) | (0x100, 0) => Reach::Never,
        // Multicast.
        (0xff00..=0xffff, _) => Reach::Never,
        // Unique local, link-local, site-local.
        (0xfc00..=0xfdff | 0xfe80..=0xfeff, _) => Reach::Private,
        // What is handed out to be reached.
        (0x2000..=0x3fff, _) => Reach::Public,
        _ => Reach::Never,
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    Ipv4Addr::new(a, b, c, d)
}

/// Whether bytes may be relayed to an address.
pub(super) fn may_reach(address: IpAddr, allow_private: bool) -> bool {
    let reach = match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    };
    reach == Reach::Public || (reach == Reach::Private && allow_private)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reaches(address: &str) -> (bool, bool) {
        let address = address.parse().unwrap();
        (may_reach(address, false), may_reach(address, true))
    }

    #[test]
    fn public_addresses_are_reached() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.1.1.1",
            "128.0.0.1",
            "169.253.1.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.1.1",
            "192.169.0.1",
            "223.255.255.255",
            "2001:4860::8888",
            "2a00::1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert_eq!(reaches(address), (true, true), "{address}");
        }
    }

    #[test]
    fn private_addresses_are_reached_only_where_that_is_allowed() {
        for address in [
            "10.0.0.1",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.1",
            "::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "64:ff9b::a00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:1::1",
        ] {
            assert_eq!(reaches(address), (false, true), "{address}");
        }
    }

    #[test]
    fn some_are_never_reached() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:1.1.1.1",
            "::ffff:127.0.0.1",
            "::1.1.1.1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2002:e000:1::1",
            "64:ff9b::ffff:ffff",
            "4000::1",
            "ff02::1",
            "ff0e::1",
        ] {
            assert_eq!(reaches(address), (false, false), "{address}");
        }
    }

    proptest! {
        #[test]
        fn what_the_standard_library_calls_special_is_not_public(bits: u32, wide: u128) {
            let address = Ipv4Addr::from(bits);
            if address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_broadcast()
                || address.is_unspecified()
            {
                prop_assert!(!may_reach(address.into(), false));
            }
            prop_assert!(!may_reach(address.to_ipv6_mapped().into(), true));
            let wide = Ipv6Addr::from(wide);
            if wide.is_multicast() || wide.is_unique_local() || wide.is_unicast_link_local() {
                prop_assert!(!may_reach(wide.into(), false));
            }
        }
    }
}
