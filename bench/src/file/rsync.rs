//! The ceiling: rsync to its own daemon over a plain socket. It encrypts nothing and asks nobody.

use super::load::{Load, watch};
use super::place::{Place, RECEIVER, SENDER};
use crate::call::tree;
use crate::process::Program;
use std::process::Command;
use std::time::Duration;

/// It can't say which port it took; in a namespace of its own, and for a moment on this computer, this one is free.
const PORT: u16 = 48_730;
const READY: Duration = Duration::from_secs(10);

/// The receiver. Each connection of its is a process of its own, which may wait for ever where the sender's host is gone:
/// dropping it ends them all.
pub(super) struct Daemon(Program);

impl Daemon {
    fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// Ends it at once, as a crash would.
    pub(super) fn kill(&self) -> Result<(), String> {
        let processes = tree::of(self.pid())?;
        let words = processes.iter().map(ToString::to_string);
        let killed = Command::new("kill").arg("-KILL").args(words).status();
        match killed.map_err(|error| error.to_string())?.success() {
            true => Ok(()),
            false => Err("rsync's receiver was not killed".to_owned()),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Where it has ended by itself, there is nothing to be ended.
        drop(self.kill());
    }
}

pub(super) async fn daemon(place: &Place) -> Result<Daemon, String> {
    let folder = place.empty("rsync")?;
    let address = place.address(RECEIVER)?;
    let orders = folder.join("rsyncd.conf");
    let text = format!(
        "port = {PORT}\naddress = {address}\nuse chroot = no\nreverse lookup = no\nuid = 0\ngid = 0\n[into]\npath = {}\nread only = no\n",
        place.into().display()
    );
    std::fs::write(&orders, text).map_err(|error| error.to_string())?;
    let daemon = Program::start(
        place
            .command(RECEIVER, "rsync")?
            .args(["--daemon", "--no-detach", "--config"])
            .arg(&orders),
    )?;
    place.listens(RECEIVER, PORT, READY).await?;
    Ok(Daemon(daemon))
}

/// The sender, with a word about how.
pub(super) fn sender(place: &Place, how: &str) -> Result<Program, String> {
    let address = place.address(RECEIVER)?;
    Program::start(
        place
            .command(SENDER, "rsync")?
            .args(["--inplace", how])
            .arg(place.film())
            .arg(format!("rsync://{address}:{PORT}/into/")),
    )
}

pub(super) async fn send(place: &Place) -> Result<Load, String> {
    place.clear()?;
    let daemon = daemon(place).await?;
    let mut sender = sender(place, "--whole-file")?;
    let roots = [sender.pid(), daemon.pid()];
    let load = watch(roots, place.into(), sender.ended()).await?;
    drop((sender, daemon));
    place.compare(load.bytes, load.whole)?;
    Ok(load)
}
