//! Pixels as a screen has them, blue first, and what becomes of them: the pointer is laid over them, and they become a
//! picture. What is too large for one is halved.

use crate::media::picture::{Picture, Size};
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
    bgra_to_yuv420,
};

/// Pixels of four bytes: blue, green, red, and one that says nothing.
#[derive(Debug, Default)]
pub(super) struct Pixels {
    bytes: Vec<u8>,
    width: usize,
    height: usize,
    planes: Vec<u8>,
}

impl Pixels {
    /// Room for pixels of this size.
    pub(super) fn sized(&mut self, width: u16, height: u16) -> &mut [u8] {
        (self.width, self.height) = (width.into(), height.into());
        self.bytes.resize(self.width * self.height * 4, 0);
        &mut self.bytes
    }

    /// Lays a pointer over them: rows of so many pixels, alpha in the highest byte, with which the others are multiplied.
    pub(super) fn lay(&mut self, pointer: &[u32], width: u16, left: i32, top: i32) {
        let inside = |start: i32, at: usize, side: usize| {
            let place = i32::try_from(at).ok()?.checked_add(start)?;
            usize::try_from(place).ok().filter(|place| *place < side)
        };
        let rows = pointer.chunks_exact(usize::from(width).max(1));
        for (row, colours) in rows.enumerate() {
            let Some(y) = inside(top, row, self.height) else { continue };
            for (column, colour) in colours.iter().enumerate() {
                let Some(x) = inside(left, column, self.width) else { continue };
                let [blue, green, red, alpha] = colour.to_le_bytes();
                let through = 255 - u16::from(alpha);
                let at = 4 * (y * self.width + x);
                for (under, over) in self.bytes[at..at + 3].iter_mut().zip([blue, green, red]) {
                    let shines = (u16::from(*under) * through + 127) / 255;
                    *under = over.saturating_add(u8::try_from(shines).unwrap_or(u8::MAX));
                }
            }
        }
    }

    /// What they are as a picture; none where a side has fewer than two.
    pub(super) fn picture(&mut self, taken_us: u64) -> Option<Picture> {
        let most = Size::MOST as usize;
        while self.width > most || self.height > most {
            self.halve();
        }
        let even = |side: usize| u32::try_from(side / 2 * 2).ok();
        let size = Size::new(even(self.width)?, even(self.height)?)?;
        self.planes.resize(size.bytes(), 0);
        let (y, colours) = self.planes.split_at_mut(size.luma());
        let (u, v) = colours.split_at_mut(size.chroma());
        let mut planes = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(y),
            y_stride: size.width,
            u_plane: BufferStoreMut::Borrowed(u),
            u_stride: size.width / 2,
            v_plane: BufferStoreMut::Borrowed(v),
            v_stride: size.width / 2,
            width: size.width,
            height: size.height,
        };
        let stride = u32::try_from(4 * self.width).ok()?;
        let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt601);
        let mode = YuvConversionMode::Balanced;
        bgra_to_yuv420(&mut planes, &self.bytes, stride, range, matrix, mode).ok()?;
        Picture::new(size, taken_us, &self.planes[..])
    }

    fn halve(&mut self) {
        let (width, height) = (self.width / 2, self.height / 2);
        for y in 0..height {
            for x in 0..width {
                let from = 4 * (2 * y * self.width + 2 * x);
                self.bytes.copy_within(from..from + 4, 4 * (y * width + x));
            }
        }
        (self.width, self.height) = (width, height);
        self.bytes.truncate(4 * width * height);
    }
}

#[cfg(test)]
mod tests {
    use super::Pixels;
    use proptest::prelude::*;

    fn filled(width: u16, height: u16, colour: [u8; 4]) -> Pixels {
        let mut pixels = Pixels::default();
        for pixel in pixels.sized(width, height).chunks_exact_mut(4) {
            pixel.copy_from_slice(&colour);
        }
        pixels
    }

    #[test]
    fn colours_are_those_of_the_screen() {
        // Blue, green, red; and white, as television has them.
        for (colour, [y, u, v]) in [
            ([255, 0, 0, 0], [41, 240, 110]),
            ([0, 255, 0, 0], [145, 54, 34]),
            ([0, 0, 255, 255], [82, 90, 240]),
            ([255, 255, 255, 9], [235, 128, 128]),
        ] {
            let picture = filled(7, 5, colour).picture(3).unwrap();
            assert_eq!((picture.size().width, picture.size().height), (6, 4));
            let near = |is: u8, was: u8| is.abs_diff(was) <= 2;
            assert!(near(picture.y()[0], y), "{colour:?} {}", picture.y()[0]);
            assert!(near(picture.u()[0], u) && near(picture.v()[0], v), "{colour:?}");
        }
    }

    #[test]
    fn what_is_too_large_is_halved() {
        let picture = filled(5000, 40, [0, 255, 0, 0]).picture(1).unwrap();
        assert_eq!((picture.size().width, picture.size().height), (2500, 20));
        assert!(picture.y().iter().all(|y| y.abs_diff(145) <= 2));
        assert!(filled(1, 40, [0; 4]).picture(1).is_none());
    }

    #[test]
    fn the_pointer_lies_over_what_it_covers() {
        let mut pixels = filled(4, 4, [100, 100, 100, 0]);
        // One that can't be seen through, and one that half can.
        pixels.lay(&[0xff00_00ff, 0x8080_8080], 2, 1, 1);
        let at = |x: usize, y: usize| &pixels.bytes[4 * (4 * y + x)..][..3];
        assert_eq!(at(1, 1), [255, 0, 0]);
        assert_eq!(at(2, 1), [178, 178, 178]);
        assert_eq!(at(0, 0), [100, 100, 100]);
    }

    proptest! {
        #[test]
        fn no_pointer_reaches_beyond(
            colours in prop::collection::vec(any::<u32>(), 0..64),
            width: u16, left: i32, top: i32,
        ) {
            let mut pixels = filled(5, 3, [1, 2, 3, 4]);
            pixels.lay(&colours, width, left, top);
            prop_assert_eq!(pixels.bytes.len(), 60);
        }
    }
}
