//! The sizes that parameter sets of H264 announce, read before a decoder makes room for them. Nothing else of a
//! stream is read here.

use super::super::codec::CodecFault;

/// Parameter sets: of a stream, and of its layers.
const SETS: [u8; 2] = [7, 15];
/// Profiles whose parameter sets say more about colours.
const RICH: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
/// Bytes of a parameter set up to behind its size, which has a few dozen.
const MOST_READ: usize = 4096;

/// The sizes in pixels, in blocks of 16, that a stream's parameter sets announce.
pub(super) fn sizes(data: &[u8]) -> Result<Vec<(u32, u32)>, CodecFault> {
    let sets =
        units(data).filter(|unit| unit.first().is_some_and(|head| SETS.contains(&(head & 31))));
    sets.map(|unit| {
        size(&unit[1..]).ok_or_else(|| CodecFault::Unreadable("a parameter set is odd".to_owned()))
    })
    .collect()
}

/// What stands between the start codes.
fn units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = next_unit(data);
    std::iter::from_fn(move || {
        let unit = rest?;
        rest = next_unit(unit);
        // Up to the next start code; what follows it is in `rest`.
        let end = rest.map_or(unit.len(), |rest| unit.len() - rest.len() - 3);
        Some(&unit[..end])
    })
}

/// What stands behind the next start code.
fn next_unit(data: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    while let Some(window) = data.get(at..at + 3) {
        match window {
            [0, 0, 1] => return data.get(at + 3..),
            [_, _, 0] => at += 1,
            _ => at += 3,
        }
    }
    None
}

/// Without the bytes that keep start codes from arising.
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut plain = Vec::with_capacity(unit.len().min(MOST_READ));
    for byte in unit.iter().take(MOST_READ) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

fn size(unit: &[u8]) -> Option<(u32, u32)> {
    let plain = unescaped(unit);
    let mut bits = Bits { bytes: &plain, at: 0 };
    let profile = bits.number(8)?;
    bits.number(16)?;
    bits.golomb()?;
    if RICH.contains(&profile) {
        let colours = bits.golomb()?;
        if colours == 3 {
            bits.number(1)?;
        }
        bits.golomb()?;
        bits.golomb()?;
        bits.number(1)?;
        if bits.number(1)? == 1 {
            for list in 0..if colours == 3 { 12 } else { 8 } {
                if bits.number(1)? == 1 {
                    bits.skip_scaling(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.golomb()?;
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => {
            bits.number(1)?;
            bits.golomb()?;
            bits.golomb()?;
            let cycle = bits.golomb()?;
            for _ in 0..cycle {
                bits.golomb()?;
            }
        }
        2 => {}
        _ => return None,
    }
    bits.golomb()?;
    bits.number(1)?;
    let (width, height) = (bits.golomb()?, bits.golomb()?);
    let fields = if bits.number(1)? == 1 { 1 } else { 2 };
    let pixels = |blocks: u32, fields: u32| blocks.checked_add(1)?.checked_mul(16 * fields);
    Some((pixels(width, 1)?, pixels(height, fields)?))
}

/// Bits, the highest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn number(&mut self, count: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            number = number << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(number)
    }

    /// As many zeros, a one, and as many bits.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.number(1)? == 0 {
            zeros += 1;
        }
        let more = if zeros < 32 { self.number(zeros)? } else { return None };
        (1_u32 << zeros).checked_sub(1)?.checked_add(more)
    }

    fn skip_scaling(&mut self, count: usize) -> Option<()> {
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..count {
            if next != 0 {
                let coded = i64::from(self.golomb()?);
                let change = if coded % 2 == 1 { (coded + 1) / 2 } else { -coded / 2 };
                next = (last + change).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A baseline set of so many blocks, behind a start code, escaped.
    fn set(width: u32, height: u32) -> Vec<u8> {
        let mut bits = Vec::new();
        let mut number = |value: u64, count: u32| {
            bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        };
        number(66, 8);
        number(0xC01F, 16);
        let mut golomb = |value: u32| {
            let value = u64::from(value) + 1;
            let length = value.ilog2();
            number(0, length);
            number(value, length + 1);
        };
        for value in [0, 0, 2, 1] {
            golomb(value);
        }
        // No gaps: the number zero as a bit of its own.
        let mut rest = Vec::new();
        let mut tail = |value: u32| {
            let value = u64::from(value) + 1;
            let length = value.ilog2();
            rest.extend((0..length).map(|_| false));
            rest.extend((0..=length).rev().map(|bit| value >> bit & 1 == 1));
        };
        tail(width - 1);
        tail(height - 1);
        bits.push(false);
        bits.extend(rest);
        bits.extend([true, true, false, true]);
        let mut bytes = vec![0, 0, 0, 1, 0x67];
        let mut zeros = 0;
        for byte in bits.chunks(8) {
            let byte = (0..8).fold(0, |sum, bit| sum << 1 | u8::from(byte.get(bit) == Some(&true)));
            if zeros >= 2 && byte <= 3 {
                bytes.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        bytes
    }

    #[test]
    fn sizes_are_found_among_other_units() {
        let before = [0, 0, 0, 1, 0x09, 0xF0];
        let behind = [0, 0, 1, 0x68, 0xCE, 0x3C, 0x80, 0, 0, 1, 0x65, 0x88];
        let stream = [&before[..], &set(80, 45), &behind, &set(256, 1024)].concat();
        assert_eq!(sizes(&stream), Ok(vec![(1280, 720), (4096, 16_384)]));
        assert_eq!(sizes(&behind), Ok(Vec::new()));
        assert!(sizes(&[0, 0, 1, 0x67, 66]).is_err());
    }

    proptest! {
        #[test]
        fn each_size_is_read(width in 1_u32..70_000, height in 1_u32..70_000) {
            prop_assert_eq!(sizes(&set(width, height)), Ok(vec![(width * 16, height * 16)]));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = sizes(&[&[0, 0, 1, 0x67][..], &bytes].concat());
            let _ = sizes(&bytes);
        }
    }
}
