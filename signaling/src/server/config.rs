//! The server's configuration: what an operator or a host program may choose. Every value has a default.
//! Reading it from a file is in `config/file.rs`; the numbers of its limits are in `limits.rs`.

mod file;

pub use super::limits::ServerLimits;
pub use file::{FileError, read_file};

use super::relay::RelayConfig;
use crate::protocol::{IceServer, LOOPBACK_PORT, PING_AFTER_MS, SILENCE_MS};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// A certificate and its key, in PEM files that are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those that it was issued with.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The times by which the server acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// A client that was silent for this long is pinged.
    pub ping_after: Duration,
    /// A client that was silent for this long is held for dead.
    pub silence: Duration,
    /// A sign-in, from the first byte to the proof, takes no longer.
    pub sign_in: Duration,
    /// A client whose link ends has so long to read what waits for it.
    pub farewell: Duration,
    /// How often certificate files are looked at.
    pub certificate: Duration,
    /// How often old requests, letters and devices are swept out.
    pub sweep: Duration,
    /// What clients are told to wait for when the server stops.
    pub retry_after: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            ping_after: Duration::from_millis(PING_AFTER_MS),
            silence: Duration::from_millis(SILENCE_MS),
            sign_in: Duration::from_secs(10),
            farewell: Duration::from_secs(3),
            certificate: Duration::from_secs(5),
            sweep: Duration::from_secs(600),
            retry_after: Duration::from_millis(500),
        }
    }
}

/// All that a server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; port 0 takes any.
    pub listen: SocketAddr,
    /// Where the database is.
    pub data: PathBuf,
    /// Names that clients may dial this server by, beside those in its certificate.
    pub names: Vec<String>,
    /// Whether a new identity needs an invite code.
    pub closed: bool,
    /// Without, only loopback is served, unless `allow_plain` says otherwise.
    pub tls: Option<TlsFiles>,
    /// Serves without TLS off loopback too: for use behind a proxy that adds it.
    pub allow_plain: bool,
    /// Where `/metrics` can be read without being a loopback peer of the main listener.
    pub metrics_listen: Option<SocketAddr>,
    /// STUN and TURN servers that clients are told.
    pub ice_servers: Vec<IceServer>,
    /// STUN and TURN of its own, told to clients beside the others; none runs none.
    pub relay: Option<RelayConfig>,
    /// Every bound.
    pub limits: ServerLimits,
    /// Every time.
    pub times: Times,
    /// Bounds the database in pages, for tests of a full disk.
    #[doc(hidden)]
    pub database_pages: Option<u32>,
}

impl Default for Config {
    /// On loopback, with the database in the user's data folder.
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), LOOPBACK_PORT),
            data: data_folder(),
            names: Vec::new(),
            closed: false,
            tls: None,
            allow_plain: false,
            metrics_listen: None,
            ice_servers: Vec::new(),
            relay: None,
            limits: ServerLimits::default(),
            times: Times::default(),
            database_pages: None,
        }
    }
}

impl Config {
    /// On any free port of loopback, with the database in this folder.
    pub fn loopback(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            data: data.into(),
            ..Self::default()
        }
    }
}

fn data_folder() -> PathBuf {
    directories::ProjectDirs::from("", "", "visavis-signaling")
        .map_or_else(|| PathBuf::from("visavis-signaling"), |dirs| dirs.data_dir().to_owned())
}
