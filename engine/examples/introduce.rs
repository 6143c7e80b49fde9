//! Makes profiles that are each other's contacts on a running server, with their keys in files:
//! `cargo run -p visavis-engine --example introduce -- --server 127.0.0.1:8440 --into FOLDER [ana bo ...]`

use std::path::PathBuf;
use std::process::ExitCode;
use visavis_engine::api::{ApiError, Command, PublicKey, ServerChoice, State, Update};
use visavis_engine::engine::{Engine, Options};

#[tokio::main]
async fn main() -> ExitCode {
    match introduce().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("introduce: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn introduce() -> Result<(), String> {
    let (mut server, mut into, mut handles) = (None, None, Vec::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--server" => server = words.next(),
            "--into" => into = words.next().map(PathBuf::from),
            _ => handles.push(word),
        }
    }
    let usage = "usage: introduce --server ADDRESS --into FOLDER [HANDLE ...]";
    let (server, into) = server.zip(into).ok_or(usage)?;
    if handles.is_empty() {
        handles = vec!["ana".to_owned(), "bo".to_owned()];
    }
    let mut people = Vec::new();
    for handle in &handles {
        people.push(settle(&server, into.join(handle), handle).await.map_err(|e| e.to_string())?);
    }
    for (place, one) in people.iter().enumerate() {
        for other in &people[place + 1..] {
            befriend(one, other).await.map_err(|error| error.to_string())?;
        }
    }
    for (engine, _) in &people {
        engine.stop().await;
    }
    Ok(())
}

async fn settle(
    server: &str,
    folder: PathBuf,
    handle: &str,
) -> Result<(Engine, PublicKey), ApiError> {
    let engine = Engine::start(Options::in_folder(folder)).await;
    let name = match handle.split_at_checked(1) {
        Some((first, rest)) => first.to_uppercase() + rest,
        None => handle.to_owned(),
    };
    engine.dispatch(Command::CreateIdentity { name }).await?;
    let choice = ServerChoice::Address { address: server.to_owned() };
    engine.dispatch(Command::UseServer { choice, invite: None }).await?;
    engine.dispatch(Command::ClaimHandle { handle: handle.to_owned() }).await?;
    let key = until(&engine, |state| state.me.as_ref().map(|me| me.key)).await;
    Ok((engine, key))
}

async fn befriend(one: &(Engine, PublicKey), other: &(Engine, PublicKey)) -> Result<(), ApiError> {
    let handle = until(&other.0, |state| state.me.as_ref()?.handle.clone()).await;
    let ask = Command::RequestContact { address: handle, note: String::new() };
    one.0.dispatch(ask).await?;
    until(&other.0, |state| state.incoming.iter().find(|request| request.key == one.1).cloned())
        .await;
    other.0.dispatch(Command::AcceptRequest { key: one.1 }).await?;
    for (engine, key) in [(&one.0, other.1), (&other.0, one.1)] {
        until(engine, |state| {
            let known = state.contacts.iter().find(|contact| contact.key == key)?;
            (known.name != known.handle).then_some(())
        })
        .await;
    }
    Ok(())
}

/// Waits until an engine shows what is looked for.
async fn until<T>(engine: &Engine, look: impl Fn(&State) -> Option<T>) -> T {
    let mut updates = engine.subscribe();
    loop {
        if let Some(Update::Snapshot(snapshot)) = engine.subscribe().next().await
            && let Some(found) = look(&snapshot.state)
        {
            return found;
        }
        updates.next().await;
    }
}
