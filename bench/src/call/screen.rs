//! A screen of its own for windows that are measured, with a window manager; hands for them, and eyes.
//! What is seen is what the X server would show: nothing asks the programs themselves.

use crate::process::Program;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use visavis_engine::media::barcode::{Found, find_in_pixels};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat};
use x11rb::rust_connection::RustConnection;

/// Room for two windows side by side.
const SIZE: (u16, u16) = (2600, 900);
/// A window: wide and high.
pub(super) const WINDOW: (u16, u16) = (1280, 840);
/// Where they stand, from the left and from the top.
pub(super) const PLACES: [(i16, i16); 2] = [(5, 25), (1305, 25)];

pub(super) struct Screen {
    pub(super) display: String,
    pub(super) folder: TempDir,
    eyes: RustConnection,
    root: u32,
    _manager: Program,
    _server: Program,
}

/// A part of the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) left: i16,
    pub(super) top: i16,
    pub(super) width: u16,
    pub(super) height: u16,
}

impl Screen {
    pub(super) async fn open() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let size = format!("{}x{}x24", SIZE.0, SIZE.1);
        let mut server = Program::start(
            Command::new("Xvfb").args(["-displayfd", "1", "-screen", "0", &size]).args([
                "-nolisten",
                "tcp",
                "-noreset",
            ]),
        )?;
        let output = server.output().ok_or("Xvfb has no output")?;
        let number = BufReader::new(output).lines().next_line().await;
        let number = number.map_err(|error| error.to_string())?.ok_or("Xvfb did not start")?;
        let display = format!(":{number}");
        let manager = Program::start(
            Command::new("openbox").env("DISPLAY", &display).env("HOME", folder.path()),
        )?;
        let (eyes, screen) = x11rb::connect(Some(&display)).map_err(|error| error.to_string())?;
        let root = eyes.setup().roots.get(screen).ok_or("the screen has no root")?.root;
        Ok(Self { display, folder, eyes, root, _manager: manager, _server: server })
    }

    /// The codes in a part of the screen, by where they are on the whole.
    pub(super) fn codes(&self, part: Part) -> Result<Vec<Found>, String> {
        let Part { left, top, width, height } = part;
        let format = ImageFormat::Z_PIXMAP;
        let asked = self.eyes.get_image(format, self.root, left, top, width, height, u32::MAX);
        let image = asked.map_err(|error| error.to_string())?;
        let image = image.reply().map_err(|error| error.to_string())?;
        let (wide, high) = (usize::from(width), usize::from(height));
        let mut found = find_in_pixels(&image.data, wide, high, wide * 4);
        for one in &mut found {
            one.left += f32::from(left);
            one.top += f32::from(top);
        }
        Ok(found)
    }

    /// A window's whole place.
    pub(super) fn place(number: usize) -> Part {
        let (left, top) = PLACES[number];
        Part { left, top, width: WINDOW.0.min(SIZE.0 - left as u16), height: WINDOW.1 }
    }

    /// Presses keys and moves the pointer as the computer's own keyboard and mouse would; gives what it says.
    pub(super) async fn hands(&self, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new("xdotool");
        command.args(words).env("DISPLAY", &self.display);
        let ran = command.output().await.map_err(|error| format!("xdotool: {error}"))?;
        Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
    }

    /// The windows that can be seen.
    pub(super) async fn windows(&self, class: &str) -> Result<Vec<String>, String> {
        let said = self.hands(&["search", "--onlyvisible", "--class", class]).await?;
        Ok(said.lines().map(str::to_owned).collect())
    }
}
