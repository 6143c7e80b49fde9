//! Decides which picture is sent next. It is told what the page looks at and has drawn, and which sides of calls
//! have new pictures; it holds no picture and no socket.
//!
//! ```text
//!            arrived                begin                    finish
//! nothing new ----> due for a view -------> on its way (1, 2) -----> sent, unacknowledged
//!      ^                 | room: fewer than 2 on their way or unacknowledged      |
//!      +-----------------+<------------------------ drawn ------------------------+
//! ```
//! A view that goes away keeps the account of what was sent to it, in case it comes back.

use super::said::View;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use visavis_engine::engine::Whose;

/// Pictures of a view that may be on their way or not acknowledged.
pub(super) const AHEAD: usize = 2;
/// Views that are gone of which the account is kept; a page takes new numbers for new views.
const GONE: usize = 64;

/// One side of a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Side {
    pub(super) call: String,
    /// Whether it is the user's own.
    mine: bool,
}

impl Side {
    pub(super) fn new(call: &str, whose: Whose) -> Self {
        Self { call: call.to_owned(), mine: whose == Whose::Mine }
    }

    pub(super) fn whose(&self) -> Whose {
        if self.mine { Whose::Mine } else { Whose::Theirs }
    }
}

/// A picture that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) view: u32,
    pub(super) side: Side,
    /// How large the place is, in pixels of the screen.
    pub(super) width: u32,
    pub(super) height: u32,
}

#[derive(Debug)]
struct Shown {
    side: Side,
    width: u32,
    height: u32,
    /// The newest picture of the side that was sent here.
    newest: u64,
    /// The number of the last picture that was begun for it.
    last: u32,
    /// Pictures on their way or not acknowledged, in order.
    ahead: VecDeque<u32>,
}

/// What a page looks at, and how far it is with it.
#[derive(Debug, Default)]
pub(super) struct Gallery {
    views: BTreeMap<u32, Shown>,
    gone: VecDeque<(u32, VecDeque<u32>)>,
    /// How many pictures came from each side.
    came: BTreeMap<Side, u64>,
    /// A call whose loudness is wanted without a picture.
    heard: Option<String>,
    /// Of the last picture that was begun, whichever view it was for.
    number: u32,
}

impl Gallery {
    /// The page looks at these from now on.
    pub(super) fn look(&mut self, views: Vec<View>, heard: Option<String>) {
        self.heard = heard;
        let mut before = std::mem::take(&mut self.views);
        for View { view, call, whose, width, height } in views {
            let side = Side::new(&call, whose);
            let shown = match before.remove(&view) {
                Some(was) if was.side == side => {
                    // At another size the last picture is worth sending again.
                    let same = (was.width, was.height) == (width, height);
                    let newest = if same { was.newest } else { 0 };
                    Shown { width, height, newest, ..was }
                }
                was => {
                    let ahead = was.map_or_else(|| self.come_back(view), |was| was.ahead);
                    Shown { side, width, height, newest: 0, last: 0, ahead }
                }
            };
            self.views.insert(view, shown);
        }
        for (view, shown) in before {
            self.leave(view, shown.ahead);
        }
    }

    fn leave(&mut self, view: u32, ahead: VecDeque<u32>) {
        if ahead.is_empty() {
            return;
        }
        if self.gone.len() == GONE {
            self.gone.pop_front();
        }
        self.gone.push_back((view, ahead));
    }

    fn come_back(&mut self, view: u32) -> VecDeque<u32> {
        let at = self.gone.iter().position(|(gone, _)| *gone == view);
        at.and_then(|at| self.gone.remove(at)).map(|(_, ahead)| ahead).unwrap_or_default()
    }

    /// The page has drawn a picture, and so every earlier one of that view.
    pub(super) fn drawn(&mut self, view: u32, number: u32) {
        if let Some(ahead) = self.ahead(view)
            && let Some(at) = ahead.iter().position(|one| *one == number)
        {
            ahead.drain(..=at);
        }
        self.gone.retain(|(_, ahead)| !ahead.is_empty());
    }

    fn ahead(&mut self, view: u32) -> Option<&mut VecDeque<u32>> {
        let gone = self.gone.iter_mut().find(|(gone, _)| *gone == view);
        self.views.get_mut(&view).map(|shown| &mut shown.ahead).or(gone.map(|(_, ahead)| ahead))
    }

    /// A newer picture of a side is at hand.
    pub(super) fn arrived(&mut self, side: &Side) {
        *self.came.entry(side.clone()).or_default() += 1;
    }

    /// A call is over: no view of that side gets anything any more.
    pub(super) fn over(&mut self, side: &Side) {
        self.came.remove(side);
        let gone: Vec<_> = self.views.extract_if(.., |_, shown| shown.side == *side).collect();
        for (view, shown) in gone {
            self.leave(view, shown.ahead);
        }
    }

    /// The sides that are looked at, or of which a picture is kept.
    pub(super) fn sides(&self) -> BTreeSet<Side> {
        let looked_at = self.views.values().map(|shown| &shown.side);
        looked_at.chain(self.came.keys()).cloned().collect()
    }

    /// Whether a newer picture of a side would be sent at once: some view of it has room, and none that has room
    /// still waits for the one at hand.
    pub(super) fn wants(&self, side: &Side) -> bool {
        let mut room = self.views.values().filter(|shown| shown.side == *side && has_room(shown));
        let came = self.came.get(side).copied().unwrap_or(0);
        room.next().is_some_and(|shown| shown.newest == came)
            && room.all(|shown| shown.newest == came)
    }

    /// What is to be sent next: to the view that has waited longest.
    pub(super) fn due(&self) -> Option<Due> {
        let is_due = |shown: &Shown| {
            has_room(shown) && self.came.get(&shown.side).is_some_and(|came| *came > shown.newest)
        };
        let due = self.views.iter().filter(|(_, shown)| is_due(shown));
        let (view, shown) = due.min_by_key(|(_, shown)| shown.last)?;
        let Shown { width, height, .. } = *shown;
        Some(Due { view: *view, side: shown.side.clone(), width, height })
    }

    /// The newest picture is being made ready for a view; gives its number.
    pub(super) fn begin(&mut self, view: u32) -> u32 {
        self.number = self.number.wrapping_add(1);
        if let Some(shown) = self.views.get_mut(&view) {
            shown.newest = self.came.get(&shown.side).copied().unwrap_or(0);
            shown.last = self.number;
            shown.ahead.push_back(self.number);
        }
        self.number
    }

    /// A picture is ready: whether it is still wanted. One that is not was never sent.
    pub(super) fn finish(&mut self, view: u32, number: u32) -> bool {
        let wanted = self.views.get(&view).is_some_and(|shown| shown.ahead.contains(&number));
        if !wanted && let Some(ahead) = self.ahead(view) {
            ahead.retain(|one| *one != number);
        }
        wanted
    }

    /// Whether any loudness is told.
    pub(super) fn listens(&self) -> bool {
        !self.views.is_empty() || self.heard.is_some()
    }

    /// Whether the loudness of a call is told.
    pub(super) fn hears(&self, call: &str) -> bool {
        !self.views.is_empty() || self.heard.as_deref() == Some(call)
    }
}

fn has_room(shown: &Shown) -> bool {
    shown.ahead.len() < AHEAD
}

/// How fast a page may speak: as many messages a second as it can have pictures to acknowledge, and as many at
/// once.
#[derive(Debug)]
pub(super) struct Pace {
    left: Duration,
    at: Instant,
}

/// Sixteen views at 120 pictures a second, and a little for the rest.
const MOST_A_SECOND: u32 = 2_000;

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: Duration::from_secs(1), at: now }
    }

    /// Whether one more message is within bounds.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at);
        self.left = self.left.saturating_add(passed).min(Duration::from_secs(1));
        self.at = self.at.max(now);
        let paid = self.left.checked_sub(Duration::from_secs(1) / MOST_A_SECOND);
        self.left = paid.unwrap_or(self.left);
        paid.is_some()
    }
}

#[cfg(test)]
mod tests;
