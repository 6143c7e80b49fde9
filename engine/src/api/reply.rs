//! What the engine answers to what a shell asks.

use super::call::{CallStatistics, PastCall};
use super::chat::Message;
use super::devices::DeviceList;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use visavis_signaling::protocol::PublicKey;

/// The answer to a command.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, on its way to whoever asked"
)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done,
    /// To `check_handle`.
    Handle {
        /// How it stands.
        check: HandleCheck,
        /// The handle as it would be written.
        handle: String,
    },
    /// To `request_contact`.
    Requested {
        /// Whether they had asked too, and are contacts now.
        accepted: bool,
        /// The handle that was asked.
        handle: String,
    },
    /// To `search_directory`.
    Directory {
        /// One page, by handle.
        people: Vec<ListedPerson>,
        /// Whether there are more.
        more: bool,
    },
    /// To `wave`.
    Waved {
        /// Whether they have it now; if not, it waits for them.
        delivered: bool,
    },
    /// To `safety_number`.
    SafetyNumber(SafetyNumber),
    /// To `my_card`.
    Card {
        /// A `visavis:add/` link.
        link: String,
        /// The same to scan.
        qr: QrCode,
    },
    /// To `call`.
    Calling {
        /// The call; in the list.
        id: String,
    },
    /// To `call_statistics`.
    CallStatistics(CallStatistics),
    /// To `call_history`.
    CallHistory {
        /// One page, newest first.
        calls: Vec<PastCall>,
        /// Whether there are more.
        more: bool,
    },
    /// To `list_devices`.
    Devices(DeviceList),
    /// To `take_picture`.
    PictureTaken {
        /// Names the picture.
        id: String,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// To `check_report`.
    CheckReport {
        /// In English, without anything that says who the user is.
        text: String,
    },
    /// To `write_message`.
    Written {
        /// The message; it is told by an event.
        id: String,
    },
    /// To `offer_files`.
    Offered {
        /// The transfer; it is told by an event.
        id: String,
    },
    /// To `messages`, from older to newer, and to `search_messages`, from newer to older.
    Messages {
        /// One page.
        messages: Vec<Message>,
        /// Whether there are more in the direction that was asked for.
        more: bool,
    },
}

/// Whether a handle could be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HandleCheck {
    /// Nobody has it.
    Free,
    /// Somebody has it.
    Taken,
    /// It is the user's own already.
    Yours,
}

/// Someone in the server's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ListedPerson {
    /// The identity.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// The handle on the server.
    pub handle: String,
    /// The name they show.
    pub name: String,
}

/// A number that two people compare to know that nobody stands between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SafetyNumber {
    /// Twelve groups of five digits.
    pub groups: Vec<String>,
    /// The same to scan.
    pub qr: QrCode,
}

/// A square code to scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QrCode {
    /// Modules a side, without the quiet zone.
    pub size: u32,
    /// A string a row: `1` is dark.
    pub rows: Vec<String>,
}
