//! Setting up calls between two engines without a window. One calls; the other answers the moment it rings.

use super::Setup;
use crate::people::Town;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use visavis_engine::api::{
    Call, CallStage, Command, Connection, DeviceChoice, Presence, Reply, State,
};
use visavis_engine::engine::{Engine, Options, Whose};

/// What does not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn set_up(calls: usize) -> Result<Setup, String> {
    let town = Town::with_friends().await?;
    let (ana, bo) = (open(&town, "ana").await?, open(&town, "bo").await?);
    let mut setup = Setup::default();
    for _ in 0..calls {
        let one = timeout(PATIENCE, Box::pin(call(&ana, &bo))).await;
        let (connected, first_picture) = one.map_err(|_| "a call was not set up")??;
        setup.connected.push(connected);
        setup.first_picture.push(first_picture);
    }
    ana.stop().await;
    bo.stop().await;
    Ok(setup)
}

async fn open(town: &Town, who: &str) -> Result<Engine, String> {
    let devices = DeviceChoice {
        camera: Some("test:pattern?w=1280&h=720&fps=30".to_owned()),
        microphone: Some("test:tone?hz=440".to_owned()),
        speaker: Some("null:".to_owned()),
        ..DeviceChoice::default()
    };
    let options = Options { devices, ..Options::in_folder(town.folder(who)) };
    let engine = Engine::start(options).await;
    until(&engine, |state| (state.server.connection == Connection::Online).then_some(())).await?;
    Ok(engine)
}

async fn call(ana: &Engine, bo: &Engine) -> Result<(f64, f64), String> {
    let there = |state: &State| {
        let contact = state.contacts.iter().find(|one| one.presence == Presence::Online);
        contact.map(|contact| contact.key)
    };
    let key = until(ana, there).await?;
    let mut ringing = bo.ringing();
    ringing.mark_unchanged();
    let began = Instant::now();
    let id = match ana.dispatch(Command::Call { key, picture: true }).await {
        Ok(Reply::Calling { id }) => id,
        other => return Err(format!("the call was answered by {other:?}")),
    };
    while !ringing.borrow_and_update().contains(&id) {
        ringing.changed().await.map_err(|error| error.to_string())?;
    }
    let answered = Instant::now();
    bo.dispatch(Command::Answer { id: id.clone(), picture: true })
        .await
        .map_err(|error| error.to_string())?;
    for engine in [ana, bo] {
        until(engine, |state| {
            let is_on = |call: &&Call| matches!(call.stage, CallStage::On { .. });
            state.calls.iter().find(is_on).map(|_| ())
        })
        .await?;
    }
    let connected = began.elapsed().as_secs_f64() * 1000.0;
    for engine in [ana, bo] {
        let slot = engine.screens().picture(&id, Whose::Theirs).ok_or("no screen")?;
        slot.take().await.ok_or("no picture")?;
    }
    let first_picture = answered.elapsed().as_secs_f64() * 1000.0;
    ana.dispatch(Command::HangUp { id: id.clone() }).await.map_err(|error| error.to_string())?;
    for engine in [ana, bo] {
        until(engine, |state| {
            let live = |call: &Call| !matches!(call.stage, CallStage::Ended { .. });
            (!state.calls.iter().any(live)).then_some(())
        })
        .await?;
    }
    Ok((connected, first_picture))
}

/// Waits until an engine shows something.
async fn until<T>(engine: &Engine, seen: impl Fn(&State) -> Option<T>) -> Result<T, String> {
    let mut updates = engine.subscribe();
    loop {
        if let Some(found) = seen(&engine.state()) {
            return Ok(found);
        }
        updates.next().await.ok_or("the engine has stopped")?;
    }
}
