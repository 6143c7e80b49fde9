//! The desk: where the loop's state lies, and the loop. Commands, what sockets report and what became of longer
//! work come in one at a time; each is dealt with whole before the next.

use super::answers::Pending;
use super::board::Board;
use super::calls::Switchboard;
use super::check::{CheckNews, Checks};
use super::clock::Clock;
use super::files::{Files, RunNews};
use super::folder::Folder;
use super::hosting::Host;
use super::links::Links;
use super::live::Lane;
use super::outbox::Outbox;
use super::people::Known;
use super::place::Place;
use super::talks::Talks;
use super::words::TypedTo;
use super::{Options, folder};
use crate::api::{
    ApiError, Code, Command, Connection, DeviceList, Event, KeyPlace, Reply, Settings,
};
use crate::call::machine::{Input as CallInput, Peer};
use crate::identity::Identity;
use crate::peer::{LaneWays, LinkEvent};
use crate::session::fault::Fault;
use crate::session::machine::{Effect, Input, Machine, Phase};
use crate::session::socket::{self, Socket};
use crate::store::profile::{self, Value};
use crate::studio::{Lookout, StudioTold};
use crate::transfer::signal::TransferId;
use crate::transfer::source::Offer;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::rustls::ClientConfig;
use visavis_signaling::protocol::{ClientMessage, DeviceId, Handle, PublicKey, Status};

/// Inputs that may wait; a server that talks faster is read more slowly.
const INPUTS: usize = 256;

/// What comes to the desk.
#[derive(Debug)]
pub(super) enum Message {
    Command(Command, Asker),
    /// The server on this computer runs, or could not be started, for the socket of this number.
    Hosted(u64, Result<Option<Host>, ApiError>),
    /// The end of this number of a link reports something.
    Link(Peer, u64, LinkEvent),
    /// What a contact is to be offered was looked through.
    Looked(PublicKey, Box<Result<Offer, ApiError>>, Asker),
    /// The run of this number of a transfer reports something.
    Files(PublicKey, TransferId, u64, RunNews),
    /// Where an item of a transfer lies is asked.
    PlaceOf(PublicKey, String, usize, oneshot::Sender<Option<PathBuf>>),
    /// What became of a device.
    Studio(StudioTold),
    /// The lookout is back, with what devices there are if that has changed.
    Devices(Box<Lookout>, Option<DeviceList>),
    /// Something of the check of this number is done.
    Check(u64, Box<CheckNews>),
    /// Which ways files may go.
    LaneWays(LaneWays),
    Stop(oneshot::Sender<()>),
}

/// Who waits for the reply to a command. One who has gone away needs none.
pub(super) type Asker = oneshot::Sender<Result<Reply, ApiError>>;

/// The user, once there is an identity.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) identity: Arc<Identity>,
    pub(super) key_place: KeyPlace,
    pub(super) device: DeviceId,
    /// Empty until the user gave one.
    pub(super) name: String,
    pub(super) status: Status,
    /// On the server where the engine is or was last.
    pub(super) handle: Option<Handle>,
    pub(super) listed: bool,
}

pub(super) struct Desk {
    pub(super) options: Options,
    pub(super) board: Arc<Board>,
    pub(super) folder: Option<Folder>,
    pub(super) own: Option<Own>,
    pub(super) place: Place,
    pub(super) known: Known,
    pub(super) outbox: Outbox,
    pub(super) typed_to: TypedTo,
    pub(super) pending: HashMap<u64, Pending>,
    /// How far the server's clock is ahead, in milliseconds, where it is far.
    pub(super) skew_ms: i64,
    /// How far the server's clock is ahead of this computer's.
    pub(super) server_ahead_ms: i64,
    pub(super) settings: Settings,
    pub(super) calls: Switchboard,
    pub(super) files: Files,
    pub(super) lane: Lane,
    pub(super) links: Links,
    pub(super) talks: Talks,
    pub(super) check: Checks,
    machine: Machine,
    socket: Option<Socket>,
    trust: Option<Arc<ClientConfig>>,
    inputs: mpsc::Sender<Input>,
    reports: mpsc::Receiver<Input>,
    queue: VecDeque<Input>,
    pub(super) inbox: mpsc::WeakSender<Message>,
    next_ticket: u64,
    clock: Clock,
}

impl Desk {
    pub(super) async fn open(
        options: Options,
        clock: Clock,
        board: Arc<Board>,
        talks: Talks,
        inbox: mpsc::WeakSender<Message>,
    ) -> Self {
        let (inputs, reports) = mpsc::channel(INPUTS);
        let mut desk = Self {
            options,
            board,
            folder: None,
            own: None,
            place: Place::default(),
            known: Known::default(),
            outbox: Outbox::default(),
            typed_to: TypedTo::default(),
            pending: HashMap::new(),
            skew_ms: 0,
            server_ahead_ms: 0,
            settings: Settings::default(),
            calls: Switchboard::default(),
            files: Files::default(),
            lane: Lane::default(),
            links: Links::default(),
            talks,
            check: Checks::default(),
            machine: Machine::default(),
            socket: None,
            trust: None,
            inputs,
            reports,
            queue: VecDeque::new(),
            inbox,
            next_ticket: 0,
            clock,
        };
        desk.reopen().await;
        desk
    }

    /// The loop.
    pub(super) async fn work(mut self, mut inbox: mpsc::Receiver<Message>) {
        loop {
            let (deadline, clock) = (self.deadline(), self.clock.clone());
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(Message::Command(command, asker)) => self.dispatch(command, asker).await,
                    Some(Message::Hosted(socket, host)) => self.hosted(socket, host).await,
                    Some(Message::Link(peer, number, event)) => {
                        self.link_reported(peer, number, event).await;
                    }
                    Some(Message::Looked(key, looked, asker)) => {
                        self.looked_through(key, *looked, asker).await;
                    }
                    Some(Message::Files(key, id, run, news)) => {
                        self.run_reported(key, id, run, news).await;
                    }
                    Some(Message::PlaceOf(key, id, item, tell)) => {
                        // Whoever asked may be gone.
                        let _ = tell.send(self.place_of(key, &id, item).await);
                    }
                    Some(Message::Studio(told)) => self.studio_told(told).await,
                    Some(Message::Devices(lookout, list)) => self.devices_seen(*lookout, list).await,
                    Some(Message::Check(number, news)) => {
                        self.check_reported(number, *news).await;
                    }
                    Some(Message::LaneWays(ways)) => self.set_lane_ways(ways),
                    Some(Message::Stop(done)) => {
                        self.close().await;
                        // Whoever told it to stop may be gone.
                        let _ = done.send(());
                        return;
                    }
                    None => return self.close().await,
                },
                Some(input) = self.reports.recv() => self.feed(input).await,
                () = clock.until(deadline) => {
                    self.feed(Input::Tick).await;
                    self.pump().await;
                    self.call_happens(CallInput::Tick).await;
                    self.renew_guides().await;
                    self.files_go().await;
                    self.look_for_devices();
                    self.look_at_check().await;
                }
            }
        }
    }

    async fn close(&mut self) {
        self.call_happens(CallInput::Leave).await;
        self.stop_files();
        self.feed(Input::Stop).await;
        if let Some(host) = self.place.host.take() {
            host.stop().await;
        }
        self.folder = None;
        self.board.close();
    }

    fn deadline(&self) -> Option<u64> {
        let session = self.machine.next_deadline();
        let others = [
            self.outbox.retry_at(),
            self.calls.next_deadline(),
            self.links.guides.next_deadline(),
            self.files.next_deadline(),
            self.talks.next_deadline(),
            self.check.next_deadline(),
        ];
        session.into_iter().chain(others.into_iter().flatten()).min()
    }

    /// A steady clock.
    pub(super) fn now(&self) -> u64 {
        self.clock.now_ms()
    }

    /// The time of day in milliseconds since 1970, by the server's clock where this computer's is far off.
    pub(super) fn time_ms(&self) -> u64 {
        wall_ms().saturating_add_signed(self.skew_ms)
    }

    /// Opens what can be opened, and shows what can't.
    pub(super) async fn reopen(&mut self) {
        let result = self.try_reopen().await;
        if let Err(error) = &result {
            tracing::error!(%error, code = ?error.code, "the profile can't be used");
        }
        self.board.publish(Event::FatalChanged { fatal: result.err() });
        self.show_me();
        if self.is_ready() {
            self.go_to_place().await;
        }
    }

    async fn try_reopen(&mut self) -> Result<(), ApiError> {
        if self.trust.is_none() {
            let path = self.options.own_authority.clone();
            let trust = folder::blocking(move || {
                socket::trust(path.as_deref())
                    .map_err(|reason| ApiError::new(Code::CertificateBad, reason))
            });
            self.trust = Some(trust.await?);
        }
        if self.folder.is_none() {
            self.folder = Some(Folder::open(&self.options).await?);
        }
        let folder = self.folder.as_ref().ok_or_else(no_folder)?;
        let device = random_device()?;
        let kept = folder.store.run(move |db| {
            let device = match profile::get(db, Value::Device)? {
                Some(device) => device,
                None => {
                    profile::set(db, Value::Device, &device)?;
                    device
                }
            };
            Ok((
                device,
                profile::get::<String>(db, Value::Name)?.unwrap_or_default(),
                profile::get(db, Value::Status)?.unwrap_or_default(),
                profile::get(db, Value::Handle)?,
                profile::get(db, Value::Server)?,
                profile::get(db, Value::Settings)?.unwrap_or_default(),
                profile::get(db, Value::LiveCounter)?.unwrap_or_default(),
            ))
        });
        let (device, name, status, handle, choice, settings, reserved) = kept.await?;
        self.lane = Lane::after(reserved);
        self.settings = settings;
        self.board.publish(Event::SettingsChanged { settings: self.settings.clone() });
        self.place.choice = choice;
        if let Some((identity, key_place)) = folder.identity().await? {
            let identity = Arc::new(identity);
            let listed = false;
            self.own = Some(Own { identity, key_place, device, name, status, handle, listed });
        }
        Ok(())
    }

    /// Whether there is someone to sign in.
    pub(super) fn is_ready(&self) -> bool {
        self.own.as_ref().is_some_and(|own| !own.name.is_empty())
    }

    pub(super) fn is_online(&self) -> bool {
        self.machine.is_online()
    }

    /// Asks something of the server.
    pub(super) async fn ask(&mut self, message: ClientMessage, pending: Pending) {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        self.pending.insert(ticket, pending);
        self.queue.push_back(Input::Ask { ticket, message });
        self.turn().await;
    }

    /// Gives the machine an input, and carries out all that follows.
    pub(super) async fn feed(&mut self, input: Input) {
        self.queue.push_back(input);
        self.turn().await;
    }

    /// Boxed, because what follows may ask again.
    fn turn(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            while let Some(input) = self.queue.pop_front() {
                let spread = getrandom::u32().unwrap_or(0);
                for effect in self.machine.handle(self.now(), spread, input) {
                    self.carry_out(effect).await;
                }
            }
        })
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Dial(number, server) => self.dial(number, server),
            Effect::HangUp(number) => {
                self.socket.take_if(|socket| socket.number() == number);
            }
            Effect::Greet(number) => {
                if let Some(own) = &self.own {
                    let hello = ClientMessage::Hello {
                        version: visavis_signaling::protocol::VERSION,
                        key: own.identity.public(),
                        device: own.device,
                        software: concat!("visavis/", env!("CARGO_PKG_VERSION")).to_owned(),
                    };
                    self.send(number, &hello);
                }
            }
            Effect::Prove(number, nonce) => {
                if let Some(proof) = self.proof(&nonce) {
                    self.send(number, &proof);
                }
            }
            Effect::Send(number, message) => self.send(number, &message),
            Effect::ServerTime(server_ms) => self.check_clock(server_ms),
            Effect::Changed(phase) => self.phase_changed(phase).await,
            Effect::SignedIn(welcome) => self.welcome(welcome).await,
            Effect::Told(message) => self.told(message).await,
            Effect::Answered { ticket, answer } => {
                if let Some(pending) = self.pending.remove(&ticket) {
                    self.answered(pending, answer).await;
                }
            }
        }
    }

    fn send(&mut self, number: u64, message: &ClientMessage) {
        let sent = match &self.socket {
            Some(socket) if socket.number() == number => socket.send(message),
            _ => Ok(()),
        };
        if let Err(fault) = sent {
            self.queue.push_back(Input::Lost(number, fault));
        }
    }

    /// Opens the socket of this number.
    pub(super) fn connect(&mut self, number: u64, server: crate::session::address::ServerAddress) {
        match &self.trust {
            Some(trust) => {
                let trust = Arc::clone(trust);
                self.socket = Some(Socket::open(number, server, trust, self.inputs.clone()));
            }
            None => self.queue.push_back(Input::Lost(number, Fault::Lost)),
        }
    }

    async fn phase_changed(&mut self, phase: Phase) {
        if phase != Phase::Connecting && phase != Phase::Online {
            self.socket = None;
        }
        let port = self.options.hosted_port;
        let connection = match phase {
            Phase::Idle => Connection::Idle,
            Phase::Connecting => Connection::Connecting,
            Phase::Online => Connection::Online,
            Phase::Waiting { fault, retry_at } => Connection::Waiting {
                error: self.place.explain(&fault, port),
                retry_at_ms: wall_ms() + retry_at.saturating_sub(self.now()),
            },
            Phase::Stopped(fault) => {
                Connection::Stopped { error: self.place.explain(&fault, port) }
            }
        };
        self.connection_changed(connection).await;
        self.tell_chosen();
    }
}

pub(super) fn no_folder() -> ApiError {
    ApiError::new(Code::NotNow, "the profile is not open")
}

fn random_device() -> Result<DeviceId, ApiError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
    Ok(DeviceId(bytes))
}

/// This computer's time of day in milliseconds since 1970.
pub(super) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
