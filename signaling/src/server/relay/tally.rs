//! What the relay counts, and how it is shown to Prometheus. Counters only: no addresses, no users.

use crate::server::counters::Counter;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// Why a datagram went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    /// Neither a whole STUN message nor channel data, or not one that a client sends.
    Odd,
    /// A stranger's, and strangers were answered often enough.
    Limited,
    /// From a client without an allocation, or on a channel that is not bound.
    Unbound,
    /// To or from a peer that the client has not permitted.
    NotPermitted,
    /// To an address that nothing is relayed to.
    Forbidden,
    /// Beyond the bandwidth of its user.
    Bandwidth,
    /// Longer than is relayed.
    TooLong,
    /// The system would not take it.
    NotSent,
}

const REASONS: [&str; 8] = [
    "odd",
    "limited",
    "unbound",
    "not_permitted",
    "forbidden",
    "bandwidth",
    "too_long",
    "not_sent",
];

/// All that is counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) bindings: Counter,
    pub(super) allocated: Counter,
    pub(super) packets_to_peers: Counter,
    pub(super) bytes_to_peers: Counter,
    pub(super) packets_to_clients: Counter,
    pub(super) bytes_to_clients: Counter,
    dropped: [Counter; REASONS.len()],
    refused: Mutex<BTreeMap<u16, u64>>,
}

impl Tally {
    pub(super) fn dropped(&self, reason: Dropped) {
        self.dropped[reason as usize].add(1);
    }

    pub(super) fn refused(&self, code: u16) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(code).or_default() += 1;
    }

    /// In the text format of Prometheus.
    pub(super) fn text(&self, allocations: usize) -> String {
        let mut out = String::new();
        let mut plain = |name: &str, kind: &str, help: &str, value: u64| {
            let name = format!("visavis_relay_{name}");
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        };
        plain("allocations", "gauge", "Allocations now.", allocations as u64);
        plain("allocations_total", "counter", "Allocations made.", self.allocated.get());
        plain("bindings_total", "counter", "STUN requests answered.", self.bindings.get());
        for (way, packets, bytes) in [
            ("peers", &self.packets_to_peers, &self.bytes_to_peers),
            ("clients", &self.packets_to_clients, &self.bytes_to_clients),
        ] {
            let name = format!("packets_to_{way}_total");
            plain(&name, "counter", "Datagrams relayed.", packets.get());
            plain(&format!("bytes_to_{way}_total"), "counter", "Bytes relayed.", bytes.get());
        }
        let name = "visavis_relay_dropped_total";
        let _ = writeln!(out, "# HELP {name} Datagrams dropped.\n# TYPE {name} counter");
        for (reason, count) in REASONS.iter().zip(&self.dropped) {
            let _ = writeln!(out, "{name}{{reason=\"{reason}\"}} {}", count.get());
        }
        let name = "visavis_relay_refused_total";
        let _ = writeln!(out, "# HELP {name} Requests refused.\n# TYPE {name} counter");
        for (code, count) in &*self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(out, "{name}{{code=\"{code}\"}} {count}");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_their_names() {
        for (reason, name) in [
            (Dropped::Odd, "odd"),
            (Dropped::Limited, "limited"),
            (Dropped::Unbound, "unbound"),
            (Dropped::NotPermitted, "not_permitted"),
            (Dropped::Forbidden, "forbidden"),
            (Dropped::Bandwidth, "bandwidth"),
            (Dropped::TooLong, "too_long"),
            (Dropped::NotSent, "not_sent"),
        ] {
            let tally = Tally::default();
            tally.dropped(reason);
            tally.refused(437);
            let text = tally.text(3);
            assert!(text.contains(&format!("dropped_total{{reason=\"{name}\"}} 1\n")), "{text}");
            assert!(text.contains("visavis_relay_refused_total{code=\"437\"} 1\n"));
            assert!(text.contains("visavis_relay_allocations 3\n"));
        }
    }
}
