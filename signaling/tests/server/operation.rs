//! What operators meet: starting, stopping, TLS, health, a full disk.

use crate::stage::{Stage, refused};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use visavis_signaling::protocol::{ClientMessage, DeviceId, ErrorCode, ServerMessage};
use visavis_signaling::server::{Config, Server, StartError, TlsFiles};
use visavis_signaling::testkit::{Client, Entry, Identity, Trouble};

pub(crate) async fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn health_and_metrics_can_be_read() {
    let stage =
        Stage::with(|config| config.metrics_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    let (mut ana, bo) = stage.pair().await;
    ana.client.send(bo.key(), "eA", false).await.unwrap();
    ana.client.send(bo.key(), "eA", true).await.unwrap();
    refused!(ana.client.claim("other").await, HandleFixed);
    let health = get(stage.address(), "/healthz").await;
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n") && health.ends_with("\r\n\r\nok"));
    for address in [stage.address(), stage.server.metrics_addr().unwrap()] {
        let metrics = get(address, "/metrics").await;
        for line in [
            "visavis_signaling_signed_in 2",
            "visavis_signaling_relayed_total 1",
            "visavis_signaling_mailbox_letters 1",
            "visavis_signaling_messages_total{type=\"send\"} 2",
            "visavis_signaling_errors_total{code=\"handle_fixed\"} 1",
            "visavis_signaling_database_seconds_bucket{le=\"+Inf\"}",
        ] {
            assert!(metrics.contains(line), "no {line} in {metrics}");
        }
        assert!(!metrics.contains("ana"));
    }
    assert!(get(stage.address(), "/").await.starts_with("HTTP/1.1 404"));
    assert!(get(stage.address(), "/visavis").await.starts_with("HTTP/1.1 426"));
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let stage = Stage::new().await;
    let (mut ana, mut bo) = stage.pair().await;
    let address = stage.address();
    let stopping = tokio::spawn(stage.server.stop());
    for person in [&mut ana, &mut bo] {
        assert_eq!(person.hears().await, ServerMessage::GoingDown { retry_after_ms: 500 });
        assert_eq!(person.client.ended().await, (None, Some(1012)));
    }
    stopping.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    // A server that is dropped is gone too, and its folder is free.
    let server = Server::start(Config::loopback(stage.folder.path())).await.unwrap();
    let mut client = Client::open(server.local_addr()).await.unwrap();
    drop(server);
    client.ended().await;
    Server::start(Config::loopback(stage.folder.path())).await.unwrap().stop().await;
}

#[tokio::test]
async fn what_can_t_start_says_why() {
    let stage = Stage::new().await;
    let again = Server::start(Config::loopback(stage.folder.path())).await;
    assert!(again.unwrap_err().to_string().starts_with("another server uses the data folder"));
    let folder = tempfile::tempdir().unwrap();
    let far = Config { listen: "0.0.0.0:0".parse().unwrap(), ..Config::loopback(folder.path()) };
    let error = Server::start(far.clone()).await.unwrap_err();
    assert!(matches!(error, StartError::PlainOffLoopback { .. }));
    assert!(error.to_string().contains("--tls-cert"));
    Server::start(Config { allow_plain: true, ..far }).await.unwrap().stop().await;
    let taken = Config { listen: stage.address(), ..Config::loopback(folder.path()) };
    assert!(matches!(Server::start(taken).await, Err(StartError::Listen { .. })));
    let mut odd = Config::loopback(folder.path());
    odd.limits.devices = 0;
    assert!(matches!(Server::start(odd).await, Err(StartError::Limits(_))));
    let files = TlsFiles { cert: "/none/cert.pem".into(), key: "/none/key.pem".into() };
    let tls = Config { tls: Some(files), ..Config::loopback(folder.path()) };
    let error = Server::start(tls).await.unwrap_err();
    assert!(error.to_string().contains("/none/cert.pem"), "{error}");
}

#[tokio::test]
async fn a_full_disk_refuses_what_it_can_t_keep_and_nothing_else() {
    let stage = Stage::with(|config| {
        config.database_pages = Some(120);
        config.limits.mailbox_bytes = 1 << 30;
        config.limits.byte_burst = 1 << 30;
    })
    .await;
    let (mut ana, mut bo) = stage.pair().await;
    let bo_key = bo.key();
    bo.settle().await;
    bo.client.leave().await;
    let body = "x".repeat(20_000);
    let mut kept = 0;
    let code = loop {
        match ana.client.send(bo_key, &format!("{kept}_{body}"), true).await {
            Ok(_) => kept += 1,
            Err(Trouble::Refused(code, _)) => break code,
            Err(odd) => panic!("{odd:?}"),
        }
        assert!(kept < 100);
    };
    assert_eq!(code, ErrorCode::StorageFull);
    assert!(kept > 3);
    // Those who are known still get in, and get all that was promised.
    let (mut bo, _) = stage.enter(2).await;
    assert!(ana.client.send(bo_key, "bGl2ZQ", false).await.unwrap());
    for n in 0..kept {
        let ServerMessage::Deliver { envelope, .. } = bo.hears().await else { panic!() };
        assert!(envelope.starts_with(&format!("{n}_")));
    }
    assert!(matches!(bo.hears().await, ServerMessage::Deliver { mail: None, .. }));
    // Acknowledged letters make room.
    bo.client.say(&ClientMessage::Acknowledge { mail: u64::MAX }).await.unwrap();
    bo.settle().await;
    assert!(ana.client.send(bo_key, &body, true).await.unwrap());
}

/// Writes a certificate for a name, and gives it.
fn issue(folder: &Path, name: &str) -> CertificateDer<'static> {
    let issued = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    std::fs::write(folder.join("key.pem"), issued.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), issued.cert.pem()).unwrap();
    issued.cert.der().clone()
}

async fn over_tls(
    stage: &Stage,
    trusted: &CertificateDer<'static>,
    name: &'static str,
) -> std::io::Result<Client> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(stage.address()).await?;
    let name = ServerName::try_from(name).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await?;
    Ok(Client::over(Box::new(stream)).await.unwrap())
}

#[tokio::test]
async fn tls_is_served_and_renewed_without_a_restart() {
    let files = tempfile::tempdir().unwrap();
    let first = issue(files.path(), "one.example.org");
    let stage = Stage::with(|config| {
        config.tls = Some(TlsFiles {
            cert: files.path().join("cert.pem"),
            key: files.path().join("key.pem"),
        });
    })
    .await;
    assert!(stage.server.url().starts_with("wss://127.0.0.1:"));
    let entry = |server: &str| Entry { server: server.to_owned(), ..Entry::default() };
    let ana = Identity::numbered(1);
    let mut old = over_tls(&stage, &first, "one.example.org").await.unwrap();
    old.sign_in(&ana, &entry("one.example.org")).await.unwrap();
    let mut other = over_tls(&stage, &first, "one.example.org").await.unwrap();
    refused!(other.sign_in(&ana, &entry("two.example.org")).await, WrongServer);
    assert!(!stage.server.reload_certificate());
    // A bad pair changes nothing.
    let key = std::fs::read(files.path().join("key.pem")).unwrap();
    std::fs::write(files.path().join("key.pem"), "no key").unwrap();
    assert!(!stage.server.reload_certificate());
    over_tls(&stage, &first, "one.example.org").await.unwrap();
    std::fs::write(files.path().join("key.pem"), key).unwrap();
    let second = issue(files.path(), "two.example.org");
    assert!(stage.server.reload_certificate());
    assert!(over_tls(&stage, &first, "one.example.org").await.is_err());
    let mut new = over_tls(&stage, &second, "two.example.org").await.unwrap();
    let device = DeviceId([2; 16]);
    new.sign_in(&ana, &Entry { device, ..entry("two.example.org") }).await.unwrap();
    // Whoever was there stays.
    old.claim("ana").await.unwrap();
}
