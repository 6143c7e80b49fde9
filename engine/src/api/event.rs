//! How a shell is told of changes: one whole snapshot, then numbered events.

use super::call::Call;
use super::chat::Message;
use super::check::Check;
use super::devices::{DeviceList, Preview};
use super::files::Transfer;
use super::state::{Contact, IncomingRequest, Me, OutgoingRequest, ServerState, Settings, State};
use super::{ApiError, PublicKey};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use visavis_signaling::protocol::RequestEnd;

/// The whole state at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Snapshot {
    /// The number of the last event that it holds.
    #[ts(type = "number")]
    pub seq: u64,
    /// All of it.
    pub state: State,
}

/// What a subscriber gets: first a snapshot, then events whose numbers follow on each other. After a gap
/// (a subscriber that was too slow) comes a snapshot again.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, on its way to a channel")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Update {
    /// Everything anew.
    Snapshot(Snapshot),
    /// One change.
    Event {
        /// One more than the last.
        #[ts(type = "number")]
        seq: u64,
        /// What changed.
        event: Event,
    },
}

/// One change. Those that carry a part of [`State`] replace that part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// What keeps the engine from working has come, changed or gone.
    FatalChanged {
        /// As in [`State`].
        fatal: Option<ApiError>,
    },
    /// The user's own things changed.
    MeChanged {
        /// As in [`State`].
        me: Option<Me>,
    },
    /// The server or the connection to it changed.
    ServerChanged {
        /// As in [`State`].
        server: ServerState,
    },
    /// All contacts at once.
    ContactsChanged {
        /// As in [`State`].
        contacts: Vec<Contact>,
    },
    /// One contact is new or changed; the list is in order of name.
    ContactChanged {
        /// From now on.
        contact: Contact,
    },
    /// One contact is gone.
    ContactRemoved {
        /// Who.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Requests came or went.
    RequestsChanged {
        /// As in [`State`].
        incoming: Vec<IncomingRequest>,
        /// As in [`State`].
        outgoing: Vec<OutgoingRequest>,
    },
    /// Somebody was blocked or unblocked.
    BlockedChanged {
        /// As in [`State`].
        blocked: Vec<Contact>,
    },
    /// The user's choices changed.
    SettingsChanged {
        /// As in [`State`].
        settings: Settings,
    },
    /// A device came or went.
    DevicesChanged {
        /// All there are now.
        devices: DeviceList,
    },
    /// The preview was opened or closed, or what is wrong with its devices changed.
    PreviewChanged {
        /// As in [`State`].
        preview: Option<Preview>,
    },
    /// The check, the call to oneself or the recording went on.
    CheckChanged {
        /// As in [`State`].
        check: Option<Check>,
    },
    /// Trouble came or went.
    TroublesChanged {
        /// As in [`State`].
        troubles: Vec<ApiError>,
    },
    /// Calls began, changed or ended.
    CallsChanged {
        /// As in [`State`].
        calls: Vec<Call>,
    },
    /// A contact called and was not answered: worth a sign on the screen, once.
    CallMissed {
        /// Who.
        #[ts(type = "string")]
        key: PublicKey,
        /// When, in milliseconds since 1970.
        #[ts(type = "number")]
        at_ms: u64,
    },
    /// A message is new or changed.
    MessageChanged {
        /// As it is now.
        message: Message,
    },
    /// A contact wrote: worth a sign on the screen, once.
    MessageReceived {
        /// Who.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which message.
        id: String,
    },
    /// All transfers are others: the user is on another server.
    TransfersChanged {
        /// As in [`State`].
        transfers: Vec<Transfer>,
    },
    /// A transfer is new or has changed.
    TransferChanged {
        /// As it is now.
        transfer: Transfer,
    },
    /// A transfer was taken off the list.
    TransferForgotten {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
    },
    /// A contact offers files: worth a sign on the screen, once.
    FilesOffered {
        /// Who.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which transfer.
        id: String,
    },
    /// All files of a transfer are there: worth a sign on the screen, once.
    FilesArrived {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which transfer.
        id: String,
    },
    /// A contact types; worth a sign for some seconds.
    Typing {
        /// Who.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// A contact took a picture of the user in a call: worth a sign on the screen, once.
    PictureTaken {
        /// Who.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// A contact waved: worth a sign on the screen, once.
    WaveReceived {
        /// Who.
        #[ts(type = "string")]
        key: PublicKey,
        /// When it was sent, in milliseconds since 1970.
        #[ts(type = "number")]
        at_ms: u64,
    },
    /// Somebody asks to be a contact: worth a sign on the screen, once.
    RequestReceived {
        /// Who; the request is in the list.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Somebody who was asked is a contact now: worth a sign on the screen, once.
    RequestAccepted {
        /// Who; the contact is in the list.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// A request the user made came to nothing: worth a sign on the screen, once.
    RequestEnded {
        /// Whom it had gone to.
        handle: String,
        /// How.
        #[ts(type = "\"withdrawn\" | \"declined\" | \"expired\"")]
        how: RequestEnd,
    },
}
