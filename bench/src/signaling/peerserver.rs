//! PeerServer, as `npx peerjs` starts it, with only its limit of clients raised.

use super::load::{PAYLOAD, Pair};
use super::{Rival, Web, text};
use crate::process::Program;
use futures_util::StreamExt;
use std::net::TcpListener;
use std::path::Path;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use visavis_signaling::testkit::Bytes;

pub(super) struct PeerServer {
    program: Program,
    port: u16,
}

impl PeerServer {
    pub(super) async fn start() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let script = root.join("node_modules/peer/dist/bin/peerjs.js");
        if !script.exists() {
            return Err("PeerServer is not installed: run ./dev bench signaling".to_owned());
        }
        // It can't be told to take a free port and say which; so one is found free first.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        let mut program = Program::start(
            Command::new("node")
                .arg(script)
                .args(["--host", "127.0.0.1", "--concurrent_limit", "30000", "--port"])
                .arg(port.to_string()),
        )?;
        let output = program.output().ok_or("PeerServer has no output")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await.map_err(|error| error.to_string())? {
            if line.contains("Started") {
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self { program, port });
            }
        }
        Err("PeerServer did not start".to_owned())
    }

    async fn open(&self, id: &str) -> Result<Web, String> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))
            .await
            .map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let stream: Box<dyn Bytes> = Box::new(stream);
        let url = format!("ws://127.0.0.1:{}/peerjs?key=peerjs&id={id}&token={id}", self.port);
        let config = WebSocketConfig::default().read_buffer_size(8 * 1024).write_buffer_size(0);
        let (mut web, _) = client_async_with_config(url, stream, Some(config))
            .await
            .map_err(|error| error.to_string())?;
        match web.next().await {
            Some(Ok(frame)) if text(&frame).contains("OPEN") => Ok(web),
            other => Err(format!("PeerServer did not open: {other:?}")),
        }
    }
}

impl Rival for PeerServer {
    fn program(&self) -> &Program {
        &self.program
    }

    async fn enter(&self, number: usize) -> Result<Web, String> {
        self.open(&format!("idle{number}")).await
    }

    async fn pair(&self, number: usize) -> Result<Pair, String> {
        let (writer, reader) = (format!("writer{number}"), format!("reader{number}"));
        let payload = "a".repeat(PAYLOAD);
        let message = format!(r#"{{"type":"OFFER","dst":"{reader}","payload":"{payload}"}}"#);
        Ok(Pair {
            writer: self.open(&writer).await?,
            reader: self.open(&reader).await?,
            message,
            mark: "OFFER",
        })
    }
}
