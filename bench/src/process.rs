//! What the system says about a process that was started here: its memory and its time on the processor.
//! Linux only: it reads `/proc`.

use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::{Child, ChildStdout, Command};

/// A program that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    pid: u32,
}

impl Program {
    /// Starts a program; its standard output is piped, its errors are left aside.
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{command:?} did not start: {error}"))?;
        let pid = child.id().ok_or("the program ended at once")?;
        Ok(Self { child, pid })
    }

    /// Its standard output, once.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// The same, where its output is read all the time.
    pub(crate) fn speaking(command: &mut Command) -> Result<(Self, ChildStdout), String> {
        let mut program = Self::start(command)?;
        let output = program.output().ok_or("the program has no output")?;
        Ok((program, output))
    }

    /// Waits until it has ended, reading on so that it never waits for a reader; an error where it failed.
    pub(crate) async fn ended(&mut self) -> Result<(), String> {
        if let Some(mut output) = self.output() {
            let read = tokio::io::copy(&mut output, &mut tokio::io::sink()).await;
            read.map_err(|error| error.to_string())?;
        }
        let status = self.child.wait().await.map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("a program failed: {status}")) }
    }

    /// Ends it at once, as a crash would, and waits until it is gone.
    pub(crate) async fn kill(mut self) -> Result<(), String> {
        self.child.kill().await.map_err(|error| error.to_string())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Memory that it alone would free by ending, and its share of what it shares, in KiB.
    pub(crate) fn memory_kib(&self) -> Result<f64, String> {
        memory_kib(self.pid)
    }

    /// Seconds on the processor so far, its own and the system's for it.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, String> {
        cpu_seconds(self.pid)
    }
}

/// A program of this workspace, built beside this one.
pub(crate) fn beside(name: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let path = own.with_file_name(name);
    if path.exists() { Ok(path) } else { Err(format!("{} is not built", path.display())) }
}

/// Memory that a process alone would free by ending, and its share of what it shares, in KiB.
pub(crate) fn memory_kib(pid: u32) -> Result<f64, String> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.parse().ok())
        .ok_or_else(|| format!("{path} has no Pss"))
}

/// Seconds that a process was on the processor so far, its own and the system's for it.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64, String> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
        _ => Err(format!("{path} has no times")),
    }
}
