//! Makes pictures smaller (each new pixel is the mean of the area it covers) or larger (it lies between the nearest
//! two). It keeps to the sizes that it is told; [`fit`] says which size keeps the aspect.

use super::picture::{Picture, Size};

#[cfg(test)]
mod tests;

/// The largest size of the same aspect that fits into `most`, or `size` itself where it fits already. A picture
/// that stands upright is fitted into `most` put upright.
pub fn fit(size: Size, most: Size) -> Size {
    let upright = (size.width < size.height) != (most.width < most.height);
    let turned = Size { width: most.height, height: most.width };
    let most = if upright && size.width != size.height { turned } else { most };
    if size.width <= most.width && size.height <= most.height {
        return size;
    }
    // The side that is in the way decides; the other follows, rounded to the nearest even number.
    let follow = |side: u32, part: u32, whole: u32| {
        let (part, whole) = (u64::from(part), u64::from(whole));
        let side = (u64::from(side) * part + whole) / (2 * whole) * 2;
        u32::try_from(side).unwrap_or(part as u32)
    };
    let is_wide = u64::from(size.width) * u64::from(most.height)
        >= u64::from(size.height) * u64::from(most.width);
    if is_wide {
        let height = follow(size.height, most.width, size.width).clamp(2, most.height.max(2));
        Size { width: most.width, height }
    } else {
        let width = follow(size.width, most.height, size.height).clamp(2, most.width.max(2));
        Size { width, height: most.height }
    }
}

/// Scales pictures. It keeps its tables and buffers while the sizes stay.
#[derive(Debug, Default)]
pub struct Scaler {
    tables: Option<Tables>,
    line: Vec<u32>,
    planes: Vec<u8>,
}

#[derive(Debug)]
struct Tables {
    from: Size,
    to: Size,
    /// Across and down, for the bright plane and for the colours.
    bright: [Parts; 2],
    colour: [Parts; 2],
}

/// Which old pixels each new one along a side is made of: as many for each, from a first one on.
#[derive(Debug)]
struct Parts {
    first: Vec<usize>,
    /// How many for each.
    many: usize,
    /// In parts of 256, together 256 for each new pixel.
    weights: Vec<u32>,
}

impl Scaler {
    /// A scaler that has nothing prepared.
    pub fn new() -> Self {
        Self::default()
    }

    /// The picture in another size.
    pub fn scale(&mut self, picture: &Picture, to: Size) -> Picture {
        let from = picture.size();
        if from == to {
            return picture.clone();
        }
        if self.tables.as_ref().is_none_or(|tables| (tables.from, tables.to) != (from, to)) {
            let both = |part| {
                let parts = |from: u32, to: u32| Parts::new(from / part, to / part);
                [parts(from.width, to.width), parts(from.height, to.height)]
            };
            self.tables = Some(Tables { from, to, bright: both(1), colour: both(2) });
        }
        let Some(tables) = &self.tables else { return picture.clone() };
        self.planes.resize(to.bytes(), 0);
        let (bright, colours) = self.planes.split_at_mut(to.luma());
        let (u, v) = colours.split_at_mut(to.chroma());
        let width = from.width as usize;
        plane(picture.y(), width, &tables.bright, &mut self.line, bright);
        plane(picture.u(), width / 2, &tables.colour, &mut self.line, u);
        plane(picture.v(), width / 2, &tables.colour, &mut self.line, v);
        // There are as many bytes as the size says, so this is a picture.
        let scaled = Picture::new(to, picture.taken_us(), &self.planes[..]);
        scaled.unwrap_or_else(|| picture.clone())
    }
}

/// First down, then across: the rows that make a new one are added up, then its pixels. The loops are plain ones,
/// because iterators cost three times as much in builds that are not optimised in full.
fn plane(
    from: &[u8],
    width: usize,
    [across, down]: &[Parts; 2],
    sums: &mut Vec<u32>,
    to: &mut [u8],
) {
    sums.clear();
    sums.resize(width, 0);
    let new_width = across.first.len();
    for (y, new) in to.chunks_exact_mut(new_width).enumerate() {
        for part in 0..down.many {
            let row = &from[(down.first[y] + part) * width..][..width];
            let weight = down.weights[y * down.many + part];
            let sums = &mut sums[..width];
            let mut x = 0;
            if part == 0 {
                while x < width {
                    sums[x] = u32::from(row[x]) * weight;
                    x += 1;
                }
            } else if weight > 0 {
                while x < width {
                    sums[x] += u32::from(row[x]) * weight;
                    x += 1;
                }
            }
        }
        let (mut x, mut at) = (0, 0);
        while x < new_width {
            let first = across.first[x];
            // Halves are rounded up; a sum is 255 * 256 * 256 at most.
            let mut sum = 0x8000;
            let mut part = 0;
            while part < across.many {
                sum += sums[first + part] * across.weights[at];
                at += 1;
                part += 1;
            }
            new[x] = (sum >> 16) as u8;
            x += 1;
        }
    }
}

impl Parts {
    fn new(from: u32, to: u32) -> Self {
        let span = if from >= to { smaller } else { larger };
        let spans: Vec<_> = (0..to).map(|new| span(new, from, to)).collect();
        let many = spans.iter().map(|(_, weights)| weights.len()).max().unwrap_or(0);
        let mut parts = Self { first: Vec::new(), many, weights: Vec::new() };
        for (first, weights) in spans {
            // All are made of as many, of which some may count for nothing; none lies outside.
            let back = (first + many).saturating_sub(from as usize);
            parts.first.push(first - back);
            let upto = parts.weights.len() + many;
            parts.weights.resize(parts.weights.len() + back, 0);
            parts.weights.extend(weights);
            parts.weights.resize(upto, 0);
        }
        parts
    }
}

/// A new pixel covers `from / to` old ones: those, each by how much of it is covered.
fn smaller(new: u32, from: u32, to: u32) -> (usize, Vec<u32>) {
    let (new, from, to) = (u64::from(new), u64::from(from), u64::from(to));
    // In parts of 1/to of an old pixel.
    let (begin, end) = (new * from, (new + 1) * from);
    let (first, last) = (begin / to, end.div_ceil(to));
    let covered = |upto: u64| (upto.clamp(begin, end) - begin) * 256;
    let parts = |upto: u64| (covered(upto) + from / 2) / from;
    let weight = |old: u64| (parts((old + 1) * to) - parts(old * to)) as u32;
    (first as usize, (first..last).map(weight).collect())
}

/// A new pixel lies between two old ones.
fn larger(new: u32, from: u32, to: u32) -> (usize, Vec<u32>) {
    let (from, to) = (i64::from(from), i64::from(to));
    // From the middle of the first old pixel to the middle of the new one, in parts of 1/256 of an old pixel.
    let middle = ((2 * i64::from(new) + 1) * from * 128 / to - 128).clamp(0, (from - 1) * 256);
    let (first, part) = (middle / 256, (middle % 256) as u32);
    (first as usize, if part == 0 { vec![256] } else { vec![256 - part, part] })
}
