//! The program that uses the devices (`examples/sound.rs`), as the tests start and hear it.

use crate::pulse::Pulse;
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

fn program(environment: [(&'static str, String); 2]) -> Command {
    // Examples lie beside the folder of the tests.
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples/sound");
    assert!(path.exists(), "{} is missing: cargo build --examples", path.display());
    let mut program = Command::new(path);
    program.envs(environment);
    program
}

/// What the program finds with a server.
pub(crate) fn list(pulse: &Pulse) -> Value {
    list_in(pulse.environment())
}

/// What the program finds in an environment.
pub(crate) fn list_in(environment: [(&'static str, String); 2]) -> Value {
    let output = program(environment).arg("list").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The program, as it plays and listens.
pub(crate) struct Trial {
    program: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Trial {
    /// Plays a tone and listens for it.
    pub(crate) fn begin(pulse: &Pulse, microphone: &str, speaker: &str) -> Self {
        let mut program = program(pulse.environment())
            .args(["try", "--microphone", microphone, "--speaker", speaker])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let mut trial = Self { input: program.stdin.take(), program, lines };
        assert_eq!(trial.next()["type"], "opened");
        trial
    }

    fn next(&mut self) -> Value {
        let line = self.lines.next().expect("the program says more").unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// How much of the tone was heard in the next tenth of a second.
    pub(crate) fn heard(&mut self) -> f64 {
        loop {
            let line = self.next();
            // A device that is opened with other pieces on a busy computer may fail once, and is tried again.
            if line["type"] == "heard" {
                return line["tone"].as_f64().unwrap();
            }
        }
    }

    /// Which device failed next.
    pub(crate) fn failed(&mut self) -> String {
        loop {
            let line = self.next();
            if line["type"] == "failed" {
                return line["of"].as_str().unwrap().to_owned();
            }
        }
    }

    /// Has it close what it has open. It runs on.
    pub(crate) fn close(&mut self) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "close").and_then(|()| input.flush()).unwrap();
        while self.next()["type"] != "closed" {}
    }

    /// Waits until it has ended by itself, whatever it had open.
    pub(crate) fn end(mut self) {
        self.input = None;
        self.lines.by_ref().for_each(drop);
        assert!(self.program.wait().unwrap().success());
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        drop(self.program.kill());
        drop(self.program.wait());
    }
}
