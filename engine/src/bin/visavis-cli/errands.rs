//! Errands that are done when they are answered: everything but calls.

use crate::arguments::{Contacts, Init};
use crate::desk::Desk;
use crate::lines::{Line, say};
use crate::people::{Candidate, find};
use crate::{Outcome, Trouble};
use visavis_engine::api::{ApiError, Code, Command, Contact, Reply, ServerChoice, State};

/// Makes what is lacking; what is there stays.
pub(crate) async fn init(desk: &mut Desk, init: Init) -> Result<Outcome, Trouble> {
    if let Some(fatal) = desk.state().fatal {
        return Err(fatal.into());
    }
    if desk.state().me.is_none() {
        desk.tell(Command::CreateIdentity { name: init.name.clone() }).await?;
    }
    if desk.state().me.is_some_and(|me| me.name != init.name) {
        desk.tell(Command::Rename { name: init.name }).await?;
    }
    let choice = match (init.server, init.this_computer) {
        (Some(address), _) => Some(ServerChoice::Address { address }),
        (None, true) => Some(ServerChoice::ThisComputer { open: false }),
        (None, false) => None,
    };
    if let Some(choice) = choice {
        desk.tell(Command::UseServer { choice, invite: init.invite }).await?;
    }
    if let Some(handle) = init.handle {
        let has = desk.online().await?.me.and_then(|me| me.handle);
        if has.as_deref() != Some(handle.as_str()) {
            desk.tell(Command::ClaimHandle { handle }).await?;
        }
    }
    me(desk).await
}

pub(crate) async fn me(desk: &Desk) -> Result<Outcome, Trouble> {
    let state = desk.require_somebody()?;
    if let Some(me) = &state.me {
        say(&Line::Me { me, server: &state.server })?;
    }
    Ok(Outcome::Done)
}

pub(crate) async fn contacts(desk: &mut Desk, what: Contacts) -> Result<Outcome, Trouble> {
    let state = desk.online().await?;
    let contact = |who: &str| find(who, &contacts_of(&state.contacts));
    let asking = |who: &str| find(who, &who_asks(&state));
    let command = match &what {
        Contacts::List => {
            return state
                .contacts
                .iter()
                .try_for_each(|contact| say(&Line::Contact { contact }))
                .map(|()| Outcome::Done);
        }
        Contacts::Requests => {
            state.incoming.iter().try_for_each(|request| say(&Line::Incoming { request }))?;
            state.outgoing.iter().try_for_each(|request| say(&Line::Outgoing { request }))?;
            return Ok(Outcome::Done);
        }
        Contacts::Add { address, note } => {
            Command::RequestContact { address: address.clone(), note: note.clone() }
        }
        Contacts::Accept { who } => Command::AcceptRequest { key: asking(who)? },
        Contacts::Refuse { who } => Command::DeclineRequest { key: asking(who)? },
        Contacts::Remove { who } => Command::RemoveContact { key: contact(who)? },
        Contacts::Block { who } => Command::Block { key: contact(who).or_else(|_| asking(who))? },
        Contacts::Unblock { who } => {
            Command::Unblock { key: find(who, &contacts_of(&state.blocked))? }
        }
    };
    reply(&desk.tell(command).await?)
}

pub(crate) async fn history(desk: &Desk, with: Option<String>) -> Result<Outcome, Trouble> {
    let state = desk.require_somebody()?;
    let key = with.map(|who| find(&who, &contacts_of(&state.contacts))).transpose()?;
    let mut before = None;
    loop {
        let command = Command::CallHistory { key, before };
        let (calls, more) = match desk.tell(command).await? {
            Reply::CallHistory { calls, more } => (calls, more),
            other => return reply(&other),
        };
        calls.iter().try_for_each(|call| say(&Line::Past { call }))?;
        before = calls.last().map(|call| call.id.clone());
        if !more || before.is_none() {
            return Ok(Outcome::Done);
        }
    }
}

/// Writes, and waits until the server has it.
pub(crate) async fn write(
    desk: &mut Desk,
    who: &str,
    text: Option<String>,
) -> Result<Outcome, Trouble> {
    let state = desk.online().await?;
    let key = find(who, &contacts_of(&state.contacts))?;
    let text = match text {
        Some(text) => text,
        None => std::io::read_to_string(std::io::stdin()).map_err(|odd| {
            ApiError::new(Code::BadMessage, format!("standard input can't be read: {odd}"))
        })?,
    };
    let written = desk.tell(Command::WriteMessage { key, text, reply_to: None }).await?;
    let Reply::Written { id } = &written else { return reply(&written) };
    say(&Line::Message { message: &desk.until_sent(id).await? })?;
    Ok(Outcome::Done)
}

/// What was written with somebody.
pub(crate) async fn messages(
    desk: &Desk,
    who: &str,
    last: Option<usize>,
) -> Result<Outcome, Trouble> {
    let state = desk.require_somebody()?;
    let key = find(who, &contacts_of(&state.contacts))?;
    let (mut before, mut left) = (None, last.unwrap_or(usize::MAX));
    loop {
        let command = Command::Messages { key, before, after: None };
        let (page, more) = match desk.tell(command).await? {
            Reply::Messages { messages, more } => (messages, more),
            other => return reply(&other),
        };
        page.iter().rev().take(left).try_for_each(|message| say(&Line::Message { message }))?;
        left = left.saturating_sub(page.len());
        before = page.first().map(|message| message.id.clone());
        if !more || left == 0 || before.is_none() {
            return Ok(Outcome::Done);
        }
    }
}

/// Any command, as the page would send it.
pub(crate) async fn dispatch(desk: &mut Desk, text: &str) -> Result<Outcome, Trouble> {
    let command = read(text)?;
    // Some commands need no server, and the engine says itself which do; but it is given the time to get there.
    if let Err(Trouble::Engine(error)) = desk.online().await {
        tracing::info!(%error, "not signed in");
    }
    reply(&desk.tell(command).await?)
}

/// A command, written as JSON.
pub(crate) fn read(text: &str) -> Result<Command, ApiError> {
    serde_json::from_str(text)
        .map_err(|odd| ApiError::new(Code::BadMessage, format!("this is no command: {odd}")))
}

fn reply(reply: &Reply) -> Result<Outcome, Trouble> {
    say(&Line::Reply { reply })?;
    Ok(Outcome::Done)
}

pub(crate) fn contacts_of(contacts: &[Contact]) -> Vec<Candidate> {
    let each = contacts.iter().map(|contact| Candidate {
        key: contact.key,
        handle: contact.handle.clone(),
        name: contact.name.clone(),
    });
    each.collect()
}

fn who_asks(state: &State) -> Vec<Candidate> {
    let each = state.incoming.iter().map(|request| Candidate {
        key: request.key,
        handle: request.handle.clone(),
        name: request.name.clone(),
    });
    each.collect()
}
