//! The load: pairs of clients, of which one writes 2 KB messages and the other counts them. As fast as they go, a
//! writer has so many unread messages on the way and no more; at a pace, each writer waits for its message to arrive
//! before the next turn. Every run is bounded in time.

use super::{Web, text};
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;

/// Unread messages of one writer.
const WINDOW: usize = 16;
/// Between two messages of one writer, at a pace.
const PACE: Duration = Duration::from_millis(40);
/// A message that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is written, in characters: 2 KB, as an offer is long.
pub(crate) const PAYLOAD: usize = 2_000;

/// Two clients of which the first writes to the second.
pub(crate) struct Pair {
    pub(crate) writer: Web,
    pub(crate) reader: Web,
    /// What the first writes.
    pub(crate) message: String,
    /// By which the second knows it.
    pub(crate) mark: &'static str,
}

/// What came through.
#[derive(Debug, Default)]
pub(crate) struct Relayed {
    pub(crate) messages: u64,
    seconds: f64,
}

impl Relayed {
    pub(crate) fn per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let messages = self.messages as f64;
        messages / self.seconds
    }
}

/// How long messages took.
#[derive(Debug, Default)]
pub(crate) struct Delays(Vec<Duration>);

impl Delays {
    /// In milliseconds, at a place between the shortest (0) and the longest (1).
    pub(crate) fn at(&self, place: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a place within the list"
        )]
        let index = ((self.0.len().saturating_sub(1)) as f64 * place).round() as usize;
        self.0.get(index).map_or(f64::NAN, |delay| delay.as_secs_f64() * 1000.0)
    }
}

/// All pairs at once, as fast as they go, for so long.
pub(crate) async fn run(pairs: &mut [Pair], length: Duration) -> Result<Relayed, String> {
    let started = Instant::now();
    let counts = futures_util::future::join_all(pairs.iter_mut().map(|pair| fast(pair, length)));
    let messages = counts.await.into_iter().sum::<Result<u64, String>>()?;
    Ok(Relayed { messages, seconds: started.elapsed().as_secs_f64() })
}

async fn fast(pair: &mut Pair, length: Duration) -> Result<u64, String> {
    let Pair { writer, reader, message, mark } = pair;
    let credit = Arc::new(Semaphore::new(WINDOW));
    let ended = AtomicBool::new(false);
    let until = Instant::now() + length;
    let message = Message::text(message.as_str());
    let (mut to_server, mut answers) = writer.split();
    let write = async {
        let mut written = 0_u64;
        while Instant::now() < until {
            let mut permits = credit.acquire().await.map_err(|error| error.to_string())?;
            permits.forget();
            to_server.feed(message.clone()).await.map_err(|error| error.to_string())?;
            written += 1;
            while let Ok(more) = credit.try_acquire() {
                permits = more;
                permits.forget();
                to_server.feed(message.clone()).await.map_err(|error| error.to_string())?;
                written += 1;
            }
            to_server.flush().await.map_err(|error| error.to_string())?;
        }
        ended.store(true, Ordering::Relaxed);
        Ok::<u64, String>(written)
    };
    let hear = async { while let Some(Ok(_)) = answers.next().await {} };
    let read = async {
        let mut count = 0_u64;
        while !(ended.load(Ordering::Relaxed) && credit.available_permits() == WINDOW) {
            one(reader, mark).await?;
            count += 1;
            credit.add_permits(1);
        }
        Ok::<u64, String>(count)
    };
    let both = async { tokio::try_join!(write, read) };
    tokio::select! {
        counts = both => {
            let (written, read) = counts?;
            if written == read { Ok(read) } else { Err(format!("{written} written, {read} read")) }
        }
        () = hear => Err("the server closed a writer".to_owned()),
    }
}

/// All pairs at once, each message after a pause, for so long.
pub(crate) async fn pace(pairs: &mut [Pair], length: Duration) -> Result<Delays, String> {
    let number = u32::try_from(pairs.len()).map_err(|error| error.to_string())?;
    let runs = pairs.iter_mut().zip(0_u32..).map(|(pair, place)| async move {
        // Spread over the pause, so that not all write at once.
        tokio::time::sleep(PACE * place / number).await;
        paced(pair, length).await
    });
    let mut all = Vec::new();
    for delays in futures_util::future::join_all(runs).await {
        all.extend(delays?);
    }
    all.sort_unstable();
    Ok(Delays(all))
}

async fn paced(pair: &mut Pair, length: Duration) -> Result<Vec<Duration>, String> {
    let until = Instant::now() + length;
    let message = Message::text(pair.message.as_str());
    let (mut to_server, mut answers) = (&mut pair.writer).split();
    let mut delays = Vec::new();
    let run = async {
        while Instant::now() < until {
            tokio::time::sleep(PACE).await;
            let sent = Instant::now();
            to_server.send(message.clone()).await.map_err(|error| error.to_string())?;
            one(&mut pair.reader, pair.mark).await?;
            delays.push(sent.elapsed());
        }
        Ok::<(), String>(())
    };
    tokio::select! {
        done = run => done?,
        () = async { while let Some(Ok(_)) = answers.next().await {} } => {
            return Err("the server closed a writer".to_owned());
        }
    }
    Ok(delays)
}

/// Waits for one message with the mark.
async fn one(reader: &mut Web, mark: &str) -> Result<(), String> {
    loop {
        let frame = tokio::time::timeout(PATIENCE, reader.next()).await;
        let frame = frame.map_err(|_| "a message was lost".to_owned())?;
        let frame =
            frame.ok_or("the server closed a reader")?.map_err(|error| error.to_string())?;
        if text(&frame).contains(mark) {
            return Ok(());
        }
    }
}
