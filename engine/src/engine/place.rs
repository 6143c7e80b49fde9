//! Where the user is signed in: the chosen server, the one on this computer, and what a shell is shown of it.

use super::desk::{Asker, Desk, Message, wall_ms};
use super::hosting::Host;
use crate::api::{ApiError, Code, Connection, Event, Reply, ServerChoice, ServerState};
use crate::call::machine::Input as CallInput;
use crate::session::address::{ServerAddress, is_loopback};
use crate::session::fault::Fault;
use crate::session::machine::Input;
use crate::store::profile::{self, Value};
use visavis_signaling::protocol::{ClientMessage, Nonce, sign_in_transcript};

/// A clock that is off by more than this is worth a line.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60 * 1000;

#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) choice: Option<ServerChoice>,
    pub(super) host: Option<Host>,
    invite: Option<String>,
    choosing: Option<Choosing>,
    chosen: Option<(Asker, Result<Reply, ApiError>)>,
}

/// A choice that was not yet seen to work.
#[derive(Debug)]
struct Choosing {
    previous: Option<ServerChoice>,
    asker: Asker,
}

impl Place {
    /// The server as the store knows it.
    pub(super) fn id(&self) -> String {
        match &self.choice {
            None => String::new(),
            Some(ServerChoice::ThisComputer { .. }) => "this computer".to_owned(),
            Some(ServerChoice::Address { address }) => ServerAddress::parse(address)
                .map_or_else(|_| address.clone(), |address| address.to_string()),
        }
    }

    /// The server as people know it.
    pub(super) fn shown(&self) -> String {
        match &self.choice {
            Some(ServerChoice::ThisComputer { .. }) => "localhost".to_owned(),
            _ => self.id(),
        }
    }

    /// What is wrong, said for this server.
    pub(super) fn explain(&self, fault: &Fault, port: u16) -> ApiError {
        match (&self.choice, fault) {
            (Some(ServerChoice::ThisComputer { .. }), Fault::Foreign) => {
                ApiError::new(Code::PortTaken, "another program has taken the port")
                    .with("port", port)
            }
            _ => fault.to_api(&self.shown()),
        }
    }
}

impl Desk {
    /// Where the chosen server is.
    pub(super) fn server_address(&self) -> Option<ServerAddress> {
        match self.place.choice.as_ref()? {
            ServerChoice::ThisComputer { .. } => {
                Some(ServerAddress::loopback(self.options.hosted_port))
            }
            ServerChoice::Address { address } => ServerAddress::parse(address).ok(),
        }
    }

    /// Whether an address that someone typed is that of the chosen server.
    pub(super) fn is_here(&self, server: &ServerAddress) -> bool {
        let here = self.server_address();
        let both_local = here.as_ref().is_some_and(|here| {
            is_loopback(&here.host) && is_loopback(&server.host) && here.port == server.port
        });
        let hosted = self.place.host.as_ref().is_some_and(|host| {
            let addresses = host.addresses();
            addresses.iter().any(|text| ServerAddress::parse(text).as_ref() == Ok(server))
        });
        here.as_ref() == Some(server) || both_local || hosted
    }

    /// Signs in where the user chose to be, if anywhere.
    pub(super) async fn go_to_place(&mut self) {
        self.load_people().await;
        match self.server_address() {
            Some(server) => self.feed(Input::Start(server)).await,
            None => self.feed(Input::Stop).await,
        }
    }

    pub(super) async fn use_server(
        &mut self,
        choice: ServerChoice,
        invite: Option<String>,
        asker: Asker,
    ) -> Result<(), (Asker, ApiError)> {
        if let ServerChoice::Address { address } = &choice
            && ServerAddress::parse(address).is_err()
        {
            let error = ApiError::new(Code::AddressOdd, "not a server's address");
            return Err((asker, error.with("server", address)));
        }
        if !self.is_ready() {
            return Err((asker, ApiError::new(Code::NoIdentity, "there is no identity yet")));
        }
        if let Some(earlier) = self.place.choosing.take() {
            let error = ApiError::new(Code::NotNow, "another server was chosen meanwhile");
            self.place.choice = earlier.previous;
            // Whoever asked may be gone.
            let _ = earlier.asker.send(Err(error));
        }
        self.call_happens(CallInput::Leave).await;
        let previous = self.place.choice.replace(choice);
        self.place.invite = invite;
        self.place.choosing = Some(Choosing { previous, asker });
        self.feed(Input::Stop).await;
        if let Some(host) = self.place.host.take() {
            host.stop().await;
        }
        self.go_to_place().await;
        Ok(())
    }

    /// Begins to open the socket of this number.
    pub(super) fn dial(&mut self, number: u64, server: ServerAddress) {
        let Some(ServerChoice::ThisComputer { open }) = self.place.choice else {
            return self.connect(number, server);
        };
        if self.place.host.is_some() {
            return self.connect(number, server);
        }
        let (data, port) = (self.options.hosted_data.clone(), self.options.hosted_port);
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            let host = Host::join_or_start(data, port, open).await;
            if let Some(inbox) = inbox.upgrade() {
                // An engine that has stopped drops the host, which stops it.
                let _ = inbox.send(Message::Hosted(number, host)).await;
            }
        });
    }

    /// The server on this computer runs, or can't be started.
    pub(super) async fn hosted(&mut self, number: u64, host: Result<Option<Host>, ApiError>) {
        match (host, self.server_address()) {
            (Ok(host), Some(server)) => {
                let wanted = matches!(self.place.choice, Some(ServerChoice::ThisComputer { .. }));
                match host {
                    Some(host) if !wanted || self.place.host.is_some() => host.stop().await,
                    Some(host) => self.place.host = Some(host),
                    None => {}
                }
                if wanted {
                    self.connect(number, server);
                    self.show_server();
                    self.show_me();
                }
            }
            (Ok(_), None) => {}
            (Err(error), _) => self.feed(Input::Lost(number, Fault::Hosting(error))).await,
        }
    }

    /// The proof of who is signing in.
    pub(super) fn proof(&self, nonce: &Nonce) -> Option<ClientMessage> {
        let own = self.own.as_ref()?;
        let server = self.server_address()?.host;
        let transcript = sign_in_transcript(&server, nonce, &own.identity.public(), &own.device);
        Some(ClientMessage::Prove {
            signature: own.identity.sign(&transcript),
            bundle: own.identity.bundle(),
            server,
            invite: self.place.invite.clone(),
            status: own.status,
        })
    }

    /// The connection is otherwise from now on.
    pub(super) async fn connection_changed(&mut self, connection: Connection) {
        let was_online = self.board.look(|s| s.server.connection == Connection::Online);
        let error = match &connection {
            Connection::Waiting { error, .. } | Connection::Stopped { error } => {
                Some(error.clone())
            }
            Connection::Idle | Connection::Connecting | Connection::Online => None,
        };
        self.board.publish(Event::ServerChanged { server: self.server_state(connection) });
        if was_online {
            self.everyone_offline();
        }
        if let Some(error) = error
            && let Some(choosing) = self.place.choosing.take()
        {
            self.place.choice = choosing.previous;
            self.place.invite = None;
            self.feed(Input::Stop).await;
            if let Some(host) = self.place.host.take() {
                host.stop().await;
            }
            self.go_to_place().await;
            // Whoever asked may be gone.
            let _ = choosing.asker.send(Err(error));
        }
    }

    /// Signed in: the choice works.
    pub(super) async fn choice_works(&mut self) -> Result<(), ApiError> {
        self.place.invite = None;
        let Some(choosing) = self.place.choosing.take() else { return Ok(()) };
        let choice = self.place.choice.clone();
        let kept = self.run(move |db| profile::set(db, Value::Server, &choice)).await;
        let reply = kept.clone().map(|()| Reply::Done);
        self.place.chosen = Some((choosing.asker, reply));
        kept
    }

    /// Whoever chose is told when it can be seen that it works.
    pub(super) fn tell_chosen(&mut self) {
        if let Some((asker, reply)) = self.place.chosen.take() {
            // They may be gone.
            let _ = asker.send(reply);
        }
    }

    /// Compares clocks.
    pub(super) fn check_clock(&mut self, server_ms: u64) {
        let server = i64::try_from(server_ms).unwrap_or(i64::MAX);
        let here = i64::try_from(wall_ms()).unwrap_or(i64::MAX);
        let ahead = here.saturating_sub(server);
        self.settle(Code::ClockOff);
        self.skew_ms = 0;
        self.server_ahead_ms = ahead.saturating_neg();
        if ahead.saturating_abs() > CLOCK_TOLERANCE_MS {
            self.skew_ms = ahead.saturating_neg();
            let error = ApiError::new(Code::ClockOff, "this computer's clock is off");
            self.raise(error.with("minutes", ahead / 60_000));
        }
    }

    pub(super) fn show_server(&self) {
        let connection = self.board.look(|state| state.server.connection.clone());
        self.board.publish(Event::ServerChanged { server: self.server_state(connection) });
    }

    fn server_state(&self, connection: Connection) -> ServerState {
        let name = match &self.place.choice {
            Some(ServerChoice::Address { .. }) => Some(self.place.shown()),
            Some(ServerChoice::ThisComputer { .. }) | None => None,
        };
        let hosting = self.place.host.as_ref().map(Host::shown);
        ServerState { choice: self.place.choice.clone(), name, connection, hosting }
    }

    /// A line of trouble, unless it stands there already.
    pub(super) fn raise(&self, error: ApiError) {
        const MOST: usize = 20;
        let mut troubles = self.board.look(|state| state.troubles.clone());
        let same = |other: &ApiError| other.code == error.code && other.detail == error.detail;
        if troubles.len() < MOST && !troubles.iter().any(same) {
            tracing::warn!(code = ?error.code, %error, "trouble");
            troubles.push(error);
            self.board.publish(Event::TroublesChanged { troubles });
        }
    }

    /// That trouble is over.
    pub(super) fn settle(&self, code: Code) {
        let mut troubles = self.board.look(|state| state.troubles.clone());
        let before = troubles.len();
        troubles.retain(|error| error.code != code);
        if troubles.len() != before {
            self.board.publish(Event::TroublesChanged { troubles });
        }
    }
}
