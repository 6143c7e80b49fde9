//! Every bound, each with its code.

use crate::stage::{Stage, refused};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use visavis_signaling::protocol::{ClientMessage, ErrorCode, Presence, ServerMessage};
use visavis_signaling::testkit::{Client, Identity, Trouble};

#[tokio::test]
async fn messages_are_bounded_in_length_and_kind() {
    let stage = Stage::with(|config| config.limits.message_bytes = 2000).await;
    let (mut ana, _) = stage.enter(1).await;
    ana.client.say_raw("x".repeat(2001)).await.unwrap();
    assert_eq!(ana.client.ended().await, (Some(ErrorCode::MessageTooLarge), Some(1009)));
    let (mut ana, _) = stage.enter(1).await;
    ana.client.say_frame(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(ana.client.ended().await, (Some(ErrorCode::BadMessage), Some(1003)));
    for text in ["", "[]", "{\"type\":\"later\"}", "\u{0}", r#"{"type":"acknowledge","mail":-1}"#] {
        let (mut ana, _) = stage.enter(1).await;
        ana.client.say_raw(text.to_owned()).await.unwrap();
        assert_eq!(ana.client.ended().await, (Some(ErrorCode::BadMessage), Some(1008)), "{text}");
    }
    // A request of a later version is refused, and that is all.
    let (mut ana, _) = stage.enter(1).await;
    for text in [r#"{"type":"later","id":7}"#, r#"{"type":"send","id":7,"to":"odd","envelope":""}"#]
    {
        ana.client.say_raw(text.to_owned()).await.unwrap();
        refused!(ana.client.answer(7).await, BadMessage);
    }
    ana.client.claim("ana").await.unwrap();
}

#[tokio::test]
async fn rates_are_bounded_by_identity_and_by_connection() {
    let stage = Stage::with(|config| {
        config.limits.messages_per_second = 1;
        config.limits.message_burst = 20;
    })
    .await;
    let (mut ana, mut bo) = stage.pair().await;
    let mut refusals = 0;
    for _ in 0..20 {
        match ana.client.send(bo.key(), "eA", false).await {
            Ok(true) => {}
            Err(Trouble::Refused(ErrorCode::RateLimited, Some(1..=1000))) => refusals += 1,
            odd => panic!("{odd:?}"),
        }
    }
    assert!(refusals > 0);
    bo.client.claim("bo").await.unwrap();
    // Whoever goes on all the same is let go.
    for _ in 0..60 {
        if bo.client.say_frame(Message::Ping(vec![1].into())).await.is_err() {
            break;
        }
    }
    assert_eq!(bo.client.ended().await, (Some(ErrorCode::RateLimited), Some(1008)));
}

#[tokio::test]
async fn bytes_are_bounded_too() {
    let stage = Stage::with(|config| {
        config.limits.bytes_per_second = 65_536;
        config.limits.byte_burst = 65_536;
    })
    .await;
    let (mut ana, bo) = stage.pair().await;
    let half = "x".repeat(40_000);
    assert!(ana.client.send(bo.key(), &half, false).await.unwrap());
    refused!(ana.client.send(bo.key(), &half, false).await, RateLimited);
}

#[tokio::test]
async fn connections_are_bounded_by_address_and_in_all() {
    let stage = Stage::with(|config| config.limits.connections_per_address = 2).await;
    let (one, _) = stage.enter(1).await;
    let (_two, _) = stage.enter(2).await;
    let mut third = Client::open(stage.address()).await.unwrap();
    assert_eq!(third.ended().await, (Some(ErrorCode::TooManyConnections), Some(1008)));
    one.client.leave().await;
    let stage = Stage::with(|config| config.limits.connections = 1).await;
    let (_one, _) = stage.enter(1).await;
    let mut second = Client::open(stage.address()).await.unwrap();
    assert_eq!(second.ended().await, (Some(ErrorCode::ServerFull), Some(1013)));
}

#[tokio::test]
async fn requests_and_contacts_are_bounded() {
    let stage = Stage::with(|config| {
        config.limits.pending_out = 2;
        config.limits.pending_in = 1;
        config.limits.contacts = 1;
    })
    .await;
    let mut ana = stage.person(1, "ana").await;
    let mut bo = stage.person(2, "bo").await;
    let mut cho = stage.person(3, "cho").await;
    let mut dee = stage.person(4, "dee").await;
    ana.client.request(bo.key(), "eA").await.unwrap();
    refused!(dee.client.request(bo.key(), "eA").await, TooManyPending);
    ana.client.request(cho.key(), "eA").await.unwrap();
    refused!(ana.client.request(dee.key(), "eA").await, TooManyPending);
    bo.client.accept(ana.key(), "eA").await.unwrap();
    refused!(cho.client.accept(ana.key(), "eA").await, TooManyContacts);
    refused!(dee.client.request(ana.key(), "eA").await, TooManyContacts);
    let (key, other) = (bo.key(), cho.key());
    dee.ask(|id| ClientMessage::Block { id, key }).await.unwrap();
    refused!(dee.ask(|id| ClientMessage::Block { id, key: other }).await, TooManyContacts);
}

#[tokio::test]
async fn whoever_reads_too_slowly_is_let_go() {
    let stage = Stage::with(|config| {
        config.limits.outgoing_bytes = 70_000;
        config.limits.bytes_per_second = 1 << 30;
        config.limits.byte_burst = 1 << 30;
        config.limits.messages_per_second = 10_000;
        config.limits.message_burst = 10_000;
        config.times.farewell = Duration::from_secs(10);
    })
    .await;
    let (mut ana, mut bo) = stage.pair().await;
    let body = "x".repeat(50_000);
    let mut sent = 0;
    let refusal = loop {
        match ana.client.send(bo.key(), &body, false).await {
            Ok(_) => sent += 1,
            Err(trouble) => break trouble,
        }
        assert!(sent < 2000, "nobody was let go");
        if ana
            .client
            .so_far()
            .await
            .unwrap()
            .iter()
            .any(|m| matches!(m, ServerMessage::Presence { .. }))
        {
            break Trouble::Refused(ErrorCode::Offline, None);
        }
    };
    assert_eq!(refusal, Trouble::Refused(ErrorCode::Offline, None));
    assert_eq!(bo.client.ended().await, (Some(ErrorCode::TooSlow), Some(1008)));
}

#[tokio::test]
async fn the_silent_are_pinged_and_let_go() {
    let stage = Stage::with(|config| {
        config.times.ping_after = Duration::from_millis(100);
        config.times.silence = Duration::from_millis(400);
        config.times.farewell = Duration::from_millis(300);
    })
    .await;
    let (mut ana, mut bo) = stage.pair().await;
    // Nobody reads Ana's socket, so nobody answers its pings; Bo answers while he listens.
    let gone = ServerMessage::Presence { key: ana.key(), presence: Presence::Offline };
    assert_eq!(bo.hears().await, gone);
    let (code, _) = ana.client.ended().await;
    assert!(matches!(code, Some(ErrorCode::Silent) | None), "{code:?}");
    // One who answers pings stays, as long as it likes.
    let quiet = tokio::time::timeout(Duration::from_millis(900), bo.client.next()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    bo.client.claim("bo").await.unwrap();
}

#[tokio::test]
async fn a_busy_database_leaves_no_request_without_an_answer() {
    let stage = Stage::with(|config| {
        config.limits.ledger_queue = 1;
        config.limits.message_burst = 5000;
    })
    .await;
    let (mut ana, _) = stage.enter(1).await;
    for id in 0..200 {
        ana.client.say(&ClientMessage::LookUp { id, handle: "nobody".to_owned() }).await.unwrap();
    }
    for _ in 0..200 {
        match ana.client.next().await.unwrap() {
            ServerMessage::Error { code: ErrorCode::RateLimited, retry_after_ms, .. } => {
                assert_eq!(retry_after_ms, Some(1000));
            }
            ServerMessage::Error { code: ErrorCode::NotFound, .. } => {}
            odd => panic!("{odd:?}"),
        }
    }
    // However many were refused, each was answered, and the server goes on.
    assert!(Client::enter(stage.address(), &Identity::numbered(1)).await.is_ok());
}
