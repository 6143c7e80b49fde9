//! What scaling keeps: aspect, brightness, edges, orientation.

use super::*;
use proptest::prelude::*;

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).unwrap()
}

#[test]
fn what_fits_stays_and_the_rest_keeps_its_aspect() {
    for (from, most, to) in [
        ((640, 360), (1280, 720), (640, 360)),
        ((1280, 720), (1280, 720), (1280, 720)),
        ((1920, 1080), (1280, 720), (1280, 720)),
        ((1280, 720), (320, 180), (320, 180)),
        ((640, 480), (640, 360), (480, 360)),
        ((720, 1280), (640, 360), (360, 640)),
        ((1000, 1000), (640, 360), (360, 360)),
        ((4096, 2), (640, 360), (640, 2)),
        ((854, 480), (426, 240), (426, 240)),
    ] {
        assert_eq!(fit(size(from.0, from.1), size(most.0, most.1)), size(to.0, to.1), "{from:?}");
    }
}

#[test]
fn a_half_is_the_mean_of_four() {
    let mut planes = vec![128; size(4, 2).bytes()];
    planes[..8].copy_from_slice(&[0, 10, 200, 220, 20, 10, 200, 220]);
    let picture = Picture::new(size(4, 2), 7, planes).unwrap();
    let half = Scaler::new().scale(&picture, size(2, 2));
    assert_eq!((half.y(), half.taken_us()), (&[5, 210, 15, 210][..], 7));
}

#[test]
fn left_stays_left_and_top_stays_top() {
    let from = size(64, 48);
    let mut planes = vec![20; from.bytes()];
    for row in planes[..from.luma()].chunks_exact_mut(64).take(24) {
        row[..32].fill(220);
    }
    let picture = Picture::new(from, 0, planes).unwrap();
    for to in [size(32, 24), size(20, 14), size(100, 70)] {
        let scaled = Scaler::new().scale(&picture, to);
        let (width, height) = (to.width as usize, to.height as usize);
        let at = |x: usize, y: usize| scaled.y()[y * width + x];
        let corners = [at(1, 1), at(width - 2, 1), at(1, height - 2), at(width - 2, height - 2)];
        assert_eq!(corners, [220, 20, 20, 20], "{to:?}");
    }
}

proptest! {
    #[test]
    fn weights_are_whole_and_within(from in 1_u32..700, to in 1_u32..700) {
        let parts = Parts::new(from, to);
        for (first, weights) in parts.first.iter().zip(parts.weights.chunks_exact(parts.many)) {
            prop_assert_eq!(weights.iter().sum::<u32>(), 256);
            prop_assert!(first + parts.many <= from as usize);
        }
    }

    #[test]
    fn one_colour_stays_that_colour(
        colour: [u8; 3], from in (1_u32..90, 1_u32..90), to in (1_u32..90, 1_u32..90),
    ) {
        let mut scaler = Scaler::new();
        let picture = Picture::plain(size(2 * from.0, 2 * from.1), 0, colour);
        let to = size(2 * to.0, 2 * to.1);
        let scaled = scaler.scale(&picture, to);
        let plain = Picture::plain(to, 0, colour);
        prop_assert_eq!(scaled.bytes(), plain.bytes());
    }

    #[test]
    fn what_is_fitted_fits(from in (1_u32..2048, 1_u32..2048), most in (1_u32..1024, 1_u32..1024)) {
        let (from, most) = (size(2 * from.0, 2 * from.1), size(2 * most.0, 2 * most.1));
        let fitted = fit(from, most);
        prop_assert!(Size::new(fitted.width, fitted.height).is_some());
        let within = |most: Size| fitted.width <= most.width && fitted.height <= most.height;
        let turned = Size { width: most.height, height: most.width };
        prop_assert!(within(most) || within(turned));
        prop_assert_eq!(fit(fitted, most), fitted);
    }
}
