//! One host: a network namespace with one device, whose other end the router holds. Dropping it takes the namespace's
//! name away; the namespace itself goes with the last process in it.

use crate::Fault;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::ffi::OsStr;
use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;
use tun_rs::{DeviceBuilder, SyncDevice};

/// Where `ip` keeps namespaces by name.
pub(crate) const NAMES: &str = "/run/netns";
const DEVICE: &str = "net0";

/// A host of the laboratory.
#[derive(Debug)]
pub struct Host {
    name: String,
    namespace: String,
    address: Ipv4Addr,
}

impl Host {
    /// Makes the namespace and its device.
    pub(crate) fn make(
        name: &str,
        namespace: String,
        address: Ipv4Addr,
    ) -> Result<(Self, SyncDevice), Fault> {
        ip(&["netns", "add", &namespace])?;
        let host = Self { name: name.to_owned(), namespace, address };
        let device = host.within(|| {
            DeviceBuilder::new()
                .name(DEVICE)
                .with(|linux| {
                    linux.offload(true);
                })
                .build_sync()
        })??;
        device.set_nonblocking(true)?;
        let inside = ["-n", &host.namespace];
        let with_mask = format!("{address}/24");
        for words in [
            &["link", "set", "lo", "up"][..],
            &["addr", "add", &with_mask, "dev", DEVICE],
            &["link", "set", DEVICE, "mtu", "1500", "txqueuelen", "10000", "up"],
            // Some programs look for no way at all without it.
            &["route", "replace", "default", "dev", DEVICE],
        ] {
            ip(&[&inside[..], words].concat())?;
        }
        Ok((host, device))
    }

    /// As it was named.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where others reach it.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// A program that runs on this host, once it is started.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).arg(program);
        command
    }

    /// Runs something on a thread of its own on this host: the sockets it opens and the programs it starts are there.
    ///
    /// # Errors
    /// The namespace can't be entered.
    pub fn spawn<T: Send + 'static>(
        &self,
        what: impl FnOnce() -> T + Send + 'static,
    ) -> Result<JoinHandle<Result<T, Fault>>, Fault> {
        let namespace = File::open(Path::new(NAMES).join(&self.namespace))?;
        let run = move || -> Result<T, Fault> {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .map_err(std::io::Error::from)?;
            Ok(what())
        };
        Ok(std::thread::Builder::new().name(self.name.clone()).spawn(run)?)
    }

    /// The same, and waits for what comes of it.
    ///
    /// # Errors
    /// The namespace can't be entered.
    pub fn within<T: Send + 'static>(
        &self,
        what: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        match self.spawn(what)?.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(ip(&["netns", "del", &self.namespace]));
    }
}

/// Runs `ip`, and gives its complaint where it has one.
pub(crate) fn ip(words: &[&str]) -> Result<(), Fault> {
    let ran = Command::new("ip").args(words).output().map_err(Fault::Absent)?;
    if ran.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
    Err(Fault::Refused(words.join(" "), complaint))
}
