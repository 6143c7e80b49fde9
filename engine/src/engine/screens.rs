//! Where the pictures and loudness of calls can be looked at while they are on.
//!
//! Calls put pictures here and shells take them; they never pass the loop. The newest wins, and where nobody
//! looks nothing is kept but the last picture of each side.

use crate::media::picture::Picture;
use crate::media::slot::Slot;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Whose picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The user's own.
    Mine,
    /// The other's.
    Theirs,
}

/// How loud the two sides of a call are, from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Levels {
    /// The user.
    pub mine: f32,
    /// The other.
    pub theirs: f32,
    /// Whether the user speaks while muted.
    pub unheard: bool,
}

/// The screens of all calls. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Screens {
    shown: Arc<Mutex<HashMap<String, Shown>>>,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct Shown {
    mine: Slot<Picture>,
    theirs: Slot<Picture>,
    levels: Levels,
}

impl Shown {
    fn new() -> Self {
        Self { mine: Slot::keeping(), theirs: Slot::keeping(), levels: Levels::default() }
    }
}

impl Screens {
    /// The slot of one side of a call that is on. It has one taker at a time, and is closed when the call ends.
    pub fn picture(&self, call: &str, whose: Whose) -> Option<Slot<Picture>> {
        let shown = self.lock();
        let shown = shown.get(call)?;
        Some(match whose {
            Whose::Mine => shown.mine.clone(),
            Whose::Theirs => shown.theirs.clone(),
        })
    }

    /// How loud the calls that are on are now.
    pub fn levels(&self) -> Vec<(String, Levels)> {
        self.lock().iter().map(|(call, shown)| (call.clone(), shown.levels)).collect()
    }

    /// Tells whenever a call comes on or is over.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// A call is on from now on.
    pub fn open(&self, call: &str) {
        self.lock().entry(call.to_owned()).or_insert_with(Shown::new);
        self.changed.send_replace(());
    }

    /// Says how loud a call is.
    pub fn set_levels(&self, call: &str, levels: Levels) {
        if let Some(shown) = self.lock().get_mut(call) {
            shown.levels = levels;
        }
    }

    /// A call is over.
    pub fn close(&self, call: &str) {
        let gone = self.lock().remove(call);
        if let Some(shown) = gone {
            shown.mine.close();
            shown.theirs.close();
            self.changed.send_replace(());
        }
    }

    /// A panic while the lock was held left whole values: every change is one assignment.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::picture::Size;

    #[tokio::test]
    async fn a_call_can_be_looked_at_while_it_is_on() {
        let screens = Screens::default();
        let mut changes = screens.changes();
        assert!(screens.picture("a", Whose::Mine).is_none());
        screens.set_levels("a", Levels { mine: 1.0, theirs: 1.0, unheard: false });
        screens.open("a");
        screens.open("a");
        changes.changed().await.unwrap();
        let slot = screens.picture("a", Whose::Theirs).unwrap();
        let size = Size::new(2, 2).unwrap();
        screens.picture("a", Whose::Theirs).unwrap().put(Picture::plain(size, 7, [1, 2, 3]));
        assert_eq!(slot.take().await.unwrap().taken_us(), 7);
        assert_eq!(slot.latest().unwrap().taken_us(), 7);
        let levels = Levels { mine: 0.5, theirs: 0.25, unheard: true };
        screens.set_levels("a", levels);
        assert_eq!(screens.levels(), [("a".to_owned(), levels)]);
        assert!(!changes.has_changed().unwrap());
        screens.close("a");
        changes.changed().await.unwrap();
        assert!(slot.is_closed() && screens.levels().is_empty());
    }
}
