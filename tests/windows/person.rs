//! Someone who sits before the app: a real window, worked through WebDriver as hands and eyes would.
//!
//! Every person has a session bus, folders and a profile of their own, as two accounts on one computer do.
//! A person waits for what is to be seen, never for time to pass: the page itself says when it is there.

use crate::driver;
use crate::eyes;
use crate::process::{Process, children, signal};
use crate::pulse::Pulse;
use crate::stage::Stage;
use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{interval, timeout};

/// How long anything that a person waits for may take on a computer that has much else to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// More steps of Tab than any part of the page is away.
const FAR: usize = 60;

/// How a person starts the app.
#[derive(Default)]
pub(crate) struct Entry<'a> {
    /// The profile, if not a new one.
    pub(crate) profile: Option<&'a Path>,
    /// The language that the system is set to, if not English: `zh_CN`.
    pub(crate) language: Option<&'a str>,
    /// What the app is told on its command line beside where it is.
    pub(crate) arguments: &'a [&'a str],
    /// The system's sound, if there is any.
    pub(crate) sound: Option<&'a Pulse>,
}

/// Someone who sits before the app. Clones are the same person.
#[derive(Clone)]
pub(crate) struct Person(Rc<Inner>);

struct Inner {
    name: String,
    profile: PathBuf,
    client: Client,
    driver: RefCell<Process>,
    _bus: Process,
}

impl Person {
    /// Someone who starts the app for the first time.
    pub(crate) async fn new(stage: &Stage, name: &str) -> Self {
        Self::with(stage, name, Entry::default()).await
    }

    /// Someone who had closed the app, and starts it again.
    pub(crate) async fn again(stage: &Stage, person: &Self) -> Self {
        let profile = Some(person.profile());
        Self::with(stage, person.name(), Entry { profile, ..Entry::default() }).await
    }

    /// Someone who starts the app.
    pub(crate) async fn with(stage: &Stage, name: &str, entry: Entry<'_>) -> Self {
        let home = stage.folder(name);
        let profile = entry.profile.map_or_else(|| home.join("profile"), Path::to_path_buf);
        let (bus, bus_address) = Process::start_and_hear(
            Command::new("dbus-daemon").args([
                "--session",
                "--nofork",
                "--nopidfile",
                "--print-address",
            ]),
            &stage.log(&format!("{name}-bus")),
        );
        let mut command = driver::command();
        command
            .env("DISPLAY", &stage.display)
            .env("DBUS_SESSION_BUS_ADDRESS", bus_address)
            .env("LANG", "C.UTF-8")
            .env("LANGUAGE", entry.language.unwrap_or("en"))
            .env_remove("LC_ALL");
        if let Some(sound) = entry.sound {
            command.envs(sound.environment());
        }
        for (variable, folder) in FOLDERS {
            command.env(variable, stage.folder(&format!("{name}/{folder}")));
        }
        let mut arguments = app_arguments(&profile, stage.place()).to_vec();
        arguments.extend(entry.arguments.iter().map(|&one| one.to_owned()));
        let (driver, client) = driver::open(command, &stage.log(name), &arguments).await;
        let person = Self(Rc::new(Inner {
            name: name.to_owned(),
            profile,
            client,
            driver: RefCell::new(driver),
            _bus: bus,
        }));
        stage.keep(&person);
        person
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Where the app keeps the person's things.
    pub(crate) fn profile(&self) -> &Path {
        &self.0.profile
    }

    /// Waits until a condition in the page's own language holds.
    pub(crate) async fn waits_until(&self, condition: &str) {
        let script = eyes::wait_until(condition);
        let millis = json!(PATIENCE.as_millis());
        let held = self.0.client.execute_async(&script, vec![millis]).await;
        let held =
            held.unwrap_or_else(|error| panic!("{} can't see the page: {error}", self.name()));
        if held != Value::Bool(true) {
            panic!("{} waited in vain for: {condition}\n{}", self.name(), self.standing().await);
        }
    }

    /// Where the keyboard is, and what the page says.
    async fn standing(&self) -> String {
        let what = "[document.activeElement?.outerHTML.slice(0, 300), document.body.innerText]";
        match self.0.client.execute(&eyes::look(what), vec![]).await {
            Ok(standing) => format!("{standing:#}"),
            Err(error) => error.to_string(),
        }
    }

    /// Waits until something is there to be seen.
    pub(crate) async fn sees(&self, selector: &str) {
        self.waits_until(&format!("visible({}) !== undefined", json!(css(selector)))).await;
    }

    /// Waits until something is there that says these words.
    pub(crate) async fn reads(&self, selector: &str, words: &str) {
        let condition = format!(
            "all({}).some((e) => said(e).includes({}))",
            json!(css(selector)),
            json!(words)
        );
        self.waits_until(&condition).await;
    }

    /// Waits until something is no longer there.
    pub(crate) async fn misses(&self, selector: &str) {
        self.waits_until(&format!("visible({}) === undefined", json!(css(selector)))).await;
    }

    /// How many of something are to be seen now.
    pub(crate) async fn counts(&self, selector: &str) -> u64 {
        let script = eyes::look(&format!("all({}).length", json!(css(selector))));
        self.0.client.execute(&script, vec![]).await.unwrap().as_u64().unwrap()
    }

    /// Waits for something, and says where in the window its middle is.
    pub(crate) async fn middle(&self, selector: &str) -> [usize; 2] {
        self.sees(selector).await;
        let script = eyes::look(&format!(
            "(({{ left, top, width, height }}) => [left + width / 2, top + height / 2])
             (visible({}).getBoundingClientRect())",
            json!(css(selector))
        ));
        let middle = self.0.client.execute(&script, vec![]).await.unwrap();
        [0, 1].map(|way| middle[way].as_f64().unwrap() as usize)
    }

    /// Waits for something, then clicks on it.
    pub(crate) async fn clicks(&self, selector: &str) {
        self.sees(selector).await;
        let found = self.0.client.find(Locator::Css(&css(selector))).await.unwrap();
        let clicked = found.click().await;
        clicked.unwrap_or_else(|error| panic!("{} can't click {selector}: {error}", self.name()));
    }

    /// Waits for something, then clicks on it twice, fast.
    pub(crate) async fn double_clicks(&self, selector: &str) {
        self.sees(selector).await;
        let element = self.0.client.find(Locator::Css(&css(selector))).await.unwrap();
        let press = || PointerAction::Down { button: fantoccini::actions::MOUSE_BUTTON_LEFT };
        let release = || PointerAction::Up { button: fantoccini::actions::MOUSE_BUTTON_LEFT };
        let actions = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 })
            .then(press())
            .then(release())
            .then(press())
            .then(release());
        self.0.client.perform_actions(actions).await.unwrap();
    }

    /// Waits for a field, then types into it in place of what it held.
    pub(crate) async fn types(&self, selector: &str, words: &str) {
        self.sees(selector).await;
        let field = self.0.client.find(Locator::Css(&css(selector))).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(words).await.unwrap();
    }

    /// Chooses one of the values that a field offers.
    pub(crate) async fn chooses(&self, selector: &str, value: &str) {
        self.sees(selector).await;
        let field = self.0.client.find(Locator::Css(&css(selector))).await.unwrap();
        field.select_by_value(value).await.unwrap();
    }

    /// Waits until the focus is there.
    pub(crate) async fn focuses(&self, selector: &str) {
        let condition = format!("document.activeElement?.matches({})", json!(css(selector)));
        self.waits_until(&format!("{condition} === true")).await;
    }

    /// Walks by Tab until the focus is there.
    pub(crate) async fn reaches(&self, selector: &str) {
        self.sees(selector).await;
        let there = format!("document.activeElement?.matches({}) === true", json!(css(selector)));
        for _ in 0..FAR {
            if self.0.client.execute(&eyes::look(&there), vec![]).await.unwrap()
                == Value::Bool(true)
            {
                return;
            }
            self.presses(&char::from(Key::Tab).to_string()).await;
        }
        panic!("{} can't reach {selector} by Tab", self.name());
    }

    /// Presses keys one after the other, whatever is focused: characters, or those of [`fantoccini::key::Key`].
    pub(crate) async fn presses(&self, keys: &str) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for value in keys.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.0.client.perform_actions(actions).await.unwrap();
    }

    /// Presses a key while another is held.
    pub(crate) async fn holds_and_presses(&self, held: char, key: char) {
        let actions = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held });
        self.0.client.perform_actions(actions).await.unwrap();
    }

    /// Asks the page something, in the page's own language.
    pub(crate) async fn asks_page(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.0.client.execute_async(script, arguments).await.unwrap()
    }

    /// All the words on the page.
    pub(crate) async fn page(&self) -> String {
        let words = self.0.client.execute("return document.body.innerText", vec![]).await;
        words
            .map_or_else(|error| error.to_string(), |words| words.as_str().unwrap_or("").to_owned())
    }

    /// The app's process.
    pub(crate) fn app(&self) -> Option<u32> {
        children(self.0.driver.borrow().id()).first().copied()
    }

    /// The app's process, and those that it started.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.app().into_iter().collect();
        let mut looked_at = 0;
        while let Some(&pid) = all.get(looked_at) {
            all.extend(children(pid));
            looked_at += 1;
        }
        all
    }

    /// Waits until the app's process has ended by itself.
    pub(crate) async fn has_left(&self, app: u32) {
        assert!(self.ends(app).await, "{}'s app does not end", self.name());
    }

    /// A process can't be waited for by another than its parent, so there is no way but to look again.
    async fn ends(&self, app: u32) -> bool {
        let mut looks = interval(Duration::from_millis(20));
        let ended = timeout(PATIENCE, async {
            while self.app() == Some(app) {
                looks.tick().await;
            }
        });
        ended.await.is_ok()
    }

    /// The app ends at once, as in a crash.
    pub(crate) async fn is_killed(&self) {
        let app = self.app().expect("an app that runs");
        signal(app, "KILL");
        self.has_left(app).await;
        let _ = timeout(PATIENCE, self.0.client.clone().close()).await;
        self.0.driver.borrow_mut().end();
    }

    /// Closes the app in good order, and by force if that takes too long.
    pub(crate) async fn goes(&self) {
        if let Some(app) = self.app() {
            signal(app, "TERM");
            if !self.ends(app).await {
                eprintln!("{}'s app had to be ended by force", self.name());
                signal(app, "KILL");
            }
        }
        let _ = timeout(PATIENCE, self.0.client.clone().close()).await;
        self.0.driver.borrow_mut().end();
    }
}

/// Short for what tests look for: `@next` is `[data-test=next]`.
fn css(selector: &str) -> String {
    let mut parts = selector.split('@');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end =
            part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(part.len());
        written += &format!("[data-test={}]{}", &part[..end], &part[end..]);
    }
    written
}

#[test]
fn hooks_are_written_out() {
    assert_eq!(
        css("@row[data-handle=bo] @accept"),
        "[data-test=row][data-handle=bo] [data-test=accept]"
    );
    assert_eq!(css("label:has(@server-address)"), "label:has([data-test=server-address])");
    assert_eq!(css("h1"), "h1");
}

/// The folders that the system gives to an account.
const FOLDERS: [(&str, &str); 6] = [
    ("HOME", ""),
    ("XDG_DATA_HOME", "data"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_RUNTIME_DIR", "run"),
];

fn app_arguments(profile: &Path, place: &str) -> [String; 5] {
    let profile = profile.to_string_lossy().into_owned();
    ["--data".into(), profile, "--key-in-file".into(), "--geometry".into(), place.into()]
}
