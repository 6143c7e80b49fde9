//! Words between the user and a contact, as a shell sees them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use visavis_signaling::protocol::PublicKey;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Message {
    /// Names it.
    pub id: String,
    /// With whom.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// Whether the user wrote it; else the contact did.
    pub mine: bool,
    /// What it says: text and nothing else, whatever it looks like. Empty where it was taken back.
    pub text: String,
    /// When it was written, in milliseconds since 1970, by its author's clock.
    #[ts(type = "number")]
    pub at_ms: u64,
    /// The message it answers.
    pub quote: Option<Quote>,
    /// Whether its author changed it.
    pub edited: bool,
    /// Whether its author took it back.
    pub gone: bool,
    /// How far it has come, if it is the user's own.
    pub mark: Option<Mark>,
    /// Whether the user has not seen it yet.
    pub unread: bool,
    /// What the two think of it.
    pub reactions: Reactions,
}

/// A message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Quote {
    /// Which.
    pub id: String,
    /// Whether the user wrote it.
    pub mine: bool,
    /// Its beginning, in one line.
    pub text: String,
    /// Whether it is not there any more.
    pub gone: bool,
}

/// How far a message of the user's has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The server refused it for good; it can be sent again.
    Failed,
    /// It waits for the connection.
    Sending,
    /// The server has it.
    Sent,
    /// A device of the contact's has it.
    Delivered,
    /// The contact has seen it.
    Read,
}

impl Mark {
    /// As it stands in the store.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::Failed, Self::Sending, Self::Sent, Self::Delivered, Self::Read]
            .into_iter()
            .find(|mark| *mark as u8 == number)
    }
}

/// What the two think of a message: an emoji each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct Reactions {
    /// The user's.
    pub mine: Option<String>,
    /// The contact's.
    pub theirs: Option<String>,
}
