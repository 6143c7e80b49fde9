//! Windows as the screen has them: found by their title, looked at pixel by pixel, and worked with the computer's
//! own keyboard. A driver sees one page of an app; what another window shows is only to be seen here.

use crate::stage::Stage;
use std::time::Duration;
use tokio::time::{interval, timeout};

/// How long a window may take to come or go on a computer that has much else to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// A window on the screen.
pub(crate) struct Window<'a> {
    stage: &'a Stage,
    id: String,
}

/// Which half of a window is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Upper,
    Lower,
}

/// Some pixels of a window that have one colour: how many there are, and the box around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) count: usize,
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) right: usize,
    pub(crate) bottom: usize,
}

impl<'a> Window<'a> {
    /// The window with this title, if it is to be seen.
    pub(crate) fn find(stage: &'a Stage, title: &str) -> Option<Self> {
        let found = stage.xdotool(&["search", "--onlyvisible", "--name", &format!("^{title}$")]);
        let mut found = found.lines();
        let id = found.next()?.to_owned();
        assert_eq!(found.next(), None, "more than one window is called {title}");
        Some(Self { stage, id })
    }

    /// The window that an app opened first: what comes up beside the pointer later has a higher number.
    pub(crate) fn of(stage: &'a Stage, app: u32) -> Self {
        let found = stage.xdotool(&["search", "--onlyvisible", "--pid", &app.to_string()]);
        let first = found.lines().filter_map(|id| id.parse::<u64>().ok()).min();
        Self { stage, id: first.expect("a window of the app").to_string() }
    }

    /// Waits until the window is there. A screen tells nobody, so there is no way but to look again.
    pub(crate) async fn comes(stage: &'a Stage, title: &str) -> Self {
        let mut looks = interval(Duration::from_millis(50));
        let coming = timeout(PATIENCE, async {
            loop {
                if let Some(window) = Self::find(stage, title) {
                    return window;
                }
                looks.tick().await;
            }
        });
        coming.await.unwrap_or_else(|_| panic!("no window is called {title}"))
    }

    /// Waits until no window has this title.
    pub(crate) async fn goes(stage: &Stage, title: &str) {
        let mut looks = interval(Duration::from_millis(50));
        let going = timeout(PATIENCE, async {
            while Window::find(stage, title).is_some() {
                looks.tick().await;
            }
        });
        going.await.unwrap_or_else(|_| panic!("the window called {title} stays"));
    }

    /// Whether it stays above other windows, as the window manager has it.
    pub(crate) fn stays_above(&self) -> bool {
        let state = self.stage.says("xprop", &["-id", &self.id, "_NET_WM_STATE"]);
        state.contains("_NET_WM_STATE_ABOVE")
    }

    /// Whether no other window lies over it now.
    pub(crate) fn is_on_top(&self) -> bool {
        let stacked = self.stage.says("xprop", &["-root", "_NET_CLIENT_LIST_STACKING"]);
        let top = stacked.trim().rsplit(['#', ',', ' ']).next().unwrap_or_default();
        let number = |text: &str| match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        };
        number(top).is_some() && number(top) == number(&self.id)
    }

    /// Waits until there are so many pixels of each of these colours in its lower half.
    pub(crate) async fn shows_below<const N: usize>(
        &self,
        colours: [(u32, usize); N],
    ) -> [Patch; N] {
        let mut looks = interval(Duration::from_millis(100));
        let mut seen = None;
        let showing = timeout(PATIENCE, async {
            loop {
                looks.tick().await;
                let patches = self.patches(Half::Lower, colours.map(|(colour, _)| colour));
                let enough = patches.iter().zip(colours).all(|(patch, (_, n))| patch.count >= n);
                seen = Some(patches);
                if enough {
                    return patches;
                }
            }
        });
        let shown = showing.await;
        shown.unwrap_or_else(|_| panic!("of the colours {colours:x?} it shows {seen:?}"))
    }

    /// Where each of these colours is in a half of it.
    pub(crate) fn patches<const N: usize>(&self, half: Half, colours: [u32; N]) -> [Patch; N] {
        let (pixels, all, _) = self.stage.pixels();
        let [left, top, width, height] = self.place();
        let rows = if half == Half::Upper { 0..height / 2 } else { height / 2..height };
        colours.map(|colour| {
            let [_, red, green, blue] = colour.to_be_bytes();
            let none = Patch { count: 0, left: width, top: height, right: 0, bottom: 0 };
            let places = rows.clone().flat_map(|y| (0..width).map(move |x| (x, y)));
            let of_colour = places.filter(|(x, y)| {
                let at = ((top + y) * all + left + x) * 4;
                pixels.get(at..at + 3) == Some(&[red, green, blue])
            });
            of_colour.fold(none, |patch, (x, y)| Patch {
                count: patch.count + 1,
                left: patch.left.min(x),
                top: patch.top.min(y),
                right: patch.right.max(x),
                bottom: patch.bottom.max(y),
            })
        })
    }

    /// Left, top, width and height on the screen.
    fn place(&self) -> [usize; 4] {
        let said = self.stage.xdotool(&["getwindowgeometry", "--shell", &self.id]);
        ["X=", "Y=", "WIDTH=", "HEIGHT="].map(|name| {
            let line = said.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|number| number.parse().ok()).unwrap_or_default()
        })
    }

    /// Moves the computer's mouse to a place in it.
    pub(crate) fn points_at(&self, [x, y]: [usize; 2]) {
        let (x, y) = (x.to_string(), y.to_string());
        self.stage.xdotool(&["mousemove", "--window", &self.id, &x, &y]);
    }

    /// Turns to it.
    pub(crate) fn activate(&self) {
        self.stage.xdotool(&["windowactivate", "--sync", &self.id]);
    }

    /// Presses a key on the computer's keyboard; whichever window has it hears it.
    pub(crate) fn press(&self, key: &str) {
        self.stage.xdotool(&["key", key]);
    }
}
