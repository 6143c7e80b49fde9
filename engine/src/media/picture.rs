//! A raw picture: I420, planes one after the other without padding. It knows its size and when it was taken,
//! and nothing of where it comes from.

use std::sync::Arc;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Size {
    /// At least 2, even.
    pub width: u32,
    /// At least 2, even.
    pub height: u32,
}

impl Size {
    /// The largest side that is taken from anywhere.
    pub const MOST: u32 = 4096;

    /// A size with both sides even, and neither too small nor too large; none otherwise.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let fits = |side: u32| (2..=Self::MOST).contains(&side) && side.is_multiple_of(2);
        (fits(width) && fits(height)).then_some(Self { width, height })
    }

    /// Bytes of the bright plane.
    pub fn luma(self) -> usize {
        self.width as usize * self.height as usize
    }

    /// Bytes of each of the two colour planes.
    pub fn chroma(self) -> usize {
        self.luma() / 4
    }

    /// Bytes of a whole picture.
    pub fn bytes(self) -> usize {
        self.luma() + 2 * self.chroma()
    }
}

/// A raw picture. Clones share the pixels.
#[derive(Clone)]
pub struct Picture {
    size: Size,
    taken_us: u64,
    planes: Arc<[u8]>,
}

impl Picture {
    /// A picture of `size.bytes()` bytes; none where they are not as many.
    pub fn new(size: Size, taken_us: u64, planes: impl Into<Arc<[u8]>>) -> Option<Self> {
        let planes = planes.into();
        (planes.len() == size.bytes()).then_some(Self { size, taken_us, planes })
    }

    /// A picture of one colour.
    pub fn plain(size: Size, taken_us: u64, [y, u, v]: [u8; 3]) -> Self {
        let mut planes = vec![y; size.bytes()];
        planes[size.luma()..size.luma() + size.chroma()].fill(u);
        planes[size.luma() + size.chroma()..].fill(v);
        Self { size, taken_us, planes: planes.into() }
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        self.size
    }

    /// When it was taken, in microseconds of the process's steady clock ([`super::clock::now_us`]).
    pub fn taken_us(&self) -> u64 {
        self.taken_us
    }

    /// The same pixels, taken at another time.
    #[must_use]
    pub fn taken_at(mut self, taken_us: u64) -> Self {
        self.taken_us = taken_us;
        self
    }

    /// All three planes in a row: Y, U, V.
    pub fn bytes(&self) -> &[u8] {
        &self.planes
    }

    /// The bright plane.
    pub fn y(&self) -> &[u8] {
        &self.planes[..self.size.luma()]
    }

    /// The first colour plane.
    pub fn u(&self) -> &[u8] {
        &self.planes[self.size.luma()..][..self.size.chroma()]
    }

    /// The second colour plane.
    pub fn v(&self) -> &[u8] {
        &self.planes[self.size.luma() + self.size.chroma()..]
    }
}

/// Pixels never reach a log.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{})", self.size.width, self.size.height)
    }
}
