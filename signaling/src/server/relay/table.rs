//! Who has what: allocations by client, quotas by user, and the ports that are relayed addresses now.
//! An allocation has its place by a [`Lease`], which its socket holds: when the socket is gone, so is the
//! place, however it went. The table is bounded by the bound on allocations; users are remembered while they
//! have one, or have just used up what they may send.

use super::config::RelayConfig;
use super::credentials::User;
use super::exit::Exit;
use crate::server::bucket::{Bucket, Rate};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use stun::agent::TransactionId;
use tokio::sync::watch;

/// A client: by which listener it came, and its address.
pub(super) type Client = (usize, SocketAddr);

/// Requests a second of one user, and at once after a rest: clients send a few a minute.
const REQUESTS: (u32, u32) = (50, 200);

/// What all allocations of one user share.
#[derive(Debug)]
pub(super) struct Share {
    allocations: AtomicU32,
    meters: Mutex<Meters>,
}

#[derive(Debug)]
struct Meters {
    to_peers: Bucket,
    to_clients: Bucket,
    requests: Bucket,
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToPeer,
    ToClient,
}

/// An allocation as its client knows it.
#[derive(Debug)]
struct Place {
    number: u64,
    user: User,
    exit: Weak<Exit>,
    /// The request that made it, and its answer: sent again when the request comes again.
    asked: TransactionId,
    answer: Vec<u8>,
}

/// A client's allocation, looked up.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) user: User,
    pub(super) exit: Arc<Exit>,
    pub(super) asked: TransactionId,
    pub(super) answer: Vec<u8>,
}

/// A port that is a relayed address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relayed {
    /// Where its socket is reached from this machine.
    pub(super) near: SocketAddr,
    /// What peers know it by.
    pub(super) far: SocketAddr,
}

#[derive(Debug, Default)]
struct Inner {
    places: HashMap<Client, Place>,
    users: HashMap<User, Arc<Share>>,
    /// By family and port.
    relayed: HashMap<(bool, u16), Relayed>,
    leases: u32,
    next: u64,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// The user has as many allocations as one may have.
    Quota,
    /// The relay has as many as it takes.
    Full,
}

/// All allocations of a relay.
#[derive(Debug)]
pub(super) struct Table {
    inner: Mutex<Inner>,
    count: watch::Sender<usize>,
    most: u32,
    most_of_user: u32,
    bytes: Rate,
    requests: Rate,
}

impl Table {
    pub(super) fn new(config: &RelayConfig) -> Self {
        let bytes = config.kilobits_per_second.saturating_mul(125);
        Self {
            inner: Mutex::default(),
            count: watch::Sender::new(0),
            most: config.allocations,
            most_of_user: config.allocations_per_identity,
            // A second's worth at once, and at least a few of the longest datagrams.
            bytes: Rate::per_second(bytes, bytes.max(16 * 1024)),
            requests: Rate::per_second(REQUESTS.0, REQUESTS.1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a user's allocations share.
    fn share(inner: &mut Inner, now_ms: u64, user: &User) -> Arc<Share> {
        let share = inner.users.entry(Arc::clone(user)).or_insert_with(|| {
            let full = Bucket::new(now_ms);
            let meters = Meters { to_peers: full, to_clients: full, requests: full };
            Arc::new(Share { allocations: AtomicU32::new(0), meters: Mutex::new(meters) })
        });
        Arc::clone(share)
    }

    /// Whether a user may ask once more. Only who has good credentials gets here, so strangers add nothing.
    pub(super) fn may_ask(&self, now_ms: u64, user: &User) -> bool {
        let share = Self::share(&mut self.lock(), now_ms, user);
        share.meters().requests.take(self.requests, now_ms, 1).is_ok()
    }

    /// Whether bytes of a user may pass.
    pub(super) fn may_pass(&self, now_ms: u64, share: &Share, way: Way, bytes: usize) -> bool {
        let mut meters = share.meters();
        let bucket = match way {
            Way::ToPeer => &mut meters.to_peers,
            Way::ToClient => &mut meters.to_clients,
        };
        bucket.take(self.bytes, now_ms, bytes as u64).is_ok()
    }

    /// A place for one more allocation of a user.
    pub(super) fn lease(
        self: &Arc<Self>,
        now_ms: u64,
        client: Client,
        user: &User,
    ) -> Result<Lease, NoPlace> {
        let mut inner = self.lock();
        let share = Self::share(&mut inner, now_ms, user);
        if share.allocations.load(Relaxed) >= self.most_of_user {
            return Err(NoPlace::Quota);
        }
        if inner.leases >= self.most {
            return Err(NoPlace::Full);
        }
        inner.leases += 1;
        inner.next += 1;
        let number = inner.next;
        share.allocations.fetch_add(1, Relaxed);
        drop(inner);
        Ok(Lease {
            table: Arc::clone(self),
            number,
            client,
            user: Arc::clone(user),
            share,
            port: None,
        })
    }

    /// An allocation is made.
    pub(super) fn settle(&self, exit: &Arc<Exit>, asked: TransactionId, answer: Vec<u8>) {
        let Lease { client, number, user, .. } = exit.lease();
        let place = Place {
            number: *number,
            user: Arc::clone(user),
            exit: Arc::downgrade(exit),
            asked,
            answer,
        };
        self.lock().places.insert(*client, place);
    }

    /// The allocation of a client.
    pub(super) fn find(&self, client: &Client) -> Option<Found> {
        let inner = self.lock();
        let place = inner.places.get(client)?;
        Some(Found {
            user: Arc::clone(&place.user),
            exit: place.exit.upgrade()?,
            asked: place.asked,
            answer: place.answer.clone(),
        })
    }

    /// The socket of a client's allocation: the hot path.
    pub(super) fn exit(&self, client: &Client) -> Option<Arc<Exit>> {
        self.lock().places.get(client)?.exit.upgrade()
    }

    /// What a port is as a relayed address, if it is one now.
    pub(super) fn relayed(&self, is_ipv4: bool, port: u16) -> Option<Relayed> {
        self.lock().relayed.get(&(is_ipv4, port)).copied()
    }

    /// How many allocations there are, now and whenever that changes.
    pub(super) fn count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Forgets users without allocations that owe nothing.
    pub(super) fn sweep(&self, now_ms: u64) {
        self.lock().users.retain(|_, share| {
            let mut meters = share.meters();
            share.allocations.load(Relaxed) > 0
                || !meters.requests.is_full(self.requests, now_ms)
                || !meters.to_peers.is_full(self.bytes, now_ms)
                || !meters.to_clients.is_full(self.bytes, now_ms)
        });
    }

    /// Users, places and ports that are remembered now.
    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        let inner = self.lock();
        (inner.users.len(), inner.places.len(), inner.relayed.len())
    }
}

impl Share {
    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the table; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Lease {
    table: Arc<Table>,
    number: u64,
    client: Client,
    user: User,
    share: Arc<Share>,
    port: Option<(bool, u16)>,
}

impl Lease {
    /// What the user's allocations share.
    pub(super) fn share(&self) -> &Share {
        &self.share
    }

    /// Makes a relayed address known.
    pub(super) fn open(&mut self, relayed: Relayed) {
        let key = (relayed.near.is_ipv4(), relayed.near.port());
        self.table.lock().relayed.insert(key, relayed);
        self.port = Some(key);
        self.table.count.send_modify(|count| *count += 1);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.share.allocations.fetch_sub(1, Relaxed);
        let mut inner = self.table.lock();
        inner.leases -= 1;
        if let Some(port) = self.port {
            inner.relayed.remove(&port);
        }
        // A newer allocation of the same client stays.
        if inner.places.get(&self.client).is_some_and(|place| place.number == self.number) {
            inner.places.remove(&self.client);
        }
        drop(inner);
        if self.port.is_some() {
            self.table.count.send_modify(|count| *count -= 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(most: u32, of_user: u32) -> Arc<Table> {
        Arc::new(Table::new(&RelayConfig {
            allocations: most,
            allocations_per_identity: of_user,
            kilobits_per_second: 1000,
            ..RelayConfig::default()
        }))
    }

    fn client(port: u16) -> Client {
        (0, SocketAddr::from(([192, 0, 2, 1], port)))
    }

    #[test]
    fn quotas_hold_for_each_user_and_for_all() {
        let table = table(3, 2);
        let [ana, bo, cho]: [User; 3] = ["ana", "bo", "cho"].map(Into::into);
        let one = table.lease(0, client(1), &ana).unwrap();
        let _two = table.lease(0, client(2), &ana).unwrap();
        assert_eq!(table.lease(0, client(3), &ana).unwrap_err(), NoPlace::Quota);
        let three = table.lease(0, client(4), &bo).unwrap();
        assert_eq!(table.lease(0, client(5), &cho).unwrap_err(), NoPlace::Full);
        drop(one);
        table.lease(0, client(5), &cho).unwrap();
        drop(three);
        table.lease(0, client(3), &ana).unwrap();
        table.sweep(0);
        assert_eq!(table.sizes(), (1, 0, 0));
    }

    #[test]
    fn an_open_port_is_known_until_its_lease_ends() {
        let table = table(3, 3);
        let count = table.count();
        let mut lease = table.lease(0, client(1), &"ana".into()).unwrap();
        let near = "127.0.0.1:50000".parse().unwrap();
        lease.open(Relayed { near, far: near });
        assert_eq!((table.sizes(), *count.borrow()), ((1, 0, 1), 1));
        assert_eq!(table.relayed(true, 50_000).unwrap().near, near);
        assert!(table.relayed(false, 50_000).is_none());
        drop(lease);
        assert_eq!((table.sizes(), *count.borrow()), ((1, 0, 0), 0));
    }

    #[test]
    fn bytes_are_metered_each_way_and_by_user() {
        let table = table(3, 3);
        let ana = table.lease(0, client(1), &"ana".into()).unwrap();
        let more = table.lease(0, client(2), &"ana".into()).unwrap();
        let bo = table.lease(0, client(3), &"bo".into()).unwrap();
        let passed = |lease: &Lease, now_ms, way| {
            (0..1000).filter(|_| table.may_pass(now_ms, lease.share(), way, 1250)).count()
        };
        // 1000 kbit/s are 100 of these a second.
        assert_eq!(passed(&ana, 0, Way::ToPeer), 100);
        assert_eq!(passed(&more, 0, Way::ToPeer), 0);
        assert_eq!(passed(&more, 0, Way::ToClient), 100);
        assert_eq!(passed(&bo, 0, Way::ToPeer), 100);
        assert_eq!(passed(&more, 500, Way::ToPeer), 50);
        // Giving everything back and coming again gives no more.
        drop((ana, more));
        table.sweep(500);
        let again = table.lease(500, client(1), &"ana".into()).unwrap();
        assert_eq!(passed(&again, 500, Way::ToPeer), 0);
        drop((again, bo));
        table.sweep(5000);
        assert_eq!(table.sizes(), (0, 0, 0));
    }

    #[test]
    fn requests_are_metered_by_user() {
        let table = table(3, 3);
        let user: User = "ana".into();
        assert_eq!((0..1000).filter(|_| table.may_ask(0, &user)).count(), 200);
        assert!(table.may_ask(20, &user) && !table.may_ask(20, &user));
    }
}
