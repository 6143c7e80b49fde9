//! The signaling protocol: every message that a client and a server exchange, as Rust types.
//!
//! JSON text over one WebSocket at [`PATH`], one message a frame, `type`-tagged. `docs/protocol.md` tells the
//! same in words. Requests carry an `id` and get exactly one answer with that `id`. Nothing here touches a
//! socket, a clock or a database: the room holds data, limits on its shape, and the bytes that get signed.

mod error;
mod handle;
mod keys;
mod people;

pub use error::ErrorCode;
pub use handle::{Handle, HandleError};
pub use keys::{
    DeviceId, KeyBundle, KeyError, Nonce, PublicKey, SealKey, Signature, sign_in_transcript,
};
pub use people::{ContactEntry, Listing, PendingRequest, Person, Presence, Status};

use serde::{Deserialize, Serialize};

/// The version of the protocol that this code speaks.
pub const VERSION: u16 = 1;
/// The path of the WebSocket.
pub const PATH: &str = "/visavis";
/// The port a server with TLS is looked for at when an address names none.
pub const DEFAULT_PORT: u16 = 8443;
/// The port that a server without TLS takes on loopback when it is told none.
pub const LOOPBACK_PORT: u16 = 8440;
/// No message is longer, in bytes of JSON, but `welcome`.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// No `welcome` is longer, in bytes of JSON: clients take messages up to here.
pub const MAX_WELCOME: usize = 2 * 1024 * 1024;
/// No sealed envelope is longer, in characters of base64url.
pub const MAX_ENVELOPE: usize = 56 * 1024;
/// No envelope that introduces someone (in a contact request or its acceptance) is longer, in characters.
pub const MAX_INTRODUCTION: usize = 8 * 1024;
/// No display name in the directory is longer, in bytes of UTF-8.
pub const MAX_NAME: usize = 128;
/// A server that hears nothing for this long asks with a WebSocket ping.
pub const PING_AFTER_MS: u64 = 10_000;
/// Either side holds the other for dead after this long without a byte.
pub const SILENCE_MS: u64 = 25_000;

/// A sealed envelope: base64url without padding, opaque to the server.
pub type Envelope = String;

/// A STUN or TURN server, as the web's `RTCIceServer` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:` and `turn:` addresses.
    pub urls: Vec<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN; good for a limited time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// What a server allows: a client that keeps to it is never refused for a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest message in bytes.
    pub message_bytes: u32,
    /// Longest envelope in characters.
    pub envelope_chars: u32,
    /// Messages a second that an identity may send, over time.
    pub messages_per_second: u32,
    /// Contacts that one may have.
    pub contacts: u32,
    /// Unanswered requests that one may have sent.
    pub pending_requests: u32,
    /// Envelopes kept for one device while it is offline.
    pub mailbox_envelopes: u32,
    /// Bytes kept for one device while it is offline.
    pub mailbox_bytes: u32,
    /// Days after which a kept envelope is dropped.
    pub mailbox_days: u32,
    /// Devices that one identity may have.
    pub devices: u32,
}

/// All that a client says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// First: who wishes to sign in. Answered by `challenge`.
    Hello {
        /// The version of the protocol that the client speaks.
        version: u16,
        /// The identity.
        key: PublicKey,
        /// Which of its owner's devices this is; random, made once by each installation.
        device: DeviceId,
        /// Name and version of the program, for the operator's statistics; 64 bytes at most.
        software: String,
    },
    /// Second: the proof. Answered by `welcome`.
    Prove {
        /// Over [`sign_in_transcript`].
        signature: Signature,
        /// Both public keys.
        bundle: KeyBundle,
        /// The server's name as the client dialled it, lower case, without port.
        server: String,
        /// For a closed server, the first time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invite: Option<String>,
        /// How to be seen from the first moment on.
        #[serde(default)]
        status: Status,
    },
    /// Takes a handle, for good. Answered by `ok`; the same handle again is `ok` too.
    Claim {
        /// Of the request.
        id: u32,
        /// As typed; the server folds case.
        handle: String,
    },
    /// Asks whose a handle is. Answered by `found`; or the error `not_found`, or `handle_look_alike` where nobody
    /// has it and nobody can take it.
    LookUp {
        /// Of the request.
        id: u32,
        /// As typed.
        handle: String,
    },
    /// Asks someone to become a contact. Two requests that cross are an acceptance.
    RequestContact {
        /// Of the request.
        id: u32,
        /// Whom.
        to: PublicKey,
        /// Introduction sealed to them.
        envelope: Envelope,
    },
    /// Takes back a request not yet answered.
    WithdrawRequest {
        /// Of the request.
        id: u32,
        /// Whom it was sent to.
        to: PublicKey,
    },
    /// Accepts a request.
    AcceptRequest {
        /// Of the request.
        id: u32,
        /// Who asked.
        from: PublicKey,
        /// Introduction sealed to them.
        envelope: Envelope,
    },
    /// Declines a request; they are told, and may ask again after the server's pause.
    DeclineRequest {
        /// Of the request.
        id: u32,
        /// Who asked.
        from: PublicKey,
    },
    /// Ends being contacts, for both.
    RemoveContact {
        /// Of the request.
        id: u32,
        /// Whom.
        key: PublicKey,
    },
    /// Ends being contacts and drops all that they send from now on; they are not told.
    Block {
        /// Of the request.
        id: u32,
        /// Whom.
        key: PublicKey,
    },
    /// Takes a block back.
    Unblock {
        /// Of the request.
        id: u32,
        /// Whom.
        key: PublicKey,
    },
    /// Changes how one is seen, on all of one's devices.
    SetStatus {
        /// Of the request.
        id: u32,
        /// From now on.
        status: Status,
    },
    /// Enters the directory, changes one's name there, or leaves it.
    SetListing {
        /// Of the request.
        id: u32,
        /// The name to show; none leaves the directory.
        name: Option<String>,
    },
    /// Looks for people in the directory. Answered by `directory`.
    SearchDirectory {
        /// Of the request.
        id: u32,
        /// Part of a handle or name; empty lists all.
        query: String,
        /// The handle after which to go on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Handle>,
    },
    /// Sends a sealed envelope to a contact. Answered by `sent`.
    Send {
        /// Of the request.
        id: u32,
        /// Whom.
        to: PublicKey,
        /// Sealed to them.
        envelope: Envelope,
        /// Whether the server keeps it for devices that are offline now; else one that nobody gets is `offline`.
        #[serde(default)]
        keep: bool,
    },
    /// Asks for STUN and TURN servers anew, since credentials end. Answered by `ice_servers`.
    IceServers {
        /// Of the request.
        id: u32,
    },
    /// Kept envelopes up to this number have arrived and are stored: the server forgets them. Not answered.
    Acknowledge {
        /// The number in `deliver`.
        mail: u64,
    },
}

/// All that a server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answers `hello`.
    Challenge {
        /// The version that both will speak.
        version: u16,
        /// Fresh for each connection.
        nonce: Nonce,
        /// The server's clock, in milliseconds since 1970.
        time_ms: u64,
        /// Whether a new identity needs an invite code.
        closed: bool,
        /// Name and version of the server's program.
        software: String,
    },
    /// Answers `prove`: signed in. What was kept follows as `deliver`.
    Welcome {
        /// The handle that this key owns here, if it took one.
        handle: Option<Handle>,
        /// How one is seen.
        status: Status,
        /// The name in the directory, if listed.
        listing: Option<String>,
        /// What this server allows.
        limits: Limits,
        /// Everyone one may reach.
        contacts: Vec<ContactEntry>,
        /// Requests that wait for one's answer.
        incoming: Vec<PendingRequest>,
        /// Requests that wait for others' answers.
        outgoing: Vec<PendingRequest>,
        /// Whom one has blocked.
        blocked: Vec<Person>,
        /// STUN and TURN servers.
        #[serde(default)]
        ice_servers: Vec<IceServer>,
    },
    /// The request with this `id` is done.
    Ok {
        /// Of the request.
        id: u32,
    },
    /// The request with this `id` was refused, or (without `id`) the connection is about to be closed.
    Error {
        /// Of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<u32>,
        /// What clients act on.
        code: ErrorCode,
        /// For people who read logs.
        message: String,
        /// When to try again, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// Answers `look_up`.
    Found {
        /// Of the request.
        id: u32,
        /// Whose handle it is.
        person: Person,
    },
    /// Answers `search_directory`: by handle, in order.
    Directory {
        /// Of the request.
        id: u32,
        /// One page.
        people: Vec<Listing>,
        /// Whether there are more after the last.
        more: bool,
    },
    /// Answers `send`.
    Sent {
        /// Of the request.
        id: u32,
        /// Whether a device has it now; if not, it was kept.
        delivered: bool,
    },
    /// Answers `ice_servers`: what `welcome` told, with fresh credentials.
    IceServers {
        /// Of the request.
        id: u32,
        /// STUN and TURN servers.
        ice_servers: Vec<IceServer>,
    },
    /// An envelope from a contact. From one sender they come in the order in which they were sent.
    Deliver {
        /// Who sent it, says the server; the envelope proves it.
        from: PublicKey,
        /// Sealed.
        envelope: Envelope,
        /// When the server got it, in milliseconds since 1970.
        at_ms: u64,
        /// Its number in this device's mailbox, if it was kept: acknowledge it. Numbers only grow.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<u64>,
    },
    /// A contact is seen otherwise.
    Presence {
        /// Who.
        key: PublicKey,
        /// From now on.
        presence: Presence,
    },
    /// Someone asks to become a contact.
    RequestReceived {
        /// Who, and their introduction.
        request: PendingRequest,
    },
    /// One's own request went out (told to one's other devices too).
    RequestSent {
        /// Whom it went to.
        request: PendingRequest,
    },
    /// A pending request, in either direction, is gone without acceptance.
    RequestEnded {
        /// The other side.
        key: PublicKey,
        /// How.
        how: RequestEnd,
    },
    /// Someone is a contact from now on.
    ContactAdded {
        /// Who.
        contact: ContactEntry,
        /// Their introduction, where they accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        envelope: Option<Envelope>,
    },
    /// Someone is no contact any more.
    ContactRemoved {
        /// Who.
        key: PublicKey,
    },
    /// Another device of one's own changed what concerns all: handle, status, listing or blocks.
    SelfChanged {
        /// The handle that this key owns here.
        handle: Option<Handle>,
        /// How one is seen.
        status: Status,
        /// The name in the directory, if listed.
        listing: Option<String>,
        /// Whom one has blocked.
        blocked: Vec<Person>,
    },
    /// The server stops or restarts; come back after so long, give or take.
    GoingDown {
        /// The shortest useful wait.
        retry_after_ms: u64,
    },
}

/// How a pending request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestEnd {
    /// The one who asked took it back.
    Withdrawn,
    /// The one who was asked said no.
    Declined,
    /// Nobody answered in the server's time.
    Expired,
}
