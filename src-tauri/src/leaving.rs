//! Going away: the windows vanish at once, the engine signs out, and the process ends within two seconds
//! whatever the network does.

use crate::ipc::Door;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tokio::time::timeout;
use tracing::warn;

/// How long the engine may take to sign out.
const PATIENCE: Duration = Duration::from_secs(2);

const HERE: u8 = 0;
const ON_THE_WAY: u8 = 1;
const OVER: u8 = 2;

/// How far the app is on its way out.
#[derive(Debug, Default)]
pub(crate) struct Leaving(AtomicU8);

impl Leaving {
    /// Whether the app is on its way out, or gone.
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire) != HERE
    }

    /// Whether the engine has stopped, so that the process may end.
    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == OVER
    }

    /// True for the first who asks.
    fn begin(&self) -> bool {
        self.0.compare_exchange(HERE, ON_THE_WAY, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Stops the engine, then ends the process. Asked again meanwhile, it goes on as it was.
pub(crate) fn leave(app: &AppHandle) {
    if !app.state::<Leaving>().begin() {
        return;
    }
    for window in app.webview_windows().values() {
        let _ = window.hide();
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let door = Arc::clone(&app.state::<Arc<Door>>());
        if timeout(PATIENCE, door.close()).await.is_err() {
            warn!("the engine did not stop in time");
        }
        app.state::<Leaving>().0.store(OVER, Ordering::Release);
        app.exit(0);
    });
}

/// Leaves in good order when the system or a terminal asks the process to end.
#[cfg(unix)]
pub(crate) fn on_signal(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    tauri::async_runtime::spawn(async move {
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else { return };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        leave(&app);
    });
}

/// Leaves in good order when a terminal asks the process to end.
#[cfg(not(unix))]
pub(crate) fn on_signal(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            leave(&app);
        }
    });
}
