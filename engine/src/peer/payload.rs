//! What lies in the payload of a picture's packets: H264 (RFC 6184) and VP8 (RFC 7741), taken apart.
//!
//! Whatever comes from the network ends up here, so every length is checked before it is used, and what makes
//! no sense is refused. Putting payloads together is the stack's own part.

use crate::media::coded::PictureFormat;

/// The largest coded picture that is taken.
pub(super) const MAX_PICTURE: usize = 8 * 1024 * 1024;

const START: [u8; 4] = [0, 0, 0, 1];

/// A payload that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a packet's payload makes no sense")]
pub(super) struct OddPayload;

/// Whether a picture may begin with this payload.
pub(super) fn begins(format: PictureFormat, payload: &[u8]) -> bool {
    match format {
        PictureFormat::H264 => match payload {
            [head, fragment, ..] if head & 31 == 28 => fragment & 0x80 != 0,
            [_, _, ..] => true,
            _ => false,
        },
        PictureFormat::Vp8 => payload.first().is_some_and(|head| head & 0x17 == 0x10),
    }
}

/// Puts a whole picture together from the payloads of its packets, in order.
///
/// # Errors
/// A payload makes no sense, or the picture is too large. The flag says whether it can be read alone.
pub(super) fn join<'a>(
    format: PictureFormat,
    payloads: impl Iterator<Item = &'a [u8]>,
) -> Result<(Vec<u8>, bool), OddPayload> {
    let mut picture = Vec::new();
    let mut key = false;
    let mut fragment = false;
    for (place, payload) in payloads.enumerate() {
        match format {
            PictureFormat::H264 => units(payload, &mut picture, &mut key, &mut fragment)?,
            PictureFormat::Vp8 => {
                let data = vp8(payload)?;
                if place == 0 {
                    key = data.first().is_some_and(|head| head & 1 == 0);
                }
                picture.extend_from_slice(data);
            }
        }
        if picture.len() > MAX_PICTURE {
            return Err(OddPayload);
        }
    }
    if picture.is_empty() || fragment { Err(OddPayload) } else { Ok((picture, key)) }
}

/// Appends the units of one H264 payload. `fragment` says whether one is open.
fn units(
    payload: &[u8],
    picture: &mut Vec<u8>,
    key: &mut bool,
    fragment: &mut bool,
) -> Result<(), OddPayload> {
    let (&head, rest) = payload.split_first().ok_or(OddPayload)?;
    let whole = |unit: &[u8], picture: &mut Vec<u8>, key: &mut bool| {
        *key |= unit[0] & 31 == 5;
        picture.extend_from_slice(&START);
        picture.extend_from_slice(unit);
    };
    match head & 31 {
        1..=23 if !*fragment => whole(payload, picture, key),
        24 if !*fragment => {
            let mut rest = rest;
            while !rest.is_empty() {
                let (length, after) = rest.split_first_chunk::<2>().ok_or(OddPayload)?;
                let length = usize::from(u16::from_be_bytes(*length));
                let unit = after.get(..length).filter(|unit| !unit.is_empty());
                whole(unit.ok_or(OddPayload)?, picture, key);
                rest = &after[length..];
            }
        }
        28 => {
            let (&kind, data) = rest.split_first().ok_or(OddPayload)?;
            let (first, last) = (kind & 0x80 != 0, kind & 0x40 != 0);
            if first == *fragment || (first && last) {
                return Err(OddPayload);
            }
            if first {
                *key |= kind & 31 == 5;
                picture.extend_from_slice(&START);
                picture.push((head & 0xe0) | (kind & 31));
            }
            picture.extend_from_slice(data);
            *fragment = !last;
        }
        _ => return Err(OddPayload),
    }
    Ok(())
}

/// What follows the descriptor of a VP8 payload.
fn vp8(payload: &[u8]) -> Result<&[u8], OddPayload> {
    let (&head, mut rest) = payload.split_first().ok_or(OddPayload)?;
    let mut next = || {
        let (&byte, after) = rest.split_first().ok_or(OddPayload)?;
        rest = after;
        Ok(byte)
    };
    if head & 0x80 != 0 {
        let extension = next()?;
        if extension & 0x80 != 0 && next()? & 0x80 != 0 {
            next()?;
        }
        if extension & 0x40 != 0 {
            next()?;
        }
        if extension & 0x30 != 0 {
            next()?;
        }
    }
    if rest.is_empty() { Err(OddPayload) } else { Ok(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use rtc::rtp::codec::h264::H264Payloader;
    use rtc::rtp::codec::vp8::Vp8Payloader;
    use rtc::rtp::packetizer::Payloader;

    fn joined(format: PictureFormat, payloads: &[Bytes]) -> Result<(Vec<u8>, bool), OddPayload> {
        join(format, payloads.iter().map(Bytes::as_ref))
    }

    fn unit(kind: u8, length: usize) -> Vec<u8> {
        let mut unit = vec![0, 0, 0, 1, 0x60 | kind];
        unit.extend(std::iter::repeat_n(0xa5, length));
        unit
    }

    #[test]
    fn h264_comes_back_whole() {
        let picture = [unit(7, 10), unit(8, 4), unit(5, 5000)].concat();
        let payloads = H264Payloader::default().payload(1200, &picture.clone().into()).unwrap();
        assert!(payloads.len() > 4 && begins(PictureFormat::H264, &payloads[0]));
        assert_eq!(joined(PictureFormat::H264, &payloads), Ok((picture, true)));
        let delta = unit(1, 3000);
        let payloads = H264Payloader::default().payload(1200, &delta.clone().into()).unwrap();
        assert!(!begins(PictureFormat::H264, &payloads[1]));
        assert_eq!(joined(PictureFormat::H264, &payloads), Ok((delta, false)));
    }

    #[test]
    fn vp8_comes_back_whole() {
        for (first, key) in [(0x10, true), (0x11, false)] {
            let picture: Vec<u8> =
                std::iter::once(first).chain((0..4000).map(|n| n as u8)).collect();
            let mut payloader = Vp8Payloader::default();
            payloader.enable_picture_id = true;
            let payloads = payloader.payload(1200, &picture.clone().into()).unwrap();
            assert!(begins(PictureFormat::Vp8, &payloads[0]));
            assert!(!begins(PictureFormat::Vp8, &payloads[1]));
            assert_eq!(joined(PictureFormat::Vp8, &payloads), Ok((picture, key)));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |format, payloads: &[&[u8]]| {
            let odd = join(format, payloads.iter().copied());
            assert_eq!(odd, Err(OddPayload), "{format:?} {payloads:?}");
        };
        let h264: [&[&[u8]]; 12] = [
            &[],
            &[&[]],
            &[&[0]],
            &[&[30, 1, 2]],
            // A bundle that ends in half a length, in nothing, or beyond its end.
            &[&[24, 0]],
            &[&[24, 0, 1, 0x65, 0]],
            &[&[24, 0, 0]],
            &[&[24, 0, 9, 0x65]],
            // Fragments without a beginning, without an end, begun twice, and interrupted.
            &[&[28, 0x05, 1]],
            &[&[28, 0x85, 1]],
            &[&[28, 0x85, 1], &[28, 0x85, 1], &[28, 0x45, 1]],
            &[&[28, 0x85, 1], &[0x65, 1, 2]],
        ];
        h264.iter().for_each(|payloads| refused(PictureFormat::H264, payloads));
        let vp8: [&[&[u8]]; 6] = [
            &[],
            &[&[]],
            &[&[0x10]],
            &[&[0x90]],
            &[&[0x90, 0x80, 0x80]],
            &[&[0x90, 0xf0, 1, 2, 3]],
        ];
        vp8.iter().for_each(|payloads| refused(PictureFormat::Vp8, payloads));
    }

    proptest! {
        #[test]
        fn nothing_from_outside_breaks_it(payloads: Vec<Vec<u8>>) {
            for format in [PictureFormat::H264, PictureFormat::Vp8] {
                let whole: usize = payloads.iter().map(Vec::len).sum();
                if let Ok((picture, _)) = join(format, payloads.iter().map(Vec::as_slice)) {
                    prop_assert!(picture.len() <= 5 * whole);
                }
                for payload in &payloads {
                    begins(format, payload);
                }
            }
        }
    }
}
