//! Pictures and sound as they lie between the codecs and the link: whole coded frames with their times.
//! How they are cut into packets is the link's business; what is in them is the codecs'.

use bytes::Bytes;

/// How pictures are coded. In order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum PictureFormat {
    /// Constrained baseline, Annex B.
    H264,
    /// Version 8 of VP.
    Vp8,
}

impl PictureFormat {
    /// The clock of its times.
    pub const CLOCK: u32 = 90_000;

    /// As statistics and session descriptions name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "H264",
            Self::Vp8 => "VP8",
        }
    }
}

/// A whole coded picture.
#[derive(Debug, Clone)]
pub struct CodedPicture {
    /// How it is coded.
    pub format: PictureFormat,
    /// Annex B units (H264) or one frame (VP8).
    pub data: Bytes,
    /// On a clock of [`PictureFormat::CLOCK`]; wraps.
    pub time: u32,
    /// Whether it can be read without those before it.
    pub key: bool,
}

/// A coded piece of sound: 20 ms of Opus as a rule, but whatever comes from elsewhere.
#[derive(Debug, Clone)]
pub struct CodedSound {
    /// One Opus packet.
    pub data: Bytes,
    /// On a clock of [`CodedSound::CLOCK`]; wraps.
    pub time: u32,
    /// The first after a pause.
    pub begins: bool,
}

impl CodedSound {
    /// The clock of its times.
    pub const CLOCK: u32 = 48_000;
}

/// A coded piece of sound that came, with what a jitter buffer needs to know.
#[derive(Debug, Clone)]
pub struct ReceivedSound {
    /// Its place in the stream; wraps.
    pub sequence: u16,
    /// On a clock of [`CodedSound::CLOCK`]; wraps.
    pub time: u32,
    /// One Opus packet, as it came.
    pub data: Bytes,
    /// When it came, in microseconds of the process's steady clock.
    pub arrived_us: u64,
}

/// A sender's word about its clocks: the moment `ntp` of its wall clock was `time` of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReport {
    /// Seconds since 1900 in units of 2^-32.
    pub ntp: u64,
    /// On the stream's clock.
    pub time: u32,
}
