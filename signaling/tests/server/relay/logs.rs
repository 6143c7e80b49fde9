//! The program with a relay: what it says when it is ready, and that its log names nobody who is relayed to,
//! however much is logged.

use super::turning::{Heard, Peer, Turning};
use crate::operation::get;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use visavis_signaling::protocol::ServerMessage;
use visavis_signaling::testkit::{Client, Identity};

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn the_log_names_neither_clients_nor_peers() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.txt");
    let mut child = Command::new(env!("CARGO_BIN_EXE_visavis-signaling"))
        .args(["--listen", "127.0.0.1:0", "--relay", "127.0.0.1:0", "--relay-allow-private"])
        .args(["--relay-ports", "50000-59999", "--data"])
        .arg(folder.path())
        .env("RUST_LOG", "trace,turn=trace,stun=trace,webrtc_util=trace")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let running = Killed(child);
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let [address, relay] = [&ready["listening"], &ready["relay"][0]]
        .map(|text| text.as_str().unwrap().parse().unwrap());
    let (_signed_in, welcome) = Client::enter(address, &Identity::numbered(1)).await.unwrap();
    let ServerMessage::Welcome { ice_servers, .. } = welcome else { panic!() };
    let turn = &ice_servers[1];
    let credentials = (turn.username.clone().unwrap(), turn.credential.clone().unwrap());
    let ana = Turning::with(relay, credentials.clone()).await;
    let relayed = ana.allocate().await;
    assert!((50_000..60_000).contains(&relayed.port()));
    let [peer, other] = [Peer::new().await, Peer::new().await];
    other.0.send_to(b"not permitted", relayed).await.unwrap();
    let refused = "dropped_total{reason=\"not_permitted\"} 1\n";
    while !get(address, "/metrics").await.contains(refused) {}
    assert_eq!(ana.bind(0x4000, peer.address()).await, 0);
    ana.send_on(0x4000, b"there").await;
    peer.hear().await;
    peer.0.send_to(b"and back", relayed).await.unwrap();
    assert!(matches!(ana.hear().await, Heard::Channel(0x4000, heard) if heard == b"and back"));
    assert_eq!(ana.refresh(0).await, 0);
    drop(running);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("listening"), "{log}");
    for address in [peer.address(), other.address(), ana.socket.local_addr().unwrap(), relayed] {
        assert!(!log.contains(&address.to_string()), "{address} in {log}");
    }
    for secret in [&credentials.0, &credentials.1] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
