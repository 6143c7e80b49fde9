//! The servers that guide links to find each other: their credentials end, and are asked for anew in time.

use super::kit::Town;
use super::liar::Liar;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use visavis_engine::api::Connection;
use visavis_signaling::protocol::{IceServer, ServerMessage};

/// A relay whose credential ends so many seconds from now.
fn relay(seconds: u64) -> Vec<IceServer> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    vec![IceServer {
        urls: vec!["turn:192.0.2.1:3478?transport=udp".to_owned()],
        username: Some(format!("{}:ana", now + seconds)),
        credential: Some("secret".to_owned()),
    }]
}

#[tokio::test]
async fn credentials_are_asked_for_anew_before_they_end() {
    let mut town = Town::open().await;
    let liar = Liar::before(town.port).await;
    let (tell, mut asked) = mpsc::channel(16);
    liar.lies(move |mut message| {
        match &mut message {
            ServerMessage::Welcome { ice_servers, .. } => *ice_servers = relay(200),
            ServerMessage::IceServers { ice_servers, .. } => {
                *ice_servers = relay(120);
                tell.try_send(()).unwrap();
            }
            _ => {}
        }
        vec![message]
    });
    let mut ana = town.settle_at("ana", liar.port).await;
    ana.pass(Duration::from_secs(80)).await;
    assert!(asked.try_recv().is_err(), "it is early");
    ana.pass(Duration::from_secs(40)).await;
    asked.recv().await.unwrap();
    // And so on, by what was said last.
    ana.pass(Duration::from_secs(70)).await;
    asked.recv().await.unwrap();

    // Nothing is asked of a server that is not there; the welcome names them again.
    town.stop().await;
    ana.until(|state| state.server.connection != Connection::Online).await;
    town.start().await;
    ana.until_online().await;
    while asked.try_recv().is_ok() {}
    ana.pass(Duration::from_secs(120)).await;
    asked.recv().await.unwrap();
}
