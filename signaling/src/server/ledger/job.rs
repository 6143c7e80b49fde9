//! What the ledger is asked to do. Deciding a job may happen more than once, and tells nobody anything.

use super::outcome::Outcome;
use crate::protocol::{ClientMessage, ErrorCode, Status};
use crate::server::core::{Core, Seat};
use crate::server::link::Link;
use crate::server::records::{AccountNo, DeviceNo, MailTotals, Records as _};
use crate::server::rules::{self, Refusal, SignIn, Who};
use crate::server::store::Tables;
use rusqlite::Connection;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::oneshot;

/// One thing to do.
#[derive(Debug)]
pub(crate) enum Job {
    /// A signed-in client asks for something.
    Request { link: Arc<Link>, who: Who, id: u32, message: ClientMessage },
    /// Someone wants to come in.
    SignIn {
        sign_in: SignIn,
        status: Status,
        link: Arc<Link>,
        session: u64,
        address: IpAddr,
        /// The name or address by which the relay is found from where the client is.
        dialled: Box<str>,
        answer: oneshot::Sender<Result<Seat, (ErrorCode, Option<u64>)>>,
    },
    /// Letters arrived; which ones stands in the link.
    Acknowledge { link: Arc<Link>, who: Who },
    /// A session is ready for letters after a number.
    Letters { account: AccountNo, session: u64, device: DeviceNo, after: u64 },
    /// A device goes.
    Seen { device: DeviceNo },
    /// Time has passed.
    Sweep { here: Vec<DeviceNo> },
    /// Does the database answer?
    Health { answer: oneshot::Sender<()> },
    /// How much mail is there?
    Totals { answer: oneshot::Sender<MailTotals> },
}

impl Job {
    /// Roughly what it holds in memory.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Request { message: ClientMessage::Send { envelope, .. }, .. }
            | Self::Request { message: ClientMessage::RequestContact { envelope, .. }, .. }
            | Self::Request { message: ClientMessage::AcceptRequest { envelope, .. }, .. } => {
                envelope.len() + size_of::<Self>()
            }
            _ => size_of::<Self>(),
        }
    }

    /// Whether it may write.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self, Self::Letters { .. } | Self::Totals { .. } | Self::Health { .. })
    }

    /// Decides the job over the tables.
    pub(super) fn decide(&self, core: &Core, connection: &Connection) -> Outcome {
        let mut tables = Tables(connection);
        let limits = &core.config.limits;
        let now_ms = core.now_ms();
        match self {
            Self::Request { who, message, .. } => {
                Outcome::Verdict(rules::decide(&mut tables, limits, now_ms, who, message))
            }
            Self::SignIn { sign_in, address, .. } => {
                let admit = || {
                    let admitted = core.gate().new_identity(core.uptime_ms(), *address);
                    admitted.map_err(|wait| Refusal::Code(ErrorCode::TooManyAttempts, Some(wait)))
                };
                Outcome::SignIn(sign_in.decide(&mut tables, limits, now_ms, admit).map(Box::new))
            }
            Self::Acknowledge { link, who } => {
                let mail = link.acknowledging();
                tables.drop_letters_up_to(who.device, mail).into()
            }
            Self::Letters { device, after, .. } => {
                match tables.letters_after(*device, *after, limits.outgoing_bytes / 4) {
                    Ok(letters) => Outcome::Letters(letters),
                    Err(error) => Outcome::Failed(error),
                }
            }
            Self::Seen { device } => tables.device_seen(*device, now_ms).into(),
            Self::Sweep { here } => match rules::sweep(&mut tables, limits, now_ms, here) {
                Ok(news) => Outcome::News(news),
                Err(error) => Outcome::Failed(error),
            },
            Self::Health { .. } => tables.account(1).map(drop).into(),
            Self::Totals { .. } => match tables.mail_totals() {
                Ok(totals) => Outcome::Totals(totals),
                Err(error) => Outcome::Failed(error),
            },
        }
    }
}
