//! A client of STUN and TURN that says whatever a test wants said: messages are put together by hand, signed
//! with whatever credentials it is given, and sent once.

use super::{SECRET, relay_of};
use crate::stage::Stage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use stun::agent::TransactionId;
use stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
    ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS, ATTR_XOR_RELAYED_ADDRESS,
    AttrType,
};
use stun::integrity::MessageIntegrity;
use stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, METHOD_ALLOCATE, METHOD_CHANNEL_BIND,
    METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND, Message, MessageType, Method, Setter,
};
use stun::textattrs::TextAttribute;
use stun::xoraddr::XorMappedAddress;
use tokio::net::UdpSocket;

/// Nothing on loopback takes longer, unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Credentials that end so many seconds from now, for a user.
pub(crate) fn credentials(user: &str, seconds: i64) -> (String, String) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let username = format!("{}:{user}", now.checked_add_signed(seconds).unwrap());
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(username.as_bytes());
    (username, STANDARD.encode(mac.finalize().into_bytes()))
}

/// An attribute as it is.
pub(crate) fn raw(kind: AttrType, value: &[u8]) -> (AttrType, Vec<u8>) {
    (kind, value.to_vec())
}

/// REQUESTED-TRANSPORT: UDP.
pub(crate) fn udp() -> (AttrType, Vec<u8>) {
    raw(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0])
}

pub(crate) fn lifetime(seconds: u32) -> (AttrType, Vec<u8>) {
    raw(ATTR_LIFETIME, &seconds.to_be_bytes())
}

pub(crate) fn channel(number: u16) -> (AttrType, Vec<u8>) {
    let [high, low] = number.to_be_bytes();
    raw(ATTR_CHANNEL_NUMBER, &[high, low, 0, 0])
}

/// The code of an answer; 0 says that it was done.
pub(crate) fn code(answer: &Message) -> u16 {
    match answer.get(ATTR_ERROR_CODE) {
        Ok(value) => u16::from(value[2]) * 100 + u16::from(value[3]),
        Err(_) => 0,
    }
}

/// A masked address in an answer.
pub(crate) fn address(answer: &Message, kind: AttrType) -> SocketAddr {
    let mut address = XorMappedAddress::default();
    address.get_from_as(answer, kind).unwrap();
    SocketAddr::new(address.ip, address.port)
}

/// Something that the server sent.
#[derive(Debug)]
pub(crate) enum Heard {
    Message(Message),
    Channel(u16, Vec<u8>),
}

pub(crate) struct Turning {
    pub(crate) socket: UdpSocket,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) realm: String,
    pub(crate) nonce: String,
}

impl Turning {
    /// A client with its own socket, good credentials for a user, and a nonce.
    pub(crate) async fn new(stage: &Stage, user: &str) -> Self {
        Self::with(relay_of(stage), credentials(user, 600)).await
    }

    pub(crate) async fn with(relay: SocketAddr, credentials: (String, String)) -> Self {
        let socket = UdpSocket::bind((relay.ip(), 0)).await.unwrap();
        socket.connect(relay).await.unwrap();
        let (username, password) = credentials;
        let (realm, nonce) = (String::new(), String::new());
        let mut client = Self { socket, username, password, realm, nonce };
        client.greet().await;
        client
    }

    /// Gets a realm and a nonce.
    pub(crate) async fn greet(&mut self) {
        let id = self.say(METHOD_ALLOCATE, CLASS_REQUEST, &[udp()], false, &[]).await;
        let answer = self.answer(id).await;
        assert_eq!(code(&answer), 401);
        let text = |kind| String::from_utf8(answer.get(kind).unwrap()).unwrap();
        (self.realm, self.nonce) = (text(ATTR_REALM), text(ATTR_NONCE));
    }

    /// Another user on the same socket.
    pub(crate) fn become_user(&mut self, credentials: (String, String)) {
        (self.username, self.password) = credentials;
    }

    /// What signs this client's messages.
    pub(crate) fn key(&self) -> MessageIntegrity {
        let [username, realm, password] =
            [&self.username, &self.realm, &self.password].map(String::clone);
        MessageIntegrity::new_long_term_integrity(username, realm, password)
    }

    /// A message, with peers, signed or not.
    pub(crate) fn message(
        &self,
        method: Method,
        class: stun::message::MessageClass,
        attributes: &[(AttrType, Vec<u8>)],
        signed: bool,
        peers: &[SocketAddr],
    ) -> Message {
        let mut message = Message::new();
        message.write_header();
        message.set_type(MessageType::new(method, class));
        TransactionId::new().add_to(&mut message).unwrap();
        for (kind, value) in attributes {
            message.add(*kind, value);
        }
        for peer in peers {
            let peer = XorMappedAddress { ip: peer.ip(), port: peer.port() };
            peer.add_to_as(&mut message, ATTR_XOR_PEER_ADDRESS).unwrap();
        }
        if signed {
            for (kind, text) in [
                (ATTR_USERNAME, &self.username),
                (ATTR_REALM, &self.realm),
                (ATTR_NONCE, &self.nonce),
            ] {
                TextAttribute::new(kind, text.clone()).add_to(&mut message).unwrap();
            }
            self.key().add_to(&mut message).unwrap();
        }
        message
    }

    pub(crate) async fn say(
        &self,
        method: Method,
        class: stun::message::MessageClass,
        attributes: &[(AttrType, Vec<u8>)],
        signed: bool,
        peers: &[SocketAddr],
    ) -> TransactionId {
        let message = self.message(method, class, attributes, signed, peers);
        self.socket.send(&message.raw).await.unwrap();
        message.transaction_id
    }

    /// The next thing that comes.
    pub(crate) async fn hear(&self) -> Heard {
        let mut buffer = vec![0; 65_536];
        let heard = tokio::time::timeout(PATIENCE, self.socket.recv(&mut buffer)).await;
        buffer.truncate(heard.expect("something comes").unwrap());
        if buffer[0] & 0xc0 == 0x40 {
            let number = u16::from_be_bytes([buffer[0], buffer[1]]);
            let length = usize::from(u16::from_be_bytes([buffer[2], buffer[3]]));
            return Heard::Channel(number, buffer[4..4 + length].to_vec());
        }
        let mut message = Message::new();
        message.unmarshal_binary(&buffer).unwrap();
        Heard::Message(message)
    }

    /// The answer to a message: the next that comes.
    pub(crate) async fn answer(&self, id: TransactionId) -> Message {
        match self.hear().await {
            Heard::Message(message) => {
                assert_eq!(message.transaction_id, id, "an answer to something else: {message}");
                message
            }
            heard => panic!("no answer but {heard:?}"),
        }
    }

    /// Asks with a signature; the answer of one who has proven themselves is signed too.
    pub(crate) async fn ask(
        &self,
        method: Method,
        attributes: &[(AttrType, Vec<u8>)],
        peers: &[SocketAddr],
    ) -> Message {
        let id = self.say(method, CLASS_REQUEST, attributes, true, peers).await;
        let answer = self.answer(id).await;
        if !matches!(code(&answer), 400 | 401 | 438) {
            self.key().check(&mut answer.clone()).expect("the answer is signed");
        }
        answer
    }

    /// The code of what comes of asking.
    pub(crate) async fn code_of(
        &self,
        method: Method,
        attributes: &[(AttrType, Vec<u8>)],
        peers: &[SocketAddr],
    ) -> u16 {
        code(&self.ask(method, attributes, peers).await)
    }

    /// Takes an allocation, and gives its relayed address.
    pub(crate) async fn allocate(&self) -> SocketAddr {
        let answer = self.ask(METHOD_ALLOCATE, &[udp()], &[]).await;
        assert_eq!(code(&answer), 0);
        address(&answer, ATTR_XOR_RELAYED_ADDRESS)
    }

    pub(crate) async fn permit(&self, peers: &[SocketAddr]) -> u16 {
        self.code_of(METHOD_CREATE_PERMISSION, &[], peers).await
    }

    pub(crate) async fn bind(&self, number: u16, peer: SocketAddr) -> u16 {
        self.code_of(METHOD_CHANNEL_BIND, &[channel(number)], &[peer]).await
    }

    pub(crate) async fn refresh(&self, seconds: u32) -> u16 {
        self.code_of(METHOD_REFRESH, &[lifetime(seconds)], &[]).await
    }

    /// Bytes for a peer, by indication.
    pub(crate) async fn send(&self, bytes: &[u8], peer: SocketAddr) {
        self.say(METHOD_SEND, CLASS_INDICATION, &[raw(ATTR_DATA, bytes)], false, &[peer]).await;
    }

    /// Bytes on a channel.
    pub(crate) async fn send_on(&self, number: u16, bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap();
        let head = [number.to_be_bytes(), length.to_be_bytes()].concat();
        self.socket.send(&[&head, bytes].concat()).await.unwrap();
    }

    /// Bytes of a peer, by indication: the next thing that comes.
    pub(crate) async fn data(&self) -> (Vec<u8>, SocketAddr) {
        match self.hear().await {
            Heard::Message(message) => {
                (message.get(ATTR_DATA).unwrap(), address(&message, ATTR_XOR_PEER_ADDRESS))
            }
            heard => panic!("no data but {heard:?}"),
        }
    }
}

/// Somebody out there.
pub(crate) struct Peer(pub(crate) UdpSocket);

impl Peer {
    pub(crate) async fn new() -> Self {
        Self(UdpSocket::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    pub(crate) async fn hear(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = vec![0; 65_536];
        let heard = tokio::time::timeout(PATIENCE, self.0.recv_from(&mut buffer)).await;
        let (length, from) = heard.expect("something comes").unwrap();
        buffer.truncate(length);
        (buffer, from)
    }
}
