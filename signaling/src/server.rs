//! The server: started by the program `visavis-signaling`, or by a host program that wants one of its own.
//! Several may live in one process. This room starts and stops; what a server does is in the rooms below.

mod bucket;
mod config;
mod connection;
mod core;
mod counters;
mod frame;
#[cfg(fuzzing)]
pub mod fuzz;
mod gate;
mod invite;
mod ledger;
mod limits;
mod link;
mod listener;
mod names;
mod quiet;
mod records;
mod relay;
mod request;
mod room;
mod rules;
mod sentences;
mod store;
mod tls;
mod watch;

pub use config::{Config, FileError, ServerLimits, Times, TlsFiles, read_file};
pub use invite::{Invite, create_invite, invites, revoke_invite};
pub use quiet::quiet;
pub use relay::{RelayConfig, RelaySecret};
pub use store::DatabaseError;
pub use tls::TlsError;

use crate::protocol::{PATH, ServerMessage};
use core::Core;
use frame::close;
use relay::Relay;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use store::Database;
use tls::Tls;
use tokio::task::JoinSet;

/// Why a server can't start. Each is a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Without TLS, off loopback.
    #[error(
        "{address} can be reached from other machines, and without TLS everyone between could read who talks to whom: \
         give --tls-cert and --tls-key, or --allow-plain if a proxy in front adds TLS"
    )]
    PlainOffLoopback {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// The address can't be had.
    #[error("can't listen on {address}: {reason}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        reason: String,
    },
    /// The limits don't fit together.
    #[error("the configuration is not right: {0}")]
    Limits(String),
    /// The certificate or key can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database can't be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// The system gives no thread.
    #[error("can't start a thread: {0}")]
    Thread(String),
}

/// A running server. Dropping it stops it at once; [`Server::stop`] says goodbye first.
#[derive(Debug)]
pub struct Server {
    core: Arc<Core>,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    tasks: JoinSet<()>,
    ledger: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server on the current tokio runtime.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to do.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        if config.tls.is_none() && !config.listen.ip().is_loopback() && !config.allow_plain {
            return Err(StartError::PlainOffLoopback { address: config.listen });
        }
        config.limits.check().map_err(StartError::Limits)?;
        let tls = config.tls.as_ref().map(Tls::open).transpose()?;
        let database = Database::open(&config.data, config.database_pages)?;
        let (main, address) = listener::bind(config.listen)?;
        let metrics = config.metrics_listen.map(listener::bind).transpose()?;
        let relay = config.relay.clone().map(Relay::open).transpose()?;
        let desk = relay.as_ref().map(|relay| Arc::clone(&relay.desk));
        let core = Arc::new(Core::new(config, tls, desk));
        let ledger = {
            let core = Arc::clone(&core);
            std::thread::Builder::new()
                .name("ledger".to_owned())
                .spawn(move || ledger::run(&core, database))
                .map_err(|error| StartError::Thread(error.to_string()))?
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(listener::accept(Arc::clone(&core), main));
        tasks.spawn(watch::keep(Arc::clone(&core)));
        if let Some(relay) = relay {
            relay.run(&mut tasks);
        }
        let metrics = metrics.map(|(listener, address)| {
            tasks.spawn(listener::accept_metrics(Arc::clone(&core), listener));
            address
        });
        Ok(Self { core, address, metrics, tasks, ledger: Some(ledger) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` has a listener of its own.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Where the relay listens, on UDP; nothing if there is none.
    pub fn relay_addrs(&self) -> &[SocketAddr] {
        self.core.relay.as_ref().map_or(&[], |relay| relay.listening())
    }

    /// How many allocations the relay has, now and whenever that changes; none if there is no relay.
    pub fn relay_allocations(&self) -> Option<tokio::sync::watch::Receiver<usize>> {
        self.core.relay.as_ref().map(|relay| relay.allocations())
    }

    /// The address of the WebSocket.
    pub fn url(&self) -> String {
        let scheme = if self.core.tls.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}{PATH}", self.address)
    }

    /// Makes an invite code that lets in so many new identities within so many days.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn create_invite(&self, uses: u32, days: u32) -> Result<String, DatabaseError> {
        let folder = self.core.config.data.clone();
        in_background(folder, move |folder| create_invite(&folder, uses, days)).await
    }

    /// Looks whether the certificate files changed, now instead of in some seconds; true if a new
    /// certificate is in use.
    pub fn reload_certificate(&self) -> bool {
        self.core.tls.as_ref().is_some_and(Tls::look)
    }

    /// Says goodbye to all clients, writes what is to be written, and ends.
    pub async fn stop(mut self) {
        tracing::info!("stopping");
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
        let times = self.core.config.times;
        let retry_after_ms = times.retry_after.as_millis() as u64;
        self.core.each_link(true, |link| {
            link.going_down(&ServerMessage::GoingDown { retry_after_ms }, close::RESTART);
        });
        let deadline = tokio::time::Instant::now() + times.farewell;
        while self.core.each_link(true, |_| ()) > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        self.core.each_link(true, link::Link::kill);
        self.core.ledger.close();
        if let Some(ledger) = self.ledger.take() {
            let joined = tokio::task::spawn_blocking(move || ledger.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the ledger's thread failed");
            }
        }
        tracing::info!("stopped");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.core.each_link(true, link::Link::kill);
        self.core.ledger.close();
        if let Some(ledger) = self.ledger.take() {
            // What was asked before is written before the folder can be used again.
            drop(ledger.join());
        }
    }
}

async fn in_background<T: Send + 'static>(
    folder: PathBuf,
    work: impl FnOnce(PathBuf) -> Result<T, DatabaseError> + Send + 'static,
) -> Result<T, DatabaseError> {
    let lost = DatabaseError::Broken { path: folder.clone(), reason: "given up".to_owned() };
    tokio::task::spawn_blocking(move || work(folder)).await.unwrap_or(Err(lost))
}

#[cfg(test)]
mod play;
