//! The check of the connection: what works is found to work, and each fault that is made is found and named. Nothing of
//! the report says who somebody is.

use super::kit::{Someone, Town, stand_ins};
use super::liar::Liar;
use super::talk::talking;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use visavis_engine::api::{
    Check, CheckStage, CheckStep, CheckWhat, Code, Command, Connection, DeviceChoice, Event, Reply,
    State,
};
use visavis_engine::engine::Whose;
use visavis_engine::media::barcode;
use visavis_signaling::protocol::{IceServer, ServerMessage};
use visavis_signaling::server::RelayConfig;

/// The call by which the screens of a check are known.
const CHECK: &str = "check";

fn check(state: &State) -> &Check {
    state.check.as_ref().expect("a check")
}

fn step(check: &Check, what: CheckWhat) -> &CheckStep {
    check.steps.iter().find(|step| step.what == what).expect("each step")
}

/// Whether an event tells that a voice is played.
fn plays(event: &Event) -> bool {
    let Event::CheckChanged { check: Some(check) } = event else { return false };
    check.recording.as_ref().is_some_and(|recording| recording.playing)
}

/// How it stands with a step: good, or why not.
fn word(check: &Check, what: CheckWhat) -> Result<(), Code> {
    match &step(check, what).stage {
        CheckStage::Good => Ok(()),
        CheckStage::Bad { error } | CheckStage::Skipped { why: error } => Err(error.code),
        other => panic!("{what:?} is {other:?}"),
    }
}

impl Someone {
    /// A check from its beginning to its end.
    async fn checked(&mut self) -> Check {
        self.do_it(Command::BeginCheck).await;
        let over = |state: &State| state.check.as_ref().is_some_and(|check| !check.running);
        check(&self.until(over).await).clone()
    }

    /// A check that is broken off after a step.
    async fn checked_up_to(&mut self, what: CheckWhat) -> Check {
        self.do_it(Command::BeginCheck).await;
        let passed = |state: &State| {
            let stage = &step(check(state), what).stage;
            !matches!(stage, CheckStage::Waiting | CheckStage::Running)
        };
        let found = check(&self.until(passed).await).clone();
        self.do_it(Command::StopCheck).await;
        found
    }

    async fn report(&mut self) -> String {
        match self.tell(Command::CheckReport).await {
            Ok(Reply::CheckReport { text }) => text,
            other => panic!("no report but {other:?}"),
        }
    }

    fn looks(&self) -> bool {
        self.engine.screens().picture(CHECK, Whose::Mine).is_some()
    }
}

/// What a server's relay has counted by a name.
async fn counted(port: u16, name: &str) -> u64 {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    let line = format!("visavis_relay_{name} ");
    let found = text.lines().find_map(|text| text.strip_prefix(&line));
    found.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_works_is_found_to_work_and_the_report_names_nobody() {
    let town = Town::with_relay(RelayConfig::loopback()).await;
    let (mut ana, mut bo) = (town.settle("annabelle").await, town.settle("bonaventura").await);
    super::kit::befriend(&mut ana, &mut bo).await;
    let check = ana.checked().await;
    for what in [
        CheckWhat::Camera,
        CheckWhat::Microphone,
        CheckWhat::Speaker,
        CheckWhat::Server,
        CheckWhat::Network,
        CheckWhat::Address,
        CheckWhat::Relay,
        CheckWhat::Echo,
    ] {
        assert_eq!(word(&check, what), Ok(()), "{what:?}: {check:#?}");
    }
    assert_eq!(word(&check, CheckWhat::Contact), Err(Code::NobodyLinked));
    let figures = |what| &step(&check, what).figures;
    let camera = figures(CheckWhat::Camera);
    assert_eq!((camera.width, camera.height, camera.stand_in), (Some(320), Some(180), Some(true)));
    assert!(figures(CheckWhat::Microphone).level > Some(0.01));
    assert!(figures(CheckWhat::Server).round_trip_ms.is_some());
    // Which it is depends on the networks of the computer.
    let address = figures(CheckWhat::Address).address.as_deref();
    assert!(address.is_some_and(|it| it == "private" || it.ends_with('x')), "{address:?}");
    assert!(matches!(figures(CheckWhat::Network).way.as_deref(), None | Some("udp")));
    let echo = figures(CheckWhat::Echo);
    assert!(echo.pictures >= Some(10) && echo.delay_ms.is_some(), "{echo:?}");
    // Whether that is much depends on the computer; it is measured, and it went through the relay.
    let bandwidth = figures(CheckWhat::Bandwidth);
    assert!(bandwidth.kbit_s > Some(1.0) && bandwidth.lost_percent.is_some(), "{bandwidth:?}");
    let relayed = counted(town.port, "bytes_to_peers_total").await;
    assert!(relayed > 40_000, "{relayed} bytes were relayed");
    assert!(!ana.looks(), "all is closed");

    let report = ana.report().await;
    let key = ana.key().await.to_string();
    let (folder, home) = (ana.folder.display().to_string(), std::env::var("HOME"));
    let port = town.port.to_string();
    let theirs = bo.key().await.to_string();
    let secrets = ["annabelle", "ANNABELLE", "bonaventura", "BONAVENTURA", "127.0.0", "192.0.2"];
    let own = [&key, &theirs, &folder, &port].map(String::as_str);
    for secret in secrets.into_iter().chain(own).chain(home.as_deref().ok().filter(|h| h.len() > 1))
    {
        assert!(!report.contains(secret), "{secret} is in:\n{report}");
    }
    for line in ["camera:         good, a test source stands in", "relay:          good"] {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_named_and_so_is_its_relay() {
    let mut town = Town::with_relay(RelayConfig::loopback()).await;
    let mut ana = town.settle("ana").await;
    town.stop().await;
    ana.until(|state| state.server.connection != Connection::Online).await;
    let check = ana.checked().await;
    let server = word(&check, CheckWhat::Server).unwrap_err();
    let down = [Code::ServerDown, Code::ConnectionLost, Code::NotConnected, Code::GoingDown];
    assert!(down.contains(&server), "{server:?}");
    assert_eq!(word(&check, CheckWhat::Network), Ok(()));
    assert_eq!(word(&check, CheckWhat::Address), Err(Code::NoOutsideAddress));
    assert_eq!(word(&check, CheckWhat::Relay), Err(Code::RelaySilent));
    assert_eq!(word(&check, CheckWhat::Bandwidth), Err(Code::RelaySilent));
    assert_eq!(word(&check, CheckWhat::Echo), Ok(()), "a call to oneself needs no server");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_refuses_is_told_from_one_that_lets_nothing_through() {
    // One address for each identity is too few for two ends.
    let one = RelayConfig { allocations_per_identity: 1, ..RelayConfig::loopback() };
    let town = Town::with_relay(one).await;
    let liar = Liar::before(town.port).await;
    let mut ana = town.settle_at("ana", liar.port).await;
    let check = ana.checked_up_to(CheckWhat::Bandwidth).await;
    assert_eq!(word(&check, CheckWhat::Relay), Err(Code::RelayBlocked));
    assert_eq!(word(&check, CheckWhat::Bandwidth), Err(Code::RelayBlocked));
    assert!(counted(town.port, "refused_total{code=\"486\"}").await > 0);

    // A credential that is wrong.
    liar.lies(|mut message| {
        if let ServerMessage::IceServers { ice_servers, .. } = &mut message {
            let spoil =
                |server: &mut IceServer| server.credential = Some("c3BvaWxlZA==".to_owned());
            ice_servers.iter_mut().filter(|server| server.username.is_some()).for_each(spoil);
        }
        vec![message]
    });
    let (refused, before) =
        ("refused_total{code=\"401\"}", counted(town.port, "allocated_total").await);
    let strangers = counted(town.port, refused).await;
    let check = ana.checked_up_to(CheckWhat::Bandwidth).await;
    assert_eq!(word(&check, CheckWhat::Server), Ok(()));
    assert_eq!(word(&check, CheckWhat::Relay), Err(Code::RelaySilent));
    assert!(counted(town.port, refused).await > strangers);
    assert_eq!(counted(town.port, "allocated_total").await, before);
    let report = ana.report().await;
    assert!(!report.contains("c3BvaWxlZA"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said() {
    let town = Town::open().await;
    let devices = DeviceChoice {
        camera: Some("camera:John’s phone".into()),
        microphone: Some("null:".into()),
        ..stand_ins()
    };
    let mut ana = town.settle_with("ana", devices).await;
    let check = ana.checked().await;
    assert_eq!(word(&check, CheckWhat::Camera), Err(Code::DeviceMissing));
    assert_eq!(word(&check, CheckWhat::Microphone), Err(Code::NothingHeard));
    assert_eq!(word(&check, CheckWhat::Address), Err(Code::NoAddressHelper));
    assert_eq!(word(&check, CheckWhat::Relay), Err(Code::NoRelay));
    assert_eq!(word(&check, CheckWhat::Bandwidth), Err(Code::NoRelay));
    let report = ana.report().await;
    assert!(report.contains("bad (device_missing kind=camera)"), "{report}");
    assert!(!report.contains("John"), "{report}");
    assert!(ana.state().await.troubles.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_broken_off_closes_what_it_opened() {
    let town = Town::open().await;
    let mut ana = town.settle("ana").await;
    ana.do_it(Command::BeginCheck).await;
    let listens = |state: &State| {
        let running = |step: &CheckStep| step.stage == CheckStage::Running;
        running(step(check(state), CheckWhat::Microphone))
    };
    ana.until(listens).await;
    assert!(ana.looks());
    assert_eq!(ana.refused(Command::BeginEcho).await, Code::NotNow);
    assert_eq!(ana.refused(Command::RecordVoice).await, Code::NotNow);
    ana.do_it(Command::StopCheck).await;
    let state = ana.state().await;
    assert!(!check(&state).running && !ana.looks());
    assert_eq!(word(check(&state), CheckWhat::Camera), Ok(()), "what was found stays");
    assert_eq!(step(check(&state), CheckWhat::Microphone).stage, CheckStage::Waiting);
    let report = ana.report().await;
    assert!(report.contains("microphone:     not tried"), "{report}");
    // And again from the beginning.
    ana.do_it(Command::BeginCheck).await;
    assert_eq!(step(check(&ana.state().await), CheckWhat::Camera).stage, CheckStage::Running);
    ana.do_it(Command::StopCheck).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_oneself_shows_what_comes_back_until_it_is_ended() {
    let town = Town::open().await;
    let mut ana = town.settle("ana").await;
    ana.do_it(Command::BeginEcho).await;
    let slot = ana.engine.screens().picture(CHECK, Whose::Theirs).expect("a call to oneself");
    let back = async { while barcode::read(&slot.take().await.expect("it goes on")).is_none() {} };
    tokio::time::timeout(Duration::from_secs(30), back).await.expect("a picture that came back");
    let measured = |state: &State| {
        let echo = check(state).echo.as_ref();
        let figures = echo.map(|echo| echo.figures.clone()).unwrap_or_default();
        figures.pictures > Some(0) && figures.level > Some(0.01) && figures.delay_ms.is_some()
    };
    ana.until(measured).await;
    ana.do_it(Command::EndEcho).await;
    assert!(check(&ana.state().await).echo.is_none() && slot.is_closed() && !ana.looks());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_is_recorded_played_and_gone() {
    let town = Town::open().await;
    let mut ana = town.settle("ana").await;
    for early in [true, false] {
        ana.do_it(Command::RecordVoice).await;
        if early {
            let begun = |state: &State| {
                let recording = check(state).recording.as_ref();
                recording.is_some_and(|one| !one.playing && one.ms >= 500 && one.level > 0.01)
            };
            ana.until(begun).await;
            ana.do_it(Command::EndRecording).await;
        }
        ana.until(|state| check(state).recording.is_none()).await;
        // How much was played, as far as it was told before it was gone.
        let mut played = None;
        while ana.count(plays) > 0 {
            let Event::CheckChanged { check } = ana.event(plays).await else { panic!() };
            played = played.max(check.and_then(|check| check.recording).map(|one| one.ms));
        }
        assert!(played.is_some_and(|ms| ms <= 5_000), "{played:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_call_the_link_is_looked_at_and_the_call_left_alone() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    ana.do_it(Command::BeginEcho).await;
    let id = talking(&mut ana, &mut bo, true).await;
    let state = ana.state().await;
    assert!(check(&state).echo.is_none(), "the call has the line for itself");
    for command in [Command::BeginEcho, Command::RecordVoice] {
        assert_eq!(ana.refused(command).await, Code::CallIsOn);
    }
    let check = ana.checked().await;
    for what in [CheckWhat::Speaker, CheckWhat::Echo] {
        assert_eq!(word(&check, what), Err(Code::CallIsOn));
    }
    let link = step(&check, CheckWhat::Contact);
    assert!(!matches!(link.stage, CheckStage::Skipped { .. }), "{link:?}");
    assert!(link.figures.kbit_s.is_some() && link.figures.lost_percent.is_some(), "{link:?}");
    assert!(ana.engine.screens().picture(&id, Whose::Theirs).is_some(), "the call goes on");
}
