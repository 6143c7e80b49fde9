//! Chromium's processes: one group, whose first says on its standard error where it can be spoken to, and which is
//! ended as a whole. Nothing else of the computer's is touched. Linux only: groups are read from `/proc`.

use crate::Fault;
use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Lines of complaint that are kept; the oldest go first.
const KEPT: usize = 60;
/// Processes that were killed are gone by then, or never.
const GOING: Duration = Duration::from_secs(10);
const READY: &str = "DevTools listening on ";

/// The processes of one browser. Dropping it ends them, and waits until they are gone.
pub(crate) struct Processes {
    first: Child,
    guard: Child,
    said: Said,
    gone: Receiver<()>,
}

/// The last lines that were said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<VecDeque<String>>>);

impl Said {
    fn keep(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl Processes {
    /// Starts the program; gives it and the address where it can be spoken to, once it says it.
    pub(crate) fn start(mut command: Command) -> Result<(Self, oneshot::Receiver<String>), Fault> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut first = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| Fault::Absent(name, error.to_string()))?;
        let guard = guard(first.id())?;
        let (ready, address) = oneshot::channel();
        let (end, gone) = sync_channel(1);
        let said = Said::default();
        if let Some(errors) = first.stderr.take() {
            let said = said.clone();
            std::thread::spawn(move || listen(errors, &said, ready, &end));
        }
        Ok((Self { first, guard, said, gone }, address))
    }

    /// The last lines that were said.
    pub(crate) fn said(&self) -> String {
        self.said.text()
    }

    /// All of the group that are there.
    pub(crate) fn ids(&self) -> Vec<u32> {
        in_group(self.first.id())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        drop(self.guard.wait());
        drop(self.first.kill());
        drop(self.first.wait());
        // They share one standard error: it ends with the last of them.
        let _ = self.gone.recv_timeout(GOING);
    }
}

/// Ends the group as soon as nobody holds its input any more: also when whoever started it was killed. The group has
/// the first process's number, which is not given to another before it was waited for.
fn guard(group: u32) -> Result<Child, Fault> {
    Command::new("sh")
        .args(["-c", r#"read -r _; kill -KILL -- "-$1""#, "guard", &group.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| Fault::Absent("sh".to_owned(), error.to_string()))
}

/// Reads all there is, so that nobody waits for a reader.
fn listen(errors: ChildStderr, said: &Said, ready: oneshot::Sender<String>, end: &SyncSender<()>) {
    let mut ready = Some(ready);
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    while errors.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        line.clear();
        if let Some(address) = text.strip_prefix(READY)
            && let Some(ready) = ready.take()
        {
            drop(ready.send(address.to_owned()));
        }
        said.keep(text);
    }
    drop(ready);
    let _ = end.try_send(());
}

/// The processes of a group, those that only wait to be waited for left aside.
fn in_group(group: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let within = |process: &u32| {
        let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut fields = after_name.split_whitespace();
        let alive = fields.next().is_some_and(|state| state != "Z");
        alive && fields.nth(1) == Some(&group.to_string())
    };
    numbers.filter(within).collect()
}
