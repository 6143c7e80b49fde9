//! Whatever comes in a datagram, the relay lives on, and what it was doing goes on.

use super::turning::{Heard, Peer, Turning, raw, udp};
use super::{counted, relay_of, staged};
use proptest::prelude::*;
use std::cell::Cell;
use stun::attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_USERNAME, AttrType};
use stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, MAGIC_COOKIE, METHOD_ALLOCATE,
    METHOD_BINDING, METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_DATA, METHOD_REFRESH,
    METHOD_SEND,
};

#[test]
fn a_flood_of_nonsense_changes_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let stage = runtime.block_on(staged(|_| ()));
    let relay = relay_of(&stage);
    let (ana, peer, relayed) = runtime.block_on(async {
        let (ana, peer) = (Turning::new(&stage, "ana").await, Peer::new().await);
        let relayed = ana.allocate().await;
        assert_eq!(ana.bind(0x4000, peer.address()).await, 0);
        (ana, peer, relayed)
    });
    let shooter = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let shots = Cell::new(0u64);
    // All that was shot so far has been looked at, by the listener and by the allocation: so the system drops
    // nothing for want of room, and the relay meets it all.
    let settle = async || {
        let tick = shots.get().to_be_bytes();
        let id = ana.say(METHOD_BINDING, CLASS_REQUEST, &[], false, &[]).await;
        peer.0.send_to(&tick, relayed).await.unwrap();
        let (mut answered, mut relayed) = (false, false);
        while !(answered && relayed) {
            match ana.hear().await {
                Heard::Message(message) => answered |= message.transaction_id == id,
                Heard::Channel(number, heard) => relayed |= number == 0x4000 && heard == tick,
            }
        }
    };
    let methods = proptest::sample::select(vec![
        METHOD_BINDING,
        METHOD_ALLOCATE,
        METHOD_REFRESH,
        METHOD_SEND,
        METHOD_DATA,
        METHOD_CREATE_PERMISSION,
        METHOD_CHANNEL_BIND,
    ]);
    let classes =
        proptest::sample::select(vec![CLASS_REQUEST, CLASS_INDICATION, CLASS_SUCCESS_RESPONSE]);
    let attributes = proptest::collection::vec(
        (0u16..0x40, proptest::collection::vec(any::<u8>(), 0..40)),
        0..6,
    );
    let config = ProptestConfig { cases: 2000, ..ProptestConfig::default() };
    let strategy = (
        (methods, classes, attributes, any::<bool>()),
        proptest::collection::vec(any::<u8>(), 0..300),
        (0u8..6, any::<proptest::sample::Index>()),
    );
    proptest!(config, |(((method, class, attributes, signed), bytes, (how, spot)) in strategy)| {
        let attributes: Vec<_> =
            attributes.iter().map(|(kind, value)| raw(AttrType(*kind), value)).collect();
        let mut shot = match how {
            // Anything.
            0 => bytes.clone(),
            // What looks like a message from afar.
            1 if bytes.len() >= 20 => {
                let mut shot = bytes.clone();
                shot[0] &= 0x3f;
                shot[4..8].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
                shot
            }
            // Channel data.
            2 => [&[0x40, 0][..], &bytes].concat(),
            _ => ana.message(method, class, &attributes, signed, &[]).raw,
        };
        if how == 4 && !shot.is_empty() {
            let at = spot.index(shot.len());
            shot[at] ^= bytes.first().copied().unwrap_or(1) | 1;
        }
        if how == 5 {
            shot.truncate(spot.index(shot.len() + 1));
        }
        shots.set(shots.get() + 1);
        shooter.send_to(&shot, relay).unwrap();
        shooter.send_to(&shot, relayed).unwrap();
        // From one who has an allocation too: nothing of it is to be answered with its end.
        if !(signed && method == METHOD_REFRESH) {
            ana.socket.try_send(&shot).unwrap();
        }
        if shots.get().is_multiple_of(20) {
            runtime.block_on(settle());
        }
    });
    assert!(shots.get() >= 2000);
    runtime.block_on(async {
        // Attributes as long as a datagram can hold, and one that claims more than there is.
        for length in [1000, 20_000, 60_000] {
            let long = vec![b'x'; length];
            for kind in [ATTR_USERNAME, ATTR_MESSAGE_INTEGRITY, AttrType(0x7abc)] {
                let message = ana.message(
                    METHOD_ALLOCATE,
                    CLASS_REQUEST,
                    &[udp(), raw(kind, &long)],
                    true,
                    &[],
                );
                shooter.send_to(&message.raw, relay).unwrap();
                let mut cut = message.raw.clone();
                cut[22..24].copy_from_slice(&[0xff, 0xff]);
                shooter.send_to(&cut, relay).unwrap();
            }
        }
        // It still answers and relays, and has lost nothing of what it held.
        settle().await;
        let bo = Turning::new(&stage, "bo").await;
        bo.allocate().await;
        ana.send_on(0x4000, b"still here").await;
        while peer.hear().await.0 != b"still here" {}
        assert!(counted(&stage, "dropped_total{reason=\"odd\"}").await > 500);
        // What was shot at the relayed address was looked at too: a permission is for all ports of a peer.
        let refused = counted(&stage, "dropped_total{reason=\"not_permitted\"}").await;
        let relayed = counted(&stage, "packets_to_clients_total").await;
        assert!(refused + relayed >= shots.get(), "{refused} and {relayed} of {}", shots.get());
        super::allocations(&stage, 2).await;
        stage.server.stop().await;
    });
}
