//! The same picture in each coding, whole, with gaps between lines, and cut short.

use super::*;
use proptest::prelude::*;

const SIZE: (u32, u32) = (8, 4);

fn size() -> Size {
    Size::new(SIZE.0, SIZE.1).unwrap()
}

/// A picture that is another at each place, the same for both lines that share colours.
fn planes() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let y = (0..32).map(|at| 16 + at * 5).collect();
    let u = (0..8).map(|at| 90 + at).collect();
    let v = (0..8).map(|at| 190 - at).collect();
    (y, u, v)
}

/// The same picture as a camera codes it, with so many bytes behind each line of the first plane.
fn coded(coding: Coding, gap: usize) -> (Vec<u8>, u32) {
    let (y, u, v) = planes();
    let rows = |plane: &[u8], width: usize, gap: usize| -> Vec<u8> {
        plane.chunks(width).flat_map(|row| row.iter().copied().chain(vec![0xEE; gap])).collect()
    };
    match coding {
        Coding::Yuyv => {
            let packed = (0..4).flat_map(|row| {
                let (y, u, v) = (&y, &u, &v);
                (0..4).flat_map(move |pair| {
                    let (at, colour) = (row * 8 + pair * 2, row / 2 * 4 + pair);
                    [y[at], u[colour], y[at + 1], v[colour]]
                })
            });
            (rows(&packed.collect::<Vec<_>>(), 16, gap), 16 + gap as u32)
        }
        Coding::Nv12 => {
            let colours: Vec<u8> = u.iter().zip(&v).flat_map(|(u, v)| [*u, *v]).collect();
            ([rows(&y, 8, gap), rows(&colours, 8, gap)].concat(), 8 + gap as u32)
        }
        Coding::I420 => {
            let all = [rows(&y, 8, gap), rows(&u, 4, gap / 2), rows(&v, 4, gap / 2)].concat();
            (all, 8 + gap as u32)
        }
        Coding::Mjpeg => unreachable!("not made here"),
    }
}

const PLAIN: [Coding; 3] = [Coding::Yuyv, Coding::Nv12, Coding::I420];

#[test]
fn each_coding_is_taken_apart_whatever_lies_between_lines() {
    let (y, u, v) = planes();
    for coding in PLAIN {
        for gap in [0, 2, 56] {
            let (bytes, stride) = coded(coding, gap);
            let raw = Raw { coding, size: size(), stride, bytes: &bytes };
            let picture = raw.picture(5).unwrap();
            assert_eq!(picture.y(), y, "{coding:?} {gap}");
            assert_eq!(picture.u(), u, "{coding:?} {gap}");
            assert_eq!(picture.v(), v, "{coding:?} {gap}");
            assert_eq!(picture.taken_us(), 5);
        }
    }
}

#[test]
fn the_last_line_needs_nothing_behind_it_and_no_byte_less() {
    for coding in PLAIN {
        let (bytes, stride) = coded(coding, 8);
        let behind = if coding == Coding::I420 { 4 } else { 8 };
        let enough = &bytes[..bytes.len() - behind];
        let raw = |bytes| Raw { coding, size: size(), stride, bytes };
        assert!(raw(enough).picture(0).is_ok(), "{coding:?}");
        assert!(raw(&enough[..enough.len() - 1]).picture(0).is_err(), "{coding:?}");
        assert!(raw(&[]).picture(0).is_err(), "{coding:?}");
        let narrow = Raw { stride: 7, ..raw(enough) };
        assert!(narrow.picture(0).is_err(), "{coding:?}");
    }
}

#[test]
fn a_jpeg_of_another_size_or_cut_to_nothing_is_refused() {
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
    let pixels = vec![128; 8 * 4 * 3];
    image::ImageEncoder::write_image(encoder, &pixels, 8, 4, image::ExtendedColorType::Rgb8)
        .unwrap();
    let raw = |size, bytes| Raw { coding: Coding::Mjpeg, size, stride: 0, bytes };
    assert_eq!(raw(size(), &jpeg).picture(3).unwrap().size(), size());
    assert!(raw(Size::new(16, 4).unwrap(), &jpeg).picture(3).is_err());
    assert!(raw(size(), &jpeg[..20]).picture(3).is_err());
    assert!(raw(size(), b"no picture at all").picture(3).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_a_picture_or_refused(
        coding in prop::sample::select(vec![Coding::Yuyv, Coding::Nv12, Coding::I420, Coding::Mjpeg]),
        width in 1_u32..40,
        height in 1_u32..40,
        stride in 0_u32..200,
        bytes in prop::collection::vec(any::<u8>(), 0..8192),
    ) {
        let size = Size::new(width * 2, height * 2).unwrap();
        if let Ok(picture) = (Raw { coding, size, stride, bytes: &bytes }).picture(0) {
            prop_assert_eq!(picture.size(), size);
        }
    }
}
