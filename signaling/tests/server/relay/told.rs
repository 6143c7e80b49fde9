//! What clients are told of the relay, in `welcome` and when they ask, and that it holds.

use super::turning::Turning;
use super::{relay_of, staged};
use crate::stage::{Stage, refused};
use std::net::SocketAddr;
use visavis_signaling::protocol::{ClientMessage, IceServer, ServerMessage};
use visavis_signaling::server::{Config, RelayConfig, Server, StartError};
use visavis_signaling::testkit::{Client, Entry, Identity};

fn told(welcome: ServerMessage) -> Vec<IceServer> {
    match welcome {
        ServerMessage::Welcome { ice_servers, .. }
        | ServerMessage::IceServers { ice_servers, .. } => ice_servers,
        odd => panic!("{odd:?}"),
    }
}

fn credentials(server: &IceServer) -> (String, String) {
    (server.username.clone().unwrap(), server.credential.clone().unwrap())
}

#[tokio::test]
async fn credentials_come_with_the_welcome_and_when_asked_for() {
    let stage = staged(|_| ()).await;
    let (mut ana, welcome) = stage.enter(1).await;
    let servers = told(welcome);
    let relay = relay_of(&stage);
    assert_eq!(servers[0].urls, [format!("stun:{relay}")]);
    assert_eq!((&servers[0].username, &servers[0].credential), (&None, &None));
    assert_eq!(servers[1].urls, [format!("turn:{relay}?transport=udp")]);
    assert_eq!(servers.len(), 2);
    let (username, _) = credentials(&servers[1]);
    assert!(!username.contains(&ana.key().to_string()));
    let first = Turning::with(relay, credentials(&servers[1])).await;
    first.allocate().await;
    let again = told(ana.ask(|id| ClientMessage::IceServers { id }).await.unwrap());
    let second = Turning::with(relay, credentials(&again[1])).await;
    second.allocate().await;
    // Both are the same user's.
    let user = |username: &str| username.split_once(':').unwrap().1.to_owned();
    assert_eq!(user(&first.username), user(&second.username));
    let (_, welcome) = stage.enter(2).await;
    assert_ne!(user(&told(welcome)[1].username.clone().unwrap()), user(&username));
}

#[tokio::test]
async fn asking_is_limited_as_all_requests_are() {
    let stage = Stage::with(|config| {
        config.limits.messages_per_second = 1;
        config.limits.message_burst = 3;
    })
    .await;
    let (mut ana, welcome) = stage.enter(1).await;
    assert_eq!(told(welcome), []);
    for _ in 0..3 {
        assert_eq!(told(ana.ask(|id| ClientMessage::IceServers { id }).await.unwrap()), []);
    }
    assert!(refused!(ana.ask(|id| ClientMessage::IceServers { id }).await, RateLimited).is_some());
}

#[tokio::test]
async fn the_host_is_what_was_configured_or_what_was_dialled() {
    let host = async |change: fn(&mut Config), dialled: &str| {
        let stage = Stage::with(|config| {
            config.relay = Some(RelayConfig::loopback());
            config.ice_servers =
                vec![IceServer { urls: vec!["stun:x".into()], username: None, credential: None }];
            change(config);
        })
        .await;
        let entry = Entry { server: dialled.to_owned(), ..Entry::default() };
        let (_, welcome) =
            Client::enter_as(stage.address(), &Identity::numbered(1), &entry).await.unwrap();
        let servers = told(welcome);
        assert_eq!(servers[0].urls, ["stun:x"]);
        let (host, port) = servers[1].urls[0].rsplit_once(':').unwrap();
        assert_eq!(port, relay_of(&stage).port().to_string());
        host.to_owned()
    };
    assert_eq!(host(|_| (), "127.0.0.1").await, "stun:127.0.0.1");
    assert_eq!(host(|_| (), "localhost").await, "stun:127.0.0.1");
    assert_eq!(host(|_| (), "::1").await, "stun:[::1]");
    let named = |config: &mut Config| config.names = vec!["call.example.org:8443".to_owned()];
    assert_eq!(host(named, "127.0.0.1").await, "stun:call.example.org");
    let advertised = |config: &mut Config| {
        config.names = vec!["call.example.org".to_owned()];
        let relay = config.relay.as_mut().unwrap();
        relay.advertise = vec!["203.0.113.5".parse().unwrap()];
    };
    assert_eq!(host(advertised, "127.0.0.1").await, "stun:203.0.113.5");
}

#[tokio::test]
async fn a_relay_that_can_t_start_says_why() {
    let stage = staged(|_| ()).await;
    let folder = tempfile::tempdir().unwrap();
    let start = async |relay: RelayConfig| {
        Server::start(Config { relay: Some(relay), ..Config::loopback(folder.path()) }).await
    };
    let taken: SocketAddr = relay_of(&stage);
    let error = start(RelayConfig { listen: vec![taken], ..RelayConfig::loopback() }).await;
    assert!(matches!(error, Err(StartError::Listen { address, .. }) if address == taken));
    let odd = RelayConfig { ports: (9000, 8000), ..RelayConfig::loopback() };
    let error = start(odd).await.unwrap_err().to_string();
    assert!(error.contains("relay.ports must be two ports"), "{error}");
    start(RelayConfig::loopback()).await.unwrap().stop().await;
}
