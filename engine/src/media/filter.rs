//! Looks that are laid over a picture, for the user's own picture and for snapshots. Each is plain arithmetic on the planes, so
//! that it costs next to nothing: brightness and colours are each left, made one value, or moved along a line or a table.

use super::picture::Picture;
use crate::api::Filter;
use std::iter::repeat_n;
use std::sync::Arc;

/// What becomes of brightness.
enum Light {
    Same,
    /// From `mul` in 256 parts and `add`.
    Line(i16, i16),
    Table(Box<[u8; 256]>),
}

/// What becomes of colours, as they lie around 128.
enum Colour {
    Same,
    Only(u8, u8),
    /// How strong, in 64 parts, and where to: `u`, `v`.
    Line(i16, i16, i16),
}

/// The range of brightness in pictures.
const DARK: f32 = 16.0;
const BRIGHT: f32 = 235.0;

impl Filter {
    /// All there are, in the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::None,
        Self::Grey,
        Self::Sepia,
        Self::Warm,
        Self::Cool,
        Self::Vivid,
        Self::Noir,
        Self::Faded,
        Self::Invert,
    ];

    fn plan(self) -> (Light, Colour) {
        match self {
            Self::None => (Light::Same, Colour::Same),
            Self::Grey => (Light::Same, Colour::Only(128, 128)),
            Self::Sepia => (Light::Line(246, 4), Colour::Only(112, 142)),
            Self::Invert => (Light::Line(-256, 251), Colour::Line(-64, 0, 0)),
            Self::Warm => (Light::Line(256, 2), Colour::Line(64, -9, 7)),
            Self::Cool => (Light::Same, Colour::Line(60, 9, -5)),
            Self::Vivid => (Light::Table(curve(0.35)), Colour::Line(86, 0, 0)),
            Self::Noir => (Light::Table(curve(0.9)), Colour::Only(128, 128)),
            Self::Faded => (Light::Line(198, 50), Colour::Line(44, -2, 3)),
        }
    }

    /// The picture with this look.
    pub fn apply(self, picture: &Picture) -> Picture {
        if self == Self::None {
            return picture.clone();
        }
        let (light, colour) = self.plan();
        match light {
            Light::Same => colour.lay(picture, picture.y().iter().copied()),
            Light::Line(mul, add) => {
                let moved = move |y: &u8| {
                    let moved = (i32::from(*y) * i32::from(mul)) >> 8;
                    (moved + i32::from(add)).clamp(16, 235) as u8
                };
                colour.lay(picture, picture.y().iter().map(moved))
            }
            Light::Table(table) => {
                colour.lay(picture, picture.y().iter().map(|y| table[usize::from(*y)]))
            }
        }
    }
}

impl Colour {
    /// A picture of this brightness, with the colours of another as they become.
    fn lay(self, of: &Picture, y: impl Iterator<Item = u8>) -> Picture {
        let chroma = of.size().chroma();
        match self {
            Self::Same => join(of, y, of.u().iter().chain(of.v()).copied()),
            Self::Only(u, v) => join(of, y, repeat_n(u, chroma).chain(repeat_n(v, chroma))),
            Self::Line(mul, to_u, to_v) => {
                let moved = move |one: &u8, to: i16| {
                    let strong = ((i16::from(*one) - 128) * mul) >> 6;
                    (strong + 128 + to).clamp(16, 240) as u8
                };
                let u = of.u().iter().map(move |u| moved(u, to_u));
                join(of, y, u.chain(of.v().iter().map(move |v| moved(v, to_v))))
            }
        }
    }
}

/// The planes go straight to where they stay: a second copy would cost more than the look.
fn join(of: &Picture, y: impl Iterator<Item = u8>, colours: impl Iterator<Item = u8>) -> Picture {
    let planes: Arc<[u8]> = y.chain(colours).collect();
    // As many bytes as there were.
    Picture::new(of.size(), of.taken_us(), planes).unwrap_or_else(|| of.clone())
}

/// Brightness with dark made darker and light made lighter, from 0, not at all, to 1.
fn curve(strength: f32) -> Box<[u8; 256]> {
    Box::new(std::array::from_fn(|y| {
        let part = ((y as f32 - DARK) / (BRIGHT - DARK)).clamp(0.0, 1.0);
        let bent = part * part * (3.0 - 2.0 * part);
        let moved = part + (bent - part) * strength;
        (DARK + moved * (BRIGHT - DARK)).round() as u8
    }))
}

#[cfg(test)]
mod tests {
    use super::super::picture::Size;
    use super::*;
    use proptest::prelude::*;

    fn plain(y: u8, u: u8, v: u8) -> Picture {
        Picture::plain(Size::new(4, 2).unwrap(), 7, [y, u, v])
    }

    fn of(picture: &Picture) -> [u8; 3] {
        [picture.y()[0], picture.u()[0], picture.v()[0]]
    }

    /// Red, green and blue by BT.601 in its usual range.
    fn rgb([y, u, v]: [u8; 3]) -> [f32; 3] {
        let (y, u, v) = (1.164 * (f32::from(y) - 16.0), f32::from(u) - 128.0, f32::from(v) - 128.0);
        [y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u].map(|one| one.clamp(0.0, 255.0))
    }

    #[test]
    fn each_does_what_it_says() {
        let skin = [150, 110, 155];
        let with = |filter: Filter| of(&filter.apply(&plain(skin[0], skin[1], skin[2])));
        assert_eq!(with(Filter::None), skin);
        assert_eq!(with(Filter::Grey), [150, 128, 128]);
        let [red, green, blue] = rgb(with(Filter::Sepia));
        assert!(red > green && green > blue, "{red} {green} {blue}");
        let (before, after) = (rgb(skin), rgb(with(Filter::Invert)));
        for (before, after) in before.into_iter().zip(after) {
            assert!((before + after - 255.0).abs() < 3.0, "{before} {after}");
        }
        let blue = |filter| rgb(with(filter))[2];
        assert!(blue(Filter::Warm) < blue(Filter::None) && blue(Filter::None) < blue(Filter::Cool));
        let strength = |[_, u, v]: [u8; 3]| u.abs_diff(128).max(v.abs_diff(128));
        assert!(strength(with(Filter::Vivid)) > strength(skin));
        assert!(strength(with(Filter::Faded)) < strength(skin));
    }

    #[test]
    fn black_and_white_stay_so_where_they_should() {
        for filter in [Filter::Grey, Filter::Vivid, Filter::Noir] {
            assert_eq!(of(&filter.apply(&plain(16, 128, 128))), [16, 128, 128], "{filter:?}");
            assert_eq!(of(&filter.apply(&plain(235, 128, 128))), [235, 128, 128], "{filter:?}");
        }
        assert_eq!(of(&Filter::Invert.apply(&plain(16, 128, 128))), [235, 128, 128]);
        let [dark, ..] = of(&Filter::Noir.apply(&plain(70, 128, 128)));
        let [light, ..] = of(&Filter::Noir.apply(&plain(180, 128, 128)));
        assert!(dark < 60 && light > 190, "{dark} {light}");
    }

    proptest! {
        #[test]
        fn any_picture_keeps_its_size_and_its_time(
            filter in prop::sample::select(Filter::ALL.to_vec()),
            bytes in prop::collection::vec(any::<u8>(), 12 * 8 * 3 / 2),
        ) {
            let size = Size::new(12, 8).unwrap();
            let picture = Picture::new(size, 99, bytes).unwrap();
            let filtered = filter.apply(&picture);
            prop_assert_eq!((filtered.size(), filtered.taken_us()), (size, 99));
            prop_assert_eq!(filtered.bytes().len(), picture.bytes().len());
        }
    }
}
