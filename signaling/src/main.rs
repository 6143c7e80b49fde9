//! The program `visavis-signaling`: reads what the operator wants, runs the server until it is told to stop,
//! and makes invite codes. It decides nothing that the library doesn't.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use visavis_signaling::server::{
    Config, Server, TlsFiles, create_invite, invites, quiet, read_file, revoke_invite,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Introduces people who use Visavis to each other.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Args)]
struct Serve {
    /// A configuration file; options given here win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints a configuration file with every key and its default.
    #[arg(long)]
    print_config: bool,
    /// Where to listen [default: 127.0.0.1:8440].
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The folder of the database.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A name that clients may dial this server by; may be given again.
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,
    /// New identities need an invite code.
    #[arg(long)]
    closed: bool,
    /// The certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serves without TLS off loopback too: only behind a proxy that adds it.
    #[arg(long)]
    allow_plain: bool,
    /// Serves /metrics on an address of its own.
    #[arg(long, value_name = "ADDR")]
    metrics_listen: Option<SocketAddr>,
    /// Runs STUN and TURN too, on UDP at this address [for every address: 0.0.0.0:3478]; may be given once more for
    /// the other family.
    #[arg(long, value_name = "ADDR")]
    relay: Vec<SocketAddr>,
    /// The address that others reach this machine by, where it is not its own; may be given once more for the
    /// other family.
    #[arg(long, value_name = "IP", requires = "relay")]
    relay_advertise: Vec<IpAddr>,
    /// The ports of relayed addresses [default: 49152-65535].
    #[arg(long, value_name = "FIRST-LAST", requires = "relay", value_parser = ports)]
    relay_ports: Option<(u16, u16)>,
    /// Relays to loopback and private addresses too: only in a network at home.
    #[arg(long, requires = "relay")]
    relay_allow_private: bool,
    /// How to log.
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

/// Two ports with a hyphen between.
fn ports(text: &str) -> Result<(u16, u16), String> {
    let two = text
        .split_once('-')
        .and_then(|(first, last)| Some((first.trim().parse().ok()?, last.trim().parse().ok()?)));
    two.ok_or_else(|| "two ports with a hyphen between, such as 50000-50999".to_owned())
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes an invite code, also while the server runs.
    Invite {
        /// How many new identities it lets in.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        uses: u32,
        /// For how many days.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        /// Revokes the code with this number instead.
        #[arg(long, value_name = "NUMBER", conflicts_with_all = ["uses", "days"])]
        revoke: Option<u32>,
        #[command(flatten)]
        place: Place,
    },
    /// Lists the invite codes in force (the codes themselves are not stored).
    Invites {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// The folder of the database.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The server's configuration file, which names the folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn folder(self) -> Result<PathBuf, String> {
        match (self.data, self.config) {
            (Some(data), _) => Ok(data),
            (None, Some(file)) => Ok(read_file(&file).map_err(|e| e.to_string())?.data),
            (None, None) => Ok(Config::default().data),
        }
    }
}

#[expect(clippy::print_stdout, reason = "what the operator asked for")]
fn print(text: &str) {
    println!("{text}");
}

impl Serve {
    fn config(self) -> Result<Config, String> {
        let mut config = match &self.config {
            Some(file) => read_file(file).map_err(|error| error.to_string())?,
            None => Config::default(),
        };
        config.listen = self.listen.unwrap_or(config.listen);
        config.data = self.data.unwrap_or(config.data);
        config.names.extend(self.name);
        config.closed |= self.closed;
        config.allow_plain |= self.allow_plain;
        config.metrics_listen = self.metrics_listen.or(config.metrics_listen);
        if let (Some(cert), Some(key)) = (self.tls_cert, self.tls_key) {
            config.tls = Some(TlsFiles { cert, key });
        }
        if !self.relay.is_empty() {
            let relay = config.relay.get_or_insert_default();
            relay.listen = self.relay;
            relay.allow_private |= self.relay_allow_private;
            relay.ports = self.relay_ports.unwrap_or(relay.ports);
            if !self.relay_advertise.is_empty() {
                relay.advertise = self.relay_advertise;
            }
        }
        Ok(config)
    }
}

fn log(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(quiet(filter)).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

#[cfg(unix)]
async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn told_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

async fn serve(config: Config) -> Result<(), String> {
    let server = Server::start(config).await.map_err(|error| error.to_string())?;
    tracing::info!(url = server.url(), "listening");
    let mut ready = serde_json::json!({
        "listening": server.local_addr().to_string(),
        "url": server.url(),
    });
    if let Some(metrics) = server.metrics_addr() {
        ready["metrics"] = metrics.to_string().into();
    }
    if !server.relay_addrs().is_empty() {
        let addresses = server.relay_addrs().iter().map(SocketAddr::to_string);
        ready["relay"] = addresses.collect::<Vec<_>>().into();
    }
    print(&ready.to_string());
    told_to_stop().await.map_err(|error| error.to_string())?;
    server.stop().await;
    Ok(())
}

fn run(line: Line) -> Result<(), String> {
    match line.command {
        Some(Command::Invite { uses, days, revoke, place }) => {
            let folder = place.folder()?;
            match revoke {
                None => print(&create_invite(&folder, uses, days).map_err(|e| e.to_string())?),
                Some(number) => {
                    if !revoke_invite(&folder, number).map_err(|error| error.to_string())? {
                        return Err(format!("there is no invite code number {number}"));
                    }
                }
            }
            Ok(())
        }
        Some(Command::Invites { place }) => {
            for invite in invites(&place.folder()?).map_err(|error| error.to_string())? {
                print(&format!(
                    "number {}: {} uses left, ends at {} (milliseconds since 1970)",
                    invite.number, invite.uses_left, invite.expires_ms
                ));
            }
            Ok(())
        }
        None if line.serve.print_config => {
            print(Config::commented_defaults().trim_end());
            Ok(())
        }
        None => {
            log(line.serve.log_format);
            let config = line.serve.config()?;
            // A client is a file to the system; the usual limit is far below what the server takes.
            if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
                tracing::warn!(%error, "the limit on open files stays as it is");
            }
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .map_err(|error| error.to_string())?;
            runtime.block_on(serve(config))
        }
    }
}

fn main() -> ExitCode {
    match run(Line::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("visavis-signaling: {sentence}");
            ExitCode::FAILURE
        }
    }
}
