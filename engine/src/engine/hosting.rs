//! The server on this computer: joined where one runs, else started here. Whoever starts it first hosts it for
//! every profile on the computer; its database is shared by all and belongs to none.

use crate::api::{ApiError, Code, Hosting};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use tokio::net::TcpStream;
use visavis_signaling::server::{Config, RelayConfig, Server, StartError};

/// A server that this engine hosts. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Host {
    server: Server,
    open: bool,
}

impl Host {
    /// Starts the server, unless one runs already: then there is nothing to host.
    pub(super) async fn join_or_start(
        data: PathBuf,
        port: u16,
        open: bool,
    ) -> Result<Option<Self>, ApiError> {
        if answers(port).await {
            return Ok(None);
        }
        let address = if open { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        let mut config = Config::loopback(data);
        config.listen = SocketAddr::new(IpAddr::V4(address), port);
        config.allow_plain = open;
        config.relay = open.then(|| home_relay(port));
        let mut started = Server::start(config.clone()).await;
        if started.is_err() && config.relay.take().is_some() {
            // People in one house find each other without a relay as a rule.
            started = Server::start(config).await;
        }
        match started {
            Ok(server) => Ok(Some(Self { server, open })),
            // Another one was quicker.
            Err(StartError::Listen { .. }) if answers(port).await => Ok(None),
            Err(error) => {
                let reason = error.to_string();
                Err(ApiError::new(Code::HostingFailed, &*reason).with("reason", reason))
            }
        }
    }

    pub(super) async fn stop(self) {
        self.server.stop().await;
    }

    /// What others type to join, the most useful first.
    pub(super) fn addresses(&self) -> Vec<String> {
        let port = self.server.local_addr().port();
        let local = format!("localhost:{port}");
        match own_address().filter(|_| self.open) {
            Some(ip) => vec![format!("ws://{ip}:{port}"), local],
            None => vec![local],
        }
    }

    /// As a shell shows it.
    pub(super) fn shown(&self) -> Hosting {
        Hosting { addresses: self.addresses(), open: self.open }
    }
}

/// A relay for the people of one house: at the server's own port, and to addresses of the house too.
fn home_relay(port: u16) -> RelayConfig {
    let listen = vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)];
    RelayConfig { listen, allow_private: true, ..RelayConfig::default() }
}

async fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
}

/// The address that this computer has on its network. Nothing is sent: the system is only asked which way a
/// packet would take, to an address that is kept for documentation.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}
