//! What two apps say to each other about calls: live letters through the server, and the same on the link's
//! own control channel once it is there, by which kept letters go too. JSON; what a version doesn't know it leaves aside.

use crate::api::CallEnd;
use crate::name::names;
use serde::{Deserialize, Serialize};
use visavis_signaling::protocol::DeviceId;

names! {
    /// Names one call, on both sides.
    CallId
}

/// What is said about a call. Ring and Missed go from caller to callee, Ringing, Accept and Decline the other
/// way, End both ways, Taken to the callee's other devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum CallSignal {
    /// Somebody calls.
    Ring {
        /// Whether with picture.
        picture: bool,
        /// When, in milliseconds since 1970, by the caller's clock.
        at_ms: u64,
    },
    /// It rings on the device that says so.
    Ringing,
    /// The device that says so answers.
    Accept {
        /// Whether it will be seen.
        picture: bool,
    },
    /// The user of the device that says so says no.
    Decline {
        /// Whether because of another call.
        busy: bool,
    },
    /// The caller tells a device that rings that another one dealt with the call.
    Taken {
        /// Whether it answered; else it declined.
        answered: bool,
    },
    /// The call is over.
    End {
        /// How.
        how: CallEnd,
        /// How long they talked by the clock of the one who says so, in milliseconds.
        talked_ms: Option<u64>,
    },
    /// A call that came to nothing, for one who was not there: kept in the mailbox.
    Missed {
        /// Whether with picture.
        picture: bool,
        /// When, in milliseconds since 1970, by the caller's clock.
        at_ms: u64,
    },
    /// Said by a later version.
    #[serde(other)]
    Unknown,
}

/// A word about a call, in a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLetter {
    /// Which call.
    pub call: CallId,
    /// For one device of the receiver's; for all where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// What.
    #[serde(flatten)]
    pub signal: CallSignal,
}

/// What two ends of a link say to each other to come together, in a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkLetter {
    /// The device it is for.
    pub device: DeviceId,
    /// The sender's end: another number is another connection, from nothing.
    pub from: u64,
    /// The receiver's end as the sender knows it; none while the sender doesn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// What.
    #[serde(flatten)]
    pub signal: LinkSignal,
}

/// What two ends of a link say to each other to come together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "link", rename_all = "snake_case")]
pub enum LinkSignal {
    /// A description, as the web's `RTCSessionDescription`: `offer` or `answer`.
    Description {
        /// `offer` or `answer`.
        kind: DescriptionKind,
        /// The text.
        sdp: String,
    },
    /// Ways to reach the sender, as the web's `RTCIceCandidateInit`; several at once.
    Candidates {
        /// Some more.
        candidates: Vec<Candidate>,
    },
    /// The sender's end is gone.
    Closed,
    /// Said by a later version.
    #[serde(other)]
    Unknown,
}

/// Which half of a negotiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DescriptionKind {
    /// The first half.
    Offer,
    /// The second.
    Answer,
}

/// A way to reach someone, as the web's `RTCIceCandidateInit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The candidate's line.
    pub candidate: String,
    /// Which section of the description, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// Which section of the description, by place.
    #[serde(default, rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// To which round of the connection it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

/// What is said on the link's control channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Control {
    /// The channel is open here, so that words can be heard.
    Open,
    /// A word about a call, as in a letter; whichever comes first counts.
    Call {
        /// Which call.
        call: CallId,
        /// What.
        #[serde(flatten)]
        signal: CallSignal,
    },
    /// What the sender's side of a call does now.
    Side {
        /// Which call.
        call: CallId,
        /// Grows with each; an older one is left aside.
        number: u64,
        /// Whether the microphone is heard.
        microphone: bool,
        /// Whether the camera is seen.
        camera: bool,
        /// Whether the sender holds the call.
        held: bool,
    },
    /// By which key the sender is known on the quick way for lanes, which it wants.
    Lanes {
        /// An Ed25519 key, in base64url.
        key: String,
    },
    /// A kept letter, by hand.
    Letter {
        /// Its number, the same by whatever way it comes.
        number: u64,
        /// The number of the letter before it.
        after: u64,
        /// What it says, as in an envelope.
        letter: serde_json::Value,
    },
    /// Of the other side's kept letters, all up to this number have come, by whatever way.
    Have {
        /// The number.
        number: u64,
    },
    /// The sender types.
    Typing,
    /// The sender has taken a picture of the other side.
    Pictured {
        /// In which call.
        call: CallId,
    },
    /// Said by a later version.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests;
