//! Ours: two programs without a window, and a server on a host of its own, as on any network.

use super::load::{Load, watch};
use super::place::{Place, RECEIVER, SENDER, SERVER};
use crate::process::{Program, beside};
use serde_json::Value;
use std::path::PathBuf;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

/// Which way ours goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lanes {
    /// As it finds best.
    Both,
    /// Over data channels alone.
    Channels,
}

impl Lanes {
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Both => &[],
            Self::Channels => &["--lanes", "channels"],
        }
    }
}

/// Two friends on their hosts, and the server they are on.
pub(super) struct Friends<'a> {
    place: &'a Place,
    own: PathBuf,
    _server: Program,
}

impl<'a> Friends<'a> {
    pub(super) async fn settle(place: &'a Place) -> Result<Self, String> {
        let own = place.empty("visavis")?;
        let listen = format!("{}:0", place.address(SERVER)?);
        let (server, says) = Program::speaking(
            place
                .command(SERVER, beside("visavis-signaling")?)?
                .args(["--listen", &listen, "--allow-plain", "--data"])
                .arg(own.join("server")),
        )?;
        let line = Says::new(says).next().await?;
        let at = format!("ws://{}", line["listening"].as_str().ok_or("no address")?);
        let friends = Self { place, own, _server: server };
        for who in [SENDER, RECEIVER] {
            let words = ["init", "--name", who, "--server", &at, "--handle", who];
            run(friends.cli(who)?.args(words)).await?;
        }
        run(friends.cli(SENDER)?.args(["contacts", "add", RECEIVER])).await?;
        run(friends.cli(RECEIVER)?.args(["contacts", "accept", SENDER])).await?;
        Ok(friends)
    }

    /// Where a friend keeps the profile.
    pub(super) fn profile(&self, who: &str) -> PathBuf {
        self.own.join(who)
    }

    fn cli(&self, who: &str) -> Result<Command, String> {
        let mut command = self.place.command(who, beside("visavis-cli")?)?;
        command.arg("--data").arg(self.profile(who));
        Ok(command)
    }

    /// Starts whoever takes the file.
    pub(super) fn receiver(&self, lanes: Lanes) -> Result<(Program, Says), String> {
        let mut command = self.cli(RECEIVER)?;
        command
            .args(["receive", "--from", SENDER, "--into"])
            .arg(self.place.into())
            .args(lanes.words());
        let (program, says) = Program::speaking(&mut command)?;
        Ok((program, Says::new(says)))
    }

    /// Starts whoever sends it. What it says is left aside.
    pub(super) fn sender(&self, lanes: Lanes) -> Result<Program, String> {
        let mut command = self.cli(SENDER)?;
        command.args(["send", RECEIVER]).arg(self.place.film()).args(lanes.words());
        let (program, mut says) = Program::speaking(&mut command)?;
        tokio::spawn(async move { tokio::io::copy(&mut says, &mut tokio::io::sink()).await });
        Ok(program)
    }
}

/// What a program prints.
pub(super) struct Says(Lines<BufReader<ChildStdout>>);

impl Says {
    fn new(output: ChildStdout) -> Self {
        Self(BufReader::new(output).lines())
    }

    async fn next(&mut self) -> Result<Value, String> {
        let line = self.0.next_line().await.map_err(|error| error.to_string())?;
        let line = line.ok_or("a program has ended too early")?;
        serde_json::from_str(&line).map_err(|error| error.to_string())
    }

    /// Waits until the file is there, by its name.
    pub(super) async fn done(&mut self) -> Result<(), String> {
        while self.next().await?["transfer"]["stage"]["type"] != "done" {}
        Ok(())
    }
}

pub(super) async fn send(place: &Place, lanes: Lanes) -> Result<Load, String> {
    place.clear()?;
    let friends = Friends::settle(place).await?;
    let (receiver, mut receiver_says) = friends.receiver(lanes)?;
    let sender = friends.sender(lanes)?;
    let roots = [sender.pid(), receiver.pid()];
    let load = watch(roots, place.into(), receiver_says.done()).await?;
    drop((sender, receiver));
    place.compare(load.bytes, load.whole)?;
    Ok(load)
}

async fn run(command: &mut Command) -> Result<(), String> {
    let ran = command.output().await.map_err(|error| error.to_string())?;
    if ran.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&ran.stderr).into_owned())
}
