//! Finds barcodes in pictures: in bright planes, and in pixels of red, green and blue as they stand on a screen,
//! at any size and place, mirrored or not. What is not a code costs time in proportion to its pixels, no more.

use super::super::picture::Picture;
use super::{BITS, COLUMNS, FIRST_BIT, ROWS, Stamp};

/// Halfway between dark and bright.
const MIDDLE: f32 = 126.0;
/// The least width of a cell, in pixels, that is looked at.
const LEAST_CELL: f32 = 1.4;

/// A code that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// What it says.
    pub stamp: Stamp,
    /// Its left edge in pixels, without the margin.
    pub left: f32,
    /// Its upper edge.
    pub top: f32,
    /// From its left to its right.
    pub width: f32,
    /// From its top to its bottom.
    pub height: f32,
    /// Whether left and right are exchanged.
    pub mirrored: bool,
}

/// Reads the code of a picture, wherever it stands; the first from the top if there are several.
pub fn read(picture: &Picture) -> Option<Stamp> {
    let size = picture.size();
    let width = size.width as usize;
    find_in_luma(picture.y(), width, size.height as usize, width).first().map(|found| found.stamp)
}

/// Finds the codes in a bright plane, from the top down. A plane with fewer bytes than `stride` and sizes say has
/// none.
pub fn find_in_luma(luma: &[u8], width: usize, height: usize, stride: usize) -> Vec<Found> {
    Plane::new(luma, [width, height, stride], |pixel: &[u8; 1]| f32::from(pixel[0]))
        .map_or_else(Vec::new, |plane| find(&plane))
}

/// Finds the codes in pixels of four bytes, from the top down: green is the second, red and blue the first and
/// third in either order. `stride` is in bytes.
pub fn find_in_pixels(pixels: &[u8], width: usize, height: usize, stride: usize) -> Vec<Found> {
    let bright = |[a, green, b, _]: &[u8; 4]| {
        f32::from((u16::from(*a) + 2 * u16::from(*green) + u16::from(*b)) / 4)
    };
    Plane::new(pixels, [width, height, stride], bright).map_or_else(Vec::new, |plane| find(&plane))
}

/// Pixels of `N` bytes, and how bright each is.
struct Plane<'a, F, const N: usize> {
    bytes: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
    bright: F,
}

impl<'a, F: Fn(&[u8; N]) -> f32, const N: usize> Plane<'a, F, N> {
    fn new(bytes: &'a [u8], [width, height, stride]: [usize; 3], bright: F) -> Option<Self> {
        let line = width.checked_mul(N)?;
        let before = height.checked_sub(1)?.checked_mul(stride)?;
        let whole = line > 0 && line <= stride && before.checked_add(line)? <= bytes.len();
        whole.then_some(Self { bytes, width, height, stride, bright })
    }

    fn line(&self, y: usize) -> impl Iterator<Item = f32> {
        let line = &self.bytes[y * self.stride..][..self.width * N];
        line.as_chunks::<N>().0.iter().map(|pixel| (self.bright)(pixel))
    }

    /// Of the pixel there, or of the nearest one to it.
    fn at(&self, x: isize, y: isize) -> f32 {
        let within = |side: isize, length: usize| side.clamp(0, length as isize - 1) as usize;
        let at = within(y, self.height) * self.stride + within(x, self.width) * N;
        self.bytes[at..].first_chunk().map_or(0.0, |pixel| (self.bright)(pixel))
    }

    /// Between pixels; the middle of the first pixel is at 0.5.
    fn between(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right_part, lower_part) = (x - left, y - top);
        let (left, top) = (left as isize, top as isize);
        let row = |y| {
            let (a, b) = (self.at(left, y), self.at(left + 1, y));
            a + (b - a) * right_part
        };
        let (upper, lower) = (row(top), row(top + 1));
        upper + (lower - upper) * lower_part
    }

    /// The mean round a point.
    fn around(&self, x: f32, y: f32, reach: [f32; 2]) -> f32 {
        let steps = [-1.0, 0.0, 1.0];
        let points = steps.iter().flat_map(|dx| steps.iter().map(move |dy| (dx, dy)));
        points.map(|(dx, dy)| self.between(x + dx * reach[0], y + dy * reach[1])).sum::<f32>() / 9.0
    }
}

fn find<F: Fn(&[u8; N]) -> f32, const N: usize>(plane: &Plane<'_, F, N>) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut edges = Vec::new();
    let step = if plane.height < 400 { 2 } else { 4 };
    for y in (step / 2..plane.height).step_by(step) {
        edges_of(plane.line(y), &mut edges);
        for at in 0..edges.len() {
            let Some(guess) = Guess::at(&edges, at) else { continue };
            let (x, line) = (guess.bar, y as f32);
            let known = |one: &Found| {
                (one.left..one.left + one.width).contains(&x)
                    && (one.top..one.top + one.height).contains(&line)
            };
            if !all.iter().any(known) {
                all.extend(guess.read(plane, y));
            }
        }
    }
    all
}

/// Where a line turns dark or bright.
struct Edge {
    x: f32,
    to_dark: bool,
}

fn edges_of(line: impl Iterator<Item = f32>, edges: &mut Vec<Edge>) {
    edges.clear();
    let mut last: Option<f32> = None;
    for (x, bright) in line.enumerate() {
        if let Some(last) = last
            && (last < MIDDLE) != (bright < MIDDLE)
        {
            edges.push(Edge {
                x: x as f32 - 0.5 + crossing(last, bright),
                to_dark: bright < MIDDLE,
            });
        }
        last = Some(bright);
    }
}

/// Where between two pixels the middle is crossed, from 0 to 1.
fn crossing(from: f32, to: f32) -> f32 {
    (from - MIDDLE) / (from - to)
}

/// A place on a line where a code may be.
struct Guess {
    /// The edge of the code on the finder's side, and the other.
    ends: [f32; 2],
    /// The middle of the finder's wide bar.
    bar: f32,
}

impl Guess {
    /// If the five runs from this edge on are a finder, and the end is where it should be.
    fn at(edges: &[Edge], at: usize) -> Option<Self> {
        let runs = edges.get(at..at + 6).filter(|runs| runs[0].to_dark)?;
        let cell = (runs[5].x - runs[0].x) / 7.0;
        let width = |from: usize| runs[from + 1].x - runs[from].x;
        let narrow = |width: f32| (0.45..1.7).contains(&(width / cell));
        let finder = cell >= LEAST_CELL
            && [0, 1, 3, 4].into_iter().all(|run| narrow(width(run)))
            && (2.2..3.8).contains(&(width(2) / cell));
        if !finder {
            return None;
        }
        let bar = f32::midpoint(runs[2].x, runs[3].x);
        let length = COLUMNS as f32 * cell;
        // The end has four edges: dark, bright, dark, bright.
        let end = |first: usize| {
            let edges = edges.get(first..first + 4).filter(|edges| edges[0].to_dark)?;
            edges.windows(2).all(|pair| narrow(pair[1].x - pair[0].x)).then_some(edges)
        };
        let near = |x: f32, wanted: f32| (x - wanted).abs() < 1.5 * cell;
        let nearest = |wanted: f32| {
            let after = edges.partition_point(|edge| edge.x < wanted - 1.5 * cell);
            (after..edges.len()).take_while(move |at| edges[*at].x < wanted + 1.5 * cell)
        };
        let right = nearest(runs[0].x + length)
            .filter_map(|last| end(last.checked_sub(3)?))
            .find(|end| near(end[3].x, runs[0].x + length))
            .map(|end| Self { ends: [runs[0].x, end[3].x], bar });
        right.or_else(|| {
            nearest(runs[5].x - length)
                .filter_map(end)
                .find(|end| near(end[0].x, runs[5].x - length))
                .map(|end| Self { ends: [runs[5].x, end[0].x], bar })
        })
    }

    fn read<F: Fn(&[u8; N]) -> f32, const N: usize>(
        &self,
        plane: &Plane<'_, F, N>,
        line: usize,
    ) -> Option<Found> {
        let cell = (self.ends[1] - self.ends[0]) / COLUMNS as f32;
        let most = (cell.abs() * ROWS as f32 * 1.7).ceil() as isize;
        let (top, bottom) =
            (self.bar_end(plane, line, -1, most)?, self.bar_end(plane, line, 1, most)?);
        let high = (bottom - top) / ROWS as f32;
        if !(0.6..1.7).contains(&(high / cell.abs())) {
            return None;
        }
        let reach = [cell.abs() * 0.2, high * 0.2];
        let mut rows = [0_u16; ROWS as usize];
        for (row, bits) in rows.iter_mut().enumerate() {
            let y = top + (row as f32 + 0.5) * high;
            let look = |column: f32| plane.around(self.ends[0] + (column + 0.5) * cell, y, reach);
            let bright = f32::midpoint(look(7.0), look(24.0));
            let middle = f32::midpoint(look(3.0), bright);
            for column in FIRST_BIT..FIRST_BIT + BITS {
                *bits = *bits << 1 | u16::from(look(column as f32) < middle);
            }
        }
        let stamp = Stamp::from_bits(rows)?;
        let [a, b] = self.ends;
        let (left, width, mirrored) = (a.min(b), (b - a).abs(), b < a);
        Some(Found { stamp, left, top, width, height: bottom - top, mirrored })
    }

    /// Follows the wide bar from a line upwards or downwards to where it ends.
    fn bar_end<F: Fn(&[u8; N]) -> f32, const N: usize>(
        &self,
        plane: &Plane<'_, F, N>,
        line: usize,
        step: isize,
        most: isize,
    ) -> Option<f32> {
        let side = ((self.ends[1] - self.ends[0]).abs() / COLUMNS as f32 * 0.5) as isize;
        let x = self.bar as isize;
        let bright =
            |y: isize| [x - side, x, x + side].map(|x| plane.at(x, y)).iter().sum::<f32>() / 3.0;
        let mut last = bright(line as isize);
        for far in 1..=most {
            let y = line as isize + far * step;
            if y < 0 || y >= plane.height as isize {
                return None;
            }
            let next = bright(y);
            if next >= MIDDLE {
                let middle = (y - step) as f32 + 0.5;
                return Some(middle + step as f32 * crossing(last, next));
            }
            last = next;
        }
        None
    }
}
