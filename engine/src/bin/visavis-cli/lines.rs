//! The lines that are printed: one JSON object each, told apart by `line`.

use crate::Trouble;
use serde::Serialize;
use std::io::Write;
use visavis_engine::api::{
    ApiError, CallEnd, CallStatistics, CheckStep, Contact, DeviceList, Event, IncomingRequest, Me,
    Message, OutgoingRequest, PastCall, Reply, ServerState, State, Transfer,
};
use visavis_engine::device::camera::wish::Format;
use visavis_engine::device::screen::Showable;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    /// Everything, at the beginning of a watch and after a gap.
    Snapshot { state: &'a State },
    /// A change.
    Event { event: &'a Event },
    /// What the engine answered.
    Reply { reply: &'a Reply },
    /// Something was refused, or went wrong.
    Refused { error: ApiError },
    /// The call that this run is about.
    Call { id: &'a str },
    /// It is over.
    Ended { id: &'a str, how: CallEnd, talked_ms: Option<u64> },
    /// Figures of a call that is on.
    Statistics { id: &'a str, statistics: &'a CallStatistics },
    /// Who this is, and at which server.
    Me { me: &'a Me, server: &'a ServerState },
    /// A contact.
    Contact { contact: &'a Contact },
    /// Somebody asks.
    Incoming { request: &'a IncomingRequest },
    /// Somebody was asked.
    Outgoing { request: &'a OutgoingRequest },
    /// A call that was.
    Past { call: &'a PastCall },
    /// A message.
    Message { message: &'a Message },
    /// Files that go or went.
    Transfer { transfer: &'a Transfer },
    /// What there is to see, hear and be heard by.
    Devices { devices: &'a DeviceList, screens: &'a [Showable] },
    /// A step of a check is done.
    CheckStep { step: &'a CheckStep },
    /// The whole check, as text that can be shown to anyone.
    CheckReport { text: &'a str },
    /// What a camera can give.
    Formats { device: &'a str, formats: &'a [Format] },
    /// A device that is tried is open.
    Opened { device: &'a str },
    /// Pictures of the last second, and how large they are.
    Pictures { width: u32, height: u32, pictures: u32 },
    /// Sound of the last second: its level from 0 to 1, how high it is, and how much of it came or went.
    Sound { level: f32, hz: f32, ms: u64 },
}

/// Prints a line, at once.
pub(crate) fn say(line: &Line<'_>) -> Result<(), Trouble> {
    let mut text = serde_json::to_string(line).map_err(|_| Trouble::Unread)?;
    text.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|_| Trouble::Unread)
}
