//! What the system says about a process that was started here: its memory and its time on the processor.
//! Linux only: it reads `/proc`.

use std::process::Stdio;
use tokio::process::{Child, Command};

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
    pub(crate) fn output(&mut self) -> Option<tokio::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Memory that it alone would free by ending, and its share of what it shares, in KiB.
    pub(crate) fn memory_kib(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/smaps_rollup", self.pid);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        text.lines()
            .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.parse().ok())
            .ok_or_else(|| format!("{path} has no Pss"))
    }

    /// Seconds on the processor so far, its own and the system's for it.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, String> {
        const TICKS_PER_SECOND: f64 = 100.0;
        let path = format!("/proc/{}/stat", self.pid);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
        match (ticks(11), ticks(12)) {
            (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
            _ => Err(format!("{path} has no times")),
        }
    }
}
