//! Why a command was refused, or what is wrong: a code that a shell has a sentence for in every language,
//! and what that sentence needs to name.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use ts_rs::TS;
use visavis_signaling::protocol::ErrorCode;

/// An error as it crosses to a shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ApiError {
    /// What shells match.
    pub code: Code,
    /// English, for logs and for codes a shell does not know.
    pub message: String,
    /// What the sentence names, such as `path`, `server`, `hours` or `name`.
    pub detail: BTreeMap<String, String>,
}

impl ApiError {
    /// An error with nothing to name.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: BTreeMap::new() }
    }

    /// The same error, naming one thing more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.detail.insert(name.to_owned(), value.to_string());
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

macro_rules! codes {
    (own { $($(#[$own_doc:meta])* $own:ident,)* } server { $($(#[$server_doc:meta])* $server:ident,)* }) => {
        /// What shells match. Those that a server may answer with have the same names in the protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$own_doc])* $own,)*
            $($(#[$server_doc])* $server,)*
        }

        impl From<ErrorCode> for Code {
            fn from(code: ErrorCode) -> Self {
                match code {
                    $(ErrorCode::$server => Self::$server,)*
                }
            }
        }
    };
}

codes! {
    own {
        /// The command makes no sense now, such as a second identity.
        NotNow,
        /// There is no identity yet.
        NoIdentity,
        /// There is no connection to the server now. Names `server`.
        NotConnected,
        /// The name is empty or too long (64 characters).
        NameOdd,
        /// The note is too long (200 characters).
        NoteTooLong,
        /// The address can't be read as one.
        AddressOdd,
        /// The person is on another server. Names `server`.
        OtherServer,
        /// The link's key is not the key that the server names. Names `handle`.
        KeyMismatch,
        /// The contact's key has changed and is not accepted yet. Names `name`.
        KeyChanged,
        /// A server answered with something that its key bundle's owner did not sign. Names `handle`.
        ServerLied,
        /// A sealed envelope was altered, replayed, reordered, redirected or forged. Names `name`.
        EnvelopeRefused,
        /// The passphrase is too short (10 characters).
        PassphraseShort,
        /// The passphrase does not open the file.
        PassphraseWrong,
        /// The file is no identity that was exported. Names `path`.
        NotAnExport,
        /// The file is there already; nothing is overwritten. Names `path`.
        FileExists,
        /// No such file. Names `path`.
        FileMissing,
        /// The system does not let the app read or write. Names `path`.
        PermissionDenied,
        /// The disk is full; nothing was lost. Names `path`.
        DiskFull,
        /// The disk or file system failed. Names `path`, `reason`.
        DiskFailed,
        /// The key file is damaged; it was left as it is. Names `path`.
        KeyDamaged,
        /// The profile is there but its key is gone from the keychain or folder. Names `path`.
        KeyMissing,
        /// The keychain is locked or refuses. Names `reason`.
        KeychainRefused,
        /// The database was written by a newer Visavis. Names `path`, `found`, `known`.
        DatabaseNewer,
        /// The database is damaged; it was left as it is. Names `path`.
        DatabaseDamaged,
        /// Another Visavis uses this data folder. Names `path`.
        FolderInUse,
        /// The server's name is unknown. Names `server`.
        ServerUnknown,
        /// Nothing answers at the server's address. Names `server`.
        ServerDown,
        /// The server did not answer in time. Names `server`.
        ServerSilent,
        /// What answers there is no Visavis server. Names `server`.
        ServerForeign,
        /// The server's certificate is not to be trusted. Names `server`, `reason`.
        CertificateBad,
        /// The certificate is for another name. Names `server`.
        CertificateName,
        /// The certificate has expired or is not valid yet, or the clock is off. Names `server`.
        CertificateTime,
        /// A server without TLS at another computer must be asked for as `ws://`. Names `server`.
        PlainRefused,
        /// The port for the server on this computer is taken by another program. Names `port`.
        PortTaken,
        /// The server on this computer can't start. Names `reason`.
        HostingFailed,
        /// The connection was lost. Names `server`.
        ConnectionLost,
        /// This computer's clock is off. Names `minutes` (positive: ahead).
        ClockOff,
        /// The call is over, or never was.
        NoSuchCall,
        /// As many calls are on or held as there may be.
        TooManyCalls,
        /// No such device, or not any more. Names `device`.
        DeviceMissing,
        /// Another program uses the device. Names `device`.
        DeviceBusy,
        /// The system does not let the app use the device. Names `device`.
        DeviceDenied,
        /// The device gives nothing any more. Names `device`.
        DeviceStalled,
        /// The device gives pictures, but none that can be shown. Names `device`, `reason`.
        DeviceDamaged,
        /// The camera can't do what is wished of it. Names `device`, and as `what`: `width`, `height`, `fps`, `aspect`,
        /// `facing` or `format`.
        DeviceUnmet,
        /// The device failed otherwise. Names `device`, `reason`.
        DeviceFailed,
        /// What was chosen as a device can't be read as one. Names `device`, `reason`.
        DeviceOdd,
        /// The file can't be played as a camera or microphone. Names `path`, `reason`.
        MediaFileBad,
        /// The other's app has no format for pictures in common with this one. Names `name`.
        NoCommonFormat,
        /// There is no picture: nothing is seen there now, or it is not held any more.
        NoPicture,
        /// No picture came from the camera, or none came back.
        NothingSeen,
        /// Nothing was heard from the microphone, or nothing came back.
        NothingHeard,
        /// Two ends on this computer did not find each other.
        NoWay,
        /// The server names no helper that tells an address.
        NoAddressHelper,
        /// No address was told by which others see this computer.
        NoOutsideAddress,
        /// The server names no relay.
        NoRelay,
        /// The server's relay does not answer, or refuses.
        RelaySilent,
        /// The server's relay lets nothing through.
        RelayBlocked,
        /// The path carries too little, loses too much or takes too long for a good call.
        PathWeak,
        /// A call is on, which this would disturb.
        CallIsOn,
        /// No call goes over a link to a contact.
        NobodyLinked,
        /// There are no words in the message.
        MessageEmpty,
        /// The message is too long. Names `most`, in characters.
        MessageTooLong,
        /// No such message, or it was taken back, or it is not the user's.
        NoSuchMessage,
        /// It is no emoji.
        ReactionOdd,
        /// No such transfer, or nothing can be done with it as it is.
        NoSuchTransfer,
        /// There is nothing to send.
        NothingToSend,
        /// Too many things, files or folders at once. Names `items`, `files`.
        TooManyFiles,
        /// A file is larger than can be sent. Names `path`.
        FileTooLarge,
        /// It can't be read, or is neither file nor folder. Names `path`, `reason`.
        FileUnreadable,
        /// The folder into which files go is not there any more. Names `path`.
        FolderGone,
        /// Nobody said into which folder files go.
        FolderNeeded,
        /// There is too little room for files. Names `path`, `needs`, `has` in bytes.
        NoRoom,
        /// The contact's app does not keep to the rules of sending files. Names `name`.
        PeerOdd,
    }
    server {
        /// See the protocol.
        BadMessage,
        /// See the protocol.
        MessageTooLarge,
        /// See the protocol.
        OutOfTurn,
        /// Client and server speak different versions. Names `server`.
        UnsupportedVersion,
        /// The server answers to another name. Names `server`.
        WrongServer,
        /// The server does not take the identity's signature.
        BadSignature,
        /// See the protocol.
        SignInTimeout,
        /// The server takes new people by invite code only.
        InviteRequired,
        /// The code is unknown, used up or expired.
        InviteInvalid,
        /// See the protocol.
        TooManyAttempts,
        /// Not a handle. Names `why`: empty, too_short, too_long, odd_character, odd_shape.
        HandleInvalid,
        /// Kept back.
        HandleReserved,
        /// Somebody else's.
        HandleTaken,
        /// Too like somebody else's.
        HandleLookAlike,
        /// The identity has another handle on this server, for good.
        HandleFixed,
        /// A handle must be taken first.
        HandleRequired,
        /// Nobody of that handle, or no such request.
        NotFound,
        /// The user's own.
        ThatIsYou,
        /// Only contacts can be reached.
        NotAContact,
        /// They are a contact already.
        AlreadyContacts,
        /// They were asked already.
        AlreadyRequested,
        /// They declined not long ago.
        DeclinedRecently,
        /// The user has blocked them.
        BlockedByYou,
        /// Too many unanswered requests.
        TooManyPending,
        /// Too many contacts.
        TooManyContacts,
        /// Too many devices.
        TooManyDevices,
        /// The server does not take the name.
        NameInvalid,
        /// See the protocol.
        EnvelopeInvalid,
        /// The contact is not there.
        Offline,
        /// The contact's mailbox is full.
        MailboxFull,
        /// Too fast. Names `seconds` where known.
        RateLimited,
        /// See the protocol.
        TooManyConnections,
        /// See the protocol.
        ServerFull,
        /// The same profile signed in elsewhere.
        Replaced,
        /// See the protocol.
        TooSlow,
        /// See the protocol.
        Silent,
        /// The server restarts.
        GoingDown,
        /// The server's disk is full.
        StorageFull,
        /// The server's own fault, or the engine's.
        Internal,
        /// A code of a later version.
        Unknown,
    }
}
