//! The rival: two Chromiums, each with a page that does what a web app for calls does and nothing else. What the pages
//! have to tell each other is carried from one to the other here.

use super::screen::{PLACES, Screen, WINDOW};
use super::{Setup, Windows, glass};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use visavis_chromium::{Calls, Chromium, Fault, Options, Page, Pages, Window};

const PAGE: &str = include_str!("page.html");
/// What does not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// Things that a page says and nobody has taken yet.
const SAID: usize = 1024;

/// What the pages send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Camera {
    /// What the browser makes up.
    Device,
    /// Pictures with the code.
    Code,
}

/// One browser with its page.
struct Side {
    browser: Chromium,
    page: Page,
    said: Calls,
}

/// Two in a call.
pub(super) struct Pair {
    sides: [Side; 2],
    _pages: Pages,
}

/// What was set up, by the clock, in milliseconds.
struct Moments {
    connected: f64,
    first_picture: f64,
}

pub(super) async fn set_up(calls: usize, rings: Duration) -> Result<Setup, String> {
    let mut pair = Box::pin(Pair::open(None, Camera::Device)).await.map_err(text)?;
    let mut setup = Setup::default();
    for _ in 0..calls {
        let one = timeout(PATIENCE, Box::pin(pair.connect(rings))).await;
        let moments = one.map_err(|_| "two pages did not connect")?.map_err(text)?;
        setup.connected.push(moments.connected);
        setup.first_picture.push(moments.first_picture);
        for side in &pair.sides {
            side.page.call("hangUp", &[]).await.map_err(text)?;
        }
    }
    Ok(setup)
}

impl Pair {
    /// Opens two windows, and has them in a call.
    pub(super) async fn call(screen: &Screen, camera: Camera) -> Result<Self, String> {
        let mut pair = Box::pin(Self::open(Some(screen), camera)).await.map_err(text)?;
        let connecting = timeout(PATIENCE, Box::pin(pair.connect(Duration::ZERO))).await;
        connecting.map_err(|_| "two pages did not connect")?.map_err(text)?;
        if camera == Camera::Code {
            for window in 0..2 {
                glass::appears(screen, window).await?;
            }
        }
        Ok(pair)
    }

    async fn open(screen: Option<&Screen>, camera: Camera) -> Result<Self, Fault> {
        let pages = Pages::serve([("/", "text/html", PAGE)]).await?;
        let address = pages.address("/");
        let first = Box::pin(Side::open(screen, 0, &address, camera)).await?;
        let second = Box::pin(Side::open(screen, 1, &address, camera)).await?;
        Ok(Self { sides: [first, second], _pages: pages })
    }

    /// One calls, the other answers when it has rung for a while.
    async fn connect(&mut self, rings: Duration) -> Result<Moments, Fault> {
        let [first, second] = &mut self.sides;
        let mut answer = None;
        let began = Instant::now();
        first.page.call("offer", &[]).await?;
        let (mut answered, mut connected, mut pictures) = (began, [false; 2], [false; 2]);
        let mut moments = Moments { connected: 0.0, first_picture: 0.0 };
        while !(pictures[0] && pictures[1] && connected[0] && connected[1]) {
            let (from, said) = tokio::select! {
                said = first.said.next() => (0, said?),
                said = second.said.next() => (1, said?),
                () = until(answer) => {
                    answer = None;
                    answered = Instant::now();
                    second.page.call("answer", &[]).await?;
                    continue;
                }
            };
            match said["happened"].as_str() {
                Some("rings") => answer = Some(Instant::now() + rings),
                Some("connected") => {
                    connected[from] = true;
                    moments.connected = began.elapsed().as_secs_f64() * 1000.0;
                }
                Some("picture") => {
                    pictures[from] = true;
                    moments.first_picture = answered.elapsed().as_secs_f64() * 1000.0;
                }
                _ => {
                    let to = if from == 0 { &second.page } else { &first.page };
                    to.call("take", &[said]).await?;
                }
            }
        }
        Ok(moments)
    }
}

impl Side {
    async fn open(
        screen: Option<&Screen>,
        place: usize,
        address: &str,
        camera: Camera,
    ) -> Result<Self, Fault> {
        let window = screen.map(|screen| Window {
            display: screen.display.clone(),
            at: (PLACES[place].0 as u32, PLACES[place].1 as u32),
            size: (WINDOW.0.into(), WINDOW.1.into()),
        });
        let browser = Chromium::start(Options { window, ..Options::default() }).await?;
        let page = browser.open(address).await?;
        let said = page.calls("signal", SAID).await?;
        let camera: Value = match camera {
            Camera::Device => json!("device"),
            Camera::Code => json!("code"),
        };
        page.call("prepare", &[camera]).await?;
        Ok(Self { browser, page, said })
    }
}

impl Windows for Pair {
    fn processes(&self) -> Result<Vec<u32>, String> {
        Ok(self.sides[0].browser.processes())
    }
}

/// Waits for a moment, or for ever where there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

fn text(fault: Fault) -> String {
    fault.to_string()
}
