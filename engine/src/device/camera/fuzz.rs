//! Files that play as a camera, for the fuzzer.

use super::mjpeg::Mjpeg;
use super::y4m::Y4m;
use super::{Moment, Source};
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

fn play(mut file: impl Source) {
    for number in 0..MOST {
        let moment = Moment { number, taken_us: number, wall_ms: number };
        match file.next_picture(moment) {
            Ok(Some(picture)) => assert!(picture.size().width > 0),
            Ok(None) | Err(_) => return,
        }
    }
}
