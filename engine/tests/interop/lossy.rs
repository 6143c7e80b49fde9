//! A way between the two ends that loses packets: each end knows the other by an address of this way's. What it
//! loses is counted. It loses media and reports alone; what sets a path up passes.

use crate::kit::{To, Way, is_here};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use visavis_engine::call::signal::Candidate;

/// One direction.
struct Half {
    /// Where packets come in.
    from: Arc<UdpSocket>,
    /// Who sends them; packets of others are dropped.
    sender: Arc<Mutex<Option<SocketAddr>>>,
    /// Where they go out.
    by: Arc<UdpSocket>,
    /// To whom.
    to: Arc<Mutex<Option<SocketAddr>>>,
    percent: Arc<AtomicU32>,
    lost: Arc<AtomicU64>,
}

/// The way. Dropping it ends it.
pub(crate) struct Lossy {
    way: Way,
    percent: Arc<AtomicU32>,
    lost_to_browser: Arc<AtomicU64>,
    lost_to_us: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Lossy {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Lossy {
    /// One that loses nothing yet.
    pub(crate) async fn open() -> Self {
        let socket = async || Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        // The first is what this side takes for the browser, the second what the browser takes for this side.
        let (as_browser, as_us) = (socket().await, socket().await);
        let ports = [&as_us, &as_browser].map(|socket| socket.local_addr().unwrap().port());
        let [browser, us] = [(); 2].map(|()| Arc::new(Mutex::new(None)));
        let percent = Arc::new(AtomicU32::new(0));
        let [lost_to_browser, lost_to_us] = [(); 2].map(|()| Arc::new(AtomicU64::new(0)));
        let half = |from: &Arc<_>, sender: &Arc<_>, by: &Arc<_>, to: &Arc<_>, lost: &Arc<_>| Half {
            from: Arc::clone(from),
            sender: Arc::clone(sender),
            by: Arc::clone(by),
            to: Arc::clone(to),
            percent: Arc::clone(&percent),
            lost: Arc::clone(lost),
        };
        let there = half(&as_browser, &us, &as_us, &browser, &lost_to_browser);
        let back = half(&as_us, &browser, &as_browser, &us, &lost_to_us);
        let way = Arc::new(move |to, candidate: Candidate| match to {
            To::Browser => replace(candidate, &us, ports[0]),
            To::Us => replace(candidate, &browser, ports[1]),
        });
        let tasks = vec![tokio::spawn(there.carry()), tokio::spawn(back.carry())];
        Self { way, percent, lost_to_browser, lost_to_us, tasks }
    }

    pub(crate) fn way(&self) -> Way {
        Arc::clone(&self.way)
    }

    /// Loses so many packets of a hundred from now on, both ways.
    pub(crate) fn lose(&self, percent: u32) {
        self.percent.store(percent, Ordering::Relaxed);
    }

    /// How many were lost on their way to the browser, and to this side.
    pub(crate) fn lost(&self) -> (u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&self.lost_to_browser), read(&self.lost_to_us))
    }
}

/// Keeps the first address, and puts the way's in its place; further ones are left out.
fn replace(
    mut candidate: Candidate,
    known: &Mutex<Option<SocketAddr>>,
    port: u16,
) -> Option<Candidate> {
    let mut words: Vec<_> = candidate.candidate.split(' ').map(str::to_owned).collect();
    if !is_here(&candidate) || !words[2].eq_ignore_ascii_case("udp") {
        return None;
    }
    let address = format!("{}:{}", words[4], words[5]).parse().unwrap();
    if *known.lock().unwrap().get_or_insert(address) != address {
        return None;
    }
    words[5] = port.to_string();
    candidate.candidate = words.join(" ");
    Some(candidate)
}

impl Half {
    async fn carry(self) {
        let mut buffer = vec![0; 2048];
        // Any number but nought; a run can be run again.
        let mut dice = 0x2545_f491_u32;
        loop {
            let Ok((length, from)) = self.from.recv_from(&mut buffer).await else { continue };
            let to = *self.to.lock().unwrap();
            let (Some(to), true) = (to, *self.sender.lock().unwrap() == Some(from)) else {
                continue;
            };
            dice ^= dice << 13;
            dice ^= dice >> 17;
            dice ^= dice << 5;
            // RFC 7983: media and reports begin so.
            let media = matches!(buffer[0], 128..=191);
            if media && dice % 100 < self.percent.load(Ordering::Relaxed) {
                self.lost.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            drop(self.by.send_to(&buffer[..length], to).await);
        }
    }
}
