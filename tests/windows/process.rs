//! Programs that a scenario starts: each ends with its owner, by its own process id.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running program, ended when dropped.
pub(crate) struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts a program whose complaints go to a file.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        Self::start_with(command.stdout(Stdio::null()), log)
    }

    fn start_with(command: &mut Command, log: &Path) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stderr(File::create(log).unwrap());
        let child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "{name} can't be started ({error}): ./dev test installs and builds what is needed"
            )
        });
        Self { name, child }
    }

    /// The same, and the first line that it prints, by which it says that it is ready.
    pub(crate) fn start_and_hear(command: &mut Command, log: &Path) -> (Self, String) {
        let mut process = Self::start_with(command.stdout(Stdio::piped()), log);
        let output = process.child.stdout.take().unwrap();
        let line = first_line(output);
        assert!(
            !line.is_empty(),
            "{} ended before it was ready: {}",
            process.name,
            std::fs::read_to_string(log).unwrap_or_default()
        );
        (process, line)
    }

    /// The same, and all that it prints, for a reader that keeps up with it.
    pub(crate) fn start_and_read(command: &mut Command, log: &Path) -> (Self, ChildStdout) {
        let mut process = Self::start_with(command.stdout(Stdio::piped()), log);
        let output = process.child.stdout.take().unwrap();
        (process, output)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a crash or a power cut would.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn end(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(self.child.id(), "TERM");
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The first line; whatever follows is read and forgotten, so that the program never waits for a reader.
fn first_line(output: ChildStdout) -> String {
    let mut output = BufReader::new(output);
    let mut line = String::new();
    let _ = output.read_line(&mut line);
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    line.trim().to_owned()
}

/// Sends a signal to one process.
pub(crate) fn signal(pid: u32, which: &str) {
    let _ = Command::new("kill").args([&format!("-{which}"), &pid.to_string()]).output();
}

/// The processes that a process has started and that still run.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    // Each thread has those that it started itself.
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let texts = threads.map(|thread| std::fs::read_to_string(thread.path().join("children")));
    let text: String = texts.map(Result::unwrap_or_default).collect();
    text.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}
