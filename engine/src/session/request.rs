//! Which messages are requests, and which answer them.

use visavis_signaling::protocol::{ClientMessage, ServerMessage};

/// The same message with its `id` filled in.
pub(crate) fn numbered(mut message: ClientMessage, number: u32) -> ClientMessage {
    match &mut message {
        ClientMessage::Claim { id, .. }
        | ClientMessage::LookUp { id, .. }
        | ClientMessage::RequestContact { id, .. }
        | ClientMessage::WithdrawRequest { id, .. }
        | ClientMessage::AcceptRequest { id, .. }
        | ClientMessage::DeclineRequest { id, .. }
        | ClientMessage::RemoveContact { id, .. }
        | ClientMessage::Block { id, .. }
        | ClientMessage::Unblock { id, .. }
        | ClientMessage::SetStatus { id, .. }
        | ClientMessage::SetListing { id, .. }
        | ClientMessage::SearchDirectory { id, .. }
        | ClientMessage::IceServers { id }
        | ClientMessage::Send { id, .. } => *id = number,
        ClientMessage::Hello { .. }
        | ClientMessage::Prove { .. }
        | ClientMessage::Acknowledge { .. } => {}
    }
    message
}

/// The `id` of the request that a message answers.
pub(crate) fn answered_id(message: &ServerMessage) -> Option<u32> {
    match message {
        ServerMessage::Ok { id }
        | ServerMessage::Found { id, .. }
        | ServerMessage::Directory { id, .. }
        | ServerMessage::Sent { id, .. }
        | ServerMessage::IceServers { id, .. } => Some(*id),
        ServerMessage::Error { id, .. } => *id,
        ServerMessage::Challenge { .. }
        | ServerMessage::Welcome { .. }
        | ServerMessage::Deliver { .. }
        | ServerMessage::Presence { .. }
        | ServerMessage::RequestReceived { .. }
        | ServerMessage::RequestSent { .. }
        | ServerMessage::RequestEnded { .. }
        | ServerMessage::ContactAdded { .. }
        | ServerMessage::ContactRemoved { .. }
        | ServerMessage::SelfChanged { .. }
        | ServerMessage::GoingDown { .. } => None,
    }
}
