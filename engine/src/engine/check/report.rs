//! A check as text that can be shown to anyone, such as whoever is told of a fault. It names what was tried, the figures
//! and the codes of what went wrong; no name, no address, no path and no device, because what is not written can't be
//! given away. Pure.

use crate::api::{
    ApiError, Check, CheckFigures, CheckStage, CheckWhat, Connection, ServerChoice, ServerState,
};
use std::fmt::Write;
use std::net::IpAddr;

/// Of what an error names, this says nothing about anyone.
const PLAIN: [&str; 2] = ["kind", "what"];

/// The whole text.
pub(super) fn write(check: &Check, server: &ServerState) -> String {
    let mut text = String::from("Visavis connection check\n");
    line(&mut text, "version", env!("CARGO_PKG_VERSION"));
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    line(&mut text, "system", &system);
    let place = match &server.choice {
        None => "none chosen",
        Some(ServerChoice::ThisComputer { open: false }) => "this computer",
        Some(ServerChoice::ThisComputer { open: true }) => "this computer, open to the network",
        Some(ServerChoice::Address { .. }) => "at an address",
    };
    line(&mut text, "server chosen", place);
    let connection = match &server.connection {
        Connection::Idle => "idle".to_owned(),
        Connection::Connecting => "connecting".to_owned(),
        Connection::Online => "online".to_owned(),
        Connection::Waiting { error, .. } => format!("waiting ({})", named(error)),
        Connection::Stopped { error } => format!("stopped ({})", named(error)),
    };
    line(&mut text, "connection", &connection);
    if check.steps.is_empty() {
        text += "Nothing was tried yet.\n";
    }
    for step in &check.steps {
        let stage = match &step.stage {
            CheckStage::Waiting => "not tried".to_owned(),
            CheckStage::Running => "goes on".to_owned(),
            CheckStage::Good => "good".to_owned(),
            CheckStage::Bad { error } => format!("bad ({})", named(error)),
            CheckStage::Skipped { why } => format!("skipped ({})", named(why)),
        };
        let figures = figures(&step.figures);
        line(&mut text, name(step.what), &[vec![stage], figures].concat().join(", "));
    }
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    // A string takes whatever is written to it.
    let _ = writeln!(text, "{:<15} {value}", format!("{name}:"));
}

fn name(what: CheckWhat) -> &'static str {
    match what {
        CheckWhat::Camera => "camera",
        CheckWhat::Microphone => "microphone",
        CheckWhat::Speaker => "speaker",
        CheckWhat::Server => "server",
        CheckWhat::Network => "network",
        CheckWhat::Address => "address",
        CheckWhat::Relay => "relay",
        CheckWhat::Bandwidth => "bandwidth",
        CheckWhat::Echo => "echo call",
        CheckWhat::Contact => "contacts",
    }
}

/// The code of an error, with what it names that says nothing about anyone.
fn named(error: &ApiError) -> String {
    let code = serde_json::to_value(error.code).ok();
    let code = code.as_ref().and_then(|code| code.as_str()).unwrap_or("unknown").to_owned();
    let plain = error.detail.iter().filter(|(name, value)| {
        let is_word = value.len() <= 20 && value.chars().all(|c| c.is_ascii_lowercase());
        PLAIN.contains(&name.as_str()) && is_word
    });
    plain.fold(code, |text, (name, value)| format!("{text} {name}={value}"))
}

fn figures(figures: &CheckFigures) -> Vec<String> {
    let CheckFigures { width, height, .. } = figures;
    let stands_in = figures.stand_in.unwrap_or_default();
    let all = [
        stands_in.then(|| "a test source stands in".to_owned()),
        figures.round_trip_ms.map(|ms| format!("round trip {ms:.1} ms")),
        figures.lost_percent.map(|part| format!("lost {part:.1} %")),
        figures.kbit_s.map(|rate| format!("{rate:.0} kbit/s")),
        figures.delay_ms.map(|ms| format!("mouth to ear {ms:.0} ms")),
        figures.pictures.map(|pictures| format!("{pictures} pictures")),
        width.zip(*height).map(|(width, height)| format!("{width}x{height}")),
        figures.level.map(|level| format!("level {level:.2}")),
        figures.way.clone(),
        figures.address.clone(),
    ];
    all.into_iter().flatten().collect()
}

/// As much of an address as says of which kind it is, and roughly whose.
pub(super) fn shorten(address: IpAddr) -> String {
    let private = match address {
        IpAddr::V4(four) => {
            let shared = matches!(four.octets(), [100, 64..=127, ..]);
            four.is_private() || four.is_loopback() || four.is_link_local() || shared
        }
        IpAddr::V6(six) => {
            six.is_loopback() || six.is_unique_local() || six.is_unicast_link_local()
        }
    };
    match address {
        _ if private => "private".to_owned(),
        IpAddr::V4(four) => {
            let [first, second, ..] = four.octets();
            format!("{first}.{second}.x.x")
        }
        IpAddr::V6(six) => {
            let [first, second, ..] = six.segments();
            format!("{first:x}:{second:x}:x")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CheckStep, Code};

    const SECRETS: [&str; 8] = [
        "/home/ana/.local/share/visavis",
        "call.example.org",
        "203.0.113.7",
        "ana@call.example.org",
        "Ana Silva",
        "1795643200:abc",
        "camera:John’s phone",
        "s3cret",
    ];

    fn full_of_secrets(code: Code) -> ApiError {
        let names = ["path", "server", "reason", "handle", "name", "username", "device", "kind"];
        let error = ApiError::new(code, SECRETS.join(" "));
        names.iter().zip(SECRETS).fold(error, |error, (name, value)| error.with(name, value))
    }

    fn step(what: CheckWhat, stage: CheckStage) -> CheckStep {
        CheckStep { what, stage, figures: CheckFigures::default() }
    }

    #[test]
    fn nothing_that_an_error_names_is_told_but_what_is_plain() {
        let error = full_of_secrets(Code::DeviceFailed);
        let busy = ApiError::new(Code::DeviceBusy, "x").with("device", SECRETS[6]);
        let steps = vec![
            step(CheckWhat::Camera, CheckStage::Bad { error: error.clone() }),
            step(CheckWhat::Microphone, CheckStage::Bad { error: busy.with("kind", "microphone") }),
            step(CheckWhat::Relay, CheckStage::Skipped { why: error.clone() }),
        ];
        let server = ServerState {
            choice: Some(ServerChoice::Address { address: SECRETS[1].to_owned() }),
            name: Some(SECRETS[1].to_owned()),
            connection: Connection::Waiting { error, retry_at_ms: 1 },
            hosting: None,
        };
        let text = write(&Check { steps, ..Check::default() }, &server);
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} is in:\n{text}");
        }
        for word in ["bad (device_failed)", "bad (device_busy kind=microphone)", "at an address"] {
            assert!(text.contains(word), "{word} is not in:\n{text}");
        }
    }

    #[test]
    fn figures_stand_beside_what_they_are_of() {
        let figures = CheckFigures {
            round_trip_ms: Some(23.44),
            lost_percent: Some(0.25),
            kbit_s: Some(2998.7),
            way: Some("udp".to_owned()),
            ..CheckFigures::default()
        };
        let steps =
            vec![CheckStep { what: CheckWhat::Bandwidth, stage: CheckStage::Good, figures }];
        let connection = Connection::Online;
        let server = ServerState { choice: None, name: None, connection, hosting: None };
        let text = write(&Check { steps, ..Check::default() }, &server);
        let line = text.lines().last().unwrap();
        let expected = "bandwidth:      good, round trip 23.4 ms, lost 0.2 %, 2999 kbit/s, udp";
        assert_eq!(line, expected);
        assert!(write(&Check::default(), &server).contains("Nothing was tried yet."));
    }

    #[test]
    fn an_address_is_told_by_its_beginning_alone() {
        for (address, told) in [
            ("203.0.113.7", "203.0.x.x"),
            ("192.168.1.20", "private"),
            ("100.100.1.1", "private"),
            ("127.0.0.1", "private"),
            ("2001:db8:1:2::3", "2001:db8:x"),
            ("fd00::2", "private"),
            ("::1", "private"),
        ] {
            assert_eq!(shorten(address.parse().unwrap()), told);
        }
    }
}
