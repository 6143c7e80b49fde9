//! Files between the user and a contact, as a shell sees them.

use super::ApiError;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use visavis_signaling::protocol::PublicKey;

/// Files that one sends the other at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Transfer {
    /// Names it.
    pub id: String,
    /// With whom.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// Whether the user sends; else the contact does.
    pub mine: bool,
    /// When it was offered, in milliseconds since 1970, by the sender's clock.
    #[ts(type = "number")]
    pub at_ms: u64,
    /// What is in it.
    pub items: Vec<TransferItem>,
    /// How many files are wanted; all that are offered before somebody chose.
    pub files: u32,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// How far it is.
    pub stage: TransferStage,
    /// Bytes of the wanted ones that are there.
    #[ts(type = "number")]
    pub done: u64,
    /// Bytes in a second, of late; while it runs.
    #[ts(type = "number | null")]
    pub per_second: Option<u64>,
    /// Seconds until it is done, if it goes on like that.
    #[ts(type = "number | null")]
    pub left_s: Option<u64>,
    /// Where it goes, on this computer.
    pub folder: Option<String>,
    /// What keeps it from going on.
    pub problem: Option<ApiError>,
    /// Files that did not come, because the sender does not have them any more as they were.
    pub lost: u32,
}

/// One thing of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TransferItem {
    /// What its sender calls it. It can say anything.
    pub name: String,
    /// What it is called here, once it has a place.
    pub place: Option<String>,
    /// Its bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// For a folder, how many files are in it.
    pub files: Option<u32>,
    /// For a folder, some of what is in it.
    pub preview: Vec<String>,
    /// Whether the receiver wants it.
    pub wanted: bool,
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TransferStage {
    /// The receiver has not said anything yet.
    Offered,
    /// It waits for the other one or for the network, or for its turn.
    Waiting,
    /// Bytes come or go.
    Running,
    /// Somebody wants it to stop for now.
    Paused {
        /// Whether the user does.
        by_me: bool,
    },
    /// Something has to be mended; see `problem`.
    Stopped,
    /// All that was wanted is there.
    Done,
    /// The receiver did not want it.
    Declined,
    /// Somebody did not want to go on.
    Cancelled {
        /// Whether the user did not.
        by_me: bool,
    },
}

impl TransferStage {
    /// Whether nothing will come of it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Declined | Self::Cancelled { .. })
    }
}
