//! What comes from other programs. Files are dragged from their window onto the app as a person drags them: the button goes
//! down over there, the pointer moves, and the button goes up where they shall fall, all of it by the screen's own mouse.
//! A picture is copied there, to be pasted here.

use crate::person::Person;
use crate::process::Process;
use crate::stage::Stage;
use crate::window::Window;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::time::{interval, timeout};

const PATIENCE: Duration = Duration::from_secs(30);
/// How high a row of the other window is.
const ROW: usize = 100;
/// How many steps the pointer makes in a window: by the first ones it is understood that something is dragged.
const STEPS: usize = 10;

/// The other program: a window with files in it.
pub(crate) struct OtherWindow<'a> {
    stage: &'a Stage,
    _program: Process,
}

/// Another program on the same screen, and the first line it says.
fn another(stage: &Stage, script: &str, files: &[&Path]) -> (Process, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/windows").join(script);
    // Debian's own Python is the one that knows GTK.
    let mut command = Command::new("/usr/bin/python3");
    command.arg(&script).args(files);
    command.env("DISPLAY", &stage.display).env("GDK_BACKEND", "x11").env("NO_AT_BRIDGE", "1");
    let log = script.file_stem().unwrap().to_string_lossy();
    Process::start_and_hear(&mut command, &stage.log(&log))
}

/// A program that has copied a picture. The clipboard is empty again when it ends.
pub(crate) struct Copied {
    _program: Process,
}

impl Copied {
    pub(crate) fn new(stage: &Stage, picture: &Path) -> Self {
        let (program, said) = another(stage, "clipboard.py", &[picture]);
        assert_eq!(said, "copied");
        Self { _program: program }
    }
}

impl<'a> OtherWindow<'a> {
    pub(crate) fn with(stage: &'a Stage, files: &[&Path]) -> Self {
        let (program, said) = another(stage, "drag_source.py", files);
        assert_eq!(said, "shown");
        Self { stage, _program: program }
    }

    /// Takes hold of a file, and moves over what a person sees until their page says that it is there.
    pub(crate) async fn holds_over(&self, file: usize, person: &Person, onto: &str, shown: &str) {
        let other = Window::comes(self.stage, "Files to drag").await;
        let theirs = Window::of(self.stage, person.app().expect("an app that runs"));
        let row = ROW * file + ROW / 2;
        let [x, y] = person.middle(onto).await;
        other.points_at([ROW, row]);
        self.stage.xdotool(&["mousedown", "1"]);
        for step in 1..=STEPS {
            other.points_at([ROW + 4 * step, row]);
        }
        for step in 1..=STEPS {
            theirs.points_at([x + STEPS - step, y]);
        }
        // Whoever drags is heard of only while the pointer moves, so it moves until it is seen.
        let mut looks = interval(Duration::from_millis(50));
        let seen = timeout(PATIENCE, async {
            let mut aside = 0;
            while person.counts(shown).await == 0 {
                looks.tick().await;
                aside = 3 - aside;
                theirs.points_at([x + aside, y]);
            }
        });
        seen.await.unwrap_or_else(|_| panic!("{} never sees {shown}", person.name()));
    }

    /// Lets go.
    pub(crate) fn drops(&self) {
        self.stage.xdotool(&["mouseup", "1"]);
    }
}
