//! Why a server refuses: the codes of the protocol. What they mean to people is said by whoever shows them.

use serde::{Deserialize, Serialize};

/// Why a server refuses. Clients act on codes, never on messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, not a known type, a field missing or of the wrong shape.
    BadMessage,
    /// Longer than the server takes.
    MessageTooLarge,
    /// A message that is not allowed now, such as a request before `welcome`.
    OutOfTurn,
    /// The client's version is not spoken here.
    UnsupportedVersion,
    /// The client dialled a name that this server does not answer to.
    WrongServer,
    /// The signature or the key bundle does not hold.
    BadSignature,
    /// `prove` did not come in time.
    SignInTimeout,
    /// A closed server: a new identity needs an invite code.
    InviteRequired,
    /// The invite code is unknown, used up or expired.
    InviteInvalid,
    /// Too many wrong attempts from this address.
    TooManyAttempts,
    /// Empty, too short, too long, or with characters that handles don't have.
    HandleInvalid,
    /// Kept back so that nobody poses as the server.
    HandleReserved,
    /// Somebody else's.
    HandleTaken,
    /// Too easily taken for somebody else's.
    HandleLookAlike,
    /// This key owns another handle, for good.
    HandleFixed,
    /// That needs a handle first.
    HandleRequired,
    /// No such person here, or no such request.
    NotFound,
    /// One's own key where another's is needed.
    ThatIsYou,
    /// Only contacts can be reached.
    NotAContact,
    /// They are a contact already.
    AlreadyContacts,
    /// They were asked already.
    AlreadyRequested,
    /// They declined not long ago.
    DeclinedRecently,
    /// One has blocked them.
    BlockedByYou,
    /// Too many unanswered requests, from one or to one.
    TooManyPending,
    /// Too many contacts, here or there.
    TooManyContacts,
    /// Too many devices of one identity.
    TooManyDevices,
    /// The name is too long or has characters that names don't have.
    NameInvalid,
    /// The envelope is empty, too long or not base64url.
    EnvelopeInvalid,
    /// None of their devices is there, and the envelope was not to be kept.
    Offline,
    /// Their mailbox is full.
    MailboxFull,
    /// Faster than the limits allow.
    RateLimited,
    /// Too many connections from this address.
    TooManyConnections,
    /// The server has as many clients as it takes.
    ServerFull,
    /// The same device signed in again: this connection is the older one.
    Replaced,
    /// The client reads too slowly.
    TooSlow,
    /// The client was silent for too long.
    Silent,
    /// The server stops or restarts.
    GoingDown,
    /// The server's disk is full.
    StorageFull,
    /// The server's own fault.
    Internal,
    /// A code of a later version.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// The code as it stands in messages.
    pub fn as_str(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}
