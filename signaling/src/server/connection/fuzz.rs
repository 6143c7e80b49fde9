//! What comes over a connection, for the fuzzer.

use super::Intake;
use super::http::read_head;
use super::intake::Said;

/// The beginning of a request.
pub(in crate::server) fn head(bytes: &[u8]) {
    let _ = read_head(bytes);
}

/// Frames, in two parts; the first byte says where the cut is.
pub(in crate::server) fn frames(bytes: &[u8]) {
    const MOST: usize = 4096;
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let (first, second) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let mut intake = Intake::default();
    for part in [first, second] {
        let taken = intake.take_in(&mut part.to_vec(), MOST, |said| {
            if let Said::Text(text) = said {
                assert!(text.len() <= MOST);
            }
            Ok(())
        });
        if taken.is_err() {
            return;
        }
    }
}
