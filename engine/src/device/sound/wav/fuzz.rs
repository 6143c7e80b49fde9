//! Files that play as a microphone, for the fuzzer.

use super::read::Wav;
use std::io::Cursor;

/// Samples behind a head.
pub fn wav(bytes: &[u8]) {
    let Ok(mut file) = Wav::open(Cursor::new(bytes)) else { return };
    let mut into = Vec::new();
    let _ = file.read(&mut into, 4800, true);
    assert!(into.len() <= 4800);
}
