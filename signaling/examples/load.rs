//! What a server costs: memory of idle clients, CPU of envelopes that are passed on. Starts the program
//! given as the first argument, and prints one line of JSON for each figure. For Linux.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use visavis_signaling::protocol::{ClientMessage, ServerMessage};
use visavis_signaling::testkit::{Client, Entry, Identity};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

const CONFIG: &str = "[limits]
connections = 200000
connections_per_address = 200000
new_identities_per_address = 4000000
messages_per_second = 1000000
message_burst = 1000000
bytes_per_second = 2000000000
byte_burst = 2000000000
";

struct Server {
    child: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(program: &str, tls: bool) -> Fallible<Self> {
        let folder = tempfile::tempdir()?;
        let mut more = Vec::new();
        if tls {
            let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
            for (option, file, text) in [
                ("--tls-cert", "cert.pem", issued.cert.pem()),
                ("--tls-key", "key.pem", issued.signing_key.serialize_pem()),
            ] {
                std::fs::write(folder.path().join(file), text)?;
                more.extend([option.into(), folder.path().join(file).into_os_string()]);
            }
        }
        let config = folder.path().join("config.toml");
        std::fs::write(&config, CONFIG)?;
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .arg("--config")
            .arg(config)
            .args(more)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let ready: serde_json::Value = serde_json::from_str(&line)?;
        let address = ready["listening"].as_str().ok_or("no address")?.parse()?;
        Ok(Self { child, address, folder })
    }

    /// Memory of its own, in KiB.
    fn memory(&self) -> Fallible<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let field = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok())
        };
        Ok(field("Private_Dirty:").unwrap_or(0.0) + field("Private_Clean:").unwrap_or(0.0))
    }

    /// User and system time, in microseconds.
    fn cpu(&self) -> Fallible<[f64; 2]> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> =
            text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        // In hundredths of a second.
        Ok([fields[11].parse::<f64>()? * 1e4, fields[12].parse::<f64>()? * 1e4])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Signs in, over TLS if there is a connector.
async fn enter(address: SocketAddr, tls: Option<TlsConnector>, who: u64) -> Fallible<Client> {
    let who = Identity::numbered(who);
    let Some(tls) = tls else { return Ok(Client::enter(address, &who).await?.0) };
    let socket = tokio::net::TcpStream::connect(address).await?;
    let stream = tls.connect("localhost".try_into()?, socket).await?;
    let mut client = Client::over(Box::new(stream)).await?;
    client.sign_in(&who, &Entry::default()).await?;
    Ok(client)
}

/// A connector that trusts the server's own certificate.
fn connector(server: &Server) -> Fallible<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.folder.path().join("cert.pem"))?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn idle(server: &Server, tls: Option<&TlsConnector>, count: u64) -> Fallible<f64> {
    let before = server.memory()?;
    let mut clients = Vec::new();
    let mut entering = JoinSet::new();
    let address = server.address;
    for number in 0..count {
        entering.spawn(enter(address, tls.cloned(), 1_000_000 + number));
        if entering.len() >= 100
            && let Some(entered) = entering.join_next().await
        {
            clients.push(entered??);
        }
    }
    while let Some(entered) = entering.join_next().await {
        clients.push(entered??);
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let each = (server.memory()? - before) / count as f64;
    Ok(each)
}

/// Two contacts: one sends, with so many under way at once, the other listens.
async fn pair(address: SocketAddr, number: u64, until: Instant, window: usize) -> Fallible<u64> {
    let (one, other) = (Identity::numbered(2 * number), Identity::numbered(2 * number + 1));
    let (mut sender, _) = Client::enter(address, &one).await?;
    let (mut receiver, _) = Client::enter(address, &other).await?;
    sender.claim(&format!("a{number}x")).await?;
    receiver.claim(&format!("b{number}y")).await?;
    sender.request(other.key(), "eA").await?;
    receiver.accept(one.key(), "eA").await?;
    sender.so_far().await?;
    let listening = tokio::spawn(async move { while receiver.next().await.is_ok() {} });
    let envelope = "x".repeat(1850);
    let (mut under_way, mut done) = (0, 0);
    while Instant::now() < until || under_way > 0 {
        while under_way < window && Instant::now() < until {
            let (id, to, envelope) = (sender.id(), other.key(), envelope.clone());
            sender.say(&ClientMessage::Send { id, to, envelope, keep: false }).await?;
            under_way += 1;
        }
        if let ServerMessage::Sent { .. } = sender.next().await? {
            under_way -= 1;
            done += 1;
        }
    }
    listening.abort();
    Ok(done)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn main() -> Fallible<()> {
    let mut args = std::env::args().skip(1);
    let program = args.next().ok_or("which program?")?;
    let count = args.next().map_or(Ok(5000), |count| count.parse())?;
    rlimit::increase_nofile_limit(u64::MAX)?;
    let server = Server::start(&program, true)?;
    let tls = connector(&server)?;
    let kib = idle(&server, Some(&tls), count).await?;
    println!("{{\"case\":\"idle over TLS\",\"clients\":{count},\"kib_per_client\":{kib:.2}}}");
    drop(server);
    let server = Server::start(&program, false)?;
    let kib = idle(&server, None, count).await?;
    println!("{{\"case\":\"idle\",\"clients\":{count},\"kib_per_client\":{kib:.2}}}");
    for (pairs, window) in [(50, 1), (50, 8)] {
        let began = Instant::now();
        let until = began + Duration::from_secs(6);
        let mut tasks = JoinSet::new();
        let base = if window == 1 { 0 } else { 1000 };
        for number in 0..pairs {
            tasks.spawn(pair(server.address, base + number, until, window));
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let cpu = server.cpu()?;
        // Counted from the server's own figures, over the middle of the run.
        let relayed = relayed(&server).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (cpu_after, relayed_after) = (server.cpu()?, self::relayed(&server).await?);
        let count = relayed_after - relayed;
        println!(
            "{{\"case\":\"relay\",\"pairs\":{pairs},\"window\":{window},\"us_per_message\":{:.2},\"user\":{:.2},\"system\":{:.2},\"per_second\":{:.0}}}",
            (cpu_after[0] + cpu_after[1] - cpu[0] - cpu[1]) / count,
            (cpu_after[0] - cpu[0]) / count,
            (cpu_after[1] - cpu[1]) / count,
            count / 3.0,
        );
        while let Some(done) = tasks.join_next().await {
            done??;
        }
    }
    Ok(())
}

async fn relayed(server: &Server) -> Fallible<f64> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut socket = tokio::net::TcpStream::connect(server.address).await?;
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    let mut text = String::new();
    socket.read_to_string(&mut text).await?;
    let line = text.lines().find_map(|line| line.strip_prefix("visavis_signaling_relayed_total "));
    Ok(line.ok_or("no figure")?.parse()?)
}
