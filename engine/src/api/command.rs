//! What a shell may ask of the engine.

use super::ApiError;
use super::state::{ServerChoice, Settings};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use visavis_signaling::protocol::{PublicKey, Status};

/// What a shell may ask of the engine.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Makes an identity; only where there is none. Answered by `done`.
    CreateIdentity {
        /// The name that contacts see.
        name: String,
    },
    /// Takes an identity from an exported file; only where there is none, or the key is damaged or gone (a
    /// damaged file is kept aside). Answered by `done`.
    ImportIdentity {
        /// The exported file.
        path: String,
        /// The one it was exported with.
        passphrase: String,
    },
    /// Writes the identity to a new encrypted file. Answered by `done`.
    ExportIdentity {
        /// The file to make; it must not exist yet.
        path: String,
        /// At least 10 characters.
        passphrase: String,
    },
    /// Tries again to open what kept the engine from working. Answered by `done`.
    Reopen,
    /// Chooses the server and signs in there. Answered by `done` once signed in, or by the error; the choice
    /// stands only once it worked, or where the server merely can't be reached now.
    UseServer {
        /// Which.
        choice: ServerChoice,
        /// For a closed server, the first time.
        invite: Option<String>,
    },
    /// Asks whether a handle could be taken. Answered by `handle`.
    CheckHandle {
        /// As typed.
        handle: String,
    },
    /// Takes a handle for good. Answered by `done`.
    ClaimHandle {
        /// As typed.
        handle: String,
    },
    /// Changes the name that contacts see. Answered by `done`.
    Rename {
        /// From now on.
        name: String,
    },
    /// Changes how the user is seen. Answered by `done`.
    SetStatus {
        /// From now on.
        #[ts(type = "\"online\" | \"away\" | \"busy\" | \"invisible\"")]
        status: Status,
    },
    /// Enters or leaves the server's directory. Answered by `done`.
    SetListed {
        /// Whether to be found there.
        listed: bool,
    },
    /// Asks someone to become a contact. Answered by `requested`.
    RequestContact {
        /// A handle, a handle with its server, or a `visavis:add/` link.
        address: String,
        /// A few words along, or empty.
        note: String,
    },
    /// Takes a request back. Answered by `done`.
    WithdrawRequest {
        /// Who was asked.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Says yes. Answered by `done`.
    AcceptRequest {
        /// Who asks.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Says no. Answered by `done`.
    DeclineRequest {
        /// Who asks.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Ends being contacts. Answered by `done`.
    RemoveContact {
        /// Whom.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Hears nothing more of someone. Answered by `done`.
    Block {
        /// Whom.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Takes a block back. Answered by `done`.
    Unblock {
        /// Whom.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Looks for people on the server who chose to be found. Answered by `directory`.
    SearchDirectory {
        /// Part of a handle or name; empty lists all.
        query: String,
        /// The handle after which to go on.
        after: Option<String>,
    },
    /// Waves at a contact. Answered by `waved`.
    Wave {
        /// Whom.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// The number to compare with a contact; of the new key while one is in doubt. Answered by `safety_number`.
    SafetyNumber {
        /// Whom.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Notes that safety numbers were compared, or takes it back. Answered by `done`.
    SetVerified {
        /// Whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Whether they matched.
        verified: bool,
    },
    /// Goes on with the key that turned up for a contact's handle. Answered by `done`.
    AcceptChangedKey {
        /// The contact as pinned.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// The link and code by which others add the user. Answered by `card`.
    MyCard,
    /// Answered by `done`.
    ChangeSettings {
        /// All of them.
        settings: Settings,
    },
    /// Tries at once to reach the server. Answered by `done`.
    Reconnect,
    /// Takes a line of trouble away. Answered by `done`.
    DismissTrouble {
        /// As it stands in `troubles`.
        trouble: ApiError,
    },
    /// Calls a contact. Where a call is on, that one is held; where they call at this moment, this answers.
    /// Answered by `calling`.
    Call {
        /// Whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Whether with picture.
        picture: bool,
    },
    /// Answers a call that rings here. A call that is on is held. Answered by `done`.
    Answer {
        /// Which.
        id: String,
        /// Whether to be seen.
        picture: bool,
    },
    /// Says no to a call that rings here. Answered by `done`.
    Decline {
        /// Which.
        id: String,
    },
    /// Ends a call, or gives up one that rings there. Answered by `done`.
    HangUp {
        /// Which.
        id: String,
    },
    /// Takes an ended call from the list. Answered by `done`.
    DismissCall {
        /// Which.
        id: String,
    },
    /// Holds a call or goes on with it; another that is on is held then. Answered by `done`.
    Hold {
        /// Which.
        id: String,
        /// Whether to hold it.
        held: bool,
    },
    /// Mutes or opens the microphone in a call. Answered by `done`.
    SetMicrophone {
        /// Which call.
        id: String,
        /// Whether to be heard.
        on: bool,
    },
    /// Turns the camera off or on in a call. Answered by `done`.
    SetCamera {
        /// Which call.
        id: String,
        /// Whether to be seen.
        on: bool,
    },
    /// Asks for the figures of a call that is on. Answered by `call_statistics`.
    CallStatistics {
        /// Which.
        id: String,
    },
    /// Asks for calls that were, newest first. Answered by `call_history`.
    CallHistory {
        /// With whom; with anybody where none is named.
        #[ts(type = "string | null")]
        key: Option<PublicKey>,
        /// The identifier of the call before which to go on.
        before: Option<String>,
    },
    /// Notes that the user has seen a contact's missed calls. Answered by `done`.
    SeeMissedCalls {
        /// Whose.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Asks what devices there are. Answered by `devices`.
    ListDevices,
    /// Says whether devices are looked at: while they are, what comes or goes is told within two seconds. Answered by
    /// `done`.
    WatchDevices {
        /// Whether they are.
        on: bool,
    },
    /// Opens the camera and the microphone for the user's own eyes: the picture is that of the call `preview`. Answered
    /// by `done`; what can't be opened is told in [`Preview`](crate::api::Preview).
    OpenPreview,
    /// Closes what was opened for a preview. Answered by `done`.
    ClosePreview,
    /// Takes a picture of what is seen now; where it is of the other, they are told. A few are held until they are left.
    /// Answered by `picture_taken`.
    TakePicture {
        /// In which call, or `preview`.
        call: String,
        /// Whether of the user; else of the other.
        mine: bool,
    },
    /// Plays a short tune on the speaker. Answered by `done`.
    TestSpeaker,
    /// Begins a check of devices and connection; one that goes on begins anew. It opens camera and microphone. Answered
    /// by `done`; how it goes is told in [`Check`](crate::api::Check).
    BeginCheck,
    /// Breaks the check off. Answered by `done`.
    StopCheck,
    /// Begins a call to oneself: the picture that comes back is the other's of the call `check`. Answered by `done`.
    BeginEcho,
    /// Ends it. Answered by `done`.
    EndEcho,
    /// Records the user's voice for five seconds and plays it to them; nothing is kept. Answered by `done`.
    RecordVoice,
    /// Ends that, or plays what is recorded so far. Answered by `done`.
    EndRecording,
    /// Asks for the check as text that can be shown to anyone. Answered by `check_report`.
    CheckReport,
    /// Writes to a contact, who may be away. Answered by `written`.
    WriteMessage {
        /// To whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// What: at most 8000 characters.
        text: String,
        /// The message it answers.
        reply_to: Option<String>,
    },
    /// Changes a message of the user's. Answered by `done`.
    ChangeMessage {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
        /// What it says from now on.
        text: String,
    },
    /// Takes a message of the user's back, on both sides. Answered by `done`.
    TakeBackMessage {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
    },
    /// Sends a message again that the server refused. Answered by `done`.
    ResendMessage {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
    },
    /// Says what the user thinks of a message. Answered by `done`.
    React {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
        /// One emoji; none takes it back.
        emoji: Option<String>,
    },
    /// Says that the user types. Answered by `done`.
    Typing {
        /// To whom.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Notes that the user has seen all that a contact wrote. Answered by `done`.
    SeeMessages {
        /// Who wrote it.
        #[ts(type = "string")]
        key: PublicKey,
    },
    /// Asks for messages: the newest, or those beside one. Answered by `messages`.
    Messages {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// The message before which to go on.
        before: Option<String>,
        /// The message after which to go on, where none is named before which.
        after: Option<String>,
    },
    /// Offers files and folders to a contact, who may be away. Answered by `offered`.
    OfferFiles {
        /// Whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Where they lie.
        paths: Vec<String>,
    },
    /// Takes files that a contact offers. Answered by `done`.
    AcceptFiles {
        /// From whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which transfer.
        id: String,
        /// Which items, by their place; all where there is no list.
        items: Option<Vec<u32>>,
        /// Into which folder; the usual one where none is named.
        folder: Option<String>,
    },
    /// Does not take files that a contact offers. Answered by `done`.
    DeclineFiles {
        /// From whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which transfer.
        id: String,
    },
    /// Stops a transfer for now. Answered by `done`.
    PauseTransfer {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
    },
    /// Goes on with a transfer that the user has paused or that something has stopped, and asks again for files that
    /// did not come. Answered by `done`.
    ResumeTransfer {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
        /// Into which folder from now on, where another one is to be tried.
        folder: Option<String>,
    },
    /// Ends a transfer; what is there of files that are not whole is taken away. Answered by `done`.
    CancelTransfer {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
    },
    /// Takes a transfer that is over off the list; files stay. Answered by `done`.
    ForgetTransfer {
        /// With whom.
        #[ts(type = "string")]
        key: PublicKey,
        /// Which.
        id: String,
    },
    /// Looks for messages that contain some text, newest first. Answered by `messages`.
    SearchMessages {
        /// With whom; with anybody where none is named.
        #[ts(type = "string | null")]
        key: Option<PublicKey>,
        /// What they contain.
        text: String,
        /// The message before which to go on.
        before: Option<String>,
    },
}

/// Passphrases, codes and paths never reach a log.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = serde_json::to_value(self).ok();
        let name = name.as_ref().and_then(|value| value["type"].as_str()).unwrap_or("?");
        write!(f, "Command({name})")
    }
}
