//! The sockets of a link: the stack's own on tokio, but with room for a burst, and shared with QUIC.
//!
//! The system's 208 KiB hold one large key picture and little else; what doesn't fit is lost on this very
//! computer. Where the system grants less than what is asked for, it is what it is.

mod crossing;

pub(super) use crossing::{Crossing, Way};

use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime,
    TokioRuntime, Transmit,
};

/// What may wait to be read.
const ROOM: usize = 4 * 1024 * 1024;
/// So often in a row the socket is read for QUIC alone; then everybody else has a turn.
const TURNS: usize = 64;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Tokio with larger buffers, and sockets that are shared.
#[derive(Debug)]
pub(super) struct Roomy {
    tokio: TokioRuntime,
    crossing: Arc<Crossing>,
}

impl Roomy {
    pub(super) fn runtime(crossing: &Arc<Crossing>) -> Arc<dyn Runtime> {
        Arc::new(Self { tokio: TokioRuntime, crossing: Arc::clone(crossing) })
    }
}

/// A socket that the stack reads, and from which QUIC's datagrams are taken out.
#[derive(Debug)]
struct Shared {
    inner: Arc<dyn AsyncUdpSocket>,
    twin: Arc<UdpSocket>,
    crossing: Arc<Crossing>,
}

impl AsyncUdpSocket for Shared {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        self.crossing.leaves(&self.twin, transmit.destination, transmit.contents);
        self.inner.poll_send(cx, transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        // One at a time, so that what is taken out leaves no hole.
        let (bufs, meta) = (&mut bufs[..1], &mut meta[..1]);
        for _ in 0..TURNS {
            match self.inner.poll_recv(cx, bufs, meta) {
                Poll::Ready(Ok(1)) => {
                    let RecvMeta { addr, len, stride, .. } = meta[0];
                    let left = self.crossing.sort(addr, &mut bufs[0][..len], stride);
                    if left > 0 || len == 0 {
                        meta[0].len = left;
                        return Poll::Ready(Ok(1));
                    }
                }
                other => return other,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn max_gso_segments(&self) -> usize {
        self.inner.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.inner.max_gro_segments()
    }
}
impl Runtime for Roomy {
    fn spawn(&self, future: Boxed<'static, ()>) -> Box<dyn JoinHandle> {
        self.tokio.spawn(future)
    }

    fn spawn_reactor(&self, size: usize, future: Boxed<'static, ()>) -> Box<dyn JoinHandle> {
        self.tokio.spawn_reactor(size, future)
    }

    fn wrap_udp_socket(&self, socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        match crossing::widen(&socket, ROOM) {
            Ok(granted) if granted < ROOM => {
                tracing::debug!(granted, "the system grants a smaller receive buffer");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the receive buffer stays as it is"),
        }
        let twin = Arc::new(socket.try_clone()?);
        let inner = self.tokio.wrap_udp_socket(socket)?;
        Ok(Arc::new(Shared { inner, twin, crossing: Arc::clone(&self.crossing) }))
    }

    fn wrap_tcp_listener(&self, listener: TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.tokio.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote: SocketAddr,
    ) -> Boxed<'a, io::Result<Arc<dyn AsyncTcpStream>>> {
        self.tokio.connect_tcp(remote)
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        self.tokio.resolve_host(host)
    }

    fn now(&self) -> Instant {
        self.tokio.now()
    }

    fn sleep(&self, duration: Duration) -> Boxed<'static, ()> {
        self.tokio.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.tokio.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.tokio.block_on(future);
    }

    fn name(&self) -> &'static str {
        "tokio"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::SockRef;

    #[test]
    fn a_socket_gets_more_room_than_the_system_gives_by_itself() {
        let plain = UdpSocket::bind("127.0.0.1:0").unwrap();
        let before = SockRef::from(&plain).recv_buffer_size().unwrap();
        let granted = crossing::widen(&plain, ROOM).unwrap();
        let most = std::fs::read_to_string("/proc/sys/net/core/rmem_max");
        // Linux doubles what is asked for, and grants at most twice its own limit.
        let most = most.ok().and_then(|text| text.trim().parse::<usize>().ok());
        let expected = most.map_or(ROOM, |most| (2 * most).min(2 * ROOM));
        assert!(granted >= expected && granted >= before, "{before} {granted} {expected}");
    }
}
