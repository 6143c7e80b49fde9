//! The door between the page and the engine: one command for all that is asked, one to hear what changes, and one
//! that says where pictures come from.
//!
//! What changes is pushed into the page. Nothing tells how much of it the page has taken, so every few
//! updates the door asks the page for a sign and sends no more until it comes: a page that stands still
//! leaves the rest with the engine, whose own queue is bounded.

use crate::frames::FrameDoor;
use crate::window::MAIN;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;
use tauri::{State, WebviewWindow};
use tokio::sync::{OnceCell, oneshot};
use tracing::debug;
use visavis_engine::api::{ApiError, Code, Command, Reply, Update};
use visavis_engine::engine::{Engine, Options, Subscription};

/// How many updates may be on their way to a page that has shown no sign of having taken them.
const AHEAD: usize = 32;

/// The engine, once started, and who listens to it.
#[derive(Debug)]
pub(crate) struct Door {
    options: Options,
    engine: OnceCell<Engine>,
    frames: FrameDoor,
    listeners: Mutex<HashMap<String, JoinHandle<()>>>,
}

impl Door {
    /// A door to an engine that starts when it is first asked for.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            engine: OnceCell::new(),
            frames: FrameDoor::new(),
            listeners: Mutex::default(),
        }
    }

    /// The engine; waits while it starts.
    pub(crate) async fn engine(&self) -> &Engine {
        self.engine.get_or_init(|| Engine::start(self.options.clone())).await
    }

    /// Ends what is being sent to a window.
    pub(crate) fn hang_up(&self, label: &str) {
        if let Some(old) = self.listeners().remove(label) {
            old.abort();
        }
    }

    /// Stops the engine, if it ever started.
    pub(crate) async fn close(&self) {
        if let Some(engine) = self.engine.get() {
            engine.stop().await;
        }
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, HashMap<String, JoinHandle<()>>> {
        // The map holds whole entries at every moment, so a panic elsewhere does not spoil it.
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Carries out what the page asks.
#[tauri::command]
pub(crate) async fn dispatch(
    command: Command,
    door: State<'_, Arc<Door>>,
) -> Result<Reply, ApiError> {
    debug!(?command, "the page asks");
    door.engine().await.dispatch(command).await
}

/// Sends all that the engine shows to the page, until the page goes or asks again.
#[tauri::command]
pub(crate) async fn subscribe(
    channel: Channel<Update>,
    window: WebviewWindow,
    door: State<'_, Arc<Door>>,
) -> Result<(), ApiError> {
    let subscription = door.engine().await.subscribe();
    let label = window.label().to_owned();
    let pump = tauri::async_runtime::spawn(pump(subscription, channel, window));
    if let Some(old) = door.listeners().insert(label, pump) {
        old.abort();
    }
    Ok(())
}

/// Where the page gets pictures from.
#[derive(Debug, serde::Serialize)]
pub(crate) struct PictureDoor {
    /// Of a WebSocket, good for one connection.
    url: String,
}

/// An address for one connection that pictures come through. Only the main window shows pictures; another that
/// asked would take them from it.
#[tauri::command]
pub(crate) async fn pictures(
    window: WebviewWindow,
    door: State<'_, Arc<Door>>,
) -> Result<Option<PictureDoor>, ApiError> {
    if window.label() != MAIN {
        return Ok(None);
    }
    let address = door.frames.address(door.engine().await.screens()).await;
    let failed = |error| ApiError::new(Code::NotNow, format!("pictures have no way: {error}"));
    Ok(Some(PictureDoor { url: address.map_err(failed)? }))
}

async fn pump(mut subscription: Subscription, channel: Channel<Update>, window: WebviewWindow) {
    let mut ahead = 0;
    while let Some(update) = subscription.next().await {
        if channel.send(update).is_err() {
            return;
        }
        ahead += 1;
        if ahead == AHEAD {
            if !page_answers(&window).await {
                return;
            }
            ahead = 0;
        }
    }
}

/// Waits until the page has run all that was sent to it so far.
async fn page_answers(window: &WebviewWindow) -> bool {
    let (tell, told) = oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let asked = window.eval_with_callback("1", move |_| {
        if let Some(tell) = tell.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = tell.send(());
        }
    });
    asked.is_ok() && told.await.is_ok()
}
