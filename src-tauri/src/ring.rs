//! The small window that rings: there while a call rings here, above the others, and gone when none does.
//!
//! It answers nothing by itself. Whoever closes it has put it away; it goes on ringing in the main window, and
//! the next call shows it again.

use crate::leaving::Leaving;
use crate::window::{hang_up, paged};
use std::path::PathBuf;
use tauri::{AppHandle, Manager, WindowEvent};
use tokio::sync::watch;
use tracing::warn;

const LABEL: &str = "ring";
/// What the page draws in it is made for this size.
const SIZE: (f64, f64) = (420.0, 260.0);

/// Opens and closes the window.
#[derive(Debug)]
pub(crate) struct Ring {
    app: AppHandle,
    profile: PathBuf,
}

/// What a change of the calls that ring means for the window.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Show,
    Stay,
    Close,
}

impl Turn {
    fn of(rang: &[String], rings: &[String]) -> Self {
        if rings.is_empty() {
            Self::Close
        } else if rings.iter().any(|call| !rang.contains(call)) {
            Self::Show
        } else {
            Self::Stay
        }
    }
}

impl Ring {
    /// Nothing rings yet. What the web view keeps goes where that of the main window goes.
    pub(crate) fn new(app: AppHandle, profile: PathBuf) -> Self {
        Self { app, profile }
    }

    /// Follows the calls that ring, until the engine is gone.
    pub(crate) async fn follow(self, mut ringing: watch::Receiver<Vec<String>>) {
        let mut rang = Vec::new();
        loop {
            let rings = ringing.borrow_and_update().clone();
            let turned = match Turn::of(&rang, &rings) {
                Turn::Show => self.show(),
                Turn::Stay => Ok(()),
                Turn::Close => self.close(),
            };
            if let Err(error) = turned {
                warn!(%error, "the window that rings did not do as it should");
            }
            rang = rings;
            if ringing.changed().await.is_err() {
                return;
            }
        }
    }

    fn show(&self) -> tauri::Result<()> {
        if self.app.state::<Leaving>().has_begun() {
            return Ok(());
        }
        if let Some(window) = self.app.get_webview_window(LABEL) {
            window.show()?;
            return window.set_focus();
        }
        let window = paged(&self.app, LABEL, "index.html?window=ring", &self.profile)
            .inner_size(SIZE.0, SIZE.1)
            .resizable(false)
            .maximizable(false)
            .always_on_top(true)
            .center()
            .focused(true)
            .build()?;
        let shown = window.clone();
        window.on_window_event(move |event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                let _ = shown.hide();
            }
        });
        Ok(())
    }

    fn close(&self) -> tauri::Result<()> {
        let Some(window) = self.app.get_webview_window(LABEL) else { return Ok(()) };
        hang_up(&window);
        window.destroy()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_call_shows_the_window_and_the_last_one_closes_it() {
        let calls =
            |calls: &[&str]| calls.iter().map(|call| (*call).to_owned()).collect::<Vec<_>>();
        for (rang, rings, turn) in [
            (calls(&[]), calls(&[]), Turn::Close),
            (calls(&[]), calls(&["a"]), Turn::Show),
            (calls(&["a"]), calls(&["a", "b"]), Turn::Show),
            (calls(&["a", "b"]), calls(&["b"]), Turn::Stay),
            (calls(&["a"]), calls(&["b"]), Turn::Show),
            (calls(&["b"]), calls(&[]), Turn::Close),
        ] {
            assert_eq!(Turn::of(&rang, &rings), turn, "{rang:?} to {rings:?}");
        }
    }
}
