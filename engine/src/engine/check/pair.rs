//! Two links in this one computer that look for each other, as two computers would: by all ways, or through the server's
//! relay alone. What is found on the way is noted, so that it can be said why they did not meet.

use crate::call::signal::LinkSignal;
use crate::media::video::codec::formats;
use crate::peer::{Link, LinkEvent, LinkOptions};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::{UdpSocket, lookup_host};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};
use visavis_signaling::protocol::IceServer;

/// They meet within so long or not at all.
const MEET: Duration = Duration::from_secs(8);
/// A helper or relay answers within so long or not at all.
const ANSWERED: Duration = Duration::from_secs(4);

/// Two links that have met. Dropping it closes both.
pub(in crate::engine) struct Pair {
    pub(super) near: Arc<Link>,
    pub(super) far: Arc<Link>,
    _carrying: Task,
}

/// A task that ends with its owner.
#[derive(Debug)]
pub(super) struct Task(AbortHandle);

impl Task {
    pub(super) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work).abort_handle())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair")
    }
}

/// What two links are to use.
#[derive(Debug, Clone)]
pub(super) enum By {
    /// All ways, and helpers that tell an outside address.
    Any(Vec<IceServer>),
    /// These relays alone.
    Relay(Vec<IceServer>),
}

/// What came of it.
#[derive(Debug)]
pub(in crate::engine) struct Met {
    /// None where they did not meet in time, or could not be made.
    pub(super) pair: Option<Pair>,
    /// The address by which others see this computer.
    pub(super) outside: Option<IpAddr>,
    /// Whether a relay gave an address.
    pub(super) relay_answered: bool,
}

/// Of all servers, those that tell an address, or relay.
pub(super) fn only(servers: &[IceServer], relays: bool) -> Vec<IceServer> {
    let is_relay = |url: &String| url.starts_with("turn");
    let fit = servers.iter().map(|server| IceServer {
        urls: server.urls.iter().filter(|url| is_relay(url) == relays).cloned().collect(),
        ..server.clone()
    });
    fit.filter(|server| !server.urls.is_empty()).collect()
}

/// Lets two links meet.
pub(super) async fn meet(by: By) -> Met {
    let mut met = Met { pair: None, outside: None, relay_answered: false };
    let (servers, relay_only) = match by {
        By::Any(servers) => (servers, false),
        By::Relay(servers) => (servers, true),
    };
    let asks = !relay_only && !servers.is_empty();
    let mut ends = Vec::new();
    // An address at a relay is scarce: one for each end is enough.
    let own = if relay_only { towards(&servers).await } else { None };
    for polite in [true, false] {
        let mut options = LinkOptions {
            formats: formats().to_vec(),
            relay_only,
            ..LinkOptions::everywhere(polite, servers.clone())
        };
        if let Some(own) = own {
            (options.udp, options.tcp) = (vec![SocketAddr::new(own, 0).to_string()], Vec::new());
        }
        match Link::open(options).await {
            Ok(end) => ends.push(end),
            Err(error) => tracing::warn!(%error, "a check has no link"),
        }
    }
    let Ok([near, far]) = <[(Link, mpsc::Receiver<LinkEvent>); 2]>::try_from(ends) else {
        return met;
    };
    let (near, far) = ((Arc::new(near.0), near.1), (Arc::new(far.0), far.1));
    near.0.negotiate();
    let links = [Arc::downgrade(&near.0), Arc::downgrade(&far.0)];
    let mut crossing = Crossing { links, events: [near.1, far.1] };
    let began = Instant::now();
    let mut up = [false, false];
    while up != [true, true] || asks && met.outside.is_none() {
        let answers = if relay_only { met.relay_answered } else { up != [true, true] };
        let until = began + if answers { MEET } else { ANSWERED };
        let Ok(Some((side, event))) = timeout_at(until, crossing.next()).await else { break };
        match event {
            LinkEvent::Connected => up[side] = true,
            LinkEvent::Signal(LinkSignal::Candidates { candidates }) => {
                for (kind, address) in candidates.iter().filter_map(|one| read(&one.candidate)) {
                    met.relay_answered |= kind == "relay";
                    if kind == "srflx" {
                        met.outside = met.outside.or(address);
                    }
                }
            }
            _ => {}
        }
    }
    if up == [true, true] {
        let carrying = Task::spawn(async move { while crossing.next().await.is_some() {} });
        met.pair = Some(Pair { near: near.0, far: far.0, _carrying: carrying });
    }
    met
}

/// Carries what one end says to the other.
struct Crossing {
    links: [Weak<Link>; 2],
    events: [mpsc::Receiver<LinkEvent>; 2],
}

impl Crossing {
    /// What one of the ends reports next; signals are on their way to the other one by then.
    async fn next(&mut self) -> Option<(usize, LinkEvent)> {
        let [near, far] = &mut self.events;
        let (side, event) = tokio::select! {
            event = near.recv() => (0, event?),
            event = far.recv() => (1, event?),
        };
        if let LinkEvent::Signal(signal) = &event {
            self.links[1 - side].upgrade()?.take(signal.clone());
        }
        Some((side, event))
    }
}

/// The kind of a way, and its address: `candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host`.
fn read(candidate: &str) -> Option<(&str, Option<IpAddr>)> {
    let words: Vec<&str> = candidate.split_whitespace().collect();
    let kind = words.iter().position(|word| *word == "typ").and_then(|at| words.get(at + 1))?;
    Some((kind, words.get(4).and_then(|address| address.parse().ok())))
}

/// The address of this computer from which a server is reached.
async fn towards(servers: &[IceServer]) -> Option<IpAddr> {
    let url = servers.iter().flat_map(|server| &server.urls).next()?;
    let (_, rest) = url.split_once(':')?;
    let host = rest.split('?').next()?;
    let is_named = host.rsplit_once(':').is_some_and(|(name, port)| {
        port.parse::<u16>().is_ok() && (!name.contains(':') || name.ends_with(']'))
    });
    let host = if is_named { host.to_owned() } else { format!("{host}:3478") };
    let there = lookup_host(host).await.ok()?.next()?;
    let any = if there.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await.ok()?;
    socket.connect(there).await.ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_read_by_its_kind_and_address() {
        let way = "candidate:1 1 udp 1694498815 203.0.113.7 50000 typ srflx raddr 0.0.0.0 rport 1";
        assert_eq!(read(way), Some(("srflx", "203.0.113.7".parse().ok())));
        assert_eq!(read("candidate:1 1 udp 1 name.local 5 typ host"), Some(("host", None)));
        assert_eq!(read("candidate:1 1 udp"), None);
    }

    #[test]
    fn helpers_and_relays_are_told_apart() {
        let both = IceServer {
            urls: vec!["stun:a".to_owned(), "turn:b?transport=udp".to_owned()],
            username: None,
            credential: None,
        };
        let urls = |relays| {
            let fit = only(std::slice::from_ref(&both), relays);
            fit.into_iter().flat_map(|server| server.urls).collect::<Vec<_>>()
        };
        assert_eq!(
            (urls(false), urls(true)),
            (vec!["stun:a".into()], vec!["turn:b?transport=udp".into()])
        );
        assert!(only(&only(&[both], false), true).is_empty());
    }

    #[tokio::test]
    async fn the_address_towards_a_server_is_one_of_this_computer() {
        let server = |url: &str| {
            vec![IceServer { urls: vec![url.to_owned()], username: None, credential: None }]
        };
        let home: Option<IpAddr> = "127.0.0.1".parse().ok();
        assert_eq!(towards(&server("turn:127.0.0.1:9?transport=udp")).await, home);
        assert_eq!(towards(&server("turn:127.0.0.1")).await, home);
        assert_eq!(towards(&server("nonsense")).await, None);
        assert_eq!(towards(&[]).await, None);
    }
}
