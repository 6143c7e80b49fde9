//! How a person hears: what a speaker of a PulseAudio is given, recorded and searched for a tone; and a voice to
//! speak into a cable with.

use crate::process::Process;
use crate::pulse::Pulse;
use crate::stage::Stage;
use std::f64::consts::TAU;
use std::io::Read;
use std::process::{ChildStdout, Command};

const RATE: u32 = 48_000;
/// Samples that are listened to at once: a tenth of a second.
const PIECE: usize = 4800;
/// Pieces in a row that make silence sure.
const SURE: usize = 3;
/// Pieces to listen to in vain: a minute.
const PATIENCE: usize = 600;

/// Someone who listens at a speaker.
pub(crate) struct Ears {
    sound: ChildStdout,
    _recorder: Process,
}

impl Ears {
    /// Listens to all that is played on a speaker from now on.
    pub(crate) fn at(stage: &Stage, pulse: &Pulse, speaker: &str) -> Self {
        let (recorder, sound) = Process::start_and_read(
            Command::new("parec")
                .args(["--server", &pulse.address(), "--device", &format!("{speaker}.monitor")])
                .args(["--raw", "--format=s16le", "--channels=1", "--latency-msec=50"])
                .arg(format!("--rate={RATE}")),
            &stage.log("ears"),
        );
        let mut ears = Self { sound, _recorder: recorder };
        ears.piece();
        ears
    }

    fn piece(&mut self) -> Vec<f64> {
        let mut bytes = vec![0; PIECE * 2];
        self.sound.read_exact(&mut bytes).expect("a recorder that goes on");
        let samples = bytes.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]]));
        samples.map(|sample| f64::from(sample) / 32768.0).collect()
    }

    /// Listens until a tone is there, louder than all else together. Once is enough: sound has gaps on a busy computer.
    pub(crate) fn hear(&mut self, hz: f64) {
        self.listen(&format!("a tone of {hz} Hz"), 1, |piece| {
            let tone = amplitude(piece, hz);
            tone > 0.02 && tone * tone > power(piece)
        });
    }

    /// Listens until a voice at this pitch was heard, which comes and goes.
    pub(crate) fn hear_voice(&mut self, hz: f64) {
        self.listen("a voice", 1, |piece| amplitude(piece, hz) > 0.01);
    }

    /// Listens until there is nothing at all for a while.
    pub(crate) fn miss(&mut self) {
        self.listen("silence", SURE, |piece| power(piece) < 1e-7);
    }

    /// Listens until so many pieces in a row are of a kind.
    fn listen(&mut self, what: &str, wanted: usize, kind: impl Fn(&[f64]) -> bool) {
        let (mut row, mut heard) = (0, Vec::new());
        while row < wanted {
            let piece = self.piece();
            row = if kind(&piece) { row + 1 } else { 0 };
            heard.push(power(&piece).sqrt());
            assert!(heard.len() < PATIENCE, "no {what}, but this loud: {heard:.4?}");
        }
    }
}

/// Speaks into a cable: a tone that comes and goes as syllables do, for two minutes.
pub(crate) fn speak(stage: &Stage, pulse: &Pulse, cable: &str, hz: f64) -> Process {
    let file = stage.folder("voice").join("voice.raw");
    let sample = |at: u32| {
        let time = f64::from(at) / f64::from(RATE);
        let syllable = (time * TAU * 3.0).sin().max(0.0);
        let sample = 0.3 * syllable * (time * TAU * hz).sin();
        ((sample * 32767.0) as i16).to_le_bytes()
    };
    std::fs::write(&file, (0..RATE * 120).flat_map(sample).collect::<Vec<_>>()).unwrap();
    Process::start(
        Command::new("pacat")
            .args(["--server", &pulse.address(), "--playback", "--device", cable])
            .args(["--raw", "--format=s16le", "--channels=1"])
            .arg(format!("--rate={RATE}"))
            .arg(file),
        &stage.log("voice"),
    )
}

fn power(piece: &[f64]) -> f64 {
    piece.iter().map(|sample| sample * sample).sum::<f64>() / piece.len() as f64
}

/// How loud a tone is in a piece, by Goertzel's way.
fn amplitude(piece: &[f64], hz: f64) -> f64 {
    let turn = 2.0 * (TAU * hz / f64::from(RATE)).cos();
    let (last, before) = piece
        .iter()
        .fold((0.0, 0.0), |(last, before), sample| (sample + turn * last - before, last));
    let power = last * last + before * before - turn * last * before;
    2.0 * power.max(0.0).sqrt() / piece.len() as f64
}

#[test]
fn a_tone_is_told_from_another_and_from_silence() {
    let tone = |hz: f64| -> Vec<f64> {
        let samples = 0..PIECE as u32;
        samples.map(|at| 0.1 * (f64::from(at) / f64::from(RATE) * TAU * hz).sin()).collect()
    };
    assert!((amplitude(&tone(1000.0), 1000.0) - 0.1).abs() < 0.001);
    assert!((power(&tone(1000.0)) - 0.005).abs() < 0.0001);
    assert!(amplitude(&tone(660.0), 1000.0) < 0.005);
    assert_eq!(amplitude(&[0.0; PIECE], 1000.0), 0.0);
}
