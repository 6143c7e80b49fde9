//! A server with a folder of its own, and people on it.

use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use visavis_signaling::protocol::{ClientMessage, PublicKey, ServerMessage};
use visavis_signaling::server::{Config, Server};
use visavis_signaling::testkit::{Client, Identity, Trouble};

/// The code of a refusal.
macro_rules! refused {
    ($result:expr, $code:ident) => {
        match $result {
            Err(visavis_signaling::testkit::Trouble::Refused(code, retry)) => {
                assert_eq!(code, visavis_signaling::protocol::ErrorCode::$code);
                retry
            }
            other => panic!("not {}: {other:?}", stringify!($code)),
        }
    };
}
pub(crate) use refused;

pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
}

pub(crate) struct Person {
    pub(crate) identity: Identity,
    pub(crate) client: Client,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::loopback(folder.path());
        // Clients of a test don't listen all the time, so their farewells are short.
        config.times.farewell = Duration::from_millis(200);
        change(&mut config);
        let server = Server::start(config).await.unwrap();
        Self { folder, server }
    }

    /// Stops the server and starts another on its folder.
    pub(crate) async fn restart(self) -> Self {
        self.server.stop().await;
        let server = Server::start(Config::loopback(self.folder.path())).await.unwrap();
        Self { folder: self.folder, server }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Someone signs in.
    pub(crate) async fn enter(&self, number: u64) -> (Person, ServerMessage) {
        let identity = Identity::numbered(number);
        let (client, welcome) = Client::enter(self.address(), &identity).await.unwrap();
        (Person { identity, client }, welcome)
    }

    /// Someone signs in and takes a handle.
    pub(crate) async fn person(&self, number: u64, handle: &str) -> Person {
        let (mut person, _) = self.enter(number).await;
        person.client.claim(handle).await.unwrap();
        person
    }

    /// Two who are contacts, with nothing unheard and no letters kept.
    pub(crate) async fn pair(&self) -> (Person, Person) {
        let mut ana = self.person(1, "ana").await;
        let mut bo = self.person(2, "bo").await;
        befriend(&mut ana, &mut bo).await;
        (ana, bo)
    }
}

/// Makes contacts of two, and leaves nothing unheard.
pub(crate) async fn befriend(one: &mut Person, other: &mut Person) {
    one.client.request(other.key(), "aW50cm8").await.unwrap();
    other.client.accept(one.key(), "d2VsY29tZQ").await.unwrap();
    one.settle().await;
    other.settle().await;
}

impl Person {
    pub(crate) fn key(&self) -> PublicKey {
        self.identity.key()
    }

    /// Hears all that was said so far, and acknowledges letters.
    pub(crate) async fn settle(&mut self) -> Vec<ServerMessage> {
        let heard = self.client.so_far().await.unwrap();
        let mail = heard.iter().filter_map(|message| match message {
            ServerMessage::Deliver { mail, .. } => *mail,
            _ => None,
        });
        if let Some(mail) = mail.max() {
            self.client.say(&ClientMessage::Acknowledge { mail }).await.unwrap();
        }
        heard
    }

    pub(crate) async fn ask(
        &mut self,
        request: impl FnOnce(u32) -> ClientMessage,
    ) -> Result<ServerMessage, Trouble> {
        self.client.ask(request).await
    }

    /// The next thing heard.
    pub(crate) async fn hears(&mut self) -> ServerMessage {
        self.client.next().await.unwrap()
    }
}
