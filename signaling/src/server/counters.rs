//! What is counted, and how it is shown to Prometheus. Counters only: no names, no keys, no contents.

use crate::protocol::{ClientMessage, ErrorCode};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// How long something took.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BOUNDS_MS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

const BOUNDS_MS: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 50.0, 250.0];

impl Histogram {
    pub(crate) fn observe(&self, took: Duration) {
        let ms = took.as_secs_f64() * 1000.0;
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS_MS) {
            if ms <= bound {
                bucket.fetch_add(1, Relaxed);
            }
        }
        self.count.fetch_add(1, Relaxed);
        self.micros.fetch_add(took.as_micros() as u64, Relaxed);
    }
}

const TYPES: [&str; 18] = [
    "hello",
    "prove",
    "claim",
    "look_up",
    "request_contact",
    "withdraw_request",
    "accept_request",
    "decline_request",
    "remove_contact",
    "block",
    "unblock",
    "set_status",
    "set_listing",
    "search_directory",
    "send",
    "acknowledge",
    "ice_servers",
    "odd",
];

/// Which of the counted types a message is.
fn type_of(message: &ClientMessage) -> usize {
    match message {
        ClientMessage::Hello { .. } => 0,
        ClientMessage::Prove { .. } => 1,
        ClientMessage::Claim { .. } => 2,
        ClientMessage::LookUp { .. } => 3,
        ClientMessage::RequestContact { .. } => 4,
        ClientMessage::WithdrawRequest { .. } => 5,
        ClientMessage::AcceptRequest { .. } => 6,
        ClientMessage::DeclineRequest { .. } => 7,
        ClientMessage::RemoveContact { .. } => 8,
        ClientMessage::Block { .. } => 9,
        ClientMessage::Unblock { .. } => 10,
        ClientMessage::SetStatus { .. } => 11,
        ClientMessage::SetListing { .. } => 12,
        ClientMessage::SearchDirectory { .. } => 13,
        ClientMessage::Send { .. } => 14,
        ClientMessage::Acknowledge { .. } => 15,
        ClientMessage::IceServers { .. } => 16,
    }
}

/// All that is counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    messages: [Counter; TYPES.len()],
    errors: Mutex<BTreeMap<String, u64>>,
    pub(crate) relayed: Counter,
    pub(crate) kept: Counter,
    pub(crate) failed_sign_ins: Counter,
    pub(crate) accepted: Counter,
    pub(crate) database: Histogram,
}

/// What is so now.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gauges {
    pub(crate) connections: u64,
    pub(crate) sessions: u64,
    pub(crate) letters: u64,
    pub(crate) letter_bytes: u64,
}

impl Counters {
    pub(crate) fn message(&self, message: &ClientMessage) {
        self.messages[type_of(message)].add(1);
    }

    pub(crate) fn sent(&self) {
        self.messages[14].add(1);
    }

    pub(crate) fn odd_message(&self) {
        self.messages[17].add(1);
    }

    pub(crate) fn error(&self, code: ErrorCode) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        *errors.entry(code.as_str()).or_default() += 1;
    }

    /// In the text format of Prometheus.
    pub(crate) fn text(&self, now: Gauges) -> String {
        let mut out = String::new();
        let mut plain = |name: &str, kind: &str, help: &str, value: u64| {
            let name = format!("visavis_signaling_{name}");
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        };
        plain("connections", "gauge", "Open connections.", now.connections);
        plain("signed_in", "gauge", "Sessions that are signed in.", now.sessions);
        plain("mailbox_letters", "gauge", "Letters kept for devices.", now.letters);
        plain("mailbox_bytes", "gauge", "Bytes of letters kept.", now.letter_bytes);
        plain("accepted_total", "counter", "Connections accepted.", self.accepted.get());
        plain("relayed_total", "counter", "Envelopes passed on.", self.relayed.get());
        plain("kept_total", "counter", "Letters put into mailboxes.", self.kept.get());
        plain("sign_in_failures_total", "counter", "Failed sign-ins.", self.failed_sign_ins.get());
        let name = "visavis_signaling_messages_total";
        let _ = writeln!(out, "# HELP {name} Messages of clients.\n# TYPE {name} counter");
        for (kind, count) in TYPES.iter().zip(&self.messages) {
            let _ = writeln!(out, "{name}{{type=\"{kind}\"}} {}", count.get());
        }
        let name = "visavis_signaling_errors_total";
        let _ = writeln!(out, "# HELP {name} Errors told to clients.\n# TYPE {name} counter");
        for (code, count) in &*self.errors.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(out, "{name}{{code=\"{code}\"}} {count}");
        }
        let name = "visavis_signaling_database_seconds";
        let _ = writeln!(out, "# HELP {name} Time of a transaction.\n# TYPE {name} histogram");
        let (count, micros) =
            (self.database.count.load(Relaxed), self.database.micros.load(Relaxed));
        for (bucket, bound) in self.database.buckets.iter().zip(BOUNDS_MS) {
            let (bound, count) = (bound / 1000.0, bucket.load(Relaxed));
            let _ = writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {count}");
        }
        let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_count {count}");
        let _ = writeln!(out, "{name}_sum {}", micros as f64 / 1e6);
        out
    }
}
