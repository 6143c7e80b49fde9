//! The ceiling: rsync to its own daemon over a plain socket. It encrypts nothing and asks nobody.

use super::load::{Load, watch};
use super::place::{Place, RECEIVER, SENDER};
use crate::process::Program;
use std::time::Duration;

/// It can't say which port it took; in a namespace of its own, and for a moment on this computer, this one is free.
const PORT: u16 = 48_730;
const READY: Duration = Duration::from_secs(10);

/// The receiver.
pub(super) async fn daemon(place: &Place) -> Result<Program, String> {
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
    Ok(daemon)
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
