//! visavis-signaling, as its users start it, with only those limits raised that a crowd from one address meets.

use super::load::{PAYLOAD, Pair};
use super::{Rival, Web};
use crate::process::{Program, beside};
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use visavis_signaling::testkit::{Client, Identity};

const CONFIG: &str = "
[limits]
connections = 100000
connections_per_address = 100000
new_identities_per_address = 1000000
messages_per_second = 1000000
message_burst = 1000000
bytes_per_second = 2000000000
byte_burst = 2000000000
";

/// Numbers of those who are idle begin here, and of those who talk at nought.
const IDLE_FROM: u64 = 1 << 32;

pub(super) struct Ours {
    program: Program,
    address: SocketAddr,
    _folder: TempDir,
}

impl Ours {
    pub(super) async fn start() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let config = folder.path().join("config.toml");
        std::fs::write(&config, CONFIG).map_err(|error| error.to_string())?;
        let mut program = Program::start(
            Command::new(beside("visavis-signaling")?)
                .args(["--listen", "127.0.0.1:0", "--data"])
                .arg(folder.path().join("data"))
                .arg("--config")
                .arg(config),
        )?;
        let output = program.output().ok_or("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let line = lines.next_line().await.map_err(|error| error.to_string())?;
        let line = line.ok_or("the server did not start")?;
        let said: serde_json::Value =
            serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let address = said["listening"].as_str().and_then(|text| text.parse().ok());
        Ok(Self { program, address: address.ok_or("no address")?, _folder: folder })
    }

    async fn client(&self, identity: &Identity) -> Result<Client, String> {
        let entered = Client::enter(self.address, identity).await;
        entered.map(|(client, _)| client).map_err(|error| error.to_string())
    }
}

impl Rival for Ours {
    fn program(&self) -> &Program {
        &self.program
    }

    async fn enter(&self, number: usize) -> Result<Web, String> {
        let identity = Identity::numbered(IDLE_FROM + number as u64);
        Ok(self.client(&identity).await?.into_socket())
    }

    async fn pair(&self, number: usize) -> Result<Pair, String> {
        let said = |error: visavis_signaling::testkit::Trouble| error.to_string();
        let number = number as u64;
        let identities = [Identity::numbered(2 * number), Identity::numbered(2 * number + 1)];
        let mut writer = self.client(&identities[0]).await?;
        let mut reader = self.client(&identities[1]).await?;
        writer.claim(&format!("writer.{}", letters(number))).await.map_err(said)?;
        reader.claim(&format!("reader.{}", letters(number))).await.map_err(said)?;
        writer.request(identities[1].key(), "aaaa").await.map_err(said)?;
        reader.accept(identities[0].key(), "aaaa").await.map_err(said)?;
        let payload = "a".repeat(PAYLOAD);
        let to = identities[1].key();
        let message =
            format!(r#"{{"type":"send","id":1,"to":"{to}","envelope":"{payload}","keep":false}}"#);
        Ok(Pair {
            writer: writer.into_socket(),
            reader: reader.into_socket(),
            message,
            mark: r#""deliver""#,
        })
    }
}

/// A number in letters that don't look alike, so that handles don't either.
fn letters(number: u64) -> String {
    const LETTERS: [char; 10] = ['a', 'c', 'd', 'e', 'f', 'h', 'k', 'm', 'p', 't'];
    let digits = number.to_string();
    digits.chars().filter_map(|c| LETTERS.get(c.to_digit(10)? as usize)).collect()
}
