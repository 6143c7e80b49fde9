//! What goes over a lane: words between the two ends, and pieces of the list, of leaves and of files. A frame is one byte
//! that says what it is, then that. A lane keeps frames whole and in order. What can't be read ends the lane.
//!
//! The receiver asks for everything, so that the sender keeps no account of what came, and nothing comes that there is no
//! room for:
//!
//! ```text
//! receiver                              sender
//!                                    <  ready, or refused {why}
//!   list                             >
//!                                    <  list {bytes}, pieces of it
//!   have {done, total}               >
//!   want {file, from, to}            >
//!                                    <  opened {file, size, root, leaves}, pieces of them; once for each file
//!                                    <  pieces of the groups from..to; or lost {file, why}
//!   done                             >
//! ```

use super::tree::Root;
use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// The longest frame; what other stacks take at least.
pub const LONGEST: usize = 64 * 1024;
/// The most bytes of a file in one frame.
pub const PIECE: usize = 60 * 1024;
/// The longest word.
const LONGEST_WORD: usize = 1024;

const WORD: u8 = 1;
const LIST: u8 = 2;
const LEAVES: u8 = 3;
const DATA: u8 = 4;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A word.
    Word(Word),
    /// The next piece of the list.
    List(Bytes),
    /// The next piece of a file's leaves.
    Leaves {
        /// Which file.
        file: u32,
        /// So many whole leaves, or a part of one.
        bytes: Bytes,
    },
    /// A piece of a file.
    Data {
        /// Which file.
        file: u32,
        /// Where it begins.
        offset: u64,
        /// What is there.
        bytes: Bytes,
    },
}

/// A word of either side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum Word {
    /// The sender is there; nothing is said before.
    Ready,
    /// Nothing is sent on this lane.
    Refused {
        /// Why.
        why: Refused,
    },
    /// The receiver has no list yet.
    List {
        /// How long it is, where the sender says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<u32>,
    },
    /// The receiver has so much of what it wants, before it asks for more.
    Have {
        /// Bytes that are there.
        done: u64,
        /// All bytes that are wanted.
        total: u64,
    },
    /// The receiver wants groups of a file.
    Want {
        /// Which file, by its place in the list.
        file: u32,
        /// The first group.
        from: u32,
        /// The one after the last.
        to: u32,
    },
    /// What a file's groups are held against.
    Opened {
        /// Which file.
        file: u32,
        /// Its bytes, as they are now.
        size: u64,
        /// Its hash, in hexadecimal digits.
        #[serde(with = "hex")]
        root: Root,
        /// How many leaves follow.
        leaves: u32,
    },
    /// Groups that were wanted do not come.
    Lost {
        /// Of which file.
        file: u32,
        /// Why.
        why: Lost,
    },
    /// The receiver has all that it wanted.
    Done,
    /// Said by a later version.
    #[serde(other)]
    Unknown,
}

/// Why a sender sends nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// There is no such transfer, any more or for that device.
    Unknown,
    /// The sender has paused it.
    Paused,
    /// The sender has not heard yet that it is wanted.
    Later,
}

/// Why a file is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// It is not the file any more that was offered.
    Changed,
    /// It is not there any more.
    Gone,
    /// It can't be read.
    Unreadable,
}

/// It is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what came on the lane makes no sense")]
pub struct OddFrame;

impl Frame {
    /// As it goes over the lane.
    pub fn write(&self) -> Bytes {
        let mut out = BytesMut::new();
        match self {
            Self::Word(word) => {
                out.put_u8(WORD);
                // Words are made of numbers and names alone, which can always be written.
                out.put_slice(&serde_json::to_vec(word).unwrap_or_default());
            }
            Self::List(bytes) => {
                out.put_u8(LIST);
                out.put_slice(bytes);
            }
            Self::Leaves { file, bytes } => {
                out.put_u8(LEAVES);
                out.put_u32(*file);
                out.put_slice(bytes);
            }
            Self::Data { file, offset, bytes } => {
                out.reserve(13 + bytes.len());
                out.put_u8(DATA);
                out.put_u32(*file);
                out.put_u64(*offset);
                out.put_slice(bytes);
            }
        }
        out.freeze()
    }

    /// Reads what came.
    ///
    /// # Errors
    /// Where it is no frame.
    pub fn read(mut frame: Bytes) -> Result<Self, OddFrame> {
        if frame.is_empty() || frame.len() > LONGEST {
            return Err(OddFrame);
        }
        let kind = frame.split_to(1)[0];
        match kind {
            WORD if frame.len() <= LONGEST_WORD => {
                serde_json::from_slice(&frame).map(Self::Word).map_err(|_| OddFrame)
            }
            LIST => Ok(Self::List(frame)),
            LEAVES => Ok(Self::Leaves { file: number(&mut frame)?, bytes: frame }),
            DATA => {
                let file = number(&mut frame)?;
                let (high, low) = (number(&mut frame)?, number(&mut frame)?);
                let offset = u64::from(high) << 32 | u64::from(low);
                Ok(Self::Data { file, offset, bytes: frame })
            }
            _ => Err(OddFrame),
        }
    }
}

fn number(frame: &mut Bytes) -> Result<u32, OddFrame> {
    if frame.len() < 4 {
        return Err(OddFrame);
    }
    let bytes = frame.split_to(4);
    Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// Hashes in words.
mod hex {
    use super::Root;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(root: &Root, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(blake3::Hash::from_bytes(*root).to_hex().as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Root, D::Error> {
        let text = String::deserialize(from)?;
        let hash = blake3::Hash::from_hex(text).map_err(de::Error::custom)?;
        Ok(*hash.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_survive_the_lane() {
        let bytes = Bytes::from_static(b"bytes");
        let root = [0xab; 32];
        for frame in [
            Frame::Word(Word::Ready),
            Frame::Word(Word::Refused { why: Refused::Paused }),
            Frame::Word(Word::List { bytes: None }),
            Frame::Word(Word::Want { file: 3, from: 0, to: u32::MAX }),
            Frame::Word(Word::Opened { file: 3, size: 1 << 40, root, leaves: 9 }),
            Frame::Word(Word::Lost { file: 3, why: Lost::Changed }),
            Frame::List(bytes.clone()),
            Frame::Leaves { file: 3, bytes: bytes.clone() },
            Frame::Data { file: u32::MAX, offset: 1 << 41 | 5, bytes: bytes.clone() },
            Frame::Data { file: 0, offset: 0, bytes: vec![0; PIECE].into() },
        ] {
            assert_eq!(Frame::read(frame.write()), Ok(frame));
        }
        let later = Bytes::from_static(b"\x01{\"word\":\"teleport\"}");
        assert_eq!(Frame::read(later), Ok(Frame::Word(Word::Unknown)));
    }

    #[test]
    fn odd_frames_are_refused() {
        let long = [&[WORD][..], br#"{"word":"ready","x":""#, &[b'x'; 2_000], b"\"}"].concat();
        let odd: [&[u8]; 6] = [b"", b"\x00", b"\x01{", b"\x03abc", b"\x04abcdefghijk", &long];
        for bytes in odd {
            assert_eq!(Frame::read(Bytes::copy_from_slice(bytes)), Err(OddFrame));
        }
        assert_eq!(Frame::read(vec![LIST; LONGEST + 1].into()), Err(OddFrame));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_refused(kind in 0_u8..6, bytes: Vec<u8>) {
            let bytes = [&[kind][..], &bytes].concat();
            if let Ok(frame) = Frame::read(bytes.into()) {
                prop_assert_eq!(Frame::read(frame.write()), Ok(frame));
            }
        }
    }
}
