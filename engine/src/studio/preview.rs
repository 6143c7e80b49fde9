//! The user's own picture and sound for their own eyes alone: nothing is coded, nothing goes out. Its screen is that of a
//! call of its own name. What comes is counted, for whoever wants to know whether anything does.

use super::eye::Look;
use super::{Chosen, lens, lock};
use crate::engine::{Levels, Screens, Whose};
use crate::media::picture::Size;
use crate::media::sound::Listening;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The call by which the screen of a preview is known.
pub(crate) const PREVIEW: &str = "preview";
/// How often the level is looked at.
const BEAT: Duration = Duration::from_millis(50);

/// An open preview. Dropping it closes its devices, unless a call has them.
pub(crate) struct Preview {
    call: String,
    screens: Screens,
    seen: Arc<Mutex<Seen>>,
    _look: Look,
    levels: JoinHandle<()>,
}

/// What came so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) pictures: u64,
    /// Of the last one.
    pub(crate) size: Option<Size>,
    /// The loudest so far, from 0 to 1.
    pub(crate) loudest: f32,
}

impl Preview {
    pub(super) fn new(
        call: &str,
        screens: Screens,
        look: Look,
        listening: Listening,
        chosen: watch::Receiver<Chosen>,
    ) -> Self {
        let call = call.to_owned();
        screens.open(&call);
        let screen = screens.picture(&call, Whose::Mine).unwrap_or_default();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        look.set_open(true);
        let (slot, counts) = (look.slot.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Some(picture) = slot.take().await {
                let mut seen = lock(&counts);
                seen.pictures += 1;
                seen.size = Some(picture.size());
                drop(seen);
                screen.put(lens::look(&chosen).0.apply(&picture));
            }
        });
        let (meter, name, counts) = (screens.clone(), call.clone(), Arc::clone(&seen));
        let levels = tokio::spawn(async move {
            let mut beat = tokio::time::interval(BEAT);
            loop {
                beat.tick().await;
                let mine = listening.level();
                let mut seen = lock(&counts);
                seen.loudest = seen.loudest.max(mine);
                drop(seen);
                meter.set_levels(&name, Levels { mine, ..Levels::default() });
            }
        });
        Self { call, screens, seen, _look: look, levels }
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> Seen {
        *lock(&self.seen)
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
        self.screens.close(&self.call);
    }
}
