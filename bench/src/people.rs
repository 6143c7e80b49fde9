//! People for measurements: a server of its own, and two profiles that are each other's contacts, made by the
//! program without a window.

use crate::process::{Program, beside};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use visavis_engine::api::State;
use visavis_engine::engine::Engine;

#[derive(Debug)]
pub(crate) struct Town {
    folder: TempDir,
    _server: Program,
}

impl Town {
    /// Ana and Bo, and the server they are on.
    pub(crate) async fn with_friends() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut server = Program::start(
            Command::new(beside("visavis-signaling")?)
                .args(["--listen", "127.0.0.1:0", "--data"])
                .arg(folder.path().join("server")),
        )?;
        let output = server.output().ok_or("the server has no output")?;
        let line = BufReader::new(output).lines().next_line().await;
        let line = line.map_err(|error| error.to_string())?.ok_or("the server did not start")?;
        let said: serde_json::Value =
            serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let address = said["listening"].as_str().ok_or("no address")?;
        let server_at = format!("ws://{address}");
        let town = Self { folder, _server: server };
        for who in ["ana", "bo"] {
            let words = ["init", "--name", who, "--server", &server_at, "--handle", who];
            town.run(who, &words).await?;
        }
        town.run("ana", &["contacts", "add", "bo"]).await?;
        town.run("bo", &["contacts", "accept", "ana"]).await?;
        Ok(town)
    }

    pub(crate) fn folder(&self, who: &str) -> PathBuf {
        self.folder.path().join(who)
    }

    async fn run(&self, who: &str, words: &[&str]) -> Result<(), String> {
        let ran = cli(&self.folder(who))?.args(words).output().await;
        let ran = ran.map_err(|error| error.to_string())?;
        if ran.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&ran.stderr).into_owned())
        }
    }
}

/// The program without a window, for a profile.
pub(crate) fn cli(profile: &Path) -> Result<Command, String> {
    let mut command = Command::new(beside("visavis-cli")?);
    command.arg("--data").arg(profile);
    Ok(command)
}

/// Waits until an engine shows something.
pub(crate) async fn until<T>(
    engine: &Engine,
    seen: impl Fn(&State) -> Option<T>,
) -> Result<T, String> {
    let mut updates = engine.subscribe();
    loop {
        if let Some(found) = seen(&engine.state()) {
            return Ok(found);
        }
        updates.next().await.ok_or("the engine has stopped")?;
    }
}
