//! Devices that come, go and change while the whole engine uses them, as PulseAudio has it.

use crate::pulse::{Events, Pulse};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

const HEADSET: &str = "mic:pulseaudio:headset";

/// The program without a window, with a preview open: it listens to the microphone and nobody else does.
struct Looking {
    program: Child,
    input: ChildStdin,
    lines: Receiver<Value>,
    _folder: tempfile::TempDir,
}

impl Looking {
    fn begin(pulse: &Pulse) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_visavis-cli"))
            .arg("--data")
            .arg(folder.path())
            .args(["--camera", "null:", "watch"])
            .envs(pulse.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let (tells, told) = sync_channel(256);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if tells.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let input = program.stdin.take().unwrap();
        let mut looking = Self { program, input, lines: told, _folder: folder };
        looking.line(|line| line["line"] == "snapshot");
        looking
    }

    fn tell(&mut self, command: &Value) {
        writeln!(self.input, "{command}").unwrap();
    }

    fn line(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.lines.recv().expect("the program says more");
            if wanted(&line) {
                return line;
            }
        }
    }

    /// Waits until the list of microphones has changed so that this is true of it.
    fn microphones(&mut self, so: impl Fn(&[&str], &str) -> bool) {
        self.line(|line| {
            let devices = &line["event"]["devices"]["microphones"];
            let Some(all) = devices.as_array() else { return false };
            let uris: Vec<&str> = all.iter().map(|one| one["uri"].as_str().unwrap()).collect();
            let default = all.iter().find(|one| one["default"] == true).unwrap();
            so(&uris, default["uri"].as_str().unwrap())
        });
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        drop(self.program.kill());
        drop(self.program.wait());
    }
}

fn pactl(pulse: &Pulse, words: &[&str]) -> String {
    let said = pulse.pactl().args(words).output().unwrap();
    assert!(said.status.success(), "{words:?}: {said:?}");
    String::from_utf8(said.stdout).unwrap()
}

/// From which sources is recorded, but for what the cables themselves need.
fn listened_to(pulse: &Pulse) -> Vec<String> {
    let sources = pactl(pulse, &["list", "short", "sources"]);
    let name = |index: &str| {
        let line = sources.lines().find(|line| line.split('\t').next() == Some(index));
        line.and_then(|line| line.split('\t').nth(1)).unwrap_or_default().to_owned()
    };
    let outputs = pactl(pulse, &["list", "short", "source-outputs"]);
    // The cables' own have no client.
    let of_clients = outputs.lines().filter(|line| line.split('\t').nth(2) != Some("-"));
    of_clients.map(|line| name(line.split('\t').nth(1).unwrap())).collect()
}

fn until_it_listens_to(pulse: &Pulse, events: &mut Events, source: &str) {
    events.wait_until(|| listened_to(pulse) == [source]);
}

#[test]
fn a_headset_is_used_while_it_is_there_and_the_systems_choice_is_followed() {
    let pulse = Pulse::start();
    let mut events = pulse.events();
    let mut looking = Looking::begin(&pulse);
    looking.tell(&json!({ "type": "open_preview" }));
    looking.microphones(|_, default| default == "mic:pulseaudio:mic_a");
    until_it_listens_to(&pulse, &mut events, "mic_a");

    // The system's own choice changes.
    pactl(&pulse, &["set-default-source", "mic_b"]);
    looking.microphones(|_, default| default == "mic:pulseaudio:mic_b");
    until_it_listens_to(&pulse, &mut events, "mic_b");

    // A headset is plugged in and chosen.
    let plug =
        ["load-module", "module-remap-source", "master=cable_ba.monitor", "source_name=headset"];
    let module = pactl(&pulse, &plug);
    looking.microphones(|uris, _| uris.contains(&HEADSET));
    let mut settings = json!({ "language": "en" });
    settings["devices"] = json!({ "microphone": HEADSET });
    looking.tell(&json!({ "type": "change_settings", "settings": settings }));
    until_it_listens_to(&pulse, &mut events, "headset");

    // It is pulled out, and plugged in again.
    pactl(&pulse, &["unload-module", module.trim()]);
    looking.microphones(|uris, _| !uris.contains(&HEADSET));
    until_it_listens_to(&pulse, &mut events, "mic_b");
    pactl(&pulse, &plug);
    looking.microphones(|uris, _| uris.contains(&HEADSET));
    until_it_listens_to(&pulse, &mut events, "headset");

    looking.tell(&json!({ "type": "close_preview" }));
    events.wait_until(|| listened_to(&pulse).is_empty());
}
