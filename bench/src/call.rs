//! A call: Visavis beside two pages in Chromium, on one machine and in one run.
//!
//! `setup`: two engines, or two pages, without a window: from the click to connected where the answer comes at once; and
//! from the answer to the first picture on both sides, where it rang for a second first, as it does for people; and how
//! long both sides' devices stay open after the end.
//! `windows`: two windows each, on a screen of their own, in a two-way call at 720p30: how late pictures are, what they
//! cost; the delay is read off the screen, from the code that each test picture carries.

mod apps;
mod engines;
mod glass;
mod pages;
mod screen;
pub(crate) mod tree;

use crate::figure::{self, Better};
use screen::Screen;
use std::time::Duration;

/// Calls that are set up, one after the other.
const CALLS: usize = 10;
/// How long it rings before people answer, where that counts.
const RINGING: Duration = Duration::from_secs(1);
/// How long what is on the screen is looked at.
const LOOK: Duration = Duration::from_secs(20);
/// How long processor time is counted.
const COUNT: Duration = Duration::from_secs(60);
/// A call needs this long until rate and size have settled.
const SETTLE: Duration = Duration::from_secs(20);

/// How long setting up calls took, in milliseconds, each in order.
#[derive(Debug, Default)]
struct Setup {
    connected: Vec<f64>,
    first_picture: Vec<f64>,
    /// Devices after the end; a rival's are not known.
    closed: Vec<f64>,
}

/// What two windows in a call use, and how late their pictures are.
#[derive(Debug)]
struct Going {
    late: Vec<f64>,
    fps: f64,
    core_percent: f64,
    memory_mib: f64,
}

/// Two sides of a call in windows, whoever made them.
trait Windows {
    /// The processes of one side.
    fn processes(&self) -> Result<Vec<u32>, String>;
}

/// Measures all, or one part of it: `setup` or `windows`.
pub(crate) fn measure(part: Option<&str>) -> Result<(), String> {
    let (setup, windows) = match part {
        None => (true, true),
        Some("setup") => (true, false),
        Some("windows") => (false, true),
        Some(other) => return Err(format!("of a call there are setup and windows, not {other:?}")),
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        if setup {
            Box::pin(measure_setup()).await?;
        }
        if windows {
            Box::pin(measure_windows()).await?;
        }
        Ok(())
    })
}

async fn measure_setup() -> Result<(), String> {
    for rings in [Duration::ZERO, RINGING] {
        eprintln!("{CALLS} calls between two engines, answered after {rings:?}");
        let ours = Box::pin(engines::set_up(CALLS, rings)).await?;
        eprintln!("{CALLS} calls between two pages in Chromium, answered after {rings:?}");
        let theirs = Box::pin(pages::set_up(CALLS, rings)).await?;
        if rings.is_zero() {
            state("setup", "connected_ms", &ours.connected, &theirs.connected);
            state("at_once", "first_picture_ms", &ours.first_picture, &theirs.first_picture);
        } else {
            state("setup", "first_picture_ms", &ours.first_picture, &theirs.first_picture);
            let closed = at(&ours.closed, 0.9);
            figure::print("call", "end", "devices_closed_ms_p90", Better::Lower, closed, &[]);
        }
    }
    Ok(())
}

async fn measure_windows() -> Result<(), String> {
    eprintln!("two windows of Visavis");
    let ours = Box::pin(in_apps()).await?;
    eprintln!("two windows of Chromium");
    let theirs = Box::pin(in_pages()).await?;
    let beside = |case, name, better, pick: &dyn Fn(&Going) -> f64| {
        let rivals = [("chromium", pick(&theirs))];
        figure::print("call", case, name, better, pick(&ours), &rivals);
    };
    beside("glass", "p50_ms", Better::Lower, &|going| at(&going.late, 0.5));
    beside("glass", "p95_ms", Better::Lower, &|going| at(&going.late, 0.95));
    beside("glass", "fps", Better::Higher, &|going| going.fps);
    beside("cpu", "core_percent", Better::Lower, &|going| going.core_percent);
    beside("memory", "mib", Better::Lower, &|going| going.memory_mib);
    Ok(())
}

async fn in_apps() -> Result<Going, String> {
    let screen = Screen::open().await?;
    let apps = Box::pin(apps::Apps::call(&screen)).await?;
    going(&screen, &apps, None).await
}

/// Chromium is looked at while it sends pictures that carry the code, which it has to draw itself; it is weighed while
/// it sends those of its own made-up camera, which cost it less.
async fn in_pages() -> Result<Going, String> {
    let screen = Screen::open().await?;
    let coded = Box::pin(pages::Pair::call(&screen, pages::Camera::Code)).await?;
    tokio::time::sleep(SETTLE).await;
    let (late, fps) = glass::look(&screen, LOOK).await?;
    drop(coded);
    let plain = Box::pin(pages::Pair::call(&screen, pages::Camera::Device)).await?;
    going(&screen, &plain, Some((late, fps))).await
}

async fn going(
    screen: &Screen,
    windows: &impl Windows,
    seen: Option<(Vec<f64>, f64)>,
) -> Result<Going, String> {
    tokio::time::sleep(SETTLE).await;
    let (late, fps) = match seen {
        Some(seen) => seen,
        None => glass::look(screen, LOOK).await?,
    };
    let before = tree::cpu_seconds(&windows.processes()?);
    tokio::time::sleep(COUNT).await;
    let processes = windows.processes()?;
    let used = tree::cpu_seconds(&processes) - before;
    let memory_mib = tree::memory_mib(&processes);
    Ok(Going { late, fps, core_percent: 100.0 * used / COUNT.as_secs_f64(), memory_mib })
}

/// The median, and what nine of ten stay below.
fn state(case: &str, name: &str, ours: &[f64], theirs: &[f64]) {
    for (name, part) in [(name.to_owned(), 0.5), (format!("{name}_p90"), 0.9)] {
        let rivals = [("chromium", at(theirs, part))];
        figure::print("call", case, &name, Better::Lower, at(ours, part), &rivals);
    }
}

/// The value below which a part of them lies.
pub(crate) fn at(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(place.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}
