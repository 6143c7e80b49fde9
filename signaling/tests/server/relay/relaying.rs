//! Bytes really go both ways, whole, and only as long as the allocation lives.

use super::turning::{Heard, Peer, Turning, address, credentials, lifetime, raw, udp};
use super::{allocations, counted, staged};
use std::net::SocketAddr;
use std::time::Duration;
use stun::attributes::{ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_XOR_RELAYED_ADDRESS};
use stun::message::{METHOD_ALLOCATE, METHOD_REFRESH};
use tokio::net::UdpSocket;
use visavis_signaling::server::{Config, RelayConfig, Server, StartError};

#[tokio::test]
async fn indications_and_channels_carry_bytes_both_ways() {
    let stage = staged(|_| ()).await;
    let ana = Turning::new(&stage, "ana").await;
    let relayed = ana.allocate().await;
    let [one, other] = [Peer::new().await, Peer::new().await];
    assert_eq!(ana.permit(&[one.address()]).await, 0);
    ana.send(b"by indication", one.address()).await;
    assert_eq!(one.hear().await, (b"by indication".to_vec(), relayed));
    one.0.send_to(b"back", relayed).await.unwrap();
    assert_eq!(ana.data().await, (b"back".to_vec(), one.address()));
    assert_eq!(ana.bind(0x4321, other.address()).await, 0);
    for length in [0, 1, 2, 3, 1200, 1500] {
        let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
        ana.send_on(0x4321, &bytes).await;
        assert_eq!(other.hear().await, (bytes.clone(), relayed));
        other.0.send_to(&bytes, relayed).await.unwrap();
        match ana.hear().await {
            Heard::Channel(0x4321, heard) => assert_eq!(heard, bytes),
            heard => panic!("{heard:?}"),
        }
    }
    // What the system can carry at all is carried to peers. The way back is as wide as networks are.
    ana.send_on(0x4321, &[7; 9000]).await;
    assert_eq!(other.hear().await, (vec![7; 9000], relayed));
    other.0.send_to(&[7; 1501], relayed).await.unwrap();
    other.0.send_to(&[8; 5000], relayed).await.unwrap();
    while counted(&stage, "dropped_total{reason=\"too_long\"}").await < 2 {}
    // Without an allocation, and on a channel that is not bound, nothing goes anywhere.
    let bo = Turning::new(&stage, "bo").await;
    bo.send_on(0x4321, b"who").await;
    bo.send(b"who", one.address()).await;
    ana.send_on(0x4322, b"who").await;
    while counted(&stage, "dropped_total{reason=\"unbound\"}").await < 3 {}
    assert_eq!(counted(&stage, "packets_to_peers_total").await, 8);
    assert_eq!(counted(&stage, "packets_to_clients_total").await, 7);
    assert_eq!(counted(&stage, "bytes_to_peers_total").await, 13 + 2706 + 9000);
    assert_eq!(counted(&stage, "bytes_to_clients_total").await, 4 + 2706);
    assert_eq!(one.0.try_recv(&mut [0; 9]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn two_clients_reach_each_other_by_their_relayed_addresses_alone() {
    let stage = staged(|relay| relay.advertise = vec!["203.0.113.5".parse().unwrap()]).await;
    let (ana, bo) = (Turning::new(&stage, "ana").await, Turning::new(&stage, "bo").await);
    let (of_ana, of_bo) = (ana.allocate().await, bo.allocate().await);
    assert_eq!(of_ana.ip().to_string(), "203.0.113.5");
    assert_eq!(ana.bind(0x4000, of_bo).await, 0);
    assert_eq!(bo.permit(&[of_ana]).await, 0);
    ana.send_on(0x4000, b"hello").await;
    assert_eq!(bo.data().await, (b"hello".to_vec(), of_ana));
    bo.send(b"you too", of_ana).await;
    assert!(matches!(ana.hear().await, Heard::Channel(0x4000, heard) if heard == b"you too"));
}

#[tokio::test]
async fn each_family_has_its_own_addresses() {
    let six: SocketAddr = "[::1]:0".parse().unwrap();
    let listen = vec!["127.0.0.1:0".parse().unwrap(), six];
    let Ok(peer) = UdpSocket::bind(six).await else {
        // A machine without IPv6 says so, and its relay can't be told to use it.
        let folder = tempfile::tempdir().unwrap();
        let relay = Some(RelayConfig { listen, ..RelayConfig::loopback() });
        let error = Server::start(Config { relay, ..Config::loopback(folder.path()) }).await;
        assert!(matches!(error, Err(StartError::Listen { address, .. }) if address == six));
        return;
    };
    let stage = staged(|relay| relay.listen = listen).await;
    let family = raw(ATTR_REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    let ana = Turning::with(stage.server.relay_addrs()[1], credentials("ana", 600)).await;
    let answer = ana.ask(METHOD_ALLOCATE, &[udp(), family.clone()], &[]).await;
    let relayed = address(&answer, ATTR_XOR_RELAYED_ADDRESS);
    assert_eq!(relayed.ip(), six.ip());
    let peer = Peer(peer);
    assert_eq!(ana.permit(&["127.0.0.1:9".parse().unwrap()]).await, 443);
    assert_eq!(ana.permit(&[stage.server.relay_addrs()[1]]).await, 403);
    assert_eq!(ana.permit(&[peer.address()]).await, 0);
    ana.send(b"six", peer.address()).await;
    assert_eq!(peer.hear().await, (b"six".to_vec(), relayed));
    peer.0.send_to(b"back", relayed).await.unwrap();
    assert_eq!(ana.data().await, (b"back".to_vec(), peer.address()));
    let four = raw(ATTR_REQUESTED_ADDRESS_FAMILY, &[1, 0, 0, 0]);
    assert_eq!(ana.code_of(METHOD_REFRESH, &[lifetime(600), four], &[]).await, 443);
    assert_eq!(ana.code_of(METHOD_REFRESH, &[lifetime(600), family], &[]).await, 0);
}

#[tokio::test]
async fn a_socket_goes_with_its_allocation() {
    let stage = staged(|relay| relay.allocation_lifetime = Duration::from_secs(1)).await;
    let ana = Turning::new(&stage, "ana").await;
    let relayed = ana.allocate().await;
    UdpSocket::bind(relayed).await.unwrap_err();
    assert_eq!(ana.refresh(0).await, 0);
    allocations(&stage, 0).await;
    drop(UdpSocket::bind(relayed).await.unwrap());
    // The client may have another at once; left alone, it ends by itself.
    let relayed = ana.allocate().await;
    allocations(&stage, 1).await;
    allocations(&stage, 0).await;
    drop(UdpSocket::bind(relayed).await.unwrap());
    assert_eq!(ana.refresh(600).await, 437);
    // A server that ends takes all with it.
    let relayed = ana.allocate().await;
    let relay = super::relay_of(&stage);
    let mut left = stage.server.relay_allocations().unwrap();
    stage.server.stop().await;
    let none = left.wait_for(|count| *count == 0);
    tokio::time::timeout(super::turning::PATIENCE, none).await.unwrap().unwrap();
    for address in [relayed, relay] {
        drop(UdpSocket::bind(address).await.unwrap());
    }
}
