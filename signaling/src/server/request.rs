//! What a signed-in client says: parsed, counted against its rates, and passed on to the room or the ledger.
//! Envelopes that are not kept go to the room at once and are not copied on the way, unless an earlier
//! request of the same client still waits for the database: one client's messages keep their order.

use super::core::{Core, Seat};
use super::ledger::Job;
use super::link::Link;
use super::room::{Line as _, Relayed};
use super::rules::is_envelope;
use crate::protocol::{ClientMessage, ErrorCode, MAX_ENVELOPE, PublicKey, ServerMessage};
use serde::Deserialize;
use std::sync::Arc;

/// What a busy server tells clients to wait for.
const BUSY_RETRY_MS: u64 = 1000;
/// A search looks through the whole directory.
const SEARCH_COST: u64 = 10;

/// `send`, as it nearly always comes: nothing in it is copied.
#[derive(Debug, Deserialize)]
struct Sending<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: u32,
    to: PublicKey,
    envelope: &'a str,
    #[serde(default)]
    keep: bool,
}

/// The id of a message that can't be read otherwise.
#[derive(Debug, Deserialize)]
struct AnyId {
    id: u32,
}

impl ClientMessage {
    /// The request's id, if it is one.
    pub(crate) fn id(&self) -> Option<u32> {
        match self {
            Self::Hello { .. } | Self::Prove { .. } | Self::Acknowledge { .. } => None,
            Self::Claim { id, .. }
            | Self::LookUp { id, .. }
            | Self::RequestContact { id, .. }
            | Self::WithdrawRequest { id, .. }
            | Self::AcceptRequest { id, .. }
            | Self::DeclineRequest { id, .. }
            | Self::RemoveContact { id, .. }
            | Self::Block { id, .. }
            | Self::Unblock { id, .. }
            | Self::SetStatus { id, .. }
            | Self::SetListing { id, .. }
            | Self::SearchDirectory { id, .. }
            | Self::IceServers { id }
            | Self::Send { id, .. } => Some(*id),
        }
    }
}

/// One message under way.
struct Incoming<'a> {
    core: &'a Core,
    seat: &'a Seat,
    link: &'a Arc<Link>,
    uptime_ms: u64,
    bytes: u64,
}

/// Takes a message. An error ends the connection.
pub(crate) fn take(
    core: &Core,
    seat: &Seat,
    link: &Arc<Link>,
    text: &[u8],
    uptime_ms: u64,
) -> Result<(), ErrorCode> {
    let incoming = Incoming { core, seat, link, uptime_ms, bytes: text.len() as u64 };
    if text.starts_with(br#"{"type":"send""#)
        && let Ok(sending) = serde_json::from_slice::<Sending<'_>>(text)
        && sending.kind == "send"
        && !sending.keep
        && link.in_flight() == 0
    {
        core.counters.sent();
        incoming.relay(&sending);
        return Ok(());
    }
    match serde_json::from_slice(text) {
        Ok(message) => {
            core.counters.message(&message);
            incoming.request(message)
        }
        Err(_) => {
            core.counters.odd_message();
            match serde_json::from_slice(text) {
                // A request of a later version, or a wrong one: refused, and that is all.
                Ok(AnyId { id }) => {
                    incoming.refuse(id, ErrorCode::BadMessage, None);
                    Ok(())
                }
                Err(_) => Err(ErrorCode::BadMessage),
            }
        }
    }
}

impl Incoming<'_> {
    fn refuse(&self, id: u32, code: ErrorCode, retry_after_ms: Option<u64>) {
        self.core.counters.error(code);
        self.link.tell(&code.message(Some(id), retry_after_ms));
    }

    fn relay(&self, sending: &Sending<'_>) {
        let who = &self.seat.who;
        let id = sending.id;
        if !is_envelope(sending.envelope, MAX_ENVELOPE) {
            return self.refuse(id, ErrorCode::EnvelopeInvalid, None);
        }
        let now_ms = self.core.now_ms();
        let relayed = {
            let mut room = self.core.room();
            match room.charge(who.account, self.uptime_ms, 1, self.bytes) {
                Ok(()) => Ok(room.relay(now_ms, who.account, &sending.to, sending.envelope)),
                Err(wait) => Err(wait),
            }
        };
        match relayed {
            Ok(Relayed::Delivered) => {
                self.core.counters.relayed.add(1);
                self.link.sent(id, true);
            }
            Ok(Relayed::Offline) => self.refuse(id, ErrorCode::Offline, None),
            Ok(Relayed::Unknown) => self.pass_on(
                id,
                ClientMessage::Send {
                    id,
                    to: sending.to,
                    envelope: sending.envelope.to_owned(),
                    keep: false,
                },
            ),
            Err(wait) => self.refuse(id, ErrorCode::RateLimited, Some(wait)),
        }
    }

    fn request(&self, message: ClientMessage) -> Result<(), ErrorCode> {
        if let ClientMessage::Acknowledge { mail } = message {
            self.acknowledge(mail);
            return Ok(());
        }
        // `hello` and `prove` have had their time.
        let id = message.id().ok_or(ErrorCode::OutOfTurn)?;
        let cost = match message {
            ClientMessage::SearchDirectory { .. } => SEARCH_COST,
            _ => 1,
        };
        let account = self.seat.who.account;
        let charged = self.core.room().charge(account, self.uptime_ms, cost, self.bytes);
        match charged {
            Ok(()) if matches!(message, ClientMessage::IceServers { .. }) => {
                let ice_servers = self.core.ice_servers(&self.seat.who.key, &self.seat.dialled);
                self.link.tell(&ServerMessage::IceServers { id, ice_servers });
            }
            Ok(()) => self.pass_on(id, message),
            Err(wait) => self.refuse(id, ErrorCode::RateLimited, Some(wait)),
        }
        Ok(())
    }

    /// To the ledger.
    fn pass_on(&self, id: u32, message: ClientMessage) {
        self.link.began();
        let link = Arc::clone(self.link);
        let job = Job::Request { link, who: self.seat.who, id, message };
        if !self.core.ledger.offer(job) {
            self.link.finished();
            self.refuse(id, ErrorCode::RateLimited, Some(BUSY_RETRY_MS));
        }
    }

    /// Only letters that this session was told can have arrived.
    fn acknowledge(&self, mail: u64) {
        let who = self.seat.who;
        let told = self.core.room().told(who.account, who.session).unwrap_or(0);
        if self.link.acknowledge(mail.min(told)) {
            let link = Arc::clone(self.link);
            self.core.ledger.add_own(Job::Acknowledge { link, who });
        }
    }
}
