//! The configuration file: TOML, every key with a default, unknown keys refused with a sentence.

mod relay;

use super::{Config, ServerLimits, TlsFiles};
use crate::protocol::IceServer;
use relay::Relay;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Why a configuration file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("the configuration file {} can't be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It is not TOML, has an unknown key, or a value of the wrong kind.
    #[error("the configuration file {} is not right: {reason}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Where and what.
        reason: String,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    names: Vec<String>,
    closed: bool,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    allow_plain: bool,
    metrics_listen: Option<SocketAddr>,
    ice_servers: Vec<IceServer>,
    relay: Option<Relay>,
    limits: ServerLimits,
}

fn parse(text: &str) -> Result<Config, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let defaults = Config::default();
    let tls = match (file.tls_cert, file.tls_key) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
        (None, None) => None,
        _ => return Err("tls_cert and tls_key go together".to_owned()),
    };
    file.limits.check()?;
    Ok(Config {
        listen: file.listen.unwrap_or(defaults.listen),
        data: file.data.unwrap_or(defaults.data),
        names: file.names,
        closed: file.closed,
        tls,
        allow_plain: file.allow_plain,
        metrics_listen: file.metrics_listen,
        ice_servers: file.ice_servers,
        relay: file.relay.map(Relay::config).transpose()?,
        limits: file.limits,
        times: defaults.times,
        database_pages: None,
    })
}

/// Reads a configuration file.
///
/// # Errors
/// A sentence that says where and what.
pub fn read_file(path: &Path) -> Result<Config, FileError> {
    let text = std::fs::read_to_string(path).map_err(|error| FileError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    parse(&text).map_err(|reason| FileError::Wrong { path: path.to_owned(), reason })
}

impl Config {
    /// A configuration file with every key, its default, and what it is for.
    pub fn commented_defaults() -> String {
        let defaults = Self::default();
        let limits = &defaults.limits;
        let mut text = format!(
            r#"# visavis-signaling: every key with its default.

# Where to listen. Off loopback it needs tls_cert and tls_key.
#listen = "{}"
# The folder of the database.
#data = "{}"
# Names that clients may dial this server by, beside those in its certificate.
#names = ["call.example.org"]
# Whether a new identity needs an invite code (see the command invite).
#closed = false
# PEM files; read again when they change.
#tls_cert = "/etc/visavis/cert.pem"
#tls_key = "/etc/visavis/key.pem"
# Serve without TLS off loopback too: only behind a proxy that adds it.
#allow_plain = false
# /metrics on an address of its own; on the main one only loopback may read it.
#metrics_listen = "127.0.0.1:9440"
# STUN and TURN servers that clients are told.
#ice_servers = [{{ urls = ["stun:stun.example.org:3478"] }}]
"#,
            defaults.listen,
            defaults.data.display()
        );
        text.push_str(&relay::commented_defaults());
        text.push_str("\n[limits]\n");
        for (comment, key, value) in described(limits) {
            text.push_str(&format!("# {comment}\n#{key} = {value}\n"));
        }
        text
    }
}

/// Every limit: what it bounds, its key, its value.
fn described(limits: &ServerLimits) -> Vec<(&'static str, &'static str, u32)> {
    // Taken apart, so that a limit that is not described here does not compile.
    let ServerLimits {
        message_bytes,
        messages_per_second,
        message_burst,
        bytes_per_second,
        byte_burst,
        connections,
        connections_per_address,
        failures_per_address,
        new_identities_per_address,
        contacts,
        pending_out,
        pending_in,
        request_days,
        decline_pause_days,
        mailbox_envelopes,
        mailbox_bytes,
        mailbox_days,
        devices,
        directory_page,
        outgoing_bytes,
        outgoing_messages,
        pipelined,
        ledger_queue,
    } = *limits;
    vec![
        ("Longest message from a client, in bytes.", "message_bytes", message_bytes),
        (
            "Messages a second of one identity, over time.",
            "messages_per_second",
            messages_per_second,
        ),
        ("Messages of one identity at once, after a rest.", "message_burst", message_burst),
        ("Bytes a second of one identity, over time.", "bytes_per_second", bytes_per_second),
        ("Bytes of one identity at once, after a rest.", "byte_burst", byte_burst),
        ("Connections in all.", "connections", connections),
        (
            "Connections from one address (IPv6: /64).",
            "connections_per_address",
            connections_per_address,
        ),
        (
            "Failed sign-ins and wrong invite codes of one address, in an hour.",
            "failures_per_address",
            failures_per_address,
        ),
        (
            "New identities from one address, in an hour.",
            "new_identities_per_address",
            new_identities_per_address,
        ),
        ("Contacts of one identity, and people that it blocks.", "contacts", contacts),
        ("Unanswered requests that one may have sent.", "pending_out", pending_out),
        ("Unanswered requests that one may have received.", "pending_in", pending_in),
        ("Days after which an unanswered request ends.", "request_days", request_days),
        (
            "Days for which one who was declined can't ask again.",
            "decline_pause_days",
            decline_pause_days,
        ),
        ("Letters kept for one device.", "mailbox_envelopes", mailbox_envelopes),
        ("Bytes kept for one device.", "mailbox_bytes", mailbox_bytes),
        (
            "Days after which letters are dropped, and devices not seen are forgotten.",
            "mailbox_days",
            mailbox_days,
        ),
        ("Devices of one identity.", "devices", devices),
        ("People on one page of the directory.", "directory_page", directory_page),
        ("Bytes that wait to be sent to one client.", "outgoing_bytes", outgoing_bytes),
        ("Messages that wait to be sent to one client.", "outgoing_messages", outgoing_messages),
        ("Requests of one client that wait for the database.", "pipelined", pipelined),
        ("Requests of all clients that wait for the database.", "ledger_queue", ledger_queue),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commented_defaults_are_the_defaults() {
        assert_eq!(parse("").unwrap(), Config::default());
        let commented = Config::commented_defaults();
        assert_eq!(parse(&commented).unwrap(), Config::default());
        let mut spoken = String::new();
        for line in commented.lines() {
            let key = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
            spoken.push_str(key.unwrap_or(line));
            spoken.push('\n');
        }
        let config = parse(&spoken).unwrap();
        assert_eq!(config.limits, ServerLimits::default());
        assert_eq!(config.names, ["call.example.org"]);
        assert!(config.tls.is_some());
        assert_eq!(config.relay, Some(relay::spoken()));
    }

    #[test]
    fn odd_files_are_refused_with_a_sentence() {
        for (text, part) in [
            ("lissten = 1", "unknown field `lissten`"),
            ("[limits]\ndevicse = 1", "unknown field `devicse`"),
            ("tls_cert = \"a\"", "tls_cert and tls_key go together"),
            ("listen = 3", "invalid type"),
            ("[limits]\ndevices = 0", "limits.devices must be at least 1"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
