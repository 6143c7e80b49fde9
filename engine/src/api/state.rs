//! What the engine shows: everything that a shell needs to draw, and nothing that it could work out itself.

use super::ApiError;
use super::call::Call;
use super::check::Check;
use super::devices::{DeviceChoice, DevicesWith, Preview};
use super::files::Transfer;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use visavis_signaling::protocol::{Presence, PublicKey, Status};

/// The whole of what a shell draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct State {
    /// What keeps the engine from working at all, such as a damaged key; most commands are refused while it
    /// stands.
    pub fatal: Option<ApiError>,
    /// The user; none before the first start is done.
    pub me: Option<Me>,
    /// The server, and how the connection to it is.
    pub server: ServerState,
    /// In order of name.
    pub contacts: Vec<Contact>,
    /// Who asks to be a contact, newest first.
    pub incoming: Vec<IncomingRequest>,
    /// Who was asked, newest first.
    pub outgoing: Vec<OutgoingRequest>,
    /// Whom the user has blocked.
    pub blocked: Vec<Contact>,
    /// Those that ring, are on, are held, or have just ended; at most one is on and not held.
    pub calls: Vec<Call>,
    /// The user's own picture and sound, while they look at it.
    pub preview: Option<Preview>,
    /// What the check of the connection found; none before it was asked for.
    pub check: Option<Check>,
    /// Files that go or went between the user and contacts: all that are not over, and the newest of the others.
    pub transfers: Vec<Transfer>,
    /// What the user has chosen.
    pub settings: Settings,
    /// What is wrong and worth a line until it is mended or dismissed, such as a clock that is hours off.
    pub troubles: Vec<ApiError>,
}

/// The user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Me {
    /// The identity.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// The name that contacts see.
    pub name: String,
    /// The handle on the current server, once taken.
    pub handle: Option<String>,
    /// What others type to find the user, such as `ana@call.example.org`.
    pub address: Option<String>,
    /// How the user wishes to be seen.
    #[ts(type = "\"online\" | \"away\" | \"busy\" | \"invisible\"")]
    pub status: Status,
    /// Whether the user is in the server's directory.
    pub listed: bool,
    /// Where the secret key is kept.
    pub key_place: KeyPlace,
}

/// Where the secret key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    /// In the system's keychain.
    Keychain,
    /// In a file that only the user can read.
    File,
}

/// Which server the user chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerChoice {
    /// The one on this computer: joined if it runs, else hosted by the app itself.
    ThisComputer {
        /// Whether other computers on the network may join.
        open: bool,
    },
    /// One at an address: `call.example.org`, `call.example.org:9000`, `localhost:8440`,
    /// `ws://192.168.1.5:8440`.
    Address {
        /// As typed.
        address: String,
    },
}

/// The server, and how the connection to it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServerState {
    /// None before one is chosen.
    pub choice: Option<ServerChoice>,
    /// Its name as shown, such as `call.example.org`; none for this computer.
    pub name: Option<String>,
    /// How it is now.
    pub connection: Connection,
    /// Set while the app itself hosts the server.
    pub hosting: Option<Hosting>,
}

/// How the connection to the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Connection {
    /// No server chosen, or no identity yet.
    Idle,
    /// On the way.
    Connecting,
    /// Signed in.
    Online,
    /// It did not work; the engine tries again by itself.
    Waiting {
        /// Why.
        error: ApiError,
        /// When it tries again, in milliseconds since 1970.
        #[ts(type = "number")]
        retry_at_ms: u64,
    },
    /// It can't work until the user does something.
    Stopped {
        /// Why.
        error: ApiError,
    },
}

/// The server that the app hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Hosting {
    /// What others type to join; several where the computer has several addresses. Only `localhost:...` while
    /// it is not open.
    pub addresses: Vec<String>,
    /// Whether other computers can join.
    pub open: bool,
}

/// Someone the user knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Contact {
    /// The identity.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// The handle on the server.
    pub handle: String,
    /// The name they gave; the handle where they gave none.
    pub name: String,
    /// How they are seen.
    #[ts(type = "\"online\" | \"away\" | \"busy\" | \"offline\"")]
    pub presence: Presence,
    /// Whether the user compared safety numbers and said so.
    pub verified: bool,
    /// Whether another key turned up for this handle than the one that was pinned: nothing is sent or believed
    /// until the user accepts it.
    pub key_changed: bool,
    /// What was last between the two.
    pub last: Option<LastSeen>,
    /// Missed calls that the user has not looked at yet.
    pub missed: u32,
    /// Messages that the user has not seen yet.
    pub unread: u32,
    /// The beginning of the newest message; none where it was taken back, or there is none.
    pub words: Option<String>,
}

/// What was last between the user and a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LastSeen {
    /// What it was.
    pub what: LastWhat,
    /// When, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at_ms: u64,
}

/// What was last between the user and a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LastWhat {
    /// They became contacts.
    Added,
    /// The user waved.
    WavedTo,
    /// The contact waved.
    WavedFrom,
    /// The user called, and they talked.
    CalledTo,
    /// The contact called, and they talked.
    CalledFrom,
    /// The user called, and they did not talk.
    CalledInVain,
    /// The contact called, and they did not talk.
    Missed,
    /// The user wrote.
    WroteTo,
    /// The contact wrote.
    WroteFrom,
    /// The user offered files.
    OfferedTo,
    /// The contact offered files.
    OfferedFrom,
}

/// Someone who asks to be a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IncomingRequest {
    /// The identity.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// The handle on the server.
    pub handle: String,
    /// The name they gave.
    pub name: String,
    /// What they wrote along; may be empty.
    pub note: String,
    /// When, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at_ms: u64,
}

/// Someone the user asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OutgoingRequest {
    /// The identity.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// The handle on the server.
    pub handle: String,
    /// When, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at_ms: u64,
}

/// What the user has chosen about the app itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// Of the window.
    pub language: Language,
    /// Of the window.
    pub theme: Theme,
    /// For calls.
    pub devices: DeviceChoice,
    /// For calls with some people alone.
    pub devices_with: Vec<DevicesWith>,
    /// Whether contacts are not told when the user has read what they wrote. Then the user isn't told either.
    pub hide_reading: bool,
    /// Where files go that contacts send, unless another folder is named; else where the system has downloads.
    pub downloads: Option<String>,
    /// From whom files are taken without asking.
    pub accept_always: Vec<AcceptedAlways>,
}

/// One whose files are taken without asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AcceptedAlways {
    /// Who.
    #[ts(type = "string")]
    pub key: PublicKey,
    /// Up to so many bytes at once.
    #[ts(type = "number")]
    pub most: u64,
}

/// The language of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// As the system has it.
    #[default]
    System,
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

/// Dark or light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}
