//! Files that play as a camera, and what real ones give, for the fuzzer.

use super::mjpeg::Mjpeg;
use super::pixels::Raw;
use super::wish::Coding;
use super::y4m::Y4m;
use super::{Moment, Source};
use crate::media::picture::Size;
use std::io::Cursor;
use std::path::Path;

/// Pictures that are taken of a file at most.
const MOST: u64 = 8;

/// Raw pictures.
pub fn y4m(bytes: &[u8]) {
    if let Ok(file) = Y4m::open(Cursor::new(bytes), Path::new("any"), true, 0) {
        play(file);
    }
}

/// JPEG after JPEG.
pub fn mjpeg(bytes: &[u8]) {
    play(Mjpeg::new(Cursor::new(bytes), Path::new("any"), true, 30));
}

/// A frame of a camera, behind its coding, its size and its stride.
pub fn camera(bytes: &[u8]) {
    let Some(([coding, width, height, stride], bytes)) = bytes.split_first_chunk() else { return };
    let coding = match coding % 4 {
        0 => Coding::Yuyv,
        1 => Coding::Nv12,
        2 => Coding::I420,
        _ => Coding::Mjpeg,
    };
    let even = |side: &u8| (u32::from(*side) + 1) * 2;
    let Some(size) = Size::new(even(width), even(height)) else { return };
    let raw = Raw { coding, size, stride: u32::from(*stride) * 8, bytes };
    if let Ok(picture) = raw.picture(0) {
        assert_eq!(picture.size(), size);
    }
}

fn play(mut file: impl Source) {
    for number in 0..MOST {
        let moment = Moment { number, taken_us: number, wall_ms: number };
        match file.next_picture(moment) {
            Ok(Some(picture)) => assert!(picture.size().width > 0),
            Ok(None) | Err(_) => return,
        }
    }
}
