//! What the server allows, in numbers: every bound has a name, a default and a key in the configuration file.
//! The room holds numbers and checks that they fit together; who enforces each is said in `docs/protocol.md`.

use crate::protocol::{self, MAX_ENVELOPE, MAX_INTRODUCTION, MAX_MESSAGE, MAX_WELCOME};
use serde::Deserialize;

/// Roughly what one contact takes in a `welcome`, in bytes.
const CONTACT_BYTES: usize = 400;

/// Bounds on everything that a client can make the server hold or do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerLimits {
    /// Longest message from a client, in bytes.
    pub message_bytes: u32,
    /// Messages a second that an identity may send over time.
    pub messages_per_second: u32,
    /// Messages that an identity may send at once after a rest.
    pub message_burst: u32,
    /// Bytes a second that an identity may send over time.
    pub bytes_per_second: u32,
    /// Bytes that an identity may send at once after a rest.
    pub byte_burst: u32,
    /// Connections in all.
    pub connections: u32,
    /// Connections from one address (IPv4) or network (IPv6 /64).
    pub connections_per_address: u32,
    /// Failed sign-ins and wrong invite codes from one address, in an hour.
    pub failures_per_address: u32,
    /// Identities that one address may bring to the server, in an hour.
    pub new_identities_per_address: u32,
    /// Contacts of one identity, and likewise people that it blocks.
    pub contacts: u32,
    /// Unanswered requests that an identity may have sent.
    pub pending_out: u32,
    /// Unanswered requests that an identity may have received.
    pub pending_in: u32,
    /// Days after which an unanswered request ends.
    pub request_days: u32,
    /// Days for which one who was declined can't ask again.
    pub decline_pause_days: u32,
    /// Letters kept for one device.
    pub mailbox_envelopes: u32,
    /// Bytes of letters kept for one device.
    pub mailbox_bytes: u32,
    /// Days after which a letter is dropped, and a device that was not seen is forgotten.
    pub mailbox_days: u32,
    /// Devices of one identity.
    pub devices: u32,
    /// People on one page of the directory.
    pub directory_page: u32,
    /// Bytes that wait to be sent to one client.
    pub outgoing_bytes: u32,
    /// Messages that wait to be sent to one client.
    pub outgoing_messages: u32,
    /// Requests of one client that wait for the database.
    pub pipelined: u32,
    /// Requests of all clients that wait for the database.
    pub ledger_queue: u32,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            message_bytes: MAX_MESSAGE as u32,
            messages_per_second: 100,
            message_burst: 400,
            bytes_per_second: 1 << 20,
            byte_burst: 4 << 20,
            connections: 60_000,
            connections_per_address: 512,
            failures_per_address: 60,
            new_identities_per_address: 500,
            contacts: 1000,
            pending_out: 50,
            pending_in: 50,
            request_days: 30,
            decline_pause_days: 7,
            mailbox_envelopes: 1000,
            mailbox_bytes: 8 << 20,
            mailbox_days: 30,
            devices: 5,
            directory_page: 50,
            outgoing_bytes: 512 * 1024,
            outgoing_messages: 2048,
            pipelined: 64,
            ledger_queue: 8192,
        }
    }
}

impl ServerLimits {
    /// What clients are told.
    pub(crate) fn told(&self) -> protocol::Limits {
        protocol::Limits {
            message_bytes: self.message_bytes,
            envelope_chars: (MAX_ENVELOPE as u32).min(self.message_bytes),
            messages_per_second: self.messages_per_second,
            contacts: self.contacts,
            pending_requests: self.pending_out,
            mailbox_envelopes: self.mailbox_envelopes,
            mailbox_bytes: self.mailbox_bytes,
            mailbox_days: self.mailbox_days,
            devices: self.devices,
        }
    }

    /// Whether the numbers fit together; the error is a sentence for the operator.
    pub(crate) fn check(&self) -> Result<(), String> {
        let at_least_one = [
            ("messages_per_second", self.messages_per_second),
            ("message_burst", self.message_burst),
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("failures_per_address", self.failures_per_address),
            ("new_identities_per_address", self.new_identities_per_address),
            ("request_days", self.request_days),
            ("mailbox_days", self.mailbox_days),
            ("devices", self.devices),
            ("directory_page", self.directory_page),
            ("outgoing_messages", self.outgoing_messages),
            ("pipelined", self.pipelined),
            ("ledger_queue", self.ledger_queue),
        ];
        for (key, value) in at_least_one {
            if value == 0 {
                return Err(format!("limits.{key} must be at least 1"));
            }
        }
        let most = MAX_MESSAGE as u32;
        if !(1024..=most).contains(&self.message_bytes) {
            return Err(format!("limits.message_bytes must be from 1024 to {most}"));
        }
        for (key, value) in [
            ("byte_burst", self.byte_burst),
            ("bytes_per_second", self.bytes_per_second),
            ("outgoing_bytes", self.outgoing_bytes),
        ] {
            if value < self.message_bytes {
                return Err(format!("limits.{key} must be at least limits.message_bytes"));
            }
        }
        // A page of the directory is one message; a listing takes up to 700 bytes with its name escaped.
        if self.directory_page > 80 {
            return Err("limits.directory_page must be at most 80".to_owned());
        }
        let people = 2 * self.contacts as usize + (self.pending_in + self.pending_out) as usize;
        let welcome = people * CONTACT_BYTES + self.pending_in as usize * MAX_INTRODUCTION + 4096;
        if welcome > MAX_WELCOME {
            return Err(format!(
                "limits.contacts, pending_in and pending_out are too high together: a welcome could take \
                 {welcome} bytes, and clients take {MAX_WELCOME}"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_fit_together_and_odd_numbers_are_refused_with_a_sentence() {
        ServerLimits::default().check().unwrap();
        let crowded = ServerLimits { contacts: 5000, ..ServerLimits::default() };
        assert!(crowded.check().unwrap_err().contains("a welcome could take"));
        let none = ServerLimits { devices: 0, ..ServerLimits::default() };
        assert_eq!(none.check().unwrap_err(), "limits.devices must be at least 1");
    }
}
