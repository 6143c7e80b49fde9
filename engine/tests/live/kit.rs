//! A town: one server, and people who live there. Waiting is for a change of what an engine shows, never for
//! time to pass; the limit only ends a test that would hang.

use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use visavis_engine::api::{
    ApiError, Code, Command, Connection, Contact, DeviceChoice, Event, Presence, PublicKey, Reply,
    ServerChoice, State, Update,
};
use visavis_engine::engine::{Clock, Engine, Options, Subscription};
use visavis_signaling::server::{Config, RelayConfig, Server};

const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Town {
    pub(crate) folder: TempDir,
    pub(crate) server: Option<Server>,
    pub(crate) port: u16,
    closed: bool,
    relay: Option<RelayConfig>,
}

impl Town {
    pub(crate) async fn open() -> Self {
        Self::build(false, None).await
    }

    pub(crate) async fn closed() -> Self {
        Self::build(true, None).await
    }

    /// One with a relay.
    pub(crate) async fn with_relay(relay: RelayConfig) -> Self {
        Self::build(false, Some(relay)).await
    }

    async fn build(closed: bool, relay: Option<RelayConfig>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut town = Self { folder, server: None, port: 0, closed, relay };
        town.start().await;
        town
    }

    /// Starts the server, on the port that it had before.
    pub(crate) async fn start(&mut self) {
        let mut config = Config::loopback(self.folder.path().join("server"));
        config.listen.set_port(self.port);
        config.closed = self.closed;
        config.relay = self.relay.clone();
        config.times.retry_after = Duration::from_millis(20);
        let server = Server::start(config).await.unwrap();
        self.port = server.local_addr().port();
        self.server = Some(server);
    }

    pub(crate) async fn stop(&mut self) {
        self.server.take().unwrap().stop().await;
    }

    pub(crate) fn choice(&self) -> ServerChoice {
        at(self.port)
    }

    /// Someone with a handle, signed in.
    pub(crate) async fn settle(&self, handle: &str) -> Someone {
        self.settle_at(handle, self.port).await
    }

    /// The same, by way of another port.
    pub(crate) async fn settle_at(&self, handle: &str, port: u16) -> Someone {
        self.settle_as(handle, port, stand_ins()).await
    }

    /// The same, with devices.
    pub(crate) async fn settle_with(&self, handle: &str, devices: DeviceChoice) -> Someone {
        self.settle_as(handle, self.port, devices).await
    }

    async fn settle_as(&self, handle: &str, port: u16, devices: DeviceChoice) -> Someone {
        let folder = self.folder.path().join(handle);
        let mut someone = Someone::with(Options { devices, ..Options::in_folder(folder) }).await;
        someone.create(handle).await;
        let choice = at(port);
        assert_eq!(
            someone.tell(Command::UseServer { choice, invite: None }).await,
            Ok(Reply::Done)
        );
        let claim = Command::ClaimHandle { handle: handle.into() };
        assert_eq!(someone.tell(claim).await, Ok(Reply::Done));
        someone
    }

    /// The same person on another device.
    pub(crate) async fn laptop(&self, someone: &mut Someone, devices: DeviceChoice) -> Someone {
        let path = self.folder.path().join("exported.visavis").display().to_string();
        let passphrase = "correct horse battery".to_owned();
        let export = Command::ExportIdentity { path: path.clone(), passphrase: passphrase.clone() };
        someone.tell(export).await.unwrap();
        let folder = self.folder.path().join("laptop");
        let mut laptop = Someone::with(Options { devices, ..Options::in_folder(folder) }).await;
        laptop.tell(Command::ImportIdentity { path, passphrase }).await.unwrap();
        let here = Command::UseServer { choice: self.choice(), invite: None };
        laptop.tell(here).await.unwrap();
        laptop.until(|state| !state.contacts.is_empty()).await;
        laptop
    }

    /// Two people who are each other's contacts and see each other.
    pub(crate) async fn friends(&self) -> (Someone, Someone) {
        let (mut ana, mut bo) = (self.settle("ana").await, self.settle("bo").await);
        befriend(&mut ana, &mut bo).await;
        (ana, bo)
    }
}

/// Devices that are there on every computer, and quiet.
pub(crate) fn stand_ins() -> DeviceChoice {
    DeviceChoice {
        camera: Some("test:pattern?w=320&h=180&fps=30".into()),
        microphone: Some("test:tone?hz=440".into()),
        speaker: Some("null:".into()),
        ..DeviceChoice::default()
    }
}

pub(crate) fn at(port: u16) -> ServerChoice {
    ServerChoice::Address { address: format!("127.0.0.1:{port}") }
}

pub(crate) async fn befriend(ana: &mut Someone, bo: &mut Someone) {
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    ana.ask(&bo.handle().await).await.unwrap();
    bo.until(|state| state.incoming.iter().any(|request| request.key == ana_key)).await;
    assert_eq!(bo.tell(Command::AcceptRequest { key: ana_key }).await, Ok(Reply::Done));
    let names = (ana.state().await.me.unwrap().name, bo.state().await.me.unwrap().name);
    let knows = |key, name: String| {
        move |state: &State| {
            let contact = contact(state, &key);
            contact.is_some_and(|c| c.presence == Presence::Online && c.name == name)
        }
    };
    ana.until(knows(bo_key, names.1)).await;
    bo.until(knows(ana_key, names.0)).await;
}

pub(crate) fn contact<'a>(state: &'a State, key: &PublicKey) -> Option<&'a Contact> {
    state.contacts.iter().find(|contact| contact.key == *key)
}

pub(crate) struct Someone {
    pub(crate) engine: Engine,
    pub(crate) folder: PathBuf,
    pub(crate) clock: Clock,
    updates: Subscription,
    events: Vec<Event>,
}

impl Someone {
    pub(crate) async fn start(folder: PathBuf) -> Self {
        Self::with(Options { devices: stand_ins(), ..Options::in_folder(folder) }).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let folder = options.data.clone();
        let clock = Clock::default();
        let engine = Engine::start_by(options, clock.clone()).await;
        let updates = engine.subscribe();
        Self { engine, folder, clock, updates, events: Vec::new() }
    }

    /// Lets time pass for the engine, with a word to the server now and then, so that nothing but what a test
    /// waits for is late.
    pub(crate) async fn pass(&mut self, time: Duration) {
        let mut left = time;
        while !left.is_zero() {
            let step = left.min(Duration::from_secs(10));
            let word = Command::CheckHandle { handle: "zoe".into() };
            self.tell(word.clone()).await.unwrap();
            self.clock.advance(step);
            self.tell(word).await.unwrap();
            left -= step;
        }
    }

    /// Stops the engine and starts another on the same folder.
    pub(crate) async fn restart(self) -> Self {
        self.engine.stop().await;
        Self::start(self.folder).await
    }

    pub(crate) async fn tell(&mut self, command: Command) -> Result<Reply, ApiError> {
        let said = format!("{command:?}");
        let reply = tokio::time::timeout(LIMIT, self.engine.dispatch(command)).await;
        reply.unwrap_or_else(|_| panic!("no reply to {said}"))
    }

    /// The code with which a command is refused.
    pub(crate) async fn refused(&mut self, command: Command) -> Code {
        self.tell(command).await.expect_err("a refusal").code
    }

    pub(crate) async fn create(&mut self, handle: &str) {
        let name = format!("{} of town", handle.to_uppercase());
        assert_eq!(self.tell(Command::CreateIdentity { name }).await, Ok(Reply::Done));
    }

    pub(crate) async fn ask(&mut self, address: &str) -> Result<Reply, ApiError> {
        let note = "we met yesterday".to_owned();
        self.tell(Command::RequestContact { address: address.into(), note }).await
    }

    pub(crate) async fn state(&self) -> State {
        match self.engine.subscribe().next().await {
            Some(Update::Snapshot(snapshot)) => snapshot.state,
            other => panic!("no snapshot but {other:?}"),
        }
    }

    pub(crate) async fn key(&self) -> PublicKey {
        self.state().await.me.expect("somebody").key
    }

    pub(crate) async fn handle(&self) -> String {
        self.state().await.me.expect("somebody").handle.expect("a handle")
    }

    async fn next(&mut self, state: &State) {
        let update = tokio::time::timeout(LIMIT, self.updates.next()).await;
        match update
            .unwrap_or_else(|_| panic!("nothing came of it: {state:#?}, {:#?}", self.events))
        {
            Some(Update::Event { event, .. }) => self.events.push(event),
            Some(Update::Snapshot(_)) => {}
            None => panic!("the engine has stopped"),
        }
    }

    /// Waits until what the engine shows is so.
    pub(crate) async fn until(&mut self, so: impl Fn(&State) -> bool) -> State {
        loop {
            let state = self.state().await;
            if so(&state) {
                return state;
            }
            self.next(&state).await;
        }
    }

    pub(crate) async fn until_online(&mut self) -> State {
        self.until(|state| state.server.connection == Connection::Online).await
    }

    /// Waits for an event of a kind; each is seen once.
    pub(crate) async fn event(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            if let Some(place) = self.events.iter().position(&wanted) {
                return self.events.remove(place);
            }
            let state = self.state().await;
            self.next(&state).await;
        }
    }

    pub(crate) async fn wave_from(&mut self, from: &PublicKey) {
        self.event(|event| matches!(event, Event::WaveReceived { key, .. } if key == from)).await;
    }

    /// How many events of a kind have come and were not yet waited for.
    pub(crate) fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }

    pub(crate) async fn presence(&mut self, of: &PublicKey, presence: Presence) {
        self.until(|state| contact(state, of).is_some_and(|c| c.presence == presence)).await;
    }
}
