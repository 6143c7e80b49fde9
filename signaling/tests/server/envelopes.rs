//! Envelopes and mailboxes: none lost, none twice, in order.

use crate::stage::{Stage, befriend, refused};
use visavis_signaling::protocol::{ClientMessage, DeviceId, MAX_ENVELOPE, ServerMessage};
use visavis_signaling::testkit::{Client, Entry};

fn delivered(message: &ServerMessage) -> (String, Option<u64>) {
    let ServerMessage::Deliver { envelope, mail, .. } = message else { panic!("{message:?}") };
    (envelope.clone(), *mail)
}

#[tokio::test]
async fn letters_wait_across_a_restart_until_they_are_acknowledged() {
    let stage = Stage::new().await;
    let (mut ana, bo) = stage.pair().await;
    let bo_key = bo.key();
    bo.client.leave().await;
    for n in 0..5 {
        assert!(!ana.client.send(bo_key, &format!("letter{n}"), true).await.unwrap());
    }
    let stage = stage.restart().await;
    let (mut bo, _) = stage.enter(2).await;
    for n in 0..5 {
        assert_eq!(delivered(&bo.hears().await), (format!("letter{n}"), Some(n + 1)));
    }
    bo.client.say(&ClientMessage::Acknowledge { mail: 3 }).await.unwrap();
    bo.client.leave().await;
    let (mut bo, _) = stage.enter(2).await;
    assert_eq!(delivered(&bo.hears().await), ("letter3".to_owned(), Some(4)));
    assert_eq!(delivered(&bo.hears().await), ("letter4".to_owned(), Some(5)));
    // More than was told can't be acknowledged.
    bo.client.say(&ClientMessage::Acknowledge { mail: u64::MAX }).await.unwrap();
    let (mut ana, _) = stage.enter(1).await;
    assert!(ana.client.send(bo_key, "letter5", true).await.unwrap());
    assert!(matches!(bo.hears().await, ServerMessage::Presence { .. }));
    assert_eq!(delivered(&bo.hears().await), ("letter5".to_owned(), Some(6)));
    bo.client.leave().await;
    let (mut bo, _) = stage.enter(2).await;
    assert_eq!(delivered(&bo.hears().await), ("letter5".to_owned(), Some(6)));
}

#[tokio::test]
async fn kept_and_not_kept_keep_their_order() {
    let stage = Stage::new().await;
    let (mut ana, bo) = stage.pair().await;
    let bo_key = bo.key();
    bo.client.leave().await;
    // Enough for several pages.
    for n in 0..60 {
        let letter = format!("{n}_{}", "x".repeat(20_000));
        ana.client.send(bo_key, &letter, true).await.unwrap();
    }
    let (mut bo, _) = stage.enter(2).await;
    for n in 60..120 {
        // Pipelined: none waits for the answer of the one before.
        let (envelope, keep) = (format!("{n}_"), n % 3 == 0);
        let id = ana.client.id();
        ana.client.say(&ClientMessage::Send { id, to: bo_key, envelope, keep }).await.unwrap();
    }
    for n in 0..120 {
        let (envelope, mail) = delivered(&bo.hears().await);
        assert!(envelope.starts_with(&format!("{n}_")), "{n}: {}", &envelope[..9]);
        assert_eq!(mail.is_some(), n < 60 || n % 3 == 0);
    }
}

#[tokio::test]
async fn every_device_gets_its_own() {
    let stage = Stage::new().await;
    let (mut ana, mut bo) = stage.pair().await;
    let second = Entry { device: DeviceId([2; 16]), ..Entry::default() };
    let (mut tablet, _) = Client::enter_as(stage.address(), &bo.identity, &second).await.unwrap();
    assert!(ana.client.send(bo.key(), "both", false).await.unwrap());
    assert_eq!(delivered(&bo.hears().await).0, "both");
    assert_eq!(delivered(&tablet.next().await.unwrap()).0, "both");
    tablet.leave().await;
    assert!(ana.client.send(bo.key(), "kept", true).await.unwrap());
    assert_eq!(delivered(&bo.hears().await), ("kept".to_owned(), Some(1)));
    bo.settle().await;
    let (mut tablet, _) = Client::enter_as(stage.address(), &bo.identity, &second).await.unwrap();
    assert_eq!(delivered(&tablet.next().await.unwrap()), ("kept".to_owned(), Some(1)));
}

#[tokio::test]
async fn mailboxes_are_bounded() {
    let stage = Stage::with(|config| {
        config.limits.mailbox_envelopes = 3;
        config.limits.mailbox_bytes = 100_000;
    })
    .await;
    let (mut ana, mut bo) = stage.pair().await;
    for _ in 0..3 {
        ana.client.send(bo.key(), "x", true).await.unwrap();
    }
    refused!(ana.client.send(bo.key(), "x", true).await, MailboxFull);
    bo.settle().await;
    bo.settle().await;
    let large = "x".repeat(MAX_ENVELOPE);
    ana.client.send(bo.key(), &large, true).await.unwrap();
    refused!(ana.client.send(bo.key(), &large, true).await, MailboxFull);
    ana.client.send(bo.key(), "x", true).await.unwrap();
    refused!(ana.client.send(bo.key(), "", true).await, EnvelopeInvalid);
    refused!(ana.client.send(bo.key(), "a b", false).await, EnvelopeInvalid);
    refused!(
        ana.client.send(bo.key(), &"x".repeat(MAX_ENVELOPE + 1), false).await,
        EnvelopeInvalid
    );
    refused!(ana.client.send(ana.key(), "x", false).await, ThatIsYou);
}

#[tokio::test]
async fn an_unusual_spelling_of_send_is_the_same() {
    let stage = Stage::new().await;
    let (mut ana, mut bo) = stage.pair().await;
    let to = bo.key();
    for text in [
        format!(r#"{{"type":"send","id":1,"to":"{to}","envelope":"\u0061b"}}"#),
        format!(r#"{{ "keep" : false, "envelope":"ab", "to":"{to}", "id":1, "type":"send" }}"#),
        format!(
            r#"{{"type":"send","later":[{{}}],"id":1,"to":"{to}","envelope":"ab","keep":false}}"#
        ),
    ] {
        ana.client.say_raw(text).await.unwrap();
        assert!(matches!(ana.client.answer(1).await, Ok(ServerMessage::Sent { .. })));
        assert_eq!(delivered(&bo.hears().await), ("ab".to_owned(), None));
    }
}

#[tokio::test]
async fn those_who_read_slowly_get_their_letters_all_the_same() {
    let stage = Stage::with(|config| {
        config.limits.outgoing_bytes = 70_000;
        config.limits.mailbox_bytes = 64 << 20;
        config.limits.bytes_per_second = 1 << 30;
        config.limits.byte_burst = 1 << 30;
    })
    .await;
    let (mut ana, mut bo) = stage.pair().await;
    // Far more than the outbox and the system's buffers hold, while Bo reads nothing.
    let body = "x".repeat(50_000);
    for n in 0..300 {
        assert!(ana.client.send(bo.key(), &format!("{n}_{body}"), true).await.unwrap());
    }
    for n in 0..300 {
        let (envelope, mail) = delivered(&bo.hears().await);
        assert!(envelope.starts_with(&format!("{n}_")));
        assert_eq!(mail, Some(n + 1));
    }
    let mut cho = stage.person(3, "cho").await;
    befriend(&mut cho, &mut bo).await;
}
