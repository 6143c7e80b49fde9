//! The browser: how it is started, and what it is told as a whole.

use crate::Fault;
use crate::page::Page;
use crate::process::Processes;
use crate::wire::Wire;
use serde_json::json;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Getting ready takes a second or two; on a computer with much else to do, some more.
const READY: Duration = Duration::from_secs(60);

/// What the browser takes for a camera. Its microphone beeps once a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Camera {
    /// Its own moving picture, at so many pictures a second.
    Pattern(u32),
    /// A file: raw pictures in I420 (`.y4m`) or single ones (`.mjpeg`), over and over.
    File(PathBuf),
}

/// A window on a screen of X.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// As in `DISPLAY`.
    pub display: String,
    /// From the left and from the top.
    pub at: (u32, u32),
    /// Wide and high.
    pub size: (u32, u32),
}

/// How the browser is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Which program.
    pub program: PathBuf,
    /// What it takes for a camera.
    pub camera: Camera,
    /// Where it shows itself; without one it shows itself nowhere and paints all the same.
    pub window: Option<Window>,
    /// Further words on its command line.
    pub more: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let program = PathBuf::from("/usr/bin/chromium");
        Self { program, camera: Camera::Pattern(30), window: None, more: Vec::new() }
    }
}

/// What holds for every start: nothing is asked, nothing is reported, nothing is slowed down that can't be seen, and
/// addresses of this computer are good for connections and are not hidden behind made-up names.
const ALWAYS: [&str; 22] = [
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-search-engine-choice-screen",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-popup-blocking",
    "--metrics-recording-only",
    "--password-store=basic",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-features=WebRtcHideLocalIpsWithMdns,Translate,MediaRouter,OptimizationHints",
    "--allow-loopback-in-peer-connection",
    "--use-fake-ui-for-media-stream",
    "--mute-audio",
];

impl Options {
    fn command(&self, profile: &TempDir) -> Command {
        let mut command = Command::new(&self.program);
        let mut folder = std::ffi::OsString::from("--user-data-dir=");
        folder.push(profile.path());
        command.arg(folder).args(ALWAYS);
        if is_root() {
            command.arg("--no-sandbox");
        }
        match &self.camera {
            Camera::Pattern(fps) => {
                command.arg(format!("--use-fake-device-for-media-stream=fps={fps}"));
            }
            Camera::File(path) => {
                let mut file = std::ffi::OsString::from("--use-file-for-fake-video-capture=");
                file.push(path);
                command.arg("--use-fake-device-for-media-stream").arg(file);
            }
        }
        match &self.window {
            None => {
                command.args(["--headless=new", "--window-size=1280,800"]);
            }
            Some(Window { display, at, size }) => {
                command
                    .env("DISPLAY", display)
                    .env_remove("WAYLAND_DISPLAY")
                    .arg("--ozone-platform=x11")
                    .arg(format!("--window-position={},{}", at.0, at.1))
                    .arg(format!("--window-size={},{}", size.0, size.1));
            }
        }
        command.args(&self.more);
        command
    }
}

/// Chromium does not shut itself in where it runs as root, and wants to be told so.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A running browser. Dropping it ends all of its processes and takes away its profile.
pub struct Chromium {
    wire: Wire,
    // In this order: the profile goes when nobody writes into it any more.
    processes: Processes,
    profile: TempDir,
}

impl Chromium {
    /// Starts a browser, and waits until it can be spoken to.
    ///
    /// # Errors
    /// There is none, or it does not get ready.
    pub async fn start(options: Options) -> Result<Self, Fault> {
        let profile = tempfile::Builder::new().prefix("visavis-chromium").tempdir()?;
        let (processes, ready) = Processes::start(options.command(&profile))?;
        let Ok(Ok(address)) = tokio::time::timeout(READY, ready).await else {
            return Err(Fault::NotReady(processes.said()));
        };
        let (wire, _) = Wire::connect(&address).await?;
        Ok(Self { wire, processes, profile })
    }

    /// Opens a page, and waits until it is loaded.
    ///
    /// # Errors
    /// There is nothing at this address, or the browser is gone.
    pub async fn open(&self, address: &str) -> Result<Page, Fault> {
        let page = Page::make(self.wire.clone()).await?;
        page.go(address).await?;
        Ok(page)
    }

    /// Its name and version, as in `Chrome/156.0.8078.79`.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn version(&self) -> Result<String, Fault> {
        let told = self.wire.tell(None, "Browser.getVersion", json!({})).await?;
        Ok(told["product"].as_str().unwrap_or_default().to_owned())
    }

    /// All of its processes that run now, for those who want to know what they use.
    pub fn processes(&self) -> Vec<u32> {
        self.processes.ids()
    }

    /// What it complained of lately.
    pub fn complaints(&self) -> String {
        self.processes.said()
    }
}

impl std::fmt::Debug for Chromium {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chromium({})", self.profile.path().display())
    }
}
