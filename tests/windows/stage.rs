//! A screen of its own for a scenario, and all that it starts there.
//!
//! The stage owns every program and every window. Whatever becomes of the scenario, the stage shows what
//! the windows showed if it failed, closes them, and leaves no process behind.

use crate::person::Person;
use crate::process::Process;
use futures_util::FutureExt;
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// Where to stand for one window after the other, side by side.
const PLACES: [&str; 3] = ["780x900+0+20", "780x900+800+20", "780x900+1600+20"];

/// One scenario at a time: each needs more than one processor.
static ALONE: Mutex<()> = Mutex::new(());

/// A screen with a window manager, a folder, and the people in the scenario.
pub(crate) struct Stage {
    people: RefCell<Vec<Person>>,
    programs: RefCell<Vec<Rc<RefCell<Process>>>>,
    logs: Cell<usize>,
    pub(crate) display: String,
    _window_manager: Process,
    _screen: Process,
    folder: TempDir,
}

/// Plays a scenario on a stage of its own.
pub(crate) fn play(name: &str, scenario: impl AsyncFnOnce(&Stage)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stage = Stage::set();
        let played = AssertUnwindSafe(scenario(&stage)).catch_unwind().await;
        if played.is_err() {
            stage.show(name).await;
        }
        stage.clear().await;
        if let Err(panic) = played {
            resume_unwind(panic);
        }
    });
}

impl Stage {
    fn set() -> Self {
        let folder = tempfile::Builder::new().prefix("visavis-windows-").tempdir().unwrap();
        let (screen, number) =
            Process::start_and_hear(
                Command::new("Xvfb")
                    .args(["-displayfd", "1", "-screen", "0", "2400x960x24"])
                    .args(["-nolisten", "tcp", "-noreset"]),
                &folder.path().join("screen.log"),
            );
        let display = format!(":{number}");
        let window_manager = Process::start(
            Command::new("openbox").env("DISPLAY", &display).env("HOME", folder.path()),
            &folder.path().join("openbox.log"),
        );
        Self {
            people: RefCell::default(),
            programs: RefCell::default(),
            logs: Cell::new(0),
            display,
            _window_manager: window_manager,
            _screen: screen,
            folder,
        }
    }

    /// A folder that goes when the scenario is over.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// A new file for what a program has to say.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.logs.set(self.logs.get() + 1);
        self.folder.path().join(format!("{}-{name}.log", self.logs.get()))
    }

    /// Where the next window opens.
    pub(crate) fn place(&self) -> &'static str {
        PLACES[self.people.borrow().len() % PLACES.len()]
    }

    pub(crate) fn keep(&self, person: &Person) {
        self.people.borrow_mut().push(person.clone());
    }

    pub(crate) fn keep_running(&self, program: &Rc<RefCell<Process>>) {
        self.programs.borrow_mut().push(Rc::clone(program));
    }

    /// Presses keys or moves the pointer as the computer's own keyboard and mouse would.
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> String {
        self.says("xdotool", arguments)
    }

    /// What a program has to say about the screen.
    pub(crate) fn says(&self, program: &str, arguments: &[&str]) -> String {
        let ran = Command::new(program)
            .args(arguments)
            .env("DISPLAY", &self.display)
            .output()
            .unwrap_or_else(|_| panic!("{program} can't be started: ./dev test installs it"));
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    /// Saves a picture of the whole screen.
    pub(crate) fn picture(&self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_BIN_EXE_visavis")).with_file_name("windows");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        let _ = Command::new("import")
            .args(["-window", "root"])
            .arg(&path)
            .env("DISPLAY", &self.display)
            .output();
        path
    }

    /// All pixels of the screen as they are now, four bytes each, and how many in a row.
    pub(crate) fn pixels(&self) -> (Vec<u8>, usize, usize) {
        let shot = Command::new("import")
            .args(["-window", "root", "-depth", "8", "rgba:-"])
            .env("DISPLAY", &self.display)
            .output()
            .expect("import can't be started: ./dev test installs it");
        let (width, height) = (2400, 960);
        assert_eq!(shot.stdout.len(), width * height * 4, "the whole screen");
        (shot.stdout, width, height)
    }

    /// Prints all that helps to see why a scenario failed.
    async fn show(&self, name: &str) {
        let mut report = format!("\n{name} failed. Picture: {}\n", self.picture(name).display());
        let people = self.people.borrow().clone();
        for person in people {
            let page = tokio::time::timeout(Duration::from_secs(5), person.page()).await;
            let page = page.unwrap_or_else(|_| "(the page does not answer)".to_owned());
            let _ = writeln!(report, "--- what {} saw\n{page}", person.name());
        }
        let mut logs: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "log"))
            .collect();
        logs.sort();
        for log in logs {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            let last = lines[lines.len().saturating_sub(40)..].join("\n");
            let _ = writeln!(report, "--- {}\n{last}", log.file_name().unwrap().display());
        }
        eprintln!("{report}");
    }

    async fn clear(&self) {
        let people = self.people.take();
        for person in people {
            person.goes().await;
        }
    }
}
