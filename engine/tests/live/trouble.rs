//! Everything that can be wrong with a server, each said for what it is.

use super::kit::{Someone, Town, at};
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use visavis_engine::api::{Code, Command, Connection, Reply, ServerChoice};
use visavis_engine::engine::Options;
use visavis_signaling::protocol::{Nonce, ServerMessage, VERSION};
use visavis_signaling::server::{Config, Server, TlsFiles};

async fn newcomer(folder: &Path) -> Someone {
    let mut ana = Someone::start(folder.join("newcomer")).await;
    ana.create("ana").await;
    ana
}

fn go(address: &str) -> Command {
    let choice = ServerChoice::Address { address: address.into() };
    Command::UseServer { choice, invite: None }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_and_the_choice_does_not_stand() {
    let folder = tempfile::tempdir().unwrap();
    let mut ana = newcomer(folder.path()).await;
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let down = format!("127.0.0.1:{port}");
    let error = ana.tell(go(&down)).await.unwrap_err();
    assert_eq!((error.code, &error.detail["server"]), (Code::ServerDown, &down));
    assert_eq!(ana.refused(go("no-such-name.invalid")).await, Code::ServerUnknown);
    assert_eq!(ana.refused(go("what is this")).await, Code::AddressOdd);
    let state = ana.state().await.server;
    assert_eq!((state.choice, state.connection), (None, Connection::Idle));
}

/// Answers every connection with one WebSocket message.
async fn server_that_says(message: ServerMessage) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let mut web = tokio_tungstenite::accept_async(socket).await.unwrap();
            let _hello = web.next().await;
            let text = serde_json::to_string(&message).unwrap();
            web.send(Message::text(text)).await.unwrap();
            while let Some(Ok(_)) = web.next().await {}
        }
    });
    port
}

fn challenge(version: u16, time_ms: u64) -> ServerMessage {
    let nonce = Nonce([3; 32]);
    ServerMessage::Challenge { version, nonce, time_ms, closed: false, software: "x".into() }
}

#[tokio::test]
async fn a_server_of_another_version_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut ana = newcomer(folder.path()).await;
    let port = server_that_says(challenge(VERSION + 1, 0)).await;
    assert_eq!(ana.refused(go(&format!("127.0.0.1:{port}"))).await, Code::UnsupportedVersion);
}

#[tokio::test]
async fn a_web_server_is_no_visavis_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut ana = newcomer(folder.path()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
            tokio::io::AsyncWriteExt::write_all(&mut socket, answer).await.unwrap();
        }
    });
    assert_eq!(ana.refused(go(&format!("127.0.0.1:{port}"))).await, Code::ServerForeign);
    let port = server_that_says(ServerMessage::Ok { id: 1 }).await;
    assert_eq!(ana.refused(go(&format!("127.0.0.1:{port}"))).await, Code::ServerForeign);
}

#[tokio::test]
async fn a_clock_that_is_hours_off_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut ana = newcomer(folder.path()).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let three_hours_ago = now - Duration::from_secs(3 * 3600);
    let time_ms = u64::try_from(three_hours_ago.as_millis()).unwrap();
    let port = server_that_says(challenge(VERSION, time_ms)).await;
    let engine = ana.engine.clone();
    let going =
        tokio::spawn(async move { engine.dispatch(go(&format!("127.0.0.1:{port}"))).await });
    let state = ana.until(|state| !state.troubles.is_empty()).await;
    let trouble = &state.troubles[0];
    assert_eq!(trouble.code, Code::ClockOff);
    let minutes: i64 = trouble.detail["minutes"].parse().unwrap();
    assert!((179..=181).contains(&minutes), "{minutes}");
    assert_eq!(
        ana.tell(Command::DismissTrouble { trouble: trouble.clone() }).await,
        Ok(Reply::Done)
    );
    assert!(ana.state().await.troubles.is_empty());
    ana.engine.stop().await;
    going.abort();
}

#[tokio::test]
async fn a_closed_server_asks_for_an_invite_code() {
    let town = Town::closed().await;
    let mut ana = Someone::start(town.folder.path().join("ana")).await;
    ana.create("ana").await;
    let with = |invite: Option<String>| Command::UseServer { choice: at(town.port), invite };
    assert_eq!(ana.refused(with(None)).await, Code::InviteRequired);
    assert_eq!(ana.refused(with(Some("guessed".into()))).await, Code::InviteInvalid);
    let invite = town.server.as_ref().unwrap().create_invite(1, 1).await.unwrap();
    assert_eq!(ana.tell(with(Some(invite.clone()))).await, Ok(Reply::Done));
    let mut ana = ana.restart().await;
    ana.until_online().await;
    let mut bo = Someone::start(town.folder.path().join("bo")).await;
    bo.create("bo").await;
    assert_eq!(bo.refused(with(Some(invite))).await, Code::InviteInvalid);
}

/// An authority, and what it signs.
struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(folder: &Path) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(folder.join("authority.pem"), certificate.pem()).unwrap();
        Self { folder: folder.to_owned(), issuer: Issuer::new(params, key) }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    async fn server(&self, name: &str, last_year: i32) -> (Server, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(last_year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let folder = self.folder.join(format!("{name}-{last_year}"));
        std::fs::create_dir(&folder).unwrap();
        let tls = TlsFiles { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
        std::fs::write(&tls.cert, certificate.pem()).unwrap();
        std::fs::write(&tls.key, key.serialize_pem()).unwrap();
        let mut config = Config::loopback(folder);
        config.listen.set_port(0);
        config.tls = Some(tls);
        let server = Server::start(config).await.unwrap();
        let address = format!("wss://localhost:{}", server.local_addr().port());
        (server, address)
    }
}

#[tokio::test]
async fn certificates_are_checked_and_each_fault_has_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    let mut options = Options::in_folder(folder.path().join("newcomer"));
    options.own_authority = Some(authority.path());
    let mut ana = Someone::with(options).await;
    ana.create("ana").await;
    let (_wrong_name, address) = authority.server("elsewhere.example.org", 4000).await;
    assert_eq!(ana.refused(go(&address)).await, Code::CertificateName);
    let (_expired, address) = authority.server("localhost", 2001).await;
    assert_eq!(ana.refused(go(&address)).await, Code::CertificateTime);
    let (_good, address) = authority.server("localhost", 4000).await;
    let mut stranger = Someone::start(folder.path().join("stranger")).await;
    stranger.create("bo").await;
    assert_eq!(stranger.refused(go(&address)).await, Code::CertificateBad);
    assert_eq!(ana.tell(go(&address)).await, Ok(Reply::Done));
    ana.until_online().await;
    let plain = Town::open().await;
    let no_tls = format!("wss://localhost:{}", plain.port);
    assert_eq!(ana.refused(go(&no_tls)).await, Code::ServerForeign);
    let state = ana.until_online().await;
    assert_eq!(state.server.name.as_deref(), Some(&*address));
}
