//! The system's sound devices, on a PulseAudio of the test's own with two virtual cables: nothing of whoever
//! runs it is touched. What uses the devices is a program of its own (`examples/sound.rs`), because the server is
//! found by an environment variable. Needs the Debian packages pulseaudio and pulseaudio-utils.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]
#![cfg(target_os = "linux")]

mod plugged;
#[path = "../../../tests/shared/pulse.rs"]
mod pulse;
mod trial;

use pulse::Pulse;
use serde_json::Value;
use trial::Trial;

fn uris(devices: &Value) -> Vec<&str> {
    devices.as_array().unwrap().iter().map(|one| one["uri"].as_str().unwrap()).collect()
}

fn default(devices: &Value) -> &str {
    let is_default = |one: &&Value| one["default"] == true;
    devices.as_array().unwrap().iter().find(is_default).unwrap()["uri"].as_str().unwrap()
}

#[test]
fn the_systems_devices_are_listed_and_its_own_choice_is_marked() {
    let pulse = Pulse::start();
    let listed = trial::list(&pulse);
    let (microphones, speakers) = (&listed["microphones"], &listed["speakers"]);
    let expected = ["mic:pulseaudio:mic_b", "mic:pulseaudio:mic_a", "test:tone?hz=1000", "null:"];
    let mut known = uris(microphones);
    assert_eq!(known.split_off(2), expected[2..], "the test sources come last: {listed}");
    assert!(known.iter().all(|uri| expected.contains(uri)), "no monitors: {listed}");
    assert_eq!(default(microphones), "mic:pulseaudio:mic_a");
    let mut known = uris(speakers);
    assert_eq!(known.pop(), Some("null:"));
    known.sort_unstable();
    assert_eq!(known, ["speaker:pulseaudio:cable_ab", "speaker:pulseaudio:cable_ba"]);
    assert_eq!(default(speakers), "speaker:pulseaudio:cable_ab");
    assert!(listed["speakers"].to_string().contains("Cable_AB"), "named as people know it");
}

#[test]
fn without_a_server_there_are_the_test_sources() {
    let pulse = Pulse::start();
    let environment = pulse.environment();
    drop(pulse);
    let listed = trial::list_in(environment);
    assert!(uris(&listed["microphones"]).contains(&"test:tone?hz=1000"), "{listed}");
    // What other libraries call a device leads nowhere, or to the server that is not there.
    let all = [uris(&listed["microphones"]), uris(&listed["speakers"])].concat();
    for plugin in ["jack", "oss", "pulse", "speex", "upmix"] {
        assert!(!all.iter().any(|uri| uri.ends_with(plugin)), "{plugin} is no device: {listed}");
    }
}

#[test]
fn a_tone_goes_through_a_cable() {
    let pulse = Pulse::start();
    let mut trial = Trial::begin(&pulse, "mic:pulseaudio:mic_b", "speaker:pulseaudio:cable_ab");
    // Some in a row: it is heard whole. On a computer that is busy with other tests the server may stumble.
    let mut whole = 0;
    while whole < 3 {
        let tone = trial.heard();
        whole = if (0.08..0.12).contains(&tone) { whole + 1 } else { 0 };
    }
    trial.end();
}

#[test]
fn the_systems_own_choice_is_used_by_name() {
    let pulse = Pulse::start();
    // What is played into the one is not heard from the other: the cables are crossed.
    let mut trial = Trial::begin(&pulse, "mic:default", "speaker:default");
    for _ in 0..10 {
        assert!(trial.heard() < 0.001);
    }
    trial.end();
}

#[test]
fn what_is_closed_is_closed_for_the_system_too() {
    let pulse = Pulse::start();
    let before = pulse.streams();
    let mut events = pulse.events();
    let mut trial = Trial::begin(&pulse, "mic:pulseaudio:mic_b", "speaker:pulseaudio:cable_ab");
    events.wait_for(&["'new' on sink-input", "'new' on source-output"]);
    trial.close();
    events.wait_until(|| pulse.streams() == before);
    trial.end();
}

#[test]
fn a_device_that_goes_is_told() {
    let pulse = Pulse::start();
    let mut trial = Trial::begin(&pulse, "mic:pulseaudio:mic_b", "speaker:pulseaudio:cable_ab");
    trial.heard();
    drop(pulse);
    let mut failed = [trial.failed(), trial.failed()];
    failed.sort_unstable();
    assert_eq!(failed, ["microphone", "speaker"]);
    trial.end();
}
