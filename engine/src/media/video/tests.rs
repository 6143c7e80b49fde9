//! What goes into a codec comes out of it, at the rate that was asked for; and nothing that comes from elsewhere does
//! harm.

mod threads;

use super::codec::{
    CodecFault, Coded, PictureDecoder, PictureEncoder, Rate, decoder, encoder, formats,
};
use crate::device::camera::{Moment, Source, source};
use crate::media::barcode::{self, Stamp};
use crate::media::coded::PictureFormat;
use crate::media::picture::{Picture, Size};
use crate::media::scale::Scaler;
use proptest::prelude::*;

/// The test picture, in its order.
struct Pattern(Box<dyn Source>, u64);

impl Pattern {
    fn new(width: u32, height: u32) -> Self {
        Self(source(&format!("test:pattern?w={width}&h={height}").parse().unwrap()).unwrap(), 0)
    }

    fn next(&mut self) -> Picture {
        let (number, taken_us) = (self.1, 1_000_000 + self.1 * 33_333);
        self.1 += 1;
        let wall_ms = 1_795_000_000_000 + taken_us / 1000;
        self.0.next_picture(Moment { number, taken_us, wall_ms }).unwrap().unwrap()
    }
}

/// Of the bright plane, in decibels.
fn psnr(a: &Picture, b: &Picture) -> f64 {
    assert_eq!(a.size(), b.size());
    let squares = a.y().iter().zip(b.y()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2));
    let mean = squares.sum::<u64>() as f64 / a.y().len() as f64;
    10.0 * (255.0 * 255.0 / mean.max(0.001)).log10()
}

fn rate(kbit_s: u32) -> Rate {
    Rate { bit_s: kbit_s * 1000, fps: 30.0 }
}

type Codec = (Box<dyn PictureEncoder>, Box<dyn PictureDecoder>);

fn codec(format: PictureFormat, kbit_s: u32) -> Codec {
    (encoder(format, rate(kbit_s)).unwrap(), decoder(format).unwrap())
}

#[test]
fn pictures_come_out_as_they_went_in() {
    for format in formats() {
        for (width, height, kbit_s) in [
            (640, 360, 800),
            (1280, 720, 1500),
            (1920, 1080, 3000),
            (360, 640, 800),
            (322, 178, 500),
        ] {
            let (mut encoder, mut decoder) = codec(*format, kbit_s);
            let mut pattern = Pattern::new(width, height);
            let mut worst = f64::MAX;
            for number in 0..20 {
                let picture = pattern.next();
                let Some(coded) = encoder.encode(&picture, false).unwrap() else { continue };
                assert_eq!(coded.key, number == 0, "{format:?}");
                let decoded = decoder.decode(&coded.data).unwrap().unwrap();
                worst = worst.min(psnr(&picture, &decoded));
                // Colours too: whoever exchanges the two planes has a far larger difference.
                for (a, b) in [(picture.u(), decoded.u()), (picture.v(), decoded.v())] {
                    let off: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
                    assert!(off / (a.len() as u64) < 4, "{format:?} {width} {number}");
                }
            }
            assert!(worst > 30.0, "{format:?} {width} by {height}: {worst:.1} dB");
        }
    }
}

/// The picture has a mark in its upper left corner alone: turned or mirrored, it would be elsewhere.
#[test]
fn corners_stay_where_they_were() {
    for format in formats() {
        let (mut encoder, mut decoder) = codec(*format, 1000);
        let picture = Pattern::new(640, 360).next();
        let coded = encoder.encode(&picture, true).unwrap().unwrap();
        let decoded = decoder.decode(&coded.data).unwrap().unwrap();
        let at = |x: usize, y: usize| decoded.y()[y * 640 + x] > 180;
        let corners = [at(20, 20), at(619, 20), at(20, 339), at(619, 339)];
        assert_eq!(corners, [true, false, false, false], "{format:?}");
    }
}

#[test]
fn the_barcode_survives_a_low_rate() {
    for format in formats() {
        let (mut encoder, mut decoder) = codec(*format, 300);
        let mut pattern = Pattern::new(640, 360);
        let (mut coded, mut scaler) = (0, Scaler::new());
        for number in 0..90 {
            let picture = pattern.next();
            let stamp = barcode::read(&picture);
            let Some(one) = encoder.encode(&picture, false).unwrap() else { continue };
            coded += 1;
            let decoded = decoder.decode(&one.data).unwrap().unwrap();
            assert_eq!(barcode::read(&decoded), stamp, "{format:?} {number}");
            for small in [Size::new(320, 180).unwrap(), Size::new(426, 240).unwrap()] {
                let small = scaler.scale(&decoded, small);
                assert_eq!(barcode::read(&small), stamp, "{format:?} {number}");
            }
        }
        assert!(coded >= 75, "{format:?}: {coded}");
    }
}

/// Pictures that take whatever they are given: noise that moves.
fn restless(number: u64) -> Picture {
    let size = Size::new(640, 360).unwrap();
    let mut seed = 1_u32;
    let texture: Vec<u8> = (0..size.bytes())
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (96 + (seed >> 26)) as u8
        })
        .collect();
    let mut planes = texture;
    planes[..size.luma()].rotate_right(number as usize * 4483 % size.luma());
    Picture::new(size, 1_000_000 + number * 33_333, planes).unwrap()
}

#[test]
fn a_change_of_the_rate_is_followed() {
    for format in formats() {
        let (mut encoder, _) = codec(*format, 1500);
        let mut number = 0;
        let mut spent = |encoder: &mut Box<dyn PictureEncoder>, pictures: u64| {
            let mut bytes = 0;
            for _ in 0..pictures {
                let coded = encoder.encode(&restless(number), false).unwrap();
                bytes += coded.map_or(0, |coded| coded.data.len());
                number += 1;
            }
            bytes as f64 * 8.0 * 30.0 / 1000.0 / pictures as f64
        };
        spent(&mut encoder, 60);
        for (kbit_s, settle) in [(1500, 0), (500, 10), (2500, 30), (1000, 10)] {
            encoder.set_rate(rate(kbit_s));
            spent(&mut encoder, settle);
            let found = spent(&mut encoder, 45);
            let within = f64::from(kbit_s) * 0.6..f64::from(kbit_s) * 1.3;
            assert!(within.contains(&found), "{format:?}: {found:.0} kbit/s of {kbit_s}");
        }
    }
}

#[test]
fn key_pictures_come_on_demand_and_with_each_size_alone() {
    for format in formats() {
        let (mut encoder, mut decoder) = codec(*format, 800);
        let (mut large, mut small) = (Pattern::new(640, 360), Pattern::new(320, 180));
        let mut keys = Vec::new();
        for number in 0..150 {
            let picture = if number < 100 {
                large.next()
            } else {
                small.next().taken_at(5_000_000 + number * 33_333)
            };
            let coded = encoder.encode(&picture, number == 50).unwrap();
            let Some(coded) = coded else { continue };
            if coded.key {
                keys.push(number);
                // It can be read without those before it.
                let mut fresh = super::codec::decoder(*format).unwrap();
                assert_eq!(fresh.decode(&coded.data).unwrap().unwrap().size(), picture.size());
            }
            assert_eq!(decoder.decode(&coded.data).unwrap().unwrap().size(), picture.size());
        }
        assert_eq!(keys, [0, 50, 100], "{format:?}");
    }
}

#[cfg(feature = "h264")]
#[test]
fn h264_is_constrained_baseline_with_its_parameter_sets() {
    let (mut encoder, _) = codec(PictureFormat::H264, 1500);
    let mut pattern = Pattern::new(1280, 720);
    for number in 0..3 {
        let coded = encoder.encode(&pattern.next(), number == 2).unwrap().unwrap();
        let starts = coded.data.windows(4).enumerate().filter(|(_, w)| w[..3] == [0, 0, 1]);
        let units: Vec<(usize, u8)> = starts.map(|(at, w)| (at, w[3] & 31)).collect();
        let kinds: Vec<u8> = units.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, if number == 1 { vec![1] } else { vec![7, 8, 5] });
        if number == 0 {
            let set = &coded.data[units[0].0 + 4..];
            // Profile 66; the second constraint makes it the constrained one; level 3.1.
            assert_eq!((set[0], set[1] & 0x40, set[2]), (66, 0x40, 31));
        }
    }
}

#[cfg(feature = "vp8")]
#[test]
fn vp8_is_not_read_before_a_key_picture() {
    let (mut encoder, mut decoder) = codec(PictureFormat::Vp8, 800);
    let mut pattern = Pattern::new(320, 180);
    let key = encoder.encode(&pattern.next(), false).unwrap().unwrap();
    let next = encoder.encode(&pattern.next(), false).unwrap().unwrap();
    assert!(matches!(decoder.decode(&next.data), Err(CodecFault::Unreadable(_))));
    assert!(decoder.decode(&key.data).unwrap().is_some());
    assert!(decoder.decode(&next.data).unwrap().is_some());
}

#[cfg(feature = "h264")]
#[test]
fn h264_tells_when_a_picture_is_missing() {
    let (mut encoder, mut decoder) = codec(PictureFormat::H264, 800);
    let mut pattern = Pattern::new(320, 180);
    let mut coded: Vec<Coded> = Vec::new();
    while coded.len() < 4 {
        coded.extend(encoder.encode(&pattern.next(), false).unwrap());
    }
    assert!(decoder.decode(&coded[0].data).unwrap().is_some());
    let after_gap = decoder.decode(&coded[2].data);
    assert!(!matches!(after_gap, Ok(Some(_))), "{after_gap:?}");
}

#[test]
fn pictures_that_would_take_the_memory_are_refused() {
    for (format, data) in [
        // A baseline parameter set of 512 by 512 blocks, and a key picture of 16383 by 16383.
        (
            PictureFormat::H264,
            &[0, 0, 0, 1, 0x67, 66, 0xC0, 0x1F, 0xD9, 0x00, 0x80, 0x01, 0x00, 0x58][..],
        ),
        (PictureFormat::Vp8, &[0x10, 0, 0, 0x9D, 1, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F, 0, 0][..]),
    ] {
        if formats().contains(&format) {
            let refused = decoder(format).unwrap().decode(data);
            assert!(matches!(refused, Err(CodecFault::TooLarge { .. })), "{format:?} {refused:?}");
        }
    }
}

fn stream(format: PictureFormat, pictures: usize) -> Vec<Coded> {
    let (mut encoder, _) = codec(format, 500);
    let mut pattern = Pattern::new(160, 120);
    (0..pictures).filter_map(|_| encoder.encode(&pattern.next(), false).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_streams_do_no_harm(
        damage in proptest::collection::vec((0_usize..8, any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in proptest::collection::vec(any::<prop::sample::Index>(), 8),
        cuts in 0_u8..4,
    ) {
        for format in formats() {
            let mut decoder = decoder(*format).unwrap();
            for (number, coded) in stream(*format, 8).into_iter().enumerate() {
                let mut data = coded.data.to_vec();
                for (_, at, byte) in damage.iter().filter(|(which, ..)| *which == number) {
                    let at = at.index(data.len());
                    data[at] = *byte;
                }
                if cuts == 0 {
                    data.truncate(cut[number].index(data.len()));
                }
                let _ = decoder.decode(&data);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..4),
        head: bool,
    ) {
        for format in formats() {
            let mut decoder = decoder(*format).unwrap();
            if head {
                prop_assert!(decoder.decode(&stream(*format, 1)[0].data).unwrap().is_some());
            }
            for piece in &pieces {
                let _ = decoder.decode(piece);
                let _ = decoder.decode(&[&[0, 0, 0, 1][..], piece].concat());
            }
        }
    }
}

#[test]
fn stamps_say_what_the_test_says() {
    let stamp = barcode::read(&Pattern::new(320, 180).next());
    assert_eq!(stamp, Some(Stamp { number: 0, time_ms: 1_795_000_001_000 }));
}
