//! What cameras give, byte by byte, to I420. Sizes, lengths and strides are the device's word and checked against the bytes
//! that came: a frame that is too short, as a bad cable makes them, is left out by whoever asked.

#[cfg(test)]
mod tests;

use super::jpeg;
use super::wish::Coding;
use crate::media::picture::{Picture, Size};
use yuv::{BufferStoreMut, YuvPackedImage, YuvPlanarImageMut, yuyv422_to_yuv420};

/// A frame as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) coding: Coding,
    pub(super) size: Size,
    /// Bytes from one line to the next of the first plane; 0 where there is nothing between lines.
    pub(super) stride: u32,
    pub(super) bytes: &'a [u8],
}

/// Why a frame can't be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct OddFrame(pub(super) String);

impl Raw<'_> {
    /// As a picture.
    ///
    /// # Errors
    /// It is cut short or damaged, or has another size than was agreed on.
    pub(super) fn picture(&self, taken_us: u64) -> Result<Picture, OddFrame> {
        if self.coding == Coding::Mjpeg {
            let picture = jpeg::decode(self.bytes, taken_us).map_err(OddFrame)?;
            let (came, agreed) = (picture.size(), self.size);
            let other =
                || OddFrame(format!("a picture of {came:?} where {agreed:?} was agreed on"));
            return if came == agreed { Ok(picture) } else { Err(other()) };
        }
        let size = self.size;
        let mut planes = vec![0; size.bytes()];
        let (y, colours) = planes.split_at_mut(size.luma());
        let (u, v) = colours.split_at_mut(size.chroma());
        match self.coding {
            Coding::Yuyv => self.unpack(y, u, v)?,
            Coding::Nv12 => self.part(y, u, v)?,
            Coding::I420 | Coding::Mjpeg => self.copy(y, u, v)?,
        }
        Picture::new(size, taken_us, planes).ok_or_else(|| OddFrame("an odd size".to_owned()))
    }

    /// Bytes from line to line where each line has so many.
    fn stride(&self, least: u32) -> Result<usize, OddFrame> {
        let stride = if self.stride == 0 { least } else { self.stride };
        let short = || OddFrame(format!("lines of {stride} bytes where {least} are needed"));
        if stride >= least { Ok(stride as usize) } else { Err(short()) }
    }

    /// A plane of so many lines, and what comes after it. The last line need not be padded.
    fn plane(
        bytes: &[u8],
        line: usize,
        stride: usize,
        lines: usize,
    ) -> Result<(&[u8], &[u8]), OddFrame> {
        let needed = stride * (lines - 1) + line;
        if bytes.len() < needed {
            return Err(OddFrame(format!("{} bytes came of {needed}", bytes.len())));
        }
        Ok((&bytes[..needed], bytes.get(stride * lines..).unwrap_or_default()))
    }

    fn unpack(&self, y: &mut [u8], u: &mut [u8], v: &mut [u8]) -> Result<(), OddFrame> {
        let Size { width, height } = self.size;
        let stride = self.stride(2 * width)?;
        let line = 2 * width as usize;
        let (plane, _) = Self::plane(self.bytes, line, stride, height as usize)?;
        // The library wants the last line as long as the others.
        let whole: Vec<u8>;
        let packed = if plane.len() == stride * height as usize {
            plane
        } else {
            whole = [plane, &vec![0; stride - line]].concat();
            &whole
        };
        let stride = u32::try_from(stride).unwrap_or(u32::MAX);
        let packed = YuvPackedImage { yuy: packed, yuy_stride: stride, width, height };
        let mut planar = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(y),
            y_stride: width,
            u_plane: BufferStoreMut::Borrowed(u),
            u_stride: width / 2,
            v_plane: BufferStoreMut::Borrowed(v),
            v_stride: width / 2,
            width,
            height,
        };
        yuyv422_to_yuv420(&mut planar, &packed).map_err(|error| OddFrame(error.to_string()))
    }

    fn part(&self, y: &mut [u8], u: &mut [u8], v: &mut [u8]) -> Result<(), OddFrame> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let stride = self.stride(self.size.width)?;
        let (bright, rest) = Self::plane(self.bytes, width, stride, height)?;
        let (colours, _) = Self::plane(rest, width, stride, height / 2)?;
        lines(bright, stride, y, width);
        for (line, (u, v)) in
            colours.chunks(stride).zip(u.chunks_mut(width / 2).zip(v.chunks_mut(width / 2)))
        {
            for ([first, second], (u, v)) in line.as_chunks().0.iter().zip(u.iter_mut().zip(v)) {
                (*u, *v) = (*first, *second);
            }
        }
        Ok(())
    }

    fn copy(&self, y: &mut [u8], u: &mut [u8], v: &mut [u8]) -> Result<(), OddFrame> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let stride = self.stride(self.size.width)?;
        let (bright, rest) = Self::plane(self.bytes, width, stride, height)?;
        let (first, rest) = Self::plane(rest, width / 2, stride / 2, height / 2)?;
        let (second, _) = Self::plane(rest, width / 2, stride / 2, height / 2)?;
        lines(bright, stride, y, width);
        lines(first, stride / 2, u, width / 2);
        lines(second, stride / 2, v, width / 2);
        Ok(())
    }
}

/// Copies lines, without what lies between them.
fn lines(from: &[u8], stride: usize, into: &mut [u8], width: usize) {
    for (from, into) in from.chunks(stride).zip(into.chunks_mut(width)) {
        into.copy_from_slice(&from[..width]);
    }
}
