//! The sockets of a link: the stack's own on tokio, but with room for a burst.
//!
//! The system's 208 KiB hold one large key picture and little else; what doesn't fit is lost on this very
//! computer. Where the system grants less than what is asked for, it is what it is.

use socket2::SockRef;
use std::future::Future;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use std::{io, time::Instant};
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime,
    TokioRuntime,
};

/// What may wait to be read.
const ROOM: usize = 4 * 1024 * 1024;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Tokio with larger buffers.
#[derive(Debug)]
pub(super) struct Roomy(TokioRuntime);

impl Roomy {
    pub(super) fn runtime() -> Arc<dyn Runtime> {
        Arc::new(Self(TokioRuntime))
    }
}

/// Asks the system for room, and gives what it granted.
fn widen(socket: &UdpSocket) -> io::Result<usize> {
    let socket = SockRef::from(socket);
    socket.set_recv_buffer_size(ROOM)?;
    socket.recv_buffer_size()
}

impl Runtime for Roomy {
    fn spawn(&self, future: Boxed<'static, ()>) -> Box<dyn JoinHandle> {
        self.0.spawn(future)
    }

    fn spawn_reactor(&self, size: usize, future: Boxed<'static, ()>) -> Box<dyn JoinHandle> {
        self.0.spawn_reactor(size, future)
    }

    fn wrap_udp_socket(&self, socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        match widen(&socket) {
            Ok(granted) if granted < ROOM => {
                tracing::debug!(granted, "the system grants a smaller receive buffer");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the receive buffer stays as it is"),
        }
        self.0.wrap_udp_socket(socket)
    }

    fn wrap_tcp_listener(&self, listener: TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.0.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote: SocketAddr,
    ) -> Boxed<'a, io::Result<Arc<dyn AsyncTcpStream>>> {
        self.0.connect_tcp(remote)
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        self.0.resolve_host(host)
    }

    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Boxed<'static, ()> {
        self.0.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.0.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.0.block_on(future);
    }

    fn name(&self) -> &'static str {
        "tokio"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_gets_more_room_than_the_system_gives_by_itself() {
        let plain = UdpSocket::bind("127.0.0.1:0").unwrap();
        let before = SockRef::from(&plain).recv_buffer_size().unwrap();
        let granted = widen(&plain).unwrap();
        let most = std::fs::read_to_string("/proc/sys/net/core/rmem_max");
        // Linux doubles what is asked for, and grants at most twice its own limit.
        let most = most.ok().and_then(|text| text.trim().parse::<usize>().ok());
        let expected = most.map_or(ROOM, |most| (2 * most).min(2 * ROOM));
        assert!(granted >= expected && granted >= before, "{before} {granted} {expected}");
    }
}
