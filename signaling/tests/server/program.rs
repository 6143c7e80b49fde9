//! The program itself: killed in the middle of a burst, stopped, asked for invites, given odd files.

use crate::stage::befriend;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use visavis_signaling::protocol::{ClientMessage, ServerMessage};
use visavis_signaling::testkit::{Client, Entry, Identity};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_visavis-signaling"))
}

/// A running program; killed when it is dropped.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut child = program()
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = ready["listening"].as_str().unwrap().parse().unwrap();
        assert_eq!(ready["url"], format!("ws://{address}/visavis"));
        Self { child, address }
    }

    async fn person(&self, number: u64) -> crate::stage::Person {
        let identity = Identity::numbered(number);
        let (client, _) = Client::enter(self.address, &identity).await.unwrap();
        crate::stage::Person { identity, client }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn run(args: &[&str], folder: &Path) -> Output {
    program().args(args).arg("--data").arg(folder).output().unwrap()
}

#[tokio::test]
async fn killed_in_the_middle_of_a_burst_nothing_is_lost_and_nothing_comes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (mut sent, mut answered, mut got) = (0u32, 0u32, Vec::<u32>::new());
    let mut last_mail = 0;
    for round in 0..3u32 {
        let mut running = Running::start(folder.path(), &[]);
        let (mut ana, mut bo) = (running.person(1).await, running.person(2).await);
        if round == 0 {
            ana.client.claim("ana").await.unwrap();
            bo.client.claim("bo").await.unwrap();
            befriend(&mut ana, &mut bo).await;
            last_mail = 0;
        }
        // All at once; then the server is killed somewhere in the middle, while Bo is half there.
        let to = bo.key();
        for _ in 0..60 {
            sent += 1;
            let envelope = format!("{sent}");
            let message = ClientMessage::Send { id: sent, to, envelope, keep: true };
            ana.client.say(&message).await.unwrap();
        }
        for n in 0..20 {
            let heard = bo.client.next().await.unwrap();
            take(&heard, &mut last_mail, &mut got);
            if n == 7 {
                bo.client.say(&ClientMessage::Acknowledge { mail: last_mail }).await.unwrap();
            }
        }
        // Some were answered in each round; a connection that breaks may take unread answers with it.
        while answered < round * 60 + 10 {
            if let ServerMessage::Sent { id, .. } = ana.hears().await {
                answered = answered.max(id);
            }
        }
        running.child.kill().unwrap();
        while let Ok(message) = ana.client.next().await {
            if let ServerMessage::Sent { id, .. } = message {
                answered = answered.max(id);
            }
        }
        // What was not answered may or may not have been kept.
        drop(bo);
    }
    let running = Running::start(folder.path(), &[]);
    let mut bo = running.person(2).await;
    for heard in bo.client.so_far().await.unwrap() {
        take(&heard, &mut last_mail, &mut got);
    }
    while got.last().is_none_or(|last| *last < answered) {
        let heard = bo.client.next().await.unwrap();
        take(&heard, &mut last_mail, &mut got);
    }
    assert!(answered >= 130, "{answered}");
    assert!(got.is_sorted_by(|a, b| a < b), "twice, or out of order: {got:?}");
    // Of each burst the server kept a beginning, and all of it that it had answered.
    for burst in 0..3u32 {
        let of_burst: Vec<_> = got.iter().filter(|n| (**n - 1) / 60 == burst).collect();
        let first = burst * 60 + 1;
        assert!(of_burst.iter().enumerate().all(|(n, got)| **got == first + n as u32), "{got:?}");
    }
}

fn take(message: &ServerMessage, last_mail: &mut u64, got: &mut Vec<u32>) {
    if let ServerMessage::Deliver { envelope, mail: Some(mail), .. } = message
        && *mail > *last_mail
    {
        *last_mail = *mail;
        got.push(envelope.parse().unwrap());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn it_stops_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(folder.path(), &["--log-format", "json"]);
    let mut ana = running.person(1).await;
    let told = Command::new("kill").arg(running.child.id().to_string()).status().unwrap();
    assert!(told.success());
    assert!(matches!(ana.hears().await, ServerMessage::GoingDown { .. }));
    assert_eq!(ana.client.ended().await, (None, Some(1012)));
    assert!(running.child.wait().unwrap().success());
}

#[tokio::test]
async fn invites_are_made_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--closed"]);
    let made = run(&["invite", "--uses", "2"], folder.path());
    let code = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let entry = Entry { invite: Some(code.clone()), ..Entry::default() };
    Client::enter_as(running.address, &Identity::numbered(1), &entry).await.unwrap();
    let listed = String::from_utf8(run(&["invites"], folder.path()).stdout).unwrap();
    assert!(listed.starts_with("number 1: 1 uses left"), "{listed}");
    assert!(!listed.contains(&code));
    assert!(run(&["invite", "--revoke", "1"], folder.path()).status.success());
    let again = run(&["invite", "--revoke", "1"], folder.path());
    assert!(!again.status.success());
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!(said, "visavis-signaling: there is no invite code number 1\n");
    let gone = Client::enter_as(running.address, &Identity::numbered(2), &entry).await;
    crate::stage::refused!(gone, InviteInvalid);
    // The code itself is nowhere in the folder.
    let plain = code.replace('-', "");
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for needle in [code.as_bytes(), plain.as_bytes()] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
    }
}

#[test]
fn odd_beginnings_end_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |args: &[&str], part: &str| {
        let output = run(args, folder.path());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(part), "{args:?}: {said}");
    };
    fails(&["--listen", "0.0.0.0:0"], "give --tls-cert and --tls-key");
    fails(&["--config", "/none.toml"], "/none.toml can't be read");
    let file = folder.path().join("odd.toml");
    std::fs::write(&file, "[limits]\ndevcies = 3\n").unwrap();
    fails(&["--config", file.to_str().unwrap()], "unknown field `devcies`");
    std::fs::write(folder.path().join("visavis-signaling.db"), "this is no database").unwrap();
    fails(&["--listen", "127.0.0.1:0"], "can't be opened");
    let printed = program().arg("--print-config").output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(text.contains("#listen = \"127.0.0.1:8440\"") && text.contains("#devices = 5"));
}
