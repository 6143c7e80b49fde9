//! `docs/protocol.md` says what the code does: its examples parse, and nothing of the protocol is missing.

use std::collections::BTreeSet;
use visavis_signaling::protocol::{
    ClientMessage, DeviceId, ErrorCode, Nonce, ServerMessage, sign_in_transcript,
};
use visavis_signaling::server::Config;
use visavis_signaling::testkit::Identity;

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

#[test]
fn every_example_parses_and_every_message_has_one() {
    let (mut client, mut server) = (BTreeSet::new(), BTreeSet::new());
    for block in DOCUMENT.split("```json\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let value: serde_json::Value = serde_json::from_str(text).expect(text);
        let kind = value["type"].as_str().expect(text).to_owned();
        // Reading and writing again gives the same: the example has all fields, and no others.
        let message = serde_json::from_str::<ClientMessage>(text);
        let again = match message.map(|message| serde_json::to_value(message).unwrap()) {
            // A request and its answer may have one name.
            Ok(again) if again == value || !variants::<ServerMessage>().contains(&kind) => {
                client.insert(kind);
                again
            }
            _ => {
                server.insert(kind);
                serde_json::to_value(serde_json::from_str::<ServerMessage>(text).expect(text))
                    .unwrap()
            }
        };
        assert_eq!(again, value, "{text}");
    }
    assert_eq!(client.len(), variants::<ClientMessage>().len(), "{client:?}");
    assert_eq!(server.len(), variants::<ServerMessage>().len(), "{server:?}");
    assert_eq!(client, variants::<ClientMessage>());
    assert_eq!(server, variants::<ServerMessage>());
}

/// The variants of an enum, which serde lists when it is given one that is not there.
fn variants<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let odd = serde_json::json!({ "type": "no such type" });
    let Err(error) = serde_json::from_value::<T>(odd) else { panic!("there is such a type") };
    let text = error.to_string();
    let names = text.split('`').skip(3).step_by(2).map(str::to_owned);
    names.collect()
}

#[test]
fn every_error_code_is_explained() {
    let source = include_str!("../../src/protocol/error.rs");
    let variants =
        source.split("pub enum ErrorCode {").nth(1).unwrap().split("\n}").next().unwrap();
    let mut count = 0;
    for name in variants.lines().filter_map(|line| line.strip_prefix("    ")?.strip_suffix(',')) {
        let code = name.chars().fold(String::new(), |code, c| match c.is_uppercase() {
            true if code.is_empty() => c.to_lowercase().to_string(),
            true => format!("{code}_{}", c.to_lowercase()),
            false => format!("{code}{c}"),
        });
        let known: ErrorCode = serde_json::from_value(code.clone().into()).unwrap();
        assert_eq!(known.as_str(), code);
        let row = format!("\n| `{code}` |");
        assert!(known == ErrorCode::Unknown || DOCUMENT.contains(&row), "{code}");
        count += 1;
    }
    assert!(count >= 40, "{count}");
}

#[test]
fn every_limit_is_in_the_table() {
    let limits = Config::commented_defaults();
    let limits = limits.split("[limits]").nth(1).unwrap();
    for line in limits.lines().filter(|line| line.contains(" = ")) {
        let (key, value) = line.trim_start_matches('#').split_once(" = ").unwrap();
        let row = format!("| `{key}` | {value} |");
        assert!(DOCUMENT.contains(&row), "{row}");
    }
}

#[test]
fn the_worked_example_of_a_sign_in_is_right() {
    let ana = Identity::numbered(1);
    let nonce = Nonce(std::array::from_fn(|n| n as u8));
    let device = DeviceId(std::array::from_fn(|n| 0xf0 | n as u8));
    let transcript = sign_in_transcript("call.example.org", &nonce, &ana.key(), &device);
    let hex: String = transcript.iter().map(|byte| format!("{byte:02x}")).collect();
    let bundle = ana.bundle();
    for (what, text) in [
        ("key", ana.key().to_string()),
        ("seal", bundle.seal.to_string()),
        ("proof", bundle.proof.to_string()),
        ("nonce", nonce.to_string()),
        ("device", device.to_string()),
        ("transcript", hex),
        ("signature", ana.prove("call.example.org", &nonce, &device).to_string()),
    ] {
        let row = format!("{what:<10} {text}\n");
        assert!(DOCUMENT.contains(&row), "{row}");
    }
}
