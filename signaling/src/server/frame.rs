//! WebSocket frames (RFC 6455), the server's side: cutting what a client sent into frames, and framing what
//! is sent to it. Pure: bytes in, bytes out. Extensions are never negotiated, so reserved bits are an error.

use crate::protocol::ErrorCode;

/// Close codes of RFC 6455 and its registry.
pub(crate) mod close {
    pub(crate) const NORMAL: u16 = 1000;
    pub(crate) const PROTOCOL: u16 = 1002;
    pub(crate) const UNSUPPORTED: u16 = 1003;
    pub(crate) const POLICY: u16 = 1008;
    pub(crate) const TOO_LARGE: u16 = 1009;
    pub(crate) const INTERNAL: u16 = 1011;
    pub(crate) const RESTART: u16 = 1012;
    pub(crate) const TRY_LATER: u16 = 1013;

    use super::ErrorCode;

    /// The close code that goes with an error.
    pub(crate) fn for_error(code: ErrorCode) -> u16 {
        match code {
            ErrorCode::MessageTooLarge => TOO_LARGE,
            ErrorCode::Internal => INTERNAL,
            ErrorCode::GoingDown => RESTART,
            ErrorCode::StorageFull | ErrorCode::ServerFull => TRY_LATER,
            _ => POLICY,
        }
    }
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Kind {
    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn opcode(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// A client that doesn't speak WebSocket, or says too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    /// Against the RFC.
    Protocol,
    /// More payload than is taken.
    TooLarge,
}

/// A frame in a buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) last: bool,
    /// Where the payload begins and ends in the buffer; it is unmasked there.
    pub(crate) begin: usize,
    pub(crate) end: usize,
}

/// What stands at the front of a buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cut {
    /// A whole frame.
    Whole(Frame),
    /// Part of one. When the header is there, so is the length of the whole.
    Part(Option<usize>),
}

/// Cuts the first frame from a buffer, and unmasks it in place.
pub(crate) fn cut(buffer: &mut [u8], most: usize) -> Result<Cut, Violation> {
    let [first, second, ..] = *buffer else { return Ok(Cut::Part(None)) };
    let kind = match first & 0x0f {
        0 => Kind::Continuation,
        1 => Kind::Text,
        2 => Kind::Binary,
        8 => Kind::Close,
        9 => Kind::Ping,
        10 => Kind::Pong,
        _ => return Err(Violation::Protocol),
    };
    let last = first & 0x80 != 0;
    let masked = second & 0x80 != 0;
    let short = usize::from(second & 0x7f);
    if first & 0x70 != 0 || !masked || (kind.is_control() && (!last || short > 125)) {
        return Err(Violation::Protocol);
    }
    let (length, mask_at) = match short {
        126 => match buffer.get(2..4) {
            Some(bytes) => (bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b)), 4),
            None => return Ok(Cut::Part(None)),
        },
        127 => match buffer.get(2..10) {
            Some(bytes) => (bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b)), 10),
            None => return Ok(Cut::Part(None)),
        },
        short => (short as u64, 2),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > most {
        return Err(Violation::TooLarge);
    }
    let begin = mask_at + 4;
    let end = begin + length;
    if buffer.len() < end {
        return Ok(Cut::Part(Some(end)));
    }
    let mut mask = [0; 4];
    mask.copy_from_slice(&buffer[mask_at..begin]);
    unmask(&mut buffer[begin..end], mask);
    Ok(Cut::Whole(Frame { kind, last, begin, end }))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d];
    let mut chunks = payload.chunks_exact_mut(16);
    for chunk in &mut chunks {
        for (byte, key) in chunk.iter_mut().zip(wide) {
            *byte ^= key;
        }
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(wide) {
        *byte ^= key;
    }
}

/// Writes the header of a whole frame from the server.
pub(crate) fn begin(out: &mut Vec<u8>, kind: Kind, length: usize) {
    out.push(0x80 | kind.opcode());
    match length {
        0..126 => out.push(length as u8),
        126..0x1_0000 => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Writes a whole frame from the server.
pub(crate) fn write(out: &mut Vec<u8>, kind: Kind, payload: &[u8]) {
    out.reserve(payload.len() + 10);
    begin(out, kind, payload.len());
    out.extend_from_slice(payload);
}

/// Writes a close frame.
pub(crate) fn write_close(out: &mut Vec<u8>, code: u16, reason: &str) {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(&reason.as_bytes()[..reason.len().min(100)]);
    write(out, Kind::Close, &payload);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(kind: Kind, last: bool, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
        let mut out = Vec::new();
        begin(&mut out, kind, payload.len());
        out[0] = (out[0] & 0x7f) | if last { 0x80 } else { 0 };
        out[1] |= 0x80;
        out.extend_from_slice(&mask);
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, k)| b ^ k));
        out
    }

    #[test]
    fn what_breaks_the_rules_is_a_violation() {
        let unmasked = [0x81, 1, b'a'];
        let reserved = [0xc1, 0x80, 0, 0, 0, 0];
        let unknown = [0x83, 0x80, 0, 0, 0, 0];
        let long_ping = [0x89, 0xfe, 0, 126];
        let cut_ping = [0x09, 0x80, 0, 0, 0, 0];
        for bytes in [&unmasked[..], &reserved, &unknown, &long_ping, &cut_ping] {
            assert_eq!(cut(&mut bytes.to_vec(), 1000), Err(Violation::Protocol), "{bytes:?}");
        }
        let mut huge = [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(cut(&mut huge, 1000), Err(Violation::TooLarge));
    }

    proptest! {
        #[test]
        fn frames_survive_the_round_trip_however_they_are_cut(
            payload in proptest::collection::vec(any::<u8>(), 0..70_000),
            mask: [u8; 4],
            at: proptest::sample::Index,
        ) {
            let whole = masked(Kind::Text, true, &payload, mask);
            let mut part = whole[..at.index(whole.len())].to_vec();
            match cut(&mut part, 100_000) {
                Ok(Cut::Part(None)) => prop_assert!(part.len() < 14),
                Ok(Cut::Part(Some(length))) => prop_assert_eq!(length, whole.len()),
                other => prop_assert!(false, "{:?}", other),
            }
            let mut whole = whole;
            let Ok(Cut::Whole(frame)) = cut(&mut whole, 100_000) else { panic!("not whole") };
            prop_assert_eq!(frame.end, whole.len());
            prop_assert_eq!(&whole[frame.begin..frame.end], &payload[..]);
        }

        #[test]
        fn any_bytes_are_cut_without_harm(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(Cut::Whole(frame)) = cut(&mut bytes, 200) {
                prop_assert!(frame.begin <= frame.end && frame.end <= bytes.len());
                prop_assert!(frame.end - frame.begin <= 200);
            }
        }
    }
}
