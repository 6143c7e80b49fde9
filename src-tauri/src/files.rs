//! What the system does with files that have come: opening them, and showing how far those are that come. Only what the
//! engine shows as a transfer is opened; the page can name nothing else.

use crate::ipc::Door;
use std::path::PathBuf;
use std::sync::Arc;
use tauri::window::{ProgressBarState, ProgressBarStatus};
use tauri::{State, WebviewWindow};
use visavis_engine::api::{ApiError, Code, State as Shown, TransferStage};
use visavis_engine::engine::Engine;

/// Opens an item of a transfer that is the user's own or has come whole, or the folder that it went into.
#[tauri::command]
pub(crate) async fn reveal(
    key: String,
    id: String,
    item: Option<usize>,
    door: State<'_, Arc<Door>>,
) -> Result<(), ApiError> {
    let engine = door.engine().await;
    let path = match item {
        None => folder(&engine.state(), &key, &id),
        Some(item) => place(engine, &key, &id, item).await,
    };
    let gone = || ApiError::new(Code::NoSuchTransfer, "nothing of that is here");
    let path = path.ok_or_else(gone)?;
    let opened = tauri::async_runtime::spawn_blocking(move || {
        if !path.exists() {
            let error = ApiError::new(Code::FileMissing, "it is not there any more");
            return Err(error.with("path", path.display()));
        }
        open::that_detached(&path).map_err(|error| {
            let unreadable = ApiError::new(Code::FileUnreadable, error.to_string());
            unreadable.with("path", path.display()).with("reason", error)
        })
    });
    opened.await.unwrap_or_else(|_| Err(gone()))
}

/// The folder that a transfer has come into.
fn folder(state: &Shown, key: &str, id: &str) -> Option<PathBuf> {
    let mut transfers = state.transfers.iter();
    let this = transfers.find(|one| one.id == id && one.key.to_string() == key && !one.mine)?;
    this.folder.as_ref().filter(|_| this.stage == TransferStage::Done).map(PathBuf::from)
}

/// Where an item of a transfer lies.
pub(crate) async fn place(engine: &Engine, key: &str, id: &str, item: usize) -> Option<PathBuf> {
    engine.place_of(key.parse().ok()?, id, item).await
}

/// Shows how far all that goes is, where the system has a place for that.
#[tauri::command]
pub(crate) fn progress(part: Option<f64>, window: WebviewWindow) {
    let percent = part.map(|part| (part.clamp(0.0, 1.0) * 100.0) as u64);
    let status = if part.is_some() { ProgressBarStatus::Normal } else { ProgressBarStatus::None };
    let state = ProgressBarState { status: Some(status), progress: percent };
    if let Err(error) = window.set_progress_bar(state) {
        tracing::debug!(%error, "the system shows no progress");
    }
}
