//! coturn's own client against the relay: several sessions that send and count what comes back.

use super::turning::{PATIENCE, credentials};
use super::{counted, relay_of, staged};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A program of coturn's.
fn coturn(name: &str) -> Command {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&paths).any(|path| path.join(name).is_file());
    assert!(there, "{name} is not there: install coturn (Debian's package has it)");
    Command::new(name)
}

/// coturn's echo on a free port; killed when it is dropped.
struct Echo {
    child: Child,
    port: u16,
}

impl Echo {
    fn start() -> Self {
        let free = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = coturn("turnutils_peer")
            .args(["-L", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let echo = Self { child, port };
        // It is there when it answers.
        let asking = UdpSocket::bind("127.0.0.1:0").unwrap();
        asking.connect(("127.0.0.1", port)).unwrap();
        asking.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let end = Instant::now() + PATIENCE;
        while asking.send(b"?").is_err() || asking.recv(&mut [0; 9]).is_err() {
            assert!(Instant::now() < end, "turnutils_peer does not answer");
            std::thread::yield_now();
        }
        echo
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn passes(how: &'static [&'static str]) {
    let stage = staged(|relay| relay.allocations_per_identity = 20).await;
    let (username, password) = credentials("ana", 600);
    let echo = Echo::start();
    let (relay, peer) = (relay_of(&stage), echo.port);
    let ran = tokio::task::spawn_blocking(move || {
        coturn("turnutils_uclient")
            .args(["-m", "2", "-n", "50", "-c", "-z", "5", "-l", "300"])
            .args(["-u", &username, "-w", &password])
            .args(["-e", "127.0.0.1", "-r", &peer.to_string(), "-p", &relay.port().to_string()])
            .args(how)
            .arg("127.0.0.1")
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let said =
        String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{how:?}: {said}");
    // The last line of its figures: all that was sent came back.
    let total = said.lines().rfind(|line| line.contains("tot_send_msgs")).expect(&said);
    assert!(total.contains("tot_send_msgs=100"), "{total}");
    assert!(total.contains("tot_recv_msgs=100"), "{total}");
    assert!(counted(&stage, "packets_to_peers_total").await >= 100, "{how:?}");
    assert!(counted(&stage, "packets_to_clients_total").await >= 100, "{how:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn coturn_s_client_gets_all_back_by_channels() {
    passes(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturn_s_client_gets_all_back_by_indications() {
    passes(&["-s"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturn_s_client_reaches_itself_through_two_relays() {
    passes(&["-y"]).await;
}
