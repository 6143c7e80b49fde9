//! The socket that clients speak to, as the `turn` crate sees it: a `Conn` that can't be closed by an
//! allocation that ends, that outlives errors, and that never waits to send.
//! Opening UDP sockets the way the relay wants them is here too.

use super::desk::Desk;
use super::tally::Dropped;
use async_trait::async_trait;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use turn_conn::{Conn, Error};

/// What the system may hold of what is not read yet: with its usual 208 KiB, a burst of video loses packets.
pub(super) const RECEIVE_BUFFER: usize = 4 << 20;
/// After a failure to receive the next try waits, so that one that lasts doesn't take a whole core.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Opens a UDP socket that speaks one family.
pub(super) fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let domain = if address.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // The system gives what it allows, which is looked at once at the start.
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// Sends a datagram now or not at all; true if the system took it.
pub(super) fn send_now(socket: &UdpSocket, bytes: &[u8], to: SocketAddr) -> bool {
    // Not through tokio's readiness, which a fresh socket doesn't know yet.
    SockRef::from(socket).send_to(bytes, &to.into()).is_ok_and(|sent| sent == bytes.len())
}

/// What a method of `Conn` says that makes no sense for a socket without a peer.
pub(super) fn not_connected<T>() -> Result<T, Error> {
    Err(io::Error::from(io::ErrorKind::NotConnected).into())
}

/// The socket that clients speak to.
#[derive(Debug)]
pub(super) struct Front {
    socket: UdpSocket,
    local: SocketAddr,
    desk: Arc<Desk>,
}

impl Front {
    pub(super) fn new(socket: UdpSocket, local: SocketAddr, desk: Arc<Desk>) -> Self {
        Self { socket, local, desk }
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    /// Sends a datagram to a client.
    pub(super) fn say(&self, bytes: &[u8], client: SocketAddr) {
        if !send_now(&self.socket, bytes, client) {
            self.desk.tally.dropped(Dropped::NotSent);
        }
    }

    /// The next datagram of a client.
    pub(super) async fn hear(&self, buffer: &mut [u8]) -> (usize, SocketAddr) {
        loop {
            match self.socket.recv_from(buffer).await {
                Ok(heard) => return heard,
                Err(error) => {
                    tracing::debug!(%error, "the relay could not receive");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

#[async_trait]
impl Conn for Front {
    async fn connect(&self, _: SocketAddr) -> Result<(), Error> {
        not_connected()
    }

    async fn recv(&self, _: &mut [u8]) -> Result<usize, Error> {
        not_connected()
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        Ok(self.hear(buffer).await)
    }

    async fn send(&self, _: &[u8]) -> Result<usize, Error> {
        not_connected()
    }

    async fn send_to(&self, bytes: &[u8], client: SocketAddr) -> Result<usize, Error> {
        self.say(bytes, client);
        Ok(bytes.len())
    }

    fn local_addr(&self) -> Result<SocketAddr, Error> {
        Ok(self.local)
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// An allocation that ends closes the socket that it speaks to its client by, which is everyone's.
    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }

    fn as_any(&self) -> &(dyn std::any::Any + Send + Sync) {
        self
    }
}
