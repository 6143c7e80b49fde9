//! Two windows of Visavis in a call, worked by keyboard as people would: one finds the other in the list and presses
//! Enter, the other presses Enter in the window that rings.

use super::screen::{PLACES, Screen, WINDOW};
use super::{Windows, glass, tree};
use crate::people::Town;
use crate::process::{Program, beside};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::time::sleep;

const CLASS: &str = "^visavis$";
/// How long the app may take to show something.
const PATIENCE: Duration = Duration::from_secs(60);
/// The page takes no Enter as an answer before a person could have meant it so.
const READ: Duration = Duration::from_millis(2000);

pub(super) struct Apps {
    people: [Program; 2],
    _town: Town,
}

impl Apps {
    /// Opens two windows, and has them in a call.
    pub(super) async fn call(screen: &Screen) -> Result<Self, String> {
        let town = Town::with_friends().await?;
        let mut windows = Vec::new();
        let mut people = Vec::new();
        for (place, who) in ["ana", "bo"].into_iter().enumerate() {
            people.push(Program::start(&mut app(screen, &town.folder(who), place)?)?);
            let new = until(screen, windows.len() + 1).await?;
            windows
                .extend(new.into_iter().filter(|one| !windows.contains(one)).collect::<Vec<_>>());
        }
        // Both are there once each shows the other as being there.
        sleep(Duration::from_secs(4)).await;
        screen.hands(&["windowactivate", "--sync", &windows[0], "key", "ctrl+k"]).await?;
        screen.hands(&["type", "bo"]).await?;
        sleep(Duration::from_secs(1)).await;
        screen.hands(&["key", "Down"]).await?;
        sleep(Duration::from_millis(300)).await;
        screen.hands(&["key", "Return"]).await?;
        let all = until(screen, 3).await?;
        let rings = all.iter().find(|one| !windows.contains(one)).ok_or("nothing rings")?;
        sleep(READ).await;
        screen.hands(&["windowactivate", "--sync", rings, "key", "Return"]).await?;
        for window in 0..2 {
            glass::appears(screen, window).await?;
        }
        let people = people.try_into().map_err(|_| "two people")?;
        Ok(Self { people, _town: town })
    }
}

impl Windows for Apps {
    fn processes(&self) -> Result<Vec<u32>, String> {
        tree::of(self.people[0].pid())
    }
}

fn app(screen: &Screen, profile: &Path, place: usize) -> Result<Command, String> {
    let home = screen.folder.path().join(format!("home{place}"));
    std::fs::create_dir_all(&home).map_err(|error| error.to_string())?;
    let (left, top) = PLACES[place];
    let mut command = Command::new(beside("visavis")?);
    command
        .arg("--data")
        .arg(profile)
        .arg("--key-in-file")
        .args(["--geometry", &format!("{}x{}+{left}+{top}", WINDOW.0, WINDOW.1)])
        .args(["--camera", "test:pattern?w=1280&h=720&fps=30"])
        .args(["--microphone", "test:tone?hz=440", "--speaker", "null:"])
        .env("DISPLAY", &screen.display)
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .env("LANG", "C.UTF-8")
        .env("HOME", &home)
        .env_remove("WAYLAND_DISPLAY");
    for folder in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(folder, home.join(folder));
    }
    Ok(command)
}

async fn until(screen: &Screen, count: usize) -> Result<Vec<String>, String> {
    let began = Instant::now();
    loop {
        let windows = screen.windows(CLASS).await?;
        if windows.len() >= count {
            return Ok(windows);
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("{count} windows of Visavis were expected: {windows:?}"));
        }
        sleep(Duration::from_millis(50)).await;
    }
}
