//! From bytes to what a client says: frames, put together from however they were cut, in bounded space.
//! Whole frames are read where they lie in the reader's buffer; only the rest of a cut one is kept.

use crate::protocol::ErrorCode;
use crate::server::frame::{self, Cut, Kind, Violation};

/// One thing that a client says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Text(&'a [u8]),
    Ping(&'a [u8]),
    Pong,
    Close,
    /// A part of a text.
    Part,
}

/// Why a connection can't go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// To be told to the client.
    Code(ErrorCode),
    /// No WebSocket.
    Protocol,
    /// A binary message.
    Binary,
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::Protocol => Self::Protocol,
            Violation::TooLarge => Self::Code(ErrorCode::MessageTooLarge),
        }
    }
}

/// What was read and is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Intake {
    frame: Vec<u8>,
    text: Option<Vec<u8>>,
    closed: bool,
}

impl Intake {
    /// Takes fresh bytes in and says all that is whole now.
    pub(super) fn take_in(
        &mut self,
        fresh: &mut [u8],
        most: usize,
        mut say: impl FnMut(Said<'_>) -> Result<(), ErrorCode>,
    ) -> Result<(), Error> {
        if self.frame.is_empty() {
            let (rest, whole) = self.cut_all(fresh, most, &mut say)?;
            if let Some(whole) = whole {
                self.frame.reserve_exact(whole);
            }
            self.frame.extend_from_slice(&fresh[rest..]);
            return Ok(());
        }
        self.frame.extend_from_slice(fresh);
        let mut bytes = std::mem::take(&mut self.frame);
        let (rest, whole) = self.cut_all(&mut bytes, most, &mut say)?;
        if rest < bytes.len() {
            bytes.drain(..rest);
            if let Some(whole) = whole {
                bytes.reserve_exact(whole.saturating_sub(bytes.len()));
            }
            self.frame = bytes;
        }
        Ok(())
    }

    /// Says all whole frames; gives where the rest begins, and how long its frame will be if that is known.
    fn cut_all(
        &mut self,
        bytes: &mut [u8],
        most: usize,
        say: &mut impl FnMut(Said<'_>) -> Result<(), ErrorCode>,
    ) -> Result<(usize, Option<usize>), Error> {
        let mut at = 0;
        loop {
            let buffer = &mut bytes[at..];
            if self.closed {
                return Ok((at + buffer.len(), None));
            }
            let frame = match frame::cut(buffer, most)? {
                Cut::Whole(frame) => frame,
                Cut::Part(whole) => return Ok((at, whole)),
            };
            let payload = &buffer[frame.begin..frame.end];
            match (frame.kind, &mut self.text) {
                (Kind::Text, None) if frame.last => {
                    say(Said::Text(payload)).map_err(Error::Code)?
                }
                (Kind::Text, None) => {
                    say(Said::Part).map_err(Error::Code)?;
                    self.text = Some(payload.to_vec());
                }
                (Kind::Continuation, Some(text)) => {
                    if text.len() + payload.len() > most {
                        return Err(Error::Code(ErrorCode::MessageTooLarge));
                    }
                    text.extend_from_slice(payload);
                    if frame.last {
                        let text = self.text.take().unwrap_or_default();
                        say(Said::Text(&text)).map_err(Error::Code)?;
                    } else {
                        say(Said::Part).map_err(Error::Code)?;
                    }
                }
                (Kind::Ping, _) => say(Said::Ping(payload)).map_err(Error::Code)?,
                (Kind::Pong, _) => say(Said::Pong).map_err(Error::Code)?,
                (Kind::Close, _) => {
                    self.closed = true;
                    say(Said::Close).map_err(Error::Code)?;
                }
                (Kind::Binary, _) => return Err(Error::Binary),
                (Kind::Text | Kind::Continuation, _) => return Err(Error::Protocol),
            }
            at += frame.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(kind: u8, last: bool, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        frame::begin(&mut out, Kind::Text, payload.len());
        out[0] = kind | if last { 0x80 } else { 0 };
        out[1] |= 0x80;
        let mask = [7, 77, 177, 200];
        out.extend_from_slice(&mask);
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, k)| b ^ k));
        out
    }

    proptest! {
        #[test]
        fn texts_come_whole_and_in_order_however_the_bytes_are_cut(
            texts in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 0..400), 1usize..4, any::<bool>()), 1..8),
            cuts in proptest::collection::vec(1usize..600, 1..40),
        ) {
            let mut bytes = Vec::new();
            for (text, parts, ping) in &texts {
                let size = text.len().div_ceil(*parts).max(1);
                let mut chunks: Vec<&[u8]> = text.chunks(size).collect();
                if chunks.is_empty() {
                    chunks.push(&[]);
                }
                let count = chunks.len();
                for (n, chunk) in chunks.into_iter().enumerate() {
                    bytes.extend(masked(if n == 0 { 1 } else { 0 }, n + 1 == count, chunk));
                    if *ping {
                        bytes.extend(masked(9, true, b"hi"));
                    }
                }
            }
            let mut intake = Intake::default();
            let mut said = Vec::new();
            let (mut at, mut cuts) = (0, cuts.into_iter().cycle());
            while at < bytes.len() {
                let end = bytes.len().min(at + cuts.next().unwrap());
                let mut fresh = bytes[at..end].to_vec();
                intake.take_in(&mut fresh, 400, |s| {
                    if let Said::Text(text) = s {
                        said.push(text.to_vec());
                    }
                    Ok(())
                }).unwrap();
                at = end;
            }
            let expected: Vec<_> = texts.into_iter().map(|(text, ..)| text).collect();
            prop_assert_eq!(said, expected);
            prop_assert!(intake.frame.is_empty() && intake.text.is_none());
        }

        #[test]
        fn any_bytes_are_taken_in_bounded_space(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..100), 1..30)
        ) {
            let mut intake = Intake::default();
            for mut chunk in chunks {
                if intake.take_in(&mut chunk, 500, |_| Ok(())).is_err() {
                    break;
                }
                prop_assert!(intake.frame.capacity() < 2000);
                prop_assert!(intake.text.as_ref().is_none_or(|text| text.len() <= 500));
            }
        }
    }

    #[test]
    fn what_can_t_go_on_is_said() {
        let take = |bytes: Vec<u8>| {
            Intake::default().take_in(&mut bytes.clone(), 100, |_| Ok(())).unwrap_err()
        };
        assert_eq!(take(masked(2, true, b"x")), Error::Binary);
        assert_eq!(take(masked(0, true, b"x")), Error::Protocol);
        assert_eq!(take([masked(1, false, b"x"), masked(1, true, b"x")].concat()), Error::Protocol);
        assert_eq!(take(masked(1, true, &[b'x'; 101])), Error::Code(ErrorCode::MessageTooLarge));
        let two = [masked(1, false, &[b'x'; 60]), masked(0, true, &[b'x'; 60])].concat();
        assert_eq!(take(two), Error::Code(ErrorCode::MessageTooLarge));
    }
}
