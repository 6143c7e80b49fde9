//! What two apps say to each other about messages. Each word can come twice, and by whichever way: it says all that it
//! means, so that the second changes nothing. JSON; what a version doesn't know it leaves aside.

use crate::name::names;
use serde::{Deserialize, Serialize};
use visavis_signaling::protocol::DeviceId;

names! {
    /// Names one message, on both sides.
    MessageId
}

/// Names that go into one word.
pub const MOST_AT_ONCE: usize = 64;

/// A word about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatLetter {
    /// Which message.
    pub message: MessageId,
    /// What.
    #[serde(flatten)]
    pub say: ChatSignal,
}

/// What is said about a message. Text and Gone are its author's, Got and Read its reader's, React both's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum ChatSignal {
    /// The message as it is now.
    Text {
        /// Which of its author's messages to this person it is, from 1: their order.
        seq: u64,
        /// When it was written, in milliseconds since 1970, by its author's clock.
        at_ms: u64,
        /// How often it was changed; a lower one is left aside.
        edition: u32,
        /// What it says.
        text: String,
        /// The message it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<MessageId>,
    },
    /// Its author took it back.
    Gone {
        /// As in `text`.
        seq: u64,
        /// As in `text`.
        at_ms: u64,
    },
    /// What somebody thinks of it, in place of what they thought before.
    React {
        /// Grows with each; a lower one is left aside.
        number: u64,
        /// One emoji; nothing any more where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        emoji: Option<String>,
    },
    /// It has come, and so have these.
    Got {
        /// At most 64.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<MessageId>,
    },
    /// It was read, and so was all of that device's up to it.
    Read {
        /// Its author's device.
        device: DeviceId,
        /// Its place among its author's.
        seq: u64,
    },
    /// Said by a later version.
    #[serde(other)]
    Unknown,
}
