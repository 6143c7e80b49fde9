//! What comes over a link, for the fuzzer.

use super::assemble::{Assembler, Part};
use super::payload::{begins, join};
use super::sdp::{check_candidate, check_offer, read};
use crate::fuzz::pieces;
use crate::media::coded::PictureFormat;

const FORMATS: [PictureFormat; 2] = [PictureFormat::H264, PictureFormat::Vp8];

/// The payloads of one picture's packets.
pub fn payloads(bytes: &[u8]) {
    for format in FORMATS {
        if let Ok((picture, _)) = join(format, pieces(bytes)) {
            assert!(picture.len() <= 5 * bytes.len());
        }
        pieces(bytes).for_each(|payload| drop(begins(format, payload)));
    }
}

/// Packets in any order, at any time.
pub fn packets(bytes: &[u8]) {
    let mut assembler = Assembler::new(100_000);
    let mut now = 0;
    for piece in pieces(bytes) {
        let Some((head, payload)) = piece.split_first_chunk::<4>() else { continue };
        let [high, low, time, step] = *head;
        now += u64::from(step) * 1000;
        let part = Part {
            format: FORMATS[usize::from(time & 1)],
            sequence: u16::from_be_bytes([high, low]),
            time: u32::from(time >> 1),
            last: step & 1 == 1,
            payload: payload.to_vec().into(),
        };
        assembler.push(now, part);
        while assembler.poll(now).is_some() {}
    }
}

/// A description or a candidate.
pub fn description(text: &str) {
    if let Ok(formats) = read(text) {
        (0..=255).for_each(|kind| drop(formats.picture(kind)));
    }
    let _ = (check_offer(text), check_candidate(text));
}
