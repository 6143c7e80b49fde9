//! WebKit's own driver, which starts the app and works in its page.

use crate::process::Process;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::time::{interval, timeout};

/// How long the driver may take to listen, and the app to show its page.
const PATIENCE: Duration = Duration::from_secs(60);

/// The driver with what makes an app of ours work under it. What it and the app complain of is in one log.
pub(crate) fn command() -> Command {
    let mut command = Command::new("WebKitWebDriver");
    command
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        .env("VISAVIS_LOG", "visavis=debug,visavis_engine=debug,warn");
    for ours in ["VISAVIS_DATA", "VISAVIS_KEY_PLACE", "VISAVIS_HOSTED_PORT", "WAYLAND_DISPLAY"] {
        command.env_remove(ours);
    }
    command
}

/// Starts the driver, and through it the app.
pub(crate) async fn open(
    mut command: Command,
    log: &Path,
    arguments: &[String],
) -> (Process, Client) {
    let port = free_port();
    let process =
        Process::start(command.arg("--host=127.0.0.1").arg(format!("--port={port}")), log);
    wait_for(port, log).await;
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities(arguments));
    let opening = timeout(PATIENCE, builder.connect(&format!("http://127.0.0.1:{port}"))).await;
    let client = opening.expect("the app shows no page").unwrap_or_else(|error| {
        let said = std::fs::read_to_string(log).unwrap_or_default();
        panic!("the app could not be started: {error}\n{said}")
    });
    (process, client)
}

fn capabilities(arguments: &[String]) -> Map<String, Value> {
    let app = env!("CARGO_BIN_EXE_visavis");
    let mut capabilities = Map::new();
    let mut set = |name: &str, value| capabilities.insert(name.to_owned(), value);
    set("webkitgtk:browserOptions", json!({ "binary": app, "args": arguments }));
    set("timeouts", json!({ "script": 120_000, "pageLoad": 60_000, "implicit": 0 }));
    capabilities
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// The driver says nothing when it is ready, so there is no way but to knock until it opens.
async fn wait_for(port: u16, log: &Path) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut knocks = interval(Duration::from_millis(20));
    let opened = timeout(PATIENCE, async {
        while TcpStream::connect(address).is_err() {
            knocks.tick().await;
        }
    });
    if opened.await.is_err() {
        panic!(
            "WebKitWebDriver does not listen: {}",
            std::fs::read_to_string(log).unwrap_or_default()
        );
    }
}
