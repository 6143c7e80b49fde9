//! The rival in browsers: a page in a Chromium on each host, and one data channel. What the pages have to tell each
//! other goes from thread to thread here. Each message is checked; the load counts by what came within `LIMIT`.

use super::load::{Load, Used};
use super::place::{Place, RECEIVER, SENDER};
use super::{LIMIT, SIZE};
use serde_json::{Value, json};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use visavis_chromium::{Chromium, Fault, Options, Page, Pages};

const PAGE: &str = include_str!("page.html");
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);
/// Things that a page says and nobody has taken yet.
const SAID: usize = 256;

/// What a side hears, and what it says.
struct Side {
    heard: Receiver<Value>,
    says: Sender<Value>,
    sends: bool,
}

pub(super) async fn send(place: &Place) -> Result<Load, String> {
    let (to_receiver, from_sender) = channel(SAID);
    let (to_sender, from_receiver) = channel(SAID);
    let sender = on(place, SENDER, Side { heard: from_receiver, says: to_receiver, sends: true })?;
    let receiver = on(place, RECEIVER, Side { heard: from_sender, says: to_sender, sends: false })?;
    let wait = |thread: JoinHandle<Result<Option<Load>, String>>| {
        tokio::task::spawn_blocking(|| thread.join().map_err(|_| "a side panicked".to_owned())?)
    };
    let (receiver, sender) = (wait(receiver).await, wait(sender).await);
    let load = receiver.map_err(|error| error.to_string())??;
    sender.map_err(|error| error.to_string())??;
    load.ok_or_else(|| "nothing came".to_owned())
}

/// Runs a side on its host: the browser is started there and can be spoken to from there alone.
fn on(
    place: &Place,
    host: &str,
    side: Side,
) -> Result<JoinHandle<Result<Option<Load>, String>>, String> {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(Box::pin(side.run())).map_err(|fault| fault.to_string())
    };
    match place.host(host)? {
        None => Ok(std::thread::spawn(run)),
        Some(host) => {
            let inside = host.spawn(run).map_err(|fault| fault.to_string())?;
            Ok(std::thread::spawn(move || match inside.join() {
                Ok(done) => done.map_err(|fault| fault.to_string())?,
                Err(_) => Err("a side panicked".to_owned()),
            }))
        }
    }
}

impl Side {
    async fn run(mut self) -> Result<Option<Load>, Fault> {
        let pages = Pages::serve([("/", "text/html", PAGE)]).await?;
        let browser = Chromium::start(Options::default()).await?;
        let page = browser.open(&pages.address("/")).await?;
        let mut said = page.calls("signal", SAID).await?;
        let gone = || Fault::Gone("the other side".to_owned());
        if self.sends {
            // Until the other is there, what is said waits in the channel.
            let processes = json!({ "processes": browser.processes() });
            self.says.send(processes).await.map_err(|_| gone())?;
            page.call("send", &[json!(SIZE)]).await?;
        }
        let (asked, mut theirs) = (Instant::now(), Vec::<u32>::new());
        let mut meter: Option<(Instant, Used)> = None;
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                said = said.next() => {
                    let said = said?;
                    if let Some(number) = said["broken"].as_u64() {
                        return Err(Fault::Thrown(format!("message {number} is not what was sent")));
                    }
                    if said["begun"] == true {
                        meter = Some((Instant::now(), Used::default()));
                    } else {
                        self.says.send(said).await.map_err(|_| gone())?;
                    }
                }
                heard = self.heard.recv() => match heard {
                    Some(heard) if heard["processes"].is_array() => {
                        let numbers = heard["processes"].as_array().into_iter().flatten();
                        theirs = numbers.filter_map(|number| number.as_u64()?.try_into().ok()).collect();
                    }
                    Some(heard) => drop(page.call("take", &[heard]).await?),
                    // The receiver has all it wants.
                    None if self.sends => return Ok(None),
                    None => return Err(gone()),
                },
                _ = look.tick() => {
                    let Some((began, used)) = &mut meter else {
                        if asked.elapsed() > PATIENCE * 2 { return Err(gone()); }
                        continue;
                    };
                    used.look([&browser.processes(), &theirs]);
                    if let Some(load) = over(&page, asked, *began, used).await? {
                        return Ok(Some(load));
                    }
                }
            }
        }
    }
}

/// What came, once all did or time is up.
async fn over(
    page: &Page,
    asked: Instant,
    began: Instant,
    used: &Used,
) -> Result<Option<Load>, Fault> {
    let bytes = page.evaluate("came").await?.as_f64().unwrap_or_default();
    let seconds = began.elapsed().as_secs_f64();
    if bytes < SIZE as f64 && began.elapsed() < LIMIT {
        return Ok(None);
    }
    Ok(Some(Load {
        bytes,
        seconds,
        first_byte_s: (began - asked).as_secs_f64(),
        cpu_percent: 100.0 * used.cpu_seconds() / seconds,
        memory_mib: used.memory_mib(),
        whole: bytes >= SIZE as f64,
    }))
}
