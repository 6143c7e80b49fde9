//! What came of a job, and whom it is told: always after the database has it on the disk.

use super::Job;
use crate::protocol::{ErrorCode, Status};
use crate::server::core::{Core, Seat, prefix};
use crate::server::link::Link;
use crate::server::records::{Kept, Letter, MailTotals, SEEN_MS, StoreError};
use crate::server::room::{Line as _, Relayed};
use crate::server::rules::{News, Refusal, SignedIn, Verdict, Who};
use std::sync::Arc;

#[derive(Debug)]
pub(super) enum Outcome {
    Verdict(Result<Verdict, Refusal>),
    SignIn(Result<Box<SignedIn>, Refusal>),
    Letters(Vec<Letter>),
    News(Vec<News>),
    Totals(MailTotals),
    Done,
    Failed(StoreError),
}

impl From<Kept<()>> for Outcome {
    fn from(kept: Kept<()>) -> Self {
        kept.map_or_else(Self::Failed, |()| Self::Done)
    }
}

impl Outcome {
    /// The failure of the memory that it ended with.
    pub(super) fn into_failure(self) -> StoreError {
        match self {
            Self::Verdict(Err(Refusal::Store(error)))
            | Self::SignIn(Err(Refusal::Store(error)))
            | Self::Failed(error) => error,
            _ => StoreError::Broken("the transaction is gone".to_owned()),
        }
    }

    /// Whether nothing of it may stay.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Verdict(Err(_)) | Self::SignIn(Err(_)) | Self::Failed(_))
    }
}

fn code(error: &StoreError) -> ErrorCode {
    match error {
        StoreError::Full => ErrorCode::StorageFull,
        StoreError::Broken(_) => ErrorCode::Internal,
    }
}

fn refusal(core: &Core, refusal: Refusal) -> (ErrorCode, Option<u64>) {
    let (code, wait) = match refusal {
        Refusal::Code(code, wait) => (code, wait),
        Refusal::Store(error) => {
            tracing::error!(%error, "the database failed a request");
            (code(&error), None)
        }
    };
    core.counters.error(code);
    (code, wait)
}

/// Tells everyone concerned.
pub(super) fn tell(core: &Arc<Core>, job: Job, outcome: Outcome) {
    match (job, outcome) {
        (Job::Request { link, who, id, .. }, outcome) => {
            let ruling = match outcome {
                Outcome::Verdict(ruling) => ruling,
                Outcome::Failed(error) => Err(Refusal::Store(error)),
                _ => Err(Refusal::Code(ErrorCode::Internal, None)),
            };
            match ruling {
                Ok(verdict) => answer(core, &link, &who, id, verdict),
                Err(reason) => {
                    let (code, wait) = refusal(core, reason);
                    link.tell(&code.message(Some(id), wait));
                }
            }
            link.finished();
        }
        (Job::SignIn { status, link, session, dialled, answer, .. }, outcome) => {
            let seated = match outcome {
                Outcome::SignIn(Ok(who)) => {
                    Ok(seat(core, *who, status, (session, Arc::clone(&link)), dialled))
                }
                Outcome::SignIn(Err(reason)) => Err(refusal(core, reason)),
                Outcome::Failed(error) => Err(refusal(core, Refusal::Store(error))),
                _ => Err((ErrorCode::Internal, None)),
            };
            // Whoever gave up meanwhile leaves: the seat comes back, and is dropped.
            drop(answer.send(seated));
        }
        // More may have been acknowledged since this one was decided.
        (Job::Acknowledge { link, who }, Outcome::Done) if link.acknowledged() => {
            core.ledger.add_own(Job::Acknowledge { link, who });
        }
        (Job::Acknowledge { .. }, Outcome::Done) => {}
        (Job::Acknowledge { link, .. }, _) => {
            // The letters stay, and come again at the next sign-in.
            link.acknowledged();
        }
        (Job::Letters { account, session, .. }, Outcome::Letters(letters)) => {
            core.room().page(account, session, &letters);
        }
        (Job::Letters { account, session, .. }, _) => {
            core.room().end(account, session, ErrorCode::Internal);
        }
        (Job::Sweep { .. }, Outcome::News(news)) => {
            core.room().apply(news);
        }
        (Job::Totals { answer }, Outcome::Totals(totals)) => drop(answer.send(totals)),
        (Job::Health { answer }, Outcome::Done) => drop(answer.send(())),
        (_, Outcome::Failed(error)) => tracing::warn!(%error, "the database failed"),
        _ => {}
    }
}

fn seat(
    core: &Arc<Core>,
    who: SignedIn,
    status: Status,
    line: (u64, Arc<Link>),
    dialled: Box<str>,
) -> Seat {
    let session = line.0;
    let me = Who { account: who.account, key: who.key, device: who.device, session };
    // Written rarely, so that the sign-ins of many who come back after a restart only read.
    let stale = who.seen_ms.is_some_and(|seen| seen + SEEN_MS < core.now_ms());
    tracing::info!(
        key = %prefix(&who.key),
        handle = who.handle.as_ref().map_or("", |handle| handle.as_str()),
        new = who.seen_ms.is_none(),
        session,
        "signed in"
    );
    let ice_servers = core.ice_servers(&who.key, &dialled);
    core.room().enter(core.uptime_ms(), who, status, line, ice_servers);
    if stale {
        core.ledger.add_own(Job::Seen { device: me.device });
    }
    Seat::new(Arc::clone(core), me, dialled)
}

fn answer(core: &Core, link: &Arc<Link>, who: &Who, id: u32, verdict: Verdict) {
    let letters = verdict.news.iter().filter(|n| matches!(n, News::Letter { .. })).count();
    core.counters.kept.add(letters as u64);
    match core.room().conclude(core.now_ms(), who, id, verdict, link) {
        Some(Relayed::Delivered) => core.counters.relayed.add(1),
        Some(Relayed::Offline | Relayed::Unknown) => core.counters.error(ErrorCode::Offline),
        None => {}
    }
}
