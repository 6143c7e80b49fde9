//! Files: two programs without a window beside two pages in Chromium, magic-wormhole, and rsync over a plain socket, on
//! the same path and in one run. What came is compared with what was sent, so that no figure is that of a broken load.
//!
//! Each case is a path: this computer alone, or the network laboratory (`tests/lab`) with a round trip of 20 or 50 ms,
//! without losses or with 1 % of packets lost each way. Ours goes the quick way, and once more over data channels alone.
//! Two more cases break a load off (`resume`) and put a call beside it (`beside_call`). A load that takes longer than
//! `LIMIT` is ended, and counts by what had come by then.

mod beside_call;
mod chromium;
mod load;
mod ours;
mod place;
mod resume;
mod rsync;
mod wormhole;

use crate::figure::{self, Better};
use load::Load;
use ours::Lanes;
use place::{Place, film};
use std::path::Path;
use std::time::Duration;
use visavis_lab::Shape;

/// Bytes of the file.
const SIZE: u64 = 1_000_000_000;
/// A load is ended then.
const LIMIT: Duration = Duration::from_secs(20);
/// The laboratory's seed.
const SEED: u64 = 20;

/// A path by its name: delay each way in milliseconds and losses, or none in the laboratory at all.
const PATHS: [(&str, Option<(u64, f64)>); 4] = [
    ("loopback", None),
    ("rtt20", Some((10, 0.0))),
    ("rtt50", Some((25, 0.0))),
    ("rtt20_loss1", Some((10, 0.01))),
];
const RESUME: &str = "resume";
const BESIDE_CALL: &str = "beside_call";

/// Measures all cases, or one.
pub(crate) fn measure(case: Option<&str>) -> Result<(), String> {
    let names: Vec<_> = PATHS.iter().map(|(name, _)| *name).chain([RESUME, BESIDE_CALL]).collect();
    let is_chosen = |name: &str| case.is_none_or(|case| case == name);
    if !names.iter().any(|name| is_chosen(name)) {
        return Err(format!("of files there are {}, not {case:?}", names.join(", ")));
    }
    let folder = place::folder()?;
    film(folder.path())?;
    // It is what the rivals that use the system's streams owe their figures to.
    let congestion = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control");
    eprintln!("TCP here is {}", congestion.as_deref().unwrap_or("unknown").trim());
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    for (name, path) in PATHS.iter().filter(|(name, _)| is_chosen(name)) {
        runtime.block_on(Box::pin(measure_path(folder.path(), name, *path)))?;
    }
    if is_chosen(RESUME) {
        runtime.block_on(Box::pin(resume::measure(folder.path(), RESUME)))?;
    }
    if is_chosen(BESIDE_CALL) {
        runtime.block_on(Box::pin(beside_call::measure(folder.path(), BESIDE_CALL)))?;
    }
    Ok(())
}

async fn measure_path(folder: &Path, name: &str, path: Option<(u64, f64)>) -> Result<(), String> {
    let shape = path.map(|(delay, loss)| Shape {
        delay: Duration::from_millis(delay),
        loss,
        ..Shape::default()
    });
    let place = Place::make(folder, shape)?;
    let proof = |whose| place.proof(whose, path.is_some_and(|(_, loss)| loss > 0.0));
    let quick = Box::pin(ours::send(&place, Lanes::Both)).await?;
    tell(name, "visavis", &quick);
    proof("visavis")?;
    let channels = Box::pin(ours::send(&place, Lanes::Channels)).await?;
    tell(name, "visavis over channels", &channels);
    proof("visavis over channels")?;
    let mut rivals = Vec::new();
    for rival in ["chromium", "wormhole", "rsync"] {
        let load = match rival {
            "chromium" => chromium::send(&place).await?,
            "wormhole" => Box::pin(wormhole::send(&place)).await?,
            _ => Box::pin(rsync::send(&place)).await?,
        };
        tell(name, rival, &load);
        proof(rival)?;
        rivals.push((rival, load));
    }
    say(name, &quick, &rivals);
    // What else goes over data channels is what these are to be held against.
    rivals.retain(|(rival, _)| *rival == "chromium");
    say(&format!("{name}_channels"), &channels, &rivals);
    Ok(())
}

fn say(case: &str, ours: &Load, rivals: &[(&str, Load)]) {
    let say = |figure, better, pick: fn(&Load) -> f64| {
        let theirs: Vec<_> = rivals.iter().map(|(rival, load)| (*rival, pick(load))).collect();
        figure::print("file", case, figure, better, pick(ours), &theirs);
    };
    say("mb_per_s", Better::Higher, Load::mb_per_s);
    say("cpu_percent", Better::Lower, |load| load.cpu_percent);
    say("memory_mib", Better::Lower, |load| load.memory_mib);
    say("first_byte_s", Better::Lower, |load| load.first_byte_s);
}

fn tell(case: &str, whose: &str, load: &Load) {
    let end = if load.whole { "whole" } else { "ended at its limit" };
    eprintln!("{case}: {whose}: {:.1} MB/s, {end}; {load:?}", load.mb_per_s());
}
