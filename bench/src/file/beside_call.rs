//! A file beside a call, where both have to go through 20 Mbit/s with a queue of 200 ms: how many pictures a second each
//! side sees, how late they are by the code that each carries, and how much sound is made up, before the file and beside
//! it. The figures are the worse of both sides. The rival is a plain stream of TCP's, rsync, beside the same call.
//!
//! Both engines run in this process, each on its own host. The file never ends; what came of it is checked.

use super::load::landed;
use super::ours::Friends;
use super::place::{Place, RECEIVER, SENDER};
use super::rsync;
use crate::call::at;
use crate::figure::{self, Better};
use crate::people::until;
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::{Builder, Runtime};
use visavis_engine::api::{
    Call, CallStage, Command, Connection, DeviceChoice, Presence, PublicKey, Reply, State,
    TransferStage,
};
use visavis_engine::engine::{Engine, Options, Whose};
use visavis_engine::media::barcode;
use visavis_engine::media::picture::Picture;
use visavis_engine::media::slot::Slot;
use visavis_lab::{Queue, Shape};

const RATE: u64 = 20_000_000;
const QUEUE: Duration = Duration::from_millis(200);
/// Each way.
const DELAY: Duration = Duration::from_millis(10);
/// A call needs this long until rate and size have settled, and this long after a load.
const SETTLE: Duration = Duration::from_secs(15);
const REST: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_secs(20);
/// What does not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(30);
const BLINK: Duration = Duration::from_millis(100);

/// What was seen and heard of the call for a while, and what came of a file meanwhile.
#[derive(Debug)]
struct Seen {
    fps: f64,
    delay_p95_ms: f64,
    /// Milliseconds of sound that were made up, a second.
    concealed: f64,
    mb_per_s: f64,
}

pub(super) async fn measure(folder: &Path, case: &str) -> Result<(), String> {
    let shape =
        Shape { delay: DELAY, rate: Some(RATE), queue: Queue::Time(QUEUE), ..Shape::default() };
    let place = Place::make(folder, Some(shape))?;
    place.clear()?;
    let friends = Friends::settle(&place).await?;
    let ana = Side::open(&place, &friends, SENDER).await?;
    let bo = Side::open(&place, &friends, RECEIVER).await?;
    let talk = tokio::time::timeout(PATIENCE, Talk::begin(&place, &ana, &bo)).await;
    let talk = talk.map_err(|_| "no call came about")??;
    tokio::time::sleep(SETTLE).await;
    let before = talk.look().await?;
    eprintln!("{case}: the call alone: {before:?}");
    let ours = Box::pin(talk.beside_ours()).await?;
    eprintln!("{case}: beside visavis: {ours:?}");
    tokio::time::sleep(REST).await;
    let theirs = talk.beside_rsync().await?;
    eprintln!("{case}: beside rsync: {theirs:?}");
    place.proof(case, false)?;
    ana.engine.stop().await;
    bo.engine.stop().await;
    say(case, [&before, &ours, &theirs]);
    Ok(())
}

fn say(case: &str, [before, ours, theirs]: [&Seen; 3]) {
    let say = |name: &str, better, pick: &dyn Fn(&Seen) -> f64| {
        figure::print("file", case, name, better, pick(ours), &[("rsync", pick(theirs))]);
    };
    say("fps", Better::Higher, &|seen| seen.fps);
    say("delay_p95_ms", Better::Lower, &|seen| seen.delay_p95_ms);
    say("delay_added_ms", Better::Lower, &|seen| seen.delay_p95_ms - before.delay_p95_ms);
    say("concealed_ms_per_s", Better::Lower, &|seen| seen.concealed);
    say("mb_per_s", Better::Higher, &|seen| seen.mb_per_s);
    let alone = |name, better, value| figure::print("file", case, name, better, value, &[]);
    alone("fps_before", Better::Higher, before.fps);
    alone("delay_p95_ms_before", Better::Lower, before.delay_p95_ms);
    alone("concealed_ms_per_s_before", Better::Lower, before.concealed);
}

/// An engine on its host.
struct Side {
    engine: Engine,
    runtime: Option<Runtime>,
}

impl Side {
    async fn open(place: &Place, friends: &Friends<'_>, who: &str) -> Result<Self, String> {
        let host = place.host(who)?.ok_or("there is no laboratory")?;
        // Its threads are where they were begun.
        let make = || Builder::new_multi_thread().enable_all().build();
        let runtime = host.within(make).map_err(|fault| fault.to_string())?;
        let runtime = runtime.map_err(|error| error.to_string())?;
        let devices = DeviceChoice {
            camera: Some("test:pattern?w=1280&h=720&fps=30".to_owned()),
            microphone: Some("test:tone?hz=440".to_owned()),
            speaker: Some("null:".to_owned()),
            ..DeviceChoice::default()
        };
        let options = Options { devices, ..Options::in_folder(friends.profile(who)) };
        let engine = runtime.spawn(Engine::start(options)).await;
        let engine = engine.map_err(|error| error.to_string())?;
        Ok(Self { engine, runtime: Some(runtime) })
    }

    async fn tell(&self, command: Command) -> Result<Reply, String> {
        self.engine.dispatch(command).await.map_err(|error| error.to_string())
    }

    /// The other, once there.
    async fn friend(&self) -> Result<PublicKey, String> {
        until(&self.engine, |state| {
            let is_there = state.server.connection == Connection::Online;
            let friend = state.contacts.iter().find(|one| one.presence == Presence::Online);
            friend.filter(|_| is_there).map(|friend| friend.key)
        })
        .await
    }

    async fn in_call(&self, is_so: impl Fn(&Call) -> bool) -> Result<String, String> {
        until(&self.engine, |state| {
            state.calls.iter().find(|call| is_so(call)).map(|call| call.id.clone())
        })
        .await
    }

    /// Milliseconds of sound that were made up so far.
    async fn concealed(&self, call: &str) -> Result<u64, String> {
        match self.tell(Command::CallStatistics { id: call.to_owned() }).await? {
            Reply::CallStatistics(figures) => {
                Ok(figures.sound_in.map(|sound| sound.concealed_ms).unwrap_or_default())
            }
            other => Err(format!("no figures but {other:?}")),
        }
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The call, and what goes beside it.
struct Talk<'a> {
    place: &'a Place,
    ana: &'a Side,
    bo: &'a Side,
    /// Each one's key, as the other knows it.
    keys: [PublicKey; 2],
    id: String,
}

impl<'a> Talk<'a> {
    async fn begin(place: &'a Place, ana: &'a Side, bo: &'a Side) -> Result<Self, String> {
        let keys = [bo.friend().await?, ana.friend().await?];
        let called = ana.tell(Command::Call { key: keys[1], picture: true }).await?;
        let Reply::Calling { id } = called else { return Err("nobody was called".to_owned()) };
        bo.in_call(|call| call.id == id && call.stage == CallStage::Incoming).await?;
        bo.tell(Command::Answer { id: id.clone(), picture: true }).await?;
        for side in [ana, bo] {
            side.in_call(|call| matches!(call.stage, CallStage::On { .. })).await?;
        }
        Ok(Self { place, ana, bo, keys, id })
    }

    async fn look(&self) -> Result<Seen, String> {
        let sides = [self.ana, self.bo];
        let before = [self.ana.concealed(&self.id).await?, self.bo.concealed(&self.id).await?];
        let (began, had) = (Instant::now(), landed(self.place.into()));
        let mut watched = Vec::new();
        for side in sides {
            let slot = side.engine.screens().picture(&self.id, Whose::Theirs);
            let slot = slot.ok_or("the call is over")?;
            watched.push(tokio::task::spawn_blocking(move || watch(&slot)));
        }
        let mut seen = Seen { fps: f64::MAX, delay_p95_ms: 0.0, concealed: 0.0, mb_per_s: 0.0 };
        for one in watched {
            let late = one.await.map_err(|error| error.to_string())?;
            seen.fps = seen.fps.min(late.len() as f64 / LOOK.as_secs_f64());
            seen.delay_p95_ms = seen.delay_p95_ms.max(at(&late, 0.95));
        }
        let came = landed(self.place.into()) - had;
        let seconds = began.elapsed().as_secs_f64();
        seen.mb_per_s = came as f64 / 1e6 / seconds;
        for (side, before) in sides.into_iter().zip(before) {
            let made_up = side.concealed(&self.id).await?.saturating_sub(before);
            seen.concealed = seen.concealed.max(made_up as f64 / seconds);
        }
        Ok(seen)
    }

    async fn beside_ours(&self) -> Result<Seen, String> {
        let paths = vec![self.place.film().display().to_string()];
        let offered = self.ana.tell(Command::OfferFiles { key: self.keys[1], paths }).await?;
        let Reply::Offered { id } = offered else { return Err("nothing was offered".to_owned()) };
        let (key, folder) = (self.keys[0], Some(self.place.into().display().to_string()));
        self.stage(&id, TransferStage::Offered).await?;
        let accept = Command::AcceptFiles { key, id: id.clone(), items: None, folder };
        self.bo.tell(accept).await?;
        self.stage(&id, TransferStage::Running).await?;
        let seen = self.look_beside().await?;
        let came = landed(self.place.into());
        self.place.compare(came as f64, false)?;
        self.bo.tell(Command::CancelTransfer { key, id }).await?;
        Ok(seen)
    }

    async fn stage(&self, id: &str, stage: TransferStage) -> Result<(), String> {
        let at = |state: &State| {
            let mut transfers = state.transfers.iter();
            transfers.any(|one| one.id == id && one.stage == stage).then_some(())
        };
        let seen = tokio::time::timeout(PATIENCE, until(&self.bo.engine, at)).await;
        seen.map_err(|_| format!("the file never was {stage:?}"))?
    }

    async fn beside_rsync(&self) -> Result<Seen, String> {
        self.place.clear()?;
        let _daemon = rsync::daemon(self.place).await?;
        let _sender = rsync::sender(self.place, "--whole-file")?;
        self.look_beside().await
    }

    /// Looks while something comes, from its beginning on.
    async fn look_beside(&self) -> Result<Seen, String> {
        let seen = self.look().await?;
        if seen.mb_per_s > 0.0 { Ok(seen) } else { Err("nothing came beside the call".to_owned()) }
    }
}

/// How late each picture was that came for a while, in milliseconds.
fn watch(slot: &Slot<Picture>) -> Vec<f64> {
    let (began, mut seen, mut late) = (Instant::now(), HashSet::new(), Vec::new());
    while began.elapsed() < LOOK {
        let Some(picture) = slot.take_within(BLINK) else { continue };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if let Some(stamp) = barcode::read(&picture)
            && seen.insert(stamp.number)
        {
            late.push(now.as_secs_f64() * 1000.0 - stamp.time_ms as f64);
        }
    }
    late
}
