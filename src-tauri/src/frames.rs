//! The frame door: pictures of calls go to the page through a WebSocket on this computer, because nothing else
//! that a web view has carries as many at half the cost.
//!
//! Any program on the computer can reach such a door, so whoever knocks needs a fresh token and the app's own
//! origin, and the page has one connection at a time. It opens at first need and closes when it is dropped.

mod knock;
mod machine;
mod said;
mod token;
mod visit;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use token::Tokens;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio_tungstenite::WebSocketStream;
use tracing::{debug, warn};
use visavis_engine::engine::Screens;

/// How long one who knocks may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many may knock at the same time; one more takes the place of the first.
const KNOCKING: usize = 32;
/// How long no connection is taken after one could not be.
const PAUSE: Duration = Duration::from_millis(100);

/// The frame door, open from its first use on.
#[derive(Debug)]
pub(crate) struct FrameDoor {
    open: OnceCell<Open>,
    patience: Duration,
}

#[derive(Debug)]
struct Open {
    entrance: Arc<Entrance>,
    listening: AbortHandle,
}

/// What whoever knocks has to know.
#[derive(Debug)]
struct Entrance {
    host: String,
    tokens: Tokens,
}

impl knock::Bouncer for Entrance {
    fn host(&self) -> &str {
        &self.host
    }

    fn admits(&self, token: &str) -> bool {
        self.tokens.use_up(token)
    }
}

impl FrameDoor {
    /// A door that nobody has asked for yet.
    pub(crate) fn new() -> Self {
        Self { open: OnceCell::new(), patience: PATIENCE }
    }

    /// The address for one connection. It makes the one before it worthless, if that was not used yet.
    pub(crate) async fn address(&self, screens: &Screens) -> std::io::Result<String> {
        let open =
            self.open.get_or_try_init(|| Open::start(screens.clone(), self.patience)).await?;
        let token = open.entrance.tokens.make()?;
        Ok(format!("ws://{}/pictures?token={token}", open.entrance.host))
    }
}

impl Open {
    async fn start(screens: Screens, patience: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let host = listener.local_addr()?.to_string();
        let entrance = Arc::new(Entrance { host, tokens: Tokens::default() });
        let attended = attend(listener, Arc::clone(&entrance), screens, patience);
        Ok(Self { entrance, listening: tokio::spawn(attended).abort_handle() })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Answers all who knock, and serves the last who was let in. All of it ends with this.
async fn attend(
    listener: TcpListener,
    entrance: Arc<Entrance>,
    screens: Screens,
    patience: Duration,
) {
    let mut tasks = JoinSet::new();
    let mut knocking = VecDeque::new();
    let mut visiting: Option<AbortHandle> = None;
    let (let_in, mut guests) = mpsc::channel(1);
    loop {
        tokio::select! {
            came = listener.accept() => match came {
                Ok((stream, _)) => {
                    make_room(&mut knocking);
                    let knocked = knocked(stream, Arc::clone(&entrance), patience, let_in.clone());
                    knocking.push_back(tasks.spawn(knocked));
                }
                Err(error) => {
                    debug!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(guest) = guests.recv() => {
                if let Some(before) = visiting.take() {
                    before.abort();
                }
                let screens = screens.clone();
                visiting = Some(tasks.spawn(async move {
                    let end = visit::serve(guest, screens).await;
                    debug!(%end, "the page's connection for pictures ended");
                }));
            }
            Some(ended) = tasks.join_next() => if let Err(error) = ended && error.is_panic() {
                warn!(%error, "a connection for pictures broke");
            },
        }
    }
}

/// Those who have only just come are the likeliest to get in, so the first have to go.
fn make_room(knocking: &mut VecDeque<AbortHandle>) {
    knocking.retain(|one| !one.is_finished());
    if knocking.len() >= KNOCKING
        && let Some(first) = knocking.pop_front()
    {
        first.abort();
    }
}

async fn knocked(
    stream: TcpStream,
    entrance: Arc<Entrance>,
    patience: Duration,
    let_in: mpsc::Sender<WebSocketStream<TcpStream>>,
) {
    // Pictures are sent whole, so there is nothing to gather.
    let _ = stream.set_nodelay(true);
    if let Some(guest) = knock::answer(stream, &*entrance, visit::limits(), patience).await {
        // It is heard as long as the door is open.
        let _ = let_in.send(guest).await;
    }
}
