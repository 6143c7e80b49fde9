//! VP8 by libvpx. Key pictures come on demand alone. The library reads whatever follows a lost picture without a
//! word, so whoever feeds the decoder has to tell gaps; and it makes room for whatever size it is told, so that is
//! looked at before.

mod raw;

use super::codec::{CodecFault, Coded, PictureDecoder, PictureEncoder, Rate, check_size};
use crate::media::coded::PictureFormat;
use crate::media::picture::{Picture, Size};
use raw::{RawDecoder, RawEncoder};

fn failed(reason: String) -> CodecFault {
    CodecFault::Failed { format: PictureFormat::Vp8, reason }
}

/// An encoder, which is made anew for each size.
pub(super) struct Vp8Encoder {
    open: Option<Open>,
    rate: Rate,
    /// A key picture was asked for and has not come yet.
    key: bool,
}

struct Open {
    encoder: RawEncoder,
    size: Size,
    rate: Rate,
    /// When the first picture was taken, and the last, from then.
    begun_us: u64,
    last: i64,
}

impl Vp8Encoder {
    pub(super) fn new(rate: Rate) -> Self {
        Self { open: None, rate: rate.held(), key: false }
    }
}

impl PictureEncoder for Vp8Encoder {
    fn encode(&mut self, picture: &Picture, key: bool) -> Result<Option<Coded>, CodecFault> {
        self.key |= key;
        let (size, rate, taken) = (picture.size(), self.rate, picture.taken_us());
        // Taken out, so that one that failed is not used again.
        let mut open = match self.open.take() {
            Some(mut open) if open.size == size => {
                if open.rate != rate {
                    open.encoder.set_rate(rate).map_err(failed)?;
                    open.rate = rate;
                }
                open
            }
            _ => {
                let encoder = RawEncoder::new(size, rate).map_err(failed)?;
                Open { encoder, size, rate, begun_us: taken, last: -1 }
            }
        };
        // The library insists on times that grow.
        let time = i64::try_from(taken.saturating_sub(open.begun_us)).unwrap_or(0);
        open.last = time.max(open.last + 1);
        let interval_us = (1_000_000.0 / rate.fps) as u32;
        let coded =
            open.encoder.encode(picture, open.last, interval_us, self.key).map_err(failed)?;
        self.open = Some(open);
        self.key &= !coded.as_ref().is_some_and(|coded| coded.key);
        Ok(coded)
    }

    fn set_rate(&mut self, rate: Rate) {
        self.rate = rate.held();
    }
}

/// A decoder.
pub(super) struct Vp8Decoder {
    decoder: RawDecoder,
    begun: bool,
}

impl Vp8Decoder {
    pub(super) fn new() -> Result<Self, CodecFault> {
        Ok(Self { decoder: RawDecoder::new().map_err(failed)?, begun: false })
    }
}

impl PictureDecoder for Vp8Decoder {
    fn decode(&mut self, data: &[u8]) -> Result<Option<Picture>, CodecFault> {
        match key_size(data)? {
            Some((width, height)) => check_size(width, height)?,
            None if !self.begun => {
                return Err(CodecFault::Unreadable("no key picture came before it".to_owned()));
            }
            None => {}
        }
        let picture = self.decoder.decode(data)?;
        self.begun = true;
        Ok(picture)
    }
}

/// The size that a key picture announces; none of another picture.
fn key_size(data: &[u8]) -> Result<Option<(u32, u32)>, CodecFault> {
    let odd = |reason: &str| Err(CodecFault::Unreadable(reason.to_owned()));
    match data {
        [] | [_] | [_, _] => odd("it has no head"),
        [head, ..] if head & 1 == 1 => Ok(None),
        [_, _, _, 0x9D, 0x01, 0x2A, a, b, c, d, ..] => {
            let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
            match (side(*a, *b), side(*c, *d)) {
                (0, _) | (_, 0) => odd("it has no size"),
                size => Ok(Some(size)),
            }
        }
        _ => odd("a key picture has an odd head"),
    }
}
