//! Setting up calls between two engines without a window. One calls; the other answers when it has rung for a while.

use super::Setup;
use crate::people::{Town, until};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use visavis_engine::api::{
    Call, CallStage, Command, Connection, DeviceChoice, Presence, Reply, State,
};
use visavis_engine::engine::{Engine, Options, Whose};

/// What the threads of the devices are called that both sides have open in a call.
const DEVICES: [&str; 3] = ["camera", "test tone", "no speaker"];
/// What does not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// By the clock, in milliseconds.
struct Moments {
    /// From the click until both are in the call.
    connected: f64,
    /// From the answer until both see each other.
    first_picture: f64,
    /// From hanging up until both have closed their devices.
    closed: f64,
}

pub(super) async fn set_up(calls: usize, rings: Duration) -> Result<Setup, String> {
    let town = Town::with_friends().await?;
    let (ana, bo) = (open(&town, "ana").await?, open(&town, "bo").await?);
    let mut setup = Setup::default();
    for _ in 0..calls {
        let one = timeout(PATIENCE, Box::pin(call(&ana, &bo, rings))).await;
        let moments = one.map_err(|_| "a call was not set up")??;
        setup.connected.push(moments.connected);
        setup.first_picture.push(moments.first_picture);
        setup.closed.push(moments.closed);
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

async fn call(ana: &Engine, bo: &Engine, rings: Duration) -> Result<Moments, String> {
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
    tokio::time::sleep(rings).await;
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
    let open = open_devices()?;
    if open != 2 * DEVICES.len() {
        return Err(format!("{open} devices are open in a call"));
    }
    let ended = Instant::now();
    ana.dispatch(Command::HangUp { id: id.clone() }).await.map_err(|error| error.to_string())?;
    while open_devices()? > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let closed = ended.elapsed().as_secs_f64() * 1000.0;
    for engine in [ana, bo] {
        until(engine, |state| {
            let live = |call: &Call| !matches!(call.stage, CallStage::Ended { .. });
            (!state.calls.iter().any(live)).then_some(())
        })
        .await?;
    }
    Ok(Moments { connected, first_picture, closed })
}

/// How many devices are open in this process, which is both sides.
fn open_devices() -> Result<usize, String> {
    let threads = std::fs::read_dir("/proc/self/task").map_err(|error| error.to_string())?;
    let names = threads.flatten().map(|thread| std::fs::read_to_string(thread.path().join("comm")));
    // A thread that has just ended has no name.
    Ok(names.flatten().filter(|name| DEVICES.contains(&name.trim_end())).count())
}
