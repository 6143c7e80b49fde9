//! What clients who have proven themselves ask for: an allocation, its refresh and its end, permissions and
//! channels (RFC 8656), each with the answer that the RFC has for it. The `turn` crate keeps the allocations;
//! what may be is decided here.

use super::credentials::Known;
use super::exit::{CHANNEL_LIFETIME, Exit, route_to};
use super::listener::{Answer, Listener};
use super::table::NoPlace;
use super::wire::{self, Address, Said};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_EVEN_PORT, ATTR_LIFETIME, ATTR_REQUESTED_ADDRESS_FAMILY,
    ATTR_REQUESTED_TRANSPORT, ATTR_RESERVATION_TOKEN, ATTR_USERNAME, ATTR_XOR_RELAYED_ADDRESS,
    ATTR_XORMAPPED_ADDRESS,
};
use stun::error_code::{
    CODE_ADDR_FAMILY_NOT_SUPPORTED, CODE_ALLOC_MISMATCH, CODE_ALLOC_QUOTA_REACHED,
    CODE_BAD_REQUEST, CODE_FORBIDDEN, CODE_INSUFFICIENT_CAPACITY, CODE_PEER_ADDR_FAMILY_MISMATCH,
    CODE_UNSUPPORTED_TRANS_PROTO, CODE_WRONG_CREDENTIALS, ErrorCode,
};
use stun::message::{METHOD_ALLOCATE, METHOD_CREATE_PERMISSION, METHOD_REFRESH, Message};
use stun::textattrs::TextAttribute;
use turn::allocation::Allocation;
use turn::allocation::channel_bind::ChannelBind;
use turn::allocation::permission::Permission;
use turn::proto::channum::ChannelNumber;
use turn::proto::lifetime::{DEFAULT_LIFETIME, Lifetime};

/// What a client has.
struct Held {
    allocation: Arc<Allocation>,
    exit: Arc<Exit>,
}

/// The four bytes of an attribute; an error if it has others.
fn four(message: &Message, kind: stun::attributes::AttrType) -> Result<Option<[u8; 4]>, ErrorCode> {
    match message.get(kind) {
        Ok(value) => value.try_into().map(Some).map_err(|_| CODE_BAD_REQUEST),
        Err(_) => Ok(None),
    }
}

/// Whether an IPv4 address is asked for; none if nothing is said.
fn family(message: &Message) -> Result<Option<bool>, ErrorCode> {
    match four(message, ATTR_REQUESTED_ADDRESS_FAMILY)? {
        None => Ok(None),
        Some([1, ..]) => Ok(Some(true)),
        Some([2, ..]) => Ok(Some(false)),
        Some(_) => Err(CODE_ADDR_FAMILY_NOT_SUPPORTED),
    }
}

/// What kind of port is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Even {
    Alone,
    AndTheNext,
}

fn even_port(message: &Message) -> Result<Option<Even>, ErrorCode> {
    match message.get(ATTR_EVEN_PORT).ok().as_deref() {
        None => Ok(None),
        Some([flags]) if flags & 0x80 == 0 => Ok(Some(Even::Alone)),
        Some([_]) => Ok(Some(Even::AndTheNext)),
        Some(_) => Err(CODE_BAD_REQUEST),
    }
}

impl Listener {
    /// Does what a known user asks for.
    pub(super) async fn request(
        &self,
        message: &Message,
        client: SocketAddr,
        known: &Known,
    ) -> Answer {
        let done = match message.typ.method {
            METHOD_ALLOCATE => {
                return match self.allocate(message, client, known).await {
                    Ok(answer) => answer,
                    Err(code) => self.refuse(message, code, Vec::new(), Some(&known.key)),
                };
            }
            METHOD_REFRESH => self.refresh(message, client, known).await,
            METHOD_CREATE_PERMISSION => self.create_permission(message, client, known).await,
            _ => self.bind_channel(message, client, known).await,
        };
        match done {
            Ok(said) => wire::done(message, said, Some(&known.key)),
            Err(code) => self.refuse(message, code, Vec::new(), Some(&known.key)),
        }
    }

    /// For how long an allocation lives from now on: what was asked for, within bounds.
    fn lifetime(&self, asked: Option<[u8; 4]>) -> Duration {
        let most = self.desk.config.allocation_lifetime;
        let asked = asked.map(u32::from_be_bytes).map(|s| Duration::from_secs(s.into()));
        asked.unwrap_or_default().max(DEFAULT_LIFETIME).min(most)
    }

    /// Where a relayed address is opened, and by what peers know it.
    fn addresses(&self, client: SocketAddr, is_ipv4: bool) -> Option<(IpAddr, IpAddr)> {
        let local = self.front.local().ip();
        let bind = match is_ipv4 {
            _ if local.is_ipv4() == is_ipv4 => local,
            true => Ipv4Addr::UNSPECIFIED.into(),
            false => Ipv6Addr::UNSPECIFIED.into(),
        };
        let advertised = self.desk.config.advertise.iter().find(|ip| ip.is_ipv4() == is_ipv4);
        let far = match advertised {
            Some(advertised) => *advertised,
            None if !bind.is_unspecified() => bind,
            None if client.is_ipv4() == is_ipv4 => route_to(client.ip())?,
            // Addresses of the documentation, which lie behind the default route if there is one.
            None if is_ipv4 => route_to(Ipv4Addr::new(192, 0, 2, 1).into())?,
            None => route_to(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into())?,
        };
        Some((bind, far))
    }

    async fn allocate(
        &self,
        message: &Message,
        client: SocketAddr,
        known: &Known,
    ) -> Result<Answer, ErrorCode> {
        let desk = &self.desk;
        let place = self.client(client);
        if self.allocation(client).await.is_some() {
            return match desk.table.find(&place) {
                // The answer was lost on the way.
                Some(found)
                    if found.asked == message.transaction_id && found.user == known.user =>
                {
                    Ok(Some(found.answer))
                }
                _ => Err(CODE_ALLOC_MISMATCH),
            };
        }
        match four(message, ATTR_REQUESTED_TRANSPORT)? {
            None => return Err(CODE_BAD_REQUEST),
            Some([17, ..]) => {}
            Some(_) => return Err(CODE_UNSUPPORTED_TRANS_PROTO),
        }
        let asked_family = family(message)?;
        let reserved = message.contains(ATTR_RESERVATION_TOKEN);
        let even = even_port(message)?;
        if reserved && (even.is_some() || asked_family.is_some()) {
            return Err(CODE_BAD_REQUEST);
        }
        if reserved || even == Some(Even::AndTheNext) {
            // Ports are random, and none is put by.
            return Err(CODE_INSUFFICIENT_CAPACITY);
        }
        let is_ipv4 = asked_family.unwrap_or(true);
        let lifetime = self.lifetime(four(message, ATTR_LIFETIME)?);
        let (bind, far) = self.addresses(client, is_ipv4).ok_or(CODE_ADDR_FAMILY_NOT_SUPPORTED)?;
        let lease = desk.table.lease(desk.now_ms(), place, &known.user).map_err(|no| match no {
            NoPlace::Quota => CODE_ALLOC_QUOTA_REACHED,
            NoPlace::Full => CODE_INSUFFICIENT_CAPACITY,
        })?;
        let exit = Exit::open(desk, lease, (bind, far), even.is_some()).map_err(|error| {
            tracing::warn!(%error, "no port could be had for an allocation");
            CODE_INSUFFICIENT_CAPACITY
        })?;
        self.handing.lay_down(Arc::clone(&exit));
        let front = Arc::clone(&self.front);
        let username = TextAttribute::new(ATTR_USERNAME, known.user.to_string());
        let five_tuple = self.five_tuple(client);
        self.allocations
            .create_allocation(five_tuple, front, 0, lifetime, username, is_ipv4)
            .await
            .map_err(|_| CODE_INSUFFICIENT_CAPACITY)?;
        let said: Said = vec![
            Box::new(Address(exit.relayed(), ATTR_XOR_RELAYED_ADDRESS)),
            Box::new(Lifetime(lifetime)),
            Box::new(Address(client, ATTR_XORMAPPED_ADDRESS)),
        ];
        let answer = wire::done(message, said, Some(&known.key)).unwrap_or_default();
        desk.table.settle(&exit, message.transaction_id, answer.clone());
        desk.tally.allocated.add(1);
        Ok(Some(answer))
    }

    /// The allocation of a client, if it is this user's.
    async fn held(&self, client: SocketAddr, known: &Known) -> Result<Held, ErrorCode> {
        let found = self.desk.table.find(&self.client(client)).ok_or(CODE_ALLOC_MISMATCH)?;
        let allocation = self.allocation(client).await.ok_or(CODE_ALLOC_MISMATCH)?;
        if found.user != known.user {
            return Err(CODE_WRONG_CREDENTIALS);
        }
        Ok(Held { allocation, exit: found.exit })
    }

    async fn refresh(
        &self,
        message: &Message,
        client: SocketAddr,
        known: &Known,
    ) -> Result<Said, ErrorCode> {
        let held = self.held(client, known).await?;
        let asked_family = family(message)?;
        if asked_family.is_some_and(|is_ipv4| is_ipv4 != held.exit.relayed().is_ipv4()) {
            return Err(CODE_PEER_ADDR_FAMILY_MISMATCH);
        }
        let asked = four(message, ATTR_LIFETIME)?;
        if asked == Some([0; 4]) {
            self.allocations.delete_allocation(&self.five_tuple(client)).await;
            return Ok(vec![Box::new(Lifetime(Duration::ZERO))]);
        }
        let lifetime = self.lifetime(asked);
        held.allocation.refresh(lifetime).await;
        Ok(vec![Box::new(Lifetime(lifetime))])
    }

    /// Whether peers are of the allocation's family, and such that something is relayed to.
    fn may_reach(&self, exit: &Exit, peers: &[SocketAddr]) -> Result<(), ErrorCode> {
        if peers.iter().any(|peer| peer.is_ipv4() != exit.relayed().is_ipv4()) {
            return Err(CODE_PEER_ADDR_FAMILY_MISMATCH);
        }
        let forbidden = |peer: &SocketAddr| {
            // A permission is for all ports, and a client that says so says port 0.
            let port = if peer.port() == 0 { 9 } else { peer.port() };
            self.desk.way_to(SocketAddr::new(peer.ip(), port)).is_none()
        };
        if peers.iter().any(forbidden) { Err(CODE_FORBIDDEN) } else { Ok(()) }
    }

    /// Permits peers: all that are named, or none.
    async fn create_permission(
        &self,
        message: &Message,
        client: SocketAddr,
        known: &Known,
    ) -> Result<Said, ErrorCode> {
        let Held { allocation, exit } = self.held(client, known).await?;
        let peers = wire::peers(message).ok_or(CODE_BAD_REQUEST)?;
        if peers.is_empty() {
            return Err(CODE_BAD_REQUEST);
        }
        self.may_reach(&exit, &peers)?;
        let ips: Vec<IpAddr> = peers.iter().map(SocketAddr::ip).collect();
        if !exit.permit(&ips) {
            return Err(CODE_INSUFFICIENT_CAPACITY);
        }
        for peer in peers {
            allocation.add_permission(Permission::new(peer)).await;
        }
        Ok(Vec::new())
    }

    async fn bind_channel(
        &self,
        message: &Message,
        client: SocketAddr,
        known: &Known,
    ) -> Result<Said, ErrorCode> {
        let Held { allocation, exit } = self.held(client, known).await?;
        let [high, low, ..] = four(message, ATTR_CHANNEL_NUMBER)?.ok_or(CODE_BAD_REQUEST)?;
        let channel = ChannelNumber(u16::from_be_bytes([high, low]));
        let peers = wire::peers(message).ok_or(CODE_BAD_REQUEST)?;
        let [peer] = peers[..] else { return Err(CODE_BAD_REQUEST) };
        if !channel.valid() || peer.port() == 0 {
            return Err(CODE_BAD_REQUEST);
        }
        self.may_reach(&exit, &[peer])?;
        // A channel is one peer's, and a peer has one channel.
        let number = allocation.get_channel_number(&peer).await;
        let bound = allocation.get_channel_addr(&channel).await;
        if number.is_some_and(|number| number != channel)
            || bound.is_some_and(|bound| bound != peer)
        {
            return Err(CODE_BAD_REQUEST);
        }
        if !exit.permit(&[peer.ip()]) || !exit.bind(channel.0) {
            return Err(CODE_INSUFFICIENT_CAPACITY);
        }
        let bind = ChannelBind::new(channel, peer);
        let bound = allocation.add_channel_bind(bind, CHANNEL_LIFETIME).await;
        bound.map_err(|_| CODE_BAD_REQUEST)?;
        Ok(Vec::new())
    }
}
