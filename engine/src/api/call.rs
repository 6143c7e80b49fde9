//! Calls as shells see them: what rings, what is on, what was, and the devices that a call uses.

use super::{ApiError, PublicKey};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A call that rings, is on, or has just ended in a way that is worth a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Call {
    /// The same on both sides, 32 hexadecimal digits.
    pub id: String,
    /// With whom.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// Whether the user called.
    pub outgoing: bool,
    /// Whether it was begun as a call with picture.
    pub picture: bool,
    /// How far it is.
    pub stage: CallStage,
    /// The user's side.
    pub mine: CallSide,
    /// The other's side, as they last said.
    pub theirs: CallSide,
    /// How well it goes, while it is on.
    pub quality: CallQuality,
    /// What is wrong with a device of the user's and worth a line: the call goes on without it.
    pub troubles: Vec<ApiError>,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CallStage {
    /// Going out; nothing heard from there yet.
    Calling,
    /// It rings there.
    Ringing,
    /// It rings here.
    Incoming,
    /// Answered; picture and sound are on their way.
    Connecting,
    /// On.
    On {
        /// Since when, in milliseconds since 1970.
        #[ts(type = "number")]
        since_ms: u64,
    },
    /// Over; stands until it is dismissed or the next call begins.
    Ended {
        /// How.
        how: CallEnd,
        /// How long they talked, in milliseconds; none where nobody answered.
        #[ts(type = "number | null")]
        talked_ms: Option<u64>,
    },
}

/// How a call ended. It is the same on both sides, told from each one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// One of the two hung up after talking.
    HungUp,
    /// The caller gave up while it rang.
    Cancelled,
    /// The other said no.
    Declined,
    /// The other was in a call and said so.
    Busy,
    /// It rang for 45 seconds.
    NoAnswer,
    /// They are not there; they will find it among their missed calls.
    Away,
    /// Another device of the user's answered.
    AnsweredElsewhere,
    /// Another device of the user's declined.
    DeclinedElsewhere,
    /// No path between the two was found.
    Unconnected,
    /// The other vanished in the middle.
    Lost,
}

/// What one side of a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct CallSide {
    /// Whether the microphone is heard.
    pub microphone: bool,
    /// Whether the camera is seen.
    pub camera: bool,
    /// Whether this side holds the call: nothing is heard or seen either way.
    pub held: bool,
}

/// How well a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CallQuality {
    /// As it should.
    #[default]
    Good,
    /// The network is weak, for a while already.
    Poor,
    /// Nothing comes any more; the engine looks for another path.
    Reconnecting {
        /// Since when, in milliseconds since 1970.
        #[ts(type = "number")]
        since_ms: u64,
    },
}

/// A call that was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PastCall {
    /// The same on both sides.
    pub id: String,
    /// With whom.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// Whether the user called.
    pub outgoing: bool,
    /// Whether it was begun as a call with picture.
    pub picture: bool,
    /// When it began, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at_ms: u64,
    /// How it ended.
    pub how: CallEnd,
    /// How long they talked, in milliseconds; none where nobody answered.
    #[ts(type = "number | null")]
    pub talked_ms: Option<u64>,
}

/// Figures of a call, over the last second where they are rates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct CallStatistics {
    /// There and back, in milliseconds.
    pub round_trip_ms: Option<f64>,
    /// Whether a server relays between the two.
    pub relayed: Option<bool>,
    /// `udp` or `tcp`.
    pub transport: Option<String>,
    /// What the network is believed to carry outwards, in kbit/s.
    pub available_kbit_s: Option<f64>,
    /// The picture that is sent.
    pub picture_out: Option<PictureStatistics>,
    /// The picture that comes.
    pub picture_in: Option<PictureStatistics>,
    /// The sound that is sent.
    pub sound_out: Option<SoundStatistics>,
    /// The sound that comes.
    pub sound_in: Option<SoundStatistics>,
    /// How much later than the sound the picture is shown, in milliseconds; negative where it is earlier.
    pub lip_sync_ms: Option<f64>,
}

/// Figures of a picture on its way.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct PictureStatistics {
    /// `H264` or `VP8`.
    pub codec: String,
    /// Of the last picture.
    pub width: u32,
    /// Of the last picture.
    pub height: u32,
    /// Pictures a second.
    pub fps: f64,
    /// On the wire.
    pub kbit_s: f64,
    /// Packets lost on the way, in percent.
    pub lost_percent: f64,
    /// Since the call began.
    #[ts(type = "number")]
    pub pictures: u64,
    /// Whole pictures asked for since the call began.
    #[ts(type = "number")]
    pub keyframes_asked: u64,
    /// Packets sent again (out) or asked for again (in) since the call began.
    #[ts(type = "number")]
    pub resent: u64,
    /// Spent in the jitter buffer and the decoder, in milliseconds; of a picture that comes.
    pub delay_ms: Option<f64>,
}

/// Figures of sound on its way.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct SoundStatistics {
    /// `Opus`.
    pub codec: String,
    /// On the wire.
    pub kbit_s: f64,
    /// Packets lost on the way, in percent.
    pub lost_percent: f64,
    /// How loud, from 0 to 1.
    pub level: f64,
    /// Spent in the jitter buffer, in milliseconds; of sound that comes.
    pub delay_ms: Option<f64>,
    /// Sound made up for what was lost, in milliseconds since the call began.
    #[ts(type = "number")]
    pub concealed_ms: u64,
}
