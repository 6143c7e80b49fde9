//! What a client's datagram says, and how an answer to it is written. Pure: bytes in, bytes out.
//! A message is cut off behind its signature, since anyone between could have added what stands after it.
//! What is no whole STUN message and no whole channel data is nothing.

use std::net::{IpAddr, SocketAddr};
use stun::agent::TransactionId;
use stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_EVEN_PORT, ATTR_FINGERPRINT, ATTR_LIFETIME,
    ATTR_MESSAGE_INTEGRITY, ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_ADDRESS_FAMILY,
    ATTR_REQUESTED_TRANSPORT, ATTR_RESERVATION_TOKEN, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS,
    AttrType,
};
use stun::error_code::ErrorCode;
use stun::fingerprint::FINGERPRINT;
use stun::integrity::MessageIntegrity;
use stun::message::{
    CLASS_ERROR_RESPONSE, CLASS_SUCCESS_RESPONSE, MAGIC_COOKIE, MESSAGE_HEADER_SIZE,
    METHOD_BINDING, Message, MessageClass, MessageType, Setter,
};
use stun::xoraddr::XorMappedAddress;

const ATTRIBUTE_HEADER: usize = 4;
const SIGNATURE: usize = 20;
/// Attributes that a server has to understand, or refuse, and that this one does.
const UNDERSTOOD: [AttrType; 11] = [
    ATTR_USERNAME,
    ATTR_MESSAGE_INTEGRITY,
    ATTR_REALM,
    ATTR_NONCE,
    ATTR_CHANNEL_NUMBER,
    ATTR_LIFETIME,
    ATTR_XOR_PEER_ADDRESS,
    ATTR_DATA,
    ATTR_EVEN_PORT,
    ATTR_REQUESTED_TRANSPORT,
    ATTR_REQUESTED_ADDRESS_FAMILY,
];

/// A client's datagram.
#[derive(Debug)]
pub(super) enum Packet<'a> {
    /// Bytes for whom a channel is bound to.
    Channel { number: u16, data: &'a [u8] },
    /// A STUN message, up to its signature.
    Message(Box<Message>),
}

/// Reads a datagram; none if it is neither.
pub(super) fn read(bytes: &[u8]) -> Option<Packet<'_>> {
    match *bytes {
        [0x40..=0x7f, _, high, low, ..] => {
            let number = u16::from_be_bytes([bytes[0], bytes[1]]);
            let length = usize::from(u16::from_be_bytes([high, low]));
            let data = bytes.get(4..4 + length)?;
            Some(Packet::Channel { number, data })
        }
        [0x00..=0x3f, ..] => message(bytes).map(|message| Packet::Message(Box::new(message))),
        _ => None,
    }
}

fn message(bytes: &[u8]) -> Option<Message> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    // Whoever sends more than the message says has not sent a message.
    if length % 4 != 0 || bytes.len() != MESSAGE_HEADER_SIZE + length {
        return None;
    }
    let mut message = Message { raw: bytes.to_vec(), ..Message::default() };
    message.decode().ok()?;
    if message.contains(ATTR_FINGERPRINT) && FINGERPRINT.check(&message).is_err() {
        return None;
    }
    let mut end = MESSAGE_HEADER_SIZE;
    let signature = message.attributes.0.iter().position(|attribute| {
        end += ATTRIBUTE_HEADER + attribute.value.len().next_multiple_of(4);
        attribute.typ == ATTR_MESSAGE_INTEGRITY
    });
    if let Some(at) = signature {
        if message.attributes.0[at].value.len() != SIGNATURE {
            return None;
        }
        message.attributes.0.truncate(at + 1);
        message.raw.truncate(end);
        message.length = u32::try_from(end - MESSAGE_HEADER_SIZE).ok()?;
        message.write_length();
    }
    Some(message)
}

/// Attributes that would have to be understood and are not.
pub(super) fn not_understood(message: &Message) -> Vec<AttrType> {
    let kinds = message.attributes.0.iter().map(|attribute| attribute.typ);
    kinds
        .filter(|kind| {
            // A token is understood, but none is ever given out.
            kind.required() && *kind != ATTR_RESERVATION_TOKEN && !UNDERSTOOD.contains(kind)
        })
        .take(16)
        .collect()
}

/// All peers that a message names; none if one of them can't be read.
pub(super) fn peers(message: &Message) -> Option<Vec<SocketAddr>> {
    let named = message.attributes.0.iter().filter(|a| a.typ == ATTR_XOR_PEER_ADDRESS);
    named.map(|attribute| address(&attribute.value, &message.transaction_id)).collect()
}

fn address(value: &[u8], id: &TransactionId) -> Option<SocketAddr> {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    mask[4..].copy_from_slice(&id.0);
    let [_, family, high, low, masked @ ..] = value else { return None };
    let port = u16::from_be_bytes([high ^ mask[0], low ^ mask[1]]);
    let mut plain = [0; 16];
    for (byte, (a, b)) in plain.iter_mut().zip(masked.iter().zip(mask)) {
        *byte = a ^ b;
    }
    let ip = match (family, masked.len()) {
        (1, 4) => IpAddr::from([plain[0], plain[1], plain[2], plain[3]]),
        (2, 16) => IpAddr::from(plain),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// The text of an attribute; none if it is missing or odd.
pub(super) fn text(message: &Message, kind: AttrType) -> Option<String> {
    String::from_utf8(message.get(kind).ok()?).ok()
}

/// Any address, masked, as an attribute of a kind.
pub(super) struct Address(pub(super) SocketAddr, pub(super) AttrType);

impl Setter for Address {
    fn add_to(&self, message: &mut Message) -> Result<(), stun::Error> {
        XorMappedAddress { ip: self.0.ip(), port: self.0.port() }.add_to_as(message, self.1)
    }
}

/// What is said in an answer.
pub(super) type Said = Vec<Box<dyn Setter + Send>>;

/// Writes an answer to a request: signed if there is a key. None if it can't be written, which nothing that a
/// client sends can bring about.
fn answer(
    to: &Message,
    class: MessageClass,
    said: Said,
    key: Option<&MessageIntegrity>,
) -> Option<Vec<u8>> {
    let mut message = Message::new();
    message.write_header();
    message.set_type(MessageType::new(to.typ.method, class));
    to.transaction_id.add_to(&mut message).ok()?;
    for setter in said {
        setter.add_to(&mut message).ok()?;
    }
    if let Some(key) = key {
        key.add_to(&mut message).ok()?;
    }
    if to.typ.method == METHOD_BINDING {
        FINGERPRINT.add_to(&mut message).ok()?;
    }
    Some(message.raw)
}

/// Says that a request is done.
pub(super) fn done(to: &Message, said: Said, key: Option<&MessageIntegrity>) -> Option<Vec<u8>> {
    answer(to, CLASS_SUCCESS_RESPONSE, said, key)
}

/// Says that a request is refused.
pub(super) fn refused(
    to: &Message,
    code: ErrorCode,
    mut said: Said,
    key: Option<&MessageIntegrity>,
) -> Option<Vec<u8>> {
    said.insert(0, Box::new(code));
    answer(to, CLASS_ERROR_RESPONSE, said, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stun::attributes::{ATTR_DONT_FRAGMENT, RawAttribute};
    use stun::message::{BINDING_REQUEST, CLASS_REQUEST, METHOD_CREATE_PERMISSION};

    fn built(setters: Vec<Box<dyn Setter>>) -> Vec<u8> {
        let mut message = Message::new();
        message.build(&setters).unwrap();
        message.raw
    }

    fn whole(bytes: &[u8]) -> Message {
        match read(bytes) {
            Some(Packet::Message(message)) => *message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_stands_behind_the_signature_is_cut_off() {
        let key = MessageIntegrity::new_short_term_integrity("key".to_owned());
        let [one, other]: [SocketAddr; 2] =
            ["192.0.2.1:5", "[2001:db8::7]:65535"].map(|text| text.parse().unwrap());
        let kind = MessageType::new(METHOD_CREATE_PERMISSION, CLASS_REQUEST);
        let setters: Vec<Box<dyn Setter>> = vec![
            Box::new(TransactionId::new()),
            Box::new(kind),
            Box::new(Address(one, ATTR_XOR_PEER_ADDRESS)),
            Box::new(key.clone()),
        ];
        let mut bytes = built(setters);
        let signed = bytes.clone();
        // Somebody adds a peer.
        let mut longer = whole(&bytes);
        Address(other, ATTR_XOR_PEER_ADDRESS).add_to(&mut longer).unwrap();
        bytes = longer.raw;
        assert!(bytes.len() > signed.len());
        let mut read = whole(&bytes);
        assert_eq!(read.raw, signed);
        assert_eq!(peers(&read), Some(vec![one]));
        key.check(&mut read).unwrap();
    }

    #[test]
    fn all_peers_are_read_or_none() {
        let [one, other]: [SocketAddr; 2] =
            ["192.0.2.1:5", "[2001:db8::7]:65535"].map(|text| text.parse().unwrap());
        let named = |more: &[u8]| {
            let setters: Vec<Box<dyn Setter>> = vec![
                Box::new(TransactionId::new()),
                Box::new(BINDING_REQUEST),
                Box::new(Address(one, ATTR_XOR_PEER_ADDRESS)),
                Box::new(Address(other, ATTR_XOR_PEER_ADDRESS)),
                Box::new(RawAttribute {
                    typ: ATTR_XOR_PEER_ADDRESS,
                    value: more.to_vec(),
                    ..RawAttribute::default()
                }),
            ];
            peers(&whole(&built(setters)))
        };
        assert_eq!(
            named(&[0, 1, 0, 0, 0, 0, 0, 0]).map(|peers| peers[..2].to_vec()),
            Some(vec![one, other])
        );
        for odd in [
            &[][..],
            &[0, 1, 0, 0],
            &[0, 1, 0, 0, 1, 2, 3],
            &[0, 2, 0, 0, 1, 2, 3, 4],
            &[0, 3, 0, 0, 1, 2, 3, 4],
        ] {
            assert_eq!(named(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let odd = RawAttribute { typ: AttrType(0x7abc), value: vec![1], ..RawAttribute::default() };
        let fine = RawAttribute { typ: AttrType(0x8abc), ..RawAttribute::default() };
        let cut = RawAttribute { typ: ATTR_DONT_FRAGMENT, ..RawAttribute::default() };
        let setters: Vec<Box<dyn Setter>> = vec![
            Box::new(TransactionId::new()),
            Box::new(BINDING_REQUEST),
            Box::new(odd),
            Box::new(fine),
            Box::new(cut),
        ];
        let message = whole(&built(setters));
        assert_eq!(not_understood(&message), [AttrType(0x7abc), ATTR_DONT_FRAGMENT]);
    }

    #[test]
    fn a_wrong_fingerprint_or_length_is_nothing() {
        let setters: Vec<Box<dyn Setter>> =
            vec![Box::new(TransactionId::new()), Box::new(BINDING_REQUEST), Box::new(FINGERPRINT)];
        let good = built(setters);
        whole(&good);
        let mut odd = good.clone();
        *odd.last_mut().unwrap() ^= 1;
        assert!(read(&odd).is_none());
        assert!(read(&good[..good.len() - 4]).is_none());
        assert!(read(&[&good[..], &[0; 4]].concat()).is_none());
        assert!(matches!(
            read(&[0x40, 1, 0, 2, 7, 8, 0, 0]),
            Some(Packet::Channel { number: 0x4001, data: [7, 8] })
        ));
        assert!(read(&[0x40, 1, 0, 5, 7, 8, 0, 0]).is_none());
        assert!(read(&[0x80, 0, 0, 0]).is_none() && read(&[]).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
            how in 0u8..4,
        ) {
            if how > 0 && bytes.len() >= 20 {
                bytes[..2].copy_from_slice(&[0, 3]);
                bytes[4..8].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
                if how > 1 {
                    bytes.truncate(bytes.len() / 4 * 4);
                    let length = u16::try_from(bytes.len() - 20).unwrap();
                    bytes[2..4].copy_from_slice(&length.to_be_bytes());
                    if how > 2 && bytes.len() > 24 {
                        bytes[20..24].copy_from_slice(&[0, 8, 0, 20]);
                    }
                }
            }
            if let Some(Packet::Message(mut message)) = read(&bytes) {
                let key = MessageIntegrity::new_short_term_integrity("key".to_owned());
                prop_assert!(key.check(&mut message).is_err());
                drop((peers(&message), not_understood(&message), text(&message, ATTR_USERNAME)));
                let code = stun::error_code::CODE_BAD_REQUEST;
                prop_assert!(refused(&message, code, vec![], Some(&key)).is_some());
            }
        }
    }
}
