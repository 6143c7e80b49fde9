//! Magic-wormhole, with a mailbox server of its own, by a direct connection; a relay is not there to be used.

use super::load::{Load, watch};
use super::place::{Place, RECEIVER, SENDER, SERVER};
use crate::process::{Program, beside};
use std::path::PathBuf;
use std::time::Duration;
use tokio::process::Command;

const PORT: u16 = 48_740;
const READY: Duration = Duration::from_secs(30);
const CODE: &str = "7-quiet-bench";

pub(super) async fn send(place: &Place) -> Result<Load, String> {
    place.clear()?;
    let own = place.empty("wormhole")?;
    let server = place.address(SERVER)?;
    let _mailbox = Program::start(
        place
            .command(SERVER, installed("twist")?)?
            .arg("wormhole-mailbox")
            .args(["--port", &format!("tcp:{PORT}:interface={server}")])
            .args(["--channel-db", ":memory:", "--usage-db", ":memory:"])
            .current_dir(&own),
    )?;
    place.listens(SERVER, PORT, READY).await?;
    let side = |host| -> Result<Command, String> {
        let mut command = place.command(host, installed("wormhole")?)?;
        command
            .arg("--relay-url")
            .arg(format!("ws://{server}:{PORT}/v1"))
            // Nothing listens there.
            .args(["--transit-helper", "tcp:127.0.0.1:1"]);
        Ok(command)
    };
    let words = ["send", "--hide-progress", "--no-qr", "--code", CODE];
    let sender = Program::start(side(SENDER)?.args(words).arg(place.film()))?;
    let mut receiver = Program::start(
        side(RECEIVER)?
            .args(["receive", "--hide-progress", "--accept-file", "--output-file"])
            .arg(place.came())
            .arg(CODE)
            .current_dir(place.into()),
    )?;
    let roots = [sender.pid(), receiver.pid()];
    let load = watch(roots, place.into(), receiver.ended()).await?;
    drop((sender, receiver));
    place.compare(load.bytes, load.whole)?;
    Ok(load)
}

/// A program of the environment that `./dev bench` makes beside the programs that are built.
fn installed(name: &str) -> Result<PathBuf, String> {
    let own = beside("visavis-cli")?;
    let target = own.parent().and_then(|release| release.parent()).ok_or("no target folder")?;
    let path = target.join("wormhole/bin").join(name);
    if path.exists() {
        Ok(path)
    } else {
        Err("magic-wormhole is not installed: run ./dev bench file".to_owned())
    }
}
