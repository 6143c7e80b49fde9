//! What one user may take, what all may take, and what strangers may make the relay say.

use super::turning::{Peer, Turning, code, credentials, udp};
use super::{allocations, counted, staged};
use std::net::SocketAddr;
use stun::message::{CLASS_REQUEST, METHOD_ALLOCATE, METHOD_BINDING};

#[tokio::test]
async fn a_user_has_so_many_allocations_and_all_have_so_many() {
    let stage = staged(|relay| {
        relay.allocations_per_identity = 3;
        relay.allocations = 5;
    })
    .await;
    let mut held = Vec::new();
    for (user, seconds) in [("ana", 600), ("ana", 700), ("ana", 800), ("bo", 600), ("bo", 600)] {
        let client = Turning::with(super::relay_of(&stage), credentials(user, seconds)).await;
        client.allocate().await;
        held.push(client);
    }
    let ana = Turning::with(super::relay_of(&stage), credentials("ana", 900)).await;
    assert_eq!(ana.code_of(METHOD_ALLOCATE, &[udp()], &[]).await, 486);
    let cho = Turning::new(&stage, "cho").await;
    assert_eq!(cho.code_of(METHOD_ALLOCATE, &[udp()], &[]).await, 508);
    assert_eq!(held[0].refresh(0).await, 0);
    allocations(&stage, 4).await;
    cho.allocate().await;
    assert_eq!(ana.code_of(METHOD_ALLOCATE, &[udp()], &[]).await, 508);
    assert_eq!(held[4].refresh(0).await, 0);
    allocations(&stage, 4).await;
    ana.allocate().await;
    assert_eq!(counted(&stage, "refused_total{code=\"486\"}").await, 1);
    assert_eq!(counted(&stage, "allocations").await, 5);
}

#[tokio::test]
async fn a_user_s_bytes_are_bounded_each_way() {
    let stage = staged(|relay| relay.kilobits_per_second = 64).await;
    let ana = Turning::new(&stage, "ana").await;
    let relayed = ana.allocate().await;
    let peer = Peer::new().await;
    assert_eq!(ana.bind(0x4000, peer.address()).await, 0);
    for _ in 0..100 {
        ana.send_on(0x4000, &[7; 1000]).await;
    }
    while counted(&stage, "packets_to_peers_total").await
        + counted(&stage, "dropped_total{reason=\"bandwidth\"}").await
        < 100
    {}
    let dropped = counted(&stage, "dropped_total{reason=\"bandwidth\"}").await;
    // Sixteen at once, then eight a second, for as long as a hundred datagrams took here.
    assert!(dropped > 10 && dropped <= 84, "{dropped}");
    for _ in 0..100 {
        peer.0.send_to(&[7; 1000], relayed).await.unwrap();
    }
    while counted(&stage, "packets_to_clients_total").await
        + counted(&stage, "dropped_total{reason=\"bandwidth\"}").await
        < dropped + 100
    {}
    assert!(counted(&stage, "packets_to_clients_total").await >= 16);
    assert!(counted(&stage, "dropped_total{reason=\"bandwidth\"}").await > dropped + 10);
}

#[tokio::test]
async fn an_allocation_has_so_many_peers_and_channels() {
    let stage = staged(|_| ()).await;
    let ana = Turning::new(&stage, "ana").await;
    ana.allocate().await;
    let peers = |from: u32, count: u32| -> Vec<SocketAddr> {
        (from..from + count)
            .map(|n| SocketAddr::from(((0x7f01_0000 + n).to_be_bytes(), 9)))
            .collect()
    };
    for n in 0..4 {
        assert_eq!(ana.permit(&peers(n * 60, 60)).await, 0);
    }
    assert_eq!(ana.permit(&peers(240, 17)).await, 508);
    assert_eq!(ana.permit(&peers(240, 16)).await, 0);
    assert_eq!(ana.permit(&peers(0, 60)).await, 0, "again");
    assert_eq!(ana.bind(0x4000, peers(300, 1)[0]).await, 508);
    for n in 0..128 {
        assert_eq!(ana.bind(0x4000 + n, peers(u32::from(n), 1)[0]).await, 0);
    }
    assert_eq!(ana.bind(0x4100, peers(200, 1)[0]).await, 508);
    assert_eq!(ana.bind(0x4000, peers(0, 1)[0]).await, 0, "again");
}

#[tokio::test]
async fn strangers_are_answered_so_often() {
    let stage = staged(|relay| relay.unauthenticated_per_address = 1).await;
    // One of three answers at once was for the greeting.
    let ana = Turning::new(&stage, "ana").await;
    let said = 50;
    for _ in 0..said {
        ana.say(METHOD_BINDING, CLASS_REQUEST, &[], false, &[]).await;
    }
    while counted(&stage, "bindings_total").await
        + counted(&stage, "dropped_total{reason=\"limited\"}").await
        < said
    {}
    assert!(counted(&stage, "dropped_total{reason=\"limited\"}").await > said / 2);
    // Whoever has good credentials is not held up by those who have none.
    let mut answers = counted(&stage, "bindings_total").await;
    let id = ana.say(METHOD_ALLOCATE, CLASS_REQUEST, &[udp()], true, &[]).await;
    while answers > 0 {
        ana.hear().await;
        answers -= 1;
    }
    assert_eq!(code(&ana.answer(id).await), 0);
}
