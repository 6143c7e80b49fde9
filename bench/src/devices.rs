//! How long pictures stand still where the camera is changed in the middle of a call: two engines in this process, and what
//! comes at the other's; and what the looks of pictures cost.

use crate::figure::{self, Better};
use crate::people::{Town, until};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use visavis_engine::api::{
    Call, CallStage, Command, Connection, DeviceChoice, Filter, Presence, Reply, Settings, State,
};
use visavis_engine::engine::{Engine, Options, Whose};
use visavis_engine::media::picture::{Picture, Size};

/// Each change is made so often.
const TIMES: usize = 10;
/// What a change does is seen within this.
const AFTER: Duration = Duration::from_secs(2);

/// Pictures that may wait to be counted.
const WAITING: usize = 256;

const ONE: &str = "test:pattern?w=1280&h=720&fps=30";
const OTHER: &str = "test:pattern?w=640&h=480&fps=30";

pub(crate) fn measure() -> Result<(), String> {
    filters();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(Box::pin(changes()))
}

fn settings(camera: &str, picture: &str) -> Settings {
    let devices = DeviceChoice {
        camera: Some(camera.to_owned()),
        microphone: Some("test:tone?hz=440".to_owned()),
        speaker: Some("null:".to_owned()),
        picture: Some(picture.to_owned()),
        ..DeviceChoice::default()
    };
    Settings { devices, ..Settings::default() }
}

async fn open(town: &Town, who: &str) -> Result<Engine, String> {
    let engine = Engine::start(Options::in_folder(town.folder(who))).await;
    until(&engine, |state| (state.server.connection == Connection::Online).then_some(())).await?;
    change(&engine, settings(ONE, "720p")).await?;
    Ok(engine)
}

async fn change(engine: &Engine, settings: Settings) -> Result<(), String> {
    let command = Command::ChangeSettings { settings };
    engine.dispatch(command).await.map(|_| ()).map_err(|error| error.to_string())
}

async fn changes() -> Result<(), String> {
    let town = Town::with_friends().await?;
    let (ana, bo) = (open(&town, "ana").await?, open(&town, "bo").await?);
    let there = |state: &State| {
        let contact = state.contacts.iter().find(|one| one.presence == Presence::Online);
        contact.map(|contact| contact.key)
    };
    let key = until(&ana, there).await?;
    let id = match ana.dispatch(Command::Call { key, picture: true }).await {
        Ok(Reply::Calling { id }) => id,
        other => return Err(format!("the call was answered by {other:?}")),
    };
    until(&bo, |state| state.calls.iter().any(|call| call.id == id).then_some(())).await?;
    let answer = Command::Answer { id: id.clone(), picture: true };
    bo.dispatch(answer).await.map_err(|error| error.to_string())?;
    let is_on = |call: &Call| matches!(call.stage, CallStage::On { .. });
    until(&bo, |state| state.calls.iter().any(is_on).then_some(())).await?;
    let slot = bo.screens().picture(&id, Whose::Theirs).ok_or("no screen")?;
    let (came, mut pictures) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        while slot.take().await.is_some() && came.send(Instant::now()).await.is_ok() {}
    });

    let table = [
        ("nothing", (ONE, "720p"), (ONE, "720p")),
        ("camera", (ONE, "720p"), (OTHER, "720p")),
        ("size", (ONE, "720p"), (ONE, "360p")),
        ("rate", (ONE, "360p"), (ONE, "save-data")),
    ];
    for (what, first, second) in table {
        let mut gaps = Vec::new();
        for (camera, picture) in [first, second].into_iter().cycle().take(TIMES) {
            while pictures.try_recv().is_ok() {}
            let mut last = pictures.recv().await.ok_or("no pictures")?;
            change(&ana, settings(camera, picture)).await?;
            let until = Instant::now() + AFTER;
            let mut longest = Duration::ZERO;
            while Instant::now() < until {
                let next = tokio::time::timeout(AFTER, pictures.recv()).await;
                let next = next.ok().flatten().ok_or("no pictures after a change")?;
                longest = longest.max(next - last);
                last = next;
            }
            gaps.push(longest.as_secs_f64() * 1000.0);
        }
        print(what, "longest_gap_ms", gaps);
    }
    ana.stop().await;
    bo.stop().await;
    Ok(())
}

fn print(case: &str, figure: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    let named = |part: &str| format!("{figure}_{part}");
    figure::print("devices", case, &named("p50"), Better::Lower, values[last / 2], &[]);
    figure::print("devices", case, &named("max"), Better::Lower, values[last], &[]);
}

/// What a look costs: the thread's own time, a picture of 720 lines.
fn filters() {
    let Some(size) = Size::new(1280, 720) else { return };
    let bytes: Vec<u8> = (0..size.bytes()).map(|at| (at * 31 % 220 + 16) as u8).collect();
    let Some(picture) = Picture::new(size, 0, bytes) else { return };
    for filter in Filter::ALL {
        let once = |_| {
            let began = Instant::now();
            std::hint::black_box(filter.apply(std::hint::black_box(&picture)));
            began.elapsed().as_secs_f64() * 1000.0
        };
        let times = (0..300).map(once).collect();
        print(&format!("filter {filter:?}").to_lowercase(), "720p_ms", times);
    }
}
