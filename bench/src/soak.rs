//! A long call without a window: memory, threads and file handles must not grow, and lips must stay with the voice.
//!
//! Two programs talk for half an hour (`./dev bench soak`, or `./dev bench soak 300` for 300 seconds). What they use is
//! read each ten seconds from outside; what they show each ten seconds is their own figures. There is no rival.

use crate::call::at;
use crate::figure::{self, Better};
use crate::people::{Town, cli};
use crate::process::{self, Program};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

/// How long, where nothing else is said.
const SECONDS: u64 = 1800;
/// The beginning is left aside: buffers and pools fill.
const WARM: u32 = 6;

/// What a program used at a moment.
#[derive(Debug, Clone, Copy)]
struct Used {
    memory_mib: f64,
    threads: f64,
    handles: f64,
}

/// What was read of one side.
#[derive(Debug, Default)]
struct Read {
    used: Vec<Used>,
    lip_sync_ms: Vec<f64>,
    fps: Vec<f64>,
    concealed_ms: f64,
    pictures_asked: f64,
}

pub(crate) fn measure(seconds: Option<&str>) -> Result<(), String> {
    let seconds = seconds.map_or(Ok(SECONDS), str::parse);
    let seconds = seconds.map_err(|_| "say how many seconds, such as ./dev bench soak 300")?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(Box::pin(soak(Duration::from_secs(seconds))))
}

async fn soak(time: Duration) -> Result<(), String> {
    let town = Town::with_friends().await?;
    let (bo, bo_says) = Program::speaking(&mut talker(&town, "bo", &["answer"])?)?;
    let mut bo_says = BufReader::new(bo_says).lines();
    next(&mut bo_says, |line| {
        line["event"]["server"]["connection"]["type"] == "online"
            || line["state"]["server"]["connection"]["type"] == "online"
    })
    .await?;
    let (ana, ana_says) = Program::speaking(&mut talker(&town, "ana", &["call", "bo"])?)?;
    let mut ana_says = BufReader::new(ana_says).lines();
    let (mut hers, mut his) = (Read::default(), Read::default());
    let began = Instant::now();
    while began.elapsed() < time {
        for (program, says, read) in
            [(&ana, &mut ana_says, &mut hers), (&bo, &mut bo_says, &mut his)]
        {
            let line = next(says, |line| line["line"] == "statistics").await?;
            read.take(program.pid(), &line["statistics"])?;
        }
        if hers.used.len() % 30 == 0 {
            eprintln!("{} s: {:?}", began.elapsed().as_secs(), hers.used.last());
        }
    }
    state(&[hers, his]);
    Ok(())
}

fn talker(town: &Town, who: &str, errand: &[&str]) -> Result<Command, String> {
    let mut command = cli(&town.folder(who))?;
    command
        .args(errand)
        .args(["--statistics", "10", "--camera", "test:pattern?w=1280&h=720&fps=30"])
        .args(["--mic", "test:tone?hz=440", "--speaker", "null:"]);
    Ok(command)
}

async fn next(
    says: &mut Lines<BufReader<ChildStdout>>,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Value, String> {
    loop {
        let line = says.next_line().await.map_err(|error| error.to_string())?;
        let line = line.ok_or("a side has ended")?;
        let line: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        if line["line"] == "ended" {
            return Err(format!("the call has ended: {line}"));
        }
        if wanted(&line) {
            return Ok(line);
        }
    }
}

impl Read {
    fn take(&mut self, pid: u32, figures: &Value) -> Result<(), String> {
        self.used.push(Used {
            memory_mib: process::memory_kib(pid)? / 1024.0,
            threads: count(pid, "task")?,
            handles: count(pid, "fd")?,
        });
        if self.used.len() as u32 > WARM {
            self.lip_sync_ms.extend(figures["lip_sync_ms"].as_f64().map(f64::abs));
            self.fps.extend(figures["picture_in"]["fps"].as_f64());
        }
        self.concealed_ms = figures["sound_in"]["concealed_ms"].as_f64().unwrap_or_default();
        self.pictures_asked = figures["picture_in"]["keyframes_asked"].as_f64().unwrap_or_default();
        Ok(())
    }

    /// The median of the last tenth less that of the first, after the beginning.
    fn growth(&self, pick: fn(&Used) -> f64) -> f64 {
        let warm: Vec<f64> = self.used.iter().skip(WARM as usize).map(pick).collect();
        let tenth = (warm.len() / 10).max(1).min(warm.len());
        at(&warm[warm.len() - tenth..], 0.5) - at(&warm[..tenth], 0.5)
    }
}

fn count(pid: u32, what: &str) -> Result<f64, String> {
    let path = format!("/proc/{pid}/{what}");
    let entries = std::fs::read_dir(&path).map_err(|error| format!("{path}: {error}"))?;
    Ok(entries.count() as f64)
}

/// The worse of the two sides.
fn state(sides: &[Read; 2]) {
    let worst = |pick: &dyn Fn(&Read) -> f64| sides.iter().map(pick).fold(f64::MIN, f64::max);
    let say = |case, name, value| figure::print("soak", case, name, Better::Lower, value, &[]);
    say("memory", "mib", worst(&|side| side.used.last().map_or(f64::NAN, |used| used.memory_mib)));
    say("memory", "growth_mib", worst(&|side| side.growth(|used| used.memory_mib)));
    say("threads", "growth", worst(&|side| side.growth(|used| used.threads)));
    say("handles", "growth", worst(&|side| side.growth(|used| used.handles)));
    say("lips", "p50_ms", worst(&|side| at(&side.lip_sync_ms, 0.5)));
    say("lips", "worst_ms", worst(&|side| at(&side.lip_sync_ms, 1.0)));
    say("sound", "concealed_ms", worst(&|side| side.concealed_ms));
    say("picture", "keyframes_asked", worst(&|side| side.pictures_asked));
    let least = sides.iter().map(|side| at(&side.fps, 0.0)).fold(f64::MAX, f64::min);
    figure::print("soak", "picture", "least_fps", Better::Higher, least, &[]);
}
