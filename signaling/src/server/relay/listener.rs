//! One UDP address that clients speak to: takes their datagrams one after the other, and tells friends from
//! strangers. Strangers get an address (STUN) or are told how to prove themselves, and no more; what those who
//! have proven themselves ask for is done in `requests.rs`. Nothing that comes ends the loop.

use super::credentials::Known;
use super::desk::Desk;
use super::exit::Handing;
use super::front::Front;
use super::table::Client;
use super::tally::Dropped;
use super::wire::{self, Address, Packet, Said};
use std::net::SocketAddr;
use std::sync::Arc;
use stun::attributes::{
    ATTR_DATA, ATTR_MESSAGE_INTEGRITY, ATTR_NONCE, ATTR_REALM, ATTR_USERNAME,
    ATTR_XORMAPPED_ADDRESS,
};
use stun::error_code::{
    CODE_BAD_REQUEST, CODE_STALE_NONCE, CODE_UNAUTHORIZED, CODE_UNKNOWN_ATTRIBUTE, ErrorCode,
};
use stun::integrity::MessageIntegrity;
use stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, METHOD_ALLOCATE, METHOD_BINDING, METHOD_CHANNEL_BIND,
    METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND, Message,
};
use stun::textattrs::TextAttribute;
use stun::uattrs::UnknownAttributes;
use tokio::task::coop::consume_budget;
use turn::allocation::Allocation;
use turn::allocation::allocation_manager::{Manager, ManagerConfig};
use turn::allocation::five_tuple::FiveTuple;
use turn::proto::PROTO_UDP;
use turn::proto::channum::ChannelNumber;

/// No datagram is longer.
const LONGEST: usize = 65_536;

/// One UDP address that clients speak to.
pub(super) struct Listener {
    pub(super) desk: Arc<Desk>,
    pub(super) front: Arc<Front>,
    pub(super) allocations: Manager,
    pub(super) handing: Handing,
    number: usize,
}

/// A request is over: with an answer, or without.
pub(super) type Answer = Option<Vec<u8>>;

impl Listener {
    pub(super) fn new(desk: Arc<Desk>, front: Front, number: usize) -> Self {
        let handing = Handing::default();
        let allocations = Manager::new(ManagerConfig {
            relay_addr_generator: Box::new(handing.clone()),
            // Sockets tell when they go. A channel that nobody empties would stop everything.
            alloc_close_notify: None,
        });
        Self { desk, front: Arc::new(front), allocations, handing, number }
    }

    /// Serves until it is dropped.
    pub(super) async fn run(self) {
        let mut buffer = vec![0; LONGEST];
        loop {
            let (length, client) = self.front.hear(&mut buffer).await;
            self.take(&buffer[..length], client).await;
            consume_budget().await;
        }
    }

    pub(super) fn client(&self, address: SocketAddr) -> Client {
        (self.number, address)
    }

    /// What the `turn` crate knows an allocation by.
    pub(super) fn five_tuple(&self, client: SocketAddr) -> FiveTuple {
        FiveTuple { protocol: PROTO_UDP, src_addr: client, dst_addr: self.front.local() }
    }

    pub(super) async fn allocation(&self, client: SocketAddr) -> Option<Arc<Allocation>> {
        self.allocations.get_allocation(&self.five_tuple(client)).await
    }

    async fn take(&self, bytes: &[u8], client: SocketAddr) {
        let dropped = match wire::read(bytes) {
            Some(Packet::Channel { number, data }) => self.channel_data(number, data, client).await,
            Some(Packet::Message(mut message)) => match message.typ.class {
                CLASS_REQUEST => {
                    if let Some(answer) = self.answer(&mut message, client).await {
                        self.front.say(&answer, client);
                    }
                    None
                }
                CLASS_INDICATION if message.typ.method == METHOD_SEND => {
                    self.send(&message, client)
                }
                _ => Some(Dropped::Odd),
            },
            None => Some(Dropped::Odd),
        };
        if let Some(reason) = dropped {
            self.desk.tally.dropped(reason);
        }
    }

    /// Bytes for whom a channel is bound to.
    async fn channel_data(&self, number: u16, data: &[u8], client: SocketAddr) -> Option<Dropped> {
        let Some(exit) = self.desk.table.exit(&self.client(client)) else {
            return Some(Dropped::Unbound);
        };
        let bound = match self.allocation(client).await {
            Some(allocation) => allocation.get_channel_addr(&ChannelNumber(number)).await,
            None => None,
        };
        let Some(peer) = bound else { return Some(Dropped::Unbound) };
        exit.relay(data, peer);
        None
    }

    /// Bytes for a peer that is named beside them.
    fn send(&self, message: &Message, client: SocketAddr) -> Option<Dropped> {
        let Some(exit) = self.desk.table.exit(&self.client(client)) else {
            return Some(Dropped::Unbound);
        };
        let peers = wire::peers(message).unwrap_or_default();
        let ([peer], Ok(data)) = (&peers[..], message.get(ATTR_DATA)) else {
            return Some(Dropped::Odd);
        };
        if !wire::not_understood(message).is_empty() {
            return Some(Dropped::Odd);
        }
        if !exit.permits(peer.ip()) {
            return Some(Dropped::NotPermitted);
        }
        exit.relay(&data, *peer);
        None
    }

    async fn answer(&self, message: &mut Message, client: SocketAddr) -> Answer {
        match message.typ.method {
            METHOD_BINDING => self.binding(message, client),
            METHOD_ALLOCATE | METHOD_REFRESH | METHOD_CREATE_PERMISSION | METHOD_CHANNEL_BIND => {
                let known = match self.know(message, client) {
                    Ok(known) => known,
                    Err(answer) => return answer,
                };
                let odd = wire::not_understood(message);
                if !odd.is_empty() {
                    let named: Said = vec![Box::new(UnknownAttributes(odd))];
                    return self.refuse(message, CODE_UNKNOWN_ATTRIBUTE, named, Some(&known.key));
                }
                self.request(message, client, &known).await
            }
            _ => self.stranger(message, CODE_BAD_REQUEST, client),
        }
    }

    /// Tells a client its address.
    fn binding(&self, message: &Message, client: SocketAddr) -> Answer {
        let odd = wire::not_understood(message);
        if !odd.is_empty() {
            return self.stranger(message, CODE_UNKNOWN_ATTRIBUTE, client);
        }
        if !self.admit(client) {
            return None;
        }
        self.desk.tally.bindings.add(1);
        wire::done(message, vec![Box::new(Address(client, ATTR_XORMAPPED_ADDRESS))], None)
    }

    /// Whether a stranger is answered once more.
    fn admit(&self, client: SocketAddr) -> bool {
        let admitted = self.desk.throttle().admit(self.desk.now_ms(), client.ip());
        if !admitted {
            self.desk.tally.dropped(Dropped::Limited);
        }
        admitted
    }

    /// Refuses someone who has not proven anything.
    fn stranger(&self, message: &Message, code: ErrorCode, client: SocketAddr) -> Answer {
        if !self.admit(client) {
            return None;
        }
        let said: Said = match code {
            CODE_UNAUTHORIZED | CODE_STALE_NONCE => {
                let credentials = &self.desk.credentials;
                let nonce = credentials.nonce(self.desk.now_s(), client);
                let realm = credentials.realm().to_owned();
                vec![
                    Box::new(TextAttribute::new(ATTR_REALM, realm)),
                    Box::new(TextAttribute::new(ATTR_NONCE, nonce)),
                ]
            }
            CODE_UNKNOWN_ATTRIBUTE => {
                vec![Box::new(UnknownAttributes(wire::not_understood(message)))]
            }
            _ => Vec::new(),
        };
        self.refuse(message, code, said, None)
    }

    pub(super) fn refuse(
        &self,
        message: &Message,
        code: ErrorCode,
        said: Said,
        key: Option<&MessageIntegrity>,
    ) -> Answer {
        self.desk.tally.refused(code.0);
        wire::refused(message, code, said, key)
    }

    /// Who sent a request; the error is the answer to one who has not proven it.
    fn know(&self, message: &mut Message, client: SocketAddr) -> Result<Known, Answer> {
        if !message.contains(ATTR_MESSAGE_INTEGRITY) {
            return Err(self.stranger(message, CODE_UNAUTHORIZED, client));
        }
        let [username, realm, nonce] =
            [ATTR_USERNAME, ATTR_REALM, ATTR_NONCE].map(|kind| wire::text(message, kind));
        let (Some(username), Some(_), Some(nonce)) = (username, realm, nonce) else {
            return Err(self.stranger(message, CODE_BAD_REQUEST, client));
        };
        let (desk, now_s) = (&self.desk, self.desk.now_s());
        if !desk.credentials.is_fresh(&nonce, now_s, client) {
            return Err(self.stranger(message, CODE_STALE_NONCE, client));
        }
        // Whatever realm the client took them for: the key is made with ours.
        match desk.credentials.know(&username, now_s) {
            Some(known) if known.key.check(message).is_ok() => {
                if desk.table.may_ask(desk.now_ms(), &known.user) {
                    Ok(known)
                } else {
                    desk.tally.dropped(Dropped::Limited);
                    Err(None)
                }
            }
            _ => Err(self.stranger(message, CODE_UNAUTHORIZED, client)),
        }
    }
}
