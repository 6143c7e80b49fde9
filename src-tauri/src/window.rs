//! The app's windows: what they have in common, and the main one.

use crate::arguments::Geometry;
use crate::{ipc, leaving};
use std::path::Path;
use std::sync::Arc;
use tauri::webview::PageLoadEvent;
use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent, Wry,
};

/// The label of the main window.
pub(crate) const MAIN: &str = "main";

/// A window that shows the page at an address of its own. What the web view keeps for itself goes into the
/// profile, so that two profiles share nothing.
pub(crate) fn paged<'a>(
    app: &'a AppHandle,
    label: &str,
    address: &str,
    profile: &Path,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    WebviewWindowBuilder::new(app, label, WebviewUrl::App(address.into()))
        .title("Visavis")
        .data_directory(profile.join("page"))
        // The page says in its title who calls and how far files are: so do lists of windows.
        .on_document_title_changed(|window, title| {
            if let Err(error) = window.set_title(&title) {
                tracing::debug!(%error, "the title stays");
            }
        })
        // A link that leads out of the app is no page of the app's.
        .on_navigation(|url| matches!(url.scheme(), "tauri" | "about") || is_own_host(url))
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                hang_up(&window);
            }
        })
}

/// Ends what is being sent to a window.
pub(crate) fn hang_up(window: &WebviewWindow) {
    window.state::<Arc<ipc::Door>>().hang_up(window.label());
}

/// Opens the main window.
pub(crate) fn open(
    app: &AppHandle,
    profile: &Path,
    geometry: Option<Geometry>,
) -> tauri::Result<()> {
    make_private(profile);
    let mut builder = paged(app, MAIN, "index.html", profile).min_inner_size(480.0, 600.0);
    builder = match geometry {
        Some(at) => builder.inner_size(at.width, at.height).position(at.left, at.top),
        None => builder.inner_size(1280.0, 800.0),
    };
    let window = builder.build()?;
    let handle = app.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event {
            api.prevent_close();
            leaving::leave(&handle);
        }
    });
    Ok(())
}

/// Where the page comes from on Windows.
fn is_own_host(url: &tauri::Url) -> bool {
    url.host_str() == Some("tauri.localhost")
}

/// Makes the folder before the web view does, so that from its first moment nobody else can look into it.
/// Where it can't be made, the engine says so.
fn make_private(folder: &Path) {
    let mut making = std::fs::DirBuilder::new();
    making.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut making, 0o700);
    let _ = making.create(folder);
}
