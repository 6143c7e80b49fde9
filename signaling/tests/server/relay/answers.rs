//! Every answer of the relay that is not "done", and what brings it about.

use super::turning::{Peer, Turning, address, channel, code, credentials, lifetime, raw, udp};
use super::{counted, staged};
use std::net::SocketAddr;
use stun::attributes::{
    ATTR_DONT_FRAGMENT, ATTR_EVEN_PORT, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
    ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_RESERVATION_TOKEN,
    ATTR_UNKNOWN_ATTRIBUTES, ATTR_XOR_PEER_ADDRESS, ATTR_XOR_RELAYED_ADDRESS,
    ATTR_XORMAPPED_ADDRESS, AttrType,
};
use stun::fingerprint::FINGERPRINT;
use stun::message::{
    CLASS_REQUEST, METHOD_ALLOCATE, METHOD_BINDING, METHOD_CHANNEL_BIND, METHOD_CONNECT,
    METHOD_CREATE_PERMISSION, METHOD_REFRESH,
};

const ODD: AttrType = AttrType(0x7abc);

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_binding_tells_the_address() {
    let stage = staged(|_| ()).await;
    let ana = Turning::new(&stage, "ana").await;
    let id = ana.say(METHOD_BINDING, CLASS_REQUEST, &[], false, &[]).await;
    let answer = ana.answer(id).await;
    assert_eq!(address(&answer, ATTR_XORMAPPED_ADDRESS), ana.socket.local_addr().unwrap());
    FINGERPRINT.check(&answer).unwrap();
    let id = ana.say(METHOD_BINDING, CLASS_REQUEST, &[raw(ODD, &[1])], false, &[]).await;
    let answer = ana.answer(id).await;
    assert_eq!(code(&answer), 420);
    assert_eq!(answer.get(ATTR_UNKNOWN_ATTRIBUTES).unwrap(), [0x7a, 0xbc]);
    let id = ana.say(METHOD_CONNECT, CLASS_REQUEST, &[], false, &[]).await;
    assert_eq!(code(&ana.answer(id).await), 400);
    assert_eq!(counted(&stage, "bindings_total").await, 1);
    assert_eq!(counted(&stage, "refused_total{code=\"420\"}").await, 1);
}

#[tokio::test]
async fn strangers_are_told_how_to_prove_themselves() {
    let stage = staged(|_| ()).await;
    let mut ana = Turning::new(&stage, "ana").await;
    assert_eq!(ana.realm, "visavis");
    for method in [METHOD_REFRESH, METHOD_CREATE_PERMISSION, METHOD_CHANNEL_BIND] {
        let id = ana.say(method, CLASS_REQUEST, &[], false, &[]).await;
        let answer = ana.answer(id).await;
        assert_eq!(code(&answer), 401);
        answer.get(ATTR_NONCE).unwrap();
        answer.get(ATTR_REALM).unwrap();
    }
    // A signature alone says nothing.
    let mut bare = ana.message(METHOD_ALLOCATE, CLASS_REQUEST, &[udp()], false, &[]);
    stun::message::Setter::add_to(&ana.key(), &mut bare).unwrap();
    ana.socket.send(&bare.raw).await.unwrap();
    assert_eq!(code(&ana.answer(bare.transaction_id).await), 400);
    // Credentials that ended, and such as nobody gave out.
    let good = (ana.username.clone(), ana.password.clone());
    let ended = credentials("ana", -1);
    let stretched = (credentials("ana", 9000).0, good.1.clone());
    for odd in [
        ended,
        stretched,
        (good.0.clone(), "guessed".to_owned()),
        ("ana".to_owned(), good.1.clone()),
        (":ana".to_owned(), good.1.clone()),
    ] {
        ana.become_user(odd.clone());
        let answer = ana.ask(METHOD_ALLOCATE, &[udp()], &[]).await;
        assert_eq!(code(&answer), 401, "{odd:?}");
        answer.get(ATTR_NONCE).unwrap();
    }
    ana.become_user(good);
    // A nonce of another client.
    let bo = Turning::new(&stage, "bo").await;
    let own = std::mem::replace(&mut ana.nonce, bo.nonce.clone());
    assert_eq!(ana.code_of(METHOD_ALLOCATE, &[udp()], &[]).await, 438);
    ana.nonce = own;
    assert_eq!(ana.code_of(METHOD_ALLOCATE, &[udp()], &[]).await, 0);
}

#[tokio::test]
async fn an_allocation_is_given_once_and_only_for_what_there_is() {
    let stage = staged(|_| ()).await;
    let ana = Turning::new(&stage, "ana").await;
    let family = |family| raw(ATTR_REQUESTED_ADDRESS_FAMILY, &[family, 0, 0, 0]);
    let even = raw(ATTR_EVEN_PORT, &[0]);
    let pair = raw(ATTR_EVEN_PORT, &[0x80]);
    let token = raw(ATTR_RESERVATION_TOKEN, &[1; 8]);
    for (attributes, expected) in [
        (vec![], 400),
        (vec![raw(ATTR_REQUESTED_TRANSPORT, &[17])], 400),
        (vec![raw(ATTR_REQUESTED_TRANSPORT, &[6, 0, 0, 0])], 442),
        (vec![udp(), family(3)], 440),
        (vec![udp(), raw(ATTR_LIFETIME, &[0])], 400),
        (vec![udp(), pair], 508),
        (vec![udp(), raw(ATTR_EVEN_PORT, &[])], 400),
        (vec![udp(), token.clone()], 508),
        (vec![udp(), token.clone(), even.clone()], 400),
        (vec![udp(), token, family(1)], 400),
        (vec![udp(), raw(ATTR_DONT_FRAGMENT, &[])], 420),
        (vec![udp(), raw(ODD, &[1, 2, 3])], 420),
    ] {
        assert_eq!(
            ana.code_of(METHOD_ALLOCATE, &attributes, &[]).await,
            expected,
            "{attributes:?}"
        );
    }
    assert_eq!(*stage.server.relay_allocations().unwrap().borrow(), 0);
    let request = ana.message(METHOD_ALLOCATE, CLASS_REQUEST, &[udp(), lifetime(9999)], true, &[]);
    ana.socket.send(&request.raw).await.unwrap();
    let answer = ana.answer(request.transaction_id).await;
    assert_eq!(code(&answer), 0);
    assert_eq!(answer.get(ATTR_LIFETIME).unwrap(), 3600u32.to_be_bytes());
    assert_eq!(address(&answer, ATTR_XORMAPPED_ADDRESS), ana.socket.local_addr().unwrap());
    let relayed = address(&answer, ATTR_XOR_RELAYED_ADDRESS);
    assert!(relayed.ip().is_loopback() && relayed.port() >= 49_152);
    // The same request once more, as if its answer was lost; and another.
    ana.socket.send(&request.raw).await.unwrap();
    assert_eq!(ana.answer(request.transaction_id).await.raw, answer.raw);
    assert_eq!(ana.code_of(METHOD_ALLOCATE, &[udp()], &[]).await, 437);
    assert_eq!(*stage.server.relay_allocations().unwrap().borrow(), 1);
    for _ in 0..5 {
        let bo = Turning::new(&stage, "bo").await;
        let answer = bo.ask(METHOD_ALLOCATE, &[udp(), even.clone()], &[]).await;
        assert_eq!(address(&answer, ATTR_XOR_RELAYED_ADDRESS).port() % 2, 0);
    }
}

#[tokio::test]
async fn nothing_is_done_without_an_allocation_or_on_somebody_else_s() {
    let stage = staged(|_| ()).await;
    let mut ana = Turning::new(&stage, "ana").await;
    let peer = at("127.0.0.1:9");
    for expected in [437, 441] {
        assert_eq!(ana.refresh(600).await, expected);
        assert_eq!(ana.refresh(0).await, expected);
        assert_eq!(ana.permit(&[peer]).await, expected);
        assert_eq!(ana.bind(0x4000, peer).await, expected);
        if expected == 437 {
            ana.allocate().await;
            ana.become_user(credentials("bo", 600));
        }
    }
    assert_eq!(ana.code_of(METHOD_ALLOCATE, &[udp()], &[]).await, 437);
    // The same user with later credentials goes on.
    ana.become_user(credentials("ana", 1200));
    assert_eq!(ana.refresh(600).await, 0);
    // With credentials that have ended meanwhile, nobody does.
    ana.become_user(credentials("ana", -1));
    assert_eq!(ana.refresh(600).await, 401);
    ana.become_user(credentials("ana", 1200));
    assert_eq!(ana.refresh(0).await, 0);
    assert_eq!(ana.refresh(0).await, 437);
    super::allocations(&stage, 0).await;
}

#[tokio::test]
async fn permissions_are_for_all_that_are_named_or_none() {
    let stage = staged(|_| ()).await;
    let ana = Turning::new(&stage, "ana").await;
    let relayed = ana.allocate().await;
    let peer = Peer::new().await;
    let near = peer.address();
    let relay = super::relay_of(&stage);
    for (peers, expected) in [
        (vec![], 400),
        (vec![near, at("224.0.0.1:9")], 403),
        (vec![at("0.0.0.0:9")], 403),
        (vec![at("255.255.255.255:9"), near], 403),
        (vec![near, relay], 403),
        (vec![near, at("[2001:db8::1]:9")], 443),
        (vec![at("[::ffff:127.0.0.1]:9")], 443),
    ] {
        assert_eq!(ana.permit(&peers).await, expected, "{peers:?}");
    }
    let short = raw(ATTR_XOR_PEER_ADDRESS, &[0, 1, 0]);
    assert_eq!(ana.code_of(METHOD_CREATE_PERMISSION, &[short], &[near]).await, 400);
    // The one that was named beside the others is not permitted.
    peer.0.send_to(b"let me in", relayed).await.unwrap();
    ana.send(b"go out", near).await;
    let refused = "dropped_total{reason=\"not_permitted\"}";
    while counted(&stage, refused).await < 2 {}
    assert_eq!(ana.permit(&[at("127.0.0.2:7"), near]).await, 0);
    peer.0.send_to(b"now", relayed).await.unwrap();
    assert_eq!(ana.data().await, (b"now".to_vec(), near));
}

#[tokio::test]
async fn channels_are_one_peer_s_each() {
    let stage = staged(|_| ()).await;
    let ana = Turning::new(&stage, "ana").await;
    ana.allocate().await;
    let [one, other] = ["127.0.0.1:7", "127.0.0.1:9"].map(at);
    assert_eq!(ana.bind(0x3fff, one).await, 400);
    assert_eq!(ana.bind(0x8000, one).await, 400);
    assert_eq!(ana.code_of(METHOD_CHANNEL_BIND, &[channel(0x4000)], &[]).await, 400);
    assert_eq!(ana.code_of(METHOD_CHANNEL_BIND, &[channel(0x4000)], &[one, other]).await, 400);
    assert_eq!(ana.code_of(METHOD_CHANNEL_BIND, &[], &[one]).await, 400);
    assert_eq!(ana.bind(0x4000, at("[::1]:9")).await, 443);
    assert_eq!(ana.bind(0x4000, at("224.0.0.1:9")).await, 403);
    assert_eq!(ana.bind(0x4000, one).await, 0);
    assert_eq!(ana.bind(0x4000, one).await, 0, "again");
    assert_eq!(ana.bind(0x4001, one).await, 400);
    assert_eq!(ana.bind(0x4000, other).await, 400);
    assert_eq!(ana.bind(0x4001, other).await, 0);
}

#[tokio::test]
async fn private_addresses_are_refused_where_they_are_not_allowed() {
    let stage = staged(|relay| relay.allow_private = false).await;
    let ana = Turning::new(&stage, "ana").await;
    let relayed = ana.allocate().await;
    let peer = Peer::new().await;
    for private in [
        peer.address(),
        at("127.0.0.1:22"),
        at("10.0.0.1:80"),
        at("172.16.0.1:80"),
        at("192.168.1.1:80"),
        at("169.254.169.254:80"),
        at("100.64.0.1:80"),
        super::relay_of(&stage),
    ] {
        assert_eq!(ana.permit(&[private]).await, 403, "{private}");
        assert_eq!(ana.permit(&[at("1.1.1.1:9"), private]).await, 403, "{private}");
        assert_eq!(ana.bind(0x4000, private).await, 403, "{private}");
    }
    // Another client's relayed address is no other machine, and is reached.
    let bo = Turning::new(&stage, "bo").await;
    let far = bo.allocate().await;
    assert_eq!((ana.permit(&[far]).await, bo.permit(&[relayed]).await), (0, 0));
    ana.send(b"hello", far).await;
    assert_eq!(bo.data().await, (b"hello".to_vec(), relayed));
    // The permission is for the address; what else listens there is not reached all the same.
    ana.send(b"hello", peer.address()).await;
    while counted(&stage, "dropped_total{reason=\"forbidden\"}").await < 1 {}
    peer.0.try_recv(&mut [0; 9]).unwrap_err();
}
