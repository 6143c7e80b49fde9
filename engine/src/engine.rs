//! The one loop: owns the state, feeds the machines, carries out their effects.
//!
//! An [`Engine`] is the outside of it: commands go in one at a time and in order, what shells see stands on the
//! board. The rooms below are parts of the loop, by what they deal with. No picture and no sound comes here.

mod answers;
mod board;
mod booth;
mod by_hand;
mod calls;
mod check;
mod clock;
mod desk;
mod devices;
mod dispatch;
mod files;
mod folder;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod guides;
mod hosting;
mod letter;
mod links;
mod live;
mod mail;
mod outbox;
mod pasted;
mod people;
mod place;
mod screens;
mod talks;
mod welcome;
mod words;

pub use board::Subscription;
pub use booth::Booth;
pub use clock::Clock;
pub use pasted::{Kept, Pasted};
pub use screens::{Levels, Screens, Whose};

use crate::api::{ApiError, Code, Command, DeviceChoice, KeyPlace, Reply, State};
use crate::peer::LaneWays;
use board::Board;
use desk::{Desk, Message};
use std::path::PathBuf;
use std::sync::Arc;
use talks::Talks;
use tokio::sync::{mpsc, oneshot, watch};
use visavis_signaling::protocol::{LOOPBACK_PORT, PublicKey};

/// Commands that may wait; whoever brings more waits too.
const COMMANDS: usize = 64;

/// Where an engine keeps its things.
#[derive(Debug, Clone)]
pub struct Options {
    /// The profile: database, and the key where it is kept in a file.
    pub data: PathBuf,
    /// Where a new key goes.
    pub key_place: KeyPlace,
    /// The database of the server that the engine hosts, shared by all profiles on this computer.
    pub hosted_data: PathBuf,
    /// The port of the server on this computer.
    pub hosted_port: u16,
    /// Certificates (PEM) to trust beside the system's, for servers with an authority of their own.
    pub own_authority: Option<PathBuf>,
    /// Where files go that contacts send, unless the user says otherwise.
    pub downloads: Option<PathBuf>,
    /// Devices that are used instead of those in the settings, as long as this engine runs. The volume is always
    /// that of the settings.
    pub devices: DeviceChoice,
    /// Which ways files may go.
    pub lane_ways: LaneWays,
}

impl Options {
    /// A profile in one folder, with the key in a file and the hosted server's things below it.
    pub fn in_folder(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        Self {
            hosted_data: data.join("server"),
            data,
            key_place: KeyPlace::File,
            hosted_port: LOOPBACK_PORT,
            own_authority: None,
            downloads: None,
            devices: DeviceChoice::default(),
            lane_ways: LaneWays::default(),
        }
    }
}

/// A running engine. Clones are the same engine; it stops when the last is dropped, or when told.
#[derive(Debug, Clone)]
pub struct Engine {
    inbox: mpsc::Sender<Message>,
    board: Arc<Board>,
    screens: Screens,
    booth: Booth,
    pasted: Pasted,
}

impl Engine {
    /// Starts an engine on the current tokio runtime. It always starts: what keeps it from working stands in
    /// its state.
    pub async fn start(options: Options) -> Self {
        Self::start_by(options, Clock::default()).await
    }

    /// The same, by a clock that can be put forward.
    pub async fn start_by(options: Options, clock: Clock) -> Self {
        let board = Arc::new(Board::new());
        let (inbox, waiting) = mpsc::channel(COMMANDS);
        let screens = Screens::default();
        let booth = Booth::default();
        let talks = Talks::new(screens.clone(), booth.clone());
        let pasted = Pasted::of(&options.data);
        let desk = Desk::open(options, clock, Arc::clone(&board), talks, inbox.downgrade()).await;
        tokio::spawn(desk.work(waiting));
        Self { inbox, board, screens, booth, pasted }
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// Whatever keeps the command from being carried out, with nothing changed.
    pub async fn dispatch(&self, command: Command) -> Result<Reply, ApiError> {
        let stopped = || ApiError::new(Code::NotNow, "the engine has stopped");
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Message::Command(command, reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// What is shown now.
    pub fn state(&self) -> State {
        self.board.look(State::clone)
    }

    /// A new subscription: a snapshot, then all that changes.
    pub fn subscribe(&self) -> Subscription {
        Subscription::new(Arc::clone(&self.board))
    }

    /// The calls that ring here now. Looking at them is no subscription: signs that wait for the first who
    /// subscribes go on waiting.
    pub fn ringing(&self) -> watch::Receiver<Vec<String>> {
        self.board.ringing()
    }

    /// Where the pictures and loudness of calls can be looked at.
    pub fn screens(&self) -> &Screens {
        &self.screens
    }

    /// Pictures that the user took.
    pub fn booth(&self) -> &Booth {
        &self.booth
    }

    /// Which ways files may go from now on. What goes another one goes on by itself where it was.
    pub async fn set_lane_ways(&self, ways: LaneWays) {
        // An engine that has stopped sends none.
        let _ = self.inbox.send(Message::LaneWays(ways)).await;
    }

    /// Pictures that were pasted, and have a file in the profile.
    pub fn pasted(&self) -> &Pasted {
        &self.pasted
    }

    /// Where an item of a transfer lies on this computer: the user's own file as it was offered, or what has come whole.
    pub async fn place_of(&self, key: PublicKey, id: &str, item: usize) -> Option<PathBuf> {
        let (tell, told) = oneshot::channel();
        self.inbox.send(Message::PlaceOf(key, id.to_owned(), item, tell)).await.ok()?;
        told.await.ok()?
    }

    /// Stops the engine: signs out, stops a hosted server, closes the database.
    pub async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.inbox.send(Message::Stop(done)).await.is_ok() {
            // One that stops at this moment by itself has stopped too.
            let _ = stopped.await;
        }
    }
}
