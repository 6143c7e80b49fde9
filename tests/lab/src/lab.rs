//! The laboratory as its users see it: hosts by name, and the ways between them.

use crate::Fault;
use crate::host::{Host, NAMES, ip};
use crate::pipe::{Counts, Pipe, Shape};
use crate::router::{End, Shared, Ways, lock, route};
use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// How names of namespaces begin; then comes the number of the process that made them.
const PREFIX: &str = "visavis-lab-";
/// More than any test needs.
const MOST_HOSTS: usize = 32;
const LONGEST_NAME: usize = 20;

/// Hosts and the router between them. Dropping it stops the router and takes the hosts away, also after a panic.
#[derive(Debug)]
pub struct Lab {
    hosts: Vec<Host>,
    ways: Shared,
    bell: Option<UnixStream>,
    router: Option<JoinHandle<()>>,
}

impl Lab {
    /// Hosts with these names, at 10.77.0.1 and so on. Everything between them goes through at once, until it is shaped.
    /// Several laboratories at a time don't see each other.
    ///
    /// # Errors
    /// The rights or a program are missing, or the names can't be had.
    pub fn open(seed: u64, names: &[&str]) -> Result<Self, Fault> {
        if !rustix::process::geteuid().is_root() {
            return Err(Fault::NotRoot);
        }
        check(names)?;
        sweep();
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (mut hosts, mut ends) = (Vec::new(), Vec::new());
        for (place, name) in names.iter().enumerate() {
            let namespace = format!("{PREFIX}{}-{number}-{name}", std::process::id());
            let address = Ipv4Addr::new(10, 77, 0, place as u8 + 1);
            let (host, device) = Host::make(name, namespace, address)?;
            hosts.push(host);
            ends.push(End { device, address: address.octets() });
        }
        let ways = (names.len() * names.len()) as u64;
        let pipes = (0..ways).map(|way| Pipe::new(seed.wrapping_mul(1000).wrapping_add(way)));
        let ways = Ways { pipes: pipes.collect(), blocked: HashSet::new(), barred: HashSet::new() };
        let ways = Arc::new(Mutex::new(ways));
        let (bell, rings) = UnixStream::pair()?;
        let shared = Arc::clone(&ways);
        let router = std::thread::Builder::new()
            .name("router".to_owned())
            .spawn(move || route(&ends, &shared, &rings))?;
        Ok(Self { hosts, ways, bell: Some(bell), router: Some(router) })
    }

    /// A host by its name.
    ///
    /// # Errors
    /// There is none.
    pub fn host(&self, name: &str) -> Result<&Host, Fault> {
        Ok(&self.hosts[self.place(name)?])
    }

    fn place(&self, name: &str) -> Result<usize, Fault> {
        let place = self.hosts.iter().position(|host| host.name() == name);
        place.ok_or_else(|| Fault::Unknown(name.to_owned()))
    }

    fn way(&self, from: &str, to: &str) -> Result<usize, Fault> {
        Ok(self.place(from)? * self.hosts.len() + self.place(to)?)
    }

    /// Shapes what goes from one host to another, from now on.
    ///
    /// # Errors
    /// There is no such host.
    pub fn shape(&self, from: &str, to: &str, shape: Shape) -> Result<(), Fault> {
        let way = self.way(from, to)?;
        lock(&self.ways).pipes[way].shape(shape);
        Ok(())
    }

    /// Shapes both directions alike.
    ///
    /// # Errors
    /// There is no such host.
    pub fn shape_both(&self, one: &str, other: &str, shape: Shape) -> Result<(), Fault> {
        self.shape(one, other, shape)?;
        self.shape(other, one, shape)
    }

    /// Blocks both directions between two hosts, or opens them again: each still reaches every other host.
    ///
    /// # Errors
    /// There is no such host.
    pub fn block(&self, one: &str, other: &str, is_blocked: bool) -> Result<(), Fault> {
        for way in [self.way(one, other)?, self.way(other, one)?] {
            let blocked = &mut lock(&self.ways).blocked;
            let _ = if is_blocked { blocked.insert(way) } else { blocked.remove(&way) };
        }
        Ok(())
    }

    /// Bars all UDP to and from a host, or lets it through again.
    ///
    /// # Errors
    /// There is no such host.
    pub fn bar_udp(&self, host: &str, is_barred: bool) -> Result<(), Fault> {
        let place = self.place(host)?;
        let barred = &mut lock(&self.ways).barred;
        let _ = if is_barred { barred.insert(place) } else { barred.remove(&place) };
        Ok(())
    }

    /// What was done so far to what went from one host to another.
    ///
    /// # Errors
    /// There is no such host.
    pub fn counts(&self, from: &str, to: &str) -> Result<Counts, Fault> {
        let way = self.way(from, to)?;
        Ok(lock(&self.ways).pipes[way].counts())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.bell.take());
        if let Some(router) = self.router.take() {
            drop(router.join());
        }
    }
}

fn check(names: &[&str]) -> Result<(), Fault> {
    let is_good = |name: &&str| {
        let fits = !name.is_empty() && name.len() <= LONGEST_NAME;
        fits && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let different: HashSet<_> = names.iter().collect();
    if names.iter().all(is_good) && names.len() <= MOST_HOSTS && different.len() == names.len() {
        return Ok(());
    }
    Err(Fault::Names(names.iter().map(|name| (*name).to_owned()).collect()))
}

/// Takes away what processes left behind that were killed.
fn sweep() {
    for entry in std::fs::read_dir(NAMES).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            drop(ip(&["netns", "del", &name]));
        }
    }
}
