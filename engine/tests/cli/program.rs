//! The program under test, and a town of profiles for it: folders, and a server in this process.

use serde_json::Value;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use visavis_signaling::server::{Config, Server};

const PROGRAM: &str = env!("CARGO_BIN_EXE_visavis-cli");

/// Devices that are there on every computer, and quiet.
const DEVICES: [(&str, &str); 3] = [
    ("VISAVIS_CAMERA", "test:pattern?w=320&h=180&fps=30"),
    ("VISAVIS_MICROPHONE", "test:tone?hz=1000"),
    ("VISAVIS_SPEAKER", "null:"),
];

pub(crate) struct Town {
    folder: TempDir,
    server: Server,
    _runtime: Runtime,
}

impl Town {
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let config = Config::loopback(folder.path().join("server"));
        let server = runtime.block_on(Server::start(config)).unwrap();
        Self { folder, server, _runtime: runtime }
    }

    pub(crate) fn with_friends() -> Self {
        let town = Self::empty();
        town.settle("ana");
        town.settle("bo");
        town.befriend("ana", "bo");
        town
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, who: &str, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--data").arg(self.path(who)).args(words).envs(DEVICES);
        command
    }

    /// Runs the program to its end, which has to be a good one.
    pub(crate) fn lines(&self, who: &str, words: &[&str]) -> Vec<Value> {
        let ran = self.command(who, words).stdin(Stdio::null()).output().unwrap();
        assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
        lines(&ran)
    }

    /// Runs the program to its end, whatever that is.
    pub(crate) fn ran(&self, who: &str, words: &[&str]) -> Output {
        self.command(who, words).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs the program where it has to refuse: its last line, what it said, and its code.
    pub(crate) fn refused(&self, who: &str, words: &[&str]) -> (Value, String, Option<i32>) {
        let ran = self.command(who, words).stdin(Stdio::null()).output().unwrap();
        let line = lines(&ran).pop().unwrap_or_default();
        assert_eq!(line["line"], "refused", "{words:?}: {line}");
        (line, String::from_utf8_lossy(&ran.stderr).into_owned(), ran.status.code())
    }

    /// Starts the program, to be spoken with.
    pub(crate) fn start(&self, who: &str, words: &[&str]) -> Program {
        let mut command = self.command(who, words);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Program { input: child.stdin.take().unwrap(), child, lines, seen: Vec::new() }
    }

    /// Someone with a handle on the server.
    pub(crate) fn settle(&self, who: &str) -> Value {
        let server = format!("ws://{}", self.server.local_addr());
        let words = ["init", "--name", who, "--server", &server, "--handle", who];
        self.lines(who, &words).pop().unwrap()
    }

    pub(crate) fn befriend(&self, ana: &str, bo: &str) {
        self.lines(ana, &["contacts", "add", bo, "--note", "we met yesterday"]);
        let asks = self.lines(bo, &["contacts", "requests"]);
        assert_eq!(asks[0]["request"]["handle"], ana);
        self.lines(bo, &["contacts", "accept", ana]);
    }
}

fn lines(ran: &Output) -> Vec<Value> {
    let text = String::from_utf8(ran.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) struct Program {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    seen: Vec<String>,
}

impl Program {
    /// Runs the program with these words alone.
    pub(crate) fn run(words: &[&str]) -> Output {
        Command::new(PROGRAM).args(words).stdin(Stdio::null()).output().unwrap()
    }

    /// Waits for a line; earlier ones are passed over.
    pub(crate) fn line(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.lines.next();
            let line = line.unwrap_or_else(|| panic!("it ended after {:#?}", self.seen)).unwrap();
            let value = serde_json::from_str(&line).unwrap();
            if wanted(&value) {
                return value;
            }
            self.seen.push(line);
        }
    }

    pub(crate) fn say(&mut self, words: &str) {
        writeln!(self.input, "{words}").unwrap();
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that a process has had in use so far, in bytes; none where it has ended.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(id: u32) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        number.unwrap_or_default() * 1024
    }

    /// As Ctrl+C would.
    pub(crate) fn interrupt(&self) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Waits until it has ended by itself.
    pub(crate) fn end(&mut self) -> ExitStatus {
        for line in self.lines.by_ref() {
            self.seen.push(line.unwrap());
        }
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
