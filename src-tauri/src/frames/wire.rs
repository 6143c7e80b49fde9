//! What goes through the frame door to the page, byte by byte: pictures behind a head of 32 bytes, and how
//! loud calls are. It also says how large a picture is made for the place that shows it.

use serde_json::json;
use visavis_engine::engine::Levels;
use visavis_engine::media::picture::{Picture, Size};

/// Bytes before the planes.
pub(super) const HEAD: usize = 32;

/// A picture as it is sent: little-endian numbers, then Y, U and V.
pub(super) fn picture(view: u32, number: u32, picture: &Picture) -> Vec<u8> {
    let size = picture.size();
    // A picture's sides fit: none is longer than `Size::MOST`.
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(HEAD + size.bytes());
    bytes.extend(view.to_le_bytes());
    bytes.extend(number.to_le_bytes());
    bytes.extend(side(size.width).to_le_bytes());
    bytes.extend(side(size.height).to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(picture.taken_us().to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.extend(picture.bytes());
    bytes
}

/// How loud a call is, from 0 to 1, in thousandths; and whether the user speaks while muted.
pub(super) fn levels(call: &str, levels: Levels) -> String {
    let written = |level: f32| {
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        (f64::from(level) * 1000.0).round() / 1000.0
    };
    let (mine, theirs) = (written(levels.mine), written(levels.theirs));
    let unheard = levels.unheard;
    json!({"type": "levels", "call": call, "mine": mine, "theirs": theirs, "unheard": unheard})
        .to_string()
}

/// The largest size of the same aspect that fits into a place as it lies there; never larger than the picture.
pub(super) fn fit(size: Size, width: u32, height: u32) -> Size {
    if size.width <= width && size.height <= height {
        return size;
    }
    let (wide, high) = (u64::from(size.width), u64::from(size.height));
    let (width, height) = (u64::from(width), u64::from(height));
    let even = |side: u64| u32::try_from((side / 2 * 2).max(2)).unwrap_or(2);
    // The side that is in the way decides.
    let (width, height) = if wide * height >= high * width {
        (even(width), even(high * width / wide))
    } else {
        (even(wide * height / high), even(height))
    };
    Size::new(width.min(size.width), height.min(size.height)).unwrap_or(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn a_picture_is_written_behind_its_head() {
        let bytes = picture(3, 0x0102_0304, &Picture::plain(size(4, 2), 0x0506, [1, 2, 3]));
        let head = [
            [3, 0, 0, 0, 4, 3, 2, 1],
            [4, 0, 2, 0, 0, 0, 0, 0],
            [6, 5, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0],
        ];
        assert_eq!(bytes[..HEAD], *head.as_flattened());
        assert_eq!(bytes[HEAD..], [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn loudness_is_written_in_thousandths() {
        let text = levels("c\"", Levels { mine: 0.12, theirs: f32::NAN, unheard: true });
        assert_eq!(
            text,
            r#"{"call":"c\"","mine":0.12,"theirs":0.0,"type":"levels","unheard":true}"#
        );
        assert!(
            levels("c", Levels { mine: 7.0, theirs: -1.0, unheard: false })
                .contains(r#""mine":1.0,"theirs":0.0"#)
        );
    }

    #[test]
    fn pictures_are_made_to_fit() {
        for (from, (width, height), to) in [
            (size(1280, 720), (640, 360), size(640, 360)),
            (size(1280, 720), (641, 1000), size(640, 360)),
            (size(1280, 720), (1000, 360), size(640, 360)),
            (size(320, 180), (640, 360), size(320, 180)),
            (size(720, 1280), (640, 360), size(202, 360)),
            (size(4096, 2), (100, 100), size(100, 2)),
            (size(4096, 4096), (2, 3), size(2, 2)),
        ] {
            assert_eq!(fit(from, width, height), to, "{from:?} into {width}x{height}");
        }
    }

    proptest! {
        #[test]
        fn whatever_fits_is_even_and_inside(
            (wide, high) in (1u32..=2048, 1u32..=2048),
            (width, height) in (2u32..=16_384, 2u32..=16_384),
        ) {
            let from = size(wide * 2, high * 2);
            let to = fit(from, width, height);
            prop_assert!(Size::new(to.width, to.height).is_some());
            prop_assert!(to.width <= width && to.height <= height);
            prop_assert!(to.width <= from.width && to.height <= from.height);
        }
    }
}
