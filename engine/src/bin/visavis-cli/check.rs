//! The check of devices and connection: the same steps as in the window, as text for people or as lines.

use crate::desk::Desk;
use crate::lines::{Line, say};
use crate::{Outcome, Trouble};
use std::io::Write;
use visavis_engine::api::{
    ApiError, CheckStage, CheckStep, Code, Command, Connection, Event, Reply, State, Update,
};

/// Checks all, prints each step as it is done, and the report at the end.
pub(crate) async fn run(desk: &mut Desk, json: bool) -> Result<Outcome, Trouble> {
    desk.require_somebody()?;
    // One who can't get there is told so by the check.
    while desk.state().server.connection == Connection::Connecting {
        drop(desk.next().await?);
    }
    desk.tell(Command::BeginCheck).await?;
    let mut told = 0;
    let steps = loop {
        let State { check, .. } = desk.state();
        let check = check.unwrap_or_default();
        while let Some(step) = check.steps.get(told).filter(|step| is_done(step)) {
            if json {
                say(&Line::CheckStep { step })?;
            }
            told += 1;
        }
        if !check.running {
            break check.steps;
        }
        until_changed(desk).await?;
    };
    let text = match desk.tell(Command::CheckReport).await? {
        Reply::CheckReport { text } => text,
        _ => return Err(ApiError::new(Code::Internal, "no report").into()),
    };
    if json {
        say(&Line::CheckReport { text: &text })?;
    } else {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|_| Trouble::Unread)?;
    }
    let is_bad = |step: &CheckStep| matches!(step.stage, CheckStage::Bad { .. });
    Ok(if steps.iter().any(is_bad) { Outcome::InVain } else { Outcome::Done })
}

fn is_done(step: &CheckStep) -> bool {
    !matches!(step.stage, CheckStage::Waiting | CheckStage::Running)
}

async fn until_changed(desk: &mut Desk) -> Result<(), Trouble> {
    loop {
        match desk.next().await? {
            Update::Event { event: Event::CheckChanged { .. }, .. } | Update::Snapshot(_) => {
                return Ok(());
            }
            Update::Event { .. } => {}
        }
    }
}
