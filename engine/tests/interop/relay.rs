//! Through the project's own relay alone: neither end shows an address of its own.

use crate::kit::{Call, Plan};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha1::Sha1;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use visavis_engine::peer::LinkOptions;
use visavis_signaling::protocol::IceServer;
use visavis_signaling::server::{Config, RelayConfig, RelaySecret, Server};

const SECRET: &str = "south, south-west, by south";

/// As the server itself makes them, for ten minutes.
fn credentials(user: &str) -> (String, String) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let username = format!("{}:{user}", now + 600);
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(username.as_bytes());
    (username, STANDARD.encode(mac.finalize().into_bytes()))
}

/// What the relay has counted by a name.
async fn counted(server: SocketAddr, name: &str) -> u64 {
    let mut socket = TcpStream::connect(server).await.unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    let line = format!("visavis_relay_{name} ");
    text.lines().find_map(|text| text.strip_prefix(&line)).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn through_the_relay_alone() {
    let folder = tempfile::tempdir().unwrap();
    let secret = Some(RelaySecret(SECRET.to_owned()));
    let relay = Some(RelayConfig { secret, ..RelayConfig::loopback() });
    let config = Config { relay, ..Config::loopback(folder.path()) };
    let server = Server::start(config).await.unwrap();
    let url = format!("turn:{}?transport=udp", server.relay_addrs()[0]);

    for browser_offers in [true, false] {
        let (username, credential) = credentials("ana");
        let (urls, username, credential) = (vec![url.clone()], Some(username), Some(credential));
        let mut plan = Plan::new(browser_offers);
        plan.link = LinkOptions {
            relay_only: true,
            ice_servers: vec![IceServer { urls, username, credential }],
            ..plan.link
        };
        let (username, credential) = credentials("browser");
        plan.configuration = json!({
            "iceTransportPolicy": "relay",
            "iceServers": [{ "urls": [url], "username": username, "credential": credential }],
        });
        let call = Call::on(plan).await;
        let name = "packets_to_peers_total";
        let before = counted(server.local_addr(), name).await;
        tokio::join!(call.both_see(30), call.both_hear());
        let way = call.page.evaluate("way()").await.unwrap();
        assert_eq!(
            (&way["local"]["candidateType"], &way["remote"]["candidateType"]),
            (&json!("relay"), &json!("relay")),
            "{way}"
        );
        call.figures("it is told", |figures| figures.relayed == Some(true)).await;
        // Each picture and each piece of sound went through both allocations.
        let relayed = counted(server.local_addr(), name).await - before;
        assert!(relayed > 100, "{relayed} packets were relayed");
        // One of each end; those of a browser that was ended stay until they run out.
        assert!(*server.relay_allocations().unwrap().borrow() >= 2);
        drop(call);
    }
    server.stop().await;
}
