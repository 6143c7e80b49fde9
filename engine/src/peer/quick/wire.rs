//! The wire that QUIC sees: one address, the other side, whatever way leads there now. What is sent while there is no way is
//! lost, as on any wire, and sent again.

use crate::peer::socket::{Crossing, Way};
use quinn::udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use quinn::{AsyncUdpSocket, UdpPoller};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// The other side's address, for good. Nothing is ever sent to it.
pub(super) const THERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
/// And ours.
const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2);
/// Datagrams that are sent or come at once, at most.
const AT_ONCE: usize = 64;

/// The wire.
#[derive(Debug)]
pub(super) struct Wire {
    crossing: Arc<Crossing>,
    current: Mutex<Option<Current>>,
}

/// A way, with what it takes to send on it.
#[derive(Debug, Clone)]
struct Current {
    number: u64,
    to: SocketAddr,
    sender: Arc<Sender>,
}

#[derive(Debug)]
struct Sender {
    socket: UdpSocket,
    state: UdpSocketState,
}

impl Sender {
    /// A handle of its own, so that waiting for room here disturbs nobody who waits for it elsewhere.
    fn new(way: &Way) -> io::Result<Arc<Self>> {
        let socket = way.socket.try_clone()?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        Ok(Arc::new(Self { socket: UdpSocket::from_std(socket)?, state }))
    }
}

impl Wire {
    pub(super) fn new(crossing: Arc<Crossing>) -> Self {
        Self { crossing, current: Mutex::default() }
    }

    /// The way as it is now.
    fn current(&self) -> Option<Current> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, way) = self.crossing.way();
        if current.as_ref().is_none_or(|current| current.number != number) {
            *current = way.and_then(|way| match Sender::new(&way) {
                Ok(sender) => Some(Current { number, to: way.to, sender }),
                Err(error) => {
                    tracing::warn!(%error, "a way can't be used for lanes");
                    None
                }
            });
        }
        current.clone()
    }
}

impl AsyncUdpSocket for Wire {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Poller { wire: self, waiting: None })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let Some(Current { to, sender, .. }) = self.current() else { return Ok(()) };
        let Transmit { ecn, contents, segment_size, .. } = *transmit;
        let transmit = Transmit { destination: to, ecn, contents, segment_size, src_ip: None };
        sender.socket.try_io(Interest::WRITABLE, || {
            sender.state.send(UdpSockRef::from(&sender.socket), &transmit)
        })
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut count = 0;
        for (buf, meta) in bufs.iter_mut().zip(meta) {
            match self.crossing.poll(cx, buf) {
                Poll::Ready((len, stride)) => {
                    *meta = RecvMeta { addr: THERE, len, stride, ecn: None, dst_ip: None };
                    count += 1;
                }
                Poll::Pending => break,
            }
        }
        if count == 0 { Poll::Pending } else { Poll::Ready(Ok(count)) }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(HERE)
    }

    fn max_transmit_segments(&self) -> usize {
        self.current().map_or(1, |current| current.sender.state.max_gso_segments())
    }

    fn max_receive_segments(&self) -> usize {
        AT_ONCE
    }

    fn may_fragment(&self) -> bool {
        self.current().is_none_or(|current| current.sender.state.may_fragment())
    }
}

type Waiting = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

/// Waits until the way has room.
struct Poller {
    wire: Arc<Wire>,
    waiting: Option<Waiting>,
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Poller")
    }
}

impl UdpPoller for Poller {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(current) = this.wire.current() else { return Poll::Ready(Ok(())) };
        let waiting = this.waiting.get_or_insert_with(|| {
            let sender = current.sender;
            Box::pin(async move { sender.socket.writable().await })
        });
        let done = ready!(waiting.as_mut().poll(cx));
        this.waiting = None;
        Poll::Ready(done)
    }
}
