//! A barcode that a test picture carries through codecs, networks, scaling and screens: which picture it is and
//! when it was drawn. Whoever finds it at the far end knows delay, loss and order.
//!
//! # Layout
//! The code is a grid of square cells, dark (luma 16) or bright (luma 235), 28 wide and 7 high, with a bright
//! margin of one cell all round. Each of its 7 rows holds, from the left:
//!
//! | columns | what |
//! |---|---|
//! | 0 to 6 | the finder: dark 1, bright 1, dark 3, bright 1, dark 1 |
//! | 7 | bright |
//! | 8 to 23 | 16 bits; a dark cell is a 1 |
//! | 24 | bright |
//! | 25 to 27 | the end: dark 1, bright 1, dark 1 |
//!
//! The 112 bits run from left to right and from top to bottom, the highest of each number first: 32 bits of the
//! picture's number, 48 bits of the time in milliseconds since 1970, and 32 bits of the CRC-32 (IEEE 802.3, as in
//! zip) of the ten bytes before. In a picture of its own the code stands in the middle, its cell being the shorter
//! side divided by 36, rounded down.
//!
//! # Reading
//! Any horizontal line through the code crosses the finder: five runs in the proportion 1:1:3:1:1, which give the
//! cell's width; 28 cells from where they begin, the end closes the code. Where the end lies to the left of the
//! finder, the picture is mirrored. The wide bar of the finder, followed upwards and downwards, gives the height.
//! Each cell is then compared at its middle with what lies between the bar and the bright columns beside it.

mod read;
#[cfg(test)]
mod tests;

pub use read::{Found, find_in_luma, find_in_pixels, read};

use super::picture::Size;

/// Cells in a row of the code, without the margin.
const COLUMNS: u32 = 28;
/// Rows of the code, without the margin.
const ROWS: u32 = 7;
/// The column in which the bits begin.
const FIRST_BIT: u32 = 8;
/// Bits in a row.
const BITS: u32 = 16;
/// How many cells the shorter side of a picture has.
const CELLS: u32 = 36;
/// Pixels of a side below which a cell would not survive.
const LEAST_CELL: u32 = 3;
/// The luma of dark cells.
const DARK: u8 = 16;
/// The luma of bright cells.
const BRIGHT: u8 = 235;

/// What the code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Which picture it is.
    pub number: u32,
    /// When it was drawn, in milliseconds since 1970; the lower 48 bits are kept.
    pub time_ms: u64,
}

impl Stamp {
    fn bits(self) -> [u16; ROWS as usize] {
        let time = self.time_ms.to_be_bytes();
        let mut bytes = [0; 14];
        bytes[..4].copy_from_slice(&self.number.to_be_bytes());
        bytes[4..10].copy_from_slice(&time[2..]);
        let sum = crc32(&bytes[..10]);
        bytes[10..].copy_from_slice(&sum.to_be_bytes());
        std::array::from_fn(|row| u16::from_be_bytes([bytes[2 * row], bytes[2 * row + 1]]))
    }

    fn from_bits(rows: [u16; ROWS as usize]) -> Option<Self> {
        let mut bytes = [0; 14];
        for (pair, row) in bytes.chunks_exact_mut(2).zip(rows) {
            pair.copy_from_slice(&row.to_be_bytes());
        }
        let [a, b, c, d, time @ .., s, t, u, v] = bytes;
        if crc32(&bytes[..10]) != u32::from_be_bytes([s, t, u, v]) {
            return None;
        }
        let time_ms = time.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Some(Self { number: u32::from_be_bytes([a, b, c, d]), time_ms })
    }
}

/// Where a code is drawn, margin and all, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// The side of a cell.
    pub cell: u32,
}

impl Place {
    /// Where the code is drawn in a picture; none where the picture is too small for one.
    pub fn within(size: Size) -> Option<Self> {
        let cell = size.width.min(size.height) / CELLS;
        let place = |width: u32, height: u32| Self {
            x: (size.width - width) / 2,
            y: (size.height - height) / 2,
            cell,
        };
        (cell >= LEAST_CELL).then(|| place((COLUMNS + 2) * cell, (ROWS + 2) * cell))
    }

    /// Pixels from its left to its right.
    pub fn width(self) -> u32 {
        (COLUMNS + 2) * self.cell
    }

    /// Pixels from its top to its bottom.
    pub fn height(self) -> u32 {
        (ROWS + 2) * self.cell
    }
}

/// Draws the code into the planes of an I420 picture, and says whether there was room for it.
pub fn draw(stamp: Stamp, size: Size, planes: &mut [u8]) -> bool {
    let Some(place) = Place::within(size) else { return false };
    if planes.len() != size.bytes() {
        return false;
    }
    let (luma, chroma) = planes.split_at_mut(size.luma());
    let (stride, cell) = (size.width as usize, place.cell as usize);
    let (left, width) = (place.x as usize, place.width() as usize);
    let bits = stamp.bits();
    let mut line = vec![BRIGHT; width];
    for row in 0..ROWS as usize + 2 {
        let inner = row.checked_sub(1).and_then(|row| bits.get(row).copied());
        for (column, pixels) in line.chunks_exact_mut(cell).enumerate() {
            let dark = match (inner, column.checked_sub(1)) {
                (Some(bits), Some(column)) => is_dark(bits, column as u32),
                _ => false,
            };
            pixels.fill(if dark { DARK } else { BRIGHT });
        }
        let top = place.y as usize + row * cell;
        for pixels in luma.chunks_exact_mut(stride).skip(top).take(cell) {
            pixels[left..left + width].copy_from_slice(&line);
        }
    }
    let (u, v) = chroma.split_at_mut(size.chroma());
    let half = |from: u32, length: u32| from as usize / 2..(from + length).div_ceil(2) as usize;
    let rows = half(place.y, place.height());
    for plane in [u, v] {
        for pixels in plane.chunks_exact_mut(stride / 2).skip(rows.start).take(rows.len()) {
            pixels[half(place.x, place.width())].fill(128);
        }
    }
    true
}

/// Whether a column of a row with these bits is dark.
fn is_dark(bits: u16, column: u32) -> bool {
    match column {
        0 | 2..=4 | 6 | 25 | 27 => true,
        FIRST_BIT..=23 => bits >> (FIRST_BIT + BITS - 1 - column) & 1 == 1,
        _ => false,
    }
}

/// The check of Ethernet and zip.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}
