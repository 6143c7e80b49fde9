//! Devices tried by themselves: no profile, no server, no call. What is printed is what the device gave, each second.

use crate::arguments::Trial;
use crate::lines::{Line, say};
use crate::{Outcome, Trouble, told_to_stop};
use std::f32::consts::TAU;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use visavis_engine::api::{ApiError, Code, DeviceChoice};
use visavis_engine::device::camera::wish::Wishes;
use visavis_engine::device::camera::{self, Camera};
use visavis_engine::device::screen::Desktop;
use visavis_engine::device::sound::pace::Pace;
use visavis_engine::device::sound::{self, BLOCK, Block, Microphone, RATE, Speaker};
use visavis_engine::device::{self, DeviceFault, DeviceUri};
use visavis_engine::media::picture::{Picture, Size};
use visavis_engine::media::slot::Slot;

/// The tone of a speaker that is tried, in parts of what it could play.
const SOFTLY: f32 = 0.1;
const HZ: f32 = 1000.0;

/// What there is.
pub(crate) async fn list() -> Result<Outcome, Trouble> {
    let panicked = |_| ApiError::new(Code::Internal, "listing devices panicked");
    // Where no screen can be read, there is none to show.
    let list = || (device::list(), Desktop::default().list().unwrap_or_default());
    let (devices, screens) = spawn_blocking(list).await.map_err(panicked)?;
    say(&Line::Devices { devices: &devices, screens: &screens })?;
    Ok(Outcome::Done)
}

pub(crate) async fn run(
    what: Trial,
    devices: &DeviceChoice,
    seconds: u32,
) -> Result<Outcome, Trouble> {
    let (tell, mut told) = mpsc::channel(1);
    let told_fault = move |fault: DeviceFault| drop(tell.try_send(fault));
    let mut trial = match what {
        Trial::Camera => see(devices, told_fault).await?,
        Trial::Mic => listen(devices, told_fault).await?,
        Trial::Speaker => play(devices, told_fault).await?,
    };
    say(&Line::Opened { device: &trial.device })?;
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.tick().await;
    for _ in 0..seconds {
        tokio::select! {
            _ = second.tick() => say(&(trial.look)())?,
            Some(fault) = told.recv() => return Err(ApiError::from(fault).into()),
            () = told_to_stop() => break,
        }
    }
    // Closing waits for the device.
    drop(spawn_blocking(move || drop(trial.open)).await);
    Ok(Outcome::Done)
}

/// A device that is open, and how to look at what it gave.
struct TrialRun {
    device: String,
    open: Box<dyn Send>,
    look: Box<dyn FnMut() -> Line<'static> + Send>,
}

/// The device that is named, or what the system uses by itself.
fn named(wish: Option<&str>, there: &[visavis_engine::api::Device]) -> Result<DeviceUri, Trouble> {
    let usual = || there.iter().find(|device| device.default).map(|device| device.uri.as_str());
    let uri = wish.or_else(usual).unwrap_or("null:");
    let odd = |error: device::OddUri| {
        ApiError::new(Code::DeviceOdd, error.to_string()).with("device", uri)
    };
    Ok(uri.parse().map_err(odd)?)
}

/// Opening may take its time.
async fn opened<T: Send + 'static>(
    open: impl FnOnce() -> Result<T, DeviceFault> + Send + 'static,
) -> Result<T, Trouble> {
    let panicked = |_| ApiError::new(Code::Internal, "opening the device panicked");
    Ok(spawn_blocking(open).await.map_err(panicked)?.map_err(ApiError::from)?)
}

async fn see(
    devices: &DeviceChoice,
    told: impl Fn(DeviceFault) + Send + 'static,
) -> Result<TrialRun, Trouble> {
    let list = spawn_blocking(camera::list).await.unwrap_or_default();
    let uri = named(devices.camera.as_deref(), &list)?;
    if let DeviceUri::Camera(id) = &uri {
        let id = id.clone();
        let formats = opened(move || camera::formats(&id)).await?;
        say(&Line::Formats { device: &uri.to_string(), formats: &formats })?;
    }
    let wishes = devices.picture.as_deref().map_or(Ok(Wishes::default()), str::parse);
    let odd = |error: camera::wish::OddWish| ApiError::new(Code::DeviceOdd, error.to_string());
    let wishes: Wishes = wishes.map_err(odd)?;
    let slot: Slot<Picture> = Slot::new();
    let into = slot.clone();
    let device = uri.to_string();
    let open = opened(move || Camera::open(&uri, &wishes, into, told)).await?;
    let seen: Arc<Mutex<(Option<Size>, u32)>> = Arc::default();
    let counts = Arc::clone(&seen);
    let counting = tokio::spawn(async move {
        while let Some(picture) = slot.take().await {
            let mut seen = counts.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = (Some(picture.size()), seen.1 + 1);
        }
    });
    let look = move || {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (size, pictures) = std::mem::take(&mut *seen);
        let (width, height) = size.map_or((0, 0), |size| (size.width, size.height));
        Line::Pictures { width, height, pictures }
    };
    Ok(TrialRun { device, open: Box::new((open, AbortOnDrop(counting))), look: Box::new(look) })
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What was heard since it was last looked.
#[derive(Default)]
struct Heard {
    blocks: u64,
    squares: f32,
    /// How often the sound came up through nothing.
    crossings: u32,
    last: f32,
}

impl Heard {
    fn hear(&mut self, block: &Block) {
        self.blocks += 1;
        for sample in block {
            self.squares += sample * sample;
            self.crossings += u32::from(self.last < 0.0 && *sample >= 0.0);
            self.last = *sample;
        }
    }

    fn take(&mut self) -> Line<'static> {
        let heard = std::mem::replace(self, Self { last: self.last, ..Self::default() });
        let samples = (heard.blocks.max(1) * BLOCK as u64) as f32;
        let seconds = samples / RATE as f32;
        Line::Sound {
            level: (heard.squares / samples).sqrt(),
            hz: heard.crossings as f32 / seconds,
            ms: heard.blocks * 10,
        }
    }
}

async fn listen(
    devices: &DeviceChoice,
    told: impl Fn(DeviceFault) + Send + 'static,
) -> Result<TrialRun, Trouble> {
    let (list, _) = spawn_blocking(sound::list).await.unwrap_or_default();
    let uri = named(devices.microphone.as_deref(), &list)?;
    let device = uri.to_string();
    let heard: Arc<Mutex<Heard>> = Arc::default();
    let ear = Arc::clone(&heard);
    let sink = move |block: &Block, _| {
        ear.lock().unwrap_or_else(PoisonError::into_inner).hear(block);
    };
    let pace = Pace::steady();
    let open =
        opened(move || Microphone::open(&uri, &pace, Box::new(sink), Box::new(told))).await?;
    let look = move || heard.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(TrialRun { device, open: Box::new(open), look: Box::new(look) })
}

async fn play(
    devices: &DeviceChoice,
    told: impl Fn(DeviceFault) + Send + 'static,
) -> Result<TrialRun, Trouble> {
    let (_, list) = spawn_blocking(sound::list).await.unwrap_or_default();
    let uri = named(devices.speaker.as_deref(), &list)?;
    let device = uri.to_string();
    let played: Arc<Mutex<Heard>> = Arc::default();
    let mouth = Arc::clone(&played);
    let mut at = 0.0_f32;
    let source = move |block: &mut Block, _| {
        for sample in block.iter_mut() {
            *sample = SOFTLY * (TAU * at).sin();
            at = (at + HZ / RATE as f32).fract();
        }
        mouth.lock().unwrap_or_else(PoisonError::into_inner).hear(block);
    };
    let pace = Pace::steady();
    let open = opened(move || Speaker::open(&uri, &pace, Box::new(source), Box::new(told))).await?;
    let look = move || played.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(TrialRun { device, open: Box::new(open), look: Box::new(look) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_heard_as_loud_and_as_high_as_it_is() {
        let mut heard = Heard::default();
        let tone = |at: usize| 0.5 * (TAU * 440.0 * at as f32 / RATE as f32).sin();
        for block in 0..100 {
            heard.hear(&std::array::from_fn(|at| tone(block * BLOCK + at)));
        }
        let Line::Sound { level, hz, ms } = heard.take() else { panic!("another line") };
        assert!((level - 0.3535).abs() < 0.001, "{level}");
        assert!((hz - 440.0).abs() <= 1.0, "{hz}");
        assert_eq!(ms, 1000);
        let Line::Sound { ms, .. } = heard.take() else { panic!("another line") };
        assert_eq!(ms, 0, "it was taken");
    }
}
