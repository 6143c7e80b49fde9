//! Tries the sound devices of a computer, and says what it hears in lines of JSON:
//! `cargo run -p visavis-engine --example sound -- list`, or
//! `... -- try --microphone URI --speaker URI [--hz 1000]`, which plays a tone until it reads a line or its input ends,
//! closes both, and ends with its input.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use visavis_engine::api::ApiError;
use visavis_engine::device::sound::pace::Pace;
use visavis_engine::device::sound::{Microphone, RATE, Sink, Source, Speaker, Told, list};
use visavis_engine::device::{DeviceFault, DeviceUri};

/// Samples after which is said what was heard: 0.1 s.
const REPORT: usize = 4800;

/// What happened.
enum Happened {
    Heard { tone: f64 },
    Failed { device: &'static str, fault: DeviceFault },
    Over,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let result = match words.first().map(String::as_str) {
        Some("list") => say_list(),
        Some("try") => try_devices(&words[1..]),
        _ => Err("usage: sound list | sound try --microphone URI --speaker URI [--hz 1000]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sound: {error}");
            ExitCode::FAILURE
        }
    }
}

type Trouble = Box<dyn std::error::Error>;

fn say(line: &serde_json::Value) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn say_list() -> Result<(), Trouble> {
    let (microphones, speakers) = list();
    say(&serde_json::json!({ "microphones": microphones, "speakers": speakers }))
}

fn try_devices(words: &[String]) -> Result<(), Trouble> {
    let (mut microphone, mut speaker, mut hz) = (DeviceUri::Null, DeviceUri::Null, 1000);
    for pair in words.chunks(2) {
        match pair {
            [name, value] if name == "--microphone" => microphone = value.parse()?,
            [name, value] if name == "--speaker" => speaker = value.parse()?,
            [name, value] if name == "--hz" => hz = value.parse()?,
            _ => return Err(format!("what is {}?", pair.join(" ")).into()),
        }
    }
    let (happens, happened) = sync_channel(64);
    let pace = Pace::steady();
    let failed = |device: &'static str| -> Told {
        let happens = happens.clone();
        Box::new(move |fault| drop(happens.send(Happened::Failed { device, fault })))
    };
    let speaker = Speaker::open(&speaker, &pace, tone(hz), failed("speaker"))?;
    let listening = listen(hz, happens.clone());
    let microphone = Microphone::open(&microphone, &pace, listening, failed("microphone"))?;
    say(&serde_json::json!({ "type": "opened" }))?;
    let input = thread::Builder::new().name("input".to_owned()).spawn(move || {
        let mut lines = io::stdin().lock().lines();
        lines.next();
        drop(happens.send(Happened::Over));
        lines.for_each(drop);
    })?;
    for happened in happened {
        match happened {
            Happened::Heard { tone } => say(&serde_json::json!({ "type": "heard", "tone": tone }))?,
            Happened::Failed { device, fault } => {
                let error = ApiError::from(fault);
                let line = serde_json::json!({ "type": "failed", "of": device, "error": error });
                say(&line)?;
            }
            Happened::Over => break,
        }
    }
    drop((microphone, speaker));
    say(&serde_json::json!({ "type": "closed" }))?;
    // Whoever looks whether the devices are closed must not see that the program has ended.
    input.join().map_err(|_| "the input could not be read".into())
}

/// A tone at -20 dBFS.
fn tone(hz: u32) -> Source {
    let mut turn = 0.0_f64;
    Box::new(move |block, _| {
        for sample in block {
            *sample = (0.1 * (turn * std::f64::consts::TAU).sin()) as f32;
            turn = (turn + f64::from(hz) / f64::from(RATE)).fract();
        }
    })
}

/// How much of what is heard is the tone, where 1 is a sine of full scale.
fn listen(hz: u32, happens: SyncSender<Happened>) -> Sink {
    let (mut heard, mut re, mut im) = (0, 0.0_f64, 0.0_f64);
    Box::new(move |block, _| {
        for sample in block {
            let turn = std::f64::consts::TAU * f64::from(hz) * heard as f64 / f64::from(RATE);
            re += f64::from(*sample) * turn.cos();
            im += f64::from(*sample) * turn.sin();
            heard += 1;
        }
        if heard >= REPORT {
            let tone = 2.0 * (re * re + im * im).sqrt() / heard as f64;
            (heard, re, im) = (0, 0.0, 0.0);
            // The device's thread waits for nobody.
            drop(happens.try_send(Happened::Heard { tone }));
        }
    })
}
