//! What all connections of one server share: the room, the gate, the ledger's queue, and the two clocks.
//! The room and the gate are each behind a short lock; nothing waits while holding one.

use super::config::Config;
use super::counters::{Counters, Gauges};
use super::gate::Gate;
use super::ledger::{Job, Queue};
use super::link::Link;
use super::names::Names;
use super::records::SEEN_MS;
use super::relay::Desk;
use super::room::Room;
use super::rules::Who;
use super::tls::Tls;
use crate::protocol::{IceServer, PublicKey};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{Semaphore, oneshot};

/// Sign-ins that wait for the database at once; others wait before it.
const SIGN_INS: usize = 512;
/// Connections beyond the limits that are told so; others are dropped without a word.
const MOST_REFUSED: u32 = 256;

/// One server's shared state.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) ledger: Queue,
    pub(crate) counters: Counters,
    pub(crate) names: Names,
    pub(crate) tls: Option<Tls>,
    pub(crate) relay: Option<Arc<Desk>>,
    pub(crate) sign_ins: Semaphore,
    room: Mutex<Room<Arc<Link>>>,
    gate: Mutex<Gate>,
    links: Mutex<Links>,
    numbers: AtomicU64,
    refused: AtomicU32,
    began: Instant,
}

#[derive(Debug, Default)]
struct Links {
    open: HashMap<u64, Arc<Link>>,
    stopping: bool,
}

/// The first characters of a key: enough to find it again in a log.
pub(crate) fn prefix(key: &PublicKey) -> String {
    let mut text = key.to_string();
    text.truncate(8);
    text
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    pub(crate) fn new(config: Config, tls: Option<Tls>, relay: Option<Arc<Desk>>) -> Self {
        Self {
            ledger: Queue::new(config.limits.ledger_queue),
            counters: Counters::default(),
            names: Names::new(&config.names),
            tls,
            relay,
            sign_ins: Semaphore::new(SIGN_INS),
            room: Mutex::new(Room::new(config.limits.clone())),
            gate: Mutex::new(Gate::new(&config.limits)),
            links: Mutex::default(),
            numbers: AtomicU64::new(1),
            refused: AtomicU32::new(0),
            began: Instant::now(),
            config,
        }
    }

    pub(crate) fn room(&self) -> MutexGuard<'_, Room<Arc<Link>>> {
        lock(&self.room)
    }

    pub(crate) fn gate(&self) -> MutexGuard<'_, Gate> {
        lock(&self.gate)
    }

    /// Milliseconds since 1970: for what is told and kept.
    pub(crate) fn now_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    /// Milliseconds since the server started: for what lasts. It never jumps.
    pub(crate) fn uptime_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// A new link, known to the watch over silent clients; none when the server stops.
    pub(crate) fn open_link(self: &Arc<Self>) -> Option<OpenLink> {
        let limits = &self.config.limits;
        let now_ms = self.uptime_ms();
        let link = Arc::new(Link::new(limits.outgoing_bytes, limits.outgoing_messages, now_ms));
        let number = self.numbers.fetch_add(1, Relaxed);
        let mut links = lock(&self.links);
        if links.stopping {
            return None;
        }
        links.open.insert(number, Arc::clone(&link));
        Some(OpenLink { core: Arc::clone(self), number, link })
    }

    /// Does something with every open link; afterwards none is opened if the server stops.
    pub(crate) fn each_link(&self, stopping: bool, mut each: impl FnMut(&Link)) -> usize {
        let mut links = lock(&self.links);
        links.stopping |= stopping;
        links.open.values().for_each(|link| each(link));
        links.open.len()
    }

    /// Whether one more connection can be told that it is refused.
    pub(crate) fn refuse(self: &Arc<Self>) -> Option<Refusing> {
        if self.refused.fetch_add(1, Relaxed) >= MOST_REFUSED {
            self.refused.fetch_sub(1, Relaxed);
            return None;
        }
        Some(Refusing(Arc::clone(self)))
    }

    /// The STUN and TURN servers that an identity is told, which dialled this server by a name.
    pub(crate) fn ice_servers(&self, identity: &PublicKey, dialled: &str) -> Vec<IceServer> {
        let mut servers = self.config.ice_servers.clone();
        if let Some(relay) = &self.relay {
            let host = self.names.first().unwrap_or(dialled);
            servers.extend(relay.ice_servers(identity, host));
        }
        servers
    }

    /// Whether the database answers.
    pub(crate) async fn is_healthy(&self) -> bool {
        let (answer, done) = oneshot::channel();
        self.ledger.offer(Job::Health { answer }) && done.await.is_ok()
    }

    /// What is so now; none if the database doesn't answer.
    pub(crate) async fn gauges(&self) -> Option<Gauges> {
        let (answer, totals) = oneshot::channel();
        if !self.ledger.offer(Job::Totals { answer }) {
            return None;
        }
        let totals = totals.await.ok()?;
        let connections = u64::from(self.gate().connections());
        let sessions = self.room().sessions() as u64;
        Some(Gauges {
            connections,
            sessions,
            letters: totals.letters.max(0) as u64,
            letter_bytes: totals.bytes.max(0) as u64,
        })
    }

    /// Has old things swept out, and forgets quiet addresses.
    pub(crate) fn sweep(&self) {
        self.gate().sweep(self.uptime_ms());
        let here = self.room().devices();
        self.ledger.add_own(Job::Sweep { here });
    }
}

/// A link that is watched for as long as this lives.
#[derive(Debug)]
pub(crate) struct OpenLink {
    core: Arc<Core>,
    pub(crate) number: u64,
    pub(crate) link: Arc<Link>,
}

impl Drop for OpenLink {
    fn drop(&mut self) {
        lock(&self.core.links).open.remove(&self.number);
    }
}

/// A connection that is being told why it can't stay.
#[derive(Debug)]
pub(crate) struct Refusing(Arc<Core>);

impl Drop for Refusing {
    fn drop(&mut self) {
        self.0.refused.fetch_sub(1, Relaxed);
    }
}

/// Someone was let through the gate; dropping it lets them out.
#[derive(Debug)]
pub(crate) struct Pass {
    core: Arc<Core>,
    address: IpAddr,
}

impl Pass {
    pub(crate) fn new(core: Arc<Core>, address: IpAddr) -> Self {
        Self { core, address }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.core.gate().leave(self.address);
    }
}

/// A session's place in the room; dropping it leaves the room.
#[derive(Debug)]
pub(crate) struct Seat {
    core: Arc<Core>,
    pub(crate) who: Who,
    /// The name or address by which the relay is found from where the client is.
    pub(crate) dialled: Box<str>,
    taken_ms: u64,
}

impl Seat {
    pub(crate) fn new(core: Arc<Core>, who: Who, dialled: Box<str>) -> Self {
        let taken_ms = core.uptime_ms();
        Self { core, who, dialled, taken_ms }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.core.room().leave(self.who.account, self.who.session);
        // At sign-in the device was noted as seen; a short stay changes nothing worth writing.
        if self.core.uptime_ms().saturating_sub(self.taken_ms) > SEEN_MS {
            self.core.ledger.add_own(Job::Seen { device: self.who.device });
        }
    }
}
