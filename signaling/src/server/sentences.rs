//! What each error code says to people who read logs. Clients act on codes alone.

use crate::protocol::{ErrorCode, ServerMessage};

impl ErrorCode {
    /// One sentence.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::BadMessage => "this is no message of the protocol",
            Self::MessageTooLarge => "the message is longer than this server takes",
            Self::OutOfTurn => "this message is not allowed now",
            Self::UnsupportedVersion => "this server speaks version 1 of the protocol",
            Self::WrongServer => "this server does not answer to the name that was dialled",
            Self::BadSignature => "the signature or the key bundle does not hold",
            Self::SignInTimeout => "the sign-in took too long",
            Self::InviteRequired => "a new identity needs an invite code here",
            Self::InviteInvalid => "the invite code is unknown, used up or expired",
            Self::TooManyAttempts => "too many attempts from this address",
            Self::HandleInvalid => "this can't be a handle",
            Self::HandleReserved => "this handle is kept back",
            Self::HandleTaken => "this handle is somebody else's",
            Self::HandleLookAlike => "this handle is too easily taken for somebody else's",
            Self::HandleFixed => "this key owns another handle, for good",
            Self::HandleRequired => "that needs a handle first",
            Self::NotFound => "there is no such person or request here",
            Self::ThatIsYou => "that is your own key",
            Self::NotAContact => "only contacts can be reached",
            Self::AlreadyContacts => "they are a contact already",
            Self::AlreadyRequested => "they were asked already",
            Self::DeclinedRecently => "they declined not long ago",
            Self::BlockedByYou => "you have blocked them",
            Self::TooManyPending => "too many requests wait for an answer",
            Self::TooManyContacts => "too many contacts",
            Self::TooManyDevices => "this identity has too many devices",
            Self::NameInvalid => "this name or text is too long or has odd characters",
            Self::EnvelopeInvalid => "the envelope is empty, too long or not base64url",
            Self::Offline => "none of their devices is there",
            Self::MailboxFull => "their mailbox is full",
            Self::RateLimited => "faster than this server allows",
            Self::TooManyConnections => "too many connections from this address",
            Self::ServerFull => "this server has as many clients as it takes",
            Self::Replaced => "the same device signed in again",
            Self::TooSlow => "the client reads too slowly",
            Self::Silent => "the client was silent for too long",
            Self::GoingDown => "the server stops or restarts",
            Self::StorageFull => "the server's disk is full",
            Self::Internal => "the server failed",
            Self::Unknown => "unknown",
        }
    }

    /// The error as a message.
    pub(crate) fn message(self, id: Option<u32>, retry_after_ms: Option<u64>) -> ServerMessage {
        ServerMessage::Error { id, code: self, message: self.sentence().to_owned(), retry_after_ms }
    }
}
