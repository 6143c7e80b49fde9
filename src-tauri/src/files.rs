//! What the system does with files that have come: opening them, and showing how far those are that come. Only what the
//! engine shows as a transfer is opened; the page can name nothing else.

use crate::ipc::Door;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tauri::window::{ProgressBarState, ProgressBarStatus};
use tauri::{State, WebviewWindow};
use visavis_engine::api::{ApiError, Code, State as Shown, TransferStage};

/// Opens an item of a transfer that has come whole, or the folder that it went into.
#[tauri::command]
pub(crate) async fn reveal(
    key: String,
    id: String,
    item: Option<usize>,
    door: State<'_, Arc<Door>>,
) -> Result<(), ApiError> {
    let state = door.engine().await.state();
    let gone = || ApiError::new(Code::NoSuchTransfer, "nothing of that has come");
    let path = place(&state, &key, &id, item).ok_or_else(gone)?;
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

/// Where an item lies, or the folder of all.
fn place(state: &Shown, key: &str, id: &str, item: Option<usize>) -> Option<PathBuf> {
    let mut transfers = state.transfers.iter();
    let this = transfers.find(|one| one.id == id && one.key.to_string() == key && !one.mine)?;
    if this.stage != TransferStage::Done {
        return None;
    }
    let folder = PathBuf::from(this.folder.as_ref()?);
    let Some(item) = item else { return Some(folder) };
    let name = Path::new(this.items.get(item)?.place.as_ref()?);
    let plain = matches!(name.components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
    plain.then(|| folder.join(name))
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
