//! People as they stand in messages: who they are, how they are seen, and who has asked whom.

use super::{Envelope, Handle, KeyBundle};
use serde::{Deserialize, Serialize};

/// How someone wishes to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There, and glad to be called.
    #[default]
    Online,
    /// Signed in but not at the computer.
    Away,
    /// Does not want to be disturbed.
    Busy,
    /// Signed in, and shown to everybody as offline.
    Invisible,
}

/// How a contact is seen. Invisible people are offline to all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// There.
    Online,
    /// Signed in but not at the computer.
    Away,
    /// Does not want to be disturbed.
    Busy,
    /// Not signed in, or invisible.
    #[default]
    Offline,
}

impl From<Status> for Presence {
    fn from(status: Status) -> Self {
        match status {
            Status::Online => Self::Online,
            Status::Away => Self::Away,
            Status::Busy => Self::Busy,
            Status::Invisible => Self::Offline,
        }
    }
}

/// Someone on a server: the handle, and the keys that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Unique on the server, for good.
    pub handle: Handle,
    /// Proven by its owner's signature, so that a server can't swap the key that envelopes are sealed to.
    pub bundle: KeyBundle,
}

/// A contact as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactEntry {
    /// Who it is.
    pub person: Person,
    /// How they are seen now.
    pub presence: Presence,
}

/// A contact request that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRequest {
    /// The other side: who asks, or who is asked.
    pub person: Person,
    /// The sealed introduction; empty in one's own outgoing requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub envelope: Envelope,
    /// When it was made, in milliseconds since 1970 by the server's clock.
    pub at_ms: u64,
}

/// A line of the server's directory: someone who chose to be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Who it is.
    pub person: Person,
    /// The name they chose to show.
    pub name: String,
}
