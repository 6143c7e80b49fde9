//! The code survives what pictures go through: scaling, noise, bars at the sides, screens, mirrors.

use super::super::picture::Picture;
use super::super::scale::{Scaler, fit};
use super::*;
use proptest::prelude::*;

fn stamped(stamp: Stamp, size: Size) -> Picture {
    let mut planes = vec![90; size.bytes()];
    assert!(draw(stamp, size, &mut planes));
    Picture::new(size, 0, planes).unwrap()
}

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).unwrap()
}

const SOME: Stamp = Stamp { number: 0x1234_5678, time_ms: 1_795_000_000_123 };

#[test]
fn the_check_is_the_one_of_zip() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

/// The layout is written down for others to read by: it does not change.
#[test]
fn the_layout_stays() {
    let size = size(320, 180);
    let picture = stamped(SOME, size);
    let place = Place::within(size).unwrap();
    assert_eq!(place, Place { x: 85, y: 67, cell: 5 });
    let cell = |column: u32, row: u32| {
        let (x, y) = (place.x + column * 5 + 2, place.y + row * 5 + 2);
        if picture.y()[(y * 320 + x) as usize] < 126 { '#' } else { '.' }
    };
    let drawn: Vec<String> =
        (0..9).map(|row| (0..30).map(|column| cell(column, row)).collect()).collect();
    let expected = [
        "..............................",
        ".#.###.#....#..#...##.#...#.#.",
        ".#.###.#..#.#.##..####....#.#.",
        ".#.###.#........##.#....#.#.#.",
        ".#.###.#.###.###..#.#.##..#.#.",
        ".#.###.#..#.####..####.##.#.#.",
        ".#.###.#.##...#..#.#..###.#.#.",
        ".#.###.#....#.#.##..#.#...#.#.",
        "..............................",
    ];
    assert_eq!(drawn, expected);
}

#[test]
fn sizes_of_calls_are_read() {
    for from in [size(1280, 720), size(1920, 1080), size(640, 480), size(720, 1280)] {
        let picture = stamped(SOME, from);
        assert_eq!(read(&picture), Some(SOME));
        for most in [size(640, 360), size(320, 180), size(426, 240)] {
            let scaled = Scaler::new().scale(&picture, fit(from, most));
            assert_eq!(read(&scaled), Some(SOME), "{from:?} {most:?}");
        }
    }
}

#[test]
fn what_is_too_small_has_none() {
    let mut planes = vec![1; size(106, 200).bytes()];
    assert!(!draw(SOME, size(106, 200), &mut planes));
    assert!(planes.iter().all(|pixel| *pixel == 1));
    assert!(!draw(SOME, size(640, 360), &mut planes));
}

#[test]
fn sizes_that_are_lies_have_none() {
    let bytes = [0; 64];
    for [width, height, stride] in [
        [8, 9, 8],
        [9, 8, 8],
        [0, 0, 0],
        [0, 8, 0],
        [8, 0, 8],
        [usize::MAX, 2, usize::MAX],
        [2, usize::MAX, 2],
        [1, usize::MAX, usize::MAX],
    ] {
        assert_eq!(find_in_luma(&bytes, width, height, stride), []);
        assert_eq!(find_in_pixels(&bytes, width, height, stride), []);
    }
}

/// A window on a screen: the remote picture, and a small mirrored one of oneself.
#[test]
fn both_codes_on_a_screen_are_found() {
    let (width, height) = (1366, 768);
    let mut screen = vec![30; width * height * 4];
    let mut put = |picture: &Picture, left: usize, top: usize, mirrored: bool| {
        let across = picture.size().width as usize;
        for (y, row) in picture.y().chunks_exact(across).enumerate() {
            for (x, bright) in row.iter().enumerate() {
                let x = left + if mirrored { across - 1 - x } else { x };
                let pixel = ((top + y) * width + x) * 4;
                let full = (f32::from(*bright) - 16.0) * 255.0 / 219.0;
                screen[pixel..pixel + 4].fill(full.clamp(0.0, 255.0) as u8);
            }
        }
    };
    let far = Stamp { number: 7, time_ms: 1 };
    put(&Scaler::new().scale(&stamped(far, size(1280, 720)), size(926, 520)), 201, 33, false);
    put(&Scaler::new().scale(&stamped(SOME, size(640, 360)), size(240, 134)), 1101, 600, true);
    let found = find_in_pixels(&screen, width, height, width * 4);
    let told: Vec<_> = found.iter().map(|found| (found.stamp, found.mirrored)).collect();
    assert_eq!(told, [(far, false), (SOME, true)]);
    // A cell of 20 pixels has become one of 14.47.
    let close = |a: f32, b: f32| (a - b).abs() < 2.5;
    assert!(close(found[0].width, 405.2) && close(found[0].height, 101.1), "{found:?}");
    assert!(close(found[0].left, 201.0 + 260.4), "{found:?}");
}

fn noise(seed: &mut u32, reach: i16) -> i16 {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*seed >> 16) as i16 % (reach + 1) * if *seed >> 8 & 1 == 1 { 1 } else { -1 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn scaled_and_noisy_codes_are_read(
        number: u32,
        time_ms in 0_u64..1 << 48,
        large: bool,
        by in (0.25_f64..1.5, 0.97_f64..1.03),
        reach in 0_i16..=20,
        mut seed: u32,
    ) {
        let stamp = Stamp { number, time_ms };
        let from = if large { size(1280, 720) } else { size(640, 480) };
        let even = |side: u32, by: f64| ((f64::from(side) * by / 2.0).round() as u32 * 2).max(2);
        let to = size(even(from.width, by.0), even(from.height, by.0 * by.1));
        let scaled = Scaler::new().scale(&stamped(stamp, from), to);
        let noisy: Vec<u8> = scaled
            .y()
            .iter()
            .map(|bright| (i16::from(*bright) + noise(&mut seed, reach)).clamp(0, 255) as u8)
            .collect();
        let width = to.width as usize;
        let found = find_in_luma(&noisy, width, to.height as usize, width);
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!((found[0].stamp, found[0].mirrored), (stamp, false));
    }

    #[test]
    fn nothing_is_found_where_nothing_is(bytes in proptest::collection::vec(any::<u8>(), 4000..5000)) {
        prop_assert_eq!(find_in_luma(&bytes, 80, 50, 80), []);
        prop_assert_eq!(find_in_pixels(&bytes, 25, 40, 100), []);
    }

    /// Random bars look like finders most of all.
    #[test]
    fn random_bars_do_no_harm(bars in proptest::collection::vec(1_usize..9, 100..200)) {
        let mut line = Vec::new();
        for (number, bar) in bars.iter().enumerate() {
            line.resize(line.len() + bar, if number % 2 == 0 { 240 } else { 10 });
        }
        let width = line.len();
        let bytes = line.repeat(40);
        prop_assert_eq!(find_in_luma(&bytes, width, 40, width), []);
    }
}
