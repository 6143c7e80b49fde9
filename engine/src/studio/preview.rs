//! The user's own picture and sound for their own eyes alone: nothing is coded, nothing goes out. Its screen is that of a
//! call of its own name.

use super::eye::Look;
use super::{Chosen, lens};
use crate::engine::{Levels, Screens, Whose};
use crate::media::sound::Listening;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The call by which the screen of a preview is known.
pub(crate) const PREVIEW: &str = "preview";
/// How often the level is looked at.
const BEAT: Duration = Duration::from_millis(50);

/// An open preview. Dropping it closes its devices, unless a call has them.
pub(crate) struct Preview {
    screens: Screens,
    _look: Look,
    levels: JoinHandle<()>,
}

impl Preview {
    pub(super) fn new(
        screens: Screens,
        look: Look,
        listening: Listening,
        chosen: watch::Receiver<Chosen>,
    ) -> Self {
        screens.open(PREVIEW);
        let screen = screens.picture(PREVIEW, Whose::Mine).unwrap_or_default();
        look.set_open(true);
        let slot = look.slot.clone();
        tokio::spawn(async move {
            while let Some(picture) = slot.take().await {
                screen.put(lens::look(&chosen).0.apply(&picture));
            }
        });
        let meter = screens.clone();
        let levels = tokio::spawn(async move {
            let mut beat = tokio::time::interval(BEAT);
            loop {
                beat.tick().await;
                let levels = Levels { mine: listening.level(), ..Levels::default() };
                meter.set_levels(PREVIEW, levels);
            }
        });
        Self { screens, _look: look, levels }
    }
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Preview")
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.levels.abort();
        self.screens.close(PREVIEW);
    }
}
