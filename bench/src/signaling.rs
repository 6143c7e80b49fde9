//! Signaling servers: visavis-signaling beside PeerServer, each started as its users start it, on loopback.
//!
//! `idle`: memory for each client that is signed in and says nothing. `relay`: 2 KB messages between pairs, as fast
//! as they go (throughput and processor time a message) and at a fixed pace (delay). One load generator drives both.

mod load;
mod ours;
mod peerserver;

use crate::figure::{self, Better};
use crate::process::Program;
use futures_util::StreamExt;
use load::{Pair, Relayed};
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use visavis_signaling::testkit::Bytes;

/// Clients that are there and say nothing, on both.
const IDLE: usize = 5_000;
/// The same on ours alone, as far as the system allows so many file handles to one process.
const MANY: usize = 20_000;
/// File handles for all else.
const SPARE: usize = 200;
/// Pairs that talk.
const PAIRS: usize = 40;
/// How many clients sign in at a time.
const AT_ONCE: usize = 64;

/// A connection that is signed in.
pub(crate) type Web = WebSocketStream<Box<dyn Bytes>>;

/// A server to be measured.
pub(crate) trait Rival {
    /// The running program.
    fn program(&self) -> &Program;
    /// A client with this number, signed in.
    async fn enter(&self, number: usize) -> Result<Web, String>;
    /// Two clients of which the first writes to the second, and what it writes.
    async fn pair(&self, number: usize) -> Result<Pair, String>;
}

#[derive(Debug, Default)]
struct Measured {
    idle_kib: f64,
    relayed: Relayed,
    cpu_us: f64,
    delays: load::Delays,
}

/// Measures both in turn, then the large crowd on ours.
pub(crate) fn measure() -> Result<(), String> {
    // Each client is a file handle here and one in the server, which inherits the limit.
    let handles = rlimit::increase_nofile_limit(65_536).map_err(|error| error.to_string())?;
    let handles = usize::try_from(handles).unwrap_or(usize::MAX);
    let many = MANY.min(handles.saturating_sub(SPARE) / 1000 * 1000);
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        eprintln!("PeerServer");
        let theirs = one(&peerserver::PeerServer::start().await?).await?;
        eprintln!("visavis-signaling");
        let ours = one(&ours::Ours::start().await?).await?;
        let print = |case, name, better, pick: &dyn Fn(&Measured) -> f64| {
            let rivals = [("peerserver", pick(&theirs))];
            figure::print("signaling", case, name, better, pick(&ours), &rivals);
        };
        print("idle", "kib_per_client", Better::Lower, &|m| m.idle_kib);
        print("relay", "cpu_us_per_message", Better::Lower, &|m| m.cpu_us);
        print("relay", "messages_per_s", Better::Higher, &|m| m.relayed.per_second());
        print("relay", "p50_ms", Better::Lower, &|m| m.delays.at(0.50));
        print("relay", "p99_ms", Better::Lower, &|m| m.delays.at(0.99));
        eprintln!("visavis-signaling, {many} clients");
        let kib = idle(&ours::Ours::start().await?, many).await?;
        let case = format!("idle{many}");
        figure::print("signaling", &case, "kib_per_client", Better::Lower, kib, &[]);
        Ok(())
    })
}

async fn one(rival: &impl Rival) -> Result<Measured, String> {
    // First, while the program's memory is as it was at its start.
    let idle_kib = idle(rival, IDLE).await?;
    let mut pairs = Vec::new();
    for number in 0..PAIRS {
        pairs.push(rival.pair(number).await?);
    }
    eprintln!("  warm-up");
    load::run(&mut pairs, Duration::from_secs(2)).await?;
    eprintln!("  relay");
    let before = rival.program().cpu_seconds()?;
    let relayed = load::run(&mut pairs, Duration::from_secs(10)).await?;
    let spent = rival.program().cpu_seconds()? - before;
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let cpu_us = spent * 1e6 / relayed.messages as f64;
    eprintln!("  delay");
    let delays = load::pace(&mut pairs, Duration::from_secs(10)).await?;
    Ok(Measured { idle_kib, relayed, cpu_us, delays })
}

/// Memory for each of so many clients that are signed in and silent.
async fn idle(rival: &impl Rival, clients: usize) -> Result<f64, String> {
    eprintln!("  {clients} idle clients");
    let before = rival.program().memory_kib()?;
    let mut entering =
        futures_util::stream::iter(0..clients).map(|n| rival.enter(n)).buffer_unordered(AT_ONCE);
    let mut tasks = tokio::task::JoinSet::new();
    while let Some(web) = entering.next().await {
        let mut web = web?;
        // Reading answers the server's pings.
        tasks.spawn(async move { while let Some(Ok(_)) = web.next().await {} });
    }
    // Two rounds of pings, so that every client has been silent and asked.
    tokio::time::sleep(Duration::from_secs(22)).await;
    if let Some(gone) = tasks.try_join_next() {
        return Err(format!("the server closed an idle client: {gone:?}"));
    }
    let after = rival.program().memory_kib()?;
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    Ok((after - before) / clients as f64)
}

/// A frame's text, if it has one.
pub(crate) fn text(frame: &Message) -> &str {
    match frame {
        Message::Text(text) => text.as_str(),
        _ => "",
    }
}
