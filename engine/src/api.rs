//! All that crosses between the engine and a shell: commands in, replies, snapshots and events out.
//!
//! Plain data with no behaviour beyond its own shape; the TypeScript that the page is built on is made
//! from it. A shell sends a [`Command`] and gets a [`Reply`] or an [`ApiError`]; it subscribes once, gets
//! a whole [`Snapshot`], then an [`Event`] for each change, numbered without gaps.

mod call;
mod chat;
mod check;
mod command;
mod devices;
mod error;
mod event;
mod files;
mod reply;
mod state;

pub use call::{
    Call, CallEnd, CallQuality, CallSide, CallStage, CallStatistics, PastCall, PictureStatistics,
    SoundStatistics,
};
pub use chat::{Mark, Message, Quote, Reactions};
pub use check::{Check, CheckFigures, CheckStage, CheckStep, CheckWhat, EchoCall, VoiceRecording};
pub use command::Command;
pub use devices::{
    Device, DeviceChoice, DeviceList, DevicesWith, Facing, Filter, NoiseTreatment, Preview,
    SoundTreatment,
};
pub use error::{ApiError, Code};
pub use event::{Event, Snapshot, Update};
pub use files::{Transfer, TransferItem, TransferStage};
pub use reply::{HandleCheck, ListedPerson, QrCode, Reply, SafetyNumber};
pub use state::{
    AcceptedAlways, Connection, Contact, Hosting, IncomingRequest, KeyPlace, Language, LastSeen,
    LastWhat, Me, OutgoingRequest, ServerChoice, ServerState, Settings, State, Theme,
};
pub use visavis_signaling::protocol::{Presence, PublicKey, RequestEnd, Status};
