//! The socket of one allocation, as the `turn` crate sees it: the only way by which bytes are relayed. What
//! goes out passes the filter of addresses, what comes in the client's permissions, and both the user's
//! meters. It never fails: what can't pass is dropped and counted.

use super::desk::Desk;
use super::front::{PAUSE, not_connected, open, send_now};
use super::table::{Lease, Relayed, Way};
use super::tally::Dropped;
use async_trait::async_trait;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as Probe};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::coop::consume_budget;
use tokio::time::Instant;
use turn::relay::RelayAddressGenerator;
use turn_conn::Conn;

/// Peers that one allocation may permit at once.
pub(super) const MOST_PEERS: usize = 256;
/// Channels that one allocation may bind at once.
pub(super) const MOST_CHANNELS: usize = 128;
/// For how long a peer is permitted, and a channel bound, without being asked for again.
pub(super) const PEER_LIFETIME: Duration = Duration::from_secs(300);
pub(super) const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);
/// A datagram that fills this is longer than is relayed.
const SCRATCH: usize = 2048;
/// Ports that are tried before the relay says that it has none.
const TRIES: usize = 32;

thread_local! {
    static HEARD: RefCell<[u8; SCRATCH]> = const { RefCell::new([0; SCRATCH]) };
}

/// Things with an end, of which only so many may be there.
#[derive(Debug)]
struct Lasting<T>(Mutex<HashMap<T, Instant>>);

impl<T: Eq + Hash + Copy> Lasting<T> {
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Lets all of these last from now on; or none, if there would be too many.
    fn renew(&self, now: Instant, things: &[T], lifetime: Duration, most: usize) -> bool {
        let mut lasting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lasting.retain(|_, end| *end > now);
        let mut fresh: Vec<T> = Vec::new();
        for thing in things {
            if !lasting.contains_key(thing) && !fresh.contains(thing) {
                fresh.push(*thing);
            }
        }
        if lasting.len() + fresh.len() > most {
            return false;
        }
        lasting.extend(things.iter().map(|thing| (*thing, now + lifetime)));
        true
    }

    fn has(&self, now: Instant, thing: &T) -> bool {
        let lasting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lasting.get(thing).is_some_and(|end| *end > now)
    }
}

/// The socket of one allocation.
#[derive(Debug)]
pub(super) struct Exit {
    socket: UdpSocket,
    relayed: Relayed,
    lease: Lease,
    peers: Lasting<IpAddr>,
    channels: Lasting<u16>,
    desk: Arc<Desk>,
}

impl Exit {
    /// Opens a socket on a random port of an address, known to peers by another.
    pub(super) fn open(
        desk: &Arc<Desk>,
        mut lease: Lease,
        (bind, far): (IpAddr, IpAddr),
        is_even: bool,
    ) -> io::Result<Arc<Self>> {
        let (first, last) = desk.config.ports;
        let span = u32::from(last - first) + 1;
        let mut failed = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..TRIES {
            let mut random = [0; 4];
            getrandom::fill(&mut random).map_err(io::Error::other)?;
            // A remainder of less than 65536 of four random bytes.
            let offset = (u32::from_be_bytes(random) % span) as u16;
            let mut port = first + offset;
            if is_even && port % 2 == 1 {
                port = if port > first { port - 1 } else { port.saturating_add(1) };
            }
            if port > last {
                continue;
            }
            match open(SocketAddr::new(bind, port)) {
                Ok(socket) => {
                    let near = match bind {
                        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
                        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
                        ip => ip,
                    };
                    let relayed = Relayed {
                        near: SocketAddr::new(near, port),
                        far: SocketAddr::new(far, port),
                    };
                    lease.open(relayed);
                    return Ok(Arc::new(Self {
                        socket,
                        relayed,
                        lease,
                        peers: Lasting::new(),
                        channels: Lasting::new(),
                        desk: Arc::clone(desk),
                    }));
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => failed = error,
                Err(error) => return Err(error),
            }
        }
        Err(failed)
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The relayed address, as peers know it.
    pub(super) fn relayed(&self) -> SocketAddr {
        self.relayed.far
    }

    /// Lets peers write to the client; false if that would be too many.
    pub(super) fn permit(&self, peers: &[IpAddr]) -> bool {
        self.peers.renew(Instant::now(), peers, PEER_LIFETIME, MOST_PEERS)
    }

    /// Counts a channel; false if that would be too many.
    pub(super) fn bind(&self, channel: u16) -> bool {
        self.channels.renew(Instant::now(), &[channel], CHANNEL_LIFETIME, MOST_CHANNELS)
    }

    /// Whether a peer may write to the client now.
    pub(super) fn permits(&self, peer: IpAddr) -> bool {
        self.peers.has(Instant::now(), &peer)
    }

    /// Relays a datagram to a peer.
    pub(super) fn relay(&self, bytes: &[u8], peer: SocketAddr) {
        let desk = &self.desk;
        let tally = &desk.tally;
        let Some(way) = desk.way_to(peer) else { return tally.dropped(Dropped::Forbidden) };
        if !desk.table.may_pass(desk.now_ms(), self.lease.share(), Way::ToPeer, bytes.len()) {
            return tally.dropped(Dropped::Bandwidth);
        }
        if !send_now(&self.socket, bytes, way) {
            return tally.dropped(Dropped::NotSent);
        }
        tally.packets_to_peers.add(1);
        tally.bytes_to_peers.add(bytes.len() as u64);
    }

    /// Takes a datagram of a peer in; none if it goes no further.
    fn take_in(
        &self,
        bytes: &[u8],
        from: SocketAddr,
        into: &mut [u8],
    ) -> Option<(usize, SocketAddr)> {
        let desk = &self.desk;
        let peer = desk.known_as(from);
        let dropped = if !self.permits(peer.ip()) {
            Dropped::NotPermitted
        } else if bytes.len() > into.len() || bytes.len() == SCRATCH {
            Dropped::TooLong
        } else if !desk.table.may_pass(
            desk.now_ms(),
            self.lease.share(),
            Way::ToClient,
            bytes.len(),
        ) {
            Dropped::Bandwidth
        } else {
            into[..bytes.len()].copy_from_slice(bytes);
            desk.tally.packets_to_clients.add(1);
            desk.tally.bytes_to_clients.add(bytes.len() as u64);
            return Some((bytes.len(), peer));
        };
        desk.tally.dropped(dropped);
        None
    }

    fn try_hear(&self, into: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        // Through a scratch buffer of the thread, so that an idle allocation holds none, and a datagram that is
        // too long is seen to be.
        HEARD.with_borrow_mut(|scratch| {
            let (length, from) = self.socket.try_recv_from(scratch)?;
            Ok(self.take_in(&scratch[..length], from, into))
        })
    }
}

#[async_trait]
impl Conn for Exit {
    async fn connect(&self, _: SocketAddr) -> Result<(), turn_conn::Error> {
        not_connected()
    }

    async fn recv(&self, _: &mut [u8]) -> Result<usize, turn_conn::Error> {
        not_connected()
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), turn_conn::Error> {
        loop {
            let heard = match self.socket.readable().await {
                Ok(()) => self.try_hear(buffer),
                Err(error) => Err(error),
            };
            match heard {
                Ok(Some(heard)) => return Ok(heard),
                // Others have their turn, however many there are to drop.
                Ok(None) => consume_budget().await,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn send(&self, _: &[u8]) -> Result<usize, turn_conn::Error> {
        not_connected()
    }

    async fn send_to(&self, bytes: &[u8], peer: SocketAddr) -> Result<usize, turn_conn::Error> {
        self.relay(bytes, peer);
        Ok(bytes.len())
    }

    fn local_addr(&self) -> Result<SocketAddr, turn_conn::Error> {
        Ok(self.relayed.near)
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// The socket goes with the last who holds it.
    async fn close(&self) -> Result<(), turn_conn::Error> {
        Ok(())
    }

    fn as_any(&self) -> &(dyn std::any::Any + Send + Sync) {
        self
    }
}

/// Gives the `turn` crate the socket that was opened for the allocation it makes: it asks for one without saying
/// for whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Handing(Arc<Mutex<Option<Arc<Exit>>>>);

impl Handing {
    /// The next allocation takes this one.
    pub(super) fn lay_down(&self, exit: Arc<Exit>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
    }

    fn take(&self) -> Option<Arc<Exit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl RelayAddressGenerator for Handing {
    fn validate(&self) -> Result<(), turn::Error> {
        Ok(())
    }

    async fn allocate_conn(
        &self,
        _use_ipv4: bool,
        _requested_port: u16,
    ) -> Result<(Arc<dyn Conn + Send + Sync>, SocketAddr), turn::Error> {
        let exit = self.take().ok_or(turn::Error::ErrRelayAddressInvalid)?;
        let relayed = exit.relayed();
        Ok((exit, relayed))
    }
}

/// The address of this machine that speaks to another, by the system's own routes; nothing is sent.
pub(super) fn route_to(far: IpAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if far.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let probe = Probe::bind((any, 0)).ok()?;
    probe.connect((far, 9)).ok()?;
    let ip = probe.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_ends_and_is_bounded() {
        let peers = Lasting::new();
        let half = PEER_LIFETIME / 2;
        let begin = Instant::now();
        let at = |halves: u32| begin + half * halves;
        assert!(peers.renew(at(0), &[1, 2, 2], PEER_LIFETIME, 3));
        assert!(!peers.renew(at(0), &[3, 4], PEER_LIFETIME, 3), "all or none");
        assert!(!peers.has(at(0), &3));
        assert!(peers.renew(at(1), &[2, 3], PEER_LIFETIME, 3));
        assert!(!peers.has(at(2), &1) && peers.has(at(2), &2) && peers.has(at(2), &3));
        assert!(peers.renew(at(2), &[4], PEER_LIFETIME, 3));
        assert!(!peers.has(at(3), &2) && peers.has(at(3), &4));
    }
}
