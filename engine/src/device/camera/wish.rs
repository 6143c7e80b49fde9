//! What is wished of a camera, in the terms of the web's `getUserMedia`, and which of its formats comes closest. Pure: it
//! knows formats, and no device.
//!
//! A camera gives what its formats say. Smaller pictures of the same shape are made from larger ones, fewer a second by
//! leaving some out; nothing is cut off, blown up or made up. What can't be had is named, so that somebody can wish
//! for something else.

#[cfg(test)]
mod tests;
mod text;

pub use text::{OddWish, Preset};

use crate::api::Facing;
use crate::media::picture::Size;

/// How the camera codes its pictures, by what it costs to take them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// Brightness of each pixel, colour of each second one, interleaved.
    Yuyv,
    /// Brightness, then colours of each fourth pixel, interleaved.
    Nv12,
    /// Brightness, then each colour of each fourth pixel: as it is used here.
    I420,
    /// A JPEG for each picture.
    Mjpeg,
}

impl Coding {
    /// Thousandths of a millisecond of a processor for a thousand pixels, as measured.
    fn cost(self) -> f64 {
        match self {
            Self::I420 => 0.1,
            Self::Yuyv => 0.17,
            Self::Nv12 => 0.27,
            Self::Mjpeg => 3.1,
        }
    }
}

/// What it costs to make a picture smaller, in the same measure.
const SCALING: f64 = 0.9;

/// Something that a camera can give.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Format {
    /// How large.
    #[serde(flatten)]
    pub size: Size,
    /// Pictures a second.
    pub fps: f64,
    /// How they are coded.
    pub coding: Coding,
}

/// What is wished of one quality.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wish {
    /// No less.
    pub least: Option<f64>,
    /// No more.
    pub most: Option<f64>,
    /// This, or what comes close.
    pub ideal: Option<f64>,
    /// Nothing else.
    pub exact: Option<f64>,
}

impl Wish {
    /// Just this, or what comes close.
    #[must_use]
    pub fn ideally(value: f64) -> Self {
        Self { ideal: Some(value), ..Self::default() }
    }

    fn is_met(&self, value: f64, slack: f64) -> bool {
        self.exact.is_none_or(|exact| (value - exact).abs() <= slack)
            && self.least.is_none_or(|least| value >= least - slack)
            && self.most.is_none_or(|most| value <= most + slack)
    }

    /// From 0, met, to 1.
    fn distance(&self, value: f64) -> f64 {
        self.exact.or(self.ideal).map_or(0.0, |ideal| {
            let larger = value.abs().max(ideal.abs());
            if larger > 0.0 { (value - ideal).abs() / larger } else { 0.0 }
        })
    }

    /// Values that a camera with more than that can be brought down to.
    fn below(&self, value: f64) -> impl Iterator<Item = f64> {
        let named = [self.exact, self.ideal, self.most];
        named.into_iter().flatten().filter(move |one| *one > 0.0 && *one < value)
    }
}

/// What is wished of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wishes {
    /// In pixels.
    pub width: Wish,
    /// In pixels.
    pub height: Wish,
    /// Pictures a second.
    pub fps: Wish,
    /// Width by height.
    pub aspect: Wish,
    /// The side it looks to; whether no other will do.
    pub facing: Option<(Facing, bool)>,
}

/// A quality that can't be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// No such width.
    #[error("width")]
    Width,
    /// No such height.
    #[error("height")]
    Height,
    /// Not so many a second, or so few.
    #[error("fps")]
    Fps,
    /// No such shape.
    #[error("aspect")]
    Aspect,
    /// It looks to another side.
    #[error("facing")]
    Facing,
    /// It has no format that can be read here.
    #[error("format")]
    Format,
}

/// What is taken of a camera: one of its formats, and what becomes of its pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taken {
    /// As the camera is opened.
    pub format: Format,
    /// The pictures' size in the end.
    pub size: Size,
    /// So many a second in the end.
    pub fps: f64,
}

impl Taken {
    fn aspect(&self) -> f64 {
        f64::from(self.size.width) / f64::from(self.size.height)
    }

    /// Milliseconds of a processor a second.
    fn cost(&self) -> f64 {
        let pixels = f64::from(self.format.size.width) * f64::from(self.format.size.height);
        let scaling = if self.size == self.format.size { 0.0 } else { SCALING };
        // What is left out need not be taken apart; it costs its way through the system all the same.
        let each = self.format.coding.cost() * self.fps + 0.05 * self.format.fps;
        pixels / 1e6 * (each + scaling * self.fps)
    }

    fn distance(&self, wishes: &Wishes) -> f64 {
        wishes.width.distance(f64::from(self.size.width))
            + wishes.height.distance(f64::from(self.size.height))
            + wishes.fps.distance(self.fps)
            + wishes.aspect.distance(self.aspect())
    }

    /// From what is usual, in what nobody wished for.
    fn oddness(&self, wishes: &Wishes) -> f64 {
        let usual = |wish: &Wish, value: f64, usual: f64| {
            let open = wish.exact.or(wish.ideal).is_none();
            if open { Wish::ideally(usual).distance(value) } else { 0.0 }
        };
        usual(&wishes.width, f64::from(self.size.width), 640.0)
            + usual(&wishes.height, f64::from(self.size.height), 480.0)
            + usual(&wishes.fps, self.fps, 30.0)
    }

    fn unmet(&self, wishes: &Wishes) -> impl Iterator<Item = Unmet> {
        // Sides are even, rates are fractions, and no shape is met to the last pixel.
        [
            (Unmet::Width, wishes.width.is_met(f64::from(self.size.width), 1.0)),
            (Unmet::Height, wishes.height.is_met(f64::from(self.size.height), 1.0)),
            (Unmet::Fps, wishes.fps.is_met(self.fps, 0.05)),
            (Unmet::Aspect, wishes.aspect.is_met(self.aspect(), 0.01)),
        ]
        .into_iter()
        .filter_map(|(which, met)| (!met).then_some(which))
    }
}

/// The format of a camera that comes closest to what is wished; of those that do, one as most cameras have it, and of
/// those the one that costs least.
///
/// # Errors
/// What can't be had of it.
pub fn choose(formats: &[Format], facing: Option<Facing>, wishes: &Wishes) -> Result<Taken, Unmet> {
    if let Some((wished, true)) = wishes.facing
        && facing != Some(wished)
    {
        return Err(Unmet::Facing);
    }
    let all: Vec<Taken> = formats.iter().flat_map(|format| ways(format, wishes)).collect();
    let met = all.iter().filter(|taken| taken.unmet(wishes).next().is_none());
    let order = |one: &&Taken, other: &&Taken| {
        let nearer = one.distance(wishes).total_cmp(&other.distance(wishes));
        let usual = || one.oddness(wishes).total_cmp(&other.oddness(wishes));
        nearer.then_with(usual).then_with(|| one.cost().total_cmp(&other.cost()))
    };
    met.min_by(order).copied().ok_or_else(|| blame(&all, wishes))
}

/// How far a camera is from what is wished, for choosing between cameras. Who looks to the wrong side is further away.
///
/// # Errors
/// As with [`choose`].
pub fn distance(formats: &[Format], facing: Option<Facing>, wishes: &Wishes) -> Result<f64, Unmet> {
    let taken = choose(formats, facing, wishes)?;
    let aside = wishes.facing.is_some_and(|(wished, _)| facing != Some(wished));
    Ok(taken.distance(wishes) + f64::from(u8::from(aside)))
}

/// All that can be made of a format and could be wished.
fn ways(format: &Format, wishes: &Wishes) -> Vec<Taken> {
    let (width, height) = (f64::from(format.size.width), f64::from(format.size.height));
    let narrower = wishes.width.below(width).map(|wished| wished / width);
    let lower = wishes.height.below(height).map(|wished| wished / height);
    let smaller = narrower.chain(lower).filter_map(|part| scaled(format.size, part));
    let sizes: Vec<Size> = std::iter::once(format.size).chain(smaller).collect();
    let rates: Vec<f64> = std::iter::once(format.fps).chain(wishes.fps.below(format.fps)).collect();
    let each = |size: Size| rates.iter().map(move |fps| Taken { format: *format, size, fps: *fps });
    sizes.into_iter().flat_map(each).collect()
}

fn scaled(size: Size, part: f64) -> Option<Size> {
    let side = |side: u32| ((f64::from(side) * part / 2.0).round() as u32).max(1) * 2;
    Size::new(side(size.width), side(size.height))
}

/// What nothing meets; or, where each could be had alone, what is missing from what comes closest.
fn blame(all: &[Taken], wishes: &Wishes) -> Unmet {
    let each = [Unmet::Width, Unmet::Height, Unmet::Fps, Unmet::Aspect];
    let never =
        |which: &Unmet| all.iter().all(|taken| taken.unmet(wishes).any(|one| one == *which));
    let closest = || all.iter().min_by_key(|taken| taken.unmet(wishes).count());
    if all.is_empty() {
        return Unmet::Format;
    }
    let missing = each.into_iter().find(never);
    missing.or_else(|| closest()?.unmet(wishes).next()).unwrap_or(Unmet::Format)
}
