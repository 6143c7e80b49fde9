//! Hostile input: whatever comes, nothing panics, nothing grows, and others are served.

use crate::stage::Stage;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use visavis_signaling::protocol::{
    ClientMessage, DeviceId, Handle, KeyBundle, Nonce, PublicKey, SealKey, ServerMessage, Signature,
};
use visavis_signaling::testkit::Client;

/// Valid messages to begin with: the examples of the document.
fn examples() -> Vec<String> {
    let document = include_str!("../../../docs/protocol.md");
    let mut examples = Vec::new();
    for block in document.split("```json\n").skip(1) {
        examples.push(block.split("```").next().unwrap().trim().to_owned());
    }
    assert!(examples.len() > 30);
    examples
}

/// Parses as everything that is ever parsed.
fn parse(bytes: &[u8]) {
    if let Ok(message) = serde_json::from_slice::<ClientMessage>(bytes) {
        let again = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<ClientMessage>(&again).unwrap(), message);
    }
    if let Ok(message) = serde_json::from_slice::<ServerMessage>(bytes) {
        let again = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<ServerMessage>(&again).unwrap(), message);
    }
    drop(serde_json::from_slice::<KeyBundle>(bytes).map(|bundle| bundle.verify()));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(handle) = text.parse::<Handle>() {
        assert_eq!(handle.as_str().parse::<Handle>().as_ref(), Ok(&handle));
        assert!((2..=32).contains(&handle.as_str().len()));
        assert!(!handle.skeleton().is_empty());
    }
    if let Ok(key) = text.parse::<PublicKey>() {
        assert_eq!(key.to_string(), text);
        let _ = key.verify(b"", &Signature([0; 64]));
    }
    let _ = (text.parse::<SealKey>(), text.parse::<Signature>());
    let _ = (text.parse::<Nonce>(), text.parse::<DeviceId>());
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,20}".prop_map(Into::into),
        prop_oneof!["hello", "prove", "send", "deliver", "welcome", "online"].prop_map(Into::into),
    ];
    let key = prop_oneof![
        "type",
        "id",
        "key",
        "to",
        "from",
        "envelope",
        "keep",
        "status",
        "mail",
        "handle",
        "bundle",
        "limits",
        "contacts",
        "[a-z]{0,3}"
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::vec((key.clone(), inner), 0..7)
                .prop_map(|pairs| pairs.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// Changes a text in some places.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change =
        (any::<prop::sample::Index>(), 0usize..9, prop::collection::vec(any::<u8>(), 0..9));
    let example = prop::sample::select(examples());
    (example, prop::collection::vec(change, 1..5)).prop_map(|(text, changes)| {
        let mut bytes = text.into_bytes();
        for (at, cut, with) in changes {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, with);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_bytes_are_parsed_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        parse(&bytes);
    }

    #[test]
    fn any_text_is_parsed_without_harm(text in "[ -~é]{0,60}") {
        parse(text.as_bytes());
    }

    #[test]
    fn any_json_is_parsed_without_harm(json in json()) {
        parse(json.to_string().as_bytes());
    }

    #[test]
    fn any_mutation_is_parsed_without_harm(bytes in mutated()) {
        parse(&bytes);
    }
}

const HEAD: &[u8] =
    b"GET /visavis HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A masked frame of the client.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        short @ 0..126 => out.push(0x80 | short as u8),
        long => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(long as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
    out
}

#[test]
fn a_server_outlives_whatever_is_thrown_at_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(Stage::with(|config| {
        config.limits.failures_per_address = 1_000_000;
        config.limits.connections_per_address = 10_000;
    }));
    let (mut ana, mut bo) = runtime.block_on(stage.pair());
    let shots = std::cell::Cell::new(0);
    let config = ProptestConfig { cases: 300, ..ProptestConfig::default() };
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    let strategy = (
        0u8..4,
        bytes(),
        prop::collection::vec((any::<u8>(), prop_oneof![bytes().boxed(), mutated().boxed()]), 0..5),
    );
    proptest!(config, |((how, raw, frames) in strategy)| {
        shots.set(shots.get() + 1);
        runtime.block_on(async {
            let mut socket = TcpStream::connect(stage.address()).await.unwrap();
            let mut shot = Vec::new();
            if how > 0 {
                shot.extend_from_slice(HEAD);
            }
            if how > 1 {
                for (first, payload) in &frames {
                    let first = if how == 2 { 0x81 } else { *first };
                    shot.extend(frame(first, payload));
                }
            }
            shot.extend_from_slice(&raw);
            // The server may hang up before it has heard all.
            if socket.write_all(&shot).await.is_ok() {
                drop(socket.shutdown().await);
                let mut heard = Vec::new();
                drop(socket.read_to_end(&mut heard).await);
            }
        });
    });
    // The same from someone who is signed in.
    for n in 0..60u8 {
        runtime.block_on(async {
            let (mut cho, _) = stage.enter(100 + u64::from(n) % 3).await;
            let text = examples()[n as usize % 30].clone();
            drop(cho.client.say_raw(text).await);
            drop(cho.client.say_raw(format!("{{\"type\":\"send\",\"id\":{n}")).await);
            cho.client.ended().await;
        });
    }
    assert!(shots.get() >= 300);
    runtime.block_on(async {
        assert!(ana.client.send(bo.key(), "c3RpbGw", false).await.unwrap());
        bo.settle().await;
        Client::enter(stage.address(), &ana.identity).await.unwrap();
        stage.server.stop().await;
    });
}
